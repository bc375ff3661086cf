"""A run of three hills that are known everywhere, and the engines that continue them or paint the composite."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, RGBA, InpaintRequest, Mask, Rect, RunContext
from infinite_parallax.inpaint_server.layering.cutout import Cutout, flatten
from infinite_parallax.shared import frames, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.project import Project

from .plate_files import read_tile

WIDTH, HEIGHT = 72, 48
HEAD = 9
TOPS = (0, 10, 22)
BOTTOMS = (34, 44, 48)


def hill(index: int, x: Any) -> Any:
    """The skyline of a layer at plate columns x: waves, so that every column differs from its neighbour."""
    return np.round(np.array(TOPS)[index] + 6 + 4 * np.sin(np.asarray(x) / (5.0 + index)))


def plate_pixels(index: int, rect: Rect) -> RGBA:
    """What the plate of a layer is by definition, anywhere: colours of its own in every pixel, and a soft skyline."""
    y, x = np.mgrid[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
    rgb = np.stack([40 + 70 * index + x % 31, (x * 7 + y * 3) % 256, y * 5 % 256], axis=2) % 256
    depth = y - hill(index, x)
    alpha = np.full(x.shape, 255) if index == 0 else np.clip(depth * 100 + 128, 0, 255)
    return np.dstack([rgb, alpha]).astype(np.uint8)


def cutouts() -> list[Cutout]:
    made = []
    for i, (top, bottom) in enumerate(zip(TOPS, BOTTOMS, strict=True)):
        pixels = plate_pixels(i, Rect(0, top, WIDTH, bottom - top))
        made.append(Cutout(top, pixels[..., :3].copy(), pixels[..., 3].copy(), np.zeros(pixels.shape[:2], np.bool_)))
    return made


SOURCE = flatten(cutouts(), HEIGHT)


class Continuer:
    """A real plate engine of the plainest kind: every pixel follows from its place; heads get another colour."""

    name = "continuer"

    def __init__(self) -> None:
        self.calls = np.zeros(1, np.int64)

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        assert len(run.cutouts) == len(run.layers)
        return [[Rect(WIDTH - HEAD, c.top, HEAD, c.height)] for c in run.cutouts]

    def plate(self, index: int, rect: Rect) -> RGBA:
        self.calls += 1
        pixels = plate_pixels(index, rect)
        x = np.arange(rect.x, rect.x + rect.width)
        head = (x >= WIDTH - HEAD) & (x < WIDTH)
        pixels[:, head, 0] = 255 - pixels[:, head, 0]
        return pixels

    def inpaint(self, *_: Any) -> RGB:
        raise AssertionError("a plate engine is asked for plates")

    def state(self) -> dict[str, Any]:
        return {"calls": self.calls.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        self.calls = state["calls"].copy()


class Painter(Continuer):
    """An engine that paints pictures: it draws the same landscape a few rows higher."""

    name = "painter"
    continues_plates = False

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        self.masks: list[Mask] = []
        return [[] for _ in run.layers]

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:  # type: ignore[override]
        assert request.context is not None
        assert not cancelled()
        self.masks.append(mask.copy())
        out = canvas.copy()
        out[mask > 0] = [200, 10, 10]
        return out


def project(**document: Any) -> Project:
    layers = [{"height": 16, "velocity": [-3, 0]}, {"height": 12, "velocity": [-5, 0]}, {"velocity": [-9, 0]}]
    motion = {"steps": 12, "fps": 10} | document.pop("motion", {})
    defaults = {"layers": layers, "cut": {"mode": "contour"}, "plates": {"tile_px": 112}, "motion": motion}
    return projects.from_json(defaults | document)


def go(folder: Path, engine: Any = None, stop_at: int = 10**9, **document: Any) -> Manifest:
    done = itertools.count(1)
    return step_loop.run(
        folder, project(**document), SOURCE, engine or Continuer(), lambda _: None, lambda: next(done) > 1 + 2 * stop_at
    )


def frame_at(folder: Path, manifest: Manifest, step: int, **document: Any) -> RGB:
    wish = project(**document)
    spec = scene_building.build(wish, plans.plan(wish, WIDTH, HEIGHT), manifest)
    return frames.render(spec, step * 10, read_tile(folder))


def by_definition(step: int) -> RGB:
    """The frame at a step, composed from the definition of the plates."""
    shifted = []
    for i, (cutout, layer) in enumerate(zip(cutouts(), plans.plan(project(), WIDTH, HEIGHT).layers, strict=True)):
        pixels = Continuer().plate(i, Rect(-layer.position(step)[0], cutout.top, WIDTH, cutout.height))
        shifted.append(Cutout(cutout.top, pixels[..., :3], pixels[..., 3], cutout.hidden))
    return flatten(shifted, HEIGHT)
