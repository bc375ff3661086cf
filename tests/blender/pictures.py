"""Synthetic tiles: written as PNG, read back, and cut out of a picture that is known everywhere."""

from pathlib import Path

import numpy as np
from infinite_parallax.shared.png import encode
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def write_png(path: Path, pixels: Bytes) -> None:
    """Write RGB or RGBA uint8 [h, w, 3 or 4] as a PNG file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(pixels))


def texture(x0: int, y0: int, width: int, height: int, seed: int) -> Bytes:
    """A piece of an endless picture, RGB: smooth colours with a fine pattern over them, known at every place."""
    y, x = np.mgrid[y0 : y0 + height, x0 : x0 + width].astype(np.float64)
    out = np.empty((height, width, 3))
    for channel in range(3):
        f = 0.011 * (channel + 1) + 0.007 * seed
        smooth = np.sin(f * x + seed) + np.cos(f * 1.7 * y - channel)
        fine = np.sin(0.9 * x + 0.4 * y + seed * channel) * np.cos(0.7 * y - 0.3 * x)
        out[..., channel] = 128 + 38 * smooth + 40 * fine
    return np.rint(np.clip(out, 16, 255)).astype(np.uint8)
