"""A journey in memory: layers on the move and an engine that paints what opens, nothing else.

A second, plainer telling of the step loop: no plates, no journal, one canvas that is shifted. Engines are tested on it
so that a fault of the loop cannot hide one of theirs, and one test holds the two against each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from infinite_parallax.inpaint_server.engines.contract import (
    RGB,
    InpaintEngine,
    InpaintRequest,
    LayerView,
    Mask,
    OwnerMap,
    Rect,
    RunContext,
    StepContext,
)
from numpy.typing import NDArray


def straight_layers(height: int, velocities: Sequence[tuple[float, float]]) -> tuple[LayerView, ...]:
    """As many straight bands of equal height as there are velocities, far to near."""
    edges = np.linspace(0, height, len(velocities) + 1).round().astype(int)
    return tuple(
        LayerView(i, int(edges[i]), int(edges[i + 1] - edges[i]), velocity) for i, velocity in enumerate(velocities)
    )


def moved(layers: Sequence[LayerView], step: int) -> tuple[LayerView, ...]:
    """The layers at `step`, their integer positions rounded half to even."""
    return tuple(
        replace(layer, position=(round(step * layer.velocity[0]), round(step * layer.velocity[1]))) for layer in layers
    )


def owners(layers: Sequence[LayerView], height: int, width: int) -> OwnerMap:
    """Which layer each canvas pixel belongs to: layer i > 0 covers everything from its top downwards."""
    owner = np.zeros((height, width), np.int16)
    for layer in layers[1:]:
        owner[max(0, layer.top + layer.position[1]) :] = layer.index
    return owner


@dataclass
class Journey:
    """A run of `engine`; `advance` makes one step. `canvas` is what is seen now, `mask` what the last step painted."""

    engine: InpaintEngine
    run: RunContext
    step: int = 0
    canvas: RGB = field(init=False)
    mask: Mask = field(init=False)
    owner: OwnerMap = field(init=False)
    heads: Sequence[Sequence[Rect]] = field(init=False)

    def __post_init__(self) -> None:
        self.canvas = self.run.source
        self.mask = np.zeros(self.canvas.shape[:2], np.uint8)
        height, width = self.run.source.shape[:2]
        self.owner = owners(moved(self.run.layers, 0), height, width)
        self.heads = self.engine.begin(self.run)

    def advance(self, cancelled: Callable[[], bool] = lambda: False) -> RGB:
        """Shift every layer, open the holes, paint them; returns the canvas."""
        before, layers = moved(self.run.layers, self.step), moved(self.run.layers, self.step + 1)
        height, width = self.mask.shape
        owner = owners(layers, height, width)
        canvas = np.zeros_like(self.canvas)
        known = np.zeros((height, width), bool)
        for old, new in zip(before, layers, strict=True):
            rows = np.flatnonzero((owner == new.index).any(1))
            if not rows.size:
                continue
            dx, dy = new.position[0] - old.position[0], new.position[1] - old.position[1]
            to, source = _overlap(height, width, dx, dy)
            first, last = max(to[0].start, rows[0]), min(to[0].stop, rows[-1] + 1)
            if first >= last:
                continue
            to, source = (slice(first, last), to[1]), (slice(first - dy, last - dy), source[1])
            same = (owner[to] == new.index) & (self.owner[source] == new.index)
            np.copyto(canvas[to], self.canvas[source], where=same[..., None])
            known[to] |= same
        mask = ~known
        if self.step == 0:
            for layer, heads in zip(layers, self.heads, strict=True):
                for head in heads:
                    mask[_place(head, layer, owner)] = True
        self.step += 1
        self.mask = mask.astype(np.uint8) * 255
        context = StepContext(self.run, self.step, layers, owner)
        self.canvas = self.engine.inpaint(
            canvas, self.mask, InpaintRequest(seed=self.run.seed, context=context), cancelled
        )
        self.owner = owner
        return self.canvas


def _overlap(height: int, width: int, dx: int, dy: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """(where to, where from) of a picture shifted by dx, dy inside its own frame."""

    def along(n: int, d: int) -> tuple[slice, slice]:
        d = max(-n, min(n, d))
        return slice(max(0, d), n + min(0, d)), slice(max(0, -d), n - max(0, d))

    (to_y, from_y), (to_x, from_x) = along(height, dy), along(width, dx)
    return (to_y, to_x), (from_y, from_x)


def _place(head: Rect, layer: LayerView, owner: OwnerMap) -> NDArray[np.bool_]:
    """The canvas pixels of `head` that `layer` owns."""
    inside = np.zeros(owner.shape, bool)
    x, y = head.x + layer.position[0], head.y + layer.position[1]
    inside[max(0, y) : max(0, y + head.height), max(0, x) : max(0, x + head.width)] = True
    return np.asarray(inside & (owner == layer.index), np.bool_)


def start(
    engine: InpaintEngine,
    source: RGB,
    layers: tuple[LayerView, ...],
    steps: int,
    seed: int = 0,
    options: dict[str, Any] | None = None,
) -> Journey:
    """A journey at step 0."""
    return Journey(engine, RunContext(source, layers, steps, seed, options=options or {}))
