"""`make bench`: every figure of this project on this machine, printed as it comes and kept in RESULTS.md.

Each part is a program of its own and may be run alone; here they run one after the other, so that none disturbs the
clock of another. What is compared is compared within one run, since machines differ and drift: read the ratios.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from ..shared.example_picture import paint

RESULTS = Path(__file__).resolve().parent / "RESULTS.md"
SHEETS = RESULTS.with_name("sheets")
PACKAGE = "infinite_parallax.benchmarks"


def machine() -> str:
    """The machine in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        )
        if Path("/proc/cpuinfo").exists()
        else (),
        platform.processor(),
    )
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def china() -> Path | None:
    """scikit-learn's photograph china.jpg, if that package is here."""
    try:
        from sklearn import datasets
    except ImportError:
        return None
    return Path(datasets.__file__).parent / "images" / "china.jpg"


def part(title: str, module: str, arguments: list[str], note: str) -> str:
    """Run one benchmark; its output, which is a Markdown table, as a section."""
    print(f"\n## {title}\n", flush=True)
    command = [sys.executable, "-m", f"{PACKAGE}.{module}", *arguments]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode != 0:
        lines.append(f"\nThis part failed with exit code {process.returncode}.\n")
    shown = " ".join(Path(a).name if "/" in a else a for a in arguments)
    return f"## {title}\n\n{note}\n\n`python -m {PACKAGE}.{module} {shown}`\n\n{''.join(lines).strip()}\n"


def main() -> int:
    """Run the parts that were asked for and write RESULTS.md; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", help="cost, quality, contours, render, living, kills (default: all but kills)"
    )
    wanted = parser.parse_args().parts or ["cost", "quality", "contours", "render", "living"]
    with tempfile.TemporaryDirectory() as folder:
        example = Path(folder) / "example.png"
        Image.fromarray(paint(1600, 900)).save(example)
        pictures = [str(p) for p in (example, china()) if p is not None]
        known: dict[str, tuple[str, list[str], str]] = {
            "cost": ("Cost of the step loop", [], "Engine `walk`, five layers, everything on disk included."),
            "quality": (
                "Quality of the plates",
                ["--engines", "walk,telea,mirror", *pictures],
                "Means over five layers of the plates' last third, at least a picture; gx 1 is as sharp as the source.",
            ),
            "contours": (
                "Layers with contours",
                ["--out", str(SHEETS)],
                "The same rows and speeds as straight bands and along contours; contact sheets in `benchmarks/sheets`.",
            ),
            "render": ("Rendering 1080p", [], "The same plates, 120 frames, H.264; higher is better."),
            "living": (
                "Living layers",
                ["--sheets", str(SHEETS), *pictures[1:]],
                "The warp of `animate` and other ways to draw the same motion; contact sheets in `benchmarks/sheets`.",
            ),
            "kills": ("Killed at random moments", [], "Every job must end with the bytes of an undisturbed run."),
        }
        sections = [part(known[name][0], name, known[name][1], known[name][2]) for name in wanted]
    head = f"# Results\n\n{time.strftime('%Y-%m-%d')}, {machine()}. Made by `make bench`.\n"
    RESULTS.write_text("\n".join([head, *sections]), encoding="utf-8")
    print(f"\nWrote {RESULTS}.")
    return 1 if any("This part failed" in section for section in sections) else 0


if __name__ == "__main__":
    sys.exit(main())
