"""A layer's body, continued downwards (or upwards) without end: rows of its own tape, each run shifted sideways.

The same plan as sideways, with rows for columns: from row `start` on the body's row `row` is shown again, `shift`
columns further along the tape, so that no column repeats above itself. Pixels stay pure copies, the picture is never
turned over and sky stays above ground inside a layer. A shear along a rational slope would let diagonal motion use
the sideways walk alone, but it cuts the horizon in slanted stripes; see docs/decisions/0002-diagonal-motion.md.

A seam runs along X and never ends, so it is computed in chunks, each a function of its place alone: the same pixel
comes out in whatever order it is asked, and nothing about a seam needs to be saved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .exemplar import CELLS
from .overlap import compare
from .planning import FORBIDDEN, next_jump, value_iteration
from .seam import colour_offset, cut_error, minimum_path, mix, transition_width, trusted
from .settings import WalkSettings
from .tape import Tape
from .transitions import UNKNOWN, ColumnDistance, accumulate, features

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
Body = Callable[[int, int], RGB]
CHUNK = 512
LEAD = 64  # px before and behind a chunk's border that decide where the cut crosses it
SHIFTS = 32  # sideways shifts that are compared at each jump
SHIFT_WIDTHS = 1.0  # how far the shifts reach, in picture widths
REMEMBERED = 3  # runs whose shifts are not taken again


@dataclass(frozen=True)
class RowEdit:
    """From row `start` on, the body's rows from `row` on are shown, read `shift` columns further along the tape."""

    start: int
    row: int
    shift: int

    def row_at(self, v: int) -> int:
        """The body's row shown at row v."""
        return self.row + v - self.start


@dataclass(frozen=True)
class Chunk:
    """One edit's seam over CHUNK columns: cut and half width per column, colour offset [CHUNK, 3]."""

    cut: NDArray[np.int16]
    width: F32
    offset: F32


