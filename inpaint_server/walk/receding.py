"""The endless picture of a layer whose rows recede: continued on the ground, and shown row by row at its own scale.

`ground_tape` plans on the ground, where every row has the scale of the lower edge. What a row of the plate shows is
the source's own row, moved by some px and never scaled, so it stays as sharp as the source is; rendering the ground
and shrinking its upper rows was the other road, and softened them twice. A walk for every row of its own is nothing
but streaks after a few steps.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared.ramp import Columns, Ramp, travel
from ..engines.contract import LayerView, Rect, RunContext
from .demand import Demand
from .edits import Edit
from .field import KEEP_PX, MARGIN_PX
from .ground import Ground, reflected
from .ground_tape import GroundTape, stretched
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
        facing = ground.turned() if self._turned else ground
        self._tape = GroundTape(facing, self._scale, settings, contrast, (run.seed, layer.index, 0))

    def heads(self) -> list[Rect]:
        """The known pixels through which the first seam is cut; upper rows need fewer of them."""
        across = self._tape.overlap
        x = 0 if self._turned else self._width - across
        return [Rect(x, self._layer.top, across, self._height)] if across else []

    def look_at(self, rect: Rect) -> None:
        """Say that from now on only plate pixels in or just behind `rect` will be asked."""
        columns = self._tape_columns(self._first_columns(rect), rect.width)
        self._tape.forget(int(columns.max()) - self._keep_px - int(rect.width / self._ramp.ratio))

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
        x = self._tape_columns(first, width)
        if not self._tape.overlap:
            return self._mirror_copies(first, width)
        begin, end = float(x.min()), float(x.max())
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
        return np.rint(shown).clip(0, 255).astype(np.uint8)

    def _piece(self, edit: Edit, first: Columns, x: F64) -> F32:
        """What `edit` shows at plate columns from `first` on, tape columns x, with the rest of its colour offset."""
        picture = self._tape.pictures[edit.orientation]
        begin = self._tape.anchor(edit) - self._width + self._scale * (self._width - edit.start)
        pixels = np.empty((*x.shape, picture.shape[2]), np.float32)
        stretched(picture, first + begin, np.ones(self._height), pixels)
        if edit.seam is not None:
            pixels[..., :3] += edit.seam.offset()[:, None] * self._tape.fade(edit, x - 0.5)[..., None]
        return pixels

    def _join(self, old: F32, new: F32, edit: Edit, x: F64) -> F32:
        """`old` before the seam of `edit` and `new` behind it; x [h, w]: px of the tape from the overlap's beginning.

        In the source's own columns the matte stays what it is, and so do the colours where the new one differs.
        """
        seam = edit.seam
        assert seam is not None
        narrow = SHARPEST / self._scale
        share = self._share(x, seam, np.maximum(seam.width(), narrow))
        sharp = share if old.shape[2] == 3 else self._share(x, seam, narrow)
        mixed = _blend(old, new, share, sharp)
        if edit.start + self._tape.overlap <= self._width and old.shape[2] == 4:
            known = x < self._tape.overlap
            kept = known & (old[..., 3] != new[..., 3])
            mixed[..., 3][known] = old[..., 3][known]
            mixed[kept] = old[kept]
        return mixed

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
        u = reflected(first[:, None] + np.arange(width), self._width)
        rows = np.arange(self._height)[:, None]
        return np.asarray(self._tape.pictures[0][rows, u], np.uint8)


def _blend(old: F32, new: F32, share: F32, sharp: F32) -> F32:
    """`new` by its share over `old`, [h, w, 3 or 4]; each side's colour counts by its alpha, which mixes by `sharp`."""
    if old.shape[2] == 3:
        return old + (new - old) * share[..., None]
    alpha = old[..., 3] + (new[..., 3] - old[..., 3]) * sharp
    there = share * new[..., 3]
    total = there + (1 - share) * old[..., 3]
    share = np.where(total > 0.5, there / np.maximum(total, 0.5), share)
    return np.dstack([old[..., :3] + (new - old)[..., :3] * share[..., None], alpha]).astype(np.float32)
