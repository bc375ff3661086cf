"""The step loop: shift every layer, paint what opened with the whole canvas as context, cut the layers apart again.

One step is: compose the plates at their new positions, find the hole, prepare the mask, let the engine paint, paste
back every known pixel, and append what is new to the plates and to the journal. Known pixels are copied and never
resampled, whatever the engine. The original sent the whole frame through the engine and kept what came back; after
eight steps it had lost 15 % of its light and doubled its saturation.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..shared import plan as plans
from ..shared import settings
from ..shared.errors import Cancelled, UsageError
from ..shared.plan import Plan
from ..shared.plates import Manifest, Plate
from ..shared.project import Project
from . import canvas as canvases
from . import masks
from .canvas import Canvas
from .divergence import Divergence
from .engines.contract import RGB, InpaintEngine, InpaintRequest, LayerView, Mask, Rect, RunContext, StepContext
from .journal import Damaged, Journal, Piece, Record
from .plate_store import BORROWED, PlateStore, write_bytes
from .regions import bounds

REPORT_EVERY = 25
"""Steps between two reports while the journal is played back, which goes much faster than painting."""


@dataclass(frozen=True)
class Progress:
    """After a step: how far the job is, what to warn of, and the canvas as RGB uint8 [H, W, 3] if anyone looks."""

    step: int
    steps: int
    warnings: tuple[str, ...]
    preview: Callable[[], RGB]


def run(
    folder: Path,
    project: Project,
    picture: RGB,
    engine: InpaintEngine,
    report: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> Manifest:
    """Paint a project's plates into `folder`, going on from whatever already lies there.

    `picture` is RGB uint8 [H, W, 3]. Raises Cancelled between two steps; nothing is lost by it, nor by a kill.
    """
    loop = StepLoop(folder, project, picture, engine)
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


class StepLoop:
    """The state of one run: the plates, the journal, the engine, and the number of the last finished step."""

    def __init__(self, folder: Path, project: Project, picture: RGB, engine: InpaintEngine) -> None:
        self.folder, self.project, self.engine = folder, project, engine
        self.plan: Plan = plans.plan(project, picture.shape[1], picture.shape[0])
        self.extent = canvases.extent(self.plan)
        self.step = 0
        (folder / "plates").mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "steps")
        self.journal.begin(_fingerprint(self.plan, project, picture))
        reach = masks.reach_px(project.mask)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="tiles")
        self.stores = [
            PlateStore(self.plan, layer.index, folder / "plates", reach, self._writer) for layer in self.plan.layers
        ]
        for store in self.stores:
            store.begin(picture)
        self.views = tuple(
            LayerView(layer.index, layer.top, layer.height, layer.velocity) for layer in self.plan.layers
        )
        section = getattr(project, engine.name, None)  # an engine that has settings has a section of its name
        options = settings.write(section) if section is not None else {}
        self.context = RunContext(picture, self.views, self.plan.steps, project.inpaint.seed, reach, options)
        self.heads: Sequence[Sequence[Rect]] = engine.begin(self.context)
        self.divergence = Divergence(self.plan, picture, project.inpaint.warn_divergence)
        self._mask: Mask | None = None
        self._canvas = Canvas.blank(self.extent)

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
            self.engine.restore(state)

    def paint(self, cancelled: Callable[[], bool]) -> Progress:
        """One step."""
        step = self.step + 1
        canvas = canvases.compose(self.plan, self.stores, step, self._canvas)
        layers = tuple(
            replace(view, position=self.extent.inside(layer.position(step)))
            for view, layer in zip(self.views, self.plan.layers, strict=True)
        )
        mask = self._prepare_mask(canvas, layers, step)
        painted = self._inpaint(canvas, mask, StepContext(self.context, step, layers, canvas.owner), cancelled)
        masks.blend(canvas.rgb, painted, mask)
        canvases.fill_unneeded(canvas, self.plan)
        remember = self.project.mask.lerp_alpha < 1 or self.project.mask.falloff > 0
        record = Record(
            step,
            self.engine.name,
            self._cut(canvas, mask, step),
            self.engine.state(),
            mask if remember else None,
        )
        self.journal.write(record)
        self._apply(record)
        return Progress(step, self.plan.steps, self.divergence.measure(step, self.stores), self.preview)

    def preview(self) -> RGB:
        """The frame as it is now."""
        now = canvases.compose(self.plan, self.stores, self.step, Canvas.blank(self.extent))
        return now.frame(now.rgb, self.plan.width, self.plan.height)

    def manifest(self, wait: bool = False) -> Manifest:
        """The manifest of the tiles on disk, with `wait` of all that are finished; written beside the plates."""
        plates = tuple(Plate(s.layer.index, s.layer.name, s.finished(wait)) for s in self.stores)
        done = self.step if wait else min(self.step, self.plan.steps - 1)
        manifest = Manifest(self.plan.width, self.plan.height, self.plan.steps, done, plates)
        write_bytes(self.folder / "manifest.json", json.dumps(manifest.to_json(), indent=1).encode())
        return manifest

    def close(self) -> None:
        """Let the tiles that are being written come to their end."""
        self._writer.shutdown()

    def _prepare_mask(self, canvas: Canvas, layers: Sequence[LayerView], step: int) -> Mask:
        mask = masks.prepare(canvas.hole, canvas.owner, layers, self.project.mask, self._mask)
        if step == 1:
            for layer, heads in zip(self.plan.layers, self.heads, strict=True):
                for head in heads:
                    spots = canvases.on_canvas(head, layer.position(step), canvas.extent)
                    if spots is not None:
                        own = canvas.owner[spots[1]] == layer.index
                        mask[spots[1]][own] = 255
        return mask

    def _inpaint(self, canvas: Canvas, mask: Mask, context: StepContext, cancelled: Callable[[], bool]) -> RGB:
        if not mask.any():
            return canvas.rgb
        wish = self.project.inpaint
        seed = wish.seed + (context.step if wish.seed_policy == "per_step" else 0)
        request = InpaintRequest(wish.prompt, wish.negative_prompt, seed, context)
        binary = (mask > 0).view(np.uint8) * np.uint8(255)
        return self.engine.inpaint(canvas.rgb, binary, request, cancelled)

    def _cut(self, canvas: Canvas, mask: Mask, step: int) -> list[Piece]:
        """Cut the layers apart: for every plate, what it did not know yet and what was painted over on it."""
        pieces = []
        for store in self.stores:
            rect = canvases.needed(self.plan, store.layer.index, step)
            spots = rect and canvases.on_canvas(rect, store.layer.position(step), canvas.extent)
            if not spots:
                continue
            part, spot = spots
            which = ~store.known(part, BORROWED) | ((mask[spot] > 0) & (canvas.owner[spot] == store.layer.index))
            if which.any():
                pieces.append(_tight(store.layer.index, part, which, canvas.rgb[spot]))
        return pieces

    def _apply(self, record: Record) -> None:
        for piece in record.pieces:
            self.stores[piece.layer].write(piece.rect, piece.picture(), piece.which, record.step)
        self._mask = record.mask
        self.step = record.step
        closed = False
        for store in self.stores:
            store.advance(self.step)
            closed |= store.close(self.step)
        if closed:
            self.manifest()


def _tight(layer: int, rect: Rect, which: masks.Bool, rgb: RGB) -> Piece:
    """A piece without the empty rows and columns round it."""
    rows, columns = spot = bounds(which)
    width, height = columns.stop - columns.start, rows.stop - rows.start
    place = Rect(rect.x + columns.start, rect.y + rows.start, width, height)
    return Piece(layer, place, which[spot], rgb[spot][which[spot]])


def _fingerprint(plan: Plan, project: Project, picture: RGB) -> dict[str, object]:
    """What must not change between two sittings of a job: the geometry and the picture."""
    layers = [
        {k: v for k, v in asdict(layer).items() if k in ("top", "height", "velocity", "overlap_px")}
        for layer in plan.layers
    ]
    return {
        "picture": hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest(),
        "size": [plan.width, plan.height],
        "steps": plan.steps,
        "tile_px": plan.tile_px,
        "layers": layers,
        "reach_px": masks.reach_px(project.mask),
    }
