"""The canvas of one step: the plates laid over each other, who is seen where, and what is missing.

The canvas is the frame, and beyond it, where a layer moves diagonally, the corners that the frame sweeps between two
steps: a rectangle that slides along a slope passes over two triangles that lie in neither its old nor its new place,
and the video shows them. Layers are bodies, composited far to near; a layer reaches from its own skyline down behind
every nearer one, so whatever opens between two layers belongs to the farther.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..shared import tiling
from ..shared.plan import Plan
from .engines.contract import RGB, OwnerMap, Rect
from .plate_store import OWN, PlateStore

Bool = NDArray[np.bool_]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Extent:
    """The canvas in frame coordinates: columns left..right, rows top..bottom; the frame is 0..width, 0..height."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def inside(self, position: tuple[int, int]) -> tuple[int, int]:
        """A position on the frame as one on the canvas."""
        return position[0] - self.left, position[1] - self.top


@dataclass
class Canvas:
    """One step. Arrays are [rows, columns] of the extent; `hole` must be painted, the rest of the unknown is filled."""

    extent: Extent
    rgb: RGB
    known: Bool
    owner: OwnerMap
    hole: Bool

    @classmethod
    def blank(cls, extent: Extent) -> "Canvas":
        """An empty canvas."""
        rows, columns = extent.shape
        bits = [np.zeros((rows, columns), np.bool_) for _ in range(2)]
        return cls(
            extent, np.zeros((rows, columns, 3), np.uint8), bits[0], np.zeros((rows, columns), np.int16), bits[1]
        )

    def frame(self, values: NDArray[T], width: int, height: int) -> NDArray[T]:
        """The part of a canvas-sized array that is the frame."""
        y, x = -self.extent.top, -self.extent.left
        return values[y : y + height, x : x + width]


def extent(plan: Plan) -> Extent:
    """The canvas of a plan; larger than the frame, by one step's move, as soon as some layer moves up or down."""
    if not plan.vertical:
        return Extent(0, 0, plan.width, plan.height)
    xs, ys = zip(*(layer.velocity for layer in plan.layers), strict=True)
    return Extent(
        left=-max(0, math.ceil(-min(xs))),
        top=-max(0, math.ceil(-min(ys))),
        right=plan.width + max(0, math.ceil(max(xs))),
        bottom=plan.height + max(0, math.ceil(max(ys))),
    )


def needed(plan: Plan, index: int, step: int) -> Rect | None:
    """What a layer's plate must know at a step, in plate coordinates: all that is seen from the step before to it."""
    box = tiling.swept(plan, index, max(0, step - 1), step)
    return Rect(*box) if box is not None else None


def on_canvas(rect: Rect, position: tuple[int, int], within: Extent) -> tuple[Rect, tuple[slice, slice]] | None:
    """The part of a plate's rectangle that lies on the canvas, and where; None if there is none."""
    x0, y0 = max(rect.x + position[0], within.left), max(rect.y + position[1], within.top)
    x1 = min(rect.x + rect.width + position[0], within.right)
    y1 = min(rect.y + rect.height + position[1], within.bottom)
    if x0 >= x1 or y0 >= y1:
        return None
    part = Rect(x0 - position[0], y0 - position[1], x1 - x0, y1 - y0)
    return part, (slice(y0 - within.top, y1 - within.top), slice(x0 - within.left, x1 - within.left))


def compose(plan: Plan, stores: Sequence[PlateStore], step: int, canvas: Canvas) -> Canvas:
    """Shift every layer to its place at `step` and lay them over each other, far to near; flush, never resampled.

    `canvas` is filled anew and returned: its memory is used again step after step, since getting as much fresh from
    the system costs as much as everything that is written into it.
    """
    within = canvas.extent
    columns = within.shape[1]
    canvas.rgb[:], canvas.known[:], canvas.owner[:], canvas.hole[:] = 0, False, 0, False
    for layer, store in zip(plan.layers, stores, strict=True):
        start, end = plan.rows(layer.index, step)
        top = within.top if start is None else max(start, within.top)
        bottom = within.bottom if end is None else min(end, within.bottom)
        if bottom <= top:
            continue
        position = layer.position(step)
        body = Rect(within.left - position[0], top - position[1], columns, bottom - top)
        spot = slice(top - within.top, bottom - within.top)
        store.copy(body, canvas.rgb[spot])
        store.known(body, OWN, canvas.known[spot])
        canvas.owner[spot] = layer.index
    for layer in plan.layers:
        _mark_hole(canvas, plan, layer.index, step, layer.position(step))
    fill_unneeded(canvas, plan)
    return canvas


def _mark_hole(canvas: Canvas, plan: Plan, index: int, step: int, position: tuple[int, int]) -> None:
    rect = needed(plan, index, step)
    spots = on_canvas(rect, position, canvas.extent) if rect is not None else None
    if spots is not None:
        spot = spots[1]
        canvas.hole[spot] |= (canvas.owner[spot] == index) & ~canvas.known[spot]


def fill_unneeded(canvas: Canvas, plan: Plan) -> None:
    """Continue the frame's edge into those margins that no layer needs for itself, so that nobody sees black there.

    Before painting it is context for the engine; after it, a layer may borrow from there for the rim of its overlap.
    """
    if not plan.vertical:
        return
    e = canvas.extent
    frame = canvas.frame(canvas.rgb, plan.width, plan.height)
    margins = ((-e.top, e.bottom - plan.height), (-e.left, e.right - plan.width), (0, 0))
    rest = ~canvas.known & ~canvas.hole
    canvas.rgb[rest] = np.pad(frame, margins, mode="edge")[rest]
