"""The figures of one layer of a job, over its whole plate and over time, against its own part of the source.

A plate that follows a contour is judged on the rows where it is mostly opaque: above them there is sky to see through,
and what a matte lets through is another layer's matter. A layer whose ground recedes has no plate that could be laid
out flat, so windows of frames stand in for it. Whole frames are judged alike, which is all that can be said of a
journey that does not go sideways: there, other rows come into view, and a layer's own colours change rightly.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .metrics import (
    WINDOW_PX,
    Figures,
    colour_distance,
    measure,
    mirrors_itself,
    repeats_itself,
    sharpness_ratio,
)
from .painted_job import RGB, PaintedJob
from .upright import upright_step

MOST_WIDTHS = 5
"""How much of a plate, in widths of the frame, is searched for repetition and seams; drift is looked for in all."""
FIFTHS = 5
LEAST_WINDOWS = 6
"""Windows below which a share of them that repeat says nothing."""
OPAQUE_SHARES = (0.98, 0.9, 0.75, 0.5)
"""What part of a row must be opaque, tried in this order until enough rows are."""
LEAST_ROWS = 16
HEAD_PX = 96
"""So many of the source's last columns a plate may have changed, so that it goes on."""
NAN = float("nan")
NOTHING = Figures(NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN)


@dataclass(frozen=True)
class Drift:
    """What a window of one frame's width shows at the end of a fifth of the way: gx and w1 as in `Figures`."""

    gx: float
    w1: float


@dataclass(frozen=True)
class LayerFigures:
    """One layer, or with `index` -1 whole frames; rows top..bottom of the source were judged.

    `painted_px` columns were painted. `own_mirror` is the share of the source's own windows that stand in it a second
    time, mirrored; `own` its (rep, mir) by itself. What could not be measured is nan; `drift` is empty then.
    """

    index: int
    name: str
    top: int
    bottom: int
    velocity: tuple[float, float]
    painted_px: int
    figures: Figures
    own_mirror: float
    own: tuple[float, float]
    drift: tuple[Drift, ...]


Look = Callable[[int, int], RGB]
"""Columns start..stop of a plate along the journey, RGB uint8 [h, n, 3]."""


def layer_figures(job: PaintedJob, index: int) -> LayerFigures:
    """The figures of a layer that moves sideways; of any other only what it is."""
    layer, width = job.plan.layers[index], job.plan.width
    painted = job.painted_px(index)
    rows = judged_rows(job, index)
    about = LayerFigures(
        index, layer.name, rows.start, rows.stop, layer.velocity, painted, NOTHING, NAN, (NAN, NAN), ()
    )
    if not job.sideways or painted < WINDOW_PX or rows.stop - rows.start < 2:
        return about
    if layer.ramp is not None:
        return _of_windows(job, about)
    look = flat_look(job, index, rows)
    reference = look(0, width)
    shown = look(width, width + min(painted, MOST_WIDTHS * width))
    figures = measure(reference, 0, reference.shape[0], shown, abs(layer.velocity[0]))
    figures = replace(figures, upright=_upright(job, index, rows, reference, shown))
    if painted < LEAST_WINDOWS * WINDOW_PX:
        figures = replace(figures, rep=NAN, mir=NAN)
    drift = []
    for fifth in range(1, FIFTHS + 1):
        end = width + painted * fifth // FIFTHS
        drift.append(_drift(look(end - width, end), reference))
    own_mirror, own = mirrors_itself(reference), repeats_itself(reference)
    return replace(about, figures=figures, own_mirror=own_mirror, own=own, drift=tuple(drift))


