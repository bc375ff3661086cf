"""The source's edge: how a landing goes on there with what the edge cuts through, before it is cut in.

What gives a first landing away is an upright stretch, one colour to the left and another to the right over many rows;
and that a shore or a path ends there. The mean difference of two pieces, by which jumps are priced, knows neither: a
crown that ends upright over a tenth of the picture is a few grey levels of a whole layer, and a shore that is missed
is as much whether or not the landing's rows will be bent to meet it. So every landing is laid against the edge in
cells as it will be moved, its rows bent as far as they may be, and what then still differs is looked at stretch by
stretch. Making every landing in pixels first was the other road, some seconds of work for what cells tell as well.
"""

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .exemplar import Exemplar
from .prices import FOLD_WIDTHS, Skylines, as_seen, source_cells
from .settings import WalkSettings
from .strata import AWAY, ROWS, SLOPE, UNLIKE
from .transitions import premultiplied

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
LIFTED = 1.0  # reference levels of an upright step that the seam's light takes away
CLOSED = 4.0  # reference levels of the step to which a thing's own mirror image behind it comes
FACE, FACING = (
    6.0,
    0.04,
)  # and where the axis lies at the edge, so far to either side, of the width: two halves of a face
SEEN = 60.0  # price of an upright step that every eye finds
AGAIN_RUNS = 4  # so few runs before the edge a landing soon brings the edge again
TALL = 0.1  # of the picture's width: the height of a step that every eye finds
KNOT_CELLS = 2  # rows of cells between two knots of a bend, which then differ by a cell at most


def going_on(exemplar: Exemplar, skylines: Skylines, column: int, settings: WalkSettings, reference: float) -> F32:
    """What the upright steps and the lines of first landings cost over an overlap from px `column` of the source on,
    by the state they land on, float32 [N]; see `laid_against`.

    Just before the edge everything goes on, as far as the edge: what lands there pays for the next landing as well.
    """
    cells, moves = exemplar.cells, skylines.moves(column)
    steps, lines = laid_against(exemplar, column, moves, skylines.feet(moves), int(settings.bend), reference)
    price = as_seen(settings.upright * np.maximum(steps - LIFTED, 0) ** 2, SEEN) + settings.lines * lines
    left = cells.columns - np.arange(len(price)) - 2 * cells.overlap_cells  # behind the next overlap; mirrored: < 0
    later = left >= AGAIN_RUNS * cells.run_cells
    soon = ~later & (np.arange(len(price)) < cells.columns)
    if later.any():
        price[soon] += price[later].min()
    return np.asarray(price, np.float32)


