"""Which columns follow each other when a layer is continued sideways: the choice of jumps, without pixels.

Prices come from four things: how badly two columns join, how recently a column was shown, whether it is mirrored, and
whether its border rows fit the layers above and below. The plan looks ahead without end (`planning`) and is made anew
at every jump, because what has been shown changes the prices. Everything that a later choice depends on is in
`value`, `jumps` and the `memory`; the noise is drawn from the seed and the number of the jump, so there is no generator
to save.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.errors import ParallaxError
from . import closing, edge, prices
from .entering import entering
from .exemplar import Exemplar, seen_rows
from .ground import Ground
from .landings import CHOICES, OFFERED, Offer, choose
from .memory import Memory
from .planning import FORBIDDEN, next_jump, settled, value_iteration
from .settings import WalkSettings
from .things import Things, salience
from .transitions import Transitions, between, column_transitions, tabulate

SWEEPS, FIRST_SWEEPS = 8, 40
THOUGHTS = 4  # how often a jump is looked for anew, at most, because of what would be shown before it
FIRST_SLACK = 4.0  # the joins of a layer's first landings may be dearer than the best one's by so much
SEEN = 16.0  # price of a first join that every eye finds; beyond, it grows as the difference and not as its square
SURELY = 0.5  # how much a column of a straight band must stand out to count as a thing
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
        self._source_cell = prices.source_cells(cells, self._orientations)
        mirrored = np.arange(len(self._source_cell)) >= cells.columns
        self._contrast = settings.contrast * contrast
        self._reference = settings.reference * contrast
        self._transitions = self._compare()
        self._skylines = prices.Skylines(exemplar) if ground.has_matte else None
        self._steps = self._skylines.jumps() if self._skylines else 0.0
        self._price = self._jump_prices(self._transitions)
        border = prices.border_mismatch(ground, exemplar) / BORDER_LEVELS
        busy = unlike = np.zeros(cells.columns)
        salient = salience(exemplar, self._reference)
        if ground.has_matte:
            busy = prices.structure(exemplar, self._reference)
            unlike = prices.distinction(self._transitions, cells, self._reference)
        else:  # its borders cut through things, so that more looks strange than is
            salient = np.clip((salient - SURELY) / (1 - SURELY), 0, 1)
        turned = settings.mirror_price * (1 + settings.structure * busy)
        self._fixed = settings.border * border[self._source_cell] + turned[self._source_cell] * mirrored
        self._fixed /= cells.run_cells
        self._memory = Memory(cells, exemplar.left, self._width, unlike, settings)
        self._things = Things(salient, settings.barred, cells, self._width, self._source_cell)
        self.longest_cells = cells.columns  # that are shown from a landing on to the next jump, run included
        self.value = np.zeros(len(self._source_cell))
        self.jumps = 0
        self._noise = prices.Noise(seed, settings.noise)
        self._first_land: int | None = None

    def _compare(self, only: int | None = None) -> Transitions:
        cells, exemplar = self._cells, self._exemplar
        plain = exemplar.pictures[0]
        above = exemplar.first_row // cells.height
        below = plain.shape[0] // cells.height - above - exemplar.rows
        first, last = seen_rows(exemplar)
        rows = slice(first * cells.height, (above + last + below) * cells.height)
        weight = exemplar.seen[: exemplar.rows * cells.height].reshape(exemplar.rows, -1).mean(1)[first:last]
        weight = np.pad(weight, (above, below), mode="edge")
        table = tabulate(plain[rows], cells, self._contrast, weight)
        if exemplar.second is not None:
            return between([table, tabulate(exemplar.second[rows], cells, self._contrast, weight)], cells.overlap_cells)
        return column_transitions(
            table, above, last - first, cells.overlap_cells, self._orientations == 2, cells.height, only
        )

    def _jump_prices(self, transitions: Transitions) -> NDArray[np.float32]:
        return prices.jump_prices(transitions, self._exemplar, self._settings, self._reference, self._steps)

    def _column_prices(self, position: int) -> NDArray[np.float64]:
        price = self._memory.prices(position) + self._things.barred(position, self._memory.seen)
        return np.asarray(price[self._source_cell] + self._fixed)

    def _noisy_prices(self, position: int) -> NDArray[np.float32]:
        """Prices of all jumps at plate `position`, with the noise of the next one's number."""
        return self._noise.on(self._price, self._replays(position), self.jumps)

    def _replays(self, position: int) -> NDArray[np.float32]:
        """Prices [N] of landing, at plate `position`, on what was shown a picture's width before.

        The oldest columns are the cheapest, and those follow each other as they did then: a walk by age alone plays
        the picture over and over at the distance of its width.
        """
        again = self._memory.replayed(position + self._cells.overlap)
        return (self._settings.replay * again[self._source_cell]).astype(np.float32)

    def plan(self, orientation: int, column: int, position: int) -> Jump:
        """The next jump for a piece that shows px `column` of `orientation` at plate `position` and may now go on."""
        if self.jumps == 0:
            return self._first_jump(column, position)
        cells = self._cells
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        price = self._column_prices(position)
        jump = self._noisy_prices(position)
        if self._things.any:
            jump += self._things.left(position - self._memory.seen)[:, None]
        landed = value_iteration(jump, price, self.value, n, overlap, run, SWEEPS)
        start = orientation * n + min(column // cells.width + run, n - overlap)
        leave, land = start, 0
        again = np.zeros(len(landed), np.float32)
        for _ in range(THOUGHTS):
            known = landed + again
            value = settled(jump, known, price, self.value, n, overlap)
            leave, land = next_jump(jump, known, price, value, start, n, overlap, self.longest_cells - run)
            before, again = again, self._again(orientation, column // cells.width, leave % n, position)
            if (again <= before).all():
                break
        land = int(np.argmin(jump[leave] + landed + again))
        return self._made(leave, land)

    def _again(self, orientation: int, first: int, leave: int, position: int) -> NDArray[np.float32]:
        """How much dearer landings [N] are for what comes again in them: cells `first`..`leave` of `orientation` and an
        overlap more, shown from plate `position` on, of which the prices there know nothing yet."""
        cells = self._cells
        k = np.arange(first, min(leave + cells.overlap_cells, cells.columns))
        place = self._source_cell[orientation * cells.columns + k]
        age = position - self._memory.seen
        then = age.copy()
        then[place] = np.maximum(leave - k, 0) * cells.width
        known = self._memory.prices(position) + self._things.barred(position, self._memory.seen)
        more = np.zeros(cells.columns)
        more[place] = np.maximum(self._memory.after(then, age) + self._things.in_view(then) - known, 0)[place]
        # its overlap, its run, and the overlap with what comes next; one without room for that is never chosen
        return self._things.ahead(more, 2 * cells.overlap_cells + cells.run_cells).astype(np.float32)

    def _made(self, leave: int, land: int) -> Jump:
        """The jump between two states, which counts from now on."""
        self.jumps += 1
        return self._jump(leave, land, self._transitions)

    def _jump(self, leave: int, land: int, transitions: Transitions) -> Jump:
        cells = self._cells
        return Jump(
            leave=leave % cells.columns * cells.width,
            orientation=land // cells.columns,
            column=land % cells.columns * cells.width,
            row_shift=int(transitions.shift[leave, land]) * cells.height,
            rms=float(transitions.rms[leave, land]),
            leave_orientation=leave // cells.columns,
        )

    def offer(self, column: int, position: int) -> Offer:
        """The best first landings for the source, which shows px `column` at plate `position`: one per group of
        columns, of those that join well."""
        cells, run = self._cells, self._cells.run_cells
        jump = self._noisy_prices(position)
        price = self._column_prices(position)
        landed = value_iteration(jump, price, self.value, cells.columns, cells.overlap_cells, run, FIRST_SWEEPS)
        start = self._first_state(column)
        match = jump[start] + self._first_extra(start)
        if self._skylines:
            match = match + self._skylines.first_landings(column)
            match = match + edge.going_on(self._exemplar, self._skylines, column, self._settings, self._reference)
            barred = self._things.barred(position, self._memory.seen)
            match = match + entering(self._exemplar, column, self._skylines.moves(column), barred, self._reference)
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

    def _first_extra(self, start: int) -> NDArray[np.float32]:
        """What a first jump from state `start` costs beyond any other, by the state it lands on [N]."""
        match = (self._transitions.rms[start] / self._reference) ** 2
        first = self._settings.first_weight * match
        return np.asarray(prices.as_seen(first, SEEN) - prices.join_prices(match, self._settings.poor))

    def _first_state(self, column: int) -> int:
        return min(column // self._cells.width, self._cells.columns - self._cells.overlap_cells)

    def _first_jump(self, column: int, position: int) -> Jump:
        if self._first_land is None:
            offer = self.offer(column, position)
            choice = int(np.random.default_rng((*self._seed, 0, 1)).integers(CHOICES))
            self._first_land = int(offer.states[choose([offer], [], choice)[0]])
        return self._made(self._first_state(column), self._first_land)

    def state(self) -> dict[str, NDArray[Any]]:
        """What later choices depend on."""
        jumps = np.array([self.jumps], np.int64)
        return {"value": self.value.copy(), **self._memory.state(), "jumps": jumps}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a walk where `state()` was called."""
        self.value[:] = state["value"]
        self._memory.restore(state)
        self.jumps = int(state["jumps"][0])

    def show(self, orientation: int, column: int, length: int, position: int, only_things: bool = False) -> None:
        """Remember that `length` px from `column` on are shown from plate `position` on; or only what stands out in
        them, where they go over into something else."""
        cell = self._cells.width
        k = np.arange(column // cell, min(self._cells.columns, (column + length - 1) // cell + 1))
        place = k if orientation == 0 else self._cells.columns - 1 - k
        if only_things:
            k, place = k[self._things.cost[place] > 0], place[self._things.cost[place] > 0]
        self._memory.show(place, position + k * cell - column)

    def arrival(self, looks: NDArray[np.float64] | None = None) -> Jump:
        """What flows into the source's first column when a loop closes: the jump to it, px; `row_shift` is that of
        the piece that is left. Its match counts as much as that of the first jump, whose place is not free either.

        `looks` [N]: how unlike the source's first columns every state is, grey levels rms, where that is not what the
        plan would say.
        """
        cells, settings = self._cells, self._settings
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        planned = self._transitions.rms[0].astype(np.float64)
        match = (planned if looks is None else looks) / self._reference
        cost = self._price[0] + settings.first_weight * match**2 - (planned / self._reference) ** 2
        # nothing is known yet of what will be shown before
        around = int(self._width + (1 + settings.overdue) * self._memory.longest)
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
        until = around + np.arange(self._cells.columns) * self._cells.width - at
        soon = self._memory.until(until) + self._things.in_view(until)
        shown = self._memory.prices(at) + self._things.in_view(at - self._memory.seen) + soon
        return np.asarray(shown[:, self._source_cell] + self._fixed)

    def way_home(
        self, orientation: int, column: int, position: int, around: int, arrival: Jump, settling_px: int
    ) -> list[tuple[int, Jump]]:
        """The jumps, each with its plate column, from px `column` of `orientation` at plate `position` to the source's
        first column at plate column `around`; the last one lands on what `arrival` leaves, less its refinement, and
        is seen for `settling_px` at least.

        Px that make no whole cell are shown after the first jump. Raises ParallaxError if the picture is too small.
        """
        cells = self._cells
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        steps, rest = divmod(around - position, cells.width)
        start = orientation * n + min(column // cells.width, n - overlap)
        goal = arrival.leave_orientation * n + arrival.leave // cells.width
        shift = arrival.row_shift // cells.height
        last = self._compare(shift)
        free = np.zeros(len(self._price), np.float32)
        jump = self._noise.on(self._price, free, self.jumps)
        last_jump = self._noise.on(self._jump_prices(last), free, self.jumps)
        if self.jumps == 0:
            extra = self._first_extra(start).astype(np.float32)
            jump[start] += extra
            last_jump[start] += extra
        price = self._way_prices(position + np.arange(steps) * cells.width, around).astype(np.float32)
        repeat = self._memory.usual_reuse + self._things.cost
        place = self._source_cell.astype(np.int64)
        settling = -(-settling_px // cells.width) + closing.SLACK_CELLS
        way = closing.varied_way_home(jump, last_jump, price, place, repeat, n, overlap, run, start, goal, settling)
        if way is None:
            raise ParallaxError("A layer has no way home.", "Make the loop longer, or use a larger picture.")
        self.jumps += len(way.jumps)
        tables = [self._transitions] * (len(way.jumps) - 1) + [last]
        at = [position + cell * cells.width + (rest if number else 0) for number, (cell, _, _) in enumerate(way.jumps)]
        jumps = [self._jump(leave, land, table) for (_, leave, land), table in zip(way.jumps, tables, strict=True)]
        return list(zip(at, jumps, strict=True))
