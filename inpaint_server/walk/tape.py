"""A layer's rows, continued to the right without end: a list of edits, and the pixels rendered from it.

An edit says that from plate column `start` on the exemplar's column `column` is shown, and how the seam is cut. The
first one cuts through the source's own last columns (the head), so nothing is reflected at the edge. Pixels are
rendered once into a buffer whose left end is dropped as the window moves on; the list keeps only what the buffer
still shows. Painting each step's new columns from the step before was the other road, and the reason why classic
inpainters collapse: here every pixel is a copy of a source pixel plus an offset that fades to nothing.

With a circumference the tape is a ring (`ring`): what flows into the source's first columns is chosen before the walk
begins, and less than a picture's width before the end the walk takes the way home (`closing`).
"""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .column_walk import ColumnWalk, Jump
from .exemplar import Exemplar
from .ground import Ground
from .heights import FLAT, LIMIT_PX, Rise, Room, fading, foot, meeting, outline, raised, skyline
from .landings import Brink, Offer
from .ring import BEYOND_PX, Ending, Ring
from .seam import Seam, join, keep_matte, knot_count, lift, mix, rounded
from .settings import WalkSettings
from .transitions import ALPHA_WEIGHT, premultiplied

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
FADE_OVERLAPS = 4
WAY_HOME_WIDTHS = 0.75  # the walk is free as long as so much remains of a ring, or what a way with one stop needs


