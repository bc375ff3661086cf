"""Synthetic tiles: written as PNG, read back, and cut out of a picture that is known everywhere."""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def write_png(path: Path, pixels: Bytes) -> None:
    """Write RGB or RGBA uint8 [h, w, 3 or 4] as a PNG file."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, width * channels + 1), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 6, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")):
            file.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))


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
