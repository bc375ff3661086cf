"""The managed server's Python environment: made from this very folder, beside Blender and never inside it.

The extension carries the server's code; what it lacks are packages like numpy 2, which Blender's own Python must not
get. They are installed by pip into an environment of the add-on's, whose path then names this folder, so that server
and add-on are always of one version. Downloading the program by name was the other road: the two could then differ.
Nothing here touches `bpy`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..shared.errors import ParallaxError

# not resolved: a checkout may be linked into Blender under the name that it needs
ROOT = Path(__file__).absolute().parent.parent
MODULE = "infinite_parallax.inpaint_server"
OLDEST, NEWEST = (3, 11), (3, 13)
STAMP = "installed.json"


def packages(root: Path = ROOT) -> list[str]:
    """What the server needs, as the project declares it."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return [str(word) for word in tomllib.loads(text)["project"]["dependencies"]]


def python_in(folder: Path) -> Path:
    """The interpreter of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def command(folder: Path, root: Path = ROOT) -> tuple[str, ...]:
    """The command that starts the server of an environment that is up to date; empty where there is none."""
    return (str(python_in(folder)), "-m", MODULE) if ready(folder, root) else ()


def ffmpeg(folder: Path) -> str:
    """The ffmpeg program that the server's packages bring along; empty where there is none."""
    places = ("lib/python3*/site-packages", "Lib/site-packages")
    found = (path for place in places for path in sorted(folder.glob(f"{place}/imageio_ffmpeg/binaries/ffmpeg-*")))
    return next(map(str, found), "")


def ready(folder: Path, root: Path = ROOT) -> bool:
    """Whether the environment holds what this version of the program needs."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return bool(stamp == _stamp(root)) and python_in(folder).exists()
    except (OSError, ValueError):
        return False


def installed(folder: Path) -> bool:
    """Whether there is an environment, be it of an older version."""
    return (folder / STAMP).is_file()


def _stamp(root: Path) -> dict[str, str]:
    digest = hashlib.sha256("\n".join(packages(root)).encode() + _pins(root).read_bytes())
    return {"root": str(root), "packages": digest.hexdigest()}


def _pins(root: Path) -> Path:
    return root / "requirements" / "constraints.txt"


def install(folder: Path, root: Path = ROOT, wanted: Sequence[str] | None = None) -> None:
    """Make the environment in `folder`, or bring it up to date; takes minutes. ParallaxError with pip's last words."""
    if root.name != MODULE.partition(".")[0]:
        raise ParallaxError(
            f"The add-on's folder is {root}, not one called infinite_parallax.", "Install the extension's zip."
        )
    if not python_in(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
        _run([_python(), "-m", "venv", str(folder)], "The server's Python environment cannot be made.")
    (folder / STAMP).unlink(missing_ok=True)
    chosen = packages(root) if wanted is None else list(wanted)
    if chosen:
        pip = [str(python_in(folder)), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        _run([*pip, "-c", str(_pins(root)), *chosen], "The server's packages cannot be installed.")
    (_site_packages(folder) / "infinite_parallax.pth").write_text(f"{root.parent}\n", encoding="utf-8")
    (folder / STAMP).write_text(json.dumps(_stamp(root)), encoding="utf-8")


def _site_packages(folder: Path) -> Path:
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(_run([str(python_in(folder)), "-c", asked], "The server's Python does not start.").strip())


def _python() -> str:
    """A Python that the server can use: Blender's own to copy from, else one on the PATH."""
    for path in _pythons():
        test = f"import sys, venv, ensurepip; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
        if subprocess.run([path, "-c", test], capture_output=True, check=False).returncode == 0:
            return path
    raise ParallaxError(
        "No Python 3.11 to 3.13 with the module venv was found.",
        "Install one (on Debian: python3-venv), or set up the server by hand and give its command here.",
    )


def _pythons() -> Iterator[str]:
    binary = Path(sys.prefix) / ("python.exe" if sys.platform == "win32" else "bin/python")
    versioned = Path(sys.prefix) / "bin" / f"python{sysconfig.get_python_version()}"
    for path in (sys.executable, str(versioned), str(binary)):
        if path and Path(path).is_file() and "blender" not in Path(path).name.lower():
            yield path
    for name in ("python3", "python3.13", "python3.12", "python3.11", "python"):
        found = shutil.which(name)
        if found:
            yield found


def _run(words: Sequence[str], failed: str) -> str:
    """Run a program; ParallaxError with its last words when it fails."""
    outside = {"PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE"}
    environment = {key: value for key, value in os.environ.items() if key not in outside} | {"PIP_USER": "0"}
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    except OSError as e:
        raise ParallaxError(f"{failed} {words[0]}: {e.strerror}.", "Install Python 3.11 to 3.13.") from e
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise ParallaxError(f"{failed} It said: {said}", "Check the network and the disk, then try again.")
    return done.stdout
