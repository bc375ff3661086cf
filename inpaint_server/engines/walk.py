"""The default engine: continues every layer out of its own pixels, without weights, on the CPU.

In a run it asks each layer's endless plate (`walk.field`) for the pixels that opened; for a single picture it copies
from the best donor (`walk.donor_fill`). It never looks at its own output, which is why it cannot drift; a per-step
inpainter over the canvas, however good, feeds on what it painted the step before.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled
from ..regions import bounds
from ..walk.demand import demand_of
from ..walk.donor_fill import fill
from ..walk.exemplar import contrast_scale
from ..walk.field import LayerField
from ..walk.settings import WalkSettings
from .contract import RGB, InpaintRequest, LayerView, Mask, Rect, RunContext, StepContext

BLOCK_ROWS = 64


class WalkEngine:
    """The walk as an `InpaintEngine`."""

    name = "walk"

    def __init__(self) -> None:
        self._fields: dict[int, LayerField] = {}
        self._run: RunContext | None = None

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """Prepare the layers that will show new picture; their heads are what the first seams cut through.

        `run.options` are `WalkSettings` by name; raises UsageError for one that is not.
        """
        settings = WalkSettings.from_options(run.options)
        contrast = contrast_scale(run.source)
        demands = demand_of(run.layers, run.steps, run.source.shape[0])
        self._run = run
        self._fields = {
            layer.index: LayerField(run, layer, demand, settings, contrast)
            for layer, demand in zip(run.layers, demands, strict=True)
            if demand.any
        }
        return [self._fields[layer.index].heads() if layer.index in self._fields else [] for layer in run.layers]

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        """Paint the mask: in a run from the layers' plates, else, and where no layer owns a pixel, from donors."""
        painted = canvas.copy()
        left = mask > 0
        if request.context is not None:
            if self._run is None:
                self.begin(request.context.run)
            self._paint_layers(painted, left, request.context, cancelled)
        if left.any():
            painted = fill(painted, left, request.seed, cancelled)
        return painted

    def _paint_layers(
        self, painted: RGB, left: NDArray[np.bool_], context: StepContext, cancelled: Callable[[], bool]
    ) -> None:
        height, width = left.shape
        opened = bounds(left)
        for layer in context.layers:
            field = self._fields.get(layer.index)
            if field is None:
                continue
            if cancelled():
                raise Cancelled
            x, y = layer.position
            field.look_at(Rect(-x, -y, width, height))
            wanted = left[opened] & (context.owner[opened] == layer.index)
            for rows, columns in blocks(wanted):
                inside = wanted[rows, columns]
                top, start = opened[0].start + rows.start, opened[1].start + columns.start
                pixels = field.block(Rect(start - x, top - y, inside.shape[1], inside.shape[0]))
                cv2.copyTo(np.ascontiguousarray(pixels), inside.view(np.uint8), painted[opened][rows, columns])
            left[opened] &= ~wanted

    def state(self) -> dict[str, NDArray[Any]]:
        """The layers' edit lists and what the next jumps depend on; unchanged arrays are the same objects."""
        return {f"{i}.{key}": a for i, field in self._fields.items() for key, a in field.state().items()}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up the run given to `begin` where `state()` was called."""
        for index, field in self._fields.items():
            prefix = f"{index}."
            field.restore({k[len(prefix) :]: a for k, a in state.items() if k.startswith(prefix)})


def blocks(wanted: NDArray[np.bool_]) -> Iterator[tuple[slice, slice]]:
    """Rectangles (rows, columns) that cover `wanted` closely: runs of columns in groups of rows."""
    rows = np.flatnonzero(wanted.any(1))
    if not rows.size:
        return
    first, last = int(rows[0]), int(rows[-1]) + 1
    for top in range(first, last, BLOCK_ROWS):
        bottom = min(last, top + BLOCK_ROWS)
        columns = wanted[top:bottom].any(0).astype(np.int8)
        edges = np.flatnonzero(np.diff(columns, prepend=0, append=0))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            yield slice(top, bottom), slice(int(start), int(stop))


def create() -> WalkEngine:
    """The engine of this module."""
    return WalkEngine()


def warm_up() -> None:
    """Compile (or load from the cache) everything a run needs, on a small picture."""
    y, x = np.mgrid[0:48, 0:96]
    source = np.stack([x * 2, y * 4, (x * y) % 251], axis=2).astype(np.uint8)
    view = LayerView(0, 0, 48, (-8.0, -4.0))
    run = RunContext(source, (view,), 8, 0)
    engine = create()
    engine.begin(run)
    moved = LayerView(0, 0, 48, view.velocity, (-8, -4))
    context = StepContext(run, 1, (moved,), np.zeros((48, 96), np.int16))
    engine.inpaint(source, np.full((48, 96), 255, np.uint8), InpaintRequest(context=context), lambda: False)
