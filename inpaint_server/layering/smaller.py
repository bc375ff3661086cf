"""A picture and its masks at the few hundred pixels' width where things are looked for.

Areas are averaged, so that what is thinner than a pixel is still there as a share of one. Every finder shrinking by its
own formula was the other road; they would disagree by a row about where a border runs.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .cutout import RGB, Bool

Size = tuple[int, int]
"""Columns and rows."""


def size_of(shape: tuple[int, ...], width: int) -> Size:
    """Columns and rows of a picture [H, W, ...] that is made at most `width` wide."""
    columns = min(width, shape[1])
    return columns, max(2, round(shape[0] * columns / shape[1]))


def shrunk(picture: RGB, size: Size) -> RGB:
    """A picture, RGB uint8 [H, W, 3], at another size, [h, w, 3]."""
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def share(mask: Bool, size: Size) -> NDArray[np.float32]:
    """How much of each larger pixel a mask, bool [H, W], covers, float32 [h, w]."""
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def most(mask: Bool, size: Size) -> Bool:
    """Where a mask, bool [H, W], covers more than half of each larger pixel, bool [h, w]."""
    return np.asarray(share(mask, size) > 0.5, np.bool_)
