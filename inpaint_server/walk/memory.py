"""What a walk remembers: when each of the source's columns was shown, and what it costs to show it again.

A column is dear while its last showing is recent, the more the less it is like others, and dearer still while the time
before that is in view too. By the last time alone, the columns that are like others would be played over and over: what
stands out is dearer for a whole picture's width than they are at once. To bar columns for a fixed time was the other
road; in a picture with little to show everything would be barred.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .exemplar import Cells
from .settings import WalkSettings

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
LONGER = 0.5  # how much longer the most distinctive columns are remembered
REPLAY_WIDTHS = 0.12  # how near to a picture's width a return counts as a replay, in widths
NEVER = -(1 << 40)  # the plate column at which what has not been shown was shown


class Memory:
    """`seen` int64 [n]: the plate column at which each of the source's columns of cells was shown last, and `earlier`,
    the time before that. Plate positions are px right of the source's left edge."""

    def __init__(self, cells: Cells, left: int, width: int, unlike: F64, settings: WalkSettings) -> None:
        """A memory of the source itself, which begins at px `left`; `unlike` [n] 0..1, how distinctive columns are."""
        self._cells, self._width, self._settings = cells, width, settings
        self._lasts = settings.memory_widths * width * (1 + LONGER * unlike)
        self.usual_reuse = settings.reuse / cells.run_cells
        self._reuse = self.usual_reuse * (1 + settings.distinction * unlike)
        self.seen = (np.arange(cells.columns) * cells.width + left).astype(np.int64)
        self.earlier = np.full(cells.columns, NEVER, np.int64)

    @property
    def longest(self) -> float:
        """Px after which nothing is remembered any more."""
        return float(self._lasts.max())

    def prices(self, position: int | I64) -> F64:
        """The price [..., n] of showing each column again at plate `position`, an int or int64 [..., 1]."""
        return self.after(position - self.seen, position - self.earlier)

    def after(self, age: I64, earlier: I64) -> F64:
        """The price [..., n] of showing each column again `age` px after it was last shown, and `earlier` px after the
        time before that.

        A column that has not come for very long is worth something: what costs more than its neighbours for any other
        reason would never come again, and a picture half sky would be all sky.
        """
        recent = np.clip(1 - age / self._lasts, -self._settings.overdue, 1)
        price = np.where(recent > 0, self._reuse, self.usual_reuse) * recent
        return np.asarray(price + self._settings.again * self._reuse * np.clip(1 - earlier / self._width, 0, 1))

    def until(self, px: I64) -> F64:
        """The price [..., n] of showing each column `px` before it is shown again."""
        return np.asarray(self._reuse * np.clip(1 - px / self._lasts, 0, 1))

    def replayed(self, position: int) -> NDArray[np.bool_]:
        """Which columns [n], shown at plate `position`, were shown a picture's width before."""
        return np.asarray(np.abs(position - self.seen - self._width) < REPLAY_WIDTHS * self._width)

    def show(self, place: I64, at: I64) -> None:
        """Remember that the columns `place` [k] are shown at the plate columns `at` [k]."""
        self.earlier[place] = np.where(at > self.seen[place] + self._cells.width, self.seen[place], self.earlier[place])
        self.seen[place] = np.maximum(self.seen[place], at)

    def state(self) -> dict[str, NDArray[Any]]:
        """What is remembered."""
        return {"seen": self.seen.copy(), "earlier": self.earlier.copy()}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Remember what `state()` told."""
        self.seen[:] = state["seen"]
        self.earlier[:] = state["earlier"]
