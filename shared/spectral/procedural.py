"""Spectral volumes out of a rule: how plants, water, cloth and warm air move, where a mask says that they are.

S_j(p) = a_j M(p) (1 + n/2) exp i(phi_j + .9 n' - 2 pi f_j (wind . p) / c) d. The spectrum a_j falls as it was measured
on 818 clips of plants (f^-.51 up to 2 Hz, f^-1.43 above); n and n' are smooth noise whose grains shrink as the
frequency rises; the last term of the phase lets gusts run with the wind at c; the part across the wind lags by a
quarter turn, so places go round small ellipses and not to and fro. M is the mask times its lever arm: a tree moves at
its crown and not at its foot. A trained model was the other road; it has to know what moves, which here a person or a
segmentation says.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from . import fields as noises
from .fields import Field
from .volume import FREQUENCIES, PERIOD_S, SpectralVolume

SLOPE_LOW, SLOPE_HIGH, CORNER_HZ = 0.51, 1.43, 2.0
RESONANCE_HZ, RESONANCE_WIDTH_HZ = 1.0, 0.25
LEVER_POWER = 1.3
LEVER_SHARE = 0.35  # of the height: how tall a thing must be to move by the whole amplitude
GRAIN_POWER = 0.35
TURBULENCE, JITTER = 0.5, 0.9
RIM_SHARE, FAR_SHARE, FAR_WEIGHT = 0.01, 0.3, 1e-3


@dataclass(frozen=True)
class Material:
    """How a kind of thing moves.

    `amplitude` is the root mean square of the way in thousandths of the picture's width; `along` and `across` share it
    between the wind's direction and the one across; `length` is the size of what moves as one and `speed` that of the
    gusts per second, both in picture widths; `stretch` makes grains wider than high; `root` says where it is fixed;
    `resonance` raises the spectrum about 1 Hz, as of twigs.
    """

    amplitude: float
    along: float
    across: float
    length: float
    speed: float
    root: str = "none"
    stretch: float = 1.0
    resonance: float = 1.0
    steeper: float = 0.0


MATERIALS: dict[str, Material] = {
    "vegetation": Material(6, 1.0, 0.35, 0.10, 0.35, root="bottom", resonance=2.0),
    "water": Material(4, 0.8, 0.5, 0.05, 0.15, stretch=4.0),
    "cloth": Material(8, 0.7, 0.7, 0.20, 0.5, root="top", steeper=0.5),
    "air": Material(3, 1.0, 0.6, 0.25, 0.2, steeper=0.5),
}


def spectrum(frequencies_hz: NDArray[np.float64], material: Material) -> NDArray[np.float64]:
    """The amplitude of each frequency, float64 [K], such that the motion's root mean square is 1."""
    f = frequencies_hz
    low = f ** -(SLOPE_LOW + material.steeper)
    corner = CORNER_HZ ** -(SLOPE_LOW + material.steeper)
    high = corner * (f / CORNER_HZ) ** -(SLOPE_HIGH + material.steeper)
    bump = 1 + (material.resonance - 1) * np.exp(-(((f - RESONANCE_HZ) / RESONANCE_WIDTH_HZ) ** 2) / 2)
    a = np.where(f <= CORNER_HZ, low, high) * bump
    return np.asarray(a / math.sqrt(float((a**2).sum()) / 2))


def volume(
    mask: Field,
    width: int,
    height: int,
    preset: str = "vegetation",
    *,
    wind_deg: float = 0.0,
    gain: float = 1.0,
    correlation: float = 1.0,
    seed: int = 0,
    period_s: float = PERIOD_S,
    frequencies: int = FREQUENCIES,
    periodic: bool = False,
    unit_px: float | None = None,
    rooted: bool = True,
) -> SpectralVolume:
    """The motion of what `mask` shows, float32 [h, w] from 0 to 1, on a picture of `width` x `height` px.

    `wind_deg` is where the wind blows to, 0 right and 90 up; `correlation` makes what moves as one larger; with
    `periodic` the right edge goes on at the left one. `unit_px` is the width of the picture where the mask is that of a
    longer plate; what is not `rooted` moves alike everywhere. Raises UsageError for a preset that there is none of, and
    numbers that mean nothing.
    """
    material = _material(preset, gain, correlation)
    rows, columns = mask.shape
    unit = width if unit_px is None else unit_px
    cell_x, cell_y = width / columns, height / rows
    random = np.random.default_rng(seed)
    places = np.meshgrid((np.arange(columns) + 0.5) * cell_x, (np.arange(rows) + 0.5) * cell_y)
    wind = math.cos(math.radians(wind_deg)), -math.sin(math.radians(wind_deg))
    downwind = wind[0] * places[0] + wind[1] * places[1]
    out = np.empty((frequencies, 2, rows, columns), np.complex64)
    orders = np.arange(1, frequencies + 1)
    for j, amplitude in enumerate(spectrum(orders / period_s, material)):
        grain = material.length * correlation * unit / float(orders[j]) ** GRAIN_POWER
        size = rows, columns, grain / cell_y, grain * material.stretch / cell_x
        strength, jitter, bend, lag = (noises.noise(random, *size, periodic) for _ in range(4))
        way = downwind * _waves(orders[j] / period_s / (material.speed * unit), width, wind[0], periodic)
        phase = 2 * np.pi * (random.random() - way) + JITTER * jitter
        wave = amplitude * np.abs(1 + TURBULENCE * strength) * np.exp(1j * phase)
        along = wave * material.along * (1 + 0.07 * bend)
        across = 1j * wave * material.across * (0.6 + 0.4 * lag)
        out[j, 0] = along * wind[0] - across * wind[1]
        out[j, 1] = along * wind[1] + across * wind[0]
    root = material.root if rooted else "none"
    return _levelled(out, mask, root, gain * material.amplitude * unit / 1000, (width, height), period_s)


