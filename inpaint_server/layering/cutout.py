"""A layer that has been taken out of the picture: its colours, its matte, and what was painted behind nearer layers.

Straight alpha in 8 bits, as the plates have it, so that what the cut promises (the cut-outs laid over each other give
the source, bit for bit) is still true of the tiles on disk. Premultiplied floats would be four times as large and
would round only once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

RGB = NDArray[np.uint8]  # [h, W, 3]
RGBA = NDArray[np.uint8]  # [h, W, 4]
Alpha = NDArray[np.uint8]  # [h, W], 255 = opaque
Bool = NDArray[np.bool_]  # [h, W]
ROOM_PX = 24
"""Rows by which a layer moves up or down at most, for which what is stored in a file has room above and below."""


@dataclass(frozen=True)
class Cutout:
    """One layer over the whole width of the source; row 0 of the arrays is row `top` of the source.

    Colours are continued under the matte's transparent side by a few pixels, so that sampling between pixels meets
    no foreign colour. `hidden` marks what the source does not show: it was painted. Below the arrays' last row nothing
    of the layer can ever be seen.

    That of a huge picture lies in a file: `stored` RGBA uint8 [ROOM_PX + h + ROOM_PX, W, 4], with room above it, where
    nothing is, and below it, where its last row goes on; the arrays are views of it.
    """

    top: int
    rgb: RGB
    alpha: Alpha
    hidden: Bool
    stored: RGBA | None = None

    @classmethod
    def stored_in(cls, top: int, stored: RGBA, hidden: Bool) -> "Cutout":
        """The cut-out whose pixels lie in a file."""
        own = stored[ROOM_PX:-ROOM_PX]
        return cls(top, own[..., :3], own[..., 3], hidden, stored)

    def rgba(self) -> RGBA:
        """Colours and matte in one: a new array, or what lies in a file."""
        return np.dstack([self.rgb, self.alpha]) if self.stored is None else self.stored[ROOM_PX:-ROOM_PX]

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.rgb.shape[0])


def lay_over(below: RGB, rgb: RGB, alpha: Alpha) -> RGB:
    """`rgb` over `below` by straight alpha, uint8: (rgb * a + below * (255 - a) + 127) // 255, as a plane is laid."""
    out = np.empty_like(below)
    _lay_over(below, rgb, alpha, out)
    return out


@njit(cache=True)
def _lay_over(below: RGB, rgb: RGB, alpha: Alpha, out: RGB) -> None:
    # pixel by pixel: whole arrays of wider numbers would be written and read seven times
    for y in range(alpha.shape[0]):
        for x in range(alpha.shape[1]):
            a = int(alpha[y, x])
            for c in range(3):
                out[y, x, c] = (int(rgb[y, x, c]) * a + int(below[y, x, c]) * (255 - a) + 127) // 255


def flatten(cutouts: Sequence[Cutout], height: int) -> RGB:
    """All cut-outs over each other, far to near, where they lie in the source: RGB uint8 [height, W, 3]."""
    out = np.zeros((height, cutouts[0].rgb.shape[1], 3), np.uint8)
    for cutout in cutouts:
        rows = slice(cutout.top, min(height, cutout.top + cutout.height))
        shown = rows.stop - rows.start
        out[rows] = lay_over(out[rows], cutout.rgb[:shown], cutout.alpha[:shown])
    return out
