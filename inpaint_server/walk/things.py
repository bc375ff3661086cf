"""Things: what stands out in a layer, however small, and what it costs to have it in view twice.

A boat on a lake is recognised when it comes again, and a mean over all rows of its columns does not see it. So squares
of the layer are looked at, and a thing that was within a frame's width of here is barred, rather than a little dearer:
a price that falls with the distance lets it return as soon as all around it is older. Squares are counted, column by
column, because in a tall layer something stands out in every column, and a rocket is more of it than a flower. Telling
things by their outlines was the other road; a layer's things have none without weights.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .exemplar import Cells, Exemplar
from .transitions import premultiplied

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
CELLS_PER_MEAN, SQUARE, STRIDE = 2, 4, 2  # of a small thing: cells of a mean, means across a square and between two
USUAL = 1.5  # times the usual distance to the nearest square, from which a square counts as a thing of its own
NEAR_WIDTHS = 0.15  # of the picture: what is alike and so near belongs together, two boats side by side
CHUNK = 512  # squares that are compared at once
SMALLEST = SQUARE * CELLS_PER_MEAN  # cells that a small thing is wide, at least
WHOLE, MOST = 1.0, 0.9  # strange squares above each other that are a thing; or as many as this part of a layer has
ONCE = 0.6  # share of its price at which what the source's edge cuts is shown for the second time
GAP = 2 * SMALLEST  # cells, at most, between two parts of a thing
LIKE, BUSY = 0.5, 1.5  # squares that differ by less, in reference levels, are alike; most that counts as usual
OUT_OF_VIEW, OUT_OF_SIGHT = 1.25, 0.15  # picture widths apart: nothing is in view twice; and the last that may be


class Things:
    """Prices of the things of a layer `width` px wide; `cost` [n]: of showing a column of a thing that is in view."""

    def __init__(self, salient: F64, price: float, cells: Cells, width: int, source_cell: NDArray[np.int64]) -> None:
        """`salient` [n], 0..1; `price` of a whole thing; `source_cell` [N]: the column that each state shows."""
        self.cost = price / SMALLEST * salient
        self.any = bool(self.cost.any())
        self._cells, self._width, self._source_cell = cells, width, source_cell
        self._cut = cut_by_the_edge(self.cost > 0)

    def in_view(self, apart: NDArray[np.int64]) -> F64:
        """The price [..., n] of showing what stands out in each source column twice, `apart` px from each other."""
        return np.asarray(self.cost * np.clip((OUT_OF_VIEW - apart / self._width) / OUT_OF_SIGHT, 0, 1))

    def barred(self, position: int, seen: NDArray[np.int64]) -> F64:
        """`in_view` [n] at plate `position` of what was last `seen` at plate columns [n].

        What the source's right edge cuts is cheaper once, so that its mirror image may end it: half a tree is stranger
        than one that is much the same on both sides. For nothing, it would be mirrored whole.
        """
        once = self._cut & (seen < self._width)
        return np.asarray(self.in_view(position - seen) * np.where(once, ONCE, 1))

    def left(self, apart: NDArray[np.int64]) -> F64:
        """The price [N] of jumping from each state: what is left is seen for an overlap more."""
        return self.ahead(self.in_view(apart), self._cells.overlap_cells)

    def ahead(self, price: F64, cells: int) -> F64:
        """The sum [N] over `cells` cells from each state on of what showing a source column costs, `price` [n]."""
        paid = np.concatenate([[0.0], np.cumsum(price[self._source_cell])])
        state = np.arange(len(self._source_cell))
        return np.asarray(paid[np.minimum(state + cells, len(state))] - paid[state])


def cut_by_the_edge(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which columns belong to the thing that the right edge cuts, of those that show things, [n]: small gaps are its
    own."""
    columns = np.flatnonzero(shown)
    ends = np.append(columns[1:], len(shown))
    apart = np.flatnonzero(ends - columns > GAP)
    first = columns[apart[-1]] + 1 if apart.size else 0
    return np.asarray(shown & (np.arange(len(shown)) >= first), np.bool_)


def salience(exemplar: Exemplar, reference: float) -> F64:
    """How much every column shows of what the layer has nowhere else, 0..1, float64 [columns]: more than the median.

    Squares of the layer are compared with all squares that are not near them (O. Boiman and M. Irani, Detecting
    Irregularities, 2007), as far as they are opaque. A mean over all rows, as `distinction` has it, does not see a boat
    on a lake. A layer that is full of things has none that stands out.
    """
    cells, layer = exemplar.cells, exemplar.pictures[0][exemplar.first_row :][: exemplar.height]
    side = CELLS_PER_MEAN * cells.width
    across, down = layer.shape[1] // side, layer.shape[0] // side
    found = np.zeros(cells.columns)
    if across < 4 * SQUARE or down < SQUARE:
        return found
    opaque = layer[..., 3] if layer.shape[2] == 4 else np.full(layer.shape[:2], 255, np.uint8)
    shown = np.dstack([premultiplied(layer) if layer.shape[2] == 4 else layer, opaque])
    small = cv2.resize(shown, (across, down), interpolation=cv2.INTER_AREA).astype(np.float32)
    small[cv2.resize(exemplar.seen.reshape(-1, 1), (1, down), interpolation=cv2.INTER_AREA).ravel() == 0] = 0
    windows = np.lib.stride_tricks.sliding_window_view(small, (SQUARE, SQUARE), axis=(0, 1))[::STRIDE, ::STRIDE]
    rows, columns = windows.shape[:2]
    flat = np.ascontiguousarray(windows.transpose(0, 1, 3, 4, 2)).reshape(rows * columns, SQUARE * SQUARE, 4)
    apart = int(NEAR_WIDTHS * across) // STRIDE
    nearest = _nearest(flat[..., :3], flat[..., 3] / np.float32(255), np.tile(np.arange(columns), rows), apart)
    if not nearest.any():
        return found
    usual = float(np.clip(np.median(nearest[nearest > 0]), LIKE * reference, BUSY * reference))
    strange = np.clip(nearest.reshape(rows, columns) / usual - USUAL, 0, 1).sum(axis=0)
    more = np.maximum(strange - np.median(strange), 0)
    for i, value in enumerate(more / max(WHOLE, float(np.quantile(more, MOST)))):
        at = slice(i * STRIDE * CELLS_PER_MEAN, i * STRIDE * CELLS_PER_MEAN + SMALLEST)
        found[at] = np.maximum(found[at], min(value, 1))
    return found


def _nearest(squares: F32, opaque: F32, column: NDArray[np.int64], apart: int) -> F32:
    """The rms distance of each of `squares` [k, d, 3], where it is `opaque` [k, d], to the nearest one that is at least
    `apart` columns away, [k]; 0 for one that is mostly clear."""
    weight = np.repeat(opaque, 3, axis=1).astype(np.float32)
    value = squares.reshape(len(squares), -1)
    weighed, total = weight * value, weight.sum(axis=1)
    own, square = (weighed * value).sum(axis=1), value * value
    found = np.zeros(len(squares), np.float32)
    there = np.flatnonzero(total > weight.shape[1] / 2)
    for part in np.split(there, range(CHUNK, len(there), CHUNK)):
        distance = own[part, None] + weight[part] @ square[there].T - 2 * weighed[part] @ value[there].T
        distance[np.abs(column[part, None] - column[None, there]) < apart] = np.inf
        least = distance.min(axis=1, initial=np.inf)
        found[part] = np.where(np.isfinite(least), np.sqrt(np.maximum(least, 0) / total[part]), 0)
    return found
