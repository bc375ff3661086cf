"""Finding a Blender and saying how to run this package in it.

Two kinds do the same work: the desktop program, and Blender built as a Python module. The order is what a person
expects: the one they name, the one they have installed, then the newest module. A Blender is asked for its version
rather than trusted by its name. Asking the operating system for its registered programs would find a few more, and
differently on each of them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..shared.errors import ParallaxError, UsageError
from .environments import environments_folder, user_data_folder
from .pythons import Python, ask, ask_all, find_pythons
from .virtual_environment import ROOT, python_in

OLDEST = (4, 2, 0)
BOOT = ROOT / "blender_addon" / "boot.py"
VERSION_TIMEOUT_S = 30
HOW_TO_GET = "Run: infinite-parallax install-blender"


@dataclass(frozen=True)
class Blender:
    """One Blender: the program (`binary`), or a Python that holds the module `bpy`."""

    kind: Literal["binary", "module"]
    executable: Path
    version: tuple[int, int, int]

    @property
    def label(self) -> str:
        """For people: `Blender 5.2.3 (module, /path/to/python)`."""
        return f"Blender {'.'.join(map(str, self.version))} ({self.kind}, {self.executable})"


def find_blenders(explicit: str | None = None) -> list[Blender]:
    """All Blenders that can be used, the one to use first; with `explicit` that one alone.

    `explicit` is a Blender program, a Python that holds bpy, or the folder of such an environment.

    Raises:
        UsageError: `explicit` is neither, or older than 4.2.
    """
    if explicit is not None:
        return [_explicit(explicit)]
    binary = find_binary()
    return [*([binary] if binary else []), *find_modules()]


def choose_blender(explicit: str | None = None) -> Blender:
    """The Blender to use.

    Raises:
        UsageError: as `find_blenders`.
        ParallaxError: there is none.
    """
    found = find_blenders(explicit)
    if not found:
        raise ParallaxError("No Blender 4.2 or later was found on this machine.", HOW_TO_GET, code="no_blender")
    return found[0]


def find_binary() -> Blender | None:
    """`blender` on the PATH, if it is 4.2 or later."""
    path = shutil.which("blender")
    blender = _ask_binary(Path(path)) if path else None
    return blender if blender and blender.version >= OLDEST else None


def find_modules() -> list[Blender]:
    """Pythons that hold bpy, newest Blender first; of equal ones the checkout's, then the user's, then any other."""
    folders = dict.fromkeys((environments_folder(), user_data_folder()))
    ours = [python_in(folder) for parent in folders for folder in sorted(parent.glob("blender-*"))]
    pythons = {python.prefix: python for python in [*find_pythons(), *ask_all(ours)]}
    first = {str(path.parent.parent): rank for rank, path in enumerate(ours)}
    found = [blender for blender in map(_module, pythons.values()) if blender]
    found.sort(key=lambda blender: first.get(str(blender.executable.parent.parent), len(first)))
    return sorted(found, key=lambda blender: blender.version, reverse=True)


def command(blender: Blender, arguments: Sequence[str]) -> list[str]:
    """The command line that runs this package's headless entry in `blender` with `arguments`."""
    if blender.kind == "module":
        return [str(blender.executable), str(BOOT), *arguments]
    # Factory start-up: a person's own start-up file and add-ons must not change what is rendered.
    quiet = ["-b", "--factory-startup", "--python-exit-code", "1"]
    return [str(blender.executable), *quiet, "--python", str(BOOT), "--", *arguments]


def _explicit(path: str) -> Blender:
    given = Path(path).expanduser()
    found = python_in(given) if given.is_dir() else Path(shutil.which(str(given)) or given)
    if not found.is_file():
        raise UsageError(f"There is no Blender at {path}.", "Name the Blender program, or a Python that has bpy.")
    blender = _ask_binary(found)
    if blender is None:
        python = ask(found)
        blender = _module(python) if python else None
    if blender is None:
        raise UsageError(f"{path} is not a Blender of version 4.2 or later, nor a Python that has one.", HOW_TO_GET)
    if blender.version < OLDEST:
        raise UsageError(f"{blender.label} is too old: 4.2 is the oldest that works.", HOW_TO_GET)
    return blender


def _ask_binary(path: Path) -> Blender | None:
    try:
        done = subprocess.run(
            [str(path), "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"^Blender (\d+)\.(\d+)(?:\.(\d+))?", done.stdout, re.MULTILINE)
    return Blender("binary", path, _version(found)) if found else None


def _module(python: Python) -> Blender | None:
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", python.bpy)
    blender = Blender("module", python.executable, _version(found)) if found else None
    return blender if blender and blender.version >= OLDEST else None


def _version(found: re.Match[str]) -> tuple[int, int, int]:
    return int(found[1]), int(found[2]), int(found[3] or 0)
