"""One Python environment: a folder with pinned packages and a stamp.

The stamp says what was installed from which requirement files, by which Python, for which checkout. It is written
last, so an interrupted installation is seen and redone, and a finished one costs the reading of a few small files.
Make's own time stamps were not used: a fresh clone gives every file the same time, and only the contents say whether
an environment still fits.

Environments are made by virtualenv, which pip puts into a folder of its own: that needs neither root nor ensurepip,
and Debian, which ships its Python without ensurepip and forbids a plain `pip install`, allows it.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..shared.errors import ParallaxError
from .pythons import Python

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
STAMP = "installed.json"


@dataclass(frozen=True)
class Group:
    """Packages that are installed together: pip's arguments, and the files whose contents decide them."""

    name: str
    arguments: tuple[str, ...]
    files: tuple[Path, ...]

    def digest(self) -> str:
        """Changes when the arguments or the contents of any of the files do."""
        parts = ["\0".join(self.arguments).encode(), *(path.read_bytes() for path in self.files)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def python_in(folder: Path) -> Path:
    """The interpreter of the environment in `folder`."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_ready(folder: Path, groups: Sequence[Group]) -> bool:
    """Whether the environment holds everything that `groups` ask for, as its stamp says."""
    stamp = _read_stamp(folder)
    return bool(stamp) and all(stamp.get(group.name) == group.digest() for group in groups)


def install(
    folder: Path,
    choose: Callable[[], Python],
    groups: Sequence[Group],
    check: Callable[[Path], None] | None = None,
) -> Path:
    """Bring the environment in `folder` to hold `groups`, and return its interpreter.

    Nothing is done when the stamp says that it already does. An environment without a valid stamp was interrupted, or
    belongs to another checkout: it is made anew. `choose` names the Python to make it from, `check` has the last word
    on the finished environment before the stamp is written.

    Raises:
        ParallaxError: pip is missing or failed, or whatever `choose` and `check` raise.
    """
    python = python_in(folder)
    if is_ready(folder, groups):
        return python
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.parent):
        stamp = _read_stamp(folder)
        if not stamp:
            stamp = _make(folder, choose())
        for group in groups:
            if stamp.get(group.name) != group.digest():
                _say(f"{folder.name}: installing {' '.join(_short(word) for word in group.arguments)}")
                (folder / STAMP).unlink(missing_ok=True)
                pip_install(python, group.arguments)
                stamp[group.name] = group.digest()
        if check is not None:
            check(python)
        _write_stamp(folder, stamp)
    _say(f"{folder.name}: ready")
    return python


def pip_install(python: Path, arguments: Sequence[str]) -> None:
    """Run pip in `python` with the person's own pip configuration; its progress goes to the terminal.

    Raises:
        ParallaxError: pip failed.
    """
    command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *arguments]
    if subprocess.run(command, env=clean_environment(), check=False).returncode != 0:
        raise ParallaxError(
            "pip could not install the packages.",
            "Its own words are above; run the same command again when the cause is mended (is there a network?).",
            code="pip",
        )


def clean_environment() -> dict[str, str]:
    """This process's environment without what would reach into another Python or send packages elsewhere."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    # A person's pip may be told to install for the user or to refuse outside a virtual environment; neither fits here.
    return environment | {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def _make(folder: Path, python: Python) -> dict[str, str]:
    """Create the empty environment; returns the beginning of its stamp."""
    dotted = ".".join(map(str, python.version))
    _say(f"{folder.name}: new environment with Python {dotted} ({python.executable})")
    maker = _virtualenv(folder.parent)
    if folder.exists():
        shutil.rmtree(folder)
    command = [sys.executable, "-m", "virtualenv", "--quiet", "--no-vcs-ignore", "--python", str(python.executable)]
    environment = clean_environment() | {"PYTHONPATH": str(maker)}
    if subprocess.run([*command, str(folder)], env=environment, check=False).returncode != 0:
        raise ParallaxError(f"The environment {folder} could not be made.", "virtualenv's own words are above.")
    return {"python": dotted, "folder": str(folder), "checkout": str(ROOT)}


def _virtualenv(folder: Path) -> Path:
    """A folder that holds virtualenv for the running Python."""
    file = REQUIREMENTS / "bootstrap.txt"
    group = Group("virtualenv", ("-r", str(file)), (file,))
    target = folder / f"virtualenv-{sys.version_info[0]}.{sys.version_info[1]}"
    if is_ready(target, [group]):
        return target
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode != 0:
        raise ParallaxError(
            f"{sys.executable} has no pip.", "On Debian and Ubuntu: sudo apt-get install -y python3-pip"
        )
    shutil.rmtree(target, ignore_errors=True)
    pip_install(Path(sys.executable), ["--quiet", "--target", str(target), *group.arguments])
    _write_stamp(target, {"folder": str(target), "checkout": str(ROOT), group.name: group.digest()})
    return target


def _read_stamp(folder: Path) -> dict[str, str]:
    """The stamp of the environment in `folder`; empty where there is none that fits this place."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # Scripts and the editable package hold absolute paths: a moved folder or checkout needs a new environment.
    here = {"folder": str(folder), "checkout": str(ROOT)}
    if not isinstance(stamp, dict) or any(stamp.get(key) != value for key, value in here.items()):
        return {}
    # The interpreter an environment was made from may have been removed: its link then leads nowhere.
    return stamp if "python" not in stamp or python_in(folder).exists() else {}


def _write_stamp(folder: Path, stamp: dict[str, str]) -> None:
    temporary = folder / f"{STAMP}.new"
    temporary.write_text(json.dumps(stamp, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(temporary, folder / STAMP)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two commands at once would install into each other's half-made environment; the second waits."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for another command that is making environments in {folder}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _short(word: str) -> str:
    return word.replace(str(REQUIREMENTS), "requirements").replace(str(ROOT), ".")


def _say(line: str) -> None:
    print(f"== {line}", flush=True)