def laid_against(
    exemplar: Exemplar, column: int, moves: I64, low: I64, bend_px: int, reference: float
) -> tuple[F32, F32]:
    """How landings at every state go on where the source ends, float32 [N] each: the worst upright step, in reference
    levels over as many rows as a tenth of the picture's width; and what it costs to meet the lines that cross the edge
    and to miss them, as `strata.meeting` has it, as a mean over as many knots.

    The overlap begins at px `column` of the source; every landing is moved up by `moves` px [N], its rows are bent by
    `bend_px` at most and only under row `low` [N] of the layer. Near its own mirror image a thing is closed without a
    step, but seen to be closed, which is as bad as a step that is plain to see: half a tree is stranger than one that
    is much the same on both sides, and a slope that goes on is better than either. One that is quite the same on both
    sides has a face.
    """
    cells = exemplar.cells
    n, across, step, rows = cells.columns, cells.overlap_cells, cells.height, exemplar.rows
    has_matte = exemplar.pictures[0].shape[2] == 4
    skipped = across // 2 if has_matte else 0  # a new matte begins only where the head ends
    ahead = [_means(picture, exemplar, skipped) for picture in exemplar.pictures]
    means = np.ascontiguousarray(np.concatenate(ahead, axis=1).transpose(1, 0, 2))  # [N, rows, 3]
    own = means[min(column // cells.width, n - across)]
    seen = np.ascontiguousarray((exemplar.seen[: rows * step : step] > 0).astype(np.float32))
    tall = max(1, round(TALL * n * cells.width / step))
    steps, lines = _laid(
        own,
        means,
        np.rint(moves / step).astype(np.int64),
        (low // step).astype(np.int64),
        bend_px // step,
        seen,
        tall,
        reference,
        step,
    )
    turned = np.arange(len(moves)) >= n
    folded = turned & (source_cells(cells, len(exemplar.pictures)) > n - FOLD_WIDTHS * n)
    steps[folded] = np.maximum(steps[folded], CLOSED)
    facing = turned & (source_cells(cells, len(exemplar.pictures)) >= n - FACING * n)
    steps[facing] = np.maximum(steps[facing], FACE)
    return steps, lines


def _means(picture: NDArray[np.uint8], exemplar: Exemplar, skipped: int) -> F32:
    """Mean colours, premultiplied, of the layer's rows of cells over an overlap from every column on without its first
    `skipped` cells, float32 [rows, n, 3]."""
    cells = exemplar.cells
    n, rows = cells.columns, exemplar.rows
    shown = np.ascontiguousarray(picture[exemplar.first_row :][: rows * cells.height])
    shown = premultiplied(shown) if shown.shape[2] == 4 else shown
    small = np.asarray(cv2.resize(shown, (n, rows), interpolation=cv2.INTER_AREA), np.float32).reshape(rows, n, 3)
    small = np.concatenate([small[:, skipped:], np.repeat(small[:, -1:], skipped, axis=1)], axis=1)
    wide = cells.overlap_cells - skipped
    return np.asarray(cv2.blur(small, (wide, 1), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE).reshape(rows, n, 3))


@njit(cache=True, nogil=True)
def _laid(
    own: F32, means: F32, moves: I64, low: I64, reach: int, seen: F32, tall: int, reference: float, step: int
) -> tuple[F32, F32]:
    """`laid_against` in rows of cells: `own` [rows, 3], `means` [N, rows, 3], all heights but `step` in cells."""
    states, rows = means.shape[0], means.shape[1]
    steps, lines = np.zeros(states, np.float32), np.zeros(states, np.float32)
    apart = np.zeros((rows, 3), np.float32)
    for s in range(states):
        cost = _bend_costs(own, means[s], moves[s], reach, seen, reference, step)
        knots = len(cost)
        path, total = _bend(cost, low[s], reach, step)
        lines[s] = total / knots * (tall / KNOT_CELLS)
        for y in range(rows):
            at = min(max(y + moves[s] + path[y // KNOT_CELLS], 0), rows - 1)
            for c in range(3):
                apart[y, c] = (own[y, c] - means[s, at, c]) * seen[y]
        steps[s] = _worst(apart, tall) / reference
    return steps, lines


@njit(cache=True, nogil=True)
def _bend_costs(own: F32, new: F32, moved: int, reach: int, seen: F32, reference: float, step: int) -> F64:
    """How badly the rows of `new` [rows, 3] at every knot fit `own` when they are moved up by -reach..reach more,
    [knots, heights], in the currency of a bend, whose knots lie ROWS px apart."""
    rows = len(own)
    cost = np.zeros((1 + (rows - 1) // KNOT_CELLS, 2 * reach + 1))
    for y in range(rows):
        if seen[y] <= 0:
            continue
        for d in range(2 * reach + 1):
            at = min(max(y + moved + d - reach, 0), rows - 1)
            differ = 0.0
            for c in range(3):
                differ += (own[y, c] - new[at, c]) ** 2
            differ /= 3 * reference * reference
            cost[y // KNOT_CELLS, d] += differ / (1 + differ / (UNLIKE * UNLIKE)) * step / ROWS
    return cost


@njit(cache=True, nogil=True)
def _bend(cost: F64, low: int, reach: int, step: int) -> tuple[I64, float]:
    """The heights of all knots with the least sum of `cost` [knots, heights], each at most half as far from row `low`
    as it lies, int64 [knots], and that sum."""
    knots, heights = cost.shape
    total, back = np.full((knots, heights), np.inf), np.zeros((knots, heights), np.int64)
    for k in range(knots):
        room = min(reach, max(0, (k * KNOT_CELLS - low) // 2))
        for d in range(reach - room, reach + room + 1):
            best = 0.0 if k == 0 else np.inf
            for e in range(max(0, d - 1), min(heights, d + 2)) if k else range(0):
                way = total[k - 1, e] + SLOPE * step * abs(d - e)
                if way < best:
                    best, back[k, d] = way, e
            total[k, d] = best + cost[k, d] + AWAY * step * abs(d - reach)
    path = np.empty(knots, np.int64)
    path[-1] = np.argmin(total[-1])
    for k in range(knots - 1, 0, -1):
        path[k - 1] = back[k, path[k]]
    return path - reach, total[-1].min()


@njit(cache=True, nogil=True)
def _worst(apart: F32, tall: int) -> float:
    """The greatest rms over channels of the sum of `apart` [rows, 3] over any `tall` rows, over `tall`."""
    worst = 0.0
    sums = np.zeros(3)
    for y in range(len(apart)):
        found = 0.0
        for c in range(3):
            sums[c] += apart[y, c]
            if y >= tall:
                sums[c] -= apart[y - tall, c]
            found += sums[c] ** 2
        worst = max(worst, found)
    return float(np.sqrt(worst / 3) / tall)
