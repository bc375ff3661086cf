"""A sheet whose angle is keyed: the picture as it was drawn, turned about its pivot, or about the middle of the frame.

As `blender_addon/sheet_formulas.py` has it: at every frame the whole turns by what the angle is away from the one that
was drawn, and about the middle of the frame it grows just enough to cover the frame still. Drawing a picture for each
angle was the other road: as many pictures as frames.
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
    """What a sheet shows at frame n of `frames` on an output of `shape` rows and columns: rows, colours uint8
    [n, w * 3], alpha uint8 [n, w]. A sheet that is laid over has one colour, light that is screened many."""
    height, width = shape
    turned = math.radians(at_frame(sheet.angles, n) - (sheet.lean_deg or 0.0))
    about = sheet.pivot or (width / 2, height / 2)
    grown = 1.0 if sheet.pivot else 1 + max(width / height, height / width) * abs(math.sin(turned))
    swayed, way = sheet.swayed(n, frames), sheet.way(n, frames)
    left, top = (sheet.origin[axis] + sheet.slide[axis] * way for axis in range(2))
    cos, sin = math.cos(turned), math.sin(turned)
    across = (np.arange(width, dtype=np.float32) + 0.5 - about[0]) / grown - swayed[0]
    for start in range(0, height, ROWS_AT_ONCE):
        rows = slice(start, min(height, start + ROWS_AT_ONCE))
        down = ((np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - about[1]) / grown - swayed[1])[:, None]
        # turned back, y down
        x = np.asarray((cos * across - sin * down + about[0] - left) / sheet.scale - 0.5, np.float32)
        y = np.asarray((sin * across + cos * down + about[1] - top) / sheet.scale - 0.5, np.float32)
        alpha = _bilinear(tile.alpha, x, y)
        if sheet.blend == "over":
            colours = np.broadcast_to(np.tile(tile.rgb[0, :3], width), (len(alpha), 3 * width))
        else:
            channels = [_bilinear(tile.rgb[:, channel::3], x, y) for channel in range(3)]
            colours = np.stack(channels, axis=2).reshape(len(alpha), -1)
        yield rows, colours, alpha


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
