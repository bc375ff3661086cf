"""Finding this machine's Pythons, because each Blender module wants one certain Python, and rarely the newest.

Every candidate is started and asked what it is: names lie (a pyenv shim `python3.12` exists whether or not that version
is switched on), and only the interpreter itself knows whether it holds a `bpy`. All are asked at once, since starting
ten interpreters one after the other takes a second. Reading `pyvenv.cfg` and version numbers off file names would be
quicker and wrong.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROBE = """
import json, sys
from importlib import metadata, util
bpy = ''
if util.find_spec('bpy'):
    try:
        bpy = metadata.version('bpy')
    except metadata.PackageNotFoundError:
        pass
print(json.dumps([sys.implementation.name, sys.version_info[:3], sys.prefix, sys.prefix == sys.base_prefix, bpy]))
"""
PROBE_TIMEOUT_S = 20


@dataclass(frozen=True)
class Python:
    """One interpreter. `bpy` is the version of the Blender module it holds, or an empty string."""

    executable: Path
    version: tuple[int, int, int]
    prefix: str
    is_base: bool
    bpy: str = ""


def ask(executable: Path) -> Python | None:
    """Start `executable` and ask what it is; None for what does not start, does not answer or is not CPython."""
    import json

    try:
        done = subprocess.run(
            [str(executable), "-c", PROBE], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=True
        )
        name, version, prefix, is_base, bpy = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if name != "cpython":
        return None
    return Python(executable, (version[0], version[1], version[2]), prefix, is_base, bpy)


def ask_all(executables: Iterable[Path]) -> list[Python]:
    """The answers of all that answered, in the order given, one for each installation."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(ask, executables))
    found: dict[str, Python] = {}
    for answer in answers:
        if answer is not None:
            found.setdefault(answer.prefix, answer)
    return list(found.values())


def find_pythons() -> list[Python]:
    """The CPythons of this machine: the running one, those on the PATH, then those that pyenv and uv keep."""
    return ask_all(_candidates())


def python_for(version: tuple[int, int], pythons: list[Python]) -> Python | None:
    """The first Python of that minor version; one that is not itself a virtual environment where there is one."""
    fitting = [python for python in pythons if python.version[:2] == version]
    return next((python for python in fitting if python.is_base), fitting[0] if fitting else None)


def _candidates() -> list[Path]:
    name = re.compile(r"python(3(\.\d+)?)?(\.exe)?")
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    data = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    for kept in (pyenv / "versions", data / "uv" / "python"):
        folders += sorted((folder / "bin" for folder in kept.glob("*")), reverse=True)
    found = [Path(sys.executable)]
    for folder in folders:
        if folder.is_dir():
            found += sorted(entry for entry in folder.iterdir() if name.fullmatch(entry.name))
    return list({str(path.parent.resolve() / path.name): path for path in found}.values())
