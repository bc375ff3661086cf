"""The endless picture of a layer whose rows recede: continued on the ground, and shown row by row at its own scale.

`ground_tape` plans on the ground, where every row has the scale of the lower edge. What a row of the plate shows is
the source's own row, moved by some px and never scaled, so it stays as sharp as the source is; rendering the ground
and shrinking its upper rows was the other road, and softened them twice. A walk for every row of its own is nothing
but streaks after a few steps.

In a loop every row repeats after a whole number of px of its own, and what leads to the source's left edge is cut into
it both times it is seen.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.ramp import Columns, Ramp, travel
from ..engines.contract import LayerView, Rect, RunContext
from .demand import Demand
from .edits import Edit
from .field import KEEP_PX, MARGIN_PX
from .ground import Ground, mirror_copies
from .ground_pixels import loop_scales, raised, stretched
from .ground_tape import GroundRing, GroundTape
from .seam import SHARPEST, Seam
from .settings import WalkSettings

Pixels = NDArray[np.uint8]  # [h, w, 3 or 4], straight alpha
F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


class RecedingField:
    """Plate pixels of one layer with a ramp, every row at its own scale; the counterpart of `field.LayerField`.

    The plate is asked for rectangles as they lie on the screen at `Rect.step`: row y of a rectangle begins at plate
    column rect.x + p(k) - p_y(k), where p is the position of the lower edge and p_y that of the row.
    """

    def __init__(
        self,
        run: RunContext,
        layer: LayerView,
        ground: Ground,
        demand: Demand,
        settings: WalkSettings,
        contrast: float,
    ) -> None:
        ramp = layer.ramp or Ramp(1.0, layer.top, layer.top + layer.height - 1)
        self._layer, self._ramp, self._turned = layer, ramp, demand.left
        self._width, self._height = ground.width, ground.height
        self._keep_px = max(KEEP_PX, run.reach_px + MARGIN_PX)
        self._scale = ramp.scales(layer.top, ground.height)
        self._trips: Columns | None = None
        if ramp.around is not None:
            self._trips = ramp.trips(layer.top, ground.height)
            self._scale = loop_scales(self._trips, ground.width, ramp.around)
        facing = ground.turned() if self._turned else ground
        seed = run.seed, layer.index, 0
        self._tape = GroundTape(facing, self._scale, settings, contrast, seed, ramp.around)

    def heads(self) -> list[Rect]:
        """The known pixels through which the first seam is cut, in a loop the last one too; upper rows need fewer."""
        across = self._tape.overlap
        near, far = self._width - across, 0
        ends = (near, far) if self._tape.ring else (near,)
        places = [self._width - across - x if self._turned else x for x in ends]
        return [Rect(x, self._layer.top, across, self._height) for x in places] if across else []

    def look_at(self, rect: Rect) -> None:
        """Say that from now on only plate pixels in or just behind `rect` will be asked."""
        columns = self._tape_columns(self._first_columns(rect), rect.width)
        # in a loop rows come in from different places of the tape
        self._tape.forget(int(columns.min()) - self._keep_px)

    def block(self, rect: Rect) -> Pixels:
        """The pixels of `rect` as it lies at its step, uint8 [rect.height, rect.width, 3 or 4]; all of its rows."""
        pixels = self._pixels(self._first_columns(rect), rect.width)
        return pixels[:, ::-1] if self._turned else pixels

    def state(self) -> dict[str, NDArray[Any]]:
        """What later pixels depend on."""
        return {f"tape.{key}": a for key, a in self._tape.state().items()}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a field where `state()` was called."""
        self._tape.restore({key.partition(".")[2]: a for key, a in state.items()})

    def _first_columns(self, rect: Rect) -> Columns:
        """The plate column at which each row of a rectangle begins, counted in the mirror if the field is turned."""
        way = travel(self._layer.velocity, rect.step)
        p = self._ramp.positions(way, self._layer.top, self._height)
        first: Columns = rect.x + self._ramp.positions(way, self._ramp.bottom, 1) - p
        return self._width - first - rect.width if self._turned else first

    def _tape_columns(self, first: Columns, width: int) -> F64:
        """Where the centres of plate columns first..first + width lie on the tape, px, float64 [h, width]."""
        u = first[:, None] + np.arange(width) + 0.5
        return np.asarray((u - self._width) / self._scale[:, None] + self._width, np.float64)

    def _pixels(self, first: Columns, width: int) -> Pixels:
        if not self._tape.overlap:
            return self._mirror_copies(first, width)
        if self._trips is None:
            return _rounded(self._walked(first, width))
        again = first[:, None] + np.arange(width) >= self._trips[:, None]
        if not again.any():
            return _rounded(self._walked(first, width))
        home = self._home(first - self._trips, width)
        return _rounded(home if again.all() else np.where(again[..., None], home, self._walked(first, width)))

    def _home(self, first: Columns, width: int) -> F32:
        """The source as it comes again, and a little of what follows it."""
        x, ring = self._tape_columns(first, width), self._tape.ring
        shown = self._piece(self._tape.source, first, x)
        if ring and ring.first and ring.first.start < x.max():
            shown = self._join(shown, self._piece(ring.first, first, x), ring.first, x - ring.first.start)
        return shown

    def _walked(self, first: Columns, width: int) -> F32:
        """The source and what the walk has made of it."""
        x = self._tape_columns(first, width)
        begin, end = float(x.min()), float(x.max())
        if self._ramp.around is not None:
            end = min(end, self._ramp.around - 1)
        self._tape.read(int(end), int(end) + 1)
        lowest: Edit = self._tape.source
        later: list[Edit] = []
        for edit in self._tape.edits:
            if edit.start + self._tape.overlap <= begin:
                lowest, later = edit, []
            elif edit.start < end:
                later.append(edit)
        shown = self._piece(lowest, first, x)
        for edit in later:
            shown = self._join(shown, self._piece(edit, first, x), edit, x - edit.start)
        return shown

    def _piece(self, edit: Edit, first: Columns, x: F64) -> F32:
        """What `edit` shows at plate columns from `first` on, tape columns x, with the rest of its colour offset."""
        picture = self._tape.pictures[edit.orientation]
        begin = self._tape.anchor(edit) - self._width + self._scale * (self._width - edit.start)
        pixels = np.empty((*x.shape, picture.shape[2]), np.float32)
        heights = self._tape.heights(edit, np.floor(x).astype(np.int64))
        if heights.any():
            raised(picture, first + begin, np.ones(self._height), heights, pixels)
        else:
            stretched(picture, first + begin, np.ones(self._height), pixels)
        if edit.seam is not None:
            pixels[..., :3] += edit.seam.offset()[:, None] * self._tape.fade(edit, x - 0.5)[..., None]
        ring = self._tape.ring
        if ring is None:
            return pixels
        if edit is self._tape.source:
            return self._opened(pixels, first, ring)
        pixels[..., :3] += ring.seam.offset()[:, None] * ring.seam.fade(ring.circumference - x - 0.5)[..., None]
        return pixels

    def _opened(self, source: F32, first: Columns, ring: GroundRing) -> F32:
        """The source at plate columns from `first` on, what leads to it cut into its left edge as the loop will end."""
        x = (first[:, None] + np.arange(source.shape[1]) + 0.5) / self._scale[:, None]
        if x.min() >= ring.overlap:
            return source
        led = np.empty_like(source)
        begin = first + self._tape.anchor(ring.ending.edit)
        heights = np.full(source.shape[:2], ring.ending.rise.px, np.int64)
        raised(self._tape.pictures[ring.ending.edit.orientation], begin, np.ones(self._height), heights, led)
        led[..., :3] += ring.seam.offset()[:, None]
        return self._mixed(source, led, ring.seam, ring.overlap - x)

    def _join(self, old: F32, new: F32, edit: Edit, x: F64) -> F32:
        """`old` before the seam of `edit` and `new` behind it; x [h, w]: px of the tape from the overlap's beginning.

        In the source's own columns the matte stays what it is, and so do the colours where the new one differs.
        """
        assert edit.seam is not None
        mixed = self._mixed(old, new, edit.seam, x)
        if edit.start + self._tape.overlap <= self._width and old.shape[2] == 4:
            known = x < self._tape.overlap
            kept = known & (old[..., 3] != new[..., 3])
            mixed[..., 3][known] = old[..., 3][known]
            mixed[kept] = old[kept]
        return mixed

    def _mixed(self, old: F32, new: F32, seam: Seam, x: F64) -> F32:
        """`old` before a seam and `new` behind it; x [h, w]: px of the tape from the overlap's beginning."""
        narrow = SHARPEST / self._scale
        share = self._share(x, seam, np.maximum(seam.width(), narrow))
        sharp = share if old.shape[2] == 3 else self._share(x, seam, narrow)
        return _blend(old, new, share, sharp)

    def _share(self, x: F64, seam: Seam, width: F64) -> F32:
        """The new piece's share, [h, w], with a transition of half width `width` px per row: `seam.mix`, anywhere."""
        overlap = self._tape.overlap
        room = np.minimum(4 * width, overlap / 2)
        centre = np.clip(seam.cut, room, overlap - room)
        distance = (x - 1 - centre[:, None]) / width[:, None]
        share = 1 / (1 + np.exp(-np.clip(distance, -60, 60)))
        return np.where(x < 0, 0, np.where(x >= overlap, 1, share)).astype(np.float32)

    def _mirror_copies(self, first: Columns, width: int) -> Pixels:
        """The rows repeated, every second time mirrored: for pictures too small to walk in."""
        around = None if self._trips is None else self._trips[:, None]
        u = mirror_copies(first[:, None] + np.arange(width), self._width, around)
        rows = np.arange(self._height)[:, None]
        return np.asarray(self._tape.pictures[0][rows, u], np.uint8)


def _rounded(pixels: F32) -> Pixels:
    return np.rint(pixels).clip(0, 255).astype(np.uint8)


def _blend(old: F32, new: F32, share: F32, sharp: F32) -> F32:
    """`new` by its share over `old`, [h, w, 3 or 4]; each side's colour counts by its alpha, which mixes by `sharp`."""
    if old.shape[2] == 3:
        return old + (new - old) * share[..., None]
    alpha = old[..., 3] + (new[..., 3] - old[..., 3]) * sharp
    there = share * new[..., 3]
    total = there + (1 - share) * old[..., 3]
    share = np.where(total > 0.5, there / np.maximum(total, 0.5), share)
    return np.dstack([old[..., :3] + (new - old)[..., :3] * share[..., None], alpha]).astype(np.float32)
