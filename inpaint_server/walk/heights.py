"""Skylines that go on: a landing is moved up or down until its skyline meets the one before, and settles afterwards.

What is seen first at a landing of a cut-out is a step in its skyline. A layer may be moved for good by a few rows only,
because nothing may open at its foot; so the rest of the step is a height that fades to nothing over the columns that
follow, like the colour offset of a seam. Every column moves by whole pixels and stays a copy: verticals stay vertical,
a horizontal leans by one px in six at most. Rows that are missing at the foot are reflected. Looking for
landings without a step was the other road; a meadow that falls from one edge of the picture to the other has none.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import median_filter

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
LIMIT_PX = 192  # no landing is moved farther
FADE_PER_PX = 10  # columns over which a px of height fades at least
STEEPEST = 4  # columns that a px takes at least, on average
HALF_PX = 12.0  # a difference of skylines that is half as bad as any
TWIG = 11  # px
STICKS_OUT_PX, EVEN_PX = 32, 8  # so far from where a line leads its last columns are none of it, if it is so even
TILT = 0.002  # price of a px of height that has to fade, where a difference of skylines costs at most 1
FREE_PX = 2.0  # a step that nobody sees
STEP_PX = 20.0  # px of a step, or of a kink over an overlap, that cost 1
FACE = 2.0  # how much more a px of a step costs for which there is no room to fade
REACH_FADES = 7  # lengths of a fade that are tried, from four times the shortest one down


@dataclass(frozen=True)
class Rise:
    """By how many px a piece is moved up at first, and over how many columns behind the overlap that fades to 0."""

    px: int = 0
    fade_px: int = 1

    def at(self, columns: I64) -> I64:
        """The height at `columns` counted from the end of the overlap, whole px, int64 of the same shape."""
        if not self.px:
            return np.zeros(columns.shape, np.int64)
        return np.rint(self.px * (0.5 + 0.5 * np.cos(np.pi * np.clip(columns / self.fade_px, 0, 1)))).astype(np.int64)


def skyline(alpha: NDArray[np.uint8] | F32) -> I64:
    """The first opaque row of every column of `alpha` [h, w], int64 [w]; h where there is none."""
    opaque = alpha > 127
    return np.asarray(np.where(opaque.any(axis=0), opaque.argmax(axis=0), alpha.shape[0]), np.int64)


def outline(alpha: NDArray[np.uint8] | F32) -> I64:
    """Like `skyline`, but of what is at least TWIG px high and wide: what hovers over it or sticks out is no skyline.

    Nearer to the ends than half of TWIG it is that of the last columns.
    """
    return without_twigs(high_enough(alpha))


def high_enough(alpha: NDArray[np.uint8] | F32) -> I64:
    """The first row of every column of `alpha` [h, w] under which it is opaque for TWIG px, int64 [w]; h if none."""
    solid = cv2.erode((alpha > 127).astype(np.uint8), np.ones((TWIG, 1), np.uint8), anchor=(0, 0))
    return skyline(solid * np.uint8(255))


def without_twigs(line: I64) -> I64:
    """A line [w] without what is narrower than TWIG px: the medians over as many columns."""
    if len(line) < TWIG:
        return line
    half = TWIG // 2
    return np.pad(median_filter(line, TWIG)[half:-half], half, mode="edge")


def goes_on_at(line: I64) -> int:
    """The height at which a skyline, an outline [w], goes on behind its last column.

    A bush whose twigs are cut by the picture's edge stands before the ridge, which goes on at its own height: where the
    last columns are far from where most of an even line leads (H. Theil, 1950; P. Sen, 1968), they do not count.
    """
    half = len(line) // 2
    if half < TWIG:
        return int(line[-1])
    at = np.arange(1 - len(line), 1)
    slope = np.median(line[-half:] - line[:half]) / (len(line) - half)
    leads = float(np.median(line - slope * at))
    is_even = np.median(np.abs(line - slope * at - leads)) <= EVEN_PX
    return round(leads) if is_even and abs(leads - line[-1]) > STICKS_OUT_PX else int(line[-1])


def foot(alpha: NDArray[np.uint8]) -> I64:
    """The row from which on every column of `alpha` [h, w] is opaque, int64 [w]; h where its last row is not."""
    clear = alpha < 255
    return np.where(clear.any(axis=0), alpha.shape[0] - clear[::-1].argmax(axis=0), 0).astype(np.int64)


@njit(cache=True)
def raised(picture: Pixels, top: int, rows: int, column: int, heights: I64, bend: F32, share: F32, low: I64) -> F32:
    """Columns `column`.. of `picture`, rows top..top + rows moved up by `heights` [w], float32 [rows, w, channels].

    Rows move up by their `bend` [rows] times `share` [w] as well, but not above row `low` [w] of the picture, and just
    below it only half as far as they are away. Rows beyond the picture are reflected, but nothing stands over a column
    whose first row is clear.
    """
    last = picture.shape[0] - 1
    found = np.empty((rows, len(heights), picture.shape[2]), np.float32)
    for x in range(len(heights)):
        clear = picture.shape[2] == 4 and picture[0, column + x, 3] < 128
        for y in range(rows):
            row = top + y + heights[x]
            if share[x] > 0 and row > low[x]:
                room = np.float32(0.5) * (row - low[x])
                row += int(np.rint(min(max(bend[y] * share[x], -room), room)))
            if row < 0:
                row = 0 if clear else -row
            if row > last:
                row = 2 * last - row
            row = min(max(row, 0), last)
            for c in range(picture.shape[2]):
                found[y, x, c] = picture[row, column + x, c]
    return found


@njit(cache=True, nogil=True)
def _mismatch(old: F64, new: F64, weight: F64, low: int, high: int) -> F64:
    """How badly `new` moved up by low..high fits `old` [w], at every place of `old` in `new`: [places, heights]."""
    places = len(new) - len(old) + 1
    found = np.zeros((places, high - low + 1))
    for place in range(places):
        here = found[place]
        for x in range(len(old)):
            step = new[place + x] - low - old[x]
            # heights innermost and in floats, so that several are divided at once
            for k in range(len(here)):
                apart = abs(step - k)
                here[k] += weight[x] * apart / (apart + HALF_PX)
    return found


def meeting(old: I64, new: I64, weight: F64, rows: tuple[int, int], limit: int) -> int:
    """By how many px the skyline `new` [w + more] has to be moved up to meet `old` [w], best over all its places.

    `weight` [w] of the columns, sum 1. Rows within rows[0]..rows[1] are free, others cost TILT, up to `limit` more.
    """
    low, high = rows[0] - limit, rows[1] + limit
    d = np.arange(low, high + 1)
    tilt = np.abs(d - np.clip(d, *rows))
    cost = _mismatch(old.astype(np.float64), new.astype(np.float64), weight, low, high) + TILT * tilt + 1e-6 * np.abs(d)
    return low + int(np.argmin(cost.min(axis=0)))


FLAT = Rise()


@dataclass(frozen=True)
class Room:
    """By how many px each column from an overlap's first one on may move up and down, int64 [n]."""

    up: I64
    down: I64

    def share(self, px: int, profile: F64) -> float:
        """How much of a rise of `px` with `profile` [n] (1 falling to 0) there is room for, 0..1."""
        there = self.up if px > 0 else self.down
        wanted = abs(px) * profile
        return float(np.min(np.where(wanted >= 0.5, np.maximum(there, 0) / np.maximum(wanted, 0.5), 1.0), initial=1.0))


