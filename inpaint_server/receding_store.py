"""The plate of a layer with a ramp: tiles whose rows stand as the screen shows them at the tile's beginning.

Rows slide apart without end, so a rectangle of the plate would grow with every step, most of it empty. A tile that is
aligned anew stays as small as any other; whatever is read or written is moved row by row from its own alignment
(`Rect.step`) to the tile's. Everything else is `plate_store`'s. In a loop every row comes home after a way of its own,
so the source's second coming is not known before it is seen, and what is cut into it is what was cut into the first.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..shared.plan import Plan
from ..shared.plates import Tile
from ..shared.ramp import Columns, Ramp, travel
from ..shared.tiling import TilePlan
from . import paged
from .engines.contract import Rect
from .layering.cutout import Cutout
from .open_tile import OpenTile, Pixels
from .plate_store import OWN, Bool, PlateStore

Places = tuple[NDArray[np.int64], NDArray[np.int64]]  # rows and columns, [n] each


class RecedingStore(PlateStore):
    """A `PlateStore` of one layer whose rows slide apart."""

    def __init__(
        self, plan: Plan, index: int, folder: Path, reach_px: int, writer: Executor, cutout: Cutout, ramp: Ramp
    ) -> None:
        super().__init__(plan, index, folder, reach_px, writer, cutout)
        self.ramp = ramp

    def coming(self, step: int, heads: Sequence[Rect]) -> list[Rect]:
        """What a step must fetch: the columns that come in, as they lie one step before, and at the first one the
        heads."""
        top, bottom = self.rows or (0, 0)
        before, now = (self.ramp.positions(self._travel(k), top, bottom - top) for k in (step - 1, step))
        new = int(np.abs(now - before).max())
        ahead, width = self.layer.velocity[0] < 0, self.plan.width
        near = [h.width for h in heads if (h.x + h.width == width if ahead else h.x == 0)] if step == 1 else []
        head = max(near, default=0)
        far = [replace(h, step=0) for h in heads if (h.x == 0) == ahead] if step == 1 else []
        if not new + head:
            return far
        x = (width - head if ahead else -new) - self.layer.position(step - 1)[0]
        return [Rect(x, top, new + head, bottom - top, step - 1), *far]

    def first_columns(self, rect: Rect, step: int) -> Columns:
        """See `PlateStore.first_columns`; the rows lie as at the rectangle's step."""
        was, now = self._travel(rect.step), self._travel(step)
        edge = int(self.ramp.positions(was, self.ramp.bottom, 1)[0])
        rows = rect.y, rect.height
        return rect.x + edge + self.ramp.positions(now, *rows) - self.ramp.positions(was, *rows)

    def _from_home(self, rect: Rect) -> Columns:
        """See `PlateStore._from_home`; every row comes home after a way of its own."""
        trips = self.ramp.trips(rect.y, rect.height) * (1 if (self.returns or 0) > 0 else -1)
        moved = self.ramp.positions(self._travel(rect.step), rect.y, rect.height)
        return self.first_columns(rect, rect.step) - moved - trips

    def advance(self, step: int) -> None:
        """Open the tiles that come on show at `step`; they take over what their predecessors know."""
        while self._next is not None and self._next.first <= step:
            tile = OpenTile(self._next, self._channels, self.folder)
            for older in self._open:
                known, pixels = np.zeros_like(tile.known), np.zeros_like(tile.pixels)
                for here, there in self._shared(older, tile.rect(), self._home_px(tile.place)):
                    known[there], pixels[there] = older.known[here], older.pixels[here]
                fresh = known > tile.known
                tile.pixels[fresh], tile.known[fresh] = pixels[fresh], known[fresh]
            self._open.append(tile)
            self._next = next(self._coming, None)

    def copy(self, rect: Rect, pixels: Pixels) -> None:
        """See `PlateStore.copy`; the rows lie as at the rectangle's step."""
        for tile in self._open[-1:]:
            for here, there in self._shared(tile, rect, self._travel(rect.step)):
                pixels[there] = tile.pixels[here][:, : pixels.shape[2]]

    def known(self, rect: Rect, level: int, out: Bool | None = None) -> Bool:
        """See `PlateStore.known`; the rows lie as at the rectangle's step."""
        known = np.zeros((rect.height, rect.width), np.bool_) if out is None else out
        for tile in self._open[-1:]:
            for here, there in self._shared(tile, rect, self._travel(rect.step)):
                known[there] = tile.known[here] >= level
        return known

    def write(self, rect: Rect, pixels: Pixels, which: Bool, step: int) -> None:
        """See `PlateStore.write`; the rows lie as at the rectangle's step."""
        if step > 0 and rect.step == 0:
            # the heads; what is written later is new ground, and the ground that is known stays as it is
            self._note_covered(rect, pixels, which)
        for tile in self._open:
            for (rows, columns), there in self._shared(tile, rect, self._travel(rect.step)):
                set_here = which[there]
                here = rows[set_here], columns[set_here]
                tile.pixels[here], tile.known[here] = pixels[there][set_here], OWN
        self.put_away()

    def _know_return(self, tiles: Sequence[OpenTile]) -> None:
        """Nothing: what a layer comes home to is painted, row by row as it comes in."""

    def _note_covered(self, rect: Rect, pixels: Pixels, which: Bool) -> None:
        """Keep in mind what is painted over of the source, for both of its comings: they are the same."""
        for cover in (self._opening, self._homecoming):
            if cover is not None:
                cover.add(rect, pixels, which)

    def _travel(self, step: int) -> float:
        return travel(self.layer.velocity, step)

    def _home_px(self, place: TilePlan) -> float:
        """How far the lower edge has moved where a tile's rows are aligned: where the tile's left end is on show."""
        return self._travel(place.first if self.layer.velocity[0] < 0 else place.last)

    def _leads(self, travel_px: float, top: int, rows: int) -> Columns:
        """By how many columns of the plate rows aligned at `travel_px` begin right of the lower edge's."""
        return self.ramp.positions(travel_px, self.ramp.bottom, 1) - self.ramp.positions(travel_px, top, rows)

    def _shared(self, tile: OpenTile, rect: Rect, travel_px: float) -> Iterator[tuple[Places, Places]]:
        """Where in a tile the pixels of a rectangle lie that is aligned at `travel_px`, and where in the rectangle;
        some rows at a time, nothing if they have none in common."""
        top, bottom = max(rect.y, tile.place.y), min(rect.y + rect.height, tile.place.y + tile.place.height)
        if top >= bottom:
            return
        leads = self._leads(travel_px, top, bottom - top) - self._leads(self._home_px(tile.place), top, bottom - top)
        for part in paged.strips(bottom - top, 8 * rect.width):
            columns = (rect.x - tile.place.x) + leads[part, None] + np.arange(rect.width)
            row, column = np.nonzero((columns >= 0) & (columns < tile.place.width))
            first = top + part.start
            if row.size:
                yield (row + first - tile.place.y, columns[row, column]), (row + first - rect.y, column)
        tile.put_away()

    def _write(self, name: str, tile: OpenTile | Pixels, place: TilePlan, opacity: tuple[float, float]) -> Tile:
        written = super()._write(name, tile, place, opacity)
        home = self._home_px(place)
        if written.is_cover:  # its rows stand as the source's do, when that is seen
            home = self._travel(place.last if opacity[1] else place.first)
        return replace(written, ramp=self.ramp, home_px=home)
