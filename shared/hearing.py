"""Hearing: how loud, how late and from which side a thing in the picture is heard, as plain arithmetic.

What moves slower on the screen is farther away, by the same proportion (parallax of a camera that travels sideways),
so a layer's speed says its distance whatever law made the speed; the nearest layer's distance is the unit. A 3D
engine with a listener was the other road: Blender's has no delay, hears nothing in a preview without Blender, and
leaves no keys on the timeline that a person could move.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .pace import corners

Values = NDArray[np.float64]
Keys = tuple[tuple[float, float], ...]
"""(frame, value) each, linear between them and held outside."""

SPEED_OF_SOUND = 343.0
"""Metres per second in dry air of 20 degrees (ISO 9613-1)."""
FARTHEST_UNITS = 32.0
"""Distance of a layer that does not move, in units of the nearest layer's: beyond it, nothing would be heard."""


@dataclass(frozen=True)
class Listener:
    """An ear where the camera is: before the middle of a picture of `width` x `height` px that fills `view_deg`."""

    width: int
    height: int
    metres_per_unit: float
    falloff_db: float
    view_deg: float

    @property
    def focal_px(self) -> float:
        """Distance of the picture plane in px: width / 2 / tan(view / 2)."""
        return self.width / 2 / math.tan(math.radians(self.view_deg) / 2)

    def distance_m(self, units: float, x: Values, y: Values) -> Values:
        """Distance of points x, y px of the picture on a plane `units` away: z * sqrt(1 + (dx^2 + dy^2) / f^2)."""
        aside = ((x - self.width / 2) ** 2 + (y - self.height / 2) ** 2) / self.focal_px**2
        return units * self.metres_per_unit * np.sqrt(1 + aside)

    def gain(self, distance_m: Values) -> Values:
        """Factor on the level: falloff_db less per doubling of the distance, 1 at one unit.

        10^(-falloff / 20 * log2(d / unit)); with 6.02 dB that is 1 / d, the free field (ISO 9613-2, section 7.1).
        """
        doublings = np.log2(np.maximum(distance_m, 1e-9) / self.metres_per_unit)
        return np.asarray(10 ** (-self.falloff_db / 20 * doublings))

    def pan(self, x: Values) -> Values:
        """-1 left .. 1 right: the angle to the point over half the view, so that the frame's edges are the sides."""
        angle = np.degrees(np.arctan2(x - self.width / 2, self.focal_px))
        return np.clip(angle / (self.view_deg / 2), -1, 1)


def delay_s(distance_m: Values) -> Values:
    """Seconds that sound needs for a distance."""
    return distance_m / SPEED_OF_SOUND


def distance_units(speed: float, fastest: float) -> float:
    """Distance of a layer in units of the nearest: fastest / speed, both in px per step, at most FARTHEST_UNITS."""
    return min(fastest / speed, FARTHEST_UNITS) if speed else FARTHEST_UNITS


def pan_gains(pan: Values) -> tuple[Values, Values]:
    """Left and right gain of a mono sound: cos and sin of (pan + 1) * 45 degrees, whose squares sum to 1.

    This is what Blender's mixer does with a strip's `pan` for two speakers; measured to within 1e-3.
    """
    angle = (np.clip(pan, -1, 1) + 1) * (np.pi / 4)
    return np.cos(angle), np.sin(angle)


def outside(x: Values, width: int, room_px: float) -> Values:
    """1 within the frame, falling along a cosine to 0 at `room_px` beyond its edges.

    In a loop a cue that has left comes back from the other side, so there has to be a moment in which it is silent.
    """
    beyond = np.maximum(np.abs(x - width / 2) - width / 2, 0) / max(room_px, 1e-9)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.minimum(beyond, 1)))


def thinned(first: int, values: Values, tolerance: float) -> Keys:
    """Keys at as few of the frames `first`, `first` + 1, ... as keep straight lines within `tolerance` of `values`."""
    return tuple((first + n, float(values[n])) for n in corners(values.tolist(), tolerance))


def at(keys: Keys, frames: Values | Sequence[float]) -> Values:
    """The value of keys at frames."""
    return np.interp(frames, [n for n, _ in keys], [value for _, value in keys])
