"""The walk over ground that recedes: a tape in the ground's coordinates, in which a row y is stretched by 1 / s(y).

The frame's edge is a column of it, so the seam at the source's edge lies along the slanted border by itself, and what
belongs together on the ground stays together while rows slide apart. A piece shows the source sheared, so that its
landing stands upright half way through the frame: grass leans little one way when it comes in and little the other
way when it leaves. The jumps are planned on the source so sheared, where every column has one look; the landing and
the seam are found with the pieces as they will be seen. Stretching the source once and walking on that was the other
road: content from its far side came in leaning so much that it looked combed.

In a loop the source's left edge has to be upright too when it comes home, and on the ground that edge is a slanted
line. So the lines along which is cut turn, from one of these edges to the other: row y is stretched by what makes the
way between them equally long for all rows, and in these coordinates the walk, its way home and the ring are what they
are for any layer. Pieces stand upright the sooner the nearer the end is, and the one that leads home always does.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.ramp import Columns, Scales
from .closing import SLACK_CELLS
from .column_walk import Jump
from .edits import Edit
from .exemplar import cells_of
from .ground import Ground
from .ground_pixels import lean, raised, sheared, stretched
from .heights import FLAT, LIMIT_PX, Rise, Room, fading, foot, meeting, outline, skyline
from .overlap import square_sum
from .ring import Ending, Ring
from .settings import WalkSettings
from .tape import FADE_OVERLAPS, Tape
from .transitions import ALPHA_WEIGHT

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
LONGEST_RUN = 0.5  # frame widths; a piece stands upright at one place only
UPRIGHT = 0.5 + LONGEST_RUN / 2  # how far inside the frame, in its widths, a piece's landing stands upright
LONGEST_FADE = 16  # overlaps over which a landing's height may fade


class GroundTape(Tape):
    """A layer's rows, continued right of its last column on the ground. `scales` float64 [h] are those of its rows.

    With `around` the source comes again at that column, and `scales` are `loop_scales`.
    """

    def __init__(
        self,
        ground: Ground,
        scales: Scales,
        settings: WalkSettings,
        contrast: float,
        seed: tuple[int, ...],
        around: int | None = None,
    ) -> None:
        own = np.ascontiguousarray(ground.layer)
        self.pictures = [own, np.ascontiguousarray(own[:, ::-1])]
        self.scales, self._around = scales, around
        self._lowest = [int(foot(picture[..., -1]).max()) if own.shape[2] == 4 else 0 for picture in self.pictures]
        cells = cells_of(ground.width, ground.height)
        self._left = ground.width - cells.columns * cells.width
        half_way = self._upright((ground.width + around) / 2 if around else 0.0, ground.width)
        planned = [sheared(picture, scales, half_way) for picture in self.pictures]
        mirrored = planned[1] if settings.mirror else None
        plain = Ground(planned[0], 0, ground.height, 0, 0, ground.seen, mirrored)
        super().__init__(plain, settings, contrast, seed, around)
        if self._walk is not None:
            self._walk.longest_cells = max(cells.run_cells, int(LONGEST_RUN * ground.width) // cells.width)

    @property
    def ring(self) -> "GroundRing | None":
        """How the tape closes, if it does."""
        return self._ring if isinstance(self._ring, GroundRing) else None

    def _upright(self, start: float, width: int) -> float:
        """How many columns behind the landing of a piece at tape column `start` its rows are to be aligned."""
        return UPRIGHT * width * ((self._around - start) / self._around if self._around else 1.0)

    @property
    def source(self) -> Edit:
        """The source itself, as a piece of the tape."""
        return self._origin

    def anchor(self, edit: Edit) -> Scales:
        """Where in the source each row of a piece begins, px, float64 [h]; from there it goes on by s(y) per column."""
        if edit is self._origin:
            return (1 - self.scales) * self.width
        column = self._left + edit.column
        if self._ring and self._ring.ending.is_led_by(edit):
            away = float(self._ring.circumference - edit.start)
        else:
            away = float(lean(column, self.width, self.scales, self._upright(edit.start, self.width)))
        return np.asarray(column + (1 - self.scales) * away, np.float64)

    def fade(self, edit: Edit, x: NDArray[np.float64] | NDArray[np.int64]) -> F32:
        """How much of a piece's colour offset is left at tape columns x."""
        assert edit.seam is not None
        return edit.seam.fade(x - edit.start - self.overlap)

    def _raw(self, edit: Edit, start: int, stop: int) -> F32:
        assert edit.row == 0, "a ground has no rows to spare"
        return self._stretched(edit, start - edit.start, stop - start)

    def _stretched(self, edit: Edit, first: int, length: int) -> F32:
        picture = self.pictures[edit.orientation]
        out = np.empty((self.height, length, picture.shape[2]), np.float32)
        begin = self.anchor(edit) + self.scales * (first + 0.5) - 0.5
        heights = self.heights(edit, np.arange(first, first + length) + edit.start)
        if heights.any():
            raised(picture, begin, self.scales, np.broadcast_to(heights, (self.height, length)), out)
        else:
            stretched(picture, begin, self.scales, out)
        return out

    def heights(self, edit: Edit, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """By how many px a piece is moved up at tape `columns`, int64 of the same shape."""
        if self._ring and edit is not self._origin:
            # the ending's own edit begins where the source comes again, and only what is before that fades
            own = FLAT if edit.start == self._ring.circumference else edit.rise
            return own.at(columns - edit.start - self.overlap) + self._ring.ending.heights(columns)
        return edit.rise.at(columns - edit.start - self.overlap)

    def _fit(self, old: F32, start: int, jump: Jump, ending: Ending | None) -> Edit:
        if ending:
            edit = Edit(start, ending.jump.leave_orientation, ending.column_at(start), 0)
            return replace(edit, rise=self._rise(old, edit, ending.circumference - start - self.overlap))
        edit = self._best(old, start, jump.orientation, jump.column)
        return replace(edit, rise=self._rise(old, edit, None))

    def _rise(self, old: F32, edit: Edit, room: int | None) -> Rise:
        """What moves the skyline of `edit` to that of `old`, what it is cut into, as `Fitting.rise` does."""
        if old.shape[2] == 3:
            return FLAT
        in_head, across = not self.edits, self.overlap
        longest = min(across + LONGEST_FADE * across, self._exemplar.columns - edit.column)
        matte = self._raw(edit, edit.start, edit.start + longest)[..., 3]
        line, begin = outline(old[..., 3]), 0
        if in_head:  # the source's own matte is kept there, and what is seen of the piece begins behind it
            line, begin = np.repeat(line[-1:], across // 2), across - 1
        new = outline(matte[:, begin : begin + len(line)])
        return self._settling(line[: len(new)], new, matte, edit.orientation, room, in_head)

    def _settling(
        self, line: Columns, new: Columns, matte: F32, orientation: int, room: int | None, in_head: bool = False
    ) -> Rise:
        """The rise that moves the skyline `new` to `line`, [n] each, and fades within `room` columns as far as there is
        room in the `matte` [h, overlap + n], which is that of picture `orientation`."""
        if not new.any():
            return FLAT
        px = meeting(line, new, np.full(len(line), 1 / len(line)), (0, 0), LIMIT_PX)
        rows, top, low = self.height, skyline(matte), foot(matte.astype(np.uint8))
        if in_head:
            top[: self.overlap], low[: self.overlap] = rows, 0
        solid = np.where(low < rows, rows - 1 - low, rows)
        free = Room(np.minimum(top, solid), self._lowest[orientation] - low)
        return fading(px, free, self.overlap, (2 if room is None else 1) * self.overlap, room)

    def _best(self, wanted: F32, start: int, orientation: int, column: int) -> Edit:
        """The landing at tape column `start`, within a cell of a planned `column`, that looks most like `wanted`."""
        cells, wanted = self._exemplar.cells, _comparable(wanted)
        first = max(0, column - cells.width)
        last = min(self._exemplar.columns - self.overlap, column + cells.width)
        edits = [Edit(start, orientation, place, 0) for place in range(first, last + 1)]
        pieces = [_comparable(self._raw(edit, start, start + self.overlap)) for edit in edits]
        differences = [float(square_sum(piece - wanted).sum(dtype=np.float64)) for piece in pieces]
        return edits[int(np.argmin(differences))]

    def _close_ring(self, circumference: int) -> Ring:
        assert self._walk is not None
        jump, home = self._walk.arrival(self._looks()), Edit(circumference, 0, -self._left, 0)
        head = self._raw(home, circumference, circumference + self.overlap)
        best = self._best(head, circumference, jump.leave_orientation, jump.leave - self._left)
        ending = Ending(circumference, replace(jump, row_shift=0), best.column, 0)
        ending = replace(ending, rise=self._last_rise(head, ending))
        piece = self._raw(ending.edit, circumference, circumference + self.overlap)
        return GroundRing(self._band, head, ending, piece, self._contrast, FADE_OVERLAPS * self.overlap)

    def _last_rise(self, head: F32, ending: Ending) -> Rise:
        """What moves the skyline of the `ending` to that of the source's first columns, `head`: a rise in a mirror."""
        across, cells = self.overlap, self._exemplar.cells
        within = ending.column - across - 2 * SLACK_CELLS * cells.width
        longest = min(within, ending.circumference - self.width - self._stop_px, LONGEST_FADE * across)
        if head.shape[2] == 3 or longest < 1:
            return FLAT
        flat = replace(ending.edit, start=ending.circumference - longest, column=ending.column - longest)
        begin = self._left + flat.column + (1 - self.scales) * longest + self.scales / 2 - 0.5
        shown = np.empty((self.height, longest + across, 4), np.float32)
        stretched(self.pictures[flat.orientation], begin, self.scales, shown)
        matte = shown[:, ::-1, 3]
        return self._settling(outline(head[:, ::-1, 3]), outline(matte[:, :across]), matte, flat.orientation, longest)

    def _looks(self) -> Scales:
        """How unlike the source's first columns the piece is that goes on upright from each column of each picture,
        grey levels rms, float64 [orientations * columns in cells]; the plan knows them only as sheared as it plans."""
        cells = self._exemplar.cells
        step, across = cells.width, cells.overlap_cells
        soft = [np.asarray(cv2.blur(p, (step, cells.height))[:: cells.height], np.uint8) for p in self.pictures]
        scales = self.scales[:: cells.height]
        out = np.empty((len(scales), across, soft[0].shape[2]), np.float32)

        def look(picture: Pixels, column: int) -> F32:
            stretched(picture, column + scales * step / 2 - 0.5, scales * step, out)
            return _comparable(out)

        head = look(soft[0], 0).copy()
        found = [
            float(np.sqrt(square_sum(look(soft[q], self._left + i * step) - head).mean() / head.shape[2]))
            for q in range(len(self._exemplar.pictures))
            for i in range(cells.columns)
        ]
        return np.array(found, np.float64)

    def _begin_ring(self, ring: Ring, first: Edit) -> None:
        ring.first = first


class GroundRing(Ring):
    """How the tape of a ground closes: which piece leads home, along which seam. `head` float32 [h, overlap, ...] is
    what the source shows in the tape's columns over which that is cut; what is shown of both is the field's matter."""

    def __init__(
        self, band: Pixels, head: F32, ending: Ending, piece: F32, contrast: float, shortest_fade: int
    ) -> None:
        self._head = head
        super().__init__(band, ending, piece, contrast, shortest_fade)

    def head(self, band: Pixels) -> F32:  # noqa: ARG002
        return self._head

    def open_with(self, old: F32, new: F32) -> None:
        """Nothing: on the ground the source's columns are not the tape's."""


def _comparable(pixels: F32) -> F32:
    """Pixels whose squared difference says how different they look."""
    if pixels.shape[2] == 3:
        return pixels
    share = pixels[..., 3:] / np.float32(255)
    return np.dstack([pixels[..., :3] * share, share * np.float32(ALPHA_WEIGHT)])
