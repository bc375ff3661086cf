"""A layer's rows, continued to the right without end: a list of edits, and the pixels rendered from it.

An edit says that from plate column `start` on the exemplar's column `column` is shown, and how the seam is cut. The
first one cuts through the source's own last columns (the head), so nothing is reflected at the edge. Pixels are
rendered once into a buffer whose left end is dropped as the window moves on; the list keeps only what the buffer
still shows. Painting each step's new columns from the step before was the other road, and the reason why classic
inpainters collapse: here every pixel is a copy of a source pixel plus an offset that fades to nothing.

With a circumference the tape is a ring (`ring`): what flows into the source's first columns is chosen before the walk
begins, and less than a picture's width before the end the walk takes the way home (`closing`).
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import paged
from .closing import SLACK_CELLS
from .column_walk import ColumnWalk, Jump
from .edits import Edit, packed, unpacked
from .exemplar import Exemplar
from .fitting import Fitting
from .ground import Ground, mirror_copies
from .heights import raised
from .landings import Brink, Offer
from .ring import BEYOND_PX, Ending, Ring
from .seam import cut_into, join, lift, rounded
from .settings import WalkSettings

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
FADE_OVERLAPS = 4
WAY_HOME_WIDTHS = 0.75  # the walk is free as long as so much remains of a ring, or what a way with one stop needs


class Tape:
    """A layer's ground, RGB or RGBA, continued right of its last column. Columns are plate columns, px.

    With `circumference` it shows the source again from that plate column on.
    """

    def __init__(
        self,
        ground: Ground,
        settings: WalkSettings,
        contrast: float,
        seed: tuple[int, ...],
        circumference: int | None = None,
    ) -> None:
        self.width, self.height = ground.width, ground.height
        self._band = ground.layer
        self._exemplar = Exemplar(ground, settings.mirror)
        self._contrast, self._reference = settings.contrast * contrast, settings.reference * contrast
        self.overlap = self._exemplar.cells.overlap if self._exemplar.cells.walkable else 0
        self._stop_px = 2 * (self.overlap + self._exemplar.cells.run)  # one stop on the way home, and what follows it
        self._walk = ColumnWalk(ground, self._exemplar, settings, contrast, seed) if self.overlap else None
        self._fitting = Fitting(self._exemplar, self.height, self.overlap, settings.bend)
        self._origin = Edit(0, 0, -self._exemplar.left, 0)
        self.edits: list[Edit] = []
        self._first = 0  # plate column of the buffer's left end
        self._buffer = self._band
        self._end = self.width - self.overlap  # pixels left of it are final
        self._version = 0
        self._saved: tuple[int, dict[str, NDArray[Any]]] | None = None
        self._circumference = circumference
        self._home = False  # has the walk come to the end of its ring
        self._ring: Ring | None = None
        if circumference and self._walk:
            self._ring = self._close_ring(circumference)
            self._buffer = self._ring.shown
        paged.put_away(ground.picture)

    def read(self, start: int, stop: int) -> Pixels:
        """Columns start..stop, uint8 [height, stop - start, 3 or 4]; a view or a new array, not to be written to."""
        if self._walk is None or stop <= self._first:
            return self._mirror_copies(start, stop)
        if start < self._first:
            parts = [self._mirror_copies(start, self._first), self.read(self._first, stop)]
            return np.concatenate(parts, axis=1)
        if self._ring and stop > self._ring.circumference:
            around = self._ring.circumference
            if start < around:
                return np.concatenate([self.read(start, around), self.read(around, stop)], axis=1)
            self._extend(self.width)
            return self._ring.read(start - around, stop - around)
        self._extend(stop)
        return self._buffer[:, start - self._first : stop - self._first]

    def brink(self) -> Brink:
        """What the layer shows along its borders."""
        found = Brink(self._exemplar)
        paged.put_away(self._band)
        return found

    def offer(self) -> Offer | None:
        """The places at which the layer could go on behind the source; None if it cannot be walked in."""
        return self._walk.offer(self._origin.column_at(self._end), self._end) if self._walk else None

    def land_first(self, state: int) -> None:
        """Go on at `state`, one of those that `offer` has named."""
        assert self._walk is not None
        self._walk.land_first(state)

    def still(self, start: int, stop: int) -> Pixels:
        """Like `read`, but the layer as the source has it, without a head, and mirror copies outside."""
        return self._mirror_copies(start, stop)

    def forget(self, before: int) -> None:
        """Columns left of `before` will not be asked again."""
        before = min(before, self._end - 1)
        if self._walk is None or before <= self._first:
            return
        self._buffer = self._buffer[:, before - self._first :]
        self._first = before
        while len(self.edits) > 1 and self.edits[1].start <= before - self.overlap:
            del self.edits[0]
            self._version += 1

    def _mirror_copies(self, start: int, stop: int) -> Pixels:
        """The layer's rows repeated to both sides, every second copy mirrored: for pictures too small to walk in."""
        return self._band[:, mirror_copies(np.arange(start, stop), self.width, self._circumference)]

    def _extend(self, stop: int) -> None:
        pieces = []
        while self._end < stop:
            pieces += self._go_on()
        if pieces:
            known = self._buffer[:, : pieces[0][0] - self._first]
            self._buffer = np.concatenate([known, *(p for _, p in pieces)], axis=1)

    def _go_on(self) -> list[tuple[int, Pixels]]:
        """Append one edit, or all that lead home; the plate columns and pixels that become final."""
        assert self._walk is not None
        before, begin, made = self._current(), self._end, self._walk.jumps
        here = before.column_at(begin)
        jump = self._walk.plan(before.orientation, here, begin)
        leave = min(max(here, jump.leave), self._exemplar.columns - self.overlap)
        start = begin + leave - here
        ring, run = self._ring, self._exemplar.cells.run
        if ring is None or self._is_free(ring, start):
            self._remember(before, begin, start)
            return [self._land(start, jump)]
        self._walk.jumps = made
        earliest = begin + run if self.edits else begin
        way = max(self.width, self._shortest_px(ring) - run)  # there has been a landing's run since the last jump
        start = min(start, max(ring.circumference - way, earliest))
        self._remember(before, begin, start)
        return self._go_home(ring, start)

    def _is_free(self, ring: Ring, start: int) -> bool:
        """May the walk jump at plate column `start` wherever it likes, and still come home?"""
        least = max(WAY_HOME_WIDTHS * self.width, self._shortest_px(ring))
        return ring.circumference - start - self.overlap >= least

    def _shortest_px(self, ring: Ring) -> int:
        """Px that the way home takes from the overlap of a landing on: one stop, and what it has to show at its end.

        It is planned in cells, and what ends within one is rounded up.
        """
        cells = self._exemplar.cells
        return self._stop_px + max(cells.run, ring.ending.settling_px + (SLACK_CELLS + 2) * cells.width)

    def _go_home(self, ring: Ring, start: int) -> list[tuple[int, Pixels]]:
        """Append the edits from plate column `start` on, until the source comes again."""
        assert self._walk is not None
        now, end = self._current(), ring.ending
        here = now.orientation, now.column_at(start), start
        way = self._walk.way_home(*here, end.circumference, end.jump, end.settling_px)
        pieces = [self._land(column, jump) for column, jump in way[:-1]]
        pieces.append(self._land(*way[-1], end))
        return [*pieces, (self._end, self._arrive(ring))]

    def _arrive(self, ring: Ring) -> Pixels:
        """The last piece of a ring, from where it is final to where the source comes again."""
        begin, self._end = self._end, ring.circumference
        self._home = True
        return rounded(self._piece(self._current(), begin, self._end))

    def _remember(self, edit: Edit, start: int, stop: int) -> None:
        if stop > start and self._walk is not None:
            self._walk.show(edit.orientation, edit.column_at(start), stop - start, start)

    def _land(self, start: int, jump: Jump, ending: Ending | None = None) -> tuple[int, Pixels]:
        """Append the edit of a jump at plate column `start`; the plate column and the pixels that it makes final.

        An `ending` has its place; any other landing is looked for round the planned one.
        """
        assert self._walk is not None
        before, begin, stop = self._current(), self._end, start + self.overlap
        known = self._piece(before, begin, stop)
        old = np.ascontiguousarray(known[:, start - begin :])
        edit = self._fit(old, start, jump, ending)
        raw = self._raw(edit, start, stop)
        new = self._lifted(raw.copy(), edit, start)
        seam = join(old, new, self._contrast, FADE_OVERLAPS * self.overlap, same_matte=not self.edits)
        if ending:  # what comes after it was cut without this seam's offset
            seam = replace(seam, fade_px=min(seam.fade_px, ending.circumference - stop))
        edit = replace(edit, seam=seam)
        self._walk.show(before.orientation, before.column_at(start), self.overlap, start, only_things=True)
        self._remember(edit, start, stop)
        self.edits.append(edit)
        self._end = stop
        self._version += 1
        pixels = self._mixed(known, self._lifted(raw, edit, start), edit)
        if self._ring and self._ring.first is None:
            self._begin_ring(self._ring, edit)
        return begin, pixels

    def _close_ring(self, circumference: int) -> Ring:
        """Choose what leads to the source's second coming, and cut the seam to it."""
        assert self._walk is not None
        head = self._band[:, : self.overlap].astype(np.float32)
        room = circumference - self.width - self._stop_px
        ending = self._fitting.ending(head, self._walk.arrival(), circumference, room)
        piece = self._raw(ending.edit, circumference, circumference + self.overlap)
        return Ring(self._band, ending, piece, self._contrast, FADE_OVERLAPS * self.overlap)

    def _begin_ring(self, ring: Ring, first: Edit) -> None:
        """Tell the ring how the source ends on the right."""
        beyond = self._piece(first, self.width, self.width + min(self._exemplar.cells.run, BEYOND_PX))
        ring.begin_with(first, self._render(self._origin, first, self.width - self.overlap), rounded(beyond))

    def _current(self) -> Edit:
        return self.edits[-1] if self.edits else self._origin

    def _fit(self, old: F32, start: int, jump: Jump, ending: Ending | None) -> Edit:
        """The edit of a jump that is cut into `old` at plate column `start`, without its seam."""
        in_head = not self.edits
        if ending:
            column, row, room = ending.column_at(start), ending.row, ending.circumference - start - self.overlap
        else:
            column, row = self._fitting.place(old, jump.orientation, jump.column, jump.row_shift, in_head)
            room = None
        edit = Edit(start, jump.orientation, column, row)
        edit = replace(edit, rise=self._fitting.rise(old, edit, room, in_head))
        return edit if ending else replace(edit, bend=self._fitting.bend(old, edit, self._reference))

    def _raw(self, edit: Edit, start: int, stop: int) -> F32:
        """Plate columns start..stop as the source has what `edit` shows there, moved up or down."""
        top = self._exemplar.first_row + edit.row
        picture, column = self._exemplar.pictures[edit.orientation], edit.column_at(start)
        behind = np.arange(start, stop) - edit.start - self.overlap
        heights = edit.rise.at(behind)
        if self._ring:
            heights = heights + self._ring.ending.heights(np.arange(start, stop))
        if edit.bend is not None and not edit.bend.straight and behind[0] < edit.bend.fade_px:
            low = self._fitting.low(edit.orientation, column, stop - start)
            bend, share = edit.bend.rows(self.height), edit.bend.share(behind)
            return raised(picture, top, self.height, column, heights, bend, share, low)
        if heights.any():
            still = np.zeros(self.height, np.float32), np.zeros(stop - start, np.float32), heights
            return raised(picture, top, self.height, column, heights, *still)
        return picture[top : top + self.height, column : column + stop - start].astype(np.float32)

    def _piece(self, edit: Edit, start: int, stop: int) -> F32:
        """Plate columns start..stop as `edit` shows them, with the rest of its colour offset."""
        return self._lifted(self._raw(edit, start, stop), edit, start)

    def _lifted(self, pixels: F32, edit: Edit, start: int) -> F32:
        """`pixels`, what `edit` shows from plate column `start` on, with the rest of its colour offset, in place."""
        if edit.seam is not None:
            columns = np.arange(start, start + pixels.shape[1])
            lift(pixels, edit.seam.offset(), edit.seam.fade(columns - edit.start - self.overlap))
        if self._ring:
            self._ring.tint(pixels, start)
        return pixels

    def _render(self, before: Edit, edit: Edit, begin: int) -> Pixels:
        """Plate columns begin..end of the overlap of `edit`, which follows `before`."""
        stop = edit.start + self.overlap
        return self._mixed(self._piece(before, begin, stop), self._piece(edit, edit.start, stop), edit)

    def _mixed(self, old: F32, new: F32, edit: Edit) -> Pixels:
        """`old`, whose last columns `edit` is cut into, with what it shows there, `new`; `old` is not used again."""
        assert edit.seam is not None
        return rounded(cut_into(old, new, edit.seam, same_matte=edit.start + self.overlap <= self.width))

    def state(self) -> dict[str, NDArray[Any]]:
        """What later columns depend on; the same arrays as before as long as nothing has changed."""
        if self._walk is None:
            return {}
        if self._saved is None or self._saved[0] != self._version:
            # a ring shows its first edit again at its end
            first = [self._ring.first] if self._ring and self._ring.first else []
            edits = packed([*first, *self.edits], self.height)
            self._saved = self._version, {**edits, **self._walk.state(), "home": np.array([self._home])}
        return self._saved[1]

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a tape where `state()` was called; the pixels that are still needed are rendered again."""
        if self._walk is None:
            return
        self._walk.restore(state)
        self.edits = unpacked(state)
        if self._ring and self.edits:
            self._begin_ring(self._ring, self.edits.pop(0))
        self._version += 1
        whole = len(self.edits) == self._walk.jumps
        before = self._origin
        known = self._ring.shown if self._ring else self._band
        parts = [known[:, : self.width - self.overlap]]
        self._first, self._end = 0, self.width - self.overlap
        for index, edit in enumerate(self.edits):
            if index == 0 and not whole:  # what it was cut into has been forgotten
                self._first = self._end = edit.start + self.overlap
                parts = []
            else:
                parts.append(self._render(before, edit, self._end))
                self._end = edit.start + self.overlap
            before = edit
        if self._ring and state["home"][0]:
            parts.append(self._arrive(self._ring))
        if whole and not self.edits:
            parts.append(known[:, self.width - self.overlap :])
        self._buffer = np.concatenate(parts, axis=1) if parts else self._band[:, :0]
