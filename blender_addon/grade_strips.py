"""Grades as ordinary strip modifiers: on the strips of a layer, or on an adjustment strip over all.

The modifiers are named after what they do and carry the grade's number; a person may go on from there, and what was
changed by hand stays until the grade itself changes. What is keyed in the panel is keyed here when the scene is built.
Drivers onto the panel were the other road: a driven modifier makes Blender before 5.2 see a dependency cycle, and
complain at every frame.

A curve whose amount is keyed goes through a mask: a muted colour strip as bright as the curve is strong, since neither
the points of a curve nor a strength of a modifier can be keyed in any Blender. Rows of curves that are muted by turns
were the other road: as many modifiers as there are steps.

What a scene strip shows is graded in its own scene (`grade_nodes.py`).
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from ..shared.grading import Graded, Step
from ..shared.scene import SceneSpec
from . import compat
from .timeline import Place

MADE, MARK = "infinite_parallax_grade", "Parallax "
Masks = Mapping[int, Any]
NO_MASKS: Masks = {}
TYPES = {"balance": "COLOR_BALANCE", "contrast": "BRIGHT_CONTRAST", "curve": "CURVES"}


def masks(spec: SceneSpec) -> dict[str, Graded]:
    """The strips through which curves come and go, by their names, with the grades that they are for."""
    return {f"{grade.name} curve amount": grade for grade in spec.grades if grade.fading_curve}


def lay_mask(home: Any, name: str, grade: Graded, strip: Any, place: Place, first: int) -> Any:
    """Make or update the muted strip that is as bright as a curve is strong; the strip."""
    if strip is None:
        strip = compat.new_effect(home, name, "COLOR", place.channel, place.first, place.frames)
        strip.mute = True
    strip.channel = place.channel
    compat.place(strip, place.first, place.frames)
    now = wanted((grade,), first)
    if strip.get(MADE) != now:
        compat.set_series(strip, "color", [(amount,) * 3 for amount in grade.fading_curve], first)
        strip[MADE] = now
    return strip


def take_mask_away(home: Any, strip: Any) -> None:
    """Let no modifier point at a strip that is about to go."""
    for other in compat.strips(home):
        for modifier in getattr(other, "modifiers", ()):
            if modifier.input_mask_strip == strip:
                modifier.input_mask_strip = None


def lay(home: Any, grade: Graded, strip: Any, place: Place, first: int, masked: Masks) -> Any:
    """Make or update the adjustment strip of a grade of the whole, whose frame 0 is the timeline's `first`; the
    strip."""
    if strip is None:
        strip = compat.new_effect(home, grade.name, "ADJUSTMENT", place.channel, place.first, place.frames)
        strip.blend_type = "ALPHA_OVER"
    strip.channel = place.channel
    compat.place(strip, place.first, place.frames)
    put_on(strip, (grade,), first, masked)
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


def put_on(strip: Any, grades: Sequence[Graded], first: int, masked: Masks = NO_MASKS) -> None:
    """Let a strip be graded by these and by nothing else of ours; frame 0 of the grades is the timeline's `first`.

    Curves of those grades that are `masked`, by their numbers, go through the strips that are named there.
    """
    for grade in grades:
        curve = strip.modifiers.get(f"{MARK}{grade.number} curve") if grade.number in masked else None
        if curve is not None and curve.input_mask_strip is None:
            curve.input_mask_strip = masked[grade.number]
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
                _add(strip, f"{MARK}{grade.number} {steps[0].name}", steps, first, masked.get(grade.number))
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


def _add(strip: Any, name: str, steps: Sequence[Step], first: int, mask: Any) -> None:
    step, modifier = steps[0], strip.modifiers.new(name, TYPES[steps[0].kind])
    if step.kind == "balance":
        balance = modifier.color_balance
        balance.correction_method = "LIFT_GAMMA_GAIN"
        for prop in ("lift", "gamma", "gain"):
            compat.set_series(balance, prop, [getattr(step, prop) for step in steps], first)
    elif step.kind == "contrast":
        for prop in ("bright", "contrast"):
            compat.set_series(modifier, prop, [getattr(step, prop) for step in steps], first)
    elif mask is not None:
        draw_curve(modifier.curve_mapping, step.points)
        modifier.input_mask_type, modifier.input_mask_strip = "STRIP", mask
    else:
        draw_curve(modifier.curve_mapping, [(at, at + step.amount * (to - at)) for at, to in step.points])


def draw_curve(mapping: Any, wanted: Sequence[tuple[float, float]]) -> None:
    """The curve of all channels, straight between its points."""
    points = mapping.curves[3].points
    for at, to in wanted[1:-1]:
        points.new(at, to)
    for point, place in zip(points, wanted, strict=True):
        point.location = place
        point.handle_type = "VECTOR"
    mapping.update()
