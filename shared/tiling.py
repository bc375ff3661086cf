"""Where each plate's tiles lie: what is seen of a layer at a step, between two steps, and in a run of them.

A plate is stored in tiles that each cover a run of steps, so that texture size and memory stay bounded for any number
of steps and any direction. All of it is arithmetic on the plan. A grid of tiles laid over the plate would store no
pixel twice, but the frame would then show two of them at a time, and the timeline two strips in one channel.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from . import geometry
from .plan import Plan

LONGEST_TILE_PX = 16384
"""What graphics cards take as a texture."""
BLEED_PX = 2
"""Real neighbouring pixels round every tile, so that sub-pixel sampling at its rim never meets nothing."""


@dataclass(frozen=True)
class TilePlan:
    """A tile: what is seen of a plate during steps `first`..`last`, a rectangle in plate coordinates, bleed included.

    At step 0 plate and canvas coincide; a plate pixel (X, Y) is on the canvas at (X, Y) + position(k).
    """

    first: int
    last: int
    x: int
    y: int
    width: int
    height: int


Rows = tuple[int, int]
"""First row and the one after the last, of the source: what a layer with a contour shows, whatever the others do."""


def visible(plan: Plan, index: int, step: int, rows: Rows | None = None) -> tuple[int, int, int, int] | None:
    """x, y, width, height in plate coordinates of what the frame can show of a layer at step k; None if nothing.

    The rows reach up by the layer's overlap and down by the bleed behind the next layer; or they are `rows`.
    """
    layer = plan.layers[index]
    px, py = layer.position(step)
    if rows is not None:
        return (-px, rows[0], plan.width, rows[1] - rows[0]) if rows[1] > rows[0] else None
    start, end = plan.rows(index, step)
    top = 0 if start is None else max(0, start - layer.overlap_px)
    bottom = plan.height if end is None else min(plan.height, end + BLEED_PX)
    if bottom <= top:
        return None
    return -px, top - py, plan.width, bottom - top


def swept(plan: Plan, index: int, first: int, last: int, rows: Rows | None = None) -> tuple[int, int, int, int] | None:
    """x, y, width, height in plate coordinates that hold all that is seen of a layer from step first to step last.

    Between two steps as well: every edge of what is seen is linear in time, or the nearest of several linear ones, so
    the farthest of its two ends bounds it. A layer that is covered at both ends may be seen on the way.
    """
    layer = plan.layers[index]
    ends = [(layer.position(k), k) for k in (first, last)]
    left, right = min(-p[0] for p, _ in ends), max(-p[0] for p, _ in ends) + plan.width
    if rows is not None:
        return (left, rows[0], right - left, rows[1] - rows[0]) if rows[1] > rows[0] else None
    top = min(-p[1] for p, _ in ends)
    if index:
        top = max(top, layer.top - layer.overlap_px)
    bottom = max(plan.height - p[1] for p, _ in ends)
    for nearer in plan.layers[index + 1 :]:
        skyline = max(nearer.top + nearer.position(k)[1] - p[1] for p, k in ends)
        # both positions are rounded, so on the way their difference may lie one px beyond its ends
        bottom = min(bottom, skyline + BLEED_PX + (1 if last > first + 1 and plan.vertical else 0))
    return (left, top, right - left, bottom - top) if bottom > top else None


def tiles(plan: Plan, index: int, rows: Rows | None = None) -> Iterator[TilePlan]:
    """The tiles of one layer's plate, in the order of time; neighbours share the picture at the step between them."""
    first = 0
    while first < plan.steps:
        last = _run_end(plan, index, first)
        box = swept(plan, index, first, last, rows)
        if box is not None:
            x, y, width, height = box
            b = BLEED_PX
            yield TilePlan(first, last, x - b, y - b, width + 2 * b, height + 2 * b)
        first = last


def _run_end(plan: Plan, index: int, first: int) -> int:
    """The last step of the run that fits into a tile; at least one step, however fast the layer is."""
    runs = [
        math.floor(max(0, longest(plan, extent) - extent - 2 * BLEED_PX - 1) / abs(geometry.exact(v)))
        for extent, v in zip((plan.width, plan.height), plan.layers[index].velocity, strict=True)
        if v
    ]
    return min(plan.steps, first + max(1, min(runs, default=plan.steps)))


def longest(plan: Plan, extent: int) -> int:
    """How long a tile may be along a side of the frame: a frame and a half at least.

    Tiles share a frame's length with their neighbours, so a tile of hardly more than a frame would store everything
    over and over. So the tiles of a frame that is nearly as wide as a graphics card's longest texture are longer than
    that one; Blender shows them smaller on planes in the viewport, and renders strips of any length.
    """
    return max(min(LONGEST_TILE_PX, plan.tile_px), extent * 3 // 2)
