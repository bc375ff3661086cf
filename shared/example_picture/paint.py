"""The composition: sky, land, water and shore painted from far to near on one canvas, then the grain of the canvas.

Small pictures are painted larger and averaged down, so that leaves and strokes keep their look. A stored picture
was not used: a painter weighs less, and paints what lies beyond the edge of the frame as well.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .foreground import paint_foreground
from .land import paint_land
from .noise import grid
from .scene import new_scene
from .sky import paint_sky
from .water import paint_water

PAD = 0.12
_SMALLEST_HEIGHT = 270


class ExampleLayer(NamedTuple):
    """A layer of the example picture. height: fraction of the picture's; distance: for the distance law `weight`."""

    name: str
    height: float
    distance: float


LAYERS = (
    ExampleLayer("sky", 0.39, 120.0),
    ExampleLayer("ridges", 0.17, 60.0),
    ExampleLayer("far water", 0.11, 240.0),
    ExampleLayer("near water", 0.085, 520.0),
    ExampleLayer("foreground", 0.245, 800.0),
)
"""Layers from the top down; the cuts lie in haze, on the waterline and in open water, where nothing stands across."""


def paint(width: int = 1600, height: int = 900, seed: int = 7, extra: float = 0.0) -> npt.NDArray[np.uint8]:
    """The example picture: RGB uint8 [height, int(width * (1 + extra)), 3].

    `extra` paints so much more of the same world to the right: its first `width` columns are `paint(width, height)`.
    Raises UsageError for a picture smaller than 16 pixels on a side, or a negative `extra`.
    """
    if width < 16 or height < 16 or extra < 0:
        raise UsageError(
            f"There is no example picture of {width} x {height} pixels with {extra} extra.",
            "Ask for at least 16 x 16 pixels and an extra of 0 or more.",
        )
    scale = -(-_SMALLEST_HEIGHT // height) if height < _SMALLEST_HEIGHT else 1
    columns = int(width * (1 + extra))
    scene = new_scene(height * scale, columns * scale, PAD, seed)
    paint_sky(scene)
    paint_land(scene)
    paint_water(scene, scene.height)
    paint_foreground(scene)
    weave = grid(scene.x * 420, scene.y * 420, seed + 900)
    scene.rgb += (weave * np.float32(0.012))[..., None]
    pad = (len(scene.x) - columns * scale) // 2
    framed = scene.rgb[:, pad : pad + columns * scale]
    picture = np.zeros((height, columns, 3), np.float32)
    for row in range(scale):
        for column in range(scale):
            picture += framed[row::scale, column::scale]
    levels = np.clip(picture * np.float32(255 / scale**2), 0, 255)
    rounded: npt.NDArray[np.uint8] = np.floor(levels + np.float32(0.5)).clip(0, 255).astype(np.uint8)
    return rounded
