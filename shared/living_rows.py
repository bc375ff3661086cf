"""Sampling a plane that lives: for every pixel of the output, the place of the tile that is moved there.

The mesh that Blender shows is moved at its points, and between three of them the picture is stretched linearly. So the
place is looked for in that very mesh: in a triangle first as if it had no end, and again in the one where that leads.
Drawing triangle after triangle was the other road: in numpy it takes a call for each.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from . import living_mesh
from .receding_rows import mirrored
from .scene import Plane
from .textures import Bytes, Texture

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Looks = list[tuple[float, float, float]]
ROUNDS = 6
NEAR = 1e-4
"""Parts of a cell: who moved less from one round to the next has found the place."""
RIM = 1e-6
ROWS_AT_ONCE = 64
REST = 1 / 256
"""The weight of colours that do not drift, beside those that do."""


def sampled(
    tile: Texture, plane: Plane, corner: tuple[float, float], frame: float, shape: tuple[int, int]
) -> Iterator[tuple[slice, Bytes, Bytes]]:
    """What a plane with its upper left corner at x, y of an output of `shape` rows and columns shows: rows, colours
    uint8 [n, w * 3], alpha uint8 [n, w]."""
    mesh, life = _Mesh(plane, corner, frame), plane.drifting
    looks: Looks = [] if life is None else list(life.looks(math.floor(frame)))
    first, last = (min(max(0, at), shape[0]) for at in mesh.reach)
    for start in range(first, last, ROWS_AT_ONCE):
        rows = slice(start, min(last, start + ROWS_AT_ONCE))
        column, row, there, share = mesh.places(rows, shape[1])
        seen = _looked_up(tile, column, row)
        if looks:
            seen[..., :3] = _drifted(tile, column, row, share, looks, seen[..., :3])
        mixed = np.rint(seen).astype(np.uint8)
        colours = np.ascontiguousarray(mixed[..., :3]).reshape(len(mixed), -1)
        yield rows, colours, np.where(there, mixed[..., 3], np.uint8(0))


class _Mesh:
    """The points of a plane's mesh on the output at a frame: `points` float64 [2, n, m], x and y."""

    def __init__(self, plane: Plane, corner: tuple[float, float], frame: float) -> None:
        (x, y), whole, lines = corner, math.floor(frame), plane.lines
        self._at, self._columns = lines.at, plane.across
        down = y + lines.at * plane.scale
        swayed = {axis: sum(s.moved(down, whole) for s in plane.sways if s.axis == axis) for axis in "xy"}
        self._down, left = down + swayed["y"], np.full_like(down, x) + swayed["x"]
        if plane.slide is not None:
            leads = plane.slide.leads(plane.at(frame, plane.slide.travel_px), plane.height)
            left = left + plane.scale * np.interp(lines.at, np.arange(plane.height) + 0.5, leads)
        self._left, self._scale = left, plane.scale
        life = plane.drifting
        self._share = None if life is None else living_mesh.drifting(life, lines.at, plane.across, plane.slide)
        resting = np.broadcast_arrays(left[:, None] + plane.scale * self._columns, self._down[:, None])
        self.points = np.stack(resting) + living_mesh.moved(plane.lives, lines.at, self._columns, plane.slide, whole)

    @property
    def reach(self) -> tuple[int, int]:
        """The output rows, from..to, on which it lies."""
        return tuple(math.ceil(float(edge) - 0.5) for edge in (self.points[1].min(), self.points[1].max()))  # type: ignore[return-value]

    def places(self, rows: slice, width: int) -> tuple[F64, F64, NDArray[np.bool_], F64]:
        """The column and the row of the tile at every pixel, in its px, whether there is any, and how much it drifts,
        [n, width]."""
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(rows.start, rows.stop) + 0.5)
        lines, posts = np.arange(len(self._at), dtype=np.float64), np.arange(len(self._columns), dtype=np.float64)
        row: F64 = np.asarray(np.interp(y, self._down, lines))
        column: F64 = np.asarray(
            np.interp((x - np.interp(y, self._down, self._left)) / self._scale, self._columns, posts)
        )
        for _ in range(ROUNDS):
            more = self._nearer(row, column, x, y)
            row = np.clip(row + more[0], -1, lines[-1] + 1)
            column = np.clip(column + more[1], -1, posts[-1] + 1)
            if max(float(np.abs(part).max()) for part in more) < NEAR:
                break
        there = (row >= -RIM) & (row <= lines[-1] + RIM) & (column >= -RIM) & (column <= posts[-1] + RIM)
        share = self._between(row, column)
        return np.interp(column, posts, self._columns), np.interp(row, lines, self._at), there, share

    def _between(self, row: F64, column: F64) -> F64:
        """How much places drift, linearly in the triangles in which they lie."""
        if self._share is None:
            return np.zeros((1, 1))
        i, j = (
            np.clip(at.astype(np.int64), 0, count - 2)
            for at, count in zip((row, column), self._share.shape, strict=True)
        )
        a, b = row - i, column - j
        far, share = a + b > 1, self._share
        here, lower, right = share[i + far, j + far], share[i + 1, j], share[i, j + 1]
        down, along = np.where(far, here - right, lower - here), np.where(far, here - lower, right - here)
        return np.asarray(here + down * (a - far) + along * (b - far))

    def _nearer(self, row: F64, column: F64, x: F64, y: F64) -> tuple[F64, F64]:
        """How many lines and columns farther a pixel would be if the triangle in which it is looked for had no end."""
        i, j = (
            np.clip(at.astype(np.int64), 0, count - 2)
            for at, count in zip((row, column), self.points.shape[1:], strict=True)
        )
        a, b = row - i, column - j
        far = a + b > 1
        here = self.points[:, i + far, j + far]
        lower, right = self.points[:, i + 1, j], self.points[:, i, j + 1]
        along_a, along_b = np.where(far, here - right, lower - here), np.where(far, here - lower, right - here)
        to_go = np.stack([x, y]) - here - along_a * (a - far) - along_b * (b - far)
        area = along_a[0] * along_b[1] - along_a[1] * along_b[0]
        area = np.where(np.abs(area) < 1e-9, 1e-9, area)
        return (
            (to_go[0] * along_b[1] - to_go[1] * along_b[0]) / area,
            (along_a[0] * to_go[1] - along_a[1] * to_go[0]) / area,
        )


