"""What it costs to jump from one column of an exemplar to another: video textures over picture columns.

Every pair of columns of the exemplar is compared over the overlap that follows them, at a reduced scale, with texture
masked by its own contrast, for every row shift; the cheapest row shift is kept. The comparison of mirrored columns is
the same table read backwards, so one matrix product per row shift serves both orientations. Comparing at full size
with template matching was the other road: a hundred times slower for a ranking that the refinement of the landing
makes exact anyway.

A. Schoedl et al., Video Textures, SIGGRAPH 2000.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .. import paged
from .exemplar import Cells

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Pixels = NDArray[np.uint8]
RGB = NDArray[np.uint8]
CHANNELS = 5  # R, G, B and the two absolute derivatives of the luma
EDGE_WEIGHT = 1.5
ALPHA_WEIGHT = 0.6 * 255  # a difference of 1 in alpha in grey levels
ALPHA_VISIBLE = 0.35  # how visible it is in the strongest texture
OPAQUE_SHARE = 0.8  # how far the mean is one over opaque pixels only; the rest keeps empty layers comparable
SHADE, SHADE_CELLS = 0.5, 2.0  # how visible a difference of light is in any texture, and how wide it must be
SHIFT_PENALTY_PER_PX = 0.015
UNKNOWN = 1e9
LOOKED_AT_PX = 2**22  # more pixels are compared on a smaller copy
LEAST_CELL = 8  # px that a cell of that has at least
LEAST_SHARE = 0.01  # of a table's rows that can be seen: a layer that shows nothing has nothing to fit


@dataclass(frozen=True)
class Transitions:
    """`rms` [N, N] float32: masked rms difference (grey levels) of the overlaps at two states; `shift` [N, N] int16:
    the row shift, in feature rows, at which it is reached. State q * n + i is cell i of orientation q."""

    rms: F32
    shift: NDArray[np.int16]


def features(picture: RGB, cell_width: int, cell_height: int, contrast: float) -> tuple[F32, F32]:
    """Matching features of `picture` (RGB uint8 [h, w, 3], w and h multiples of the cell) per cell.

    Returns the features float32 [h/cell_height, w/cell_width, 5] and the visibility of a difference there, float32
    c^2 / (c^2 + local variance): in strong texture the eye does not see what it sees in a plain sky.
    """
    size = (picture.shape[1] // cell_width, picture.shape[0] // cell_height)
    if picture.shape[0] * picture.shape[1] > LOOKED_AT_PX:
        every = _coarser(cell_width, cell_height)
        cell_width, cell_height = cell_width // every, cell_height // every
        copy = size[0] * cell_width, size[1] * cell_height
        picture = np.asarray(cv2.resize(picture, copy, interpolation=cv2.INTER_AREA), np.uint8)
    colour = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft = cv2.GaussianBlur(luma, (0, 0), 0.7)
    slopes = [np.abs(cv2.Sobel(soft, cv2.CV_32F, dx, dy, scale=0.25)) for dx, dy in ((1, 0), (0, 1))]
    edges = cv2.resize(np.dstack(slopes), size, interpolation=cv2.INTER_AREA)
    sigma = 1.2 * max(cell_width, 2)
    mean = cv2.GaussianBlur(luma, (0, 0), sigma)
    variance = np.maximum(cv2.GaussianBlur(luma * luma, (0, 0), sigma) - mean * mean, 0)
    variance = cv2.resize(variance, size, interpolation=cv2.INTER_AREA)
    shape = (size[1], size[0])
    stacked = np.dstack([colour.reshape(*shape, 3), EDGE_WEIGHT * edges.reshape(*shape, 2)])
    visible = contrast**2 / (contrast**2 + variance.reshape(shape))
    return stacked.astype(np.float32), visible.astype(np.float32)


def _coarser(cell_width: int, cell_height: int) -> int:
    """By how much cells can be made smaller at most, in whole px of their sides."""
    side = math.gcd(cell_width, cell_height)
    return max(k for k in range(1, side + 1) if side % k == 0 and (k == 1 or side // k >= LEAST_CELL))


@dataclass(frozen=True)
class Table:
    """Features per cell: `parts` are (values float32 [rows, n, c], visibility float32 [rows, n]), compared each by
    itself; `share`: of how many cells, in [0, 1], their sum is to be the mean."""

    parts: tuple[tuple[F32, F32], ...]
    share: float = 1.0

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return int(self.parts[0][0].shape[0])

    @property
    def columns(self) -> int:
        """Columns of cells."""
        return int(self.parts[0][0].shape[1])


def tabulate(pixels: Pixels, cells: Cells, contrast: float, weight: F32) -> Table:
    """The features of RGB or RGBA `pixels` uint8 [h, w, 3 or 4]; `weight` [rows of cells]: how much a row counts.

    A matte is one more feature. Colours are premultiplied, so that what cannot be seen is alike. A cut-out is compared
    by light as well: it is taller than a band, and a slab of moonlit water is lost in the mean over its rows.
    """
    if pixels.shape[2] == 3:
        values, visible = features(pixels, cells.width, cells.height, contrast)
        return Table(((values, visible * weight[:, None]),))
    values, visible = features(premultiplied(pixels), cells.width, cells.height, contrast)
    shade = _shade(values, weight)
    size = (values.shape[1], values.shape[0])
    alpha = cv2.resize(pixels[..., 3], size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0])
    share = alpha.astype(np.float32) / 255
    matte = (share * np.float32(ALPHA_WEIGHT)).astype(np.float32)[..., None]
    firm = ALPHA_VISIBLE + (1 - ALPHA_VISIBLE) * visible
    counted = weight[:, None] * (OPAQUE_SHARE * share + 1 - OPAQUE_SHARE)
    weight = weight[:, None].astype(np.float32)
    return Table(((values, visible * weight), (matte, firm * weight), shade), float(counted.mean()))


def _shade(values: F32, weight: F32) -> tuple[F32, F32]:
    """Light and colour round every cell of features, and how visible they are: no texture hides them."""
    soft = np.asarray(cv2.GaussianBlur(values[..., :3].copy(), (0, 0), SHADE_CELLS), np.float32)
    return soft, np.broadcast_to(SHADE * weight[:, None], soft.shape[:2]).astype(np.float32)


def premultiplied(pixels: Pixels) -> RGB:
    """The colours of RGBA `pixels` over black, RGB uint8."""
    out = np.empty((*pixels.shape[:2], 3), np.uint8)
    for rows in paged.strips(len(pixels), pixels[:1].nbytes):
        alpha = cv2.cvtColor(pixels[rows, :, 3], cv2.COLOR_GRAY2RGB)
        out[rows] = cv2.multiply(np.ascontiguousarray(pixels[rows, :, :3]), alpha, scale=1 / 255)
    paged.put_away(pixels)
    return out


def _columns(table: F32, first_row: int, rows: int) -> F32:
    """Rows first_row..+rows of a feature table [rows, n, ...] as one vector per column: [n, rows, ...]."""
    return np.ascontiguousarray(np.moveaxis(table[first_row : first_row + rows], 1, 0))


class ColumnDistance:
    """Mean squared masked difference between all columns of one picture and all columns of another.

    The mask is the mean of both pictures' visibility; expanded, the whole sum is one matrix product.
    """

    def __init__(self, table: F32, visible: F32, first_row: int, rows: int) -> None:
        value, weight = _columns(table, first_row, rows), _columns(visible, first_row, rows)
        self._rows = rows
        self._n = value.shape[0]
        square = np.einsum("nrc,nrc->nr", value, value)
        weighted = -2 * weight[..., None] * value
        self._left = np.concatenate([self._flat(weighted), weight, square, self._flat(-2 * value)], axis=1)
        self._constant = (weight * square).sum(1)

    def _flat(self, a: F32) -> F32:
        return a.reshape(a.shape[0], -1)

    def to(self, table: F32, visible: F32, first_row: int) -> F32:
        """Distances float32 [n, n_other] to the columns of `table`, read from `first_row` on."""
        value, weight = _columns(table, first_row, self._rows), _columns(visible, first_row, self._rows)
        square = np.einsum("nrc,nrc->nr", value, value)
        weighted = self._flat(weight[..., None] * value)
        right = np.concatenate([self._flat(value), square, weight, weighted], axis=1)
        total = self._left @ right.T
        total += self._constant[:, None] + (weight * square).sum(1)[None]
        scale = np.float32(0.5 / (self._rows * CHANNELS))
        return np.asarray(np.maximum(total * scale, 0), np.float32)


@njit(cache=True, fastmath=True, nogil=True)
def accumulate(
    distance: F32,
    orientations: int,
    overlap: int,
    penalty: float,
    shift: int,
    best: F32,
    arg: NDArray[np.int16],
) -> None:
    """Mean of `distance` over `overlap` cells along every diagonal, times `penalty`, kept in `best` where smaller.

    `distance` [n, n] compares unmirrored columns; mirrored ones are the same numbers read from the other end.
    """
    n = distance.shape[0]
    for p in range(orientations):
        for q in range(orientations):
            for offset in range(overlap - n, n - overlap + 1):
                i0 = max(0, -offset)
                j0 = i0 + offset
                total = 0.0
                for k in range(n - max(i0, j0)):
                    i = i0 + k
                    j = j0 + k
                    total += distance[i if p == 0 else n - 1 - i, j if q == 0 else n - 1 - j]
                    if k >= overlap:
                        i -= overlap
                        j -= overlap
                        total -= distance[i if p == 0 else n - 1 - i, j if q == 0 else n - 1 - j]
                    if k >= overlap - 1:
                        row = p * n + i0 + k - overlap + 1
                        column = q * n + j0 + k - overlap + 1
                        cost = total / overlap * penalty
                        if cost < best[row, column]:
                            best[row, column] = cost
                            arg[row, column] = shift


def column_transitions(
    table: Table, first_row: int, rows: int, overlap: int, mirrored: bool, cell_height: int, only: int | None = None
) -> Transitions:
    """Transitions among the columns of one exemplar, over all row shifts that its rows allow, or at one `only`.

    The layer's own rows are first_row..first_row+rows of `table`; `overlap` in cells.
    """
    n = table.columns
    m = 2 if mirrored else 1
    best = np.full((n * m, n * m), UNKNOWN, np.float32)
    arg = np.zeros((n * m, n * m), np.int16)
    parts = [(values - values.mean((0, 1), keepdims=True), visible) for values, visible in table.parts]
    distances = [ColumnDistance(values, visible, first_row, rows) for values, visible in parts]
    shifts = range(-first_row, table.rows - rows - first_row + 1) if only is None else (only,)
    for shift in shifts:
        penalty = (1 + SHIFT_PENALTY_PER_PX * abs(shift) * cell_height) / max(table.share, LEAST_SHARE)
        apart = [d.to(*part, first_row + shift) for d, part in zip(distances, parts, strict=True)]
        total = sum(apart[1:], apart[0])
        accumulate(total, m, overlap, penalty, shift, best, arg)
    return Transitions(np.sqrt(np.maximum(np.nan_to_num(best, nan=UNKNOWN), 0)), arg)


def between(tables: Sequence[Table], overlap: int) -> Transitions:
    """Transitions among the columns of several pictures, one per orientation, that are no mirror images; `overlap`
    in cells. All rows of the tables are the layer's own, so there is no row shift."""
    n, rows = tables[0].columns, tables[0].rows
    m = len(tables)
    rms, shift = np.empty((n * m, n * m), np.float32), np.zeros((n * m, n * m), np.int16)
    means = [values.mean((0, 1), keepdims=True) for values, _ in tables[0].parts]
    parts = [[(v - mean, seen) for (v, seen), mean in zip(t.parts, means, strict=True)] for t in tables]
    share = sum(table.share for table in tables) / m
    for p, q in np.ndindex(m, m):
        pairs = zip(parts[p], parts[q], strict=True)
        apart = [ColumnDistance(*one, 0, rows).to(*other, 0) for one, other in pairs]
        best, arg = np.full((n, n), UNKNOWN, np.float32), np.zeros((n, n), np.int16)
        accumulate(sum(apart[1:], apart[0]), 1, overlap, 1 / share, 0, best, arg)
        rms[p * n : (p + 1) * n, q * n : (q + 1) * n] = np.sqrt(best)
    return Transitions(rms, shift)
