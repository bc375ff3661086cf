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

from .exemplar import Exemplar
from .planning import FORBIDDEN, next_jump, value_iteration
from .settings import WalkSettings
from .transitions import Transitions, column_transitions, features

RGB = NDArray[np.uint8]
FIRST_LANDINGS = 4  # the seed chooses among so many first landings
FIRST_SLACK = 2.5  # whose joins may be dearer than the best one's by so much
BORDER_LEVELS = 40.0  # grey levels of mismatch with the neighbouring layers that cost 1


@dataclass(frozen=True)
class Jump:
    """From column `leave` px of orientation `leave_orientation` to `column` px of `orientation`; `row_shift` in px."""

    leave: int
    orientation: int
    column: int
    row_shift: int
    rms: float


def border_mismatch(source: RGB, top: int, height: int, exemplar: Exemplar) -> NDArray[np.float64]:
    """How badly each cell column's border rows fit what may stand across the border, grey levels [columns]."""
    cells = exemplar.cells
    cost = np.zeros(cells.columns)
    soft = cv2.GaussianBlur(source, (0, 0), max(cells.width / 2, 0.5))[:, exemplar.left :].astype(np.float32)
    for row, other in ((top, top - 1), (top + height - 1, top + height)):
        if 0 <= other < source.shape[0]:
            own, across = (soft[r].reshape(cells.columns, cells.width, 3).mean(1) for r in (row, other))
            cost += np.sqrt(((own[:, None] - across[None]) ** 2).mean(2)).mean(1)
    return np.asarray(cost - cost.min(), np.float64)


class ColumnWalk:
    """Chooses jumps over one exemplar. Plate positions are px right of the source's left edge."""

    def __init__(
        self, source: RGB, top: int, exemplar: Exemplar, settings: WalkSettings, contrast: float, seed: tuple[int, ...]
    ) -> None:
        self._exemplar = exemplar
        self._cells = cells = exemplar.cells
        self._settings = settings
        self._seed = seed
        self._width = source.shape[1]
        self._orientations = len(exemplar.pictures)
        states = cells.columns * self._orientations
        column = np.arange(states) % cells.columns
        self._mirrored = np.arange(states) >= cells.columns
        self._source_cell = np.where(self._mirrored, cells.columns - 1 - column, column)
        self._transitions = self._compare(settings.contrast * contrast)
        self._price = self._jump_prices(self._transitions, settings.reference * contrast)
        self._first_extra = (settings.first_weight - 1) * (self._transitions.rms / (settings.reference * contrast)) ** 2
        border = border_mismatch(source, top, exemplar.height, exemplar) / BORDER_LEVELS
        self._fixed = (
            settings.border * border[self._source_cell] + settings.mirror_price * self._mirrored
        ) / cells.run_cells
        self.value = np.zeros(states)
        self.seen = (np.arange(cells.columns) * cells.width + exemplar.left).astype(np.int64)  # last shown at
        self.jumps = 0

    def _compare(self, contrast: float) -> Transitions:
        cells, exemplar = self._cells, self._exemplar
        plain = exemplar.pictures[0]
        whole = plain[: plain.shape[0] // cells.height * cells.height]
        table, visible = features(whole, cells.width, cells.height, contrast)
        first_row = exemplar.first_row // cells.height
        return column_transitions(
            table, visible, first_row, exemplar.rows, cells.overlap_cells, self._orientations == 2, cells.height
        )

    def _jump_prices(self, transitions: Transitions, reference: float) -> NDArray[np.float32]:
        cells, settings = self._cells, self._settings
        overlap, run = cells.overlap_cells, cells.run_cells
        place, mirrored = self._source_cell, self._mirrored
        price = (transitions.rms / reference) ** 2 + settings.jump
        price += settings.mirror_jump * (~mirrored[:, None] & mirrored[None])
        turned = mirrored[:, None] != mirrored[None]
        ahead = np.where(mirrored, overlap, -overlap)
        fold = np.abs(place[None] - place[:, None] + ahead[:, None])
        price += np.where(turned, settings.fold * np.clip(1 - fold / (2.0 * run), 0, 1), 0)
        near = np.abs(place[None] - place[:, None]) < run
        last = np.arange(len(place)) % cells.columns > cells.columns - overlap
        price[(near & ~turned) | last[:, None] | last[None]] = FORBIDDEN
        return np.ascontiguousarray(price, dtype=np.float32)

    def _column_prices(self, position: int) -> NDArray[np.float64]:
        memory = self._settings.memory_widths * self._width
        recent = np.clip(1 - (position - self.seen) / memory, 0, 1)
        return np.asarray(self._settings.reuse / self._cells.run_cells * recent[self._source_cell] + self._fixed)

    def plan(self, orientation: int, column: int, position: int) -> Jump:
        """The next jump for a piece that shows px `column` of `orientation` at plate `position` and may now go on."""
        cells = self._cells
        n, overlap, run = cells.columns, cells.overlap_cells, cells.run_cells
        price = self._column_prices(position)
        random = np.random.default_rng((*self._seed, self.jumps))
        noise = random.standard_exponential(self._price.shape, dtype=np.float32)
        jump = self._price + np.float32(self._settings.noise) * noise
        first = self.jumps == 0
        landed = value_iteration(jump, price, self.value, n, overlap, run, 40 if first else 12)
        start = orientation * n + min(column // cells.width + (0 if first else run), n - overlap)
        if first:
            leave, land = start, self._first_landing(jump[start] + self._first_extra[start], landed, random)
        else:
            leave, land = next_jump(jump, landed, price, self.value, start, n, overlap)
        self.jumps += 1
        return Jump(
            leave=leave % n * cells.width,
            orientation=land // n,
            column=land % n * cells.width,
            row_shift=int(self._transitions.shift[leave, land]) * cells.height,
            rms=float(self._transitions.rms[leave, land]),
        )

    def _first_landing(
        self, match: NDArray[np.float32], landed: NDArray[np.float32], random: np.random.Generator
    ) -> int:
        """One of the best landings that join well, chosen by the seed: otherwise all seeds begin with the same world,
        because from the source's far edge the way ahead is longest."""
        cost = match + landed
        cost[(match > match[int(cost.argmin())] + FIRST_SLACK) | (cost >= FORBIDDEN)] = np.inf
        found: list[int] = []
        while len(found) < FIRST_LANDINGS and cost.min() < np.inf:
            best = int(cost.argmin())
            found.append(best)
            same = self._mirrored == self._mirrored[best]
            cost[same & (np.abs(self._source_cell - self._source_cell[best]) < 2 * self._cells.run_cells)] = np.inf
        return found[int(random.integers(len(found)))]

    def show(self, orientation: int, column: int, length: int, position: int) -> None:
        """Remember that `length` px from `column` on are shown from plate `position` on."""
        cell = self._cells.width
        k = np.arange(column // cell, min(self._cells.columns, (column + length - 1) // cell + 1))
        place = k if orientation == 0 else self._cells.columns - 1 - k
        self.seen[place] = np.maximum(self.seen[place], position + k * cell - column)
