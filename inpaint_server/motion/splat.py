"""Forward splatting: every pixel thrown to where it goes, its four neighbours sharing it; slow, and without inversion.

It is what the backward warp (`warp`) is measured against. Where many pixels land, the average is seen, or, given
nearness, more of the nearer ones (S. Niklaus, F. Liu, Softmax splatting for video frame interpolation, 2020).
"""

import itertools

import numpy as np
from numpy.typing import NDArray

SHARPNESS = 10.0
LEAST_WEIGHT = 1e-3


def splat(
    picture: NDArray[np.uint8], moved: NDArray[np.float32], nearness: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The picture uint8 [H, W, C] displaced by D float32 [2, H, W] in px, and where anything landed, bool [H, W]."""
    height, width, channels = picture.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    x, y = x + moved[0], y + moved[1]
    weight = np.ones((height, width)) if nearness is None else np.exp(SHARPNESS * (nearness - nearness.max()))
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    sums = np.zeros((channels + 1, height * width))
    for dx, dy in itertools.product((0, 1), (0, 1)):
        to_x, to_y = left + dx, top + dy
        share = weight * np.abs(1 - dx - (x - left)) * np.abs(1 - dy - (y - top))
        inside = (to_x >= 0) & (to_x < width) & (to_y >= 0) & (to_y < height)
        place, part = (to_y * width + to_x)[inside], share[inside]
        for c in range(channels):
            sums[c] += np.bincount(place, part * picture[..., c][inside], height * width)
        sums[channels] += np.bincount(place, part, height * width)
    total = sums[channels]
    colours = (sums[:channels] / np.maximum(total, 1e-12)).T.reshape(height, width, channels)
    return colours.round().astype(np.uint8), (total > LEAST_WEIGHT * weight.min()).reshape(height, width)
