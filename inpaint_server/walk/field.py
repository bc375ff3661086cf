"""The endless picture of one layer: any rectangle of its plate, from its ground, its tape and its body's rows.

The tape continues the layer's rows to the right; motion to the right asks for the left side, which is the same thing
in a mirror, so the ground is turned round on the way in and the pixels on the way out. What lies above or below the
layer's rows is asked from `rows`, which looks the pixels up in the tape again; a cut-out has nothing there.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...shared import loop_plan
from ..engines.contract import LayerView, Rect, RunContext
from .demand import Demand
from .ground import Ground, reflected
from .rows import RowTape
from .settings import WalkSettings
from .tape import Tape

Pixels = NDArray[np.uint8]  # [h, w, 3 or 4]
KEEP_PX = 512  # columns behind the window's edge that may be asked again
MARGIN_PX = 128  # beyond the reach of the run's masks


class LayerField:
    """Plate pixels of one layer of a run, in the plate coordinates of `engines.contract`."""

    def __init__(
        self,
        run: RunContext,
        layer: LayerView,
        ground: Ground,
        demand: Demand,
        settings: WalkSettings,
        contrast: float,
    ) -> None:
        self._top, self._height, self._width = layer.top, layer.height, ground.width
        # a wide mask asks for columns far behind the edge once more
        self._keep_px = max(KEEP_PX, run.reach_px + MARGIN_PX)
        self._demand = demand
        self._turned = demand.left
        seeds = (run.seed, layer.index)
        around = loop_plan.circumference(layer.velocity, run.steps) if run.loop else None
        self._circumference = around or 0
        self._tape = Tape(ground.turned() if self._turned else ground, settings, contrast, (*seeds, 0), around)
        self._body = self._tape.read if demand.left or demand.right else self._tape.still
        row_tapes = [
            RowTape(self._tape, self._body, upward, settings, contrast, (*seeds, 1 + upward)) if wanted else None
            for upward, wanted in ((False, demand.below), (True, demand.above))
        ]
        self._below, self._above = row_tapes

    @property
    def tape(self) -> Tape:
        """The layer's rows, continued to one side."""
        return self._tape

    def sideways(self, turned: bool) -> bool:
        """Does the layer show new picture at that side, left when `turned`?"""
        return self._demand.left if turned else self._demand.right and not self._turned

    def heads(self) -> list[Rect]:
        """The known pixels through which the first seams are cut; in a loop at both ends, both times they come."""
        heads = []
        across, around = self._tape.overlap, self._circumference
        if across and (self._demand.left or self._demand.right):
            last = self._width - across
            for x in (0, around, last, around + last) if around else (last,):
                heads.append(Rect(last - x if self._turned else x, self._top, across, self._height))
        if self._below and self._below.overlap:
            bottom = self._top + self._height
            heads.append(Rect(0, bottom - self._below.overlap, self._width, self._below.overlap))
        if self._above and self._above.overlap:
            heads.append(Rect(0, self._top, self._width, self._above.overlap))
        return heads

    def block(self, rect: Rect) -> Pixels:
        """The pixels of `rect`, uint8 [rect.height, rect.width, 3 or 4], as its ground has them."""
        start = self._width - rect.x - rect.width if self._turned else rect.x
        stop = start + rect.width
        first, last = rect.y - self._top, rect.y + rect.height - self._top
        # The body's edge rows belong to the row tapes: the head of a vertical seam is cut there.
        low = self._below.overlap if self._below else 0
        high = self._above.overlap if self._above else 0
        parts = []
        if first < high:
            parts.append(self._beyond(self._above, True, first, min(last, high), start, stop))
        a, b = max(first, high), min(last, self._height - low)
        if a < b:
            parts.append(self._body(start, stop)[a:b])
        if last > self._height - low:
            parts.append(self._beyond(self._below, False, max(first, self._height - low), last, start, stop))
        pixels = np.concatenate(parts)
        return pixels[:, ::-1] if self._turned else pixels

    def _beyond(self, rows: RowTape | None, above: bool, first: int, last: int, start: int, stop: int) -> Pixels:
        """Rows first..last, counted from the layer's top, above or below the part that the tape alone answers for."""
        if rows is None:  # nothing was announced there: repeat the body, every second time mirrored
            return self._body(start, stop)[reflected(np.arange(first, last), self._height)]
        if not above:
            return rows.read(first, last, start, stop)
        return rows.read(self._height - last, self._height - first, start, stop)[::-1]

    def look_at(self, window: Rect) -> None:
        """Say that from now on only plate pixels in or just behind `window` will be asked."""
        start = self._width - window.x - window.width if self._turned else window.x
        if self._below is None and self._above is None:
            self._tape.forget(start + window.width - self._keep_px)
            return
        self._tape.forget(start - self._keep_px - max(r.lead for r in (self._below, self._above) if r))
        if self._below:
            self._below.look_at(start, window.y - self._top - self._keep_px)
        if self._above:
            above = self._top + self._height - window.y - window.height
            self._above.look_at(start, above - self._keep_px)

    def state(self) -> dict[str, NDArray[Any]]:
        """What later pixels depend on."""
        parts: Sequence[tuple[str, Tape | RowTape | None]] = (
            ("tape", self._tape),
            ("below", self._below),
            ("above", self._above),
        )
        return {f"{name}.{key}": a for name, part in parts if part for key, a in part.state().items()}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a field where `state()` was called."""
        for name, part in (("tape", self._tape), ("below", self._below), ("above", self._above)):
            if part:
                own = {k.partition(".")[2]: a for k, a in state.items() if k.startswith(name + ".")}
                part.restore(own)
