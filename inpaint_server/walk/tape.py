"""A layer's rows, continued to the right without end: a list of edits, and the pixels rendered from it.

An edit says that from plate column `start` on the exemplar's column `column` is shown, and how the seam is cut. The
first one cuts through the source's own last columns (the head), so nothing is reflected at the edge. Pixels are
rendered once into a buffer whose left end is dropped as the window moves on; the list keeps only what the buffer
still shows. Painting each step's new columns from the step before was the other road, and the reason why classic
inpainters collapse: here every pixel is a copy of a source pixel plus an offset that fades to nothing.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .column_walk import ColumnWalk
from .exemplar import Exemplar
from .seam import Seam, join, knot_count, mix
from .settings import WalkSettings

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
FADE_OVERLAPS = 4


@dataclass(frozen=True)
class Edit:
    """From plate column `start` on, picture `orientation` from its column `column` on, rows shifted by `row` px."""

    start: int
    orientation: int
    column: int
    row: int
    seam: Seam | None = None

    def column_at(self, x: int) -> int:
        """The exemplar's column shown at plate column x."""
        return self.column + x - self.start


class Tape:
    """Rows top..top+height of `source` [H, W, 3], continued right of column W. Columns are plate columns, px."""

    def __init__(
        self, source: RGB, top: int, height: int, settings: WalkSettings, contrast: float, seed: tuple[int, ...]
    ) -> None:
        self.width, self.height = source.shape[1], height
        self._band = np.ascontiguousarray(source[top : top + height])
        self._exemplar = Exemplar(source, top, height, settings.row_reach, settings.mirror)
        self._contrast = settings.contrast * contrast
        self.overlap = self._exemplar.cells.overlap if self._exemplar.cells.walkable else 0
        self._walk = ColumnWalk(source, top, self._exemplar, settings, contrast, seed) if self.overlap else None
        self._origin = Edit(0, 0, -self._exemplar.left, 0)
        self.edits: list[Edit] = []
        self._first = 0  # plate column of the buffer's left end
        self._buffer = self._band
        self._end = self.width - self.overlap  # pixels left of it are final
        self._version = 0
        self._saved: tuple[int, dict[str, NDArray[Any]]] | None = None

    def read(self, start: int, stop: int) -> RGB:
        """Columns start..stop, RGB uint8 [height, stop - start, 3]; a view or a new array, not to be written to."""
        if self._walk is None or stop <= self._first:
            return self._mirror_copies(start, stop)
        if start < self._first:
            parts = [self._mirror_copies(start, self._first), self.read(self._first, stop)]
            return np.concatenate(parts, axis=1)
        self._extend(stop)
        return self._buffer[:, start - self._first : stop - self._first]

    def still(self, start: int, stop: int) -> RGB:
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

    def _mirror_copies(self, start: int, stop: int) -> RGB:
        """The layer's rows repeated to both sides, every second copy mirrored: for pictures too small to walk in."""
        x = np.arange(start, stop) % (2 * self.width)
        return self._band[:, np.where(x < self.width, x, 2 * self.width - 1 - x)]

    def _extend(self, stop: int) -> None:
        pieces = []
        while self._end < stop:
            pieces.append(self._jump())
        if pieces:
            known = self._buffer[:, : pieces[0][0] - self._first]
            self._buffer = np.concatenate([known, *(p for _, p in pieces)], axis=1)

    def _jump(self) -> tuple[int, RGB]:
        """Append one edit; returns the plate column and the pixels that it makes final."""
        assert self._walk is not None
        before, begin = self._current(), self._end
        here = before.column_at(begin)
        jump = self._walk.plan(before.orientation, here, begin)
        leave = min(max(here, jump.leave), self._exemplar.columns - self.overlap)
        start = begin + leave - here
        if start > begin:
            self._walk.show(before.orientation, here, start - begin, begin)
        old = self._piece(before, start, start + self.overlap)
        column, row = self._refine(old, jump.orientation, jump.column, jump.row_shift)
        new = self._raw(jump.orientation, column, row, self.overlap)
        seam = join(old, new, self._contrast, FADE_OVERLAPS * self.overlap)
        edit = Edit(start, jump.orientation, column, row, seam)
        self._walk.show(edit.orientation, column, self.overlap, start)
        self.edits.append(edit)
        self._end = start + self.overlap
        self._version += 1
        return begin, self._render(before, edit, begin)

    def _current(self) -> Edit:
        return self.edits[-1] if self.edits else self._origin

    def _refine(self, old: F32, orientation: int, column: int, row: int) -> tuple[int, int]:
        """The landing to the pixel: the best match of `old` within one cell of the planned place."""
        cells, exemplar = self._exemplar.cells, self._exemplar
        picture = exemplar.pictures[orientation]
        top = int(np.clip(exemplar.first_row + row - cells.height, 0, picture.shape[0] - self.height))
        bottom = min(picture.shape[0], exemplar.first_row + row + cells.height + self.height)
        left = max(0, column - cells.width - 1)
        right = min(exemplar.columns, column + self.overlap + cells.width + 1)
        wanted = np.rint(old).clip(0, 255).astype(np.uint8)
        match = cv2.matchTemplate(picture[top : max(bottom, top + self.height), left:right], wanted, cv2.TM_SQDIFF)
        y, x = np.unravel_index(int(np.argmin(match)), match.shape)
        return left + int(x), top + int(y) - exemplar.first_row

    def _raw(self, orientation: int, column: int, row: int, length: int) -> F32:
        top = self._exemplar.first_row + row
        picture = self._exemplar.pictures[orientation]
        return picture[top : top + self.height, column : column + length].astype(np.float32)

    def _piece(self, edit: Edit, start: int, stop: int) -> F32:
        """Plate columns start..stop as `edit` shows them, with the rest of its colour offset."""
        pixels = self._raw(edit.orientation, edit.column_at(start), edit.row, stop - start)
        if edit.seam is not None:
            t = (np.arange(start, stop) - edit.start - self.overlap) / edit.seam.fade_px
            fade = (0.5 + 0.5 * np.cos(np.pi * np.clip(t, 0, 1))).astype(np.float32)
            pixels += edit.seam.offset()[:, None] * fade[None, :, None]
        return pixels

    def _render(self, before: Edit, edit: Edit, begin: int) -> RGB:
        """Plate columns begin..end of the overlap of `edit`, which follows `before`."""
        assert edit.seam is not None
        stop = edit.start + self.overlap
        old = self._piece(before, begin, stop)
        new = self._piece(edit, edit.start, stop)
        old[:, edit.start - begin :] = mix(old[:, edit.start - begin :], new, edit.seam.cut, edit.seam.width())
        return np.rint(old).clip(0, 255).astype(np.uint8)

    def state(self) -> dict[str, NDArray[Any]]:
        """What later columns depend on; the same arrays as before as long as nothing has changed."""
        if self._walk is None:
            return {}
        if self._saved is None or self._saved[0] != self._version:
            self._saved = (self._version, self._pack())
        return self._saved[1]

    def _pack(self) -> dict[str, NDArray[Any]]:
        assert self._walk is not None
        seams = [e.seam for e in self.edits if e.seam is not None]
        rows = [(e.start, e.orientation, e.column, e.row, s.fade_px) for e, s in zip(self.edits, seams, strict=True)]
        return {
            "edits": np.array(rows, np.int64).reshape(-1, 5),
            "cuts": np.array([s.cut for s in seams], np.int16).reshape(-1, self.height),
            "knots": np.array([s.knots for s in seams], np.float32).reshape(-1, knot_count(self.height), 4),
            "value": self._walk.value.copy(),
            "seen": self._walk.seen.copy(),
            "jumps": np.array([self._walk.jumps], np.int64),
        }

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a tape where `state()` was called; the pixels that are still needed are rendered again."""
        if self._walk is None:
            return
        self._walk.value[:] = state["value"]
        self._walk.seen[:] = state["seen"]
        self._walk.jumps = int(state["jumps"][0])
        self.edits = [
            Edit(int(e[0]), int(e[1]), int(e[2]), int(e[3]), Seam(cut.copy(), knots.copy(), int(e[4])))
            for e, cut, knots in zip(state["edits"], state["cuts"], state["knots"], strict=True)
        ]
        self._version += 1
        whole = len(self.edits) == self._walk.jumps
        before = self._origin
        parts = [self._band[:, : self.width - self.overlap]]
        self._first, self._end = 0, self.width - self.overlap
        for index, edit in enumerate(self.edits):
            if index == 0 and not whole:  # what it was cut into has been forgotten
                self._first = self._end = edit.start + self.overlap
                parts = []
            else:
                parts.append(self._render(before, edit, self._end))
                self._end = edit.start + self.overlap
            before = edit
        if whole and not self.edits:
            parts.append(self._band[:, self.width - self.overlap :])
        self._buffer = np.concatenate(parts, axis=1) if parts else self._band[:, :0]