def grain(preset: str, correlation: float, frequencies: int) -> float:
    """The size of the smallest parts that move as one, in picture widths."""
    return float(MATERIALS[preset].length * correlation / float(frequencies) ** GRAIN_POWER)


def _material(preset: str, gain: float, correlation: float) -> Material:
    if preset not in MATERIALS:
        raise UsageError(f"There is no motion {preset!r}.", f"Choose one of: {', '.join(MATERIALS)}.")
    if not (math.isfinite(gain) and gain >= 0 and math.isfinite(correlation) and correlation > 0):
        raise UsageError(
            f"gain is {gain:g} and correlation {correlation:g}.", "Give a gain from 0, a correlation above."
        )
    return MATERIALS[preset]


def _waves(per_px: float, width: int, share: float, periodic: bool) -> float:
    """Waves per px downwind; on a periodic plate such that whole waves fit across it."""
    if not periodic or abs(share) < 1e-6:
        return per_px
    return round(per_px * width * abs(share)) / (width * abs(share))


def _levelled(
    raw: NDArray[np.complex64],
    mask: Field,
    root: str,
    wanted_px: float,
    size: tuple[int, int],
    period_s: float,
) -> SpectralVolume:
    """The raw waves with the wanted root mean square where the mask is, held at the root."""
    inside = mask > 0.5
    made = SpectralVolume(raw, *size, period_s)
    mean = float(made.rms_px()[inside].mean()) if inside.any() else 1.0
    share = carried_on(mask) * lever(mask, root)
    return replace(made, fields=(raw * (share * (wanted_px / max(mean, 1e-9)))).astype(np.complex64))


def carried_on(mask: Field) -> Field:
    """The mask's values where it has any, carried on smoothly to where it is 0, float32 [h, w].

    What lies there is not seen, as the layer ends; a motion that ended there too would fold the layer's rim.
    """
    values, weights = (_spread(field.astype(np.float32)) for field in (mask * mask, mask))
    return np.asarray(np.clip(values / np.maximum(weights, 1e-9), 0, 1), np.float32)


def _spread(field: Field) -> Field:
    """A field blurred a little, and a trace of it far."""
    near, far = (max(0.5, share * max(field.shape)) for share in (RIM_SHARE, FAR_SHARE))
    return np.asarray(noises.gaussian(field, near, near) + FAR_WEIGHT * noises.gaussian(field, far, far))


def lever(mask: Field, root: str) -> Field:
    """How freely each place moves, float32 [h, w], 0 at the root to 1: by its height over (under) the lowest (highest)
    place of the mask in its column, and its neighbours'."""
    rows, columns = mask.shape
    y = np.arange(rows)[:, None]
    if root == "none":
        return np.ones_like(mask, np.float32)
    there = mask > 0.5
    if root == "bottom":
        foot = np.where(there.any(0), np.where(there, y, -1).max(0), rows).astype(np.float32)
    else:
        foot = np.where(there.any(0), np.where(there, y, rows).min(0), -1).astype(np.float32)
    foot = noises.gaussian(foot[None], 0.1, max(1.0, columns / 32))[0]
    arm = foot[None] - y if root == "bottom" else y - foot[None]
    return np.asarray(np.clip(arm / max(rows * LEVER_SHARE, 1.0), 0, 1) ** LEVER_POWER, np.float32)
