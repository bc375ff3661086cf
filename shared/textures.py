"""Tiles ready for sampling: bilinear between pixels, and only where there is something to sample.

A layer that follows a contour is empty above it, opaque below, and in between only along a thin rim, so a tile knows
by cells of a few pixels which of the three each part is: empty parts cost nothing, opaque ones need no alpha. Asking
row by row, as bands with a straight edge allow, would mix every row that the contour crosses from end to end.

A general image warp would sample every pixel by its own coordinates; a plane that only slides has one weight for all
its columns and one for all its rows, which is an order of magnitude faster and says what is meant.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

CELL = (16, 128)
"""Rows and columns of a cell. Wide, because what is worked on lies in memory row by row."""
EMPTY, MIXED, OPAQUE = 0, 1, 2
AT_ONCE = 1 << 17
"""Values that are worked on at a time: few enough to stay in the processor's cache from one operation to the next."""


@dataclass(frozen=True)
class Texture:
    """A tile: `rgb` uint8 [h, w * 3], `alpha` uint8 [h, w] straight, and what each of its `cells` holds."""

    rgb: Bytes
    alpha: Bytes
    cells: Bytes

    @classmethod
    def of(cls, rgba: Bytes) -> "Texture":
        """Take an RGBA picture, uint8 [h, w, 4] with straight alpha, apart."""
        alpha = np.ascontiguousarray(rgba[..., 3])
        rgb = np.ascontiguousarray(rgba[..., :3]).reshape(len(rgba), -1)
        return cls(rgb, alpha, _cells(alpha))


@dataclass(frozen=True)
class Patch:
    """A rectangle of output pixels that is sampled from one tile; if it is not `opaque`, alpha has to be asked."""

    rows: slice
    columns: slice
    opaque: bool


@dataclass(frozen=True)
class Axis:
    """One axis of a plane on the output: the tile begins at `start` px and is shown `scale` times as large."""

    start: float
    scale: float

    def span(self, length: int, limit: int) -> slice:
        """The output pixels, of `limit`, that are sampled from a tile of `length` px: those that lie in it.

        At scale 1 a pixel has to lie wholly inside, and the tile's bleed keeps its rim out of sight. Scaled down, the
        bleed is less than a pixel, so a pixel counts whose centre is inside.
        """
        reach = 0.5 if self.scale < 1 else 0.0
        end = self.start + length * self.scale
        first = max(0, math.ceil(self.start - reach))
        return slice(first, max(first, min(limit, math.floor(end + reach))))

    def taps(self, span: slice) -> tuple[Places, NDArray[np.float32]]:
        """For each output pixel of a span: the first of the two source pixels it lies between, and the second's share.

        At scale 1 the share is a multiple of 1/256, the same for all.
        """
        if self.scale == 1.0:
            whole, share = divmod(round((span.start - self.start) * 256), 256)
            first = whole + np.arange(span.stop - span.start)
            return first, np.full(len(first), share / 256, np.float32)
        at = (np.arange(span.start, span.stop) + 0.5 - self.start) / self.scale - 0.5
        whole_px = np.floor(at)
        return whole_px.astype(np.intp), (at - whole_px).astype(np.float32)


def _cells(alpha: Bytes) -> Bytes:
    """What each cell holds, [ceil(h / 16), ceil(w / 128)]: the samples whose first pixel lies in it, so one px more."""
    low, high = alpha, alpha
    for axis, size in enumerate(CELL):
        low, high = _reduced(np.minimum, low, axis, size), _reduced(np.maximum, high, axis, size)
    return np.where(low == 255, np.uint8(OPAQUE), np.where(high == 0, np.uint8(EMPTY), np.uint8(MIXED)))


def _reduced(smaller_or_larger: np.ufunc, values: Bytes, axis: int, size: int) -> Bytes:
    """The least or greatest value of every `size` pixels along an axis and the one after them."""
    starts = np.arange(0, values.shape[axis], size)
    out: Bytes = smaller_or_larger.reduceat(values, starts, axis=axis)
    but_last = (slice(None),) * axis + (slice(None, -1),)
    out[but_last] = smaller_or_larger(out[but_last], values.take(starts[1:], axis=axis))
    return out


