"""A tile of a plate while it is being painted, and what becomes of it when it is finished.

Its pixels lie in a file of their own if they are many, so that the system may put away what is not looked at; at the
end, when its rim is continued and its alpha set, it is gone through strip by strip. An array in memory was the other
road, and five layers of a picture of 16000 px were more than a machine has.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shared.tiling import BLEED_PX, TilePlan
from . import paged
from .engines.contract import Rect
from .tile_files import continue_rim

Pixels = NDArray[np.uint8]  # [h, w, 3], or [h, w, 4] with straight alpha for a layer with a contour
Level = NDArray[np.uint8]


class OpenTile:
    """A tile being painted: `pixels` [h, w, 3 or 4] and how each is `known` [h, w], at a place on the plate."""

    def __init__(self, place: TilePlan, channels: int, folder: Path) -> None:
        self.place = place
        size = place.height * place.width
        held = paged.blank((size * (channels + 1),), folder)
        self.pixels: Pixels = held[: size * channels].reshape(place.height, place.width, channels)
        self.known: Level = held[size * channels :].reshape(place.height, place.width)

    def overlap(self, rect: Rect) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
        """Where a rectangle of the plate lies in this tile, and which part of the rectangle that is."""
        x0, y0 = max(rect.x, self.place.x), max(rect.y, self.place.y)
        x1 = min(rect.x + rect.width, self.place.x + self.place.width)
        y1 = min(rect.y + rect.height, self.place.y + self.place.height)
        if x0 >= x1 or y0 >= y1:
            return None
        here = (slice(y0 - self.place.y, y1 - self.place.y), slice(x0 - self.place.x, x1 - self.place.x))
        there = (slice(y0 - rect.y, y1 - rect.y), slice(x0 - rect.x, x1 - rect.x))
        return here, there

    def put_away(self) -> None:
        """Let the memory go that a large tile takes: the system maps far more of it than the columns of a step."""
        paged.put_away(self.known)  # the pixels lie in the same file

    def rect(self) -> Rect:
        """The tile's rectangle in plate coordinates."""
        return Rect(self.place.x, self.place.y, self.place.width, self.place.height)

    def finished(self, folder: Path, rise: tuple[int, int] | None = None) -> Pixels:
        """The finished tile [h, w, 4]: the rim continued into the unknown, the unknown clear where there is no matte.

        Of a band with a `rise`, alpha rises from that row of the plate on over so many rows.
        """
        matte = self.pixels.shape[2] == 4
        known = paged.blank(self.known.shape, folder)
        rgba = paged.blank((*known.shape, 4), folder)
        for part in paged.strips(len(known), self.pixels[0].nbytes):
            known[part] = self.known[part]
            if matte:
                rgba[part] = self.pixels[part]
            else:
                cv2.cvtColor(self.pixels[part], cv2.COLOR_RGB2RGBA, rgba[part])
            self.put_away()
        continue_rim(rgba, known, BLEED_PX)
        if not matte:
            rgba[..., 3][known == 0] = 0
        if rise is not None:
            rows = np.arange(self.place.y, self.place.y + self.place.height)
            share = np.clip((rows - rise[0] + 1) / rise[1], 0, 1)
            np.minimum(rgba[..., 3], np.rint(255 * share).astype(np.uint8)[:, None], out=rgba[..., 3])
        return rgba
