"""Grades as ordinary strip modifiers: on the strips of a layer, or on an adjustment strip over all.

The modifiers are named after what they do and carry the grade's number; a person may go on from there, and what was
changed by hand stays until the grade itself changes. Drivers onto the panel were the other road: a driven modifier
makes Blender before 5.2 see a dependency cycle, and complain at every frame.

What a scene strip shows is graded in its own scene (`grade_nodes.py`).
"""

from typing import Any

import bpy

from ..shared.grading import Graded, Step
from . import compat
from .timeline import Place

MADE, MARK = "infinite_parallax_grade", "Parallax "
TYPES = {"balance": "COLOR_BALANCE", "contrast": "BRIGHT_CONTRAST", "curve": "CURVES"}


def lay(home: Any, grade: Graded, strip: Any, place: Place) -> Any:
    """Make or update the adjustment strip of a grade of the whole; the strip."""
    if strip is None:
        strip = compat.new_effect(home, grade.name, "ADJUSTMENT", place.channel, place.first, place.frames)
        strip.blend_type = "ALPHA_OVER"
    strip.channel = place.channel
    compat.place(strip, place.first, place.frames)
    put_on(strip, (grade,))
    return strip


def put_on(strip: Any, grades: tuple[Graded, ...]) -> None:
    """Let a strip be graded by these and by nothing else of ours."""
    wanted = repr([(grade.number, grade.saturation, grade.steps) for grade in grades]) if grades else ""
    if strip.get(MADE, "") == wanted:
        return
    if MADE in strip or any(grade.saturation != 1 for grade in grades):
        strip.color_saturation = 1.0
        for grade in grades:
            strip.color_saturation *= grade.saturation
    with bpy.context.temp_override(**compat.in_sequencer(strip.id_data)):
        for modifier in [m for m in strip.modifiers if m.name.startswith(MARK)]:
            strip.modifiers.remove(modifier)
        for grade in grades:
            for step in grade.steps:
                _add(strip, f"{MARK}{grade.number} {step.name}", step)
    if wanted:
        strip[MADE] = wanted
    elif MADE in strip:
        del strip[MADE]


def _add(strip: Any, name: str, step: Step) -> None:
    modifier = strip.modifiers.new(name, TYPES[step.kind])
    if step.kind == "balance":
        balance = modifier.color_balance
        balance.correction_method = "LIFT_GAMMA_GAIN"
        balance.lift, balance.gamma, balance.gain = step.lift, step.gamma, step.gain
    elif step.kind == "contrast":
        modifier.bright, modifier.contrast = step.bright, step.contrast
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
