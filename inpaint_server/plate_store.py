"""Growing plates: the open tiles of one layer in memory, and its finished tiles on disk.

A tile is open from the step at which it comes on show until nothing can change in it any more; then its rim is
continued by a few pixels, its alpha is set, and it is written once, by a thread beside the loop, since compressing a
tile takes as long as painting many steps. Only open tiles are held, so memory does not depend on the number of steps.
One buffer as long as the whole plate would have been simpler and unbounded.
"""

import hashlib
import math
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shared import tiling
from ..shared.errors import ParallaxError
from ..shared.plan import Plan
from ..shared.plates import Tile
from ..shared.tiling import BLEED_PX, TilePlan
from .engines.contract import RGB, Rect

Bool = NDArray[np.bool_]
Level = NDArray[np.uint8]

MOST_WAITING = 3
"""Tiles of one layer that may wait to be written."""

BORROWED, OWN = 1, 2
"""How a plate knows a pixel: 0 not at all; borrowed from a neighbour, for the rows by which layers overlap; its own.

A borrowed pixel serves the soft edge between two layers. When the layer comes to be seen there itself, because the
nearer one has moved away, the pixel is painted anew: left as it is, a stripe of the neighbour would stay in the gap.
"""


class OpenTile:
    """A tile being painted: `rgb` [h, w, 3] and how each pixel is `known` [h, w], at a place on the plate."""

    def __init__(self, place: TilePlan) -> None:
        self.place = place
        self.rgb: RGB = np.zeros((place.height, place.width, 3), np.uint8)
        self.known: Level = np.zeros((place.height, place.width), np.uint8)

    def overlap(self, rect: Rect) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
        """Where a rectangle of the plate lies in this tile, and which part of the rectangle that is."""
        x0, y0 = max(rect.x, self.place.x), max(rect.y, self.place.y)
        x1 = min(rect.x + rect.width, self.place.x + self.place.width)
        y1 = min(rect.y + rect.height, self.place.y + self.place.height)
        if x0 >= x1 or y0 >= y1:
            return None
        here = (slice(y0 - self.place.y, y1 - self.place.y), slice(x0 - self.place.x, x1 - self.place.x))
        there = (slice(y0 - rect.y, y1 - rect.y), slice(x0 - rect.x, x1 - rect.x))
        return here, there

    def rect(self) -> Rect:
        """The tile's rectangle in plate coordinates."""
        return Rect(self.place.x, self.place.y, self.place.width, self.place.height)


