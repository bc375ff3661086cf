"""Which environments there are and what each holds: the server's, one for each Blender module, the benchmarks', and the
server's with torch.

They are apart because their packages cannot live together: Blender 4.5 holds numpy below 2, the server wants numpy 2,
MoviePy 2 wants an older Pillow. Torch could, but it is many times all the rest, and most people need none of it. The
same functions serve the Makefile, which runs them before anything is installed, and the command line
(`infinite-parallax install-blender`). One environment with the loosest pins was tried on paper: no set of versions
satisfies all of them.

Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ..shared.errors import ParallaxError, UsageError
from . import system_libraries
from .pythons import Python, find_pythons, python_for
from .virtual_environment import REQUIREMENTS, ROOT, Group, clean_environment, install, is_ready

SERVER_PYTHONS = ((3, 11), (3, 12), (3, 13))
BLENDER_PYTHONS = {"5.2": (3, 13), "5.0": (3, 11), "4.5": (3, 11), "4.2": (3, 11)}
"""Newest first: the Blender modules that are supported, and the one Python that each is built for."""


def environments_folder() -> Path:
    """`.envs` of a checkout; the user's data folder where the package was installed without one."""
    return ROOT / ".envs" if (ROOT / "Makefile").is_file() else user_data_folder()


def user_data_folder() -> Path:
    """Where a person's Blender environments lie when there is no checkout."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "infinite-parallax"


def server_groups(tests: bool = False) -> list[Group]:
    """What `.envs/server` holds: this package, editable, and for the tests its extras `dev`, `farm` and `farm-dev`."""
    extras = ("dev", "farm,farm-dev") if tests else ()
    return [*_editable("", "constraints.txt"), *(_editable(extra, "constraints.txt")[1] for extra in extras)]


def bench_groups() -> list[Group]:
    """What `.envs/bench` holds: this package, editable, with its extras `bench` and `farm`."""
    return _editable("bench,farm", "constraints-bench.txt")


def diffusion_groups(tests: bool = False) -> list[Group]:
    """What `.envs/diffusion` holds: this package, editable, with its `diffusion` extra, and for the tests `dev`."""
    pins = "constraints-diffusion.txt"
    return [*_editable("diffusion", pins), *(_editable("dev", pins)[1:] if tests else [])]


def blender_groups(version: str, tests: bool = False) -> list[Group]:
    """What `.envs/blender-VERSION` holds: the bpy module with its packages, and for the tests pytest."""
    files = [f"blender-{version}.txt", *(["blender-test.txt"] if tests else [])]
    return [Group(file, ("-r", str(REQUIREMENTS / file)), (REQUIREMENTS / file,)) for file in files]


def install_server(tests: bool = False) -> Path:
    """Make or update `.envs/server`; returns its interpreter.

    Raises:
        ParallaxError: no fitting Python, or pip failed.
    """
    return install(environments_folder() / "server", _server_python, server_groups(tests))


def install_bench() -> Path:
    """Make or update `.envs/bench`; returns its interpreter. Raises as `install_server`."""
    return install(environments_folder() / "bench", _server_python, bench_groups())


def install_diffusion(tests: bool = False) -> Path:
    """Make or update `.envs/diffusion`; returns its interpreter. Raises as `install_server`."""
    return install(environments_folder() / "diffusion", _server_python, diffusion_groups(tests))


def install_blender(version: str | None = None, tests: bool = False) -> Path:
    """Make or update the environment of Blender `version` ("4.5"), or of the newest that this machine's Pythons allow.

    Looks for the system libraries first and starts Blender once at the end. Returns the environment's interpreter.

    Raises:
        UsageError: a version that is not supported.
        ParallaxError: no fitting Python, system libraries missing, pip failed, or Blender does not start.
    """
    if version is None:
        version = newest_blender()
    elif version not in BLENDER_PYTHONS:
        raise UsageError(f"There is no Blender module {version}.", f"Choose one of {', '.join(BLENDER_PYTHONS)}.")
    system_libraries.ensure(system_libraries.needed(version))
    folder, groups = environments_folder() / f"blender-{version}", blender_groups(version, tests)
    return install(folder, lambda: _blender_python(version), groups, start_blender)


def newest_blender() -> str:
    """The newest Blender module that one of this machine's Pythons allows.

    Raises:
        ParallaxError: none of them does.
    """
    here = {python.version[:2] for python in find_pythons()}
    for version, wanted in BLENDER_PYTHONS.items():
        if wanted in here or is_ready(environments_folder() / f"blender-{version}", blender_groups(version)):
            return version
    raise ParallaxError(
        "Blender's module needs Python 3.13 or 3.11, and this machine has neither.", _how_to_get((3, 11)), code="python"
    )


def why_not(version: str) -> str | None:
    """Why this machine's Pythons do not allow Blender `version`; None when they do."""
    wanted = BLENDER_PYTHONS[version]
    if python_for(wanted, find_pythons()) is not None:
        return None
    return f"it needs Python {_dotted(wanted)}, and neither the PATH nor pyenv has one"


def start_blender(python: Path) -> None:
    """Import bpy in `python`, without reading or writing the person's own Blender settings.

    Raises:
        ParallaxError: it does not start; the hint names the system package where a library is missing.
    """
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
        done = subprocess.run(
            [str(python), "-c", "import bpy; print('Blender', bpy.app.version_string, 'starts', flush=True)"],
            env={**clean_environment(), "BLENDER_USER_RESOURCES": folder},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    if done.returncode == 0:
        return
    soname = system_libraries.missing_from_message(done.stderr)
    if soname is not None and system_libraries.missing((soname,)):
        system_libraries.ensure((soname,))
        start_blender(python)
        return
    sys.stderr.write(done.stderr)
    raise ParallaxError(f"The Blender module of {python} does not start.", "Its own words are above.", code="blender")


def _editable(extra: str, constraints: str) -> list[Group]:
    """The build tool, then this package with `extra`. The build tool is pinned like the rest, hence no isolation."""
    pins = ("-c", str(REQUIREMENTS / constraints))
    files = (ROOT / "pyproject.toml", REQUIREMENTS / constraints)
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    package = Group(f"package {extra}".strip(), (*pins, "--no-build-isolation", "--editable", target), files)
    return [Group("build tool", (*pins, "setuptools"), files[1:]), package]


def _server_python() -> Python:
    pythons = find_pythons()
    for wanted in SERVER_PYTHONS:
        python = python_for(wanted, pythons)
        if python is not None:
            return python
    found = ", ".join(sorted({_dotted(python.version[:2]) for python in pythons}))
    raise ParallaxError(
        f"The server needs Python 3.11, 3.12 or 3.13; this machine has {found}.", _how_to_get((3, 11)), code="python"
    )


def _blender_python(version: str) -> Python:
    wanted = BLENDER_PYTHONS[version]
    python = python_for(wanted, find_pythons())
    if python is None:
        raise ParallaxError(
            f"Blender {version} needs Python {_dotted(wanted)}, and this machine has none.",
            _how_to_get(wanted),
            code="python",
        )
    return python


def _how_to_get(version: tuple[int, int]) -> str:
    dotted = _dotted(version)
    return f"Install it with the system's package manager (python{dotted}) or with pyenv: pyenv install {dotted}"


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
