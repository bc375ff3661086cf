"""Pictures as PNG files, written with what Python itself brings: Blender has no Pillow, and its own writer needs an
image datablock and the main thread. Who has a faster deflate than Python's gives it. Reading is left to those who
can."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""PNG's number for grey, RGB and RGBA by their channels."""
END = b"IEND\xaeB`\x82"
"""What every whole file ends with."""
SUB = 1
"""PNG's number for rows that are stored as differences to the pixel on the left."""
Deflate = Callable[[memoryview], bytes]
"""Makes a zlib stream (RFC 1950)."""


def pythons_deflate(data: memoryview) -> bytes:
    """What every Python has."""
    return zlib.compress(data, 3)


def encode(pixels: NDArray[np.uint8], deflate: Deflate = pythons_deflate) -> bytes:
    """Grey uint8 [h, w], RGB [h, w, 3] or RGBA [h, w, 4] with straight alpha as PNG (W3C PNG, third edition).

    Every pixel is stored as the difference to the one on its left. Choosing the best filter row by row was the other
    road: it takes a third of the time and makes the file no smaller.
    """
    return b"".join((*_head(pixels), *_chunk(b"IDAT", deflate(_filtered(pixels).data)), *_chunk(b"IEND", b"")))


class Deflater(Protocol):
    """Makes a zlib stream piece by piece."""

    def compress(self, data: memoryview, /) -> bytes:
        """The next bytes of the stream, if there are any yet."""
        ...

    def flush(self) -> bytes:
        """Its last bytes."""
        ...


def encoded(pixels: NDArray[np.uint8], deflater: Deflater, rows: int) -> Iterator[bytes]:
    """A picture as `encode` has it, piece by piece, so that no more than `rows` rows are held at a time."""
    yield b"".join(_head(pixels))
    for top in range(0, len(pixels), rows):
        if data := deflater.compress(_filtered(pixels[top : top + rows]).data):
            yield b"".join(_chunk(b"IDAT", data))
    yield b"".join((*_chunk(b"IDAT", deflater.flush()), *_chunk(b"IEND", b"")))


def _head(pixels: NDArray[np.uint8]) -> tuple[bytes, ...]:
    height, width = pixels.shape[:2]
    kind = COLOUR_TYPES[pixels.size // (height * width)]
    return b"\x89PNG\r\n\x1a\n", *_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))


def _filtered(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows as they are deflated, each with the number of its filter before it, uint8 [h, 1 + w * channels]."""
    height, width = pixels.shape[:2]
    flat = pixels.reshape(height, -1)
    channels = flat.shape[1] // width
    rows = np.empty((height, 1 + flat.shape[1]), np.uint8)
    rows[:, 0] = SUB
    rows[:, 1 : 1 + channels] = flat[:, :channels]
    np.subtract(flat[:, channels:], flat[:, :-channels], out=rows[:, 1 + channels :])
    return rows


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """The length, the kind, the data and the checksum of a chunk."""
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
