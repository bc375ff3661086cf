"""The pace of the journey: its speed over time, and where that leaves everything at each frame.

A project says how fast the whole journey goes at which second; every layer follows the same curve, so the depth stays
as it was set. Between two points the factor is linear, so the way is a parabola, and sums and inverse are known
without stepping through time. Easing each layer's own keys was the other road: it would have to be done again for
every tile, and layers would drift apart.
"""

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from .errors import UsageError
from .geometry import exact

Points = tuple[tuple[float, float], ...]
"""(second of the video, factor) each; the seconds rise."""


@dataclass(frozen=True)
class Pace:
    """A pace by its points: `seconds` rise from 0, `factors` are linear between them and held after the last, and until
    each point so many planned seconds have been `travelled`."""

    seconds: tuple[Fraction, ...]
    factors: tuple[Fraction, ...]
    travelled: tuple[Fraction, ...]

    @classmethod
    def of(cls, points: Points) -> "Pace":
        """The pace of one point or more whose seconds rise."""
        held = points if points[0][0] == 0 else ((0.0, points[0][1]), *points)
        seconds, factors = zip(*((exact(second), exact(factor)) for second, factor in held), strict=True)
        travelled = [Fraction(0)]
        for i in range(1, len(seconds)):
            travelled.append(travelled[-1] + (seconds[i] - seconds[i - 1]) * (factors[i] + factors[i - 1]) / 2)
        return cls(seconds, factors, tuple(travelled))

    def factor(self, second: float) -> float:
        """The factor at a second of the video."""
        i = bisect.bisect_right(self.seconds, second) - 1
        return float(self.factors[i] + (Fraction(second) - self.seconds[i]) * self._rise(i))

    def way(self, second: Fraction) -> Fraction:
        """Planned seconds of the journey that are behind at a second of the video: the integral of the factor."""
        i = bisect.bisect_right(self.seconds, second) - 1
        since = second - self.seconds[i]
        return self.travelled[i] + since * self.factors[i] + since * since * self._rise(i) / 2

    def arrival(self, way: Fraction) -> float | None:
        """The second of the video at which `way` planned seconds are behind for the first time; None if it never gets
        that far."""
        i = self._reached(way)
        rest, factor, rise = float(way - self.travelled[i]), float(self.factors[i]), float(self._rise(i))
        # the smaller root of factor * t + rise * t^2 / 2 = rest, in the form that does not cancel
        slope = factor + math.sqrt(max(0.0, factor * factor + 2 * rise * rest))
        return float(self.seconds[i]) + 2 * rest / slope if slope > 0 else None

    def _reached(self, way: Fraction) -> int:
        """The point after which a way is reached for the first time."""
        if not self.turns:
            return max(0, bisect.bisect_left(self.travelled, way) - 1)
        for i in range(len(self.seconds) - 1):
            factor, rise, after = self.factors[i], self._rise(i), self.factors[i + 1]
            # where it turns back between two points, it is farthest in between
            peak = self.travelled[i] - factor * factor / rise / 2 if factor > 0 > after else Fraction(0)
            if max(self.travelled[i + 1], peak) >= way:
                return i
        return len(self.seconds) - 1

    @property
    def turns(self) -> bool:
        """Whether it ever leads back."""
        return min(self.factors) < 0

    @property
    def standstill(self) -> Fraction | None:
        """The second from which on the journey stands still for good, if it does."""
        if self.factors[-1]:
            return None
        moving = [i for i, factor in enumerate(self.factors) if factor]
        return self.seconds[moving[-1] + 1] if moving else self.seconds[0]

    def _rise(self, i: int) -> Fraction:
        """By how much the factor rises per second after point i."""
        if i + 1 >= len(self.seconds):
            return Fraction(0)
        return (self.factors[i + 1] - self.factors[i]) / (self.seconds[i + 1] - self.seconds[i])


@lru_cache(maxsize=64)
def pace(points: Points) -> Pace | None:
    """The pace of a project's points; None if it is 1 throughout. UsageError where the seconds do not rise."""
    if all(factor == 1 for _, factor in points):
        return None
    if points[0][0] < 0:
        raise UsageError(f"motion.pace.0 is at second {points[0][0]:g}.", "The video begins at 0.")
    for i, ((before, _), (second, _)) in enumerate(itertools.pairwise(points), 1):
        if second <= before:
            raise UsageError(
                f"motion.pace.{i} is at second {second:g}, but the point before it is at {before:g}.",
                "Write the points in the order of time.",
            )
    return Pace.of(points)


def seconds_needed(points: Points, way: Fraction, fps: Fraction) -> float:
    """How long the video is in which `way` planned seconds are travelled.

    A journey that comes to rest within half a frame of its end is taken to rest at its end. Raises UsageError when it
    stands still before, or the points are out of order.
    """
    curve = pace(points)
    if curve is None:
        return float(way)
    end = curve.standstill
    if end is not None and abs(curve.way(end) - way) * fps * 2 <= 1:
        return float(end)
    found = curve.arrival(way)
    if found is None:
        rest = curve.standstill or Fraction(0)
        raise UsageError(
            f"motion.pace stands still from second {float(rest):g} on, when {float(curve.way(rest)):g} of the "
            f"{float(way):g} seconds of the journey are travelled.",
            "Let it go on later, let it slow down later, or take fewer steps.",
        )
    return found


def corners(values: Sequence[float], tolerance: float) -> list[int]:
    """The indices, first and last among them, whose values joined by straight lines stay within `tolerance` of all.

    Each line goes as far as one can: from its beginning every value in between leaves a cone of slopes open, and the
    farthest value whose own slope lies in the cone of all before it is the next corner.
    """
    found, last = [0], len(values) - 1
    while found[-1] < last:
        at = found[-1]
        low, high, reach = -math.inf, math.inf, at + 1
        for j in range(at + 1, last + 1):
            slope = (values[j] - values[at]) / (j - at)
            if low <= slope <= high:
                reach = j
            low = max(low, slope - tolerance / (j - at))
            high = min(high, slope + tolerance / (j - at))
            if low > high:
                break
        found.append(reach)
    return found
