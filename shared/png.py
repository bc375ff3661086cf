"""Pictures as PNG files, written with what Python itself brings: Blender has no Pillow, and its own writer needs an
image datablock and the main thread. Reading is left to those who can."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""PNG's number for grey, RGB and RGBA by their channels."""


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """Grey uint8 [h, w], RGB [h, w, 3] or RGBA [h, w, 4] with straight alpha as PNG (W3C PNG, third edition).

    Every row is stored as the difference to the one above.
    """
    height, width = pixels.shape[:2]
    flat = pixels.reshape(height, -1)
    rows = np.full((height, flat.shape[1] + 1), 2, np.uint8)
    rows[0, 1:], rows[1:, 1:] = flat[0], flat[1:] - flat[:-1]
    head = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[flat.shape[1] // width], 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 3)), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body
