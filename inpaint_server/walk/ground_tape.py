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
from numba import njit
from numpy.typing import NDArray

from ...shared.ramp import Columns, Scales
from .column_walk import Jump
from .edits import Edit
from .exemplar import cells_of
from .ground import Ground
from .ring import Ending, Ring
from .seam import square_sum
from .settings import WalkSettings
from .tape import FADE_OVERLAPS, Tape
from .transitions import ALPHA_WEIGHT

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
LONGEST_RUN = 0.5  # frame widths; a piece stands upright at one place only
UPRIGHT = 0.5 + LONGEST_RUN / 2  # how far inside the frame, in its widths, a piece's landing stands upright
ROOM = 0.6  # of the way to the end of the source's rows, how much a piece may be sheared


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

    def _piece(self, edit: Edit, start: int, stop: int) -> F32:
        pixels = self._stretched(edit, start - edit.start, stop - start)
        if edit.seam is not None:
            pixels[..., :3] += edit.seam.offset()[:, None] * self.fade(edit, np.arange(start, stop))[None, :, None]
        if self._ring:
            self._ring.tint(pixels, start)
        return pixels

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
        stretched(picture, self.anchor(edit) + self.scales * (first + 0.5) - 0.5, self.scales, out)
        return out

    def _fit(self, old: F32, start: int, jump: Jump, ending: Ending | None) -> Edit:
        if ending:
            return Edit(start, ending.jump.leave_orientation, ending.column_at(start), 0)
        return self._best(old, start, jump.orientation, jump.column)

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
        piece = self._raw(ending.edit, circumference, circumference + self.overlap)
        return GroundRing(self._band, head, ending, piece, self._contrast, FADE_OVERLAPS * self.overlap)

    def _looks(self) -> Scales:
        """How unlike the source's first columns the piece is that goes on upright from each column of each picture,
        grey levels rms, float64 [orientations * columns in cells]; the plan knows them only as sheared as it plans."""
        cells = self._exemplar.cells
        step, across = cells.width, cells.overlap_cells
        soft = [cv2.blur(picture, (step, cells.height))[:: cells.height] for picture in self.pictures]
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


def loop_scales(trips: Columns, width: int, around: int) -> Scales:
    """By what every row is to be stretched so that in a loop the source's right edge, column `width` of the tape, and
    its left edge, when that comes home at column `around`, are both upright on it: float64 [h]. `trips`: after how
    many px each row repeats."""
    return np.asarray((trips - width) / (around - width), np.float64)


def lean(column: float | Scales, width: int, scales: Scales, upright: float) -> Scales:
    """By how many px, times 1 - s(y), a piece is sheared that lands at a column of the source, so that it stands
    upright where it should; less towards the source's end, beyond which there is nothing to shear in."""
    return np.asarray(np.minimum(upright, ROOM * (width - column) / max(1 - scales.min(), ROOM)), np.float64)


def sheared(picture: Pixels, scales: Scales, upright: float) -> Pixels:
    """What the source looks like at each column where a piece lands there, uint8 of the same shape; such a piece's
    rows are aligned `upright` columns behind the landing, as far as there is room."""
    height, width = picture.shape[:2]
    x = np.arange(width, dtype=np.float64)
    columns = x + (1 - scales[:, None]) * lean(x, width, scales, upright)
    rows = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], (height, width))
    return np.asarray(
        cv2.remap(
            picture,
            columns.astype(np.float32),
            np.ascontiguousarray(rows),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


@njit(cache=True)
def stretched(picture: Pixels, first: Scales, scale: Scales, out: F32) -> None:
    """Pixel j of row y of `out` [h, w, c] is `picture`'s at column first[y] + scale[y] * j, cubic between columns.

    R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, with a = -1/2. Beyond its ends the
    picture's last column goes on.
    """
    last = picture.shape[1] - 1
    for y in range(out.shape[0]):
        for j in range(out.shape[1]):
            at = first[y] + scale[y] * j
            u = int(np.floor(at))
            t = at - u
            before = -0.5 * t + t * t - 0.5 * t * t * t
            here = 1 - 2.5 * t * t + 1.5 * t * t * t
            after = 0.5 * t + 2 * t * t - 1.5 * t * t * t
            beyond = -0.5 * t * t + 0.5 * t * t * t
            a, b = min(max(u - 1, 0), last), min(max(u, 0), last)
            c, d = min(max(u + 1, 0), last), min(max(u + 2, 0), last)
            for k in range(out.shape[2]):
                value = before * picture[y, a, k] + here * picture[y, b, k]
                value += after * picture[y, c, k] + beyond * picture[y, d, k]
                out[y, j, k] = min(max(value, 0.0), 255.0)


def _comparable(pixels: F32) -> F32:
    """Pixels whose squared difference says how different they look."""
    if pixels.shape[2] == 3:
        return pixels
    share = pixels[..., 3:] / np.float32(255)
    return np.dstack([pixels[..., :3] * share, share * np.float32(ALPHA_WEIGHT)])
