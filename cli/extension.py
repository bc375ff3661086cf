"""`python -m infinite_parallax.cli.extension`: build and check the zip that Blender installs.

Blender's own builder does it. It lies as a plain script in every Blender, the module `bpy` too, and needs no Blender
to run. The zip is built from a copy of just the files that belong in it, so that whatever else lies in a working
checkout cannot slip in; the manifest's exclude patterns still hold for whoever builds from the checkout itself.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ..shared.errors import ParallaxError
from .blenders import Blender, find_blenders

ROOT = Path(__file__).resolve().parent.parent
PARTS = (
    *("__init__.py", "blender_manifest.toml", "LICENSE", "README.md", "blender_addon", "shared"),
    # what the add-on installs its server from
    *("inpaint_server", "pyproject.toml", "requirements/constraints.txt"),
)
LEFT_OUT = ("__pycache__", "example_picture")
BUILDER = "scripts/addons_core/bl_pkg/cli/blender_ext.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the zip and print where it is; returns 0, or 1 when it could not be built."""
    parser = argparse.ArgumentParser(prog="extension", description="Builds the extension's zip.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", metavar="FOLDER", help="where the zip goes")
    parser.add_argument("--builder", type=Path, metavar="FILE", help="another blender_ext.py")
    args = parser.parse_args(arguments)
    try:
        path = build(args.out, args.builder or find_builder())
    except ParallaxError as e:
        print(e, file=sys.stderr)
        return 1
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB, {len(zipfile.ZipFile(path).namelist())} files")
    return 0


def find_builder() -> Path:
    """`blender_ext.py` of the newest Blender on this machine that has it where it is looked for."""
    for blender in find_blenders():
        for path in _places(blender):
            if path.is_file():
                return path
    raise ParallaxError("No Blender with its extension builder was found.", "Run: make demo, or give --builder.")


def _places(blender: Blender) -> list[Path]:
    version = f"{blender.version[0]}.{blender.version[1]}"
    if blender.kind == "binary":
        program = blender.executable.resolve().parent
        return [program / version / BUILDER, Path("/usr/share/blender") / "scripts" / BUILDER.removeprefix("scripts/")]
    return list(blender.executable.parent.parent.glob(f"lib/python3*/site-packages/bpy/{version}/{BUILDER}"))


def build(folder: Path, builder: Path) -> Path:
    """Build and validate the zip in `folder`; returns its path."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    path = folder.resolve() / f"{manifest['id']}-{manifest['version']}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-extension-") as clean:
        copy_parts(Path(clean))
        _run(builder, "build", f"--source-dir={clean}", f"--output-filepath={path}")
    _run(builder, "validate", str(path))
    return path


def copy_parts(folder: Path) -> None:
    """Copy the files that belong into the zip."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(*LEFT_OUT))
        elif source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)


def _run(builder: Path, *arguments: str) -> None:
    command = [sys.executable, str(builder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip()
        raise ParallaxError(f"Blender's builder refused: {words[-600:]}", "Correct blender_manifest.toml.")


if __name__ == "__main__":
    sys.exit(main())
