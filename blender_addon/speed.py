"""The speed of the journey as one control: a property that is keyframed like any other, read as the project's pace.

Second 0 of the pace is the first frame of what is built. A text property with points in it was the other road: nobody
draws a curve in a text field.
"""

from collections.abc import Iterable
from typing import Any

from ..shared.pace import Points
from . import compat, drawn_curves, timeline

NEAR = 1 / 1000
"""How far the lines may leave the curve that is drawn, as a factor of the speed."""


def points(scene: Any, group: Any, fps: float) -> list[list[float]]:
    """The pace that a scene's control draws: [second, factor] points; none where it is 1 throughout."""
    curve = compat.f_curve(group, "pace")
    if curve is None or not curve.keyframe_points:
        found: list[tuple[float, float]] = [(0.0, drawn_curves.decimal(group.pace))]
    else:
        drawn = drawn_curves.points(curve, timeline.first_frame(scene), scene, (None, None), NEAR)
        found = [(round(frame / fps, 6), value) for frame, value in drawn]
    return [] if all(factor == 1 for _, factor in found) else [list(point) for point in found]


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
