"""The shape keys by which a plane lives: what each adds to its mesh, and the driver that says how much at a frame.

Every place swings by Re sum S_j exp(i j a), a by the frame: for each frequency the keys Re S and -Im S, whose values
are cos j a and sin j a times the gain. A wind that turns has them for each quarter of the compass, whose shares follow
from its direction, and what is poked two for each mode, whose values are held. The drivers are expressions that Blender
computes without Python. A displacement by a texture was the other road: it needs a texture for each frame.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import bpy
import numpy as np
from numpy.typing import NDArray

from ..shared import living_mesh
from ..shared.living import Life
from ..shared.scene import Plane
from . import compat, held

Ways = NDArray[np.floating[Any]]


class Key(NamedTuple):
    """A shape key: its name, how far each point goes, [2, n, m] in px, y down, and what drives its value."""

    name: str
    ways: Ways
    expression: str
    controls: list[compat.Control]


def let_live(
    ground: bpy.types.Object, still: NDArray[np.float32], plane: Plane, timeline: bpy.types.Scene, first: int
) -> None:
    """Give a plane's mesh, whose points lie at `still` [n * m, 3], the keys by which it lives.

    Frame 0 of the spec is frame `first` of `timeline`, whose panel's gain, speed and wind act at once.
    """
    for life in plane.lives:
        for one in (*_swinging(life, plane, timeline, first), *_ringing(life, plane, timeline)):
            made = ground.shape_key_add(name=one.name)
            away = np.stack([one.ways[0], -one.ways[1], np.zeros_like(one.ways[0])], axis=2).reshape(-1, 3)
            made.data.foreach_set("co", (still + away).reshape(-1).astype(np.float32))
            made.slider_min = -1
            compat.drive(made, "value", one.expression, one.controls)


def turned(life: Life, timeline: Any, first: int) -> tuple[str, list[compat.Control]]:
    """The periods that have gone by, as an expression, with its controls."""
    if life.clock:
        path = f'["{held.living_clock(life.living)}"]'
        return f"{life.turns / life.frames:.12g}*NOW", [("NOW", timeline[held.HELD], path, 0.0)]
    speed = held.control("SPEED", timeline, ("living", life.living, "speed"), life.turns / life.natural)
    turns = f"SPEED*{life.natural:.12g}"
    turns = f"max(SPEED>0,floor({turns}+.5))" if life.whole else turns
    return f"{turns}*(frame-{first})/{life.frames}", [speed]


def _swinging(life: Life, plane: Plane, timeline: Any, first: int) -> Iterator[Key]:
    def control(name: str, prop: str, now: float, over_time: tuple[float, ...] = ()) -> compat.Control:
        return held.control(name, timeline, ("living", life.living, prop), now, over_time)

    controls = [control("GAIN", "gain", life.gain_at(0), life.gains)]
    strength, name = f"min(GAIN*{1 / life.most:.9g},1)", f"living {life.living}"
    if life.winds:
        controls.append(control("WIND", "wind_deg", life.winds[0], life.winds))
        strength += f"*max(0,cos(radians(WIND-{life.body.wind_deg:.9g})))"
        name += f" {life.body.wind_deg:g}°"
    periods, clock = turned(life, timeline, first)
    controls += clock
    amplitudes = life.most * living_mesh.field(life, plane.lines.at, plane.across, plane.slide)
    for j, field in enumerate(amplitudes, start=1):
        for part, of_time in ((field.real, "cos"), (-field.imag, "sin")):
            wave = f"{of_time}({2 * math.pi * j:.12g}*{periods})"
            yield Key(f"{name} {of_time} {j}", part, f"{strength}*{wave}", controls)


def _ringing(life: Life, plane: Plane, timeline: Any) -> Iterator[Key]:
    if life.ringing is None:
        return
    shapes = living_mesh.shapes(life, plane.lines.at, plane.across, plane.slide)
    for mode, (shape, peak) in enumerate(zip(shapes, life.ringing.peaks, strict=True)):
        for name, part in (("re", shape.real), ("im", -shape.imag)):
            path = f'["{held.mode(life.living, plane.layer, mode, name)}"]'
            yield Key(
                f"poked {life.living} {name} {mode}", peak * part, "RUNG", [("RUNG", timeline[held.HELD], path, 0.0)]
            )
