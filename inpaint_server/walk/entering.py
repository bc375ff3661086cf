"""Entering a thing: what it costs a landing to begin in the middle of one where the source ends.

A house whose left half is missing is stranger than a house that comes again, and a tree that the picture's edge cuts
off is no reason to cut a temple as well. Yet a landing inside a thing looks cheap: it saves the price of having that
part of it in view twice, and where one tall thing ends at the edge, another one meets it better than a meadow does. So
what stands up from the layer's ground and is cut by the landing costs as much as the cut is tall and plain to see, and
what is missing of it as much as if it were shown. What goes on there as the source ends is not cut, one wall of leaves
for another; nor is what the source's edge cuts, where it is closed by its own mirror image. To tell things by colours
was the other road; what towers is known by its outline, and what lies in a meadow is cut in a few rows.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .edge import SEEN, TALL
from .exemplar import Exemplar
from .heights import TWIG, outline
from .prices import FOLD_WIDTHS, source_cells
from .transitions import premultiplied

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
WIDEST = 0.9  # of the picture: what stands up from the ground and is wider is the ground
STEEP, WALLS = 2.0, 0.5  # px of height per px, and of a side of a thing, that must be so steep
LOW = 0.1  # of the columns
BEHIND = 8  # cells behind a cut that tell what is cut
HIGH = 0.3  # of the height that every eye finds: rows that are looked at together, as texture is
UNSEEN = 0.25  # of a cut that every eye finds: as much of a thing may be missing
FREE = 1.0  # reference levels of a difference that a texture makes


def entering(exemplar: Exemplar, column: int, moves: I64, barred: F64, reference: float) -> F64:
    """What it costs first landings to begin in the middle of a thing, by the state they land on, float64 [N].

    `column` and `moves` [N] as in `Standing.cut`; `barred` [n]: the price of showing each column of the source again.
    """
    standing = Standing(exemplar)
    cut = standing.cut(column, moves, reference)
    missing = standing.missing(barred[source_cells(exemplar.cells, len(exemplar.pictures))])
    return np.asarray(SEEN * np.maximum(cut - UNSEEN, 0) + np.minimum(cut, 1) * missing, np.float64)


class Standing:
    """What stands up from a cut-out's ground, by the state that shows it.

    `top`, `ground` int64 [N]: the first row of the layer that is opaque just before and just behind the place where a
    landing's own matte begins, and the row where the ground begins there; `first` [N]: the state where the thing does
    that stands there, or that place itself where none does.
    """

    def __init__(self, exemplar: Exemplar) -> None:
        cells = exemplar.cells
        n, self._across = cells.columns, cells.overlap_cells
        self._exemplar = exemplar
        self._tall = max(1.0, TALL * n * cells.width / cells.height)
        tops, grounds, firsts = [], [], []
        at = np.minimum(np.arange(n) + self._across, n - 1)
        for number, line in enumerate(self._each(self._skyline)):
            ground = ground_line(line)
            stands = upright(line, ground, cells.width)
            ground = np.where(stands, ground, line)
            begins = np.maximum.accumulate(np.where(stands, 0, np.arange(n) + 1))
            tops.append(np.maximum(line[np.maximum(at - 1, 0)], line[at]))
            grounds.append(ground[at])
            firsts.append(number * n + np.minimum(begins, np.arange(n))[at])
        self.top, self.ground = np.concatenate(tops), np.concatenate(grounds)
        self.first = np.concatenate(firsts).astype(np.int64)
        near = np.tile(at < FOLD_WIDTHS * n, len(exemplar.pictures))
        self._closed = near & (self.first == n) & (np.arange(len(self.first)) >= n)

    def cut(self, column: int, moves: I64, reference: float) -> F32:
        """How tall and plain to see is the cut through what stands where a landing begins, float32 [N]: reference
        levels over as many rows as a tenth of the picture's width, beyond those that a texture makes.

        The source ends at the end of an overlap from px `column` on, and every landing is moved up by `moves` px [N].
        """
        exemplar, cells = self._exemplar, self._exemplar.cells
        n = cells.columns
        looks = self._each(self._columns)
        end = min(column // cells.width + self._across, n)
        own = looks[0][end - BEHIND : end].mean(0)
        at = np.minimum(np.arange(n)[:, None] + self._across + np.arange(BEHIND), n - 1)
        behind = np.concatenate([look[at].mean(1) for look in looks])
        seen = np.ascontiguousarray(exemplar.seen[: len(own) * cells.height : cells.height] > 0)
        top, ground, moved = (np.rint(a / cells.height).astype(np.int64) for a in (self.top, self.ground, moves))
        cut = _cut(own, behind, seen, top, ground, moved, reference)
        return np.asarray(np.where(self._closed, 0, cut / self._tall), np.float32)

    def missing(self, price: F64) -> F64:
        """The sum [N] of `price` [N] over the columns of a thing that a landing leaves out."""
        n = len(price) // len(self._exemplar.pictures)
        paid = np.concatenate([[0.0], np.cumsum(price)])
        state = np.arange(len(price))
        return np.asarray(paid[state - state % n + np.minimum(state % n + self._across, n - 1)] - paid[self.first])

    def _each(self, made: Callable[[NDArray[np.uint8]], NDArray[Any]]) -> list[NDArray[Any]]:
        """What is made of the cells of the layer, [n, ...], for every orientation."""
        exemplar = self._exemplar
        rows = slice(exemplar.first_row, exemplar.first_row + exemplar.height)
        first = made(exemplar.pictures[0][rows])
        if len(exemplar.pictures) == 1:
            return [first]
        return [first, first[::-1] if exemplar.second is None else made(exemplar.pictures[1][rows])]

    def _skyline(self, layer: NDArray[np.uint8]) -> F64:
        """The mean skyline of every cell of the layer, without twigs, px [n]."""
        cells = self._exemplar.cells
        return np.asarray(outline(layer[..., 3]).reshape(cells.columns, cells.width).mean(1), np.float64)

    def _columns(self, layer: NDArray[np.uint8]) -> F32:
        """Mean colours of the layer's cells, premultiplied, float32 [n, rows, 3]."""
        exemplar = self._exemplar
        shown = np.ascontiguousarray(layer[: exemplar.rows * exemplar.cells.height])
        size = exemplar.cells.columns, exemplar.rows
        means = cv2.resize(premultiplied(shown), size, interpolation=cv2.INTER_AREA).astype(np.float32)
        small = cv2.blur(means, (1, max(1, round(HIGH * self._tall))), borderType=cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(small.reshape(exemplar.rows, exemplar.cells.columns, 3).transpose(1, 0, 2))


def ground_line(line: F64) -> F64:
    """The row where the ground begins in every column under a skyline [n]: its closing, and no higher than where a part
    of LOW of it is seen; what fills the picture leaves little of its ground."""
    size = max(3, round(WIDEST * len(line)) | 1)
    flat = line.astype(np.float32)[None]
    closed = cv2.morphologyEx(flat, cv2.MORPH_CLOSE, np.ones((1, size), np.uint8))
    return np.maximum(np.asarray(closed[0], np.float64), np.quantile(line, 1 - LOW))


def upright(line: F64, ground: F64, cell_width: int) -> NDArray[np.bool_]:
    """In which columns, of cells, of a skyline [n] something stands that rises from the `ground` [n] as walls and
    crowns do, and not as a mountain does."""
    stands = ground - line > TWIG
    ends = np.flatnonzero(np.diff(np.concatenate([[False], stands, [False]])))
    for begin, end in ends.reshape(-1, 2):
        top = begin + int(line[begin:end].argmin())
        sides = [line[begin - 1 : top + 1]] if begin else []
        sides += [line[top : end + 1]] if end < len(line) else []
        rises = [np.abs(np.diff(side)) for side in sides]
        walls = [rise[rise >= STEEP * cell_width].sum() >= WALLS * rise.sum() for rise in rises]
        stands[begin:end] = bool(walls) and all(walls)
    return stands


@njit(cache=True, nogil=True)
def _cut(own: F32, behind: F32, seen: NDArray[np.bool_], top: I64, ground: I64, moves: I64, reference: float) -> F32:
    """`Standing.cut` in rows of cells, summed up: `own` [rows, 3], `behind` [N, rows, 3], `seen` [rows]."""
    found = np.zeros(len(behind), np.float32)
    rows = len(own)
    for s in range(len(behind)):
        for y in range(max(0, top[s]), min(rows, ground[s])):
            at = y - moves[s]
            if at < 0 or at >= rows or not seen[at]:
                continue
            apart = 0.0
            for c in range(3):
                apart += (own[at, c] - behind[s, y, c]) ** 2
            found[s] += max(0.0, np.sqrt(apart / 3) / reference - FREE)
    return found
