"""A sheet whose angle is keyed: the picture as it was drawn, turned about the middle of the frame, and grown with it.

As `blender_addon/sheet_formulas.py` has it: at every frame the whole turns by what the angle is away from the one that
was drawn, and grows just enough to cover the frame still. Drawing a picture for each angle was the other road: as many
pictures as frames.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..textures import Bytes, Texture
from .sheet import Sheet, at_frame

F32 = NDArray[np.float32]
ROWS_AT_ONCE = 64


def sampled(
    tile: Texture, sheet: Sheet, n: int, frames: int, shape: tuple[int, int]
) -> Iterator[tuple[slice, Bytes, Bytes]]:
    """What a sheet of one colour shows at frame n of `frames` on an output of `shape` rows and columns: rows, colours
    uint8 [n, w * 3], alpha uint8 [n, w]."""
    height, width = shape
    turned = math.radians(at_frame(sheet.angles, n) - (sheet.lean_deg or 0.0))
    grown = 1 + max(width / height, height / width) * abs(math.sin(turned))
    still, way = sheet.swayed(n, frames)[0], sheet.way(n, frames)
    left, top = (sheet.origin[axis] + sheet.slide[axis] * way for axis in range(2))
    cos, sin = math.cos(turned), math.sin(turned)
    across = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / grown - still
    for start in range(0, height, ROWS_AT_ONCE):
        rows = slice(start, min(height, start + ROWS_AT_ONCE))
        down = ((np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - height / 2) / grown)[:, None]
        # turned back, y down
        x = (cos * across - sin * down + width / 2 - left) / sheet.scale - 0.5
        y = (sin * across + cos * down + height / 2 - top) / sheet.scale - 0.5
        alpha = _bilinear(tile.alpha, np.asarray(x, np.float32), np.asarray(y, np.float32))
        yield rows, np.broadcast_to(np.tile(tile.rgb[0, :3], width), (len(alpha), 3 * width)), alpha


def _bilinear(values: Bytes, x: F32, y: F32) -> Bytes:
    """Values at places, in px from the middle of the first one, 0 beyond their rim; rounded."""
    left, top = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    right, down = x - left, y - top
    out = np.zeros_like(x)
    for dy, share_down in ((0, 1 - down), (1, down)):
        for dx, share_right in ((0, 1 - right), (1, right)):
            row, column = top + dy, left + dx
            there = (row >= 0) & (row < values.shape[0]) & (column >= 0) & (column < values.shape[1])
            found = values[np.clip(row, 0, values.shape[0] - 1), np.clip(column, 0, values.shape[1] - 1)]
            out += np.where(there, found, 0) * share_down * share_right
    return np.asarray(np.rint(out), np.uint8)
