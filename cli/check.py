"""`check`: how good is a finished job? The figures as a table, the missed bars as sentences, a page with pictures.

The exit code says whether every bar was cleared, so that a script can stop at a bad job before hours of rendering.
"""

import math
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from ..inpaint_server.quality import bars, written
from ..inpaint_server.quality.metrics import Figures
from ..inpaint_server.quality.painted_job import open_job
from ..inpaint_server.quality.report import Report
from ..shared.outputs import check_folder


def check(folder: Path, picture: Path | None, out: Path | None) -> int:
    """Judge the job in a folder, print its table, write its report; 1 if it misses a bar, else 0."""
    job = open_job(folder, picture)
    target = out or folder
    check_folder(target)
    report = written.write(job, target)
    print("\n".join(lines(report)))
    print(f"Wrote {target / written.JSON_FILE} and {target / written.PAGE_FILE}.")
    return 0 if report.passed else 1


def lines(report: Report) -> Iterator[str]:
    """The report as lines of text."""
    names = [f.name for f in fields(Figures)]
    widest = max(12, *(len(layer.name) for layer in report.layers))
    many = bars.own(report.layers)
    yield f"{'':{widest}}" + "".join(f"{name:>9}" for name in names)
    for layer in report.layers:
        own = bars.own([layer])
        cells = "".join(_cell(name, getattr(layer.figures, name), True, own) for name in names)
        yield f"{layer.name:{widest}}{cells}"
    yield f"{'mean':{widest}}" + "".join(_cell(name, getattr(report.mean, name), False, many) for name in names)
    yield f"{'last frame':{widest}}" + "".join(f"{_number(getattr(report.frames.figures, n)):>8} " for n in names)
    for step, one in report.borders.items():
        shown = (f"{f.name} {_number(getattr(one, f.name))}" for f in fields(one))
        yield f"borders at step {step}: " + ", ".join(shown)
    for step, rigid in report.rigidity.items():
        yield f"rigidity at step {step}: {rigid.median:.1f} grey levels, worst {rigid.worst:.1f}"
    yield f"holes: {report.holes.pixels} px; first frame: {report.first_frame.differing} px differ"
    if report.closure is not None:
        yield f"loop: the joint changes {report.closure.ratio:.2f} times as much as anything else"
    yield ""
    if report.passed:
        yield "Every bar is cleared."
    yield from (f"Missed: {missed.sentence}" for missed in report.missed)


def _cell(name: str, value: float, alone: bool, own: bars.Own) -> str:
    """A figure, with an exclamation mark if it misses its bar."""
    return f"{_number(value):>8}{' ' if bars.fits(name, value, alone, own) else '!'}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"
