"""Starting a real Blender as the command line does: what it needs from the system, and that it ends when told to."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import pytest
from infinite_parallax.cli import doctor, system_libraries
from infinite_parallax.cli.blenders import Blender

pytestmark = pytest.mark.blender

ROOT = Path(__file__).resolve().parents[2]
VERSION = ".".join(map(str, bpy.app.version[:2]))
PULLED_IN = {
    *("libGLX.so.0", "libGLdispatch.so.0", "libXau.so.6", "libXdmcp.so.6", "libxcb.so.1", "libbsd.so.0", "libmd.so.0"),
    *("libuuid.so.1", "libgcc_s.so.1", "libz.so.1", "libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1"),
    *("libutil.so.1", "libpthread.so.0"),
}
"""What comes with those packages or with every Debian: not asked for by name."""


@pytest.mark.skipif(shutil.which("ldd") is None, reason="needs ldd")
def test_the_table_of_system_libraries_is_what_the_module_links() -> None:
    folder = Path(bpy.__file__).parents[4]  # site-packages/bpy, where Blender's own scripts lie below
    (module,) = folder.glob("__init__*.so")
    done = subprocess.run(["ldd", str(module)], capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines() if "=>" in line]
    outside = {words[0] for words in lines if not words[2].startswith(str(folder))}
    needed = set(system_libraries.needed(VERSION))
    assert needed <= outside
    assert outside - needed - PULLED_IN == set()


HEADLESS = """
import sys
import bpy

def main(argv):
    for handlers in (bpy.app.handlers.load_post, bpy.app.handlers.render_post, bpy.app.handlers.frame_change_post):
        handlers.append(lambda *arguments: None)
    print('session', bpy.app.tempdir)
    return int(argv[0])
"""


@pytest.mark.parametrize("code", [0, 3])
def test_boot_ends_with_handlers_left_behind(tmp_path: Path, code: int) -> None:
    for name in ("__init__.py", "shared/__init__.py", "shared/errors.py", "blender_addon/boot.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "blender_addon" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "blender_addon" / "headless.py").write_text(HEADLESS, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "BLENDER_USER_RESOURCES"}
    command = [sys.executable, str(tmp_path / "blender_addon" / "boot.py"), str(code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    session = Path(done.stdout.split("session ")[1].strip())
    assert session.name.startswith("blender_")
    assert not session.exists()


def test_the_doctor_finds_this_blender_well() -> None:
    check = doctor.try_blender(Blender("module", Path(sys.executable), tuple(bpy.app.version)), needed=True)
    assert check.ok, check.detail
    assert ("with sound" in check.detail) == bpy.app.build_options.audaspace
