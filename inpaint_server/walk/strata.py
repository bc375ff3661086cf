"""Strata that go on: the rows of a landing are bent until its shores, paths and crests meet those before it.

A layer of a landscape is a stack of strata, and a landing that meets the skyline need not meet the shore below it: the
water of one place then ends upright at the land of another. So rows move by different heights, which fade like the
rise of a skyline. Every pixel stays a copy, and rows are left out or shown twice, at most every second one. Shapes are
told by the mean colours of short pieces of rows and followed by dynamic programming from the top down (H. Sakoe and S.
Chiba, 1978). Matching curves that an edge detector finds was the other road (Q. Wu and Y. Yu, Feature Matching and
Deformation for Texture Synthesis, 2004); a shore in mist has an edge nowhere, and a mean all the same.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .heights import FADE_PER_PX

Pixels = NDArray[np.uint8]
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
ROWS = 8  # between two knots of a bend
LIMIT_PX, STEEPEST = 32, 4  # most that rows are moved, and most that two knots differ: half of the rows between them
PIECES = 4  # of the rows of an overlap whose mean colours are compared
UNLIKE = 2.0  # differences, in reference levels, that are half as bad as any
SLOPE, AWAY = 0.05, 0.002  # prices of a px by which two knots differ, and of a px of height at a knot


@dataclass(frozen=True, eq=False)
class Bend:
    """By how many px the rows of a piece are moved up at first, int16 [knots], one for every ROWS rows from the first
    one on, and over how many columns behind the overlap that fades to 0."""

    knots: NDArray[np.int16]
    fade_px: int = 1

    @property
    def straight(self) -> bool:
        """Does nothing move?"""
        return not self.knots.any()

    def rows(self, rows: int) -> F32:
        """The height of every row, float32 [rows]."""
        return np.interp(np.arange(rows), ROWS * np.arange(len(self.knots)), self.knots).astype(np.float32)

    def share(self, columns: I64) -> F32:
        """How much of it is left at `columns` counted from the end of the overlap, 1..0, of the same shape."""
        return (0.5 + 0.5 * np.cos(np.pi * np.clip(columns / self.fade_px, 0, 1))).astype(np.float32)


def knot_count(rows: int) -> int:
    """How many knots a bend of `rows` rows has."""
    return 2 + (rows - 1) // ROWS


def straight(rows: int) -> Bend:
    """A bend that moves nothing."""
    return Bend(np.zeros(knot_count(rows), np.int16))


def meeting(old: F32, new: F32, seen: F32, room: I64, reference: float, shortest_fade: int) -> Bend:
    """The bend with which `new` meets `old`.

    `old` [h, w, 3 or 4] is what there is; `new` [h + 2 * LIMIT_PX, w, 3 or 4] the piece without the bend, with as many
    rows more on either side; `seen` [h] how much of every row is ever seen; `room` [knots] how far each knot may be
    moved, px, at most LIMIT_PX. `reference`: grey levels that cost 1.
    """
    cost = _costs(_means(old), _means(new), seen, np.float32(reference))
    found = _path(cost, room).astype(np.int16)
    return Bend(found, max(shortest_fade, FADE_PER_PX * int(np.abs(found).max())))


@njit(cache=True, nogil=True)
def _means(pixels: F32) -> F32:
    """The mean colours of pieces of rows, [h, PIECES, 3], or of fewer where there are not as many columns."""
    pieces = min(PIECES, pixels.shape[1])
    width = pixels.shape[1] // pieces
    found = np.zeros((pixels.shape[0], pieces, 3), np.float32)
    for y in range(found.shape[0]):
        for p in range(pieces):
            for x in range(p * width, (p + 1) * width):
                for c in range(3):
                    found[y, p, c] += pixels[y, x, c]
            for c in range(3):
                found[y, p, c] /= np.float32(width)
    return found


@njit(cache=True, fastmath=True, nogil=True)
def _costs(old: F32, new: F32, seen: F32, reference: np.float32) -> F32:
    """How badly the rows round every knot fit when they are moved up by -LIMIT_PX..LIMIT_PX, [knots, heights]."""
    rows, pieces, channels = old.shape
    heights = 2 * LIMIT_PX + 1
    knots = 2 + (rows - 1) // ROWS
    found = np.zeros((knots, heights), np.float32)
    scale = np.float32(1 / (3 * reference * reference))
    for y in range(rows):
        if seen[y] <= 0:
            continue
        here = found[(y + ROWS // 2) // ROWS]
        for d in range(heights):
            total = np.float32(0)
            for p in range(pieces):
                apart = np.float32(0)
                for c in range(channels):
                    apart += (old[y, p, c] - new[y + d, p, c]) ** 2
                apart *= scale
                total += apart / (1 + apart / np.float32(UNLIKE * UNLIKE))
            here[d] += seen[y] * total / np.float32(pieces * ROWS)
    return found


@njit(cache=True, nogil=True)
def _path(cost: F32, room: I64) -> I64:
    """The heights of all knots with the least sum of costs, each at most its `room` [knots] up or down."""
    knots, heights = cost.shape
    middle = heights // 2
    total = np.full((knots, heights), np.inf)
    back = np.zeros((knots, heights), np.int64)
    for k in range(knots):
        for d in range(middle - room[k], middle + room[k] + 1):
            best = 0.0 if k == 0 else np.inf
            for e in range(max(0, d - STEEPEST), min(heights, d + STEEPEST + 1)) if k else range(0):
                way = total[k - 1, e] + SLOPE * abs(d - e)
                if way < best:
                    best = way
                    back[k, d] = e
            total[k, d] = best + cost[k, d] + AWAY * abs(d - middle)
    path = np.empty(knots, np.int64)
    path[-1] = np.argmin(total[-1])
    for k in range(knots - 1, 0, -1):
        path[k - 1] = back[k, path[k]]
    return np.asarray(path - middle)
