"""What the columns of an exemplar and the jumps between them cost, as far as that never changes while a walk goes on.

All of it is derived once from the picture and the settings, in one currency: 1 is a jump whose overlap differs by the
reference. A state is a cell column of one orientation, number q * n + i for cell i of orientation q. What changes with
the walk, how recently a column was shown, is added in `column_walk`. Learning the prices from pictures that look good
was the other road; there are twelve of them, and a price that can be explained can be mended.
"""

import math

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .exemplar import Cells, Exemplar
from .ground import Ground
from .heights import foot, goes_on_at, outline, reach, skyline, step_prices
from .planning import FORBIDDEN
from .settings import WalkSettings
from .transitions import UNKNOWN, Transitions, premultiplied

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
FOLD_WIDTHS = 0.22  # of the picture: so near to its own mirror image a thing is seen to be one
STEP, STEP_PX = 40.0, 30.0  # price of a high step of the skyline at the source's edge, and the px that cost half of it
TILTED = 0.2  # how much a px counts there by which a landing is moved to avoid the step
PLAIN_TO_SEE, POOR = 1.5, 12.0  # price of a match from which a join is plain to see, and of one as bad as any
LIKE = 0.5  # columns that differ by less, in reference levels, are alike


def source_cells(cells: Cells, orientations: int) -> NDArray[np.int64]:
    """The source's cell that every state shows, int64 [orientations * n]."""
    column = np.arange(cells.columns)
    return np.concatenate([column, cells.columns - 1 - column])[: orientations * cells.columns]


def border_mismatch(ground: Ground, exemplar: Exemplar) -> F64:
    """How badly each cell column's border rows fit what may stand across the border, grey levels [columns].

    0 for a cut-out: it has no rows that end, only a skyline, and any sky may stand behind that.
    """
    cells, source, top, height = exemplar.cells, ground.picture, ground.top, ground.height
    cost = np.zeros(cells.columns)
    if ground.has_matte:
        return cost
    sigma = max(cells.width / 2, 0.5)
    around = math.ceil(4 * sigma) + 1  # rows that have a share in a blurred one, and one to spare
    for row, other in ((top, top - 1), (top + height - 1, top + height)):
        if 0 <= other < source.shape[0]:
            first = max(0, min(row, other) - around)
            slab = cv2.GaussianBlur(source[first : max(row, other) + around + 1], (0, 0), sigma)[:, exemplar.left :]
            soft = slab[[row - first, other - first]].astype(np.float32)
            own, across = (line.reshape(cells.columns, cells.width, 3).mean(1) for line in soft)
            cost += np.sqrt(((own[:, None] - across[None]) ** 2).mean(2)).mean(1)
    return np.asarray(cost - cost.min(), np.float64)


