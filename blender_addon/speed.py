"""The speed of the journey as one control: a property that is keyframed like any other, read as the project's pace.

Lines between keys are taken as they are; what is curved, a Bezier ease or a modifier, is read at every frame and drawn
with as few straight lines as come near it. Second 0 of the pace is the first frame of what is built. A text property
with points in it was the other road: nobody draws a curve in a text field.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..shared.pace import Points, corners
from ..shared.settings import MOST_POINTS
from . import compat, timeline

NEAR = 1 / 1000
"""How far the lines may leave the curve that is drawn, as a factor of the speed."""


def points(scene: Any, group: Any, fps: float) -> list[list[float]]:
    """The pace that a scene's control draws: [second, factor] points; none where it is 1 throughout."""
    curve = compat.f_curve(group, "pace")
    if curve is None or not curve.keyframe_points:
        found: list[tuple[float, float]] = [(0.0, _decimal(group.pace))]
    else:
        found = [(round(frame / fps, 6), value) for frame, value in drawn(curve, timeline.first_frame(scene), scene)]
    return [] if all(factor == 1 for _, factor in found) else [list(point) for point in found]


def drawn(curve: Any, first: int, scene: Any) -> list[tuple[float, float]]:
    """The points of an F-curve, (frames after `first`, value), with straight lines between them."""
    keys = sorted(curve.keyframe_points, key=lambda key: key.co[0])
    if all(key.interpolation == "LINEAR" for key in keys[:-1]) and not curve.modifiers and not _goes_on(curve):
        later = [(_decimal(key.co[0]) - first, _decimal(key.co[1])) for key in keys if key.co[0] > first]
        return [(0.0, _decimal(curve.evaluate(first))), *((n, max(0.0, v)) for n, v in later)]
    last = int(np.ceil(keys[-1].co[0]))
    if curve.modifiers or _goes_on(curve):
        last = max(last, scene.frame_end)
    values = [max(0.0, curve.evaluate(frame)) for frame in range(first, max(first, last) + 1)]
    near = NEAR
    while len(at := corners(values, near)) > MOST_POINTS:
        near *= 2
    return [(float(n), _decimal(values[n])) for n in at]


def _goes_on(curve: Any) -> bool:
    return bool(curve.extrapolation == "LINEAR")


def write(scene: Any, group: Any, wanted: Iterable[tuple[float, float]], fps: float) -> None:
    """Set the control to a pace: keys with straight lines between them, or one value without keys."""
    keys = [(timeline.first_frame(scene) + second * fps, factor) for second, factor in wanted]
    if len(keys) > 1:
        compat.key_linear(group, "pace", keys)
        group.pace = keys[0][1]
    else:
        compat.set_still(group, "pace", keys[0][1] if keys else 1.0)


def in_frames(found: Iterable[Iterable[float]], fps: float) -> Points:
    """Points in seconds as points in frames; 1 throughout where there are none."""
    return tuple((round(second * fps, 6), factor) for second, factor in found) or ((0.0, 1.0),)


def _decimal(value: float) -> float:
    """The decimal that a person typed: Blender keeps 0.1 as the nearest number of 32 bits."""
    return float(str(np.float32(value)))
