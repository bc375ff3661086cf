"""Living layers: plates that sway and ripple in themselves while they travel, by a spectral volume of their own.

The motion is laid out on the plate and not on the frame, so leaves keep their sway while they slide past, and tiles of
one plate, which share their picture, share its motion. It repeats along the plate: after its circumference in a loop,
else after some pictures' widths, where nobody sees it, so an endless plate needs no endless field. What moves is a
layer, and its matte moves with it, or what of it a mask says (`living_masks`). Moving the finished frames was the other
road: it would tear every layer along the borders of those before it. Objects stay still: a boat does not ripple. Here
is what a life is; how one comes of a project is in `living_building`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .poking import Ringing
from .spectral import SpectralVolume, clips, modes, procedural
from .spectral import drift as drifting
from .spectral.modes import Mode

CELLS = 96
"""Cells of the field along a picture's width, at most."""


@dataclass(frozen=True)
class Body:
    """How a plate moves at gain 1: all that its field is computed from. Rows `top`..`top + height` of the plate, and
    `width` px after which it repeats, on a picture `unit_px` wide that has so many `cells`. What is `rooted` is held as
    its preset says. With a `clip`, a file whose bytes have that `digest`, it moves as is kept there."""

    preset: str
    wind_deg: float
    correlation: float
    seed: int
    frequencies: int
    period_s: float
    width: int
    top: int
    height: int
    unit_px: int
    rooted: bool
    clip: str = ""
    digest: str = ""
    cells: int = CELLS

    @property
    def cell_px(self) -> float:
        """The side of a cell, in px of the plate."""
        return self.unit_px / self.cells


@dataclass(frozen=True)
class Life:
    """The entry `living` of the project on a tile whose corner is at `x`, `y` of its plate.

    `natural` are the periods in all `frames` at speed 1 and `turns` those that there are, in a loop (`whole`) whole
    ones; `clock` is the time of a speed that is keyed, a frame for every frame. A px of the plate is `scale` px of the
    output. `most` is the gain beyond which the picture would fold; one that is keyed has `gains`, one for each frame,
    and `gain` is the greatest. `reach` says how far anything is moved at most, across and down, in output px. Where the
    wind is keyed, `winds` in degrees, an entry is four lives, one for each quarter of the compass (`share`). What is
    poked rings besides. Where there is a `mask`, each cell of the tile moves as much as it says. `drift`
    is how far its colours move on in a period, in px of the plate.
    """

    living: int
    body: Body
    x: int
    y: int
    scale: float
    gain: float
    most: float
    natural: float
    turns: float
    frames: int
    reach: tuple[float, float]
    whole: bool = False
    gains: tuple[float, ...] = ()
    winds: tuple[float, ...] = ()
    clock: tuple[float, ...] = ()
    ringing: Ringing | None = None
    mask: str = ""
    drift: tuple[float, float] = (0.0, 0.0)

    @property
    def strength(self) -> float:
        """The gain that counts."""
        return min(self.gain, self.most)

    def gain_at(self, n: float) -> float:
        """The gain that is wished for at frame n."""
        return _at(self.gains, n) if self.gains else self.gain

    def share(self, n: float) -> float:
        """How much of a wind that turns is this life's at frame n: the cosine of the angle between the two, or 0."""
        return max(0.0, math.cos(math.radians(_at(self.winds, n) - self.body.wind_deg))) if self.winds else 1.0

    def turned(self, n: float) -> float:
        """Periods that have gone by at frame n."""
        return self.turns * (_at(self.clock, n) if self.clock else n) / self.frames

    def looks(self, n: float) -> Iterator[tuple[float, float, float]]:
        """The two looks at colours that drift: how far each has gone at frame n, x and y in px, and its weight."""
        for phase in drifting.phases(self.turned(n), 1.0):
            yield self.drift[0] * phase.drifted_s, self.drift[1] * phase.drifted_s, phase.weight


def _at(values: Sequence[float], n: float) -> float:
    return values[min(max(math.floor(n), 0), len(values) - 1)]


@lru_cache(maxsize=16)
def motion(body: Body) -> SpectralVolume:
    """The field of a plate at gain 1, in px of the plate."""
    if body.clip:
        return clips.on_plate(
            body.clip,
            body.digest,
            body.width,
            body.top,
            body.height,
            body.unit_px,
            body.frequencies,
            body.cells,
        )
    shape = max(2, math.ceil(body.height / body.cell_px)), max(4, math.ceil(body.width / body.cell_px))
    return procedural.volume(
        np.ones(shape, np.float32),
        body.width,
        body.height,
        body.preset,
        wind_deg=body.wind_deg,
        correlation=body.correlation,
        seed=body.seed,
        period_s=body.period_s,
        frequencies=body.frequencies,
        periodic=True,
        unit_px=body.unit_px,
        rooted=body.rooted,
    )


@lru_cache(maxsize=16)
def resonances(body: Body) -> list[Mode]:
    """The modes that a plate rings in when it is poked."""
    return modes.modes(motion(body))
