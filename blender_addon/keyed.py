"""What is keyed in the panel, of overlays, grades and what moves layers, at every frame (`shared/over_time.py`).

An overlay's amount and angle and a distortion's amplitude are read by drivers as well, and act at once; what is drawn
into pictures, added up over time or computed into several values of a modifier is read here, when the scene is built.
Drivers for all of it were the other road: they cannot add up, and on modifiers they make dependency cycles before 5.2.
"""

import re
from typing import Any

from ..shared import settings
from ..shared.finishing import Distortion, Grade, LivingLayer, Overlay
from ..shared.over_time import OverTime
from ..shared.plan import Plan
from ..shared.settings import Declared
from . import compat, properties, timeline


def read(scene: Any, plan: Plan) -> OverTime:
    """The overlays, grades, distortions and living layers of a scene that have keys, at every frame of a plan."""
    return OverTime(
        {n: _moments(scene, plan, "overlays", n, Overlay) for n in _numbers(scene, "overlays")},
        {n: _moments(scene, plan, "grades", n, Grade) for n in _numbers(scene, "grades")},
        {n: _moments(scene, plan, "distortions", n, Distortion) for n in _numbers(scene, "distortions")},
        {n: _moments(scene, plan, "living", n, LivingLayer) for n in _numbers(scene, "living")},
    )


def is_keyed(scene: Any) -> bool:
    """Whether anything that is read here has keys."""
    return any(_numbers(scene, name) for name in ("overlays", "grades", "distortions", "living"))


def _numbers(scene: Any, name: str) -> list[int]:
    """Which entries of a list have keys that mean something."""
    found = (re.match(rf"infinite_parallax\.{name}\[(\d+)\]\.", curve.data_path) for curve in compat.curves(scene))
    entries = getattr(properties.of_scene(scene), name)
    return sorted({int(m[1]) for m in found if m is not None and int(m[1]) < len(entries)})


def _moments(scene: Any, plan: Plan, name: str, number: int, cls: Any) -> list[Any]:
    entry = getattr(properties.of_scene(scene), name)[number]
    first, still = timeline.first_frame(scene), properties.read_entry(entry, name)
    out = []
    for n in range(plan.frames):
        data = dict(still)
        for want in settings.declared(cls):
            if data[want.name] is not None and want.kind in ("int", "float", "triple"):
                data[want.name] = _at(entry, want, data[want.name], first + n)
        out.append(settings.read(cls, data, f"{name}.{number}"))
    return out


def _at(entry: Any, want: Declared, value: Any, frame: int) -> Any:
    """A setting at a frame, by its curves if it has any, and within its limits whatever a curve overshoots."""
    if want.kind == "triple":
        return [_curved(entry, want, part, frame, axis) for axis, part in enumerate(value)]
    found = _curved(entry, want, value, frame, 0)
    return round(found) if want.kind == "int" else found


def _curved(entry: Any, want: Declared, value: float, frame: int, index: int) -> float:
    curve = compat.f_curve(entry, want.name, index)
    if curve is None:
        return value
    low, high = want.limits.low, want.limits.high
    found = round(curve.evaluate(frame), 6)
    return max(found if low is None else low, min(found if high is None else high, found))
