"""The step loop: shift every layer, paint what opened with the whole canvas as context, cut the layers apart again.

Here is what all runs share: the plates, the journal and its playback, the engine's state. How a step is painted is
told in `bands` and in `cutouts`; both say what is new on which plate, and that is appended to the plates and to the
journal. Known pixels are copied and never resampled, whatever the engine. The original sent the whole frame through
the engine and kept what came back; after eight steps it had lost 15 % of its light and doubled its saturation.
"""

import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from ..shared import plan as plans
from ..shared.errors import Cancelled, UsageError
from ..shared.plan import LayerPlan, Plan
from ..shared.plates import Manifest, Plate
from ..shared.project import Project
from . import engines, masks
from .asking import Asking
from .bands import Bands
from .composites import Composites
from .cutouts import Cutouts
from .divergence import Divergence
from .engines.contract import (
    RGB,
    InpaintEngine,
    LayerView,
    Mask,
    OwnerMap,
    Rect,
    RunContext,
    Told,
    continues_plates,
    imagines,
    untold,
)
from .fingerprint import fingerprint
from .journal import Damaged, Journal, Piece, Record, State
from .layering.assets import Assets
from .layering.cutout import Cutout
from .layering.prepare import Imagine, prepare
from .layering.stages import Begin, unwatched
from .lifted_objects import lay_objects, write_objects
from .plate_store import PlateStore
from .receding_store import RecedingStore
from .tile_files import write_bytes

PUT_AWAY_EVERY = 20
"""Steps after which the memory goes that large plates have taken."""
MOST_SHOWN_PX = 2**24
"""Pixels of a preview."""
REPORT_EVERY = 25
"""Steps between two reports while the journal is played back, which goes much faster than painting."""


@dataclass(frozen=True)
class Progress:
    """After a step: how far the job is, what to warn of, and the canvas as RGB uint8 [H, W, 3] if anyone looks.

    `stage`, where it is not empty, says in a sentence what goes on: which part of the preparation begins, or what an
    engine has to tell between two steps.
    """

    step: int
    steps: int
    warnings: tuple[str, ...]
    preview: Callable[[], RGB]
    stage: str = ""


def run(
    folder: Path,
    project: Project,
    picture: RGB,
    engine: InpaintEngine,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    assets: Assets | None = None,
) -> Manifest:
    """Paint a project's plates into `folder`, going on from whatever already lies there.

    `picture` is RGB uint8 [H, W, 3]; how it is cut must be settled (`layering.resolve`). Raises Cancelled between two
    steps, or two stages of the preparation; no step is lost by it, nor by a kill.
    """
    steps = plans.plan(project, picture.shape[1], picture.shape[0]).steps

    def begin(stage: str) -> None:
        if cancelled():
            raise Cancelled()
        report(Progress(0, steps, (), picture.copy, stage))

    def tell(sentence: str) -> None:
        report(Progress(loop.step if loop else 0, steps, (), loop.preview if loop else picture.copy, sentence))

    loop: StepLoop | None = None
    loop = StepLoop(folder, project, picture, engine, assets, begin, cancelled, tell)
    try:
        loop.resume(report, cancelled)
        while loop.step < loop.plan.steps:
            if cancelled():
                raise Cancelled()
            report(loop.paint(cancelled))
        return loop.manifest(wait=True)
    finally:
        loop.close()


def redo(folder: Path, step: int) -> None:
    """Drop everything from `step` on; the next `run` paints from there, with other settings if it is given them."""
    if step < 1:
        raise UsageError(f"Step {step} cannot be painted again.", "Steps count from 1; step 0 is the picture itself.")
    path = folder / "manifest.json"
    if path.exists():
        # the manifest goes first: it must never name a tile that is no longer there
        path.unlink()
    for tile in (folder / "plates").glob("layer*_*.png"):
        tile.unlink()
    Journal(folder / "steps").drop(step)


