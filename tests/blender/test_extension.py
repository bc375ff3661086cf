"""The extension's zip: built and checked by Blender's own builder, installed into a clean profile, used, removed."""

import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest
from infinite_parallax.cli import extension

from .made import HEIGHT, WIDTH
from .pictures import texture, write_png

pytestmark = pytest.mark.blender

ROOT = Path(__file__).resolve().parents[2]
BUILDER = Path(bpy.utils.resource_path("LOCAL")) / extension.BUILDER
TOP = {
    *("__init__.py", "blender_manifest.toml", "LICENSE", "README.md"),
    *("pyproject.toml", "requirements/constraints.txt"),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extension.build(tmp_path_factory.mktemp("dist"), BUILDER)


def test_the_zip_holds_what_belongs_in_it(archive: Path) -> None:
    held = set(zipfile.ZipFile(archive).namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for room in ("blender_addon", "shared", "inpaint_server")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "example_picture" not in path.parts
    }
    assert held == wanted | {name for name in TOP if (ROOT / name).is_file()}
    assert TOP - {"README.md"} <= held


def test_the_manifest_leaves_out_what_does_not_belong_in_a_checkout(archive: Path, tmp_path: Path) -> None:
    """Whoever builds straight from the checkout gets the same files."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    extension.copy_parts(checkout)
    for name in ("cli", "tests/blender", "docs", "farm", ".envs", "out", "dist", "shared/example_picture"):
        (checkout / name).mkdir(parents=True)
        (checkout / name / "file.py").write_text("", encoding="utf-8")
    for name in ("pyproject.toml", "Makefile", "CHANGELOG.md", "old.zip", ".gitignore", "shared/__pycache__/a.pyc"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text("", encoding="utf-8")
    command = [sys.executable, str(BUILDER), "build", f"--source-dir={checkout}"]
    subprocess.run([*command, f"--output-filepath={tmp_path / 'straight.zip'}"], check=True, capture_output=True)
    straight = zipfile.ZipFile(tmp_path / "straight.zip").namelist()
    assert sorted(straight) == sorted(zipfile.ZipFile(archive).namelist())


IN_A_CLEAN_PROFILE = """
import os, sys, tempfile
import bpy
archive, picture, video, command = sys.argv[1:]
module = "bl_ext.user_default.infinite_parallax"

def present():
    lists = [getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)]
    held = [handler for value in lists if isinstance(value, list) for handler in value]
    handlers = [handler for handler in held if "parallax" in getattr(handler, "__module__", "")]
    classes = sorted(n for n in dir(bpy.types) if "parallax" in n.lower())
    operators = sorted(dir(bpy.ops.infinite_parallax))
    owned = [hasattr(bpy.types.Scene, "infinite_parallax"), hasattr(bpy.types.WindowManager, "infinite_parallax")]
    return handlers, classes, operators, owned

def command_is_known():
    # Blender has no list of commands, but it warns on stderr of a second one by the same name.
    with tempfile.TemporaryFile() as said:
        kept = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            handle = bpy.utils.register_cli_command("infinite_parallax", lambda argv: 0)
            bpy.utils.unregister_cli_command(handle)
            sys.stderr.flush()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
        said.seek(0)
        return b"duplicate command" in said.read()

before = present(), command_is_known()
assert not before[1]
done = bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
assert done == {"FINISHED"}, done
addons = bpy.context.preferences.addons
assert module in addons
assert any("INFINITE_PARALLAX_PT" in name for name in present()[1])
assert command_is_known()
for _ in range(2):
    bpy.ops.preferences.addon_disable(module=module)
    assert (present(), command_is_known()) == before, (present(), before)
    bpy.ops.preferences.addon_enable(module=module)
    assert module in addons
addons[module].preferences.command = command
group = bpy.context.scene.infinite_parallax
group.picture = picture
group.inpaint.engine = "telea"
group.sound.ambience = "none"
group.motion.use_steps, group.motion.steps = True, 2
group.motion.fps = 6
assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
assert bpy.ops.infinite_parallax.export(filepath=video) == {"FINISHED"}
bpy.ops.preferences.addon_disable(module=module)
assert (present(), command_is_known()) == before, (present(), before)
index = [repo.module for repo in bpy.context.preferences.extensions.repos].index("user_default")
bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="infinite_parallax")
assert (present(), command_is_known()) == before
print("ALL WELL")
sys.stdout.flush()
os._exit(0)
"""


def test_install_enable_use_disable_remove(archive: Path, tmp_path: Path, server_python: Path) -> None:
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    command = shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "profile")}
    given = [archive, tmp_path / "picture.png", tmp_path / "out.mp4", command]
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CLEAN_PROFILE, *map(str, given)],
        env=environment, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert "ALL WELL" in done.stdout, done.stdout[-2000:] + done.stderr[-4000:]
    assert done.returncode == 0
    assert (tmp_path / "out.mp4").stat().st_size > 1000
    assert "Traceback" not in done.stderr
