"""Mountains and hills: a crest line each, ribs that fall from it, snow above and haze at the feet.

A ridge is lit on the flanks that look towards the sun; the farther it lies, the paler and the more violet it is. A
height map in true perspective was not used: its crests could not be kept below a straight row, where the picture is
cut into layers, and its valleys would have to turn as the layer slides.
"""

from dataclasses import dataclass

import numpy as np

from .noise import Coordinates, Field, at, bell, fbm, line, smoothstep
from .scene import HORIZON, RIDGES, SUN, Scene, mix, sunward

Colour = tuple[float, float, float]
HAZE = np.array([0.945, 0.810, 0.590], np.float32)


@dataclass(frozen=True)
class Ridge:
    """One crest. foot: height where it ends; rise: how far it may reach above the foot; scale: width of a summit;
    folds: ribs per height; haze: how much of its foot is hidden; wood: brightness of its trees beside the ground."""

    foot: float
    rise: float
    scale: float
    folds: float
    shade: Colour
    light: Colour
    haze: float
    wood: float
    seed: int


FAR = Ridge(0.517, 0.129, 0.19, 6.5, (0.600, 0.560, 0.590), (0.990, 0.845, 0.650), 0.80, 1.0, 195)
MIDDLE = Ridge(0.535, 0.110, 0.27, 8.5, (0.435, 0.440, 0.490), (0.870, 0.715, 0.505), 0.72, 0.9, 2197)
HILLS = Ridge(0.552, 0.076, 0.34, 9.0, (0.270, 0.305, 0.320), (0.665, 0.580, 0.360), 0.56, 0.9, 4201)
SHORE = Ridge(0.557, 0.016, 0.50, 26.0, (0.310, 0.305, 0.180), (0.760, 0.640, 0.330), 0.0, 0.58, 6201)


def _summits(x: Coordinates, ridge: Ridge, seed: int) -> Field:
    """Sharp summits and wide gaps between them, about -1.5..1.2."""
    total = np.full(len(x), 1.15, np.float32)
    for octave, weight in enumerate((2.1, 1.0, 0.5)):
        fold = line(x * (0.5 * 2.07**octave / ridge.scale) + 3.3 * octave, 1, seed + ridge.seed + 40 + octave)
        total -= np.float32(weight) * np.abs(fold)
    return total


def crest(x: Coordinates, ridge: Ridge, seed: int) -> Field:
    """The height [n] of a ridge's upper edge, always between `ridge.foot - ridge.rise` and `ridge.foot`."""
    rough = line(x * (1.9 / ridge.scale), 6, seed + ridge.seed + 1)
    lift = np.float32(0.95) * _summits(x, ridge, seed) + np.float32(0.36) * rough
    share = np.clip(np.float32(0.5) + np.float32(0.42) * lift, 0, 1)
    height: Field = np.float32(ridge.foot) - np.float32(ridge.rise) * share
    return height


def _rows(scene: Scene, ridge: Ridge) -> tuple[int, int, Field, Field]:
    """The rows a ridge lies in, the depth below its crest in heights, and its cover."""
    top, bottom = scene.row(max(ridge.foot - ridge.rise, RIDGES)), scene.row(HORIZON)
    below = scene.y[top:bottom].astype(np.float32)[:, None] - crest(scene.x, ridge, scene.seed)[None, :]
    return top, bottom, below, np.clip(below * np.float32(scene.height) + 0.5, 0, 1)


def _ribs(scene: Scene, ridge: Ridge, top: int, bottom: int, below: Field) -> Field:
    """Spurs and gullies, leaning to the left on left flanks and to the right on right ones."""
    seed = scene.seed + ridge.seed
    bend = fbm(scene.x * 9, scene.y[top:bottom] * 14, 3, seed + 4) * np.float32(0.20)
    across = scene.x.astype(np.float32)[None, :] * np.float32(ridge.folds) + bend
    down = scene.y[top:bottom].astype(np.float32)[:, None] * np.float32(ridge.folds * 0.8) + bend
    wide = np.abs(line(scene.x * (0.5 / ridge.scale), 1, seed + 40))
    right = smoothstep(-0.05, 0.05, np.gradient(wide) * np.float32(scene.height * ridge.scale * 0.1))[None, :]
    height = np.zeros_like(below)
    for lean, share in ((-1.0, right), (1.0, 1 - right)):
        u = across + below * np.float32(lean * 0.9 * ridge.folds)
        for octave in range(4):
            scale = np.float32(2.1**octave)
            height += (share * np.float32(0.62**octave)) * (1 - np.abs(at(u * scale, down * scale, seed + 5 + octave)))
    return height


def _raking_light(scene: Scene, ridge: Ridge, top: int, bottom: int, below: Field) -> Field:
    """Light 0..1 on the ribs, brighter on the side of the sun."""
    height = _ribs(scene, ridge, top, bottom, below)
    step = max(1, round(0.0035 * scene.height))
    slope, upward = np.zeros_like(height), np.zeros_like(height)
    slope[:, step:-step] = height[:, 2 * step :] - height[:, : -2 * step]
    upward[step:] = height[step:] - height[:-step]
    raking = upward * np.float32(0.6) - slope * sunward(scene.x)[None, :]
    light: Field = np.clip(np.float32(0.36) + raking * np.float32(2.4), 0, 1)
    return light


def paint_ridge(scene: Scene, ridge: Ridge) -> None:
    """Paint one ridge over what lies behind it, pale towards its foot and under the sun."""
    top, bottom, below, cover = _rows(scene, ridge)
    light = _raking_light(scene, ridge, top, bottom, below)
    near_sun = bell((scene.x.astype(np.float32) - np.float32(SUN[0])) * np.float32(0.9))[None, :]
    tone = mix(ridge.shade, ridge.light, np.clip(light * (0.85 + 0.25 * near_sun), 0, 1))
    foot = smoothstep(0.15, 1.0, below * np.float32(1 / ridge.rise)) * np.float32(ridge.haze)
    glow = np.clip(HAZE + near_sun[..., None] * np.array([0.05, 0.03, 0.0], np.float32), 0, 1)
    tone += (glow - tone) * (foot + (np.float32(0.22 * ridge.haze) * near_sun))[..., None]
    scene.over(top, bottom, cover, tone)


def paint_snow(scene: Scene, ridge: Ridge) -> None:
    """Old snow in the gullies below the highest crests."""
    top, bottom, below, cover = _rows(scene, ridge)
    y = scene.y[top:bottom].astype(np.float32)[:, None]
    patches = fbm(scene.x * 26, scene.y[top:bottom] * 34, 4, scene.seed + ridge.seed + 12, 0.6)
    high = smoothstep(ridge.foot - 0.065, ridge.foot - 0.100, y)
    snow = smoothstep(0.05, 0.45, patches) * high * smoothstep(0.001, 0.006, below) * np.float32(0.75)
    scene.over(top, bottom, cover * snow, np.array([1.0, 0.905, 0.740]))


def paint_haze(scene: Scene, ridge: Ridge) -> None:
    """Banks of mist in front of a ridge, thickest at its foot."""
    top, bottom = scene.row(ridge.foot - 0.05), scene.row(HORIZON)
    y = scene.y[top:bottom].astype(np.float32)[:, None]
    banks = fbm(scene.x * 2.4, scene.y[top:bottom] * 42, 4, scene.seed + ridge.seed + 15)
    rise = smoothstep(ridge.foot - 0.034, ridge.foot + 0.004, y)
    scene.over(top, bottom, np.clip(rise * (0.62 + 0.55 * banks), 0, 0.85) * np.float32(ridge.haze * 1.25), HAZE)
