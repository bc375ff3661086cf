"""Growing plates: the open tiles of one layer in memory, and its finished tiles on disk.

A tile is open from the step at which it comes on show until nothing can change in it any more; then its rim is
continued by a few pixels, its alpha is set, and it is written once, by a thread beside the loop, since compressing a
tile takes as long as painting many steps. Only open tiles are held, so memory does not depend on the number of steps.
One buffer as long as the whole plate would have been simpler and unbounded.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shared import tiling
from ..shared.colour_cells import measure
from ..shared.plan import Plan
from ..shared.plates import Tile
from ..shared.tiling import TilePlan
from . import paged
from .covers import Cover, Shown
from .engines.contract import RGB, Rect
from .layering.cutout import Cutout
from .open_tile import OpenTile, Pixels
from .tile_files import whole, write_picture

Bool = NDArray[np.bool_]
Level = NDArray[np.uint8]
Columns = NDArray[np.int64]

MOST_WAITING = 3
"""Tiles of one layer that may wait to be written."""

BORROWED, OWN = 1, 2
"""How a plate knows a pixel: 0 not at all; borrowed from a neighbour, for the rows by which layers overlap; its own.

A borrowed pixel serves the soft edge between two layers. When the layer comes to be seen there itself, because the
nearer one has moved away, the pixel is painted anew: left as it is, a stripe of the neighbour would stay in the gap.
"""


class PlateStore:
    """The plate of one layer. `reach_px` is how far behind the edge a later step may still paint over known pixels.

    With a `cutout` the plate has that layer's rows and a matte. Finished tiles are written by `writer`, in order.
    """

    def __init__(
        self, plan: Plan, index: int, folder: Path, reach_px: int, writer: Executor, cutout: Cutout | None = None
    ) -> None:
        self.plan, self.layer, self.folder, self._writer = plan, plan.layers[index], folder, writer
        self.rows = (cutout.top, cutout.top + cutout.height) if cutout is not None else None
        self._cutout = cutout
        self._channels = 3 if cutout is None else 4
        self._start: tuple[Rect, Pixels] | None = None
        self._opening: Cover | None = None
        self._homecoming: Cover | None = None
        self._written: list[Future[Tile]] = []
        self._open: list[OpenTile] = []
        self._coming: Iterator[TilePlan] = tiling.tiles(plan, index, self.rows)
        self._next = next(self._coming, None)
        self._lag = _lag(plan, index, reach_px)

    def begin(self, source: RGB) -> None:
        """Step 0: the part of the source that the layer shows, or its cut-out, becomes known."""
        self.advance(0)
        box = tiling.visible(self.plan, self.layer.index, 0, self.rows)
        if box is None:
            return
        x, y, width, height = box
        part = source[y : y + height, x : x + width]
        if self._cutout is not None:
            part = self._cutout.rgba()
        self._start = Rect(x, y, width, height), part
        self._opening = Cover(*self._start)
        self._homecoming = Cover(*self._start) if self.returns is not None else None
        self.write(Rect(x, y, width, height), part, np.ones(part.shape[:2], np.bool_), 0)
        self._know_return(self._open)

    @property
    def returns(self) -> int | None:
        """Where on the plate the source's left edge comes again, in a loop."""
        distance = self.plan.circumference(self.layer.index)
        return distance if distance is None or self.layer.velocity[0] < 0 else -distance

    def _know_return(self, tiles: Sequence[OpenTile]) -> None:
        """In a loop, what the layer will come home to is known from the beginning."""
        if self.returns is None or self._start is None:
            return
        rect, pixels = self._start
        there = replace(rect, x=rect.x + self.returns)
        for tile in tiles:
            if (spots := tile.overlap(there)) is not None:
                here, part = spots
                tile.pixels[here], tile.known[here] = pixels[part], OWN

    def advance(self, step: int) -> None:
        """Open the tiles that come on show at `step`; they take over what their predecessors know."""
        while self._next is not None and self._next.first <= step:
            tile = OpenTile(self._next, self._channels, self.folder)
            self._know_return([tile])
            for older in self._open:
                if (spots := tile.overlap(older.rect())) is not None:
                    here, there = spots
                    cv2.copyTo(older.pixels[there], older.known[there], tile.pixels[here])
                    np.maximum(tile.known[here], older.known[there], out=tile.known[here])
                older.put_away()
            tile.put_away()
            self._open.append(tile)
            self._next = next(self._coming, None)

    def first_columns(self, rect: Rect, step: int) -> Columns:
        """The column of the frame of a step in which each row of a rectangle begins, int64 [h]."""
        return np.full(rect.height, rect.x + self.layer.position(step)[0], np.int64)

    def come_home(self, rect: Rect, pixels: Pixels) -> Bool:
        """In a loop, lay what the source shows again over the `pixels` of a rectangle; where [h, w] that is.

        What is known of it already, perhaps painted over since, stays.
        """
        home = np.zeros(pixels.shape[:2], np.bool_)
        if self.returns is None or self._start is None:
            return home
        source, shown = self._start
        columns = (self._from_home(rect) - source.x)[:, None] + np.arange(rect.width)
        row, column = np.nonzero((columns >= 0) & (columns < source.width) & ~self.known(rect, OWN))
        above = rect.y - source.y
        inside = (row + above >= 0) & (row + above < source.height)
        row, column = row[inside], column[inside]
        pixels[row, column] = shown[row + above, columns[row, column]][:, : pixels.shape[2]]
        home[row, column] = True
        return home

    def _from_home(self, rect: Rect) -> Columns:
        """The column of the source, as it comes again, in which each row of a rectangle begins, int64 [h]."""
        return np.full(rect.height, rect.x - (self.returns or 0), np.int64)

    def close(self, step: int, shown: Shown) -> bool:
        """Hand over the tiles that no later step can change; whether there were any. At the last step it is all.

        With the first tile goes the cover of the first frame, with the last one that of a loop's end; `shown` is what
        they show.
        """
        last = step >= self.plan.steps
        ripe = [t for t in self._open if last or step >= t.place.last + self._lag]
        if any(t.place.first == 0 for t in ripe):
            self._lay_cover(self._opening, False, shown)
        if last:
            self._lay_cover(self._homecoming, True, shown)
        self._written += [self._writer.submit(self._finish, tile) for tile in ripe]
        if len(self._written) > MOST_WAITING:
            # a disk that is slower than the loop must slow it down, not fill the memory
            self._written[-MOST_WAITING].result()
        # after the last step the tiles stay, so that the finished canvas can still be looked at
        self._open = self._open if last else [t for t in self._open if t not in ripe]
        return bool(ripe)

    def put_away(self) -> None:
        """Let the memory go that large tiles and a large cut-out take; what they hold stays."""
        for tile in self._open:
            tile.put_away()
        if self._cutout is not None:
            paged.put_away(self._cutout.alpha, self._cutout.hidden)

    def finished(self, wait: bool = False) -> tuple[Tile, ...]:
        """The tiles that are on disk, covers last; with `wait` all that were handed over.

        Raises what writing them raised.
        """
        tiles = [tile.result() for tile in self._written if wait or tile.done()]
        return tuple(sorted(tiles, key=lambda tile: (tile.is_cover, tile.first)))

    def read(self, rect: Rect) -> tuple[RGB, Bool]:
        """Colours [h, w, 3] of a rectangle of the plate, and which of them are known at all [h, w]."""
        rgb = np.zeros((rect.height, rect.width, 3), np.uint8)
        self.copy(rect, rgb)
        return rgb, self.known(rect, BORROWED)

    def copy(self, rect: Rect, pixels: Pixels) -> None:
        """Copy a rectangle's colours, and its alpha if `pixels` has room for it, out of the tile on show.

        That tile holds all that is seen. What it does not know stays as it is in `pixels`.
        """
        spots = self._open[-1].overlap(rect) if self._open else None
        if spots is not None:
            here, there = spots
            known = self._open[-1].pixels[here]
            # a slice of the channels would be copied byte by byte
            pixels[there] = cv2.cvtColor(known, cv2.COLOR_RGBA2RGB) if known.shape[2] > pixels.shape[2] else known
            self._open[-1].put_away()

    def known(self, rect: Rect, level: int, out: Bool | None = None) -> Bool:
        """Which pixels [h, w] of a rectangle are known, from `level` on; written into `out`, all False, if given."""
        known = np.zeros((rect.height, rect.width), np.bool_) if out is None else out
        spots = self._open[-1].overlap(rect) if self._open else None
        if spots is not None:
            here, there = spots
            np.greater_equal(self._open[-1].known[here], level, out=known[there])
            self._open[-1].put_away()
        return known

    def write(self, rect: Rect, pixels: Pixels, which: Bool, step: int) -> None:
        """Set the pixels `which` [h, w] of a rectangle at a step, in every open tile that holds them."""
        if step > 0:
            self._note_covered(rect, pixels, which)
        level = self._own_rows(rect, step)[:, None] * which
        for tile in self._open:
            if (spots := tile.overlap(rect)) is not None:
                here, there = spots
                cv2.copyTo(pixels[there], which[there].view(np.uint8), tile.pixels[here])
                np.maximum(tile.known[here], level[there], out=tile.known[here])
                tile.put_away()
        if self._cutout is not None:
            # what a cover looks up in it
            paged.put_away(self._cutout.alpha)

    def _own_rows(self, rect: Rect, step: int) -> Level:
        """OWN for the rows of a rectangle that show this layer at a step, BORROWED for the others, [h]."""
        if self.rows is not None:
            return np.full(rect.height, OWN, np.uint8)
        start, end = self.plan.rows(self.layer.index, step)
        rows = np.arange(rect.y, rect.y + rect.height) + self.layer.position(step)[1]
        own = (rows >= (rows[0] if start is None else start)) & (rows <= (rows[-1] if end is None else end - 1))
        return np.where(own, np.uint8(OWN), np.uint8(BORROWED))

    def _note_covered(self, rect: Rect, pixels: Pixels, which: Bool) -> None:
        """Keep in mind what a step paints over of the source: for the first frame as long as the first tile is open."""
        if self._opening is not None and self._open and self._open[0].place.first == 0:
            self._opening.add(rect, pixels, which)
        if self._homecoming is not None and self.returns is not None:
            self._homecoming.add(replace(rect, x=rect.x - self.returns), pixels, which)

    def _lay_cover(self, cover: Cover | None, closing: bool, shown: Shown) -> None:
        """Write a cover that is complete: it lies opaque on the plate at step 0 and has faded by step 1, or, `closing`,
        appears during the last step of a loop, where the source comes again."""
        made = cover.take(shown) if cover is not None else None
        if made is not None:
            rect, rgba = made
            first = self.plan.steps - 1 if closing else 0
            left = rect.x + ((self.returns or 0) if closing else 0)
            place = TilePlan(first, first + 1, left, rect.y, rect.width, rect.height)
            name = f"layer{self.layer.index:02d}_{'home' if closing else 'cover'}.png"
            opacity = (0.0, 1.0) if closing else (1.0, 0.0)
            self._written.append(self._writer.submit(self._write, name, rgba, place, opacity))

    def _finish(self, tile: OpenTile) -> Tile:
        place = tile.place
        return self._write(f"layer{self.layer.index:02d}_{place.first:07d}.png", tile, place, (1.0, 1.0))

    def _finished(self, tile: OpenTile) -> Pixels:
        """The finished tile [h, w, 4]; alpha of a band rises over the overlap rows."""
        if self._cutout is not None or self.layer.index == 0:
            return tile.finished(self.folder)
        return tile.finished(self.folder, (self.layer.top - self.layer.overlap_px, self.layer.overlap_px + 1))

    def _write(self, name: str, tile: OpenTile | Pixels, place: TilePlan, opacity: tuple[float, float]) -> Tile:
        path = self.folder / name
        rgba = self._finished(tile) if isinstance(tile, OpenTile) else tile
        if not whole(path):
            write_picture(path, rgba)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        box = place.x, place.y, place.width, place.height
        colours = measure(rgba)
        paged.put_away(rgba)
        return Tile(f"plates/{name}", place.first, place.last, *box, digest, opacity, colours=colours)


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
