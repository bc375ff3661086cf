"""Directions, positions and steps: the exact arithmetic under the plan.

A velocity is a decimal number such as 2.3 px per step, and 15 * 2.3 is not 34.5 in binary floating point; positions
are therefore computed with fractions of the decimal as written, so that every program and every resume lands on the
same pixel. Accumulating rounded deltas, as the original did, loses up to half a pixel per step.
"""

import math
from fractions import Fraction
from functools import lru_cache

Velocity = tuple[float, float]


def direction_vector(direction_deg: float) -> Velocity:
    """The unit vector of a direction in image coordinates, y down: (cos a, -sin a), exact at multiples of 90."""
    a = direction_deg % 360.0
    exact = {0.0: (1.0, 0.0), 90.0: (0.0, -1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, 1.0)}
    if a in exact:
        return exact[a]
    return math.cos(math.radians(a)), -math.sin(math.radians(a))


@lru_cache(maxsize=1024)
def exact(value: float) -> Fraction:
    """The decimal number that `value` is written as."""
    return Fraction(repr(float(value)))


def offset(velocity: float, steps: float) -> float:
    """How far, in px, something moves in `steps` steps, whole or not: the sub-pixel position of the playback."""
    return float(exact(velocity) * Fraction(steps))


@lru_cache(maxsize=4096)
def position(velocity: Velocity, step: int) -> tuple[int, int]:
    """p(k) = round_half_even(k * v), in px: the integer position of a layer at step k."""
    return round(exact(velocity[0]) * step), round(exact(velocity[1]) * step)


def steps_to_leave(velocity: Velocity, width: int, height: int) -> int | None:
    """Steps until a layer has moved its full extent on an axis along which it moves; None for a layer at rest."""
    moving = [(extent, v) for extent, v in ((width, velocity[0]), (height, velocity[1])) if v != 0]
    if not moving:
        return None
    return min(math.ceil(Fraction(extent) / abs(exact(v))) for extent, v in moving)
