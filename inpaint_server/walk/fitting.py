"""Fitting a landing to the pixel: where exactly a piece goes on, and how far its skyline is moved to meet the old one.

The plan knows cells; here the pixels decide, the outlines of both mattes first and the colours within what they leave
open. Planning at full size was the other road, a hundred times slower for the same landings.
"""

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import strata
from .closing import SLACK_CELLS
from .column_walk import Jump
from .edits import Edit
from .exemplar import Exemplar
from .heights import (
    FLAT,
    LIMIT_PX,
    Rise,
    Room,
    fading,
    foot,
    goes_on_at,
    high_enough,
    meeting,
    outline,
    skyline,
    without_twigs,
)
from .ring import Ending
from .strata import Bend
from .transitions import ALPHA_WEIGHT, premultiplied

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


class Fitting:
    """Fits landings over one exemplar, whose seams are `overlap` px wide, into a layer of `height` rows.

    Rows are bent by `bend` px at most.
    """

    def __init__(self, exemplar: Exemplar, height: int, overlap: int, bend: float) -> None:
        self._exemplar, self._height, self._overlap = exemplar, height, overlap
        self._bend = min(int(bend), strata.LIMIT_PX, height // strata.ROWS)
        self.has_matte = exemplar.pictures[0].shape[2] == 4
        mattes = [picture[..., 3] for picture in exemplar.pictures] if self.has_matte else []
        self._feet, self._tops = [foot(matte) for matte in mattes], [skyline(matte) for matte in mattes]
        self._lines = [high_enough(matte) for matte in mattes]

    def place(self, old: F32, orientation: int, column: int, row: int, in_head: bool = False) -> tuple[int, int]:
        """The landing to the pixel: the best match of `old` within one cell of the planned place; with a matte, in
        any row. In the head a new matte begins only where the head ends, so the first half of it does not count."""
        skipped = self._overlap // 2 if self.has_matte and in_head else 0
        column, row = self._best(old[:, skipped:], orientation, column + skipped, row)
        return column - skipped, row

    def _best(self, old: F32, orientation: int, column: int, row: int) -> tuple[int, int]:
        cells, exemplar = self._exemplar.cells, self._exemplar
        picture = exemplar.pictures[orientation]
        spare = picture.shape[0] - exemplar.first_row - self._height
        left = max(self._overlap - old.shape[1], column - cells.width - 1)  # the whole overlap lies in the picture
        right = min(exemplar.columns, column + old.shape[1] + cells.width + 1)
        first, last = row - cells.height, row + cells.height
        if self.has_matte:
            new = self._skyline(orientation, left, right)
            first, last = -exemplar.first_row, spare  # without a skyline any row will do; all are few
            if new.any():
                met = meeting(outline(old[..., 3]), new, _even(old.shape[1]), (first, last), LIMIT_PX)
                first, last = met - 1, met + 1
        first, last = (int(np.clip(r, -exemplar.first_row, spare)) for r in (first, last))
        top, bottom = exemplar.first_row + first, exemplar.first_row + last + self._height
        wanted = np.rint(old).clip(0, 255).astype(np.uint8)
        y, x = nearest(_comparable(picture[top:bottom, left:right]), _comparable(wanted))
        return left + x, first + y

    def rise(self, old: F32, edit: Edit, room: int | None, in_head: bool) -> Rise:
        """What moves the skyline of `edit` to that of `old`, what it is cut into; it has faded after `room` columns.

        In the head the source's own matte is kept as far as the overlap goes, and the mattes meet at its end.
        """
        if not self.has_matte:
            return FLAT
        line, weight = outline(old[..., 3]), _even(self._overlap)
        if in_head:  # what is seen of the piece begins behind the head
            line, weight = np.repeat(goes_on_at(line), self._overlap // 2), _falling(self._overlap // 2)
        start = edit.column + (self._overlap - 1 if in_head else 0)
        new = self._skyline(edit.orientation, start, min(start + len(line), self._exemplar.columns))
        if not (new + self._exemplar.first_row).any():
            return FLAT
        px = meeting(line[: len(new)], new - edit.row, weight[: len(new)], (0, 0), LIMIT_PX)
        columns = np.arange(edit.column, self._exemplar.columns)
        return fading(px, self._room(edit, columns, in_head), self._overlap, 2 * self._overlap, room)

    def bend(self, old: F32, edit: Edit, reference: float) -> Bend:
        """What moves the rows of `edit`, with its rise, to those of `old`; `reference` grey levels cost 1."""
        picture = self._exemplar.pictures[edit.orientation]
        top = self._exemplar.first_row + edit.row + edit.rise.px
        rows = np.arange(top - strata.LIMIT_PX, top + self._height + strata.LIMIT_PX)
        rows = np.clip(rows, 0, 2 * len(picture) - 2)
        rows = np.where(rows < len(picture), rows, 2 * len(picture) - 2 - rows)
        new = picture[rows, edit.column : edit.column + self._overlap].astype(np.float32)
        low = int(np.median(self.low(edit.orientation, edit.column, self._overlap))) - top
        if self.has_matte:
            low = max(low, int(np.median(skyline(old[..., 3]))))
        knots = strata.ROWS * np.arange(strata.knot_count(self._height))
        room = np.minimum(self._bend, np.maximum(knots - low, 0) // 2)
        if not self.has_matte:  # beyond a band there is something else
            room = np.minimum(room, np.minimum(top + knots, np.maximum(len(picture) - 1 - top - knots, 0)))
        return strata.meeting(old, new, self._exemplar.seen, room, reference, 2 * self._overlap)

    def low(self, orientation: int, column: int, columns: int) -> I64:
        """The row of picture `orientation` above which nothing may be bent, from `column` on, int64 [columns]."""
        if not self.has_matte:
            return np.full(columns, -self._height)
        return self._feet[orientation][column : column + columns]

    def ending(self, head: F32, jump: Jump, circumference: int, room: int) -> Ending:
        """The piece that leads to the source's first columns, `head`, as `jump` was planned, in `room` columns.

        It is placed and moved like any landing, seen in a mirror.
        """
        planned = jump.leave - self._exemplar.left
        ending = Ending(circumference, jump, *self.place(head, jump.leave_orientation, planned, jump.row_shift))
        new = self._skyline(jump.leave_orientation, ending.column, ending.column + self._overlap)
        # it has to begin within its picture, where a landing may be planned and refined; the plan does not know the
        # refinement of this one
        within = min(planned, ending.column) - self._overlap - 2 * SLACK_CELLS * self._exemplar.cells.width
        longest = min(within, room)
        if longest < 1 or not (new + self._exemplar.first_row).any():
            return ending
        px = meeting(outline(head[..., 3]), new - ending.row, _even(self._overlap), (0, 0), LIMIT_PX)
        columns = np.arange(ending.column + self._overlap - 1, -1, -1)
        free = self._room(ending.edit, columns, False)
        return replace(ending, rise=fading(px, free, self._overlap, self._overlap, longest))

    def _skyline(self, orientation: int, start: int, stop: int) -> I64:
        """First opaque rows of the exemplar's columns start..stop, counted from the layer's first row; its own first
        rows without a matte."""
        if not self.has_matte:
            return np.full(stop - start, -self._exemplar.first_row)
        return without_twigs(self._lines[orientation][start:stop]) - self._exemplar.first_row

    def _room(self, edit: Edit, columns: I64, in_head: bool) -> Room:
        """How far `columns` of the exemplar may move as `edit` shows them: up to the plate's top, and as far as the
        rows at the foot can be reflected; down to the lowest place that the layer leaves clear in the source, for no
        more is painted behind."""
        shift, rows = self._exemplar.first_row + edit.row, self._exemplar.pictures[edit.orientation].shape[0]
        top, low = self._tops[edit.orientation][columns], self._feet[edit.orientation][columns]
        if in_head:
            top[: self._overlap], low[: self._overlap] = rows, 0
        lowest = int(self._feet[edit.orientation].max())
        solid = np.where(low < rows, rows - 1 - low, rows)
        return Room(np.minimum(top - shift, solid), lowest - (low - edit.row))


def nearest(area: Pixels, wanted: Pixels) -> tuple[int, int]:
    """Row and column at which `area` [h, w, c] differs least from `wanted` [fewer, fewer, c], the first of several.

    Counted in whole numbers, so that it is the same on every machine.
    """
    rows, columns, channels = wanted.shape
    across = area.shape[1] - columns + 1
    places = (area.shape[0] - rows + 1) * across
    flat, sought = area.reshape(len(area), -1), wanted.reshape(rows, -1)
    y, x = divmod(int(_least(flat, sought, places, across, channels)), across)
    return y, x


@njit(cache=True, nogil=True)
def _least(area: Pixels, wanted: Pixels, places: int, across: int, channels: int) -> int:
    """The number of the place, row by row, at which `area` differs least; the one in the middle is tried first, and a
    place is left as soon as it is the worse one."""
    best, found = np.int64(1) << 62, 0
    for number in range(-1, places):
        place = places // 2 if number < 0 else number
        y, x = place // across, place % across * channels
        total = np.int64(0)
        for row in range(wanted.shape[0]):
            there, sought = area[y + row, x : x + wanted.shape[1]], wanted[row]
            apart = np.int32(0)
            for k in range(len(sought)):
                d = np.int32(there[k]) - np.int32(sought[k])
                apart += d * d
            total += apart
            if total > best:
                break
        if total < best or (total == best and place < found):
            best, found = total, place
    return found


def _even(columns: int) -> NDArray[np.float64]:
    return np.full(columns, 1 / columns)


def _falling(columns: int) -> NDArray[np.float64]:
    weight = np.arange(columns, 0, -1, dtype=np.float64)
    return np.asarray(weight / weight.sum(), np.float64)


def _comparable(pixels: Pixels) -> Pixels:
    """Pixels whose squared difference says how different they look, uint8 with as many channels."""
    if pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    alpha = pixels[..., 3].astype(np.float32) * np.float32(ALPHA_WEIGHT / 255)
    return np.dstack([premultiplied(pixels), alpha.astype(np.uint8)])
