"""An F-curve of Blender's as points with straight lines between them, which is what a project holds.

Lines between keys are taken as they are; what is curved, a Bezier ease or a modifier, is read at every frame and drawn
with as few straight lines as come near it. Handles in the project were the other road: every reader of one would have
to solve Blender's cubic to show the same frame.
"""

import math
from typing import Any

import numpy as np

from ..shared import pace
from ..shared.settings import MOST_POINTS

NEAR = 1 / 1000
"""How far the lines may leave the curve, as a share of all that it rises and falls."""
Limits = tuple[float | None, float | None]


def points(curve: Any, first: int, scene: Any, limits: Limits, near: float | None = None) -> list[tuple[float, float]]:
    """The points of an F-curve, (frames after `first`, value within limits); `near` is in place of a share of the
    curve's."""
    at = corners(curve, first, scene, limits, near)
    return [(frame, within(curve.evaluate(first + frame), limits)) for frame in at]


def corners(curve: Any, first: int, scene: Any, limits: Limits, near: float | None = None) -> list[float]:
    """The frames after `first` of the points, the first of them 0."""
    keys = sorted(curve.keyframe_points, key=lambda key: key.co[0])
    straight = all(key.interpolation == "LINEAR" for key in keys[:-1])
    inside = all(within(key.co[1], limits) == decimal(key.co[1]) for key in keys)
    if straight and inside and not curve.modifiers and not _goes_on(curve):
        return [0.0, *(decimal(key.co[0]) - first for key in keys if key.co[0] > first)]
    last = math.ceil(keys[-1].co[0])
    if curve.modifiers or _goes_on(curve):
        last = max(last, scene.frame_end)
    values = [_cut(curve.evaluate(frame), limits) for frame in range(first, max(first, last) + 1)]
    close = near or NEAR * (max(values) - min(values))
    while len(at := pace.corners(values, close)) > MOST_POINTS:
        close = max(2 * close, NEAR)
    return [float(n) for n in at]


def whole(curve: Any, first: int) -> list[float]:
    """The frames after `first`, the first of them 0, at which an F-curve of whole numbers comes to another one."""
    last = max(first, math.ceil(max(key.co[0] for key in curve.keyframe_points)))
    values = [round(curve.evaluate(frame)) for frame in range(first, last + 1)]
    return [0.0, *(float(n) for n in range(1, len(values)) if values[n] != values[n - 1])]


def within(value: float, limits: Limits) -> float:
    """A value as a person typed it, within limits whatever a curve overshoots."""
    return _cut(decimal(value), limits)


def _cut(value: float, limits: Limits) -> float:
    low, high = limits
    return max(-math.inf if low is None else low, min(math.inf if high is None else high, value))


def decimal(value: float) -> float:
    """The decimal that a person typed: Blender keeps 29.97 as the nearest number of 32 bits, 29.9699993."""
    return float(str(np.float32(value)))


def _goes_on(curve: Any) -> bool:
    return bool(curve.extrapolation == "LINEAR")