def fading(px: int, room: Room, overlap: int, shortest: int, columns: int | None = None) -> Rise:
    """The rise of a piece that should begin with `px`, faded after `columns` at most.

    Where there is no room for it, it fades faster, and as a last resort it is smaller and leaves a step.
    """
    fade = max(shortest, FADE_PER_PX * abs(px))
    if columns is not None:
        fade = min(fade, columns)
        px = int(np.clip(px, -(fade // STEEPEST), fade // STEEPEST))
    best, share = Rise(), 0.0
    at = np.arange(len(room.up)) - overlap
    while px and share < 1 and fade >= STEEPEST * abs(px):
        profile = 0.5 + 0.5 * np.cos(np.pi * np.clip(at / fade, 0, 1))
        found = min(1.0, room.share(px, profile))
        if found > share:
            best, share = Rise(int(px * found), max(1, fade)), found
        fade = fade * 3 // 4
    return best


@njit(cache=True)
def reach(room: F64, overlap: int, cell_width: int) -> F64:
    """How far each cell's columns may be moved one way when a landing's overlap begins there, px, float64 [n].

    `room` [n]: how far each cell may move that way by itself. What `fading` will find, in cells.
    """
    n = len(room)
    found = np.zeros(n)
    shortest = 2 * overlap * cell_width
    for start in range(n):
        fade = 4 * shortest
        for _ in range(REACH_FADES):
            most = min(float(LIMIT_PX), fade / STEEPEST)
            for k in range(start, min(n, start + overlap + fade // cell_width)):
                t = max(0, (k - start - overlap + 1) * cell_width) / fade
                profile = 0.5 + 0.5 * np.cos(np.pi * min(t, 1.0))
                if most * profile > room[k]:
                    most = room[k] / profile
            found[start] = max(found[start], most)
            fade = fade * 3 // 4
    return found


def step_prices(skylines: list[F64], overlap: int, rows: tuple[int, int], up: F64 | float, down: F64 | float) -> F32:
    """What the step and the kink of the skyline cost at a jump between any two cells, float32 [N, N].

    `skylines`: for each orientation the mean first opaque row of every cell, px [n]; N = n times their number.
    `rows`: how far a landing may be moved up for nothing, px from..to. `up`, `down` [N]: how far there is room to move
    each landing beyond that for a while; what remains of a step stands there as a vertical face.
    """
    means, slopes = [], []
    for line in skylines:
        sums = np.concatenate([[0], np.cumsum(np.pad(line, (0, overlap), mode="edge"))])
        n, half = len(line), max(1, overlap // 2)
        at = np.arange(n)
        means.append((sums[at + overlap] - sums[at]) / overlap)
        second, first = sums[at + overlap] - sums[at + overlap - half], sums[at + half] - sums[at]
        slopes.append(2 * (second - first) / half)
    mean, slope = np.concatenate(means), np.concatenate(slopes)
    apart = mean[None] - mean[:, None]
    step = np.maximum(np.abs(apart - np.clip(apart, *rows)) - FREE_PX, 0)
    face = np.maximum(np.abs(apart - np.clip(apart, rows[0] - down, rows[1] + up)) - FREE_PX, 0)
    kink = np.maximum(np.abs(slope[None] - slope[:, None]) - FREE_PX, 0)
    return np.asarray((step + FACE * face + 0.5 * kink) / STEP_PX, np.float32)
