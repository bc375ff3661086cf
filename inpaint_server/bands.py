"""Straight bands: shift every layer, paint what opened with the whole canvas as context, cut the layers apart again.

One step composes the plates at their new positions, finds the hole, prepares the mask, lets the engine paint, pastes
back every known pixel and says what is new on which plate. A layer's place on the canvas is a matter of rows alone,
so the cut is exact for every engine, whatever it painted. An engine that likes wide strips paints several steps at
once (`margins`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..shared.plan import LayerPlan, Plan
from ..shared.project import Project
from . import canvas as canvases
from . import masks
from .asking import Asking
from .canvas import Canvas, Extent
from .engines.contract import (
    RGB,
    InpaintEngine,
    LayerView,
    Mask,
    OwnerMap,
    Rect,
    RunContext,
    StepContext,
    continues_plates,
)
from .journal import Piece, State
from .margins import Margins, Reach, Span
from .masks import Bool
from .plate_store import BORROWED, PlateStore
from .regions import bounds

THINNED_ROWS = 64
"""Rows of a thinned frame that are composed at a time."""


class Bands:
    """The painting of layers that are bands of rows."""

    def __init__(
        self,
        project: Project,
        plan: Plan,
        stores: Sequence[PlateStore],
        engine: InpaintEngine,
        run: RunContext,
        asking: Asking,
    ) -> None:
        self._project, self._plan, self._stores, self._engine, self._run = project, plan, stores, engine, run
        self._asking = asking
        self._extent = canvases.extent(plan)
        # a mask that reaches over known pixels, or remembers the step before, needs all of the canvas
        self._narrow = continues_plates(engine) and not plan.vertical and masks.is_plain(project.mask)
        self._whole: Canvas | None = None
        self._heads = engine.begin(run)
        self._reach = Reach(project, plan, engine, run)
        self._margins = Margins(self._reach)

    def paint(self, step: int, before: Mask | None, cancelled: Callable[[], bool]) -> tuple[list[Piece], Mask | None]:
        """One step: what it sets on the plates, and its mask. `before` is the mask of the step before."""
        extent = self._asked(step)
        if extent is None:
            return [], None
        canvas = canvases.compose(self._plan, self._stores, step, self._blank(extent))
        self._margins.lay_on(canvas, step)
        span = self._reach.span(step) if canvas.hole.any() else Span(step, 0, 0, ())
        if span.left or span.right:
            mask = self._paint_ahead(canvas, step, span, cancelled)
        else:
            mask = self._paint_on(canvas, step, before, cancelled)
        return self._cut(canvas, mask, step), mask

    def _blank(self, extent: Extent) -> Canvas:
        """A canvas to compose on; the whole one is used again."""
        if extent != self._extent:
            return Canvas.blank(extent)
        if self._whole is None:
            self._whole = Canvas.blank(extent)
        return self._whole

    def _paint_on(self, canvas: Canvas, step: int, before: Mask | None, cancelled: Callable[[], bool]) -> Mask:
        """Paint what is missing of a canvas, in place; the mask under which it was."""
        layers = tuple(
            replace(view, position=canvas.extent.inside(layer.position(step)))
            for view, layer in zip(self._run.layers, self._plan.layers, strict=True)
        )
        mask = self._prepare_mask(canvas, layers, step, before)
        painted = self._inpaint(canvas, mask, StepContext(self._run, step, layers, canvas.owner), cancelled)
        masks.blend(canvas.rgb, painted, mask)
        canvases.fill_unneeded(canvas, self._plan)
        return mask

    def _paint_ahead(self, canvas: Canvas, step: int, span: Span, cancelled: Callable[[], bool]) -> Mask:
        """Paint a canvas, in place, with what later steps will show beside it, which is kept for them."""
        wide = Canvas.blank(Extent(-span.left, 0, self._plan.width + span.right, self._plan.height))
        canvases.compose(self._plan, self._stores, step, wide)
        self._come_home(wide, step)
        beside = np.ones(wide.hole.shape, np.bool_)
        wide.frame(beside, self._plan.width, self._plan.height)[:] = False
        wide.hole |= beside & ~wide.known
        self._margins.lay_on(wide, step)
        wide.rgb[wide.hole] = 0
        mask = self._paint_on(wide, step, None, cancelled)
        self._margins.keep(wide, step, span)
        size = self._plan.width, self._plan.height
        canvas.rgb[:] = wide.frame(wide.rgb, *size)
        return wide.frame(mask, *size)

    def _come_home(self, wide: Canvas, step: int) -> None:
        """In a loop, lay what the source shows again beside the frame on a canvas, in place."""
        for store in self._stores:
            layer = store.layer
            start, end = self._plan.rows(layer.index, step)
            rows = slice(start or 0, wide.extent.bottom if end is None else end)
            x, y = layer.position(step)
            body = Rect(wide.extent.left - x, rows.start - y, wide.hole.shape[1], rows.stop - rows.start)
            home = store.come_home(body, wide.rgb[rows])
            wide.known[rows] |= home
            wide.hole[rows] &= ~home

    def frame(self, step: int, every: int = 1) -> tuple[RGB, OwnerMap]:
        """The frame at a step, RGB uint8 [H, W, 3], and the layer that is seen at each pixel [H, W]; of both only
        `every` so-many-th row and column."""
        if every > 1 and not self._plan.vertical:
            return self._thinned(step, every)
        now = canvases.compose(self._plan, self._stores, step, Canvas.blank(self._extent))
        size = self._plan.width, self._plan.height
        return now.frame(now.rgb, *size)[::every, ::every], now.frame(now.owner, *size)[::every, ::every]

    def _thinned(self, step: int, every: int) -> tuple[RGB, OwnerMap]:
        """A frame of few rows and columns, composed some rows at a time: a whole canvas may be a gigabyte."""
        rgb, owner = [], []
        for top in range(0, self._plan.height, THINNED_ROWS * every):
            rows = replace(self._extent, top=top, bottom=min(self._plan.height, top + THINNED_ROWS * every))
            part = canvases.compose(self._plan, self._stores, step, Canvas.blank(rows))
            rgb.append(part.rgb[::every, ::every].copy())
            owner.append(part.owner[::every, ::every].copy())
        return np.concatenate(rgb), np.concatenate(owner)

    def shown(self, index: int, rect: Rect) -> RGB:  # noqa: ARG002
        """What the source shows in a rectangle of it, of layer `index` and all behind it: here the source itself."""
        return self._run.source[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]

    def state(self) -> State:
        """What later steps depend on beside the plates."""
        return self._engine.state() | self._margins.state()

    def restore(self, state: State) -> None:
        """Take up a run where `state()` was called."""
        self._engine.restore(self._margins.restore(state))

    def _asked(self, step: int) -> Extent | None:
        """The part of the canvas on which a step paints: all of it, since an engine looks at what is round a hole.

        An engine that continues plates does not look, so that of layers that move sideways it is shown the columns
        that came in, at the first step from the source's heads on; None where none came.
        """
        if not self._narrow:
            return self._extent
        moves = [layer.position(step)[0] - layer.position(step - 1)[0] for layer in self._plan.layers]
        least, most, width = min(moves), max(moves), self._plan.width
        ends = [(0, min(most, width))] if most > 0 else []
        ends += [(max(0, width + least), width)] if least < 0 else []
        if step == 1:
            due = [(self._due(head, layer, 1), layer.position(1)[0]) for layer, head in self._all_heads()]
            ends += [(part.x + x, part.x + part.width + x) for part, x in due if part is not None]
        if not ends:
            return None
        left, right = max(0, min(first for first, _ in ends)), min(width, max(last for _, last in ends))
        return replace(self._extent, left=left, right=right)

    def _all_heads(self) -> list[tuple[LayerPlan, Rect]]:
        return [(layer, head) for layer, heads in zip(self._plan.layers, self._heads, strict=True) for head in heads]

    def _prepare_mask(self, canvas: Canvas, layers: Sequence[LayerView], step: int, before: Mask | None) -> Mask:
        mask = masks.prepare(canvas.hole, canvas.owner, layers, self._project.mask, before)
        for layer, head in self._all_heads():
            part = self._due(head, layer, step)
            spots = part and canvases.on_canvas(part, layer.position(step), canvas.extent)
            if spots:
                own = canvas.owner[spots[1]] == layer.index
                mask[spots[1]][own] = 255
        return mask

    def _due(self, head: Rect, layer: LayerPlan, step: int) -> Rect | None:
        """The part of a head that is painted at a step: the source's at the first one, a loop's as it comes in."""
        if 0 <= head.x < self._plan.width:
            return head if step == 1 else None
        windows = [-layer.position(k)[0] for k in (step - 1, step)]
        ahead = windows[1] > windows[0]
        first, last = sorted(x + self._plan.width for x in windows) if ahead else sorted(windows)
        left, right = max(head.x, first), min(head.x + head.width, last)
        return replace(head, x=left, width=right - left) if left < right else None

    def _inpaint(self, canvas: Canvas, mask: Mask, context: StepContext, cancelled: Callable[[], bool]) -> RGB:
        if not mask.any():
            return canvas.rgb
        request = self._asking.request(context, canvas.rgb, canvas.hole, cancelled)
        binary = (mask > 0).view(np.uint8) * np.uint8(255)
        return self._engine.inpaint(canvas.rgb, binary, request, cancelled)

    def _cut(self, canvas: Canvas, mask: Mask, step: int) -> list[Piece]:
        """Cut the layers apart: for every plate, what it did not know yet and what was painted over on it."""
        pieces = []
        for store in self._stores:
            rect = canvases.needed(self._plan, store.layer.index, step)
            spots = rect and canvases.on_canvas(rect, store.layer.position(step), canvas.extent)
            if not spots:
                continue
            part, spot = spots
            which = ~store.known(part, BORROWED) | ((mask[spot] > 0) & (canvas.owner[spot] == store.layer.index))
            if which.any():
                pieces.append(_tight(store.layer.index, part, which, canvas.rgb[spot]))
        return pieces


def _tight(layer: int, rect: Rect, which: Bool, rgb: RGB) -> Piece:
    """A piece without the empty rows and columns round it."""
    rows, columns = spot = bounds(which)
    width, height = columns.stop - columns.start, rows.stop - rows.start
    place = Rect(rect.x + columns.start, rect.y + rows.start, width, height)
    which, rgb = which[spot], rgb[spot]
    return Piece(layer, place, which, np.array(rgb).reshape(-1, 3) if which.all() else rgb[which])
