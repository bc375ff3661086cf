"""What a layer is continued from: its own rows, and the rows above and below them that may stand in for them.

A straight band borrows from its neighbours in the source. A cut-out has no neighbours: above it is nothing, that is,
transparency, and below it there are only the spare rows that were painted so that nothing shows when a layer moves up
or a nearer one moves down. Both then are the same thing, a picture and a range of rows, in three channels or in four.
Two kinds of tape, one for bands and one for mattes, were the other road.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import paged
from ..layering.cutout import ROOM_PX, Cutout

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
REACH = 12  # a cut-out's rows move by at most its height over this
MARGIN, MARGIN_PX = 100, 16  # rows beyond those of a band that are looked at: the width over this, and so many more


@dataclass(frozen=True)
class Ground:
    """Rows top..top+height of `picture` are the layer; up to `above` rows over and `below` rows under them may be
    shown in their place. `seen` float32 [height]: how much of each row is ever seen, 0..1. `mirrored`: what the walk
    may show for the picture in a mirror, of the same shape, where that is not its mirror image."""

    picture: Pixels
    top: int
    height: int
    above: int
    below: int
    seen: F32
    mirrored: Pixels | None = None

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.picture.shape[1])

    @property
    def has_matte(self) -> bool:
        """Has the picture an alpha channel?"""
        return bool(self.picture.shape[2] == 4)

    @property
    def layer(self) -> Pixels:
        """The layer's own rows."""
        return self.picture[self.top : self.top + self.height]

    def turned(self) -> "Ground":
        """The same in a mirror."""
        picture = self.picture[:, ::-1]
        if not paged.in_file(self.picture):
            picture = np.ascontiguousarray(picture)
        return Ground(picture, self.top, self.height, self.above, self.below, self.seen)


def reflected(at: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Where in `length` columns or rows those `at` any place, even a negative one, are found when they are repeated
    without end, every second time mirrored; int64 of the same shape."""
    at = at % (2 * length)
    return np.where(at < length, at, 2 * length - 1 - at)


def mirror_copies(at: NDArray[np.int64], width: int, around: int | NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Where in a source `width` px wide the plate columns `at` are found, when it is repeated to both sides, every
    second time mirrored; in a ring of `around` px, one for all or for each row, from the nearer of its two ends."""
    if around is not None:
        at = at % around
        at = np.where(at < (width + around) // 2, at, at - around)
    return reflected(at, width)


def of_band(source: Pixels, top: int, height: int, reach: float) -> Ground:
    """A straight band, rows top..top+height of `source`; `reach` is a share of its height."""
    rows = int(height * reach)
    above, below = min(rows, top), min(rows, source.shape[0] - top - height)
    margin = source.shape[1] // MARGIN + MARGIN_PX
    first = max(0, top - above - margin)
    picture = source[first : top + height + below + margin]
    return Ground(picture, top - first, height, above, below, np.ones(height, np.float32))


def of_cutouts(cutouts: Sequence[Cutout], height: int) -> list[Ground]:
    """One ground per cut-out of a picture of `height` rows, far to near.

    A row is never seen where some nearer layer is opaque along all of it. Of the rows at a cut-out's foot that are
    never seen, half let the layer itself move up, the other half let nearer layers move down. A layer moves up only
    as far as there is room over its highest point, and down only if that point does not lie on the picture's edge.
    """
    means = [_mean_rows(cutout) for cutout in cutouts]
    seen = [_seen(cutouts, means, i, height) for i in range(len(cutouts))]
    grounds = []
    left = ROOM_PX
    for cutout, rows in zip(cutouts, seen, strict=True):
        limit = min(ROOM_PX, cutout.height // REACH)
        spare = int(np.argmax(rows[::-1] > 0)) if rows.any() else 0
        opaque = cutout.alpha.any(axis=1)
        paged.put_away(cutout.alpha)
        room = int(np.argmax(opaque)) if opaque.any() else 0
        cropped = cutout.top == 0 and room == 0  # by the picture's own edge: more may follow above, or nothing
        up = min(spare // 2, limit, limit if cropped else room)
        down = 0 if cropped else min(limit, left)
        left = min(left, spare - up)
        grounds.append(Ground(_with_room(cutout, down, up), down, cutout.height, down, up, rows))
    return grounds


def _with_room(cutout: Cutout, above: int, below: int) -> Pixels:
    """A cut-out with so many rows above it, where nothing is, and below it, where its last row goes on."""
    if cutout.stored is not None:
        return cutout.stored[ROOM_PX - above : len(cutout.stored) - ROOM_PX + below]
    rgba = cutout.rgba()
    sky, foot = np.repeat(rgba[:1], above, axis=0), np.repeat(rgba[-1:], below, axis=0)
    sky[..., 3] = 0
    return np.concatenate([sky, rgba, foot])


def _seen(cutouts: Sequence[Cutout], means: Sequence[F32], index: int, height: int) -> F32:
    """How much of each row of a cut-out nearer ones leave free, on average, float32 [rows]; 0 where nothing ever."""
    own = cutouts[index]
    free = np.ones(own.height, np.float32)
    for nearer, mean in zip(cutouts[index + 1 :], means[index + 1 :], strict=True):
        first, last = max(own.top, nearer.top), min(own.top + own.height, nearer.top + nearer.height)
        if first < last:
            free[first - own.top : last - own.top] *= 1 - mean[first - nearer.top : last - nearer.top] / 255
    free[max(0, height - own.top) :] = 0
    return np.where(free > 1e-6, free, 0).astype(np.float32)


def _mean_rows(cutout: Cutout) -> F32:
    """How opaque each row of a cut-out is on average, 0..255, float32 [rows]."""
    found = cutout.alpha.mean(axis=1, dtype=np.float32)
    paged.put_away(cutout.alpha)
    return np.asarray(found, np.float32)