def patches(tile: Texture, down: Axis, across: Axis, shape: tuple[int, int]) -> Iterator[Patch]:
    """The parts of an output of `shape` rows and columns that a tile lies on, without its empty ones."""
    spans = [axis.span(n, limit) for axis, n, limit in zip((down, across), tile.alpha.shape, shape, strict=True)]
    if any(span.stop <= span.start for span in spans):
        return
    first, edges = [], []
    for axis, span, size, count in zip((down, across), spans, CELL, tile.cells.shape, strict=True):
        cell_of = np.clip(axis.taps(span)[0] // size, 0, count - 1)
        first.append(slice(cell_of[0], cell_of[-1] + 1))
        edges.append(span.start + np.searchsorted(cell_of, np.arange(cell_of[0], cell_of[-1] + 2)))
    rows, columns = edges
    for top, bottom, left, right, kind in _blocks(tile.cells[first[0], first[1]]):
        x = slice(int(columns[left]), int(columns[right]))
        start, stop = int(rows[top]), int(rows[bottom])
        some = max(1, AT_ONCE // max(1, 3 * (x.stop - x.start)))
        for y in range(start, stop, some):
            yield Patch(slice(y, min(stop, y + some)), x, kind == OPAQUE)


def _blocks(cells: Bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Cells in blocks of one kind that are not empty: top, bottom, left, right, kind.

    Rows that are opaque from end to end make blocks of their own; between them a contour is crossed once on most ways
    from top to bottom, so the cells are joined down the columns first, and then columns that look alike.
    """
    whole = (cells == OPAQUE).all(axis=1)
    width = cells.shape[1]
    for opaque, rows in itertools.groupby(range(len(cells)), key=whole.tolist().__getitem__):
        top, *_ = band = list(rows)
        if opaque:
            yield top, band[-1] + 1, 0, width, OPAQUE
            continue
        growing: dict[tuple[int, int, int], int] = {}
        for column in range(width + 1):
            down = _runs(cells[top : band[-1] + 1, column].tolist(), top) if column < width else {}
            for block in growing.keys() - down.keys():
                y0, y1, kind = block
                yield y0, y1, growing.pop(block), column, kind
            for block in down:
                growing.setdefault(block, column)


def _runs(column: list[int], top: int) -> dict[tuple[int, int, int], None]:
    """The runs of one kind in a column of cells, the empty ones left out: from, to, kind; a set in their order."""
    found: dict[tuple[int, int, int], None] = {}
    at = top
    for kind, cells in itertools.groupby(column):
        start, at = at, at + sum(1 for _ in cells)
        if kind != EMPTY:
            found[start, at, kind] = None
    return found


def sample(values: Bytes, channels: int, down: Axis, across: Axis, patch: Patch, into: Bytes | None = None) -> Bytes:
    """Sample `values`, uint8 [h, w * channels], bilinearly at a patch's pixels: uint8 [rows, columns * channels].

    The result is written `into` an array, if one is given.
    """
    if down.scale == 1.0 and across.scale == 1.0:
        return _slide(values, channels, down, across, patch, into)
    height, width = values.shape[0], values.shape[1] // channels
    (rows, wy), (columns, wx) = down.taps(patch.rows), across.taps(patch.columns)
    r0, r1 = (np.clip(rows + k, 0, height - 1) for k in (0, 1))
    c0, c1 = (np.clip(columns + k, 0, width - 1) for k in (0, 1))
    picture = values.reshape(height, width, channels)
    wide, high = wx[:, None], wy[:, None, None]
    upper = picture[r0][:, c0] * (1 - wide) + picture[r0][:, c1] * wide
    lower = picture[r1][:, c0] * (1 - wide) + picture[r1][:, c1] * wide
    mixed = np.rint(upper * (1 - high) + lower * high).reshape(len(rows), -1)
    if into is None:
        return mixed.astype(np.uint8)
    into[:] = mixed
    return into


def _slide(values: Bytes, channels: int, down: Axis, across: Axis, patch: Patch, into: Bytes | None) -> Bytes:
    """Sample at scale 1: one weight for all columns and one for all rows, in 1/256 px."""
    top, wy = divmod(round((patch.rows.start - down.start) * 256), 256)
    left, wx = divmod(round((patch.columns.start - across.start) * 256), 256)
    h, w = patch.rows.stop - patch.rows.start, (patch.columns.stop - patch.columns.start) * channels
    part = values[top : top + h + (wy > 0), left * channels : left * channels + w + (wx > 0) * channels]
    if wx:
        part = _mix(part[:, :-channels], part[:, channels:], wx, None if wy else into)
    if wy:
        part = _mix(part[:-1], part[1:], wy, into)
    if into is not None and not wx and not wy:
        into[:] = part
    return part


def _mix(a: Bytes, b: Bytes, weight: int, into: Bytes | None) -> Bytes:
    """a + (b - a) * weight / 256, rounded."""
    mixed = np.multiply(a, np.uint16(256 - weight), dtype=np.uint16)
    mixed += np.multiply(b, np.uint16(weight), dtype=np.uint16)
    mixed += 128
    mixed >>= 8
    if into is None:
        return mixed.astype(np.uint8)
    into[:] = mixed
    return into
