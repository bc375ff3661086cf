"""What a canvas shows of one plate at a step: the rows of the plate, what is new in them, and what nobody paints.

The walk's draft is laid on what the plate knows, column by column, or row by row where the rows of a layer slide apart:
each row is then new from a column of its own on. Where a loop comes home the source itself is laid on, and kept from
the engine. Laying the draft on the plates first was the other road: a journal would hold every new pixel twice, and a
border that was painted elsewhere would have left its draft behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .engines.contract import Rect
from .journal import Piece
from .plate_store import OWN, PlateStore

Bool = NDArray[np.bool_]


@dataclass
class Window:
    """What the canvas may show of one plate at a step: its rows, RGBA `pixels` [h, W, 4], and which are `new` [h, W].

    `given` [h, W] are pixels that nobody paints: what was painted before, and the source, where it comes again in a
    loop. `guessed` [W] are columns beside the frame that the plate does not have yet and is not asked for. The plate's
    column 0 is the canvas's column `x`, of a layer with a ramp that of its lower edge at `step`.
    """

    store: PlateStore
    step: int
    rows: slice
    pixels: NDArray[np.uint8]
    new: Bool
    given: Bool
    guessed: Bool
    x: int

    @property
    def painted(self) -> Bool:
        """Where an engine's picture is taken, if this layer is seen there, [h, W]."""
        return (self.new & ~self.given) | self.guessed

    @property
    def recedes(self) -> bool:
        """Whether its rows slide apart."""
        return self.store.layer.ramp is not None

    @property
    def border(self) -> NDArray[np.int64]:
        """The columns in which all rows are new, so that a border there can be moved."""
        return np.flatnonzero((self.new & ~self.given).all(0))

    def rect(self, first: int, last: int) -> Rect:
        """Where columns first..last of the canvas lie on the plate."""
        step = self.step if self.recedes else 0
        return Rect(first - self.x, self.rows.start, last - first, self.pixels.shape[0], step)


def window_of(
    store: PlateStore,
    step: int,
    shown: tuple[slice, NDArray[np.uint8]],
    drafted: Sequence[Piece],
    kept: Piece | None,
    left: int,
    right: int,
) -> Window:
    """What a plate has on the canvas of a step: `shown` (its rows and their pixels, with `left` and `right` columns
    beside the frame), its draft laid on, and what was painted before and `kept`."""
    rows, pixels = shown
    nowhere = np.zeros(pixels.shape[:2], np.bool_)
    x = store.layer.position(step)[0] + left
    made = Window(store, step, rows, pixels, nowhere, nowhere.copy(), np.zeros(pixels.shape[1], np.bool_), x)
    for piece in drafted:
        made.new |= _lay_on(made, piece, left)
    if kept is not None:
        made.given |= _lay_on(made, kept, left)
        made.new |= made.given
    home = store.come_home(made.rect(0, pixels.shape[1]), pixels)
    made.given |= home
    if left or right:
        _guess(made, home, left, right)
    return made


def _lay_on(window: Window, piece: Piece, left: int) -> Bool:
    """Lay a piece of a plate on; where it is [h, W]."""
    where = np.zeros_like(window.new)
    height, width = where.shape
    row, column = np.nonzero(piece.which[:height])
    at = window.store.first_columns(piece.rect, window.step)[row] + left + column
    inside = (at >= 0) & (at < width)
    row, column, at = row[inside], column[inside], at[inside]
    window.pixels[row, at] = piece.picture()[row, column]
    where[row, at] = True
    return where


def _guess(window: Window, home: Bool, left: int, right: int) -> None:
    """Where a layer is not asked for yet beside the frame its border goes on level, so that the others have a
    neighbour."""
    width = window.pixels.shape[1]
    known = window.store.known(Rect(-window.x, window.rows.start, width, 1), OWN)[0]
    had = np.flatnonzero(known | (window.new | home).any(0))
    if had.size:
        first, last = min(left, int(had[0])), max(width - right, int(had[-1]) + 1)
        window.guessed[:first], window.guessed[last:] = True, True
        window.pixels[:, :first], window.pixels[:, last:] = window.pixels[:, [first]], window.pixels[:, [last - 1]]