class Painting(Protocol):
    """How the layers of a run are painted: `bands` or `cutouts`."""

    def paint(self, step: int, before: Mask | None, cancelled: Callable[[], bool]) -> tuple[list[Piece], Mask | None]:
        """One step: what it sets on the plates, and its mask; `before` is the mask of the step before."""
        ...

    def frame(self, step: int, every: int = 1) -> tuple[RGB, OwnerMap]:
        """The frame at a step, without objects, RGB uint8 [H, W, 3], and the layer seen at each pixel [H, W]; of both
        only `every` so-many-th row and column."""
        ...

    def shown(self, index: int, rect: Rect) -> RGB:
        """What the source shows in a rectangle of it, of layer `index` and all behind it."""
        ...

    def state(self) -> State:
        """What later steps depend on beside the plates."""
        ...

    def restore(self, state: State) -> None:
        """Take up a run where `state()` was called."""
        ...


class StepLoop:
    """The state of one run: the plates, the journal, the engine, and the number of the last finished step."""

    def __init__(
        self,
        folder: Path,
        project: Project,
        picture: RGB,
        engine: InpaintEngine,
        assets: Assets | None = None,
        begin: Begin = unwatched,
        cancelled: Callable[[], bool] = lambda: False,
        tell: Told = untold,
    ) -> None:
        self.folder, self.project, self.engine = folder, project, engine
        self.plan: Plan = plans.plan(project, picture.shape[1], picture.shape[0])
        self.step = 0
        (folder / "plates").mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "steps")
        self.journal.begin(fingerprint(self.plan, project, picture))
        assets = assets or Assets()
        self.asking = Asking(project, engine, assets.depth, tell, assets.sound)
        imagine = _imagination(engine, project, self.asking, cancelled)
        prepared = prepare(project, picture, assets, folder / "layers", imagine, begin)
        self.lifted, cutouts = prepared.lifted, prepared.cutouts
        self.objects = write_objects(folder, project, self.plan, self.lifted)
        reach = masks.reach_px(project.mask)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="tiles")
        try:
            self.stores = [self._store(layer, cutouts, reach) for layer in self.plan.layers]
            for store in self.stores:
                store.begin(prepared.picture)
                store.put_away()
            self.context = _context(self.plan, project, prepared.picture, cutouts, engine.name)
            begin("Planning what comes into the frame")
            self.painting = _painting(project, self.plan, self.stores, engine, self.context, self.asking)
        except BaseException:
            self.close()  # nobody else can: tiles would be written into a folder that may be gone by then
            raise
        self.divergence = Divergence(self.plan, prepared.picture, cutouts, project.inpaint.warn_divergence)
        self._mask: Mask | None = None

    def _store(self, layer: LayerPlan, cutouts: Sequence[Cutout], reach: int) -> PlateStore:
        """The plate of a layer."""
        where = self.plan, layer.index, self.folder / "plates", reach, self._writer
        if layer.ramp is None:
            return PlateStore(*where, cutouts[layer.index] if cutouts else None)
        return RecedingStore(*where, cutouts[layer.index], layer.ramp)

    def resume(self, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> None:
        """Play back the journal; the plates and the engine stand again where they stood."""
        done = min(self.journal.done(), self.plan.steps)
        for step in range(1, done + 1):
            if cancelled():
                raise Cancelled()
            try:
                record = self.journal.read(step)
            except Damaged as e:
                self.journal.drop(step)
                report(Progress(step - 1, self.plan.steps, (e.message,), self.preview))
                break
            self._apply(record)
            self.divergence.measure(step, self.stores)  # what there was to warn of was said when it was painted
            if step % REPORT_EVERY == 0 or step == done:
                report(Progress(step, self.plan.steps, (), self.preview))
        state = self.journal.state(self.engine.name)
        if state:
            self.painting.restore(state)

    def paint(self, cancelled: Callable[[], bool]) -> Progress:
        """One step."""
        step = self.step + 1
        pieces, mask = self.painting.paint(step, self._mask, cancelled)
        remember = self.project.mask.lerp_alpha < 1 or self.project.mask.falloff > 0
        state, caption = self.painting.state(), self.asking.caption
        record = Record(step, self.engine.name, pieces, state, mask if remember else None, caption)
        self.journal.write(record)
        self._apply(record)
        return Progress(step, self.plan.steps, self.divergence.measure(step, self.stores), self.preview)

    def preview(self) -> RGB:
        """The frame as it is now; of a huge one every second, third, ... row and column."""
        every = math.ceil(math.sqrt(self.plan.width * self.plan.height / MOST_SHOWN_PX))
        if not self.lifted:
            return np.ascontiguousarray(self.painting.frame(self.step, every)[0])
        frame, owner = self.painting.frame(self.step)
        lay_objects(frame, owner, self.plan, self.objects, self.lifted, self.step)
        return np.ascontiguousarray(frame[::every, ::every])

    def manifest(self, wait: bool = False) -> Manifest:
        """The manifest of the tiles on disk, with `wait` of all that are finished; written beside the plates."""
        plates = tuple(Plate(s.layer.index, s.layer.name, s.finished(wait)) for s in self.stores)
        done = self.step if wait else min(self.step, self.plan.steps - 1)
        manifest = Manifest(self.plan.width, self.plan.height, self.plan.steps, done, plates, self.objects)
        write_bytes(self.folder / "manifest.json", json.dumps(manifest.to_json(), indent=1).encode())
        return manifest

    def close(self) -> None:
        """Let the tiles that are being written come to their end."""
        self._writer.shutdown()

    def _apply(self, record: Record) -> None:
        for piece in record.pieces:
            self.stores[piece.layer].write(piece.rect, piece.picture(), piece.which, record.step)
        self._mask, self.asking.caption = record.mask, record.caption
        self.step = record.step
        closed = False
        for store in self.stores:
            if self.step % PUT_AWAY_EVERY == 0:
                store.put_away()
            store.advance(self.step)
            closed |= store.close(self.step, partial(self.painting.shown, store.layer.index))
        if closed:
            self.manifest()


def _painting(
    project: Project,
    plan: Plan,
    stores: Sequence[PlateStore],
    engine: InpaintEngine,
    run: RunContext,
    asking: Asking,
) -> Painting:
    """How the layers of a project are painted by an engine."""
    if not run.cutouts:
        return Bands(project, plan, stores, engine, run, asking)
    if continues_plates(engine):
        return Cutouts(plan, stores, engine, run)
    return Composites(project, plan, stores, engine, run, engines.load(engines.DEFAULT), asking)


def _imagination(
    engine: InpaintEngine, project: Project, asking: Asking, cancelled: Callable[[], bool]
) -> Imagine | None:
    """How an engine that makes new picture paints what lies behind the layers."""
    if not imagines(engine):
        return None
    options = project.options_of(engine.name)

    def imagine(picture: RGB, mask: Mask) -> RGB:
        return engine.inpaint(picture, mask, asking.hidden(options, picture, mask, cancelled), cancelled)

    return imagine


def _context(plan: Plan, project: Project, picture: RGB, cutouts: Sequence[Cutout], engine: str) -> RunContext:
    """The run as the engine is told of it."""
    options = project.options_of(engine)
    rows = [(c.top, c.height) for c in cutouts] or [(layer.top, layer.height) for layer in plan.layers]
    views = tuple(
        LayerView(layer.index, *place, layer.velocity, ramp=layer.ramp)
        for layer, place in zip(plan.layers, rows, strict=True)
    )
    return RunContext(
        picture,
        views,
        plan.steps,
        project.inpaint.seed,
        masks.reach_px(project.mask),
        options,
        tuple(cutouts),
        project.motion.loop,
    )
