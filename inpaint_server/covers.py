"""Covers: what a run paints over of the source, kept as a tile that fades, so that the first frame is the source.

A seam is cut through known picture, at first through the source's far edge, in a loop through its near edge as well
and through both again where the source comes home; and a mask that is grown or feathered reaches back over known
picture at every step. Which pixels of the source that concerns is collected here as they are painted over; the cover
is laid over the plate for the first step, or for the last. Keeping the pixels themselves, piece by piece, was the
other road: where masks are wide every step would leave a piece behind.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..shared.tiling import BLEED_PX
from .engines.contract import RGB, RGBA, Rect
from .regions import bounds

Bool = NDArray[np.bool_]
Shown = Callable[[Rect], RGB]
"""Gives what frame 0 shows in a rectangle of the source, RGB uint8 [h, w, 3], of a layer and everything behind it."""


class Cover:
    """One cover of a layer, growing. It lies in the columns and rows of the source: `source`, RGB or RGBA
    uint8 [h, w, 3 or 4], is what the layer's plate begins with, at `place`."""

    def __init__(self, place: Rect, source: NDArray[np.uint8]) -> None:
        self._place, self._source = place, source
        self._hidden: Bool | None = None

    def add(self, rect: Rect, pixels: NDArray[np.uint8], which: Bool) -> None:
        """Note that `pixels`, as many channels as the source's, are laid over a rectangle of the source, where `which`
        [h, w]; what lies outside of it does not matter."""
        place = self._place
        left, top = max(rect.x, place.x), max(rect.y, place.y)
        right = min(rect.x + rect.width, place.x + place.width)
        bottom = min(rect.y + rect.height, place.y + place.height)
        if left >= right or top >= bottom:
            return
        here = slice(top - place.y, bottom - place.y), slice(left - place.x, right - place.x)
        there = slice(top - rect.y, bottom - rect.y), slice(left - rect.x, right - rect.x)
        which = which[there]
        if pixels.shape[2] == 4:
            # where neither shows anything there is nothing to hide
            which = which & ((self._source[here][..., 3] > 0) | (pixels[there][..., 3] > 0))
        if which.any():
            if self._hidden is None:
                self._hidden = np.zeros((place.height, place.width), np.bool_)
            self._hidden[here] |= which

    def take(self, shown: Shown) -> tuple[Rect, RGBA] | None:
        """The cover so far, with a transparent rim for the sampling, and its place; None if there is none."""
        if self._hidden is None:
            return None
        rows, columns = spot = bounds(self._hidden)
        width, height = columns.stop - columns.start, rows.stop - rows.start
        place = Rect(self._place.x + columns.start, self._place.y + rows.start, width, height)
        edge = ((BLEED_PX, BLEED_PX), (BLEED_PX, BLEED_PX))
        alpha = np.pad(self._hidden[spot].view(np.uint8) * np.uint8(255), edge)
        self._hidden = None
        rgba = np.dstack([np.pad(shown(place), (*edge, (0, 0)), mode="edge"), alpha])
        return Rect(place.x - BLEED_PX, place.y - BLEED_PX, rgba.shape[1], rgba.shape[0]), rgba
