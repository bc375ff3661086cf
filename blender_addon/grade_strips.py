"""Grades as ordinary strip modifiers: on the strips of a layer, or on an adjustment strip over all.

The modifiers are named after what they do and carry the grade's number; a person may go on from there, and what was
changed by hand stays until the grade itself changes. What is keyed in the panel is keyed here when the scene is built.
Drivers onto the panel were the other road: a driven modifier makes Blender before 5.2 see a dependency cycle, and
complain at every frame.

What a scene strip shows is graded in its own scene (`grade_nodes.py`).
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Any

import bpy

from ..shared.grading import Graded, Step
from . import compat
from .timeline import Place

MADE, MARK = "infinite_parallax_grade", "Parallax "
TYPES = {"balance": "COLOR_BALANCE", "contrast": "BRIGHT_CONTRAST", "curve": "CURVES"}


def lay(home: Any, grade: Graded, strip: Any, place: Place, first: int) -> Any:
    """Make or update the adjustment strip of a grade of the whole, whose frame 0 is the timeline's `first`; the
    strip."""
    if strip is None:
        strip = compat.new_effect(home, grade.name, "ADJUSTMENT", place.channel, place.first, place.frames)
        strip.blend_type = "ALPHA_OVER"
    strip.channel = place.channel
    compat.place(strip, place.first, place.frames)
    put_on(strip, (grade,), first)
    return strip


def wanted(grades: Sequence[Graded], first: int) -> str:
    """What is remembered of the grades that were made, to tell when they change; empty without any."""
    text = repr([(grade.number, grade.saturation, grade.steps) for grade in grades]) if grades else ""
    if not any(grade.moments for grade in grades):
        return text
    return hashlib.sha256(repr((first, [grade.moments for grade in grades])).encode()).hexdigest()


def saturations(grades: Sequence[Graded]) -> list[float]:
    """The product of the grades' saturations: one, or one for each frame."""
    moments = max(len(grade.all_moments) for grade in grades)
    return [math.prod(grade.at(n).saturation for grade in grades) for n in range(moments)]


def put_on(strip: Any, grades: Sequence[Graded], first: int) -> None:
    """Let a strip be graded by these and by nothing else of ours; frame 0 of the grades is the timeline's `first`."""
    now = wanted(grades, first)
    if strip.get(MADE, "") == now:
        return
    factors = saturations(grades) if grades else [1.0]
    if MADE in strip or any(factor != 1 for factor in factors):
        compat.set_series(strip, "color_saturation", factors, first)
    with bpy.context.temp_override(**compat.in_sequencer(strip.id_data)):
        for modifier in [m for m in strip.modifiers if m.name.startswith(MARK)]:
            _take_off(strip, modifier)
        for grade in grades:
            for steps in grade.steps_over_time():
                _add(strip, f"{MARK}{grade.number} {steps[0].name}", steps, first)
    if now:
        strip[MADE] = now
    elif MADE in strip:
        del strip[MADE]


def _take_off(strip: Any, modifier: Any) -> None:
    """Remove a modifier, with its keys: Blender leaves them."""
    curves, path = compat.curves(strip.id_data), modifier.path_from_id()
    for curve in [curve for curve in curves if curve.data_path.startswith(f"{path}.")]:
        curves.remove(curve)
    strip.modifiers.remove(modifier)


def _add(strip: Any, name: str, steps: Sequence[Step], first: int) -> None:
    step, modifier = steps[0], strip.modifiers.new(name, TYPES[steps[0].kind])
    if step.kind == "balance":
        balance = modifier.color_balance
        balance.correction_method = "LIFT_GAMMA_GAIN"
        for prop in ("lift", "gamma", "gain"):
            compat.set_series(balance, prop, [getattr(step, prop) for step in steps], first)
    elif step.kind == "contrast":
        for prop in ("bright", "contrast"):
            compat.set_series(modifier, prop, [getattr(step, prop) for step in steps], first)
    else:
        draw_curve(modifier.curve_mapping, step)


def draw_curve(mapping: Any, step: Step) -> None:
    """The curve of all channels, straight between its points."""
    points = mapping.curves[3].points
    for at, to in step.points[1:-1]:
        points.new(at, to)
    for point, place in zip(points, step.points, strict=True):
        point.location = place
        point.handle_type = "VECTOR"
    mapping.update()
