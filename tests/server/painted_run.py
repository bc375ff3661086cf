"""A small run of the step loop: a picture of noise, three bands, and an engine that paints its step and seed."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask, Rect, RunContext
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.project import Project

WIDTH, HEIGHT = 64, 48


class Painter:
    """A real engine of the plainest kind: it paints each hole pixel by its step and seed, and counts its calls."""

    name = "painter"

    def __init__(self, heads: Sequence[Rect] = ()) -> None:
        self.heads, self.calls = heads, np.zeros(1, np.int64)
        self.masks: list[Mask] = []

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        return [list(self.heads) for _ in run.layers]

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        if cancelled():
            raise Cancelled()
        assert request.context is not None
        self.calls += 1
        self.masks.append(mask.copy())
        out = canvas.copy()
        out[mask > 0] = [100 + request.context.step, request.seed % 256, int(self.calls[0]) % 256]
        return out

    def state(self) -> dict[str, Any]:
        return {"calls": self.calls.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        self.calls = state["calls"].copy()


def picture(seed: int = 1) -> RGB:
    """Noise."""
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def project(direction: float = 180.0, **document: Any) -> Project:
    """Three bands on the way for six steps, with what `document` says otherwise."""
    layers = [{"height": 14, "distance": 2}, {"height": 12, "distance": 3}, {"distance": 5}]
    motion = {"direction_deg": direction, "step_px": 20, "steps": 6, "fps": 10} | document.pop("motion", {})
    defaults = {"layers": layers, "plates": {"tile_px": 96, "overlap_px": 3}, "motion": motion}
    return projects.from_json(defaults | document)


def go(folder: Path, wish: Project, engine: Any = None, stop_at: int = 10**9) -> Manifest:
    """Run all of it, or cancel before the step after `stop_at`."""
    done = itertools.count(1)
    return step_loop.run(folder, wish, picture(), engine or Painter(), lambda _: None, lambda: next(done) > 2 * stop_at)
