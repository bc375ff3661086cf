"""The report on a job: every figure, held against the bars, as plain data.

Measuring and showing are apart, so that a command, a route and a test read the same numbers, and the page only dresses
them. The report says of every bar that is missed where and by how much, in a sentence; a single mark out of ten would
have been shorter and would have told nobody what to change.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from . import bars, borders, loop_closure, repetition_map, rigidity
from .bars import Missed
from .borders import BorderFigures
from .layer_figures import LayerFigures, frame_figures, layer_figures, mean_of
from .loop_closure import Closure
from .metrics import Figures
from .painted_job import Alpha, Owners, PaintedJob
from .repetition_map import RepetitionMap
from .rigidity import Rigidity

SCHEMA = "infinite-parallax/report"
VERSION = 1
BORDER_STEPS = (20, 60, 150)
RIGID_STEPS = (8, 20)
COVERAGE_SAMPLES = 24
COVERED = 0.99


@dataclass(frozen=True)
class Holes:
    """Pixels covered less than 99 %: most at one step, and the steps that were looked at and have some."""

    pixels: int
    steps: tuple[int, ...]
    looked_at: int


@dataclass(frozen=True)
class FirstFrame:
    """Pixels of frame 0 that are not the source's, and the greatest difference in grey levels.

    Where an object is shown larger or smaller than it is, it is to differ, and does not count.
    """

    differing: int
    greatest: int


@dataclass(frozen=True)
class Report:
    """A job judged. `digest` is what was judged, `borders` and `rigidity` go by step; nan is null in JSON.

    `repeats` are the shares of cells of the repetition map, plain and mirrored, of the layers that have one.
    """

    digest: str
    width: int
    height: int
    steps: int
    cut: str
    layers: tuple[LayerFigures, ...]
    mean: Figures
    frames: LayerFigures
    borders: Mapping[int, BorderFigures]
    rigidity: Mapping[int, Rigidity]
    repeats: Mapping[int, tuple[float, float]]
    holes: Holes
    first_frame: FirstFrame
    closure: Closure | None
    missed: tuple[Missed, ...]

    @property
    def passed(self) -> bool:
        """Whether no bar is missed."""
        return not self.missed

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON document."""
        parts = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"schema": SCHEMA, "version": VERSION, "passed": self.passed, **parts}


def judge(job: PaintedJob) -> tuple[Report, tuple[RepetitionMap, ...]]:
    """Measure everything there is to measure of a job; the maps of repetition are for those who want to look."""
    layers = [layer_figures(job, index) for index in range(len(job.plan.layers))]
    found = [repetition_map.find(job, index) for index in range(len(layers))]
    maps = tuple(one for one in found if one is not None)
    met, rigid = _meetings(job)
    report = Report(
        digest=job.digest(),
        width=job.plan.width,
        height=job.plan.height,
        steps=job.plan.steps,
        cut=job.project.cut.mode,
        layers=tuple(layers),
        mean=mean_of(layers),
        frames=frame_figures(job),
        borders=met,
        rigidity=rigid,
        repeats={one.index: one.shares for one in maps},
        holes=_holes(job),
        first_frame=_first_frame(job),
        closure=loop_closure.measure(job),
        missed=(),
    )
    return replace(report, missed=tuple(_missed(job, report))), maps


def seen_layers(alphas: list[Alpha]) -> Owners:
    """The layer that is seen at each pixel, int8 [H, W]: the nearest that is more than half opaque."""
    owners = np.zeros(alphas[0].shape, np.int8)
    for index, alpha in enumerate(alphas):
        owners[alpha > 127] = index
    return owners


def _meetings(job: PaintedJob) -> tuple[dict[int, BorderFigures], dict[int, Rigidity]]:
    """The figures of borders, and of what stands across them."""
    at_borders = [k for k in BORDER_STEPS if k <= job.plan.steps] or [job.plan.steps]
    at_windows = [k for k in RIGID_STEPS if k <= job.plan.steps] or [job.plan.steps]
    steps = sorted({0, *at_borders, *at_windows})
    frames = {k: job.frame(k) for k in steps}
    owners = {k: seen_layers(job.alphas(k)) for k in (0, *at_borders)}
    positions = {k: job.positions(k) for k in steps}
    met = borders.measure(job.source, {k: frames[k] for k in at_borders}, owners, positions)
    if not job.sideways:
        # a piece of a border is followed sideways only
        return {k: replace(one, excess=math.nan, broken=math.nan) for k, one in met.items()}, {}
    return met, rigidity.measure(job.source, {k: frames[k] for k in at_windows}, owners[0], positions)


def _holes(job: PaintedJob) -> Holes:
    steps = np.unique(np.linspace(0, job.plan.steps, COVERAGE_SAMPLES).round().astype(int)).tolist()
    found = {step: _uncovered(job.alphas(step)) for step in steps}
    return Holes(max(found.values()), tuple(step for step, pixels in found.items() if pixels), len(steps))


def _uncovered(alphas: list[Alpha]) -> int:
    """Pixels at which all layers together are less than 99 % opaque."""
    through = 1 - alphas[0].astype(np.float32) / 255
    for alpha in alphas[1:] if through.any() else ():
        through *= 1 - alpha.astype(np.float32) / 255
    return int(np.count_nonzero(through > 1 - COVERED))


def _first_frame(job: PaintedJob) -> FirstFrame:
    apart = np.abs(job.frame(0).astype(np.int16) - job.source).max(2)
    for rows, columns in job.resized():
        apart[rows, columns] = 0
    return FirstFrame(int(np.count_nonzero(apart)), int(apart.max()))


def _missed(job: PaintedJob, report: Report) -> Iterator[Missed]:
    """Every bar that a report misses, the plainest faults first."""
    first, holes, closure = report.first_frame, report.holes, report.closure
    if first.differing:
        words = f"The first frame is not the source: {first.differing} pixels differ, by up to {first.greatest}."
        yield Missed("first frame", "Frame 0", first.differing, 0, words)
    if holes.pixels:
        at = ", ".join(map(str, holes.steps[:5])) + ("…" if len(holes.steps) > 5 else "")
        words = f"There are holes: up to {holes.pixels} pixels are covered less than 99 %, at step {at}."
        yield Missed("holes", f"Step {at}", holes.pixels, 0, words)
    if job.sideways:
        yield from bars.of_figures(report.mean, list(report.layers))
    else:
        yield from bars.of_frames(report.frames)
    for step, one in report.borders.items() if job.contours else ():
        if one.join > bars.JOIN:
            words = (
                f"Layers meet hard at step {step}: the step across their borders is {one.join:.2f} times the source's, "
                f"at most {bars.JOIN:g} is good."
            )
            yield Missed("join", f"Step {step}", one.join, bars.JOIN, words)
    if closure is not None and closure.ratio > bars.CLOSURE:
        words = (
            f"The loop jumps: from the last frame to the first a stripe changes {closure.ratio:.2f} times as much as "
            f"anywhere else, at most {bars.CLOSURE:g} is good."
        )
        yield Missed("closure", "The joint", closure.ratio, bars.CLOSURE, words)


def _plain(value: Any) -> Any:
    """Dataclasses, mappings and tuples as JSON holds them; what is no finite number becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
