"""Sampling a plane whose rows slide apart: every row at a sub-pixel position of its own, linearly between columns.

At scale 1 each row is copied to where it begins and mixed with itself one column on, by a weight in 1/256 px, just as
a plane that moves as one is sampled. A warp with a coordinate for every pixel says the same and takes ten times as
long. Scaled, the rows' beginnings are joined by straight lines, and it is such a warp.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .textures import Bytes, Texture

Positions = NDArray[np.float64]
F32 = NDArray[np.float32]
ROWS_AT_ONCE = 32


def sampled(
    tile: Texture, left: Positions, y: float, scale: float, shape: tuple[int, int]
) -> Iterator[tuple[slice, Bytes, Bytes]]:
    """What a tile shows on an output of `shape` rows and columns: rows, colours uint8 [n, w * 3], alpha uint8 [n, w].

    Row r of the tile begins at output column left[r], float64 [h], its first row at output row y; the tile is shown
    `scale` times as large. Outside of it alpha is 0.
    """
    height, width = shape
    first = max(0, round(y) if scale == 1 else int(np.ceil(y - 0.5)))
    last = min(height, round(y + len(left) * scale))
    for start in range(first, last, ROWS_AT_ONCE):
        rows = slice(start, min(last, start + ROWS_AT_ONCE))
        if scale == 1:
            own = slice(rows.start - round(y), rows.stop - round(y))
            yield rows, *_slid(tile, left[own], own, width)
        else:
            at = np.asarray((np.arange(rows.start, rows.stop) + 0.5 - y) / scale - 0.5, np.float64)
            yield rows, *_scaled(tile, left, at, scale, width)


def _slid(tile: Texture, left: Positions, rows: slice, width: int) -> tuple[Bytes, Bytes]:
    whole, part = np.divmod(np.rint(-left * 256).astype(np.int64), 256)
    weight = part.astype(np.uint16)[:, None]
    colours = np.zeros((len(left), (width + 1) * 3), np.uint8)
    alpha = np.zeros((len(left), width + 1), np.uint8)
    limit = tile.alpha.shape[1]
    for i, (row, begin) in enumerate(zip(range(rows.start, rows.stop), whole.tolist(), strict=True)):
        a, b = max(0, -begin), max(0, min(width + 1, limit - begin))
        colours[i, a * 3 : b * 3] = tile.rgb[row, (begin + a) * 3 : (begin + b) * 3]
        alpha[i, a:b] = tile.alpha[row, begin + a : begin + b]
    return _mixed(colours[:, :-3], colours[:, 3:], weight), _mixed(alpha[:, :-1], alpha[:, 1:], weight)


def _mixed(a: Bytes, b: Bytes, weight: NDArray[np.uint16]) -> Bytes:
    """a + (b - a) * weight / 256, rounded; every sum fits into 16 bits."""
    mixed = np.multiply(a, np.uint16(256) - weight, dtype=np.uint16)
    mixed += np.multiply(b, weight, dtype=np.uint16)
    mixed += 128
    mixed >>= 8
    return np.asarray(mixed, np.uint8)


def _scaled(tile: Texture, left: Positions, at: Positions, scale: float, width: int) -> tuple[Bytes, Bytes]:
    """Output rows at rows `at` of the tile, [n]: between two rows lies a picture that begins between them."""
    return warped(tile, at, np.asarray(np.interp(at, np.arange(len(left)), left)), scale, width)


def warped(
    tile: Texture, at: Positions, begin: Positions, scale: float, width: int, spare: int = 0
) -> tuple[Bytes, Bytes]:
    """Output rows that show rows `at` of the tile, [n], each beginning at output column `begin`, [n].

    Colours uint8 [n, w * 3], alpha uint8 [n, w]. Beyond its rim the tile is mirrored; on both sides `spare` columns of
    that are shown.
    """
    columns = (np.arange(width) + 0.5 - begin[:, None]) / scale - 0.5
    upper = np.floor(at).astype(int)
    share = (at - upper).astype(np.float32)[:, None, None]
    top, bottom = (_row(tile, mirrored(upper + k, len(tile.alpha)), columns, spare) for k in (0, 1))
    mixed = np.rint(top * (1 - share) + bottom * share).astype(np.uint8)
    return np.ascontiguousarray(mixed[..., :3]).reshape(len(mixed), -1), mixed[..., 3]


def mirrored(at: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """The pixels of a row of `length` that are seen at places beyond its ends as well."""
    inside = np.where(at < 0, -1 - at, np.where(at >= length, 2 * length - 1 - at, at))
    return np.asarray(np.clip(inside, 0, length - 1))


def _row(tile: Texture, rows: NDArray[np.int64], at: Positions, spare: int) -> F32:
    """Rows of the tile at columns `at` [n, width]: RGBA float32 [n, width, 4]."""
    first = np.floor(at).astype(int)
    share = (at - first).astype(np.float32)[..., None]
    limit = tile.alpha.shape[1] - 1
    picture = np.dstack([tile.rgb[rows].reshape(len(rows), -1, 3), tile.alpha[rows]]).astype(np.float32)
    a, b = (np.take_along_axis(picture, mirrored(first + k, limit + 1)[..., None], 1) for k in (0, 1))
    mixed = a * (1 - share) + b * share
    mixed[..., 3] *= (at >= -0.5 - spare) & (at <= limit + 0.5 + spare)
    return np.asarray(mixed, np.float32)