def _upright(job: PaintedJob, index: int, rows: slice, reference: RGB, shown: RGB) -> float:
    """The worst upright step of a plate: the source's last columns are the plate's head and are known from the source.

    What stands before the layer there is taken for the layer's own, for nothing else has been kept of it.
    """
    source = job.source[rows, ::-1] if job.plan.layers[index].velocity[0] > 0 else job.source[rows]
    head = min(HEAD_PX, job.plan.width // 4)
    known = np.concatenate([reference[:, :-head], source[:, -head:]], axis=1)
    return upright_step(known, shown, reference[:, -head:])


def frame_figures(job: PaintedJob) -> LayerFigures:
    """The figures of whole frames: the last one, and for the drift one after each fifth of the steps."""
    about = LayerFigures(-1, "whole frame", 0, job.plan.height, (0.0, 0.0), 0, NOTHING, NAN, (NAN, NAN), ())
    return _of_frames(about, job.source, job.frame, job.plan.steps)


def _of_windows(job: PaintedJob, about: LayerFigures) -> LayerFigures:
    """A layer that recedes, by what frames show of it."""
    rows = slice(about.top, about.bottom)

    def window(step: int) -> RGB:
        rgb, alpha = job.seen(about.index, step)
        return over_mean(np.dstack([rgb, alpha])[rows], background, premultiplied=True)

    background = np.zeros(3, np.float32)
    background = window(0).reshape(-1, 3).mean(0)
    return _of_frames(about, window(0), window, job.plan.steps)


def _of_frames(about: LayerFigures, reference: RGB, window: Callable[[int], RGB], steps: int) -> LayerFigures:
    """Figures of windows that are pictures at a step; where a step began cannot be seen in them."""
    drift = tuple(_drift(window(max(1, steps * fifth // FIFTHS)), reference) for fifth in range(1, FIFTHS + 1))
    figures = measure(reference, 0, reference.shape[0], window(steps), reference.shape[1])
    return replace(about, figures=replace(figures, seam=NAN, rep=NAN, mir=NAN, upright=NAN), drift=drift)


def _drift(window: RGB, reference: RGB) -> Drift:
    return Drift(sharpness_ratio(window, reference), colour_distance(window, reference))


def judged_rows(job: PaintedJob, index: int) -> slice:
    """The rows of a layer that are judged: its band, or with a contour those where its cut-out is mostly opaque."""
    layer = job.plan.layers[index]
    if not job.contours:
        return slice(layer.top, layer.top + layer.height)
    alpha = job.seen(index, 0)[1]
    opaque = (alpha > 127).mean(1)
    least = min(LEAST_ROWS, max(2, layer.height // 2))
    for share in OPAQUE_SHARES:
        found = np.flatnonzero(opaque >= share)
        if found.size >= least:
            return slice(int(found[0]), int(found[-1]) + 1)
    found = np.flatnonzero(opaque)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(layer.top, layer.top)


def flat_look(job: PaintedJob, index: int, rows: slice, contrast: float = 0) -> Look:
    """Looks at a plate's rows, what is transparent filled with the layer's mean colour.

    With a `contrast`, in grey levels, the filling differs from it by that, so that the skyline stands out.
    """
    first = job.strip(index, 0, job.plan.width, rows)
    weight = np.maximum(first[..., 3:].astype(np.float32), 1e-3)
    background = np.asarray((first[..., :3] * weight).sum((0, 1)) / weight.sum(), np.float32)
    background = background + np.float32(contrast if background.mean() < 128 else -contrast)

    def look(start: int, stop: int) -> RGB:
        return over_mean(job.strip(index, start, stop, rows), background)

    return look


def over_mean(rgba: NDArray[np.uint8], background: NDArray[np.float32], premultiplied: bool = False) -> RGB:
    """RGBA [h, n, 4] over a colour [3]: RGB uint8 [h, n, 3]."""
    if (rgba[..., 3] == 255).all():
        return np.ascontiguousarray(rgba[..., :3])
    share = rgba[..., 3:].astype(np.float32) / 255
    colours = rgba[..., :3] if premultiplied else rgba[..., :3] * share
    return np.asarray(np.rint(colours + background * (1 - share)).clip(0, 255), np.uint8)


def mean_of(layers: list[LayerFigures]) -> Figures:
    """Field by field over the layers that were measured."""
    measured = [one.figures for one in layers if not math.isnan(one.figures.gx)]
    return Figures.mean(measured) if measured else NOTHING
