"""How two overlapping pieces of picture look beside each other: where they differ, and where texture would hide it.

It is looked at once for every seam, for the colour offset and for the cut alike. The sums over colours are loops that
are compiled: as array expressions they were a quarter of the time of a landing, most of it spent on memory.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
OPAQUE_ROUND = 7  # px; so far from a rim colours are the layer's own


@dataclass(frozen=True)
class Overlap:
    """Two pieces over the same ground: `old`, `new` float32 [h, w, 3], the difference of their soft versions, and how
    busy both are at each pixel: squared detail plus squared slope, grey levels^2, [h, w].

    Of pieces with mattes the colours are premultiplied; `matte` [h, w] is the difference in alpha, `opaque` [h, w]
    is 1 where both are opaque all round and 0 elsewhere."""

    old: F32
    new: F32
    soft_difference: F32
    texture: F32
    matte: F32 | None = None
    opaque: F32 | None = None


def square_sum(values: F32) -> F32:
    """Sum of squares over the last axis."""
    return np.asarray(np.einsum("...c,...c->...", values, values), np.float32)


def compare(old: F32, new: F32) -> Overlap:
    """Look at both pieces, [h, w, 3 or 4], once; what is derived from it survives an offset constant along rows."""
    matte: F32 | None = None
    opaque: F32 | None = None
    if old.shape[2] == 4:
        matte = ((old[..., 3] - new[..., 3]) / 255).astype(np.float32)
        both = np.minimum(old[..., 3], new[..., 3])
        opaque = (cv2.erode(both, np.ones((OPAQUE_ROUND, OPAQUE_ROUND), np.uint8)) > 254.5).astype(np.float32)
        old, new = (np.asarray(piece[..., :3] * (piece[..., 3:] / 255), np.float32) for piece in (old, new))
    soft_old, soft_new = (np.asarray(cv2.GaussianBlur(piece, (0, 0), 3), np.float32) for piece in (old, new))
    busy = np.asarray(cv2.GaussianBlur(_detail(old, soft_old, new, soft_new), (0, 0), 4), np.float32)
    texture = busy + np.float32(0.25 * old.shape[1]) * _slopes(soft_old, soft_new)
    return Overlap(old, new, soft_old - soft_new, texture, matte, opaque)


@njit(cache=True, nogil=True)
def _detail(old: F32, soft_old: F32, new: F32, soft_new: F32) -> F32:
    """How much both pieces differ from their soft versions, all [h, w, 3]: mean squares, [h, w]."""
    found = np.empty((old.shape[0], old.shape[1]), np.float32)
    for y in range(old.shape[0]):
        for x in range(old.shape[1]):
            one = other = np.float32(0)
            for c in range(3):
                one += (old[y, x, c] - soft_old[y, x, c]) ** 2
                other += (new[y, x, c] - soft_new[y, x, c]) ** 2
            found[y, x] = (one + other) / np.float32(3)
    return found


@njit(cache=True, nogil=True)
def _slopes(old: F32, new: F32) -> F32:
    """How steep two soft pieces [h, w, 3] are along their rows: sums of squares, [h, w]."""
    found = np.empty((old.shape[0], old.shape[1]), np.float32)
    last = old.shape[1] - 1
    for y in range(old.shape[0]):
        for x in range(old.shape[1]):
            left, right = max(x - 1, 0), min(x + 1, last)
            over = np.float32(right - left)
            one = other = np.float32(0)
            for c in range(3):
                one += ((old[y, right, c] - old[y, left, c]) / over) ** 2
                other += ((new[y, right, c] - new[y, left, c]) / over) ** 2
            found[y, x] = one + other
    return found