def _drifted(
    tile: Texture, column: F64, row: F64, share: F64, looks: list[tuple[float, float, float]], rest: F32
) -> F32:
    """The colours of looks that are carried along, each by its weight and by how opaque it is, float32 [n, w, 3]; what
    finds nothing stays as it is at `rest`."""
    colours, total = REST * rest, np.full((*rest.shape[:2], 1), REST, np.float32)
    for x, y, weight in looks:
        seen = _looked_up(tile, column - share * x, row - share * y)
        part = seen[..., 3:] * np.float32(weight / 255)
        colours, total = colours + part * seen[..., :3], total + part
    return np.asarray(colours / total, np.float32)


def _looked_up(tile: Texture, column: F64, row: F64) -> F32:
    """The tile, bilinearly, mirrored beyond its rim: RGBA float32 [n, w, 4], 0 to 255."""
    height, width = tile.alpha.shape
    picture = np.dstack([tile.rgb.reshape(height, width, 3), tile.alpha])
    x, y = column - 0.5, row - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, down = ((v - whole).astype(np.float32)[..., None] for v, whole in ((x, left), (y, top)))
    columns = [mirrored(left + k, width) for k in (0, 1)]
    upper, lower = (
        picture[rows, columns[0]] * (1 - right) + picture[rows, columns[1]] * right
        for rows in (mirrored(top + k, height) for k in (0, 1))
    )
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
