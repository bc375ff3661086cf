"""Light and film: flicker, grain, vignette and letterbox.

Flicker darkens by a sheet of one colour whose opacity is a sum of waves: a change of exposure would burn out lights
that a fire never adds. Grain is one large sheet of grey noise that jumps at every frame, or as often as its speed
says, to a place that follows from the frame's number; it is laid by Blender's blend overlay, which leaves black and
white alone, as film does.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..finishing import Overlay
from .sheet import WHITE, Sheet, Stage, Wave

Field = NDArray[np.float32]
BLACK = (0.0, 0.0, 0.0)
SCALE = 4.0
FLICKERS = ((0.45, 0.20), (1.3, 0.17), (3.1, 0.12), (6.7, 0.06))
"""Times per second and depth of the parts of a flame's light."""
GRAIN_JUMP_PX = 240


def sheets(o: Overlay, stage: Stage) -> Iterator[Sheet]:
    """The one sheet of these kinds."""
    plain = Sheet(
        name="",
        overlay=0,
        kind=o.kind,
        part=0,
        seed=o.seed,
        blend="over",
        width=stage.width,
        height=stage.height,
        scale=1.0,
        origin=(0, 0),
        amount=o.amount,
        start=0,
        end=stage.frames,
        colour=o.colour or BLACK,
    )
    yield replace(plain, **_ITS[o.kind](o, stage))


def _soft(stage: Stage) -> dict[str, Any]:
    size = {"width": math.ceil(stage.width / SCALE) + 2, "height": math.ceil(stage.height / SCALE) + 2}
    return {**size, "scale": SCALE, "origin": (-SCALE, -SCALE)}


def _flicker(o: Overlay, stage: Stage) -> dict[str, Any]:
    rng = np.random.default_rng([o.seed, 7])
    waves = tuple(
        Wave(stage.times(hz * max(o.speed, 1e-6) * (0.85 + 0.3 * rng.random())), depth, float(rng.random()))
        for hz, depth in FLICKERS
    )
    return {"base": 0.42, "waves": waves if o.speed else (), **_soft(stage)}


def _grain(o: Overlay, stage: Stage) -> dict[str, Any]:
    # even, so that its middle lies as the frame's does, on whole px or between them
    jump = 2 * math.ceil(GRAIN_JUMP_PX / 2 * max(0.25, stage.unit))
    still = {"width": stage.width + jump, "height": stage.height + jump, "jump": (jump, jump)}
    return {
        **still,
        "speed": o.speed,
        "blend": "overlay",
        "colour": o.colour or WHITE,
        "shape": {"px": 0.55 * stage.unit * o.size},
    }


def _vignette(o: Overlay, stage: Stage) -> dict[str, Any]:
    x, y = o.place or (0.5, 0.5)
    shape = {"x": x * stage.width, "y": y * stage.height, "across": stage.width / 2, "down": stage.height / 2}
    return {"shape": {**shape, "size": o.size}, **_soft(stage)}


def _letterbox(o: Overlay, stage: Stage) -> dict[str, Any]:
    """Bars that are all there at amount 0.5, as everything is meant to be right at once."""
    down = max(0.0, (stage.height - stage.width / o.ratio) / 2)
    across = max(0.0, (stage.width - stage.height * o.ratio) / 2)
    return {"base": 2.0, "shape": {"down": round(down), "across": round(across)}}


_ITS = {"flicker": _flicker, "grain": _grain, "vignette": _vignette, "letterbox": _letterbox}


def draw(sheet: Sheet) -> Field:
    """Alpha 0..1 of flicker, vignette and letterbox, and the grey 0..1 of grain, float32 [h, w]."""
    if sheet.kind == "grain":
        return _noise(sheet)
    field = np.ones((sheet.height, sheet.width), np.float32)
    if sheet.kind == "letterbox":
        down, across = int(sheet.shape["down"]), int(sheet.shape["across"])
        field[down : sheet.height - down, across : sheet.width - across] = 0
    if sheet.kind == "vignette":
        rows, columns = np.ogrid[: sheet.height, : sheet.width]
        x = ((columns - 0.5) * sheet.scale - sheet.shape["x"]) / sheet.shape["across"]
        y = ((rows - 0.5) * sheet.scale - sheet.shape["y"]) / sheet.shape["down"]
        # between an ellipse and the frame's own corners: x^2.6 + y^2.6
        away = (np.abs(x) ** 2.6 + np.abs(y) ** 2.6) ** (1 / 2.6) / sheet.shape["size"]
        t = np.clip((away - 0.42) / 0.95, 0, 1)
        field = (t * t * (3 - 2 * t)).astype(np.float32)
    return field


def _noise(sheet: Sheet) -> Field:
    """Grey noise about the middle, its grains as large as the shape says, the same deviation at every size."""
    rng = np.random.default_rng([sheet.seed, 9])
    field = rng.standard_normal((sheet.height, sheet.width)).astype(np.float32)
    sigma = sheet.shape["px"]
    reach = max(1, math.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-3)) ** 2).astype(np.float32)
    for axis in (0, 1):
        # round the rim, so that the picture repeats
        field = sum(np.roll(field, k - reach, axis) * weight for k, weight in enumerate(kernel))
    return np.asarray(0.5 + 0.07 * field / field.std(), np.float32)
