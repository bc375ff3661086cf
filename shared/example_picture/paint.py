"""The composition: sky, land, water and shore painted from far to near on one canvas, then the grain of the canvas.

Small pictures are painted larger and averaged down, so that leaves and strokes keep their look. A stored picture
was not used: a painter in a thousand lines weighs less, and paints what lies beyond the edge of the frame as well.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .foreground import paint_foreground
from .land import paint_land
from .noise import Field, uniform
from .scene import FOREGROUND, HORIZON, NEAR_WATER, RIDGES, Scene, new_scene
from .sky import paint_sky
from .water import paint_water

PAD = 0.12
"""Heights painted beyond either side; more than the reach of any stroke together with what it looks up."""
SMALLEST, LARGEST = 16, 16384
_FINE_HEIGHT = 180


class ExampleLayer(NamedTuple):
    """One layer of the picture, far to near. height: share of the picture's height; distance: for the law `weight`."""

    name: str
    height: float
    distance: float


LAYERS = (
    ExampleLayer("sky", RIDGES, 60.0),
    ExampleLayer("ridges", HORIZON - RIDGES, 110.0),
    ExampleLayer("far water", NEAR_WATER - HORIZON, 200.0),
    ExampleLayer("near water", FOREGROUND - NEAR_WATER, 340.0),
    ExampleLayer("foreground", 1.0 - FOREGROUND, 600.0),
)
"""The layers, cut along straight rows where nothing tall stands; their heights add up to 1."""


def paint(width: int = 1600, height: int = 900, seed: int = 7, extra: float = 0.0) -> npt.NDArray[np.uint8]:
    """Paint an evening at a lake: uint8 [height, int(width * (1 + extra)), 3], sRGB.

    The first `width` columns do not depend on `extra`; what follows is the world to the right of the frame.
    The same arguments always give the same bytes. UsageError: a side that is no whole number of 16..16384 pixels, or
    an `extra` that is negative, not finite or makes the picture wider than that.
    """
    rows, columns = _checked(width, height, extra)
    scale = math.ceil(_FINE_HEIGHT / rows)
    scene = new_scene(rows * scale, columns * scale, PAD, seed)
    paint_sky(scene)
    paint_land(scene)
    paint_water(scene)
    paint_foreground(scene)
    _relief(scene.rgb)
    pad = (len(scene.x) - columns * scale) // 2
    picture = _averaged(scene.rgb[:, pad : pad + columns * scale], scale)
    _canvas(picture, scene)
    levels: npt.NDArray[np.uint8] = np.clip(np.floor(picture * 255 + 0.5), 0, 255).astype(np.uint8)
    return levels


def _checked(width: int, height: int, extra: float) -> tuple[int, int]:
    """The rows and columns of the whole picture, if its sizes are possible."""
    sizes = (("width", width), ("height", height), ("extra", extra))
    for name, value in sizes:
        if not math.isfinite(value):
            raise UsageError(f"{name} is {value}, which is not a number of pixels.", "Give a finite number.")
    for name, value in sizes[:2]:
        if value != int(value) or not SMALLEST <= value <= LARGEST:
            hint = f"Choose a whole number from {SMALLEST} to {LARGEST}."
            raise UsageError(f"{name} is {value}; the example picture cannot be painted so.", hint)
    columns = int(width * (1 + extra))
    if extra < 0 or columns > LARGEST:
        raise UsageError(
            f"extra is {extra}; the picture would be {columns} px wide.", f"{width} to {LARGEST} px are possible."
        )
    return int(height), columns


def _averaged(picture: Field, scale: int) -> Field:
    """Means over squares of scale x scale pixels; a copy."""
    total = np.zeros_like(picture[::scale, ::scale])
    for row in range(scale):
        for column in range(scale):
            total += picture[row::scale, column::scale]
    return total / np.float32(scale * scale)


def _relief(rgb: Field) -> None:
    """The thickness of the paint: every edge of a stroke catches light on its upper left and casts a little shade."""
    tone = rgb[..., 0] * np.float32(0.35) + rgb[..., 1] * np.float32(0.5) + rgb[..., 2] * np.float32(0.15)
    edge = np.clip(tone[1:, 1:] - tone[:-1, :-1], -0.12, 0.12)
    rgb[1:, 1:] += (edge * np.float32(0.16))[..., None]


def _canvas(picture: Field, scene: Scene) -> None:
    """The weave under the paint, a few thousandths of the tone, and a last warm glaze with a little more contrast."""
    rows, columns = picture.shape[:2]
    iy, ix = np.arange(rows)[:, None], np.arange(columns)[None, :]
    weave = ((ix + (iy >> 1)) % 3 - 1).astype(np.float32) * np.float32(0.0030)
    weave = weave + ((iy + (ix >> 1)) % 3 - 1).astype(np.float32) * np.float32(0.0030)
    weave += (uniform(ix, iy, scene.seed + 901) - np.float32(0.5)) * np.float32(0.016)
    picture += weave[..., None]
    np.clip(picture, 0, 1, out=picture)
    curve = picture * picture * (3 - 2 * picture)
    picture += np.float32(0.22) * (curve - picture)
    picture *= np.array([1.010, 1.0, 0.975], np.float32)
