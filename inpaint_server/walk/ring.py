"""A tape that closes: what flows into the source when it comes again, and the source as it looks both times.

The seam at the source's left edge is an ordinary one seen in a mirror: there the source comes first, the piece that
leads to it is the new one, and its colour offset fades out with the distance from the source. So it is cut before the
walk begins, and the walk has to end on exactly that piece. A seam that is cut when the walk arrives was the other
road; the first picture of the video would then end differently from how it began.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .column_walk import Jump
from .edits import Edit
from .heights import FLAT, Rise
from .seam import Seam, join, mix

Pixels = NDArray[np.uint8]  # [h, w, 3 or 4]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
BEYOND_PX = 64
"""Columns beyond the source's right edge that can be asked when it has come again."""


@dataclass(frozen=True)
class Ending:
    """The piece that leads to plate column `circumference`, where it shows column `column` of picture `orientation`,
    rows shifted by `row` and, more and more before it, by the `rise`; `jump` is the jump to the source as planned."""

    circumference: int
    jump: Jump
    column: int
    row: int
    rise: Rise = FLAT

    def column_at(self, x: int) -> int:
        """The exemplar's column shown at plate column x."""
        return self.column + x - self.circumference

    @property
    def edit(self) -> Edit:
        """The piece, as an edit that begins where the source comes again."""
        return Edit(self.circumference, self.jump.leave_orientation, self.column, self.row, rise=self.rise)

    def is_led_by(self, edit: Edit) -> bool:
        """Does a piece that goes on as far as the source show what leads to it?"""
        return edit.orientation == self.jump.leave_orientation and edit.column_at(self.circumference) == self.column

    @property
    def settling_px(self) -> int:
        """How long it is seen at least: over so many columns its skyline comes to that of the source."""
        return self.rise.fade_px if self.rise.px else 0

    def heights(self, columns: I64) -> I64:
        """By how many px plate `columns` are moved up, int64 of the same shape; all that is moved is this piece."""
        return self.rise.at(self.circumference - 1 - columns)


def mirrored(pixels: F32) -> F32:
    """Columns in reverse order."""
    return np.ascontiguousarray(pixels[:, ::-1])


class Ring:
    """The source's two comings. `shown` uint8 [h, W + beyond, 3 or 4]: the source with both its seams."""

    def __init__(self, band: Pixels, ending: Ending, piece: F32, contrast: float, shortest_fade: int) -> None:
        """`band` are the source's rows; `piece` float32 [h, overlap, ...] what the ending shows over its first
        columns; `contrast` and `shortest_fade` as for `seam.join`."""
        self.ending = ending
        self.circumference = ending.circumference
        self.width, self.overlap = band.shape[1], piece.shape[1]
        self.shown = band.copy()
        self.first: Edit | None = None
        old, new = mirrored(self.head(band)), mirrored(piece)
        seam = join(old, new, contrast, shortest_fade)
        # before it comes to the source's right edge the offset has faded
        self.seam: Seam = replace(seam, fade_px=max(1, min(seam.fade_px, self.circumference - self.width)))
        new[..., :3] += self.seam.offset()[:, None]
        self.open_with(old, new)

    def head(self, band: Pixels) -> F32:
        """What the source shows in the columns of the tape over which the ending is cut, float32 [h, overlap, ...]."""
        return band[:, : self.overlap].astype(np.float32)

    def open_with(self, old: F32, new: F32) -> None:
        """Cut the ending, `new`, into the source's first columns, `old`; both in a mirror, as the seam is."""
        # the matte may change here, unlike at the right edge: what comes home has to end somewhere in the overlap
        mixed = mix(old, new, self.seam.cut, self.seam.width())
        self.shown[:, : self.overlap] = np.rint(mirrored(mixed)).clip(0, 255)

    def tint(self, pixels: F32, start: int) -> None:
        """Add to the plate columns from `start` on, in place, what lifts them to the source that is coming."""
        away = self.circumference - 1 - np.arange(start, start + pixels.shape[1])
        if away.size and away[-1] < self.seam.fade_px:
            pixels[..., :3] += self.seam.offset()[:, None] * self.seam.fade(away)[None, :, None]

    def begin_with(self, first: Edit, head: Pixels, beyond: Pixels) -> None:
        """Take the seam at the source's right edge, and what follows it, from the first edit."""
        self.first = first
        self.shown = np.concatenate([self.shown[:, : self.width - head.shape[1]], head, beyond], axis=1)

    def read(self, start: int, stop: int) -> Pixels:
        """Columns start..stop, counted from the source's left edge; the last one is repeated where nothing is known."""
        if stop <= self.shown.shape[1]:
            return self.shown[:, start:stop]
        return self.shown[:, np.minimum(np.arange(start, stop), self.shown.shape[1] - 1)]
