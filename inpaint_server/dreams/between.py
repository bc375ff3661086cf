"""Frames between two that were painted: what moved is carried along, what changed is faded.

A model paints a few frames a second; a video wants twenty-four. Fading alone shows two pictures at once where
something has moved, so the optical flow between them (DIS, Kroeger 2016) carries both towards the moment first. Where
the flow there and the flow back do not agree nothing has moved, something else has come: that is only faded.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
WAYS = ("flow", "fade", "hold")
DOUBT, EVENED = 0.005, 0.02
"""By how much a flow may miss and be believed by a third, and over what it is evened out; shares of the longer side."""


class Between:
    """Frames between pairs of pictures, RGB uint8 [H, W, 3] of one size; the flow of a pair is found once."""

    def __init__(self, way: str) -> None:
        self._way = way
        self._pair: tuple[RGB, RGB] | None = None
        self._flows: tuple[F32, F32] | None = None

    def at(self, before: RGB, after: RGB, share: float) -> RGB:
        """The picture `share` of the way from one to the next; at 0 and 1 these themselves."""
        if share <= 0 or self._way == "hold":
            return before
        if share >= 1:
            return after
        if self._way == "fade":
            return _faded(before, after, share)
        forth, back = self._flow(before, after)
        return _faded(_carried(before, forth, share), _carried(after, back, 1 - share), share)

    def _flow(self, before: RGB, after: RGB) -> tuple[F32, F32]:
        """Where the pixels of each of two pictures are in the other, in px."""
        if self._flows is None or self._pair is None or self._pair[0] is not before or self._pair[1] is not after:
            grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (before, after)]
            flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            self._pair = before, after
            empty = np.zeros((*before.shape[:2], 2), np.float32)
            forth, back = flow.calc(grey[0], grey[1], empty.copy()), flow.calc(grey[1], grey[0], empty)
            self._flows = _sure(forth, back), _sure(back, forth)
        return self._flows


def _sure(flow: Any, back: Any) -> F32:
    """A flow, weaker where the flow back does not lead home: by exp(-(miss / DOUBT)^2), evened out."""
    rows, columns = flow.shape[:2]
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    home = cv2.remap(back, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    miss = np.hypot(*np.moveaxis(flow + home, 2, 0)) / (DOUBT * max(rows, columns))
    trust = cv2.GaussianBlur(np.exp(-(miss**2)).astype(np.float32), (0, 0), EVENED * max(rows, columns))
    return np.asarray(flow * trust[..., None], np.float32)


def _carried(picture: RGB, flow: F32, share: float) -> RGB:
    """A picture whose pixels have gone `share` of their way; looked up backwards, which is true for small ways."""
    rows, columns = picture.shape[:2]
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    maps = x - share * flow[..., 0], y - share * flow[..., 1]
    return np.asarray(cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _faded(before: RGB, after: RGB, share: float) -> RGB:
    mixed = before.astype(np.float32) * np.float32(1 - share) + after.astype(np.float32) * np.float32(share)
    return np.rint(mixed).astype(np.uint8)
