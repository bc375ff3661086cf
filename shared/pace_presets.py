"""Changes to a pace that people ask for by name: ease in, ease out, hold, speed ramp.

Each takes points, (frame, factor), and gives points, so that one can be laid upon the other: hold in the middle, then
ease out. A list of finished curves to choose from was the other road; it knows nothing of what is there already.
"""

import math
from fractions import Fraction

from .errors import UsageError
from .pace import Pace, Points

CONSTANT: Points = ((0.0, 1.0),)


def ease_in(points: Points, frames: int) -> Points:
    """Set off from rest, and be as fast after `frames` frames as `points` say."""
    curve = Pace.of(points)
    return _tidy(((0, 0.0), (frames, curve.factor(frames)), *((n, v) for n, v in points if n > frames)))


def ease_out(points: Points, frames: int, way_frames: Fraction) -> Points:
    """Come to rest in `frames` frames or a little more, exactly where `way_frames` planned frames are travelled.

    The braking begins at a whole frame; on a way that is too short for it, it begins at once. Raises UsageError for a
    journey that stands still before.
    """
    curve, last = Pace.of(points), None
    arrival = curve.arrival(way_frames)
    for n in range(math.ceil(way_frames if arrival is None else arrival)):
        way, factor = curve.way(Fraction(n)), Fraction(curve.factor(n))
        if factor and way < way_frames and (last is None or way + factor * frames / 2 <= way_frames):
            last = n, factor, way
    if last is None or arrival is None:
        raise UsageError("The journey stands still before its end.", "Set the speed back first.")
    n, factor, way = last
    rest = n + float(2 * (way_frames - way) / factor)
    return _tidy((*((m, v) for m, v in points if m < n), (n, float(factor)), (rest, 0.0)))


def hold(points: Points, at: int, frames: int, brake: int) -> Points:
    """Stand still for `frames` frames: brake for `brake` frames from frame `at` on, and set off again as evenly."""
    factor, later = Pace.of(points).factor(at), frames + 2 * brake
    still = ((at, factor), (at + brake, 0.0), (at + brake + frames, 0.0), (at + later, factor))
    return _tidy((*((n, v) for n, v in points if n < at), *still, *((n + later, v) for n, v in points if n > at)))


def ramp(points: Points, at: int, frames: int, factor: float) -> Points:
    """Go over to `factor` in `frames` frames from frame `at` on, and keep it."""
    now = Pace.of(points).factor(at)
    return _tidy((*((n, v) for n, v in points if n < at), (at, now), (at + frames, factor)))


def _tidy(points: tuple[tuple[float, float], ...]) -> Points:
    """The last of all points that lie on one frame."""
    return tuple((float(n), v) for n, v in dict(points).items())
