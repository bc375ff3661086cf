"""Pixels of ground that recedes: its rows stretched, sheared and moved up, each out of the source's own row.

A row is sampled where it is asked, cubic between columns, so that what is not stretched is copied. Resampling the whole
ground first was the other road, and blurs what is copied later.
"""

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from ...shared.ramp import Columns, Scales

Pixels = NDArray[np.uint8]  # [h, w, 3] RGB, or [h, w, 4] RGBA with straight alpha
F32 = NDArray[np.float32]
ROOM = 0.6  # of the way to the end of the source's rows, how much a piece may be sheared


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
def _between(at: float, last: int) -> tuple[tuple[int, int, int, int], tuple[float, float, float, float]]:
    """The four columns of 0..last round place `at`, and what each counts.

    R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, with a = -1/2. Beyond its ends the
    picture's last column goes on.
    """
    u = int(np.floor(at))
    t = at - u
    before = -0.5 * t + t * t - 0.5 * t * t * t
    here = 1 - 2.5 * t * t + 1.5 * t * t * t
    after = 0.5 * t + 2 * t * t - 1.5 * t * t * t
    beyond = -0.5 * t * t + 0.5 * t * t * t
    left = min(max(u - 1, 0), last), min(max(u, 0), last)
    right = min(max(u + 1, 0), last), min(max(u + 2, 0), last)
    return (*left, *right), (before, here, after, beyond)


@njit(cache=True)
def stretched(picture: Pixels, first: Scales, scale: Scales, out: F32) -> None:
    """Pixel j of row y of `out` [h, w, c] is `picture`'s at column first[y] + scale[y] * j, cubic between columns."""
    last = picture.shape[1] - 1
    for y in range(out.shape[0]):
        for j in range(out.shape[1]):
            (a, b, c, d), (before, here, after, beyond) = _between(first[y] + scale[y] * j, last)
            for k in range(out.shape[2]):
                value = before * picture[y, a, k] + here * picture[y, b, k]
                value += after * picture[y, c, k] + beyond * picture[y, d, k]
                out[y, j, k] = min(max(value, 0.0), 255.0)


@njit(cache=True)
def raised(picture: Pixels, first: Scales, scale: Scales, heights: NDArray[np.int64], out: F32) -> None:
    """Like `stretched`, with every pixel moved up by `heights` [h, w] rows.

    Rows beyond the picture are reflected, but nothing stands over a column whose first row is clear.
    """
    rows, last = picture.shape[0] - 1, picture.shape[1] - 1
    for y in range(out.shape[0]):
        for j in range(out.shape[1]):
            (a, b, c, d), (before, here, after, beyond) = _between(first[y] + scale[y] * j, last)
            row = y + heights[y, j]
            if row < 0:
                row = 0 if picture.shape[2] == 4 and picture[0, b, 3] < 128 else -row
            if row > rows:
                row = 2 * rows - row
            row = min(max(row, 0), rows)
            for k in range(out.shape[2]):
                value = before * picture[row, a, k] + here * picture[row, b, k]
                value += after * picture[row, c, k] + beyond * picture[row, d, k]
                out[y, j, k] = min(max(value, 0.0), 255.0)