class RowTape:
    """Rows beyond a tape's last row (or, `upward`, its first). Row v counts in the direction of growth, from the
    body's far side: 0..height is the body itself, of which the last `overlap` rows are cut again."""

    def __init__(
        self, tape: Tape, still: Body, upward: bool, settings: WalkSettings, contrast: float, seed: tuple[int, ...]
    ) -> None:
        self._tape, self._still, self._upward, self._seed = tape, still, upward, seed
        self._height, self._width = tape.height, tape.width
        self._contrast = settings.contrast * contrast
        self._reference = settings.reference * contrast
        self._settings = settings
        self._cell_width = max(1, round(self._width / CELLS))
        self._cell = min(max(1, round(self._height / 64)), max(1, self._height // 12))
        self._rows = self._height // self._cell
        self._overlap_cells = max(2, min(40, self._height // 6) // self._cell)
        self._run_cells = max(2, self._height // 4 // self._cell, self._overlap_cells)
        walkable = self._rows >= 2 * self._overlap_cells + self._run_cells + 4 and self._width >= 16
        self.overlap = self._overlap_cells * self._cell if walkable else 0
        self._skipped = self._height - self._rows * self._cell
        self.edits: list[RowEdit] = [RowEdit(0, 0, 0)]
        self._jumps = 0
        self._window = 0
        self._chunks: dict[tuple[int, int], Chunk] = {}
        self._version, self._saved = 0, (-1, {"edits": np.zeros(0, np.int64)})

    @property
    def reach(self) -> int:
        """Columns right of the window that the shifts and the chunks look at."""
        return int(SHIFT_WIDTHS * self._width) + 2 * CHUNK + self._margin

    @property
    def lead(self) -> int:
        """Columns left of an asked pixel that its seam depends on."""
        return CHUNK + self._margin

    @property
    def _margin(self) -> int:
        return max(LEAD, int(3 * self._smooth) + 32)

    @property
    def _smooth(self) -> float:
        return max(2.0, float(self._width) / 30)

    def read(self, first: int, last: int, start: int, stop: int) -> RGB:
        """Rows first..last, plate columns start..stop, RGB uint8, in the direction of growth."""
        if not self.overlap:
            r = np.arange(first, last) % (2 * self._height)
            return self._oriented(self._still(start, stop))[np.where(r < self._height, r, 2 * self._height - 1 - r)]
        while self.edits[-1].start + self.overlap < last or len(self.edits) == 1:
            self._jump()
        out = np.empty((last - first, stop - start, 3), np.float32)
        for index, edit in enumerate(self.edits):
            end = self.edits[index + 1].start if index + 1 < len(self.edits) else last
            a, b = max(first, edit.start), min(last, end)
            if a < b:
                self._paint(out[a - first : b - first], index, a, b, start, stop)
        return np.rint(out).clip(0, 255).astype(np.uint8)

    def look_at(self, start: int, first_row: int) -> None:
        """From now on the window begins at plate column `start`, and rows before `first_row` are not asked again."""
        self._window = start
        while len(self.edits) > 2 and self.edits[2].start <= first_row:
            del self.edits[0]
            self._version += 1
        rows = {e.start for e in self.edits}
        old = [k for k in self._chunks if k[0] not in rows or (k[1] + 2) * CHUNK < start]
        for key in old:
            del self._chunks[key]

    def _oriented(self, picture: RGB) -> RGB:
        return picture[::-1] if self._upward else picture

    def _body(self, edit: RowEdit, start: int, stop: int) -> RGB:
        """All rows of the body under `edit`; the very first run is the layer itself."""
        if edit == RowEdit(0, 0, 0):
            return self._oriented(self._still(start, stop))
        return self._oriented(self._tape.read(start + edit.shift, stop + edit.shift))

    def _paint(self, out: F32, index: int, a: int, b: int, start: int, stop: int) -> None:
        """Rows a..b of run `index`, whose first `overlap` rows are mixed with the run before."""
        edit = self.edits[index]
        body = self._body(edit, start, stop)
        out[:] = body[edit.row_at(a) : edit.row_at(b)]
        if index == 0:
            return
        cut, width, offset = self._seam(index, start, stop)
        fade_px = min(4 * self.overlap, self._run_cells * self._cell)
        t = (np.arange(a, b) - edit.start - self.overlap) / fade_px
        out += (0.5 + 0.5 * np.cos(np.pi * np.clip(t, 0, 1))).astype(np.float32)[:, None, None] * offset[None]
        mixed = min(b, edit.start + self.overlap)
        if a < mixed:
            before = self.edits[index - 1]
            strip = np.zeros((self.overlap, stop - start, 3), np.float32)
            inside = slice(a - edit.start, mixed - edit.start)
            strip[inside] = out[: mixed - a]
            old = np.zeros_like(strip)
            old[inside] = self._body(before, start, stop)[before.row_at(a) : before.row_at(mixed)]
            both = mix(old.transpose(1, 0, 2), strip.transpose(1, 0, 2), cut, width)
            out[: mixed - a] = both.transpose(1, 0, 2)[inside]

    def _seam(self, index: int, start: int, stop: int) -> tuple[NDArray[np.int16], F32, F32]:
        parts = [self._chunk(index, c) for c in range(start // CHUNK, (stop - 1) // CHUNK + 1)]
        inside = slice(start - start // CHUNK * CHUNK, stop - start // CHUNK * CHUNK)
        cut = np.concatenate([p.cut for p in parts])[inside]
        width = np.concatenate([p.width for p in parts])[inside]
        return cut, width, np.concatenate([p.offset for p in parts])[inside]

    def _chunk(self, index: int, number: int) -> Chunk:
        key = (self.edits[index].start, number)
        if key not in self._chunks:
            self._chunks[key] = self._compute_chunk(index, number * CHUNK)
        return self._chunks[key]

    def _strips(self, index: int, start: int, stop: int) -> tuple[F32, F32]:
        """Both sides of a seam over columns start..stop, as [columns, overlap, 3]."""
        edit, before = self.edits[index], self.edits[index - 1]
        sides = []
        for run in (before, edit):
            top = run.row_at(edit.start)
            strip = self._body(run, start, stop)[top : top + self.overlap]
            sides.append(np.ascontiguousarray(strip.transpose(1, 0, 2), dtype=np.float32))
        return sides[0], sides[1]

    def _compute_chunk(self, index: int, start: int) -> Chunk:
        margin = self._margin
        old, new = self._strips(index, start - margin, start + CHUNK + margin)
        overlap = compare(old, new)
        offset = colour_offset(overlap, trusted(overlap), self._smooth)
        error, smooth = cut_error(overlap, offset, self._contrast)
        width = transition_width(smooth, self._smooth / 2)
        # Where the cut crosses a chunk's border is decided by the surroundings of the border alone.
        left, right = (int(minimum_path(error[x - LEAD : x + LEAD], -1, -1)[LEAD]) for x in (margin, margin + CHUNK))
        cut = minimum_path(error[margin : margin + CHUNK + 1], left, right)
        inside = slice(margin, margin + CHUNK)
        return Chunk(cut[:CHUNK].astype(np.int16), width[inside], offset[inside])

    def _jump(self) -> None:
        """Append one edit, chosen by what the window shows now."""
        now = self.edits[-1]
        price, shifts = self._prices(now)
        random = np.random.default_rng((*self._seed, self._jumps))
        noise = random.standard_exponential(price.shape, dtype=np.float32)
        price += np.float32(self._settings.noise) * noise
        n, overlap, run = self._rows, self._overlap_cells, self._run_cells
        free, value = np.zeros(n), np.zeros(n)
        landed = value_iteration(price, free, value, n, overlap, run, 40)
        first = self._jumps == 0
        here = now.row + (0 if first else self.overlap)
        start = min((here - self._skipped) // self._cell + run, n - overlap) if not first else n - overlap
        leave, land = next_jump(price, landed, free, value, start, n, overlap)
        leave_row = max(here, leave * self._cell + self._skipped)
        at = now.start + leave_row - now.row
        row, shift = self._refine(now, leave_row, land * self._cell + self._skipped, int(shifts[leave, land]))
        self.edits.append(RowEdit(at, row, shift))
        self._jumps += 1
        self._version += 1

    def _prices(self, now: RowEdit) -> tuple[F32, NDArray[np.int64]]:
        """Prices of jumping between any two rows, float32 [n, n], and the sideways shift (px) that each needs."""
        cell, n = self._cell_width, self._rows
        cells = max(1, self._width // cell)
        far = max(1, int(SHIFT_WIDTHS * self._width) // cell)
        wide = self._window, self._window + (cells + far) * cell
        table, visible = self._table(self._oriented(self._tape.read(*wide)))
        own, own_visible = table, visible
        if now == RowEdit(0, 0, 0):
            own, own_visible = self._table(self._oriented(self._still(wide[0], wide[0] + cells * cell)))
        distance = ColumnDistance(own, own_visible, now.shift // cell, cells)
        best, arg = np.full((n, n), UNKNOWN, np.float32), np.zeros((n, n), np.int16)
        random = np.random.default_rng((*self._seed, self._jumps, 1))
        candidates = np.unique(((np.arange(SHIFTS) + random.random()) * far / SHIFTS).astype(int).clip(0, far))
        taken = np.array([e.shift // cell for e in self.edits[-REMEMBERED:]])
        free = [c for c in candidates if np.abs(taken - c).min() * cell >= self._width / 7]
        for shift in free or candidates:
            accumulate(distance.to(table, visible, int(shift)), 1, self._overlap_cells, 1.0, int(shift), best, arg)
        price = best / self._reference**2 + self._settings.jump
        last = np.arange(n) > n - self._overlap_cells
        price[last[:, None] | last[None]] = FORBIDDEN
        return price.astype(np.float32), arg.astype(np.int64) * cell

    def _table(self, picture: RGB) -> tuple[F32, F32]:
        """Features with columns for rows, so that the sideways comparison serves."""
        table, visible = features(picture[self._skipped :], self._cell_width, self._cell, self._contrast)
        return table.transpose(1, 0, 2), visible.T

    def _refine(self, now: RowEdit, leave_row: int, row: int, shift: int) -> tuple[int, int]:
        """The landing to the pixel, around the planned row and shift."""
        limit = int(SHIFT_WIDTHS * self._width)
        around = max(self._cell_width, limit // SHIFTS // 2)
        begin, left = self._window, max(0, shift - around)
        right = min(limit, shift + around)
        old = self._body(now, begin, begin + self._width)[leave_row : leave_row + self.overlap]
        rows = max(0, row - self._cell), min(self._height, row + self._cell + self.overlap)
        area = self._oriented(self._tape.read(begin + left, begin + right + self._width))[rows[0] : rows[1]]
        match = cv2.matchTemplate(np.ascontiguousarray(area), np.ascontiguousarray(old), cv2.TM_SQDIFF)
        y, x = np.unravel_index(int(np.argmin(match)), match.shape)
        return rows[0] + int(y), left + int(x)

    def state(self) -> dict[str, NDArray[Any]]:
        """What later rows depend on: the edits that are still seen and the number of jumps made."""
        if self._saved[0] != self._version:
            rows = [(self._jumps, 0, 0), *((e.start, e.row, e.shift) for e in self.edits)]
            self._saved = (self._version, {"edits": np.array(rows, np.int64)})
        return self._saved[1]

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up rows where `state()` was called."""
        self._jumps = int(state["edits"][0, 0])
        self.edits = [RowEdit(*(int(v) for v in e)) for e in state["edits"][1:]]
        self._chunks.clear()
        self._version += 1
