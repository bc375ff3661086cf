"""The default engine: continues every layer out of its own pixels, without weights, on the CPU.

In a run it asks each layer's endless plate (`walk.field`) for the pixels that opened, or hands out the plates of
cut-out layers themselves; for a single picture it copies from the best donor (`walk.donor_fill`). It never looks at its
own output, which is why it cannot drift; a per-step inpainter over the canvas, however good, feeds on what it painted
the step before.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled, UsageError
from .. import paged
from ..regions import bounds
from ..side_by_side import HANDS, side_by_side
from ..walk import ground as grounds
from ..walk.demand import Demand, demand_of, demand_sideways
from ..walk.donor_fill import fill
from ..walk.exemplar import contrast_scale
from ..walk.field import LayerField
from ..walk.ground import Ground
from ..walk.landings import CHOICES, land_together
from ..walk.receding import RecedingField
from ..walk.settings import WalkSettings
from .card import INPAINT, Card
from .contract import RGB, RGBA, InpaintRequest, LayerView, Mask, Rect, RunContext, StepContext

CARD = Card(
    "walk", INPAINT, "Continues every layer out of its own pixels, without weights; the default.", memory="0.6 GB"
)
BLOCK_ROWS = 64


class WalkEngine:
    """The walk as an `InpaintEngine` and as a `PlateEngine`."""

    name = "walk"

    def __init__(self) -> None:
        self._fields: dict[int, LayerField | RecedingField] = {}
        self._run: RunContext | None = None

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """Prepare the layers that will show new picture; their heads are what the first seams cut through.

        `run.options` are `WalkSettings` by name; raises UsageError for one that is not, and for cut-outs that move
        up or down.
        """
        settings = WalkSettings.from_options(run.options)
        contrast = contrast_scale(run.source)
        self._run = run
        layers = zip(run.layers, *_grounds(run, settings), strict=True)
        moving = [(layer, ground, demand) for layer, ground, demand in layers if demand.any]

        def field(what: tuple[LayerView, Ground, Demand]) -> LayerField | RecedingField:
            return (RecedingField if what[0].ramp else LayerField)(run, *what, settings, contrast)

        # what lies in files is put away after each layer
        made = side_by_side(field, moving, 1 if run.source.nbytes >= paged.LARGE_BYTES else HANDS)
        self._fields = {layer.index: one for (layer, _, _), one in zip(moving, made, strict=True)}
        self._land_together(settings, contrast)
        return [self._fields[layer.index].heads() if layer.index in self._fields else [] for layer in run.layers]

    def _land_together(self, settings: WalkSettings, contrast: float) -> None:
        assert self._run is not None
        for turned in (False, True):
            fields = [
                (field, self._run.layers[index].top)
                for index, field in self._fields.items()
                if isinstance(field, LayerField) and field.sideways(turned)
            ]
            choice = int(np.random.default_rng((self._run.seed, 0)).integers(CHOICES))
            tapes, tops = [f.tape for f, _ in fields], [top for _, top in fields]
            land_together(tapes, tops, settings.coherence, settings.reference * contrast, choice)

    def plate(self, index: int, rect: Rect) -> RGBA:
        """See `PlateEngine.plate`; columns far behind the last ones that were asked are forgotten."""
        assert self._run is not None
        field = self._fields.get(index)
        if field is None:
            return _at_rest(self._run, index, rect)
        field.look_at(rect)
        return np.ascontiguousarray(field.block(rect))

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        """Paint the mask: in a run from the layers' plates, else, and where no layer owns a pixel, from donors."""
        painted = canvas.copy()
        left = mask > 0
        if request.context is not None and self._run is None:
            self.begin(request.context.run)
        if request.context is not None and not request.context.run.cutouts:
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


def _grounds(run: RunContext, settings: WalkSettings) -> tuple[list[Ground], list[Demand]]:
    """What each layer is continued from, and where."""
    height = run.source.shape[0]
    if not run.cutouts:
        bands = [grounds.of_band(run.source, layer.top, layer.height, settings.row_reach) for layer in run.layers]
        return bands, demand_of(run.layers, run.steps, height)
    if any(layer.velocity[1] for layer in run.layers):
        raise UsageError("Layers that follow contours can only move sideways.", "Choose the direction 0 or 180.")
    return grounds.of_cutouts(run.cutouts, height), demand_sideways(run.layers, run.steps)


def _at_rest(run: RunContext, index: int, rect: Rect) -> RGBA:
    """A rectangle of the plate of a cut-out that does not move: itself, and mirror copies that nobody will see."""
    cutout, width = run.cutouts[index], run.source.shape[1]
    x = np.arange(rect.x, rect.x + rect.width) % (2 * width)
    spot = slice(rect.y - cutout.top, rect.y - cutout.top + rect.height), np.where(x < width, x, 2 * width - 1 - x)
    return np.dstack([cutout.rgb[spot], cutout.alpha[spot]])


def blocks(wanted: NDArray[np.bool_]) -> Iterator[tuple[slice, slice]]:
    """Rectangles (rows, columns) that cover `wanted` closely: runs of columns in groups of rows.

    Groups that want the same columns are one.
    """
    rows = np.flatnonzero(wanted.any(1))
    if not rows.size:
        return
    first, last = int(rows[0]), int(rows[-1]) + 1
    tops = list(range(first, last, BLOCK_ROWS))
    columns = np.logical_or.reduceat(wanted[first:last], np.arange(0, last - first, BLOCK_ROWS), axis=0)
    for number, here in enumerate(columns):
        if number and np.array_equal(here, columns[number - 1]):
            continue
        same = number + 1
        while same < len(tops) and np.array_equal(here, columns[same]):
            same += 1
        edges = np.flatnonzero(np.diff(here.view(np.int8), prepend=0, append=0))
        bottom = tops[same] if same < len(tops) else last
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            yield slice(tops[number], bottom), slice(int(start), int(stop))


def create() -> WalkEngine:
    """The engine of this module."""
    return WalkEngine()
