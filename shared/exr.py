"""Pictures as OpenEXR files, half floats, for values that are negative or beyond white, written with numpy alone.

Blocks of 16 rows, bytes reordered, differenced and deflated, as the format's ZIP compression has them ("Technical
Introduction to OpenEXR", Academy Software Foundation). Blender could write them itself, but only through an image
datablock on its main thread, and the server has no Blender.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

MAGIC = b"\x76\x2f\x31\x01\x02\x00\x00\x00"
HALF, ZIP, ROWS = 1, 3, 16


def encode(picture: NDArray[np.float32]) -> bytes:
    """RGB float32 [h, w, 3] as an EXR of half floats. Raises ValueError for any other shape."""
    if picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(f"{picture.shape} is no RGB picture")
    height, width = picture.shape[:2]
    # in a row of the file the channels lie one after the other, in the order of their names
    values = np.clip(picture, -65504, 65504).astype("<f2").transpose(0, 2, 1)[:, ::-1]
    head = _head(width, height)
    blocks = [_block(top, values[top : top + ROWS].tobytes()) for top in range(0, height, ROWS)]
    offset = len(head) + 8 * len(blocks)
    table = b""
    for block in blocks:
        table += struct.pack("<Q", offset)
        offset += len(block)
    return b"".join([head, table, *blocks])


def _head(width: int, height: int) -> bytes:
    channels = b"".join(name + b"\0" + struct.pack("<iB3xii", HALF, 0, 1, 1) for name in (b"B", b"G", b"R")) + b"\0"
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    attributes = (
        ("channels", "chlist", channels),
        ("compression", "compression", bytes([ZIP])),
        ("dataWindow", "box2i", window),
        ("displayWindow", "box2i", window),
        ("lineOrder", "lineOrder", b"\0"),
        ("pixelAspectRatio", "float", struct.pack("<f", 1)),
        ("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0)),
        ("screenWindowWidth", "float", struct.pack("<f", 1)),
    )
    body = b"".join(
        f"{name}\0{kind}\0".encode() + struct.pack("<i", len(value)) + value for name, kind, value in attributes
    )
    return MAGIC + body + b"\0"


def _block(top: int, raw: bytes) -> bytes:
    """Rows from `top` on: their bytes, even ones before odd ones, as differences to the one before, deflated; as they
    are where that makes them no smaller."""
    values = np.frombuffer(raw, np.uint8)
    apart = np.concatenate([values[::2], values[1::2]])
    steps = apart.copy()
    steps[1:] = apart[1:] - apart[:-1] + np.uint8(128)
    packed = zlib.compress(steps.tobytes(), 4)
    data = packed if len(packed) < len(raw) else raw
    return struct.pack("<ii", top, len(data)) + data
