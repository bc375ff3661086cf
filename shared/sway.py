"""Oscillating distortion: the rows of a plane sway sideways, or up and down, as seen through water or hot air.

A row that lies at height Y of the frame moves by A sin(2 pi (Y / wavelength - t / period)): a wave that wanders down
the picture. The rows of all planes at one height move alike, so a distortion of the whole is one of every layer, and
what is behind a skyline sways with it without a gap. A filter over the finished frame was the other road: Blender's
sequencer has none before 5.0, and at the frame's borders it has nothing to show, where the plates go on.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .finishing import Distortion

Heights = NDArray[np.float64]
STEEPEST = 0.9
"""How much of their distance rows that move up and down may come nearer to each other: at 1 they would cross."""


@dataclass(frozen=True)
class Sway:
    """The distortion number `distortion` of the project on a frame: px are output px, `turns` periods in all frames.

    One whose amplitude is keyed has `shares` of it, one for each frame, 1 where it is greatest.
    """

    distortion: int
    axis: str
    amplitude: float
    wavelength: float
    turns: float
    frames: int
    per_px: float
    """Output px for each px of the setting."""
    reach: float
    """How far rows are moved at most, or, where the amplitude is 0, those of a nearer layer that opens what lies behind
    it."""
    shares: tuple[float, ...] = ()

    def angle(self, heights: Heights) -> Heights:
        """The part of the wave's angle that comes of the height, in radians."""
        return np.asarray(2 * math.pi * heights / self.wavelength)

    def turned(self, n: float) -> float:
        """The part of the wave's angle that comes of frame n, in radians."""
        return 2 * math.pi * self.turns * n / self.frames

    def moved(self, heights: Heights, n: float) -> Heights:
        """How far rows at these heights of the frame are moved at frame n, in output px to the right or down."""
        share = self.shares[min(max(math.floor(n), 0), len(self.shares) - 1)] if self.shares else 1.0
        return np.asarray(self.amplitude * share * np.sin(self.angle(heights) - self.turned(n)))


def sways(
    distortions: Sequence[Distortion],
    layer: int,
    scale: float,
    fps: float,
    frames: int,
    loop: bool,
    keyed: Mapping[int, Sequence[Distortion]] | None = None,
) -> Iterator[Sway]:
    """What a project's distortions do to a layer on an output `scale` times as large as the picture; those that are
    `keyed` are told at every frame.

    Raises UsageError where rows that move up and down would cross each other.
    """
    steep = 0.0
    for number, still in enumerate(distortions):
        amplitudes = [moment.amplitude_px for moment in (keyed or {}).get(number, (still,))]
        wish = replace(still, amplitude_px=max(amplitudes))
        behind = wish.direction == "y" and wish.layer is not None and layer < wish.layer
        if wish.amplitude_px == 0 or not (behind or wish.layer in (None, layer)):
            continue
        turns = frames / fps / wish.period_s
        if wish.direction == "y" and not behind:
            steep += 2 * math.pi * wish.amplitude_px / wish.wavelength_px
        if steep > STEEPEST:
            raise UsageError(
                f"distortions.{number}: rows that move {wish.amplitude_px:g} px up and down in waves of "
                f"{wish.wavelength_px:g} px would cross.",
                f"Choose an amplitude below a seventh of the wavelength: {wish.wavelength_px / 7:g} px.",
            )
        yield Sway(
            number,
            wish.direction,
            0.0 if behind else wish.amplitude_px * scale,
            wish.wavelength_px * scale,
            max(1, round(turns)) if loop else turns,
            frames,
            scale,
            wish.amplitude_px * scale,
            tuple(a / wish.amplitude_px for a in amplitudes) if min(amplitudes) != max(amplitudes) else (),
        )


@dataclass(frozen=True)
class Rows:
    """A plane's rows as lines: `at` how far down the tile each lies, in its px, increasing; `spare` px beyond its rim.

    Where rows move away from the tile's rim, its mirrored picture goes on there.
    """

    at: Heights
    spare: int


def rows(
    swaying: Sequence[Sway], height: int, scale: float, covers_top: bool, further: tuple[float, float] = (0.0, 0.0)
) -> Rows:
    """The lines of a plane of `height` rows. Above its first row it goes on only where it `covers_top`: elsewhere a
    skyline would be mirrored into the sky. `further` is how far, across and down, it is moved besides, in output px."""
    reach = [sum(s.reach for s in swaying if s.axis == axis) for axis in "xy"]
    across, down = (own + more for own, more in zip(reach, further, strict=True))
    spare_rows = math.ceil(down / scale) + 1 if down else 0
    first = -spare_rows if covers_top else 0
    middles = np.arange(first, height + spare_rows) + 0.5
    at = np.concatenate([[first], middles, [height + spare_rows]]).astype(np.float64)
    return Rows(at, math.ceil(across / scale) + 1 if across else 0)
