"""The system libraries that Blender's module loads and that its wheel does not carry.

They are looked for by really loading them, before several hundred megabytes are downloaded: package databases know
what is installed, but not what the loader finds. The table below is what `ldd` says of the four modules, a test holds
it against the modules that are at hand. On Debian and Ubuntu the missing ones are installed (as root) or the one line
to run is named; elsewhere the libraries are named. Calling `sudo` for the person was not done: a build that asks for
a password half-way is worse than one that stops with the line to run.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys

from ..shared.errors import ParallaxError

PACKAGES = {
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libstdc++.so.6": "libstdc++6",
    "libgomp.so.1": "libgomp1",
    "libXxf86vm.so.1": "libxxf86vm1",
}
"""Soname to Debian package: what the modules link, directly and beyond what those packages themselves pull in."""

ONLY_4_2 = frozenset({"libgomp.so.1", "libXxf86vm.so.1"})


def needed(version: str) -> tuple[str, ...]:
    """The sonames that the Blender module of `version` ("4.2") needs from the system; none outside Linux."""
    if not sys.platform.startswith("linux"):
        return ()
    return tuple(soname for soname in PACKAGES if version == "4.2" or soname not in ONLY_4_2)


def missing(sonames: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `sonames` that the loader does not find."""
    return tuple(soname for soname in sonames if not _loads(soname))


def ensure(sonames: tuple[str, ...]) -> None:
    """Return when all of `sonames` load; installs what is missing where it may, else says what to do.

    Raises:
        ParallaxError: libraries are missing and the person has to install them; the hint is the line to run.
    """
    absent = missing(sonames)
    if not absent:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise refusal(absent)
    print(f"== installing system libraries for Blender: {', '.join(absent)}", flush=True)
    _apt_get(["update"])
    _apt_get(_install(_packages(absent)))
    still = missing(absent)
    if still:
        raise ParallaxError(
            f"apt-get finished, but these libraries still do not load: {', '.join(still)}.",
            "Check that the packages fit this Python's architecture.",
            code="system_libraries",
        )


def refusal(absent: tuple[str, ...]) -> ParallaxError:
    """What to tell a person who has to install the libraries `absent`."""
    hint = "Install them with the system's package manager, then run the same command again."
    if shutil.which("apt-get") is not None:
        line = f"sudo apt-get update && sudo apt-get {' '.join(_install(_packages(absent)))}"
        hint = f"Run this, then the same command again:\n    {line}"
    message = f"Blender needs system libraries that this machine lacks: {', '.join(absent)}."
    return ParallaxError(message, hint, code="system_libraries")


def missing_from_message(text: str) -> str | None:
    """The soname that the loader complains of in `text` (the traceback of a failed import), if it does."""
    found = re.search(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object file", text)
    return found.group(1) if found else None


def _loads(soname: str) -> bool:
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def _packages(sonames: tuple[str, ...]) -> list[str]:
    """Debian package names. Debian 13 and Ubuntu 24.04 renamed some packages (libxt6 is libxt6t64 there)."""
    names = []
    for soname in sonames:
        name = PACKAGES.get(soname)
        if name is None:
            raise ParallaxError(
                f"Blender needs the system library {soname}, and its package is not known here.",
                f"Find it with: apt-file search {soname}",
                code="system_libraries",
            )
        names.append(f"{name}t64" if not _apt_knows(name) and _apt_knows(f"{name}t64") else name)
    return names


def _apt_knows(package: str) -> bool:
    done = subprocess.run(["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False)
    return done.returncode == 0 and bool(done.stdout.strip())


def _install(packages: list[str]) -> list[str]:
    return ["install", "-y", "--no-install-recommends", *packages]


def _apt_get(arguments: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(["apt-get", *arguments], env=environment, check=False).returncode != 0:
        raise ParallaxError(
            f"apt-get {arguments[0]} failed.",
            "See its lines above; run the same command again when it is mended.",
            code="system_libraries",
        )
