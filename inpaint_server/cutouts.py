"""Layers with contours: every plate is continued with its matte and with what lies behind the nearer layers.

An engine that continues plates, such as the walk, does all of it, so that a step is no more than fetching the columns
that came in. Engines that paint pictures are served in `composites`, which takes what is fetched here as a draft.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..shared import tiling
from ..shared.plan import Plan
from . import paged
from .engines.contract import RGB, Mask, OwnerMap, PlateEngine, Rect, RunContext
from .journal import Piece, State
from .layering.cutout import flatten, lay_over
from .plate_store import OWN, PlateStore
from .receding_store import RecedingStore

THINNED_ROWS = 16
"""Rows of a thinned frame that are composed at a time."""


class Cutouts:
    """The painting of layers that follow contours; `run.cutouts` are what they are at step 0.

    With `heads` the known pixels through which the engine cuts its first seams are fetched again at the first step.
    """

    def __init__(
        self, plan: Plan, stores: Sequence[PlateStore], engine: PlateEngine, run: RunContext, heads: bool = True
    ) -> None:
        self._plan, self._stores, self._engine, self._run = plan, stores, engine, run
        found = engine.begin(run)
        self._heads: Sequence[Sequence[Rect]] = found if heads else [[] for _ in found]

    def paint(self, step: int, before: Mask | None, cancelled: Callable[[], bool]) -> tuple[list[Piece], None]:  # noqa: ARG002
        """One step: what it sets on the plates. There is no mask, because nothing is painted over."""
        return [piece for store in self._stores for piece in self.coming(store, step)], None

    def coming(self, store: PlateStore, step: int) -> list[Piece]:
        """What the engine continues a plate with at a step."""
        return [self.piece(store, rect) for rect in self._new(store, step)]

    def piece(self, store: PlateStore, rect: Rect) -> Piece:
        """What the engine has for a rectangle of a plate, all of its rows."""
        values = self._engine.plate(store.layer.index, rect)
        store.put_away()  # what it was copied from
        return Piece(store.layer.index, rect, np.ones(values.shape[:2], np.bool_), values.reshape(-1, 4))

    def _new(self, store: PlateStore, step: int) -> list[Rect]:
        """The rectangles of a plate that a step must fetch: columns that came in, and at the first one the heads."""
        if isinstance(store, RecedingStore):
            return store.coming(step, self._heads[store.layer.index])
        box = tiling.swept(self._plan, store.layer.index, max(0, step - 1), step, store.rows)
        if box is None:
            return []
        rect, before = Rect(*box), -store.layer.position(step - 1)[0]
        if step > 1:  # what was seen before is known, and the heads of the source are through
            left = rect.x if rect.x < before else before + self._plan.width
            rect = replace(rect, x=left, width=rect.width - self._plan.width)
        unknown = ~store.known(replace(rect, height=1), OWN)[0]
        x = np.arange(rect.x, rect.x + rect.width)
        for head in self._heads[store.layer.index]:
            if step == 1 or not 0 <= head.x < self._plan.width:
                unknown |= (x >= head.x) & (x < head.x + head.width)
        if unknown.all():
            return [rect]
        edges = np.flatnonzero(np.diff(unknown.view(np.int8), prepend=0, append=0))
        runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        return [Rect(rect.x + start, rect.y, stop - start, rect.height) for start, stop in runs]

    def window(self, store: PlateStore, step: int, left: int = 0, right: int = 0) -> tuple[slice, NDArray[np.uint8]]:
        """What the frame, with columns beside it, shows of a plate at a step: its rows, and RGBA [rows, columns, 4]."""
        first, last = store.rows or (0, 0)
        rows = slice(first, min(last, self._plan.height))
        pixels = np.zeros((max(0, rows.stop - rows.start), left + self._plan.width + right, 4), np.uint8)
        x = -store.layer.position(step)[0] - left
        store.copy(Rect(x, rows.start, pixels.shape[1], pixels.shape[0], step), pixels)
        return rows, pixels

    def frame(self, step: int, every: int = 1) -> tuple[RGB, OwnerMap]:
        """The frame at a step, RGB uint8 [H, W, 3], and the layer that is seen at each pixel [H, W]; of both only
        `every` so-many-th row and column."""
        if every > 1:
            return self._thinned(step, every)
        out = np.zeros((self._plan.height, self._plan.width, 3), np.uint8)
        owner = np.zeros(out.shape[:2], np.int16)
        for store in self._stores:
            rows, pixels = self.window(store, step)
            out[rows] = lay_over(out[rows], pixels[..., :3], pixels[..., 3])
            owner[rows][pixels[..., 3] >= 128] = store.layer.index
        return out, owner

    def _thinned(self, step: int, every: int) -> tuple[RGB, OwnerMap]:
        """A frame of few rows and columns, of every layer some rows at a time."""
        out = np.zeros((-(-self._plan.height // every), -(-self._plan.width // every), 3), np.uint8)
        owner = np.zeros(out.shape[:2], np.int16)
        for store in self._stores:
            first, last = store.rows or (0, 0)
            for top in range(0, min(last, self._plan.height), THINNED_ROWS * every):
                bottom = min(last, self._plan.height, top + THINNED_ROWS * every)
                if bottom <= first:
                    continue
                # rows above the layer stay clear
                pixels = np.zeros((bottom - top, self._plan.width, 4), np.uint8)
                store.copy(Rect(-store.layer.position(step)[0], top, self._plan.width, bottom - top, step), pixels)
                seen = pixels[::every, ::every]
                rows = slice(top // every, top // every + len(seen))
                out[rows] = lay_over(out[rows], seen[..., :3], seen[..., 3])
                owner[rows][seen[..., 3] >= 128] = store.layer.index
            store.put_away()
        return out, owner

    def shown(self, index: int, rect: Rect) -> RGB:
        """What the source shows in a rectangle of it, of layer `index` and all behind it."""
        columns = slice(rect.x, rect.x + rect.width)
        behind = []
        for cutout in self._run.cutouts[: index + 1]:
            rgb, alpha = cutout.rgb[:, columns].copy(), cutout.alpha[:, columns].copy()
            behind.append(replace(cutout, rgb=rgb, alpha=alpha, stored=None))
            paged.put_away(cutout.alpha)
        return flatten(behind, self._plan.height)[rect.y : rect.y + rect.height]

    def state(self) -> State:
        """What later steps depend on beside the plates."""
        return self._engine.state()

    def restore(self, state: State) -> None:
        """Take up a run where `state()` was called."""
        self._engine.restore(state)
