"""Arithmetic frames: what a frame is by definition, computed in numpy from the tiles and the scene spec.

The tests compare Blender's frames with these, and `preview` encodes them without Blender. Each plane is sampled
bilinearly at its sub-pixel position and laid over what is behind it, far to near. A general image warp would sample
every pixel by its own coordinates; a plane that only slides has one weight for all its columns and one for all its
rows, which is an order of magnitude faster and says what is meant.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scene import Plane, SceneSpec

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Texture:
    """A tile ready for sampling: `rgb` [h, w, 3], `alpha` [h, w], and which rows are `solid` [h] from end to end."""

    rgb: Bytes
    alpha: Bytes
    solid: NDArray[np.bool_]

    @classmethod
    def of(cls, rgba: Bytes) -> "Texture":
        """Take an RGBA picture, uint8 [h, w, 4] with straight alpha, apart."""
        alpha = np.ascontiguousarray(rgba[..., 3])
        return cls(np.ascontiguousarray(rgba[..., :3]), alpha, alpha.min(axis=1) == 255)


ReadTile = Callable[[str], Texture]


def placed(plane: Plane, frame: int) -> tuple[float, float]:
    """The plane's upper left corner in output px at a frame counted from 0."""
    a, b = plane.keys
    t = (frame - a.frame) / (b.frame - a.frame)
    return a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t


def render(spec: SceneSpec, frame: int, read_tile: ReadTile) -> Bytes:
    """Frame `frame` (from 0) as RGB uint8 [height, width, 3]. `read_tile(file)` gives a tile of the plates."""
    out = np.zeros((spec.height, spec.width, 3), np.uint8)
    for plane in spec.planes:
        if plane.start <= frame < plane.end:
            _lay_over(out, read_tile(plane.file), *placed(plane, frame), plane.scale)
    return out


def _lay_over(out: Bytes, tile: Texture, x: float, y: float, scale: float) -> None:
    """Lay a tile over `out`, in place, with its corner at output position x, y."""
    height, width = tile.alpha.shape
    reach = 0.5 if scale < 1 else 0.0
    rows = _span(y, height * scale, out.shape[0], reach)
    columns = _span(x, width * scale, out.shape[1], reach)
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return
    sample = _slide if scale == 1.0 else _resample
    for part, solid in _runs(_solid(tile, columns, x, scale), rows, y, scale):
        colours = sample(tile.rgb, part, columns, x, y, scale)
        if solid:
            out[part, columns] = colours
        else:
            alpha = sample(tile.alpha, part, columns, x, y, scale).astype(np.uint32)[..., None]
            mixed = colours * alpha + out[part, columns] * (255 - alpha)
            out[part, columns] = ((mixed + 127) // 255).astype(np.uint8)


def _solid(tile: Texture, columns: slice, x: float, scale: float) -> NDArray[np.bool_]:
    """Which rows [h] of a tile are opaque wherever the frame shows them; slanted tiles have empty corners."""
    if tile.solid.all():
        return tile.solid
    solid = tile.solid.copy()
    first, last = math.floor((columns.start - x) / scale), math.ceil((columns.stop - x) / scale) + 1
    solid[~tile.solid] = tile.alpha[~tile.solid, max(0, first) : last].min(axis=1) == 255
    return solid


def _runs(solid_rows: NDArray[np.bool_], rows: slice, y: float, scale: float) -> Iterator[tuple[slice, bool]]:
    """The output rows in runs that are opaque from end to end or not; opaque ones need no alpha at all."""
    at = (np.arange(rows.start, rows.stop) + 0.5 - y) / scale - 0.5
    first = np.clip(np.floor(at + 1 / 512), 0, len(solid_rows) - 1).astype(np.intp)
    solid = solid_rows[first] & solid_rows[np.minimum(first + 1, len(solid_rows) - 1)]
    edges = [0, *(np.flatnonzero(np.diff(solid)) + 1).tolist(), len(solid)]
    for start, stop in itertools.pairwise(edges):
        yield slice(rows.start + start, rows.start + stop), bool(solid[start])


def _span(start: float, length: float, limit: int, reach: float) -> slice:
    """The output pixels that are sampled from a tile that starts at `start`: those that lie in it, less `reach` px.

    At scale 1 a pixel has to lie wholly inside, and the tile's bleed keeps its rim out of sight. Scaled down, the
    bleed is less than a pixel, so a pixel counts whose centre is inside.
    """
    return slice(max(0, math.ceil(start - reach)), min(limit, math.floor(start + length + reach)))


def _slide(tile: Bytes, rows: slice, columns: slice, x: float, y: float, _scale: float) -> Bytes:
    """Sample at scale 1: one weight for all columns and one for all rows, in 1/256 px."""
    top, wy = _split(rows.start - y)
    left, wx = _split(columns.start - x)
    h, w = rows.stop - rows.start, columns.stop - columns.start
    part = tile[top : top + h + 1, left : left + w + 1]
    if wx:
        part = _mix(part[:, :-1], part[:, 1:], wx) if part.shape[1] > w else part
    if wy:
        part = _mix(part[:-1], part[1:], wy) if part.shape[0] > h else part
    return part[:h, :w]


def _split(position: float) -> tuple[int, int]:
    """A source position as whole px and 1/256 px."""
    fine = round(position * 256)
    return fine >> 8, fine & 255


def _mix(a: Bytes, b: Bytes, weight: int) -> Bytes:
    """a + (b - a) * weight / 256, rounded."""
    mixed = a.astype(np.uint16) * (256 - weight)
    mixed += b.astype(np.uint16) * weight
    mixed += 128
    mixed >>= 8
    return mixed.astype(np.uint8)


def _resample(tile: Bytes, rows: slice, columns: slice, x: float, y: float, scale: float) -> Bytes:
    """Sample at any scale: bilinear between pixel centres."""
    r0, r1, wy = _taps(rows, y, scale, tile.shape[0])
    c0, c1, wx = _taps(columns, x, scale, tile.shape[1])
    wy, wx = (wy[:, None, None], wx[:, None]) if tile.ndim == 3 else (wy[:, None], wx)
    upper = tile[r0][:, c0] * (1 - wx) + tile[r0][:, c1] * wx
    lower = tile[r1][:, c0] * (1 - wx) + tile[r1][:, c1] * wx
    return np.rint(upper * (1 - wy) + lower * wy).astype(np.uint8)


def _taps(
    span: slice, start: float, scale: float, limit: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """For each output pixel of a span: the two source pixels it lies between, and the weight [n] of the second."""
    at = (np.arange(span.start, span.stop) + 0.5 - start) / scale - 0.5
    first = np.floor(at)
    weight = (at - first).astype(np.float32)
    low = np.clip(first, 0, limit - 1).astype(np.intp)
    return low, np.clip(first + 1, 0, limit - 1).astype(np.intp), weight
