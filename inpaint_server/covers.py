"""Covers: what a run paints over of the source, kept as a tile that fades, so that the first frame is the source.

A seam is cut through known picture, at first through the source's far edge, in a loop through its near edge as well
and through both again where the source comes home. What was there is collected here, piece by piece as it is painted
over, and laid over the plate for the first step, or for the last.
"""

import numpy as np
from numpy.typing import NDArray

from ..shared.tiling import BLEED_PX
from .engines.contract import RGB, RGBA, Rect

Alpha = NDArray[np.uint8]


class Cover:
    """One cover, growing. Its place is counted in the source's own columns."""

    def __init__(self) -> None:
        self._parts: list[tuple[Rect, RGB, Alpha]] = []

    def add(self, rect: Rect, shown: RGB, which: NDArray[np.bool_]) -> None:
        """Keep pixels `which` [h, w] of a rectangle of the source; `shown` [h, w, 3] is what the first frame shows."""
        if which.any():
            self._parts.append((rect, shown.copy(), which.view(np.uint8) * np.uint8(255)))

    def take(self) -> tuple[Rect, RGBA] | None:
        """The cover so far, with a transparent rim for the sampling, and its place; None if there is none."""
        if not self._parts:
            return None
        left, top = min(r.x for r, _, _ in self._parts), min(r.y for r, _, _ in self._parts)
        right = max(r.x + r.width for r, _, _ in self._parts)
        bottom = max(r.y + r.height for r, _, _ in self._parts)
        shown = np.zeros((bottom - top, right - left, 3), np.uint8)
        alpha = np.zeros((bottom - top, right - left), np.uint8)
        for r, part, opaque in self._parts:
            spot = slice(r.y - top, r.y - top + r.height), slice(r.x - left, r.x - left + r.width)
            shown[spot] = part
            np.maximum(alpha[spot], opaque, out=alpha[spot])
        self._parts.clear()
        edge = ((BLEED_PX, BLEED_PX), (BLEED_PX, BLEED_PX))
        rgba = np.dstack([np.pad(shown, (*edge, (0, 0)), mode="edge"), np.pad(alpha, edge)])
        return Rect(left - BLEED_PX, top - BLEED_PX, rgba.shape[1], rgba.shape[0]), rgba
