"""What is installed, what works, and the next command where something does not: `infinite-parallax doctor`.

Every line comes from a trial: ffmpeg is run, each engine is asked, each Blender is started and renders a frame. Lists
of installed packages would be quicker to make, and would call a Blender healthy whose system libraries are missing.
Lines are either needed for the default road (a picture in, a video out) or not; only the needed ones decide the exit
code.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from ..shared.errors import ParallaxError
from . import system_libraries
from .blenders import HOW_TO_GET, Blender, find_blenders
from .environments import BLENDER_PYTHONS, SERVER_PYTHONS, user_data_folder
from .virtual_environment import clean_environment

PROBE = Path(__file__).resolve().parent / "blender_probe.py"
PROBE_TIMEOUT_S = 120
COLOUR_TOLERANCE = 0.01
LEAST_FREE_BYTES = 2 * 10**9
REINSTALL = "Run in the checkout: make demo"


@dataclass(frozen=True)
class Check:
    """One line: what was tried, whether it works, what was found, and the next command where it does not.

    `needed` tells whether the default road stops without it.
    """

    name: str
    ok: bool
    detail: str
    next_command: str = ""
    needed: bool = True


def report(blender: str | None = None) -> list[Check]:
    """Try everything; with `blender` (a path, as the command line takes it) that Blender alone."""
    checks = [python_version(), packages(), ffmpeg(), *engines()]
    checks += [libraries(), *blenders(blender), free_space(Path.cwd()), writable(user_data_folder())]
    return checks


def print_report(blender: str | None = None) -> int:
    """Print the report; returns 0 when the default road works, else 1."""
    checks = report(blender)
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = "ok" if check.ok else ("NO" if check.needed else "--")
        print(f"{mark:2}  {check.name:{width}}  {check.detail}")
        if not check.ok and check.next_command:
            lines = [line.strip() for line in check.next_command.splitlines()]
            print("\n".join(f"    {'':{width}}  {line}" for line in lines))
    works = all(check.ok for check in checks if check.needed)
    print("\nThe way from a picture to a video is open." if works else "\nThe lines marked NO have to be mended first.")
    return 0 if works else 1


def python_version() -> Check:
    """The Python that runs this."""
    version = sys.version_info[:2]
    known = version in SERVER_PYTHONS
    detail = f"{platform.python_version()} ({sys.executable})"
    return Check("Python", known, detail, "Use Python 3.11, 3.12 or 3.13.", needed=version < SERVER_PYTHONS[0])


def packages() -> Check:
    """Whether what the project asks for is installed."""
    name = "packages"
    try:
        wanted = metadata.requires("infinite-parallax") or []
    except metadata.PackageNotFoundError:
        return Check(name, False, "infinite-parallax itself is not installed in this Python", REINSTALL)
    plain = [line for line in wanted if "extra ==" not in line]
    absent = [line for line in plain if _installed(line) is None]
    if absent:
        return Check(name, False, f"missing: {', '.join(absent)}", REINSTALL)
    return Check(name, True, ", ".join(f"{_bare(line)} {_installed(line)}" for line in plain))


def ffmpeg() -> Check:
    """Whether imageio-ffmpeg's ffmpeg runs; the preview is encoded by it."""
    name = "ffmpeg"
    if util.find_spec("imageio_ffmpeg") is None:
        return Check(name, False, "imageio-ffmpeg is not installed", REINSTALL)
    import imageio_ffmpeg

    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
        done = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return Check(name, False, f"does not run: {error}", "Run: pip install --force-reinstall imageio-ffmpeg")
    return Check(name, True, f"{done.stdout.split(' Copyright')[0]} ({path})")


def engines() -> Iterator[Check]:
    """One line for each inpaint engine; only the default one is needed.

    Those that ask another server are tried at the address that they have without a project.
    """
    try:
        from ..inpaint_server.engines import DEFAULT, INPAINT, available, cards, load

        reasons = available()
    except ImportError as error:
        yield Check("engines", False, f"cannot be listed: {error}", REINSTALL)
        return
    remote = {card.name for card in cards(INPAINT) if card.remote}
    for name, reason in reasons.items():
        check = Check(f"engine {name}", not reason, reason or "ready", needed=name == DEFAULT)
        if check.ok and name in remote:
            try:
                load(name).look({})
            except ParallaxError as error:
                check = Check(check.name, False, error.message, error.hint, needed=False)
        yield check


