"""Ground that recedes: the rows of a layer move the slower the farther up they lie, as a meadow does under a train.

A point X of the ground lies on the screen at x = c + s(y) (X - V k): row y shows it at scale s(y) and moves at s(y)
times the speed of the lower edge. On the plate every row is kept at the scale at which the picture shows it, so known
pixels are copied; row y of the plate is then on the screen at x = u + s(y) V k. Here are the scales, and the positions
of rows, which everybody rounds alike. In a loop every row's way is made a whole number of px, so that all come home
with the lower edge, and none is off by more than half a px when it does. Many thin layers were the other road: they
tear at their borders, and more of them tear more often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import geometry

Scales = NDArray[np.float64]
Columns = NDArray[np.int64]


@dataclass(frozen=True)
class Ramp:
    """Row `top` moves at `ratio` (0 < ratio <= 1) times the speed of row `bottom`, rows between them linearly.

    What stands up above the first row of ground moves with it, what hangs below the last one with that. In a loop the
    row `bottom` moves by `around` px, and every other row by a whole number of px too.
    """

    ratio: float
    top: int
    bottom: int
    around: int | None = None

    def scales(self, first: int, rows: int) -> Scales:
        """s(y) of rows first..first + rows, float64 [rows]: scale and speed as shares of the lower edge's."""
        if self.around is not None:
            return np.asarray(self.trips(first, rows) / self.around, np.float64)
        span = max(1, self.bottom - self.top)
        t = np.clip(np.arange(first, first + rows) - self.top, 0, span) / span
        return np.asarray(self.ratio + (1 - self.ratio) * t, np.float64)

    def trips(self, first: int, rows: int) -> Columns:
        """How far rows first..first + rows go in a loop, px, int64 [rows]: after so much their picture repeats."""
        return _positions(replace(self, around=None), float(self.around or 0), first, rows)

    def positions(self, travel_px: float, first: int, rows: int) -> Columns:
        """Where rows first..first + rows are when the lower edge has moved `travel_px`, whole px, int64 [rows].

        Half to even and by exact fractions of the decimals, as a layer's own position is.
        """
        return _positions(self, travel_px, first, rows)

    def raised(self, rows: int) -> "Ramp":
        """The same ramp, its rows counted from row `rows` on."""
        return replace(self, top=self.top - rows, bottom=self.bottom - rows)


@dataclass(frozen=True)
class Slide:
    """How the rows of a plane slide apart while it is on show.

    `ramp`'s rows are counted from the plane's first one. In the tile the rows stand as the screen shows them when the
    lower edge has moved `home_px`; at each of the plane's keys it has moved `travel_px`, linearly between them.
    """

    ramp: Ramp
    home_px: float
    travel_px: tuple[float, ...]

    def leads(self, travel_px: float, rows: int) -> Scales:
        """By how many px of the tile each row lies right of the lower edge's, float64 [rows], when that has moved
        `travel_px`."""
        aligned = self.ramp.positions(self.home_px, 0, rows)
        edge = self.ramp.positions(self.home_px, self.ramp.bottom, 1)
        return np.asarray((self.ramp.scales(0, rows) - 1) * travel_px + (edge - aligned), np.float64)


def travel(velocity: tuple[float, float], step: float | Fraction) -> float:
    """How far, in px, the lower edge of a layer has moved at a step; to the left is negative."""
    return float(geometry.exact(velocity[0]) * Fraction(step))


@lru_cache(maxsize=256)
def _positions(ramp: Ramp, travel_px: float, first: int, rows: int) -> Columns:
    ratio, way = geometry.exact(ramp.ratio), geometry.exact(travel_px)
    if ramp.around is not None:
        whole = way.denominator * ramp.around
        trips = (way.numerator * int(trip) for trip in ramp.trips(first, rows))
        return _read_only([_rounded(trip, whole) for trip in trips])
    span = max(1, ramp.bottom - ramp.top)
    # s(y) * travel = (start + i * rise) / whole for the i-th row of ground
    start = way * ratio
    rise = way * (1 - ratio) / span
    whole = start.denominator * rise.denominator
    a, b = (int(part * whole) for part in (start, rise))
    clipped = (min(max(y - ramp.top, 0), span) for y in range(first, first + rows))
    return _read_only([_rounded(a + b * i, whole) for i in clipped])


def _read_only(values: Sequence[int]) -> Columns:
    out = np.array(values, np.int64)
    out.setflags(write=False)
    return out


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient as a whole number, half to even; a Fraction's own rounding takes ten times as long."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