@dataclass(frozen=True)
class Edit:
    """From plate column `start` on, picture `orientation` from its column `column` on, rows shifted by `row` px and,
    at first, by the `rise`."""

    start: int
    orientation: int
    column: int
    row: int
    seam: Seam | None = None
    rise: Rise = FLAT

    def column_at(self, x: int) -> int:
        """The exemplar's column shown at plate column x."""
        return self.column + x - self.start


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
        self._contrast = settings.contrast * contrast
        self.overlap = self._exemplar.cells.overlap if self._exemplar.cells.walkable else 0
        self._walk = ColumnWalk(ground, self._exemplar, settings, contrast, seed) if self.overlap else None
        mattes = self._exemplar.pictures if ground.has_matte else []
        self._feet = [foot(picture[..., 3]) for picture in mattes]
        self._origin = Edit(0, 0, -self._exemplar.left, 0)
        self.edits: list[Edit] = []
        self._first = 0  # plate column of the buffer's left end
        self._buffer = self._band
        self._end = self.width - self.overlap  # pixels left of it are final
        self._version = 0
        self._saved: tuple[int, dict[str, NDArray[Any]]] | None = None
        self._circumference = circumference
        self._home = False  # has the walk come to the end of its ring
        self._ring = self._close_ring(circumference) if circumference and self._walk else None
        if self._ring:
            self._buffer = self._ring.shown

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
        return Brink(self._exemplar)

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
        """The layer's rows repeated to both sides, every second copy mirrored: for pictures too small to walk in.

        In a ring the copies come from the nearer of its two ends.
        """
        x = np.arange(start, stop)
        if self._circumference:
            x %= self._circumference
            x = np.where(x < (self.width + self._circumference) // 2, x, x - self._circumference)
        x %= 2 * self.width
        return self._band[:, np.where(x < self.width, x, 2 * self.width - 1 - x)]

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
        ring = self._ring
        run = self._exemplar.cells.run_cells * self._exemplar.cells.width
        shortest = 2 * self.overlap + 3 * run
        if ring is None or ring.circumference - start - self.overlap >= max(WAY_HOME_WIDTHS * self.width, shortest):
            self._remember(before, begin, start)
            return [self._land(start, jump)]
        self._walk.jumps = made
        earliest = begin + run if self.edits else begin
        start = min(start, max(ring.circumference - self.width, earliest))
        self._remember(before, begin, start)
        return self._go_home(ring, start)

    def _go_home(self, ring: Ring, start: int) -> list[tuple[int, Pixels]]:
        """Append the edits from plate column `start` on, until the source comes again."""
        assert self._walk is not None
        before = self._current()
        way = self._walk.way_home(
            before.orientation, before.column_at(start), start, ring.circumference, ring.ending.jump
        )
        pieces = [self._land(column, jump) for column, jump in way[:-1]]
        pieces.append(self._land(*way[-1], ring.ending))
        return [*pieces, (self._end, self._arrive(ring))]

    def _arrive(self, ring: Ring) -> Pixels:
        """The last piece of a ring, from where it is final to where the source comes again."""
        begin, self._end = self._end, ring.circumference
        self._home = True
        return np.rint(self._piece(self._current(), begin, self._end)).clip(0, 255).astype(np.uint8)

    def _remember(self, edit: Edit, start: int, stop: int) -> None:
        if stop > start and self._walk is not None:
            self._walk.show(edit.orientation, edit.column_at(start), stop - start, start)

    def _land(self, start: int, jump: Jump, ending: Ending | None = None) -> tuple[int, Pixels]:
        """Append the edit of a jump at plate column `start`; the plate column and the pixels that it makes final.

        An `ending` has its place; any other landing is looked for round the planned one.
        """
        assert self._walk is not None
        before, begin, stop = self._current(), self._end, start + self.overlap
        old = self._piece(before, start, stop)
        if ending:
            column, row = ending.column_at(start), ending.row
        else:
            skipped = self._unmatched()
            column, row = self._refine(old[:, skipped:], jump.orientation, jump.column + skipped, jump.row_shift)
            column -= skipped
        bare = Edit(start, jump.orientation, column, row)
        edit = replace(bare, rise=self._rise(old, bare, ending.circumference - stop if ending else None))
        new = self._raw(edit, start, stop)
        if self._ring:
            self._ring.tint(new, start)
        seam = join(old, new, self._contrast, FADE_OVERLAPS * self.overlap, same_matte=not self.edits)
        if ending:  # what comes after it was cut without this seam's offset
            seam = replace(seam, fade_px=min(seam.fade_px, ending.circumference - stop))
        edit = replace(edit, seam=seam)
        self._walk.show(edit.orientation, column, self.overlap, start)
        self.edits.append(edit)
        self._end = stop
        self._version += 1
        pixels = self._render(before, edit, begin)
        if self._ring and self._ring.first is None:
            self._begin_ring(self._ring, edit)
        return begin, pixels

    def _close_ring(self, circumference: int) -> Ring:
        """Choose what leads to the source's second coming, and cut the seam to it."""
        assert self._walk is not None
        jump = self._walk.arrival()
        head = self._band[:, : self.overlap].astype(np.float32)
        planned = jump.leave - self._exemplar.left
        column, row = self._refine(head, jump.leave_orientation, planned, jump.row_shift)
        piece = self._raw(Edit(0, jump.leave_orientation, column, row), 0, self.overlap)
        ending = Ending(circumference, jump, column, row)
        return Ring(self._band, ending, piece, self._contrast, FADE_OVERLAPS * self.overlap)

    def _begin_ring(self, ring: Ring, first: Edit) -> None:
        """Tell the ring how the source ends on the right."""
        run = self._exemplar.cells.run_cells * self._exemplar.cells.width
        beyond = self._piece(first, self.width, self.width + min(run, BEYOND_PX))
        head = self._render(self._origin, first, self.width - self.overlap)
        ring.begin_with(first, head, np.rint(beyond).clip(0, 255).astype(np.uint8))

    def _current(self) -> Edit:
        return self.edits[-1] if self.edits else self._origin

    def _unmatched(self) -> int:
        """How many first columns of an overlap do not count when the landing is looked for: in the head the new matte
        begins only where the head ends."""
        return self.overlap // 2 if self._band.shape[2] == 4 and not self.edits else 0

    def _refine(self, old: F32, orientation: int, column: int, row: int) -> tuple[int, int]:
        """The landing to the pixel: the best match of `old` within one cell of the planned place; with a matte, in
        any row."""
        cells, exemplar = self._exemplar.cells, self._exemplar
        picture = exemplar.pictures[orientation]
        spare = picture.shape[0] - exemplar.first_row - self.height
        left = max(self.overlap - old.shape[1], column - cells.width - 1)  # the whole overlap lies in the picture
        right = min(exemplar.columns, column + old.shape[1] + cells.width + 1)
        first, last = row - cells.height, row + cells.height
        if picture.shape[2] == 4:
            new = self._skyline(orientation, left, right)
            first, last = -exemplar.first_row, spare  # without a skyline any row will do; all are few
            if new.any():
                met = meeting(outline(old[..., 3]), new, _even(old.shape[1]), (first, last), LIMIT_PX)
                first, last = met - 1, met + 1
        first, last = (int(np.clip(r, -exemplar.first_row, spare)) for r in (first, last))
        top, bottom = exemplar.first_row + first, exemplar.first_row + last + self.height
        wanted = np.rint(old).clip(0, 255).astype(np.uint8)
        match = cv2.matchTemplate(_comparable(picture[top:bottom, left:right]), _comparable(wanted), cv2.TM_SQDIFF)
        y, x = np.unravel_index(int(np.argmin(match)), match.shape)
        return left + int(x), first + int(y)

    def _skyline(self, orientation: int, start: int, stop: int) -> I64:
        """First opaque rows of the exemplar's columns start..stop, counted from the layer's first row."""
        picture = self._exemplar.pictures[orientation]
        return outline(picture[:, start:stop, 3]) - self._exemplar.first_row

    def _rise(self, old: F32, edit: Edit, room: int | None) -> Rise:
        """What moves the skyline of `edit` to that of `old`, what it is cut into; it has faded after `room` columns."""
        if old.shape[2] == 3:
            return FLAT
        new = self._skyline(edit.orientation, edit.column, edit.column + self.overlap)
        if not (new + self._exemplar.first_row).any():
            return FLAT
        weight = _even(self.overlap)
        if self._unmatched():  # the mattes meet at the source's last column
            weight = np.arange(self.overlap, dtype=np.float64) ** 4
            weight /= weight.sum()
        px = meeting(outline(old[..., 3]), new - edit.row, weight, (0, 0), LIMIT_PX)
        return fading(px, self._room(edit), self.overlap, 2 * self.overlap, room)

    def _room(self, edit: Edit) -> Room:
        """How far the columns of `edit` may move: up to the plate's top, and as far as the rows at the foot can be
        reflected; down to the lowest place that the layer leaves clear in the source, for no more is painted behind."""
        alpha = self._exemplar.pictures[edit.orientation][..., 3]
        shift, rows = self._exemplar.first_row + edit.row, alpha.shape[0]
        top, low = skyline(alpha[:, edit.column :]), self._feet[edit.orientation][edit.column :]
        if self._unmatched():  # the source's own matte is kept as far as the overlap goes
            top, low = top.copy(), low.copy()
            top[: self.overlap], low[: self.overlap] = rows, 0
        lowest = int(self._feet[edit.orientation].max())
        solid = np.where(low < rows, rows - 1 - low, rows)
        return Room(np.minimum(top - shift, solid), lowest - (low - edit.row))

    def _raw(self, edit: Edit, start: int, stop: int) -> F32:
        """Plate columns start..stop as the source has what `edit` shows there, moved up or down."""
        top = self._exemplar.first_row + edit.row
        picture, column = self._exemplar.pictures[edit.orientation], edit.column_at(start)
        heights = edit.rise.at(np.arange(start, stop) - edit.start - self.overlap)
        if heights.any():
            return raised(picture, top, self.height, column, heights)
        return picture[top : top + self.height, column : column + stop - start].astype(np.float32)

    def _piece(self, edit: Edit, start: int, stop: int) -> F32:
        """Plate columns start..stop as `edit` shows them, with the rest of its colour offset."""
        pixels = self._raw(edit, start, stop)
        if edit.seam is not None:
            t = (np.arange(start, stop) - edit.start - self.overlap) / edit.seam.fade_px
            fade = (0.5 + 0.5 * np.cos(np.pi * np.clip(t, 0, 1))).astype(np.float32)
            lift(pixels, edit.seam.offset(), fade)
        if self._ring:
            self._ring.tint(pixels, start)
        return pixels

    def _render(self, before: Edit, edit: Edit, begin: int) -> Pixels:
        """Plate columns begin..end of the overlap of `edit`, which follows `before`."""
        assert edit.seam is not None
        stop = edit.start + self.overlap
        old = self._piece(before, begin, stop)
        new = self._piece(edit, edit.start, stop)
        into = old[:, edit.start - begin :]
        mixed = mix(into, new, edit.seam.cut, edit.seam.width())
        if edit.start + self.overlap <= self.width:
            keep_matte(mixed, into, new)
        old[:, edit.start - begin :] = mixed
        return rounded(old)

    def state(self) -> dict[str, NDArray[Any]]:
        """What later columns depend on; the same arrays as before as long as nothing has changed."""
        if self._walk is None:
            return {}
        if self._saved is None or self._saved[0] != self._version:
            self._saved = (self._version, self._pack())
        return self._saved[1]

    def _pack(self) -> dict[str, NDArray[Any]]:
        assert self._walk is not None
        # a ring shows its first edit again at its end
        first = [self._ring.first] if self._ring and self._ring.first else []
        edits = [*first, *self.edits]
        seams = [e.seam for e in edits if e.seam is not None]
        rows = [
            (e.start, e.orientation, e.column, e.row, s.fade_px, e.rise.px, e.rise.fade_px)
            for e, s in zip(edits, seams, strict=True)
        ]
        return {
            "edits": np.array(rows, np.int64).reshape(-1, 7),
            "cuts": np.array([s.cut for s in seams], np.int16).reshape(-1, self.height),
            "knots": np.array([s.knots for s in seams], np.float32).reshape(-1, knot_count(self.height), 4),
            "value": self._walk.value.copy(),
            "seen": self._walk.seen.copy(),
            "jumps": np.array([self._walk.jumps], np.int64),
            "home": np.array([self._home]),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a tape where `state()` was called; the pixels that are still needed are rendered again."""
        if self._walk is None:
            return
        self._walk.value[:] = state["value"]
        self._walk.seen[:] = state["seen"]
        self._walk.jumps = int(state["jumps"][0])
        self.edits = [
            Edit(e[0], e[1], e[2], e[3], Seam(cut.copy(), knots.copy(), e[4]), Rise(e[5], e[6]))
            for e, cut, knots in zip(state["edits"].tolist(), state["cuts"], state["knots"], strict=True)
        ]
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


def _even(columns: int) -> NDArray[np.float64]:
    return np.full(columns, 1 / columns)


def _comparable(pixels: Pixels) -> Pixels:
    """Pixels whose squared difference says how different they look, uint8 with as many channels."""
    if pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    alpha = pixels[..., 3].astype(np.float32) * np.float32(ALPHA_WEIGHT / 255)
    return np.dstack([premultiplied(pixels), alpha.astype(np.uint8)])