def libraries() -> Check:
    """Whether the system libraries of the newest Blender module load; a desktop Blender brings its own."""
    wanted = system_libraries.needed(next(iter(BLENDER_PYTHONS)))
    absent = system_libraries.missing(wanted)
    name = "system libraries"
    if absent:
        hint = system_libraries.refusal(absent).hint
        return Check(name, False, f"missing for the Blender module: {', '.join(absent)}", hint, needed=False)
    return Check(name, True, f"all {len(wanted)} that the Blender module needs load")


def blenders(explicit: str | None = None) -> Iterator[Check]:
    """One line for each Blender that was found, started for the purpose; the one that would be used is needed."""
    try:
        found = find_blenders(explicit)
    except ParallaxError as error:
        yield Check("Blender", False, error.message, error.hint)
        return
    if not found:
        yield Check("Blender", False, "none of version 4.2 or later", HOW_TO_GET)
    for rank, blender in enumerate(found):
        yield try_blender(blender, needed=rank == 0)


def try_blender(blender: Blender, needed: bool) -> Check:
    """Start `blender`, let it render one small frame, and compare the frame's colour."""
    name = f"Blender {'.'.join(map(str, blender.version))}"
    where = f"{blender.kind}, {blender.executable}"
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-doctor-") as profile:
        try:
            done = subprocess.run(
                _probe_command(blender),
                capture_output=True,
                text=True,
                timeout=PROBE_TIMEOUT_S,
                env={**clean_environment(), "BLENDER_USER_RESOURCES": profile},
                check=False,
            )
        except subprocess.TimeoutExpired:
            again = "Try it by hand, or name another one with --blender PATH."
            return Check(name, False, f"no frame within {PROBE_TIMEOUT_S} s ({where})", again, needed)
    line = next((line for line in done.stdout.splitlines() if line.startswith("PROBE ")), None)
    if line is None:
        return Check(name, False, f"does not start ({where}): {_last_line(done.stderr)}", _mend(done.stderr), needed)
    answer = json.loads(line.removeprefix("PROBE "))
    if answer["lacking"]:
        names = answer["lacking"]
        line = f"On Debian and Ubuntu: sudo apt-get install -y {' '.join(f'python3-{each}' for each in names)}"
        hint = line if blender.kind == "binary" else f"Run: {blender.executable} -m pip install {' '.join(names)}"
        return Check(name, False, f"its Python lacks {' and '.join(names)} ({where})", hint, needed)
    off = max(abs(got - wanted) for got, wanted in zip(answer["colour"], answer["expected"], strict=True))
    if off > COLOUR_TOLERANCE:
        return Check(name, False, f"renders wrong colours, off by {off:.2f} ({where})", HOW_TO_GET, needed)
    sound = "with sound" if answer["audaspace"] else "built without sound"
    return Check(name, True, f"renders, {sound} ({where})", needed=needed)


def free_space(folder: Path) -> Check:
    """Whether the disk of `folder` has room for plates and a video."""
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free in {folder}"
    return Check(
        "disk", free >= LEAST_FREE_BYTES, detail, f"Make {LEAST_FREE_BYTES / 1e9:.0f} GB free, or work elsewhere."
    )


def writable(folder: Path) -> Check:
    """Whether the project's own folder can be made and written to; what was made for the trial is removed."""
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check("data folder", False, f"{folder}: {error.strerror}", f"Run: ls -ld {folder}")
    finally:
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
    return Check("data folder", True, f"{folder} can be written")


def _probe_command(blender: Blender) -> list[str]:
    if blender.kind == "module":
        return [str(blender.executable), str(PROBE)]
    return [str(blender.executable), "-b", "--factory-startup", "--python-exit-code", "1", "--python", str(PROBE)]


def _mend(stderr: str) -> str:
    soname = system_libraries.missing_from_message(stderr)
    return HOW_TO_GET if soname is None else system_libraries.refusal((soname,)).hint


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"


def _bare(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    return found.group(0) if found else requirement


def _installed(requirement: str) -> str | None:
    try:
        return metadata.version(_bare(requirement))
    except metadata.PackageNotFoundError:
        return None
