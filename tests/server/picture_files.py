"""Picture files built byte by byte or by Pillow, and how the server reads or refuses them."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.inpaint_server.pictures import read_picture
from infinite_parallax.shared.errors import UsageError
from numpy.typing import NDArray
from PIL import Image

LIMITS = Limits(picture_px=10_000, side_px=5000)
Array = NDArray[Any]


def colours(height: int = 8, width: int = 12) -> Array:
    """A smooth picture, so that lossy formats stay close."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([40 + 12 * x, 200 - 14 * y, 60 + 5 * x + 7 * y], axis=2).astype(np.uint8)


def file(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def read(data: bytes) -> Array:
    picture = read_picture(data, LIMITS)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    return picture


def refusal(data: bytes, limits: Limits = LIMITS) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_picture(data, limits)
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *extra: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