class PlateStore:
    """The plate of one layer. `reach_px` is how far behind the edge a later step may still paint over known pixels.

    Finished tiles are written by `writer`, in order.
    """

    def __init__(self, plan: Plan, index: int, folder: Path, reach_px: int, writer: Executor) -> None:
        self.plan, self.layer, self.folder, self._writer = plan, plan.layers[index], folder, writer
        self._written: list[Future[Tile]] = []
        self._open: list[OpenTile] = []
        self._coming: Iterator[TilePlan] = tiling.tiles(plan, index)
        self._next = next(self._coming, None)
        self._lag = _lag(plan, index, reach_px)

    def begin(self, source: RGB) -> None:
        """Step 0: the part of the source that the layer shows becomes known."""
        self.advance(0)
        box = tiling.visible(self.plan, self.layer.index, 0)
        if box is not None:
            x, y, width, height = box
            part = source[y : y + height, x : x + width]
            self.write(Rect(x, y, width, height), part, np.ones(part.shape[:2], np.bool_), 0)

    def advance(self, step: int) -> None:
        """Open the tiles that come on show at `step`; they take over what their predecessors know."""
        while self._next is not None and self._next.first <= step:
            tile = OpenTile(self._next)
            for older in self._open:
                if (spots := tile.overlap(older.rect())) is not None:
                    here, there = spots
                    tile.rgb[here], tile.known[here] = older.rgb[there], older.known[there]
            self._open.append(tile)
            self._next = next(self._coming, None)

    def close(self, step: int) -> bool:
        """Hand over the tiles that no later step can change; whether there were any. At the last step it is all."""
        last = step >= self.plan.steps
        ripe = [t for t in self._open if last or step >= t.place.last + self._lag]
        self._written += [self._writer.submit(self._finish, tile) for tile in ripe]
        if len(self._written) > MOST_WAITING:
            # a disk that is slower than the loop must slow it down, not fill the memory
            self._written[-MOST_WAITING].result()
        # after the last step the tiles stay, so that the finished canvas can still be looked at
        self._open = self._open if last else [t for t in self._open if t not in ripe]
        return bool(ripe)

    def finished(self, wait: bool = False) -> tuple[Tile, ...]:
        """The tiles that are on disk; with `wait` all that were handed over. Raises what writing them raised."""
        return tuple(tile.result() for tile in self._written if wait or tile.done())

    def read(self, rect: Rect) -> tuple[RGB, Bool]:
        """Colours [h, w, 3] of a rectangle of the plate, and which of them are known at all [h, w]."""
        rgb = np.zeros((rect.height, rect.width, 3), np.uint8)
        self.copy(rect, rgb)
        return rgb, self.known(rect, BORROWED)

    def copy(self, rect: Rect, rgb: RGB) -> None:
        """Copy a rectangle's colours into `rgb`, out of the tile on show, which holds all that is seen."""
        spots = self._open[-1].overlap(rect) if self._open else None
        if spots is not None:
            here, there = spots
            rgb[there] = self._open[-1].rgb[here]

    def known(self, rect: Rect, level: int, out: Bool | None = None) -> Bool:
        """Which pixels [h, w] of a rectangle are known, from `level` on; written into `out`, all False, if given."""
        known = np.zeros((rect.height, rect.width), np.bool_) if out is None else out
        spots = self._open[-1].overlap(rect) if self._open else None
        if spots is not None:
            here, there = spots
            np.greater_equal(self._open[-1].known[here], level, out=known[there])
        return known

    def write(self, rect: Rect, rgb: RGB, which: Bool, step: int) -> None:
        """Set the pixels `which` [h, w] of a rectangle at a step, in every open tile that holds them."""
        start, end = self.plan.rows(self.layer.index, step)
        rows = np.arange(rect.y, rect.y + rect.height) + self.layer.position(step)[1]
        own = (rows >= (rows[0] if start is None else start)) & (rows <= (rows[-1] if end is None else end - 1))
        level = np.where(own, np.uint8(OWN), np.uint8(BORROWED))[:, None] * which
        for tile in self._open:
            if (spots := tile.overlap(rect)) is not None:
                here, there = spots
                cv2.copyTo(rgb[there], which[there].view(np.uint8), tile.rgb[here])
                np.maximum(tile.known[here], level[there], out=tile.known[here])

    def _finish(self, tile: OpenTile) -> Tile:
        place = tile.place
        name = f"layer{self.layer.index:02d}_{place.first:07d}.png"
        path = self.folder / name
        if not _whole(path):
            write_picture(path, self._rgba(tile))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return Tile(f"plates/{name}", place.first, place.last, place.x, place.y, place.width, place.height, digest)

    def _rgba(self, tile: OpenTile) -> NDArray[np.uint8]:
        """The finished tile [h, w, 4]: the rim continued into the unknown, and alpha rising over the overlap rows."""
        rgb, known = tile.rgb, tile.known > 0
        for _ in range(BLEED_PX):
            rgb, known = continue_rim(rgb, known)
        alpha = known.view(np.uint8) * np.uint8(255)
        if self.layer.index > 0:
            rows = np.arange(place_y := tile.place.y, place_y + tile.place.height)
            rise = (rows - (self.layer.top - self.layer.overlap_px) + 1) / (self.layer.overlap_px + 1)
            ramp = np.rint(255 * np.clip(rise, 0, 1)).astype(np.uint8)[:, None]
            alpha = np.minimum(alpha, ramp)
        return np.dstack([rgb, alpha])


def _lag(plan: Plan, index: int, reach_px: int) -> int:
    """Steps after its last during which a tile may still change.

    One, so that the bleed beyond its last edge is real picture too; with a mask that reaches over known pixels, as
    many as the slowest edge of the hole needs to get that far away. An edge is the frame's, which moves over the plate
    at the layer's own speed, or a nearer layer's, at the difference of both.
    """
    own = plan.layers[index].velocity
    speeds = [abs(v) for v in own] + [abs(nearer.velocity[1] - own[1]) for nearer in plan.layers[index + 1 :]]
    slowest = min((v for v in speeds if v), default=0.0)
    return 1 + (math.ceil(reach_px / slowest) if slowest else 0)


PNG_END = b"IEND\xaeB`\x82"


def _whole(path: Path) -> bool:
    """Whether a tile is there from its beginning to its end; a power cut can leave less under the right name."""
    try:
        with path.open("rb") as file:
            file.seek(-len(PNG_END), 2)
            return file.read() == PNG_END
    except OSError:
        return False


def continue_rim(rgb: RGB, known: Bool) -> tuple[RGB, Bool]:
    """Give every unknown pixel beside a known one that one's colour, so that sampling between them meets no edge."""
    if known.all():
        return rgb, known
    out, done = rgb.copy(), known.copy()
    for axis, sign in ((1, 1), (1, -1), (0, 1), (0, -1)):
        target: list[slice] = [slice(None), slice(None)]
        origin: list[slice] = [slice(None), slice(None)]
        target[axis] = slice(1, None) if sign > 0 else slice(None, -1)
        origin[axis] = slice(None, -1) if sign > 0 else slice(1, None)
        to, source = tuple(target), tuple(origin)
        fresh = known[source] & ~done[to]
        out[to][fresh] = rgb[source][fresh]
        done[to] |= fresh
    return out, done


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write RGB or RGBA as PNG through a temporary name, so that a file under its own name is always whole."""
    code = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
    # level 1: a fifth of the time of the default for a few per cent more bytes
    ok, data = cv2.imencode(".png", cv2.cvtColor(picture, code), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not ok:
        raise ParallaxError(f"{path.name} could not be encoded as PNG.", "Lower plates.tile_px.")
    write_bytes(path, data.tobytes())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and move it into place."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space, then resume the job.") from e
