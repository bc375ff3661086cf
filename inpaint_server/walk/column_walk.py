"""Which columns follow each other when a layer is continued sideways: the choice of jumps, without pixels.

Prices come from four things: how badly two columns join, how recently a column was shown, whether it is mirrored, and
whether its border rows fit the layers above and below. The plan looks ahead without end (`planning`) and is made anew
at every jump, because what has been shown changes the prices. Everything that a later choice depends on is in
`value`, `seen` and `jumps`; the noise is drawn from the seed and the number of the jump, so there is no generator to
save.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import ParallaxError
from . import closing
from .exemplar import Exemplar, seen_rows
from .ground import Ground
from .heights import outline, step_prices
from .landings import CHOICES, OFFERED, Offer, choose
from .planning import FORBIDDEN, next_jump, value_iteration
from .settings import WalkSettings
from .transitions import UNKNOWN, Transitions, between, column_transitions, premultiplied, tabulate

RGB = NDArray[np.uint8]
SWEEPS, FIRST_SWEEPS = 8, 40
FIRST_SLACK = 4.0  # the joins of a layer's first landings may be dearer than the best one's by so much
FOLD_WIDTHS = 0.22  # of the picture: so near to its own mirror image a thing is seen to be one
REPLAY_WIDTHS = 0.12  # how near to a picture's width a return counts as a replay, in widths
STEP, STEP_PX = 5.0, 30.0  # price of a high step of the skyline at the source's edge, and the px that cost half of it
LIKE = 0.5  # columns that differ by less, in reference levels, are alike
LONGER = 0.5  # how much longer the most distinctive columns are remembered
BORDER_LEVELS = 40.0  # grey levels of mismatch with the neighbouring layers that cost 1


@dataclass(frozen=True)
class Jump:
    """From column `leave` px of orientation `leave_orientation` to `column` px of `orientation`; `row_shift` in px."""

    leave: int
    orientation: int
    column: int
    row_shift: int
    rms: float
    leave_orientation: int = 0


def border_mismatch(ground: Ground, exemplar: Exemplar) -> NDArray[np.float64]:
    """How badly each cell column's border rows fit what may stand across the border, grey levels [columns].

    0 for a cut-out: it has no rows that end, only a skyline, and any sky may stand behind that.
    """
    cells, source, top, height = exemplar.cells, ground.picture, ground.top, ground.height
    cost = np.zeros(cells.columns)
    if ground.has_matte:
        return cost
    soft = cv2.GaussianBlur(source, (0, 0), max(cells.width / 2, 0.5))[:, exemplar.left :].astype(np.float32)
    for row, other in ((top, top - 1), (top + height - 1, top + height)):
        if 0 <= other < source.shape[0]:
            own, across = (soft[r].reshape(cells.columns, cells.width, 3).mean(1) for r in (row, other))
            cost += np.sqrt(((own[:, None] - across[None]) ** 2).mean(2)).mean(1)
    return np.asarray(cost - cost.min(), np.float64)


def structure(exemplar: Exemplar, reference: float) -> NDArray[np.float64]:
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


class ColumnWalk:
    """Chooses jumps over one exemplar. Plate positions are px right of the source's left edge."""

    def __init__(
        self, ground: Ground, exemplar: Exemplar, settings: WalkSettings, contrast: float, seed: tuple[int, ...]
    ) -> None:
        self._exemplar = exemplar
        self._cells = cells = exemplar.cells
        self._settings = settings
        self._seed = seed
        self._width = ground.width
        self._orientations = len(exemplar.pictures)
        states = cells.columns * self._orientations
        column = np.arange(states) % cells.columns
        self._mirrored = np.arange(states) >= cells.columns
        self._source_cell = np.where(self._mirrored, cells.columns - 1 - column, column)
        self._contrast = contrast
        self._transitions = self._compare(settings.contrast * contrast)
        self._price = self._jump_prices(self._transitions, settings.reference * contrast)
        self._first_extra = (settings.first_weight - 1) * (self._transitions.rms / (settings.reference * contrast)) ** 2
        border = border_mismatch(ground, exemplar) / BORDER_LEVELS
        busy = structure(exemplar, settings.reference * contrast) if ground.has_matte else np.zeros(cells.columns)
        turned = settings.mirror_price * (1 + settings.structure * busy)
        self._fixed = settings.border * border[self._source_cell] + turned[self._source_cell] * self._mirrored
        self._fixed /= cells.run_cells
        unlike = self._distinction(settings.reference * contrast) if ground.has_matte else np.zeros(cells.columns)
        self._memory = settings.memory_widths * self._width * (1 + LONGER * unlike)
        self._reuse = settings.reuse / cells.run_cells * (1 + settings.distinction * unlike)
        self.longest_cells = cells.columns  # that are shown from a landing on to the next jump, run included
        self.value = np.zeros(states)
        self.seen = (np.arange(cells.columns) * cells.width + exemplar.left).astype(np.int64)  # last shown at
        self.jumps = 0
        self._noise_twice: NDArray[np.float32] | None = None
        self._first_land: int | None = None

    def _distinction(self, reference: float) -> NDArray[np.float64]:
        """How much every column differs from whatever else there is in the layer, 0..1, float64 [columns].

        What differs from all else is recognised when it comes again; grass is not.
        """
        cells = self._cells
        n, run, overlap = cells.columns, cells.run_cells, cells.overlap_cells
        rms = np.where(np.abs(np.subtract.outer(range(n), range(n))) < run, UNKNOWN, self._transitions.rms[:n, :n])
        nearest = rms[: n - overlap + 1].min(axis=1) / reference
        over = np.convolve(np.pad(nearest, overlap - 1, mode="edge"), np.full(overlap, 1 / overlap), "valid")
        usual = max(float(np.median(over)), LIKE)
        return np.asarray(np.clip(over - LIKE, 0, 1) * np.clip(over / usual - 0.5, 0, 1), np.float64)

    def _compare(self, contrast: float, only: int | None = None) -> Transitions:
        cells, exemplar = self._cells, self._exemplar
        plain = exemplar.pictures[0]
        above = exemplar.first_row // cells.height
        below = plain.shape[0] // cells.height - above - exemplar.rows
        first, last = seen_rows(exemplar)
        rows = slice(first * cells.height, (above + last + below) * cells.height)
        weight = exemplar.seen[: exemplar.rows * cells.height].reshape(exemplar.rows, -1).mean(1)[first:last]
        weight = np.pad(weight, (above, below), mode="edge")
        table = tabulate(plain[rows], cells, contrast, weight)
        if exemplar.second is not None:
            return between([table, tabulate(exemplar.second[rows], cells, contrast, weight)], cells.overlap_cells)
        return column_transitions(
            table, above, last - first, cells.overlap_cells, self._orientations == 2, cells.height, only
        )

    def _jump_prices(self, transitions: Transitions, reference: float) -> NDArray[np.float32]:
        cells, settings = self._cells, self._settings
        overlap, run = cells.overlap_cells, cells.run_cells
        place, mirrored = self._source_cell, self._mirrored
        price = (transitions.rms / reference) ** 2 + settings.jump
        price += self._skyline_prices()
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

    def _skyline_prices(self) -> NDArray[np.float32] | float:
        """Prices [N, N] of the steps that the skyline would make at a jump."""
        exemplar, cells = self._exemplar, self._cells
        if exemplar.pictures[0].shape[2] == 3:
            return 0.0
        lines = [outline(p[..., 3]).reshape(cells.columns, cells.width).mean(1) for p in exemplar.pictures]
        rows = -exemplar.first_row, exemplar.pictures[0].shape[0] - exemplar.first_row - exemplar.height
        return self._settings.skyline * step_prices(lines, cells.overlap_cells, rows)

    def _column_prices(self, position: int) -> NDArray[np.float64]:
        recent = self._reuse * np.clip(1 - (position - self.seen) / self._memory, 0, 1)
        return np.asarray(recent[self._source_cell] + self._fixed)

    def _noisy_prices(self, position: int) -> NDArray[np.float32]:
        """Prices of all jumps at plate `position`, with the noise of the next one's number."""
        price = self._price + self._noise(np.random.default_rng((*self._seed, self.jumps)))
        price += self._replays(position)
        return price

    def _noise(self, random: np.random.Generator) -> NDArray[np.float32]:
        """Exponential noise [N, N] on the prices: a place of its own, drawn from `random`, in a noise drawn once.

        Drawing all of it anew takes as long as a third of the planning of a jump.
        """
        n = len(self._price)
        if self._noise_twice is None:
            drawn = np.random.default_rng((*self._seed, 1 << 20)).standard_exponential((n, n), dtype=np.float32)
            self._noise_twice = np.tile(np.float32(self._settings.noise) * drawn, (2, 2))
        i, j = random.integers(n, size=2)
        return self._noise_twice[i : i + n, j : j + n]

    def _replays(self, position: int) -> NDArray[np.float32]:
        """Prices [N] of landing, at plate `position`, on what was shown a picture's width before.

        The oldest columns are the cheapest, and those follow each other as they did then: a walk by age alone plays
        the picture over and over at the distance of its width.
        """
        age = position + self._cells.overlap - self.seen
        again = np.abs(age - self._width) < REPLAY_WIDTHS * self._width
        return (self._settings.replay * again[self._source_cell]).astype(np.float32)

    def plan(self, orientation: int, column: int, position: int) -> Jump:
        """The next jump for a piece that shows px `column` of `orientation` at plate `position` and may now go on."""
        if self.jumps == 0:
            return self._first_jump(column, position)
        cells = self._cells
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        price = self._column_prices(position)
        jump = self._noisy_prices(position)
        landed = value_iteration(jump, price, self.value, n, overlap, run, SWEEPS)
        start = orientation * n + min(column // cells.width + run, n - overlap)
        leave, land = next_jump(jump, landed, price, self.value, start, n, overlap, self.longest_cells - run)
        return self._jump(leave, land)

    def _jump(self, leave: int, land: int) -> Jump:
        cells = self._cells
        n = cells.columns
        self.jumps += 1
        return Jump(
            leave=leave % n * cells.width,
            orientation=land // n,
            column=land % n * cells.width,
            row_shift=int(self._transitions.shift[leave, land]) * cells.height,
            rms=float(self._transitions.rms[leave, land]),
            leave_orientation=leave // n,
        )

    def offer(self, column: int, position: int) -> Offer:
        """The best first landings for the source, which shows px `column` at plate `position`: one per group of
        columns, of those that join well."""
        cells, run = self._cells, self._cells.run_cells
        jump = self._noisy_prices(position)
        price = self._column_prices(position)
        landed = value_iteration(jump, price, self.value, cells.columns, cells.overlap_cells, run, FIRST_SWEEPS)
        start = self._first_state(column)
        match = jump[start] + self._first_extra[start] + self._steps(column)
        cost = (match + landed).astype(np.float64)
        cost[(match > match[int(cost.argmin())] + FIRST_SLACK) | (cost >= FORBIDDEN)] = np.inf
        order = np.argsort(cost, kind="stable")
        group = order // max(1, run // 4)
        _, best = np.unique(group, return_index=True)
        found = order[np.sort(best)][:OFFERED]
        found = found[np.isfinite(cost[found])]
        if not found.size:
            found = order[:1]
        shifts = self._transitions.shift[start, found].astype(np.int64) * cells.height
        return Offer(found.astype(np.int64), cost[found].clip(max=FORBIDDEN), shifts, cells.columns, 2 * run)

    def land_first(self, state: int) -> None:
        """Let the first jump land at `state`, one that `offer` has named."""
        self._first_land = state

    def _first_state(self, column: int) -> int:
        return min(column // self._cells.width, self._cells.columns - self._cells.overlap_cells)

    def _first_jump(self, column: int, position: int) -> Jump:
        if self._first_land is None:
            offer = self.offer(column, position)
            choice = int(np.random.default_rng((*self._seed, 0, 1)).integers(CHOICES))
            self._first_land = int(offer.states[choose([offer], [], choice)[0]])
        return self._jump(self._first_state(column), self._first_land)

    def _steps(self, column: int) -> NDArray[np.float32]:
        """The price, per landing, of the step that the skyline would make at the end of the overlap."""
        exemplar, cells = self._exemplar, self._cells
        picture = exemplar.pictures[0]
        if picture.shape[2] == 3:
            return np.zeros(len(self._source_cell), np.float32)
        width, height, last = exemplar.columns, exemplar.height, cells.overlap - 1
        alpha = picture[..., 3].astype(np.float32) / 255
        own = alpha[exemplar.first_row :][:height, min(column + last, width - 1), None]
        at = np.minimum(np.arange(cells.columns) * cells.width + last, width - 1)
        landings = np.concatenate([at, width - 1 - at])[: len(self._source_cell)]
        rows = range(picture.shape[0] - height + 1)
        step = np.min([np.abs(alpha[r : r + height, landings] - own).sum(0) for r in rows], axis=0)
        return np.asarray(STEP * step / (step + STEP_PX), np.float32)

    def show(self, orientation: int, column: int, length: int, position: int) -> None:
        """Remember that `length` px from `column` on are shown from plate `position` on."""
        cell = self._cells.width
        k = np.arange(column // cell, min(self._cells.columns, (column + length - 1) // cell + 1))
        place = k if orientation == 0 else self._cells.columns - 1 - k
        self.seen[place] = np.maximum(self.seen[place], position + k * cell - column)

    def arrival(self) -> Jump:
        """What flows into the source's first column when a loop closes: the jump to it, px; `row_shift` is that of
        the piece that is left. Its match counts as much as that of the first jump, whose place is not free either."""
        cells, settings = self._cells, self._settings
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        match = self._transitions.rms[0] / (settings.reference * self._contrast)
        cost = self._price[0] + (settings.first_weight - 1) * match.astype(np.float64) ** 2
        around = int((1 + settings.memory_widths) * self._width)  # nothing is known yet of what will be shown before
        paid = np.cumsum(self._way_prices(np.array([around]), around)[0])
        before = np.arange(len(cost)) - overlap - run
        cost += np.where(before >= 0, paid - paid[before], 0)
        goal = closing.best_goal(cost, n, overlap, run)
        shift = int(self._transitions.shift[0, goal])
        return Jump(
            goal % n * cells.width, 0, 0, shift * cells.height, float(self._transitions.rms[0, goal]), goal // n
        )

    def _way_prices(self, positions: NDArray[np.int64], around: int) -> NDArray[np.float64]:
        """Prices of all columns at each of `positions` [T, N], when the source is shown again from `around` on."""
        at = positions[:, None]
        recent = np.clip(1 - (at - self.seen) / self._memory, 0, 1)
        soon = np.clip(1 - (around + np.arange(self._cells.columns) * self._cells.width - at) / self._memory, 0, 1)
        shown = self._reuse * (recent + soon)
        return np.asarray(shown[:, self._source_cell] + self._fixed)

    def way_home(
        self, orientation: int, column: int, position: int, around: int, arrival: Jump
    ) -> list[tuple[int, Jump]]:
        """The jumps, each with its plate column, from px `column` of `orientation` at plate `position` to the source's
        first column at plate column `around`; the last one lands on what `arrival` leaves, less its refinement.

        Px that make no whole cell are shown after the first jump. Raises ParallaxError if the picture is too small.
        """
        cells = self._cells
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        steps, rest = divmod(around - position, cells.width)
        start = orientation * n + min(column // cells.width, n - overlap)
        goal = arrival.leave_orientation * n + arrival.leave // cells.width
        shift = arrival.row_shift // cells.height
        last = self._compare(self._settings.contrast * self._contrast, shift)
        random = np.random.default_rng((*self._seed, self.jumps))
        noise = self._noise(random)
        jump = self._price + noise
        last_jump = self._jump_prices(last, self._settings.reference * self._contrast) + noise
        if self.jumps == 0:
            jump[start] += self._first_extra[start].astype(np.float32)
            last_jump[start] += self._first_extra[start].astype(np.float32)
        price = self._way_prices(position + np.arange(steps) * cells.width, around).astype(np.float32)
        repeat = self._settings.reuse / run
        place = self._source_cell.astype(np.int64)
        way = closing.varied_way_home(jump, last_jump, price, place, repeat, n, overlap, run, start, goal)
        if way is None:
            raise ParallaxError("A layer has no way home.", "Make the loop longer, or use a larger picture.")
        self.jumps += len(way.jumps)
        found = []
        for number, (cell, leave, land) in enumerate(way.jumps):
            table = last if number == len(way.jumps) - 1 else self._transitions
            there = Jump(
                leave=leave % n * cells.width,
                orientation=land // n,
                column=land % n * cells.width,
                row_shift=int(table.shift[leave, land]) * cells.height,
                rms=float(table.rms[leave, land]),
                leave_orientation=leave // n,
            )
            found.append((position + cell * cells.width + (rest if number else 0), there))
        return found