def structure(exemplar: Exemplar, reference: float) -> F64:
    """How much there is to recognise in a mirror round every cell column of the layer, 0..1, float64 [columns]: the
    rms difference of columns an overlap apart, colours premultiplied, over `reference` grey levels."""
    cells = exemplar.cells
    layer = exemplar.pictures[0][exemplar.first_row :][: exemplar.height]
    shown = premultiplied(layer) if layer.shape[2] == 4 else np.asarray(layer, np.uint8)
    seen = max(1e-6, float(exemplar.seen.sum()))
    narrow = cv2.resize(shown, (cells.columns, layer.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
    wide = cv2.blur(narrow, (max(1, cells.overlap_cells // 2), 1)).reshape(layer.shape[0], cells.columns, 3)
    reach = max(1, min(cells.overlap_cells, cells.columns - 1))
    difference = ((wide[:, reach:] - wide[:, :-reach]) ** 2).mean(2)
    rms = np.sqrt((difference * exemplar.seen[:, None]).sum(0) / seen) / reference
    around = np.pad(rms, (reach // 2, reach - reach // 2), mode="edge")
    return np.clip(around - LIKE, 0, 1).astype(np.float64)


def distinction(transitions: Transitions, cells: Cells, reference: float) -> F64:
    """How much every column differs from whatever else there is in the layer, 0..1, float64 [columns].

    What differs from all else is recognised when it comes again; grass is not.
    """
    n, run, overlap = cells.columns, cells.run_cells, cells.overlap_cells
    rms = np.where(np.abs(np.subtract.outer(range(n), range(n))) < run, UNKNOWN, transitions.rms[:n, :n])
    nearest = rms[: n - overlap + 1].min(axis=1) / reference
    over = np.convolve(np.pad(nearest, overlap - 1, mode="edge"), np.full(overlap, 1 / overlap), "valid")
    usual = max(float(np.median(over)), LIKE)
    return np.asarray(np.clip(over - LIKE, 0, 1) * np.clip(over / usual - 0.5, 0, 1), np.float64)


def join_prices(match: F32, poor: float) -> F32:
    """What joins cost whose overlaps differ by `match` (1: by the reference), float32 of the same shape.

    What texture hides costs what it differs, what is plain to see `poor` times as much more, up to what is as bad as
    any: what is taken for a still worse join, a mirrored face, is no better.
    """
    return np.asarray(match + poor * (np.clip(match, PLAIN_TO_SEE, POOR) - PLAIN_TO_SEE), np.float32)


def as_seen(price: F32, seen: float) -> F32:
    """Prices that grow as the square of a difference, and beyond `seen`, where every eye finds it, as the
    difference."""
    return np.asarray(np.where(price < seen, price, 2 * np.sqrt(seen * price) - seen), np.float32)


def jump_prices(
    transitions: Transitions, exemplar: Exemplar, settings: WalkSettings, reference: float, skyline: F32 | float
) -> F32:
    """The price of jumping from any state to any other, float32 [N, N]; FORBIDDEN where there is no room.

    `skyline` [N, N]: what the steps cost that the skyline would make.
    """
    cells = exemplar.cells
    overlap, run = cells.overlap_cells, cells.run_cells
    place = source_cells(cells, len(exemplar.pictures))
    mirrored = np.arange(len(place)) >= cells.columns
    price = join_prices((transitions.rms / reference) ** 2, settings.poor) + settings.jump
    price += settings.skyline * skyline
    price += settings.mirror_jump * (~mirrored[:, None] & mirrored[None])
    turned = mirrored[:, None] != mirrored[None]
    ahead = np.where(mirrored, overlap, -overlap)
    fold = np.abs(place[None] - place[:, None] + ahead[:, None])
    reach = max(2.0 * run, FOLD_WIDTHS * cells.columns)
    price += np.where(turned, settings.fold * np.clip(2 * (1 - fold / reach), 0, 1), 0)
    near = np.abs(place[None] - place[:, None]) < run
    last = np.arange(len(place)) % cells.columns > cells.columns - overlap
    price[(near & ~turned) | last[:, None] | last[None]] = FORBIDDEN
    return np.ascontiguousarray(price, dtype=np.float32)


@njit(cache=True, nogil=True)
def summed(price: F32, noise: F32, first: int, second: int, landing: F32) -> F32:
    """`price` [N, N], plus `noise` [N, N] from row `first` and column `second` on and round, plus `landing` [N]."""
    n = len(price)
    found = np.empty_like(price)
    for i in range(n):
        row = noise[(i + first) % n]
        for j in range(n - second):
            found[i, j] = price[i, j] + row[j + second] + landing[j]
        for j in range(n - second, n):
            found[i, j] = price[i, j] + row[j + second - n] + landing[j]
    return found


class Noise:
    """Exponential noise of jumps, `amount` in the mean: drawn once, and for every jump begun at a place of its own.

    Drawing all of it anew takes as long as a third of the planning of a jump.
    """

    def __init__(self, seed: tuple[int, ...], amount: float) -> None:
        self._seed, self._amount = seed, np.float32(amount)
        self._drawn: F32 | None = None

    def on(self, price: F32, landing: F32, number: int) -> F32:
        """`price` [N, N], and what `landing` [N] costs beside, with the noise of the jump of that number."""
        n = len(price)
        if self._drawn is None:
            drawn = np.random.default_rng((*self._seed, 1 << 20)).standard_exponential((n, n), dtype=np.float32)
            self._drawn = self._amount * drawn
        i, j = np.random.default_rng((*self._seed, number)).integers(n, size=2)
        return summed(price, self._drawn, int(i), int(j), landing)


class Skylines:
    """The skyline of a cut-out under every state, and how far it can be moved there."""

    def __init__(self, exemplar: Exemplar) -> None:
        self._cells, self._first_row = exemplar.cells, exemplar.first_row
        self._spare = exemplar.pictures[0].shape[0] - exemplar.first_row - exemplar.height
        mattes = [picture[..., 3] for picture in exemplar.pictures]
        self._outlines, self._feet = [outline(matte) for matte in mattes], [foot(matte) for matte in mattes]
        self._room = [self._rooms(matte) for matte in mattes]

    def _rooms(self, matte: NDArray[np.uint8]) -> tuple[F64, F64]:
        """How far the columns of every cell may move up and down, px [n] each; see `Fitting.rise`."""
        top, low, rows = skyline(matte), foot(matte), matte.shape[0]
        solid = np.where(low < rows, rows - 1 - low, rows)
        up, down = np.minimum(top - self._first_row, solid), low.max() - low
        least = (np.maximum(0, r).reshape(self._cells.columns, self._cells.width).min(1) for r in (up, down))
        found = [np.asarray(r, np.float64) for r in least]
        return found[0], found[1]

    def _reach(self, in_head: bool) -> tuple[F64, F64]:
        """How far a landing's skyline may be moved up and down, px [N] each; in the head the overlap itself, where
        the source's own matte is kept, does not count."""
        across = self._cells.overlap_cells
        found = []
        for way in (0, 1):
            rooms = [room[way] for room in self._room]
            if in_head:  # as if the landing began where the head ends
                rooms = [np.concatenate([room[across:], np.full(across, room[-1])]) for room in rooms]
            found.append(np.concatenate([reach(r, 0 if in_head else across, self._cells.width) for r in rooms]))
        return found[0], found[1]

    def jumps(self) -> F32:
        """What the steps cost that the skyline would make at jumps, float32 [N, N]."""
        cells = self._cells
        lines = [line.reshape(cells.columns, cells.width).mean(1) for line in self._outlines]
        return step_prices(lines, cells.overlap_cells, (-self._first_row, self._spare), *self._reach(False))

    def moves(self, column: int) -> I64:
        """By how many px each first landing is moved up so that its skyline goes on, int64 [N]; see
        `first_landings`."""
        return np.asarray(np.rint(self._met(column)[1]), np.int64)

    def feet(self, moves: I64) -> I64:
        """The row of the layer from which on it is opaque under every state's overlap, moved up by `moves` [N], px."""
        cells = self._cells
        n, half = cells.columns, cells.overlap_cells // 2
        at = np.minimum(np.arange(n)[:, None] + half + np.arange(cells.overlap_cells - half), n - 1)
        low = [np.median(line.reshape(n, cells.width).mean(1)[at], axis=1) for line in self._feet]
        return np.asarray(np.concatenate(low), np.int64) - self._first_row - moves

    def first_landings(self, column: int) -> F32:
        """What the step costs, per landing, that the skyline would make where the source ends, when the overlap with
        it begins at px `column`, float32 [N]: how far the columns behind the edge are from the edge's height, when
        they are moved as far as there is room."""
        apart, moved = self._met(column)
        face = np.abs(apart - moved[:, None]).mean(axis=1)
        return np.asarray(
            STEP * (face + TILTED * np.abs(moved)) / (face + TILTED * np.abs(moved) + STEP_PX), np.float32
        )

    def _met(self, column: int) -> tuple[F64, F64]:
        """How far the columns behind the source's edge lie below its height, px [N, columns], and how far each
        landing is moved up for it, px [N]."""
        cells = self._cells
        n, width, end = cells.columns, cells.width, cells.overlap_cells - 1
        last = min(column + cells.overlap, n * width)
        own = float(goes_on_at(self._outlines[0][last - cells.overlap : last]))
        behind = np.arange(max(2, cells.overlap_cells // 2))
        at = np.minimum(np.arange(n)[:, None] + end + behind, n - 1)
        lines = [line.reshape(n, width).mean(1) for line in self._outlines]
        apart = np.concatenate([line[at] for line in lines]) - own
        up, down = self._reach(True)
        return apart, np.clip(np.median(apart, axis=1), -self._first_row - down, self._spare + up)
