"""Layers with contours and an engine that paints pictures: the composite is painted, then taken apart again.

The walk drafts each plate's new columns: where its border runs, and what lies behind the nearer layers, which no
picture shows. The engine paints all that the frame shows of them, with the whole canvas as context, and `separate`
moves the draft's borders to where they were painted. Painting every layer by itself was the other road: as many calls
of the engine as there are layers, and a town that does not know of its river.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..shared import settings
from ..shared.plan import Plan
from ..shared.project import Project
from . import masks
from .asking import Asking
from .cutouts import Cutouts
from .engines.contract import RGB, InpaintEngine, Mask, OwnerMap, PlateEngine, RunContext, StepContext
from .journal import Piece, State
from .layering.cutout import lay_over
from .margins import Reach, Span, Stock
from .plate_store import PlateStore
from .separate import follow, led, moved, skyline
from .windows import Window, window_of

DRAFT = "draft."
"""Before the names of the draft's state in a journal."""
Bool = NDArray[np.bool_]


class Composites:
    """The painting of layers that follow contours by an engine that knows nothing of layers."""

    def __init__(
        self,
        project: Project,
        plan: Plan,
        stores: Sequence[PlateStore],
        engine: InpaintEngine,
        run: RunContext,
        draft: PlateEngine,
        asking: Asking,
    ) -> None:
        self._project, self._plan, self._stores, self._engine, self._run = project, plan, stores, engine, run
        self._drafted = Cutouts(plan, stores, draft, replace(run, options=settings.write(project.walk)), heads=False)
        self._draft, self._asking = draft, asking
        self.frame, self.shown = self._drafted.frame, self._drafted.shown
        engine.begin(run)
        self._reach = Reach(project, plan, engine, run)
        self._stock = Stock(self._reach)

    def paint(self, step: int, before: Mask | None, cancelled: Callable[[], bool]) -> tuple[list[Piece], Mask | None]:
        """One step: what it sets on the plates, and its mask. `before` is the mask of the step before."""
        if self._stock.covers(step):
            return self._stock.take(self._stores, step), None
        span = self._reach.span(step)
        kept = {piece.layer: piece for piece in self._stock.take(self._stores, step, later=True)}
        windows = [self._window(store, step, span, kept.get(store.layer.index)) for store in self._stores]
        canvas, owner, hole = self._compose(windows)
        layers = tuple(
            replace(view, position=(shown.x, shown.store.layer.position(step)[1]))
            for view, shown in zip(self._run.layers, windows, strict=True)
        )
        wide = span.left or span.right
        mask = masks.prepare(hole, owner, layers, self._project.mask, None if wide else before)
        canvas[hole] = 0
        numbers = None
        if mask.any():
            context = StepContext(self._run, step, layers, owner)
            request = self._asking.request(context, canvas, hole, cancelled)
            binary = (mask > 0).view(np.uint8) * np.uint8(255)
            painted = self._engine.inpaint(canvas, binary, request, cancelled)
            masks.blend(canvas, painted, mask)
            numbers = self._asking.numbers(context, canvas, hole, cancelled)
        self._separate(windows, canvas, numbers)
        pieces = self._cut(windows, canvas, mask, owner)
        if wide:
            pieces = self._stock.keep(self._stores, pieces, step, span)
        return pieces, mask[:, span.left :][:, : self._plan.width]

    def _window(self, store: PlateStore, step: int, span: Span, kept: Piece | None) -> Window:
        """What a plate has on the canvas: what was painted before, or its draft, all the way home if need be."""
        drafted: list[Piece] = []
        if kept is None:
            drafted = [piece for later in range(step, span.until + 1) for piece in self._drafted.coming(store, later)]
            last_way = self._reach.last_way(store.layer.index, span.until)
            if span.ends[store.layer.index] > span.until and last_way is not None:
                top, bottom = store.rows or (0, 0)
                drafted.append(self._drafted.piece(store, replace(last_way, y=top, height=bottom - top)))
        shown = self._drafted.window(store, step, span.left, span.right)
        return window_of(store, step, shown, drafted, kept, span.left, span.right)

    def _compose(self, windows: Sequence[Window]) -> tuple[RGB, OwnerMap, Bool]:
        """The canvas with the drafts on it, the layer that is seen at each pixel, and where that is a draft."""
        owner = self._owner(windows)
        canvas = np.zeros((*owner.shape, 3), np.uint8)
        for window in windows:
            canvas[window.rows] = lay_over(canvas[window.rows], window.pixels[..., :3], window.pixels[..., 3])
        hole = np.zeros(owner.shape, np.bool_)
        for window in windows:
            hole[window.rows] |= window.painted & (owner[window.rows] == window.store.layer.index)
        return canvas, owner, hole

    def _owner(self, windows: Sequence[Window]) -> OwnerMap:
        """The layer that is seen at each pixel."""
        owner = np.zeros((self._plan.height, windows[0].guessed.size), np.int16)
        for window in windows:
            owner[window.rows][window.pixels[..., 3] >= 128] = window.store.layer.index
        return owner

    def _separate(self, windows: Sequence[Window], canvas: RGB, numbers: OwnerMap | None) -> None:
        """Move the drafted columns of every layer to where its border was painted, or to where `numbers`, the layer of
        every pixel [H, W], has it."""
        for behind, window in itertools.pairwise(windows):
            columns = window.border
            if not columns.size:
                continue
            # the side that was known before is where the border comes from
            first, last = int(columns[0]), int(columns[-1])
            forward = first > 0 and not window.guessed[first - 1]
            order, before = (columns, first - 1) if forward else (columns[::-1], last + 1)
            start = self._move_before(window, before)
            part = window.pixels[:, order]
            draft = skyline(part[..., 3])
            expected = draft
            if numbers is not None:
                mine = numbers[window.rows] >= window.store.layer.index
                lowest = behind.rows.stop - window.rows.start - 1
                expected = self._expected(mine, order, before, draft, start, lowest)
                start = 0
            after = last + 1 if forward else first - 1
            # a layer that is led home meets it as it was drafted
            end = 0 if 0 <= after < window.guessed.size and window.given[:, after].any() else None
            moves = follow(canvas[window.rows][:, order], expected, start, end) + expected - draft
            window.pixels[:, order] = moved(part, moves)

    def _expected(
        self, mine: Bool, order: NDArray[np.int64], before: int, draft: NDArray[np.int64], start: int, lowest: int
    ) -> NDArray[np.int64]:
        """The rows at which a layer begins in new columns by what is `mine` of its window [h, W], from the known border
        in the column `before` them on; the columns of the draft that are in doubt keep it."""
        known = int(draft[0]) + start
        seen = skyline(mine[:, [before]].view(np.uint8) * np.uint8(255))[0] if 0 <= before < mine.shape[1] else known
        return led(skyline(mine[:, order].view(np.uint8) * np.uint8(255)), draft, known, int(seen), lowest)

    def _move_before(self, window: Window, column: int) -> int:
        """By how much the known border lies below its draft in a column of the canvas."""
        if not 0 <= column < window.guessed.size:
            return 0
        draft = self._draft.plate(window.store.layer.index, window.rect(column, column + 1))
        return int((skyline(window.pixels[:, column : column + 1, 3]) - skyline(draft[..., 3]))[0])

    def _cut(self, windows: Sequence[Window], canvas: RGB, mask: Mask, asked: OwnerMap) -> list[Piece]:
        """What is new on every plate: painted where its layer is seen, drafted where it is hidden.

        `asked` is the layer that was seen at each pixel when the mask was made: where a border has moved since, a
        farther layer's known pixel may have come to light, and it stays as it is. So does what is known of ground that
        recedes, and what a loop comes home to.
        """
        owner = self._owner(windows)
        pieces = []
        for window in windows:
            index = window.store.layer.index
            seen = (owner[window.rows] == index) & (window.pixels[..., 3] > 0)
            masked = (mask[window.rows] > 0) & (asked[window.rows] == index)
            painted = seen & ((masked & (not window.recedes)) | window.new) & ~window.given & ~window.guessed
            window.pixels[..., :3][painted] = canvas[window.rows][painted]
            which = painted | window.new
            columns = np.flatnonzero(which.any(0))
            if columns.size:
                first, last = int(columns[0]), int(columns[-1]) + 1
                part = which[:, first:last]
                pieces.append(Piece(index, window.rect(first, last), part, window.pixels[:, first:last][part]))
        return pieces

    def state(self) -> State:
        """What later steps depend on beside the plates: the engine's own, and the draft's."""
        drafted = {DRAFT + key: value for key, value in self._drafted.state().items()}
        return self._engine.state() | drafted | self._stock.state()

    def restore(self, state: State) -> None:
        """Take up a run where `state()` was called."""
        state = self._stock.restore(state)
        drafted = {key.removeprefix(DRAFT): value for key, value in state.items() if key.startswith(DRAFT)}
        if drafted:
            self._drafted.restore(drafted)
        self._engine.restore({key: value for key, value in state.items() if not key.startswith(DRAFT)})
