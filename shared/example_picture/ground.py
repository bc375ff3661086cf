"""The ground of the near shore: where the water ends, where the sun falls, where the path runs, and the stones.

These are fields over the world, so that earth, stones and plants agree about them without knowing of each other. A
map painted once and looked up was not used: it would need a resolution, and the fields are cheap where they are asked.
"""

import math

import numpy as np

from .noise import Coordinates, Field, fbm, line, smoothstep
from .scene import FOREGROUND, Places, Scene, mix, sunward
from .strokes import Stamp, lay, repaint, scatter, standing

EARTH = ((0.085, 0.075, 0.052), (0.430, 0.325, 0.165))
TURF = ((0.082, 0.100, 0.052), (0.584, 0.480, 0.184))
SAND = ((0.240, 0.185, 0.130), (0.800, 0.635, 0.410))
BEACH = ((0.135, 0.110, 0.085), (0.600, 0.480, 0.330))
STONE = ((0.135, 0.125, 0.120), (0.590, 0.485, 0.365))
"""Colours in the shade and in the light."""
SHORE_LINE = 0.8035


def nearness(top: float, bottom: float) -> float:
    """0 at the far edge of the shore, 1 at the lower edge of the picture, for the middle of a belt."""
    return max(0.0, ((top + bottom) / 2 - 0.79) / 0.21)


def bank(x: Coordinates, seed: int) -> Field:
    """The height [n] of the water's edge: small bays and tongues of land."""
    bays = line(x * 1.9, 2, seed + 401) * np.float32(0.010) + line(x * 9.0, 4, seed + 402) * np.float32(0.0045)
    return np.float32(SHORE_LINE) + np.clip(bays, -0.016, 0.016)


def strand(x: Coordinates, seed: int) -> Field:
    """The width [n] of bare, stony beach along the water, in heights; none on most of the shore."""
    return np.float32(0.024) * smoothstep(0.05, 0.6, line(x * 2.3, 3, seed + 404))


def sunlit(places: Places) -> Field:
    """How much of the low sun reaches places on the ground, 0..1."""
    slanting = Places(places.x + 0.67 * places.y, places.y, places.seed)
    light = slanting.noise(2.1, 11.0, 405) + np.float32(0.55) * slanting.noise(7.3, 34.0, 406)
    return smoothstep(-0.45, 0.55, light)


def on_path(places: Places) -> Field:
    """1 on the footpath along the shore, 0 beside it, with trodden edges between."""
    middle = 0.884 + 0.018 * places.noise(1.15, 0.0, 408)
    width = 0.0175 + 0.005 * places.noise(3.1, 0.0, 410)
    away = np.asarray(np.abs(places.y - middle) / width, np.float32)
    return smoothstep(1.25, 0.75, away + np.float32(0.25) * places.noise(21.0, 60.0, 409))


def paint_ground(scene: Scene) -> None:
    """Paint the shaded water under the bank, then earth, turf, sand and beach, in short strokes."""
    _shallows(scene)
    top, lower, bottom = scene.row(0.78), scene.row(0.80), scene.height
    grain = fbm(scene.x * 34, scene.y[top:bottom] * 90, 5, scene.seed + 421, 0.62)
    edge = scene.y[top:bottom].astype(np.float32)[:, None] - bank(scene.x, scene.seed)[None, :]
    colour = _soil(scene, top, bottom, grain, edge)
    scene.over(top, bottom, np.clip(edge * np.float32(scene.height) + 0.5, 0, 1), colour)
    tilt = grain[lower - top :] * np.float32(0.10)
    repaint(scene, lower, bottom, 0.013, 0.0030, tilt, 425, coverage=1.6, opacity=0.6, jitter=0.03)


def _shallows(scene: Scene) -> None:
    """The dark, quiet water under the bank, where its image hides the sky."""
    top, bottom = scene.row(FOREGROUND - 0.045), scene.row(0.83)
    y = scene.y[top:bottom].astype(np.float32)[:, None]
    waver = fbm(scene.x * 18, scene.y[top:bottom] * 120, 3, scene.seed + 415) * np.float32(0.006)
    image = smoothstep(0.735, 0.790, y + waver + (np.float32(SHORE_LINE) - bank(scene.x, scene.seed))[None, :])
    scene.over(top, bottom, image * np.float32(0.80), np.array([0.075, 0.092, 0.080]))


def _soil(scene: Scene, top: int, bottom: int, grain: Field, edge: Field) -> Field:
    """Colours [rows, columns, 3] of the bare ground; edge: distance from the water in heights."""
    places = scene.places(top, bottom)
    light = sunlit(places)
    tone = np.clip(light * np.float32(0.62) + grain * np.float32(0.26), 0, 1)
    turf = smoothstep(-0.3, 0.5, fbm(scene.x * 6, scene.y[top:bottom] * 20, 3, scene.seed + 422))
    colour = mix(mix(*EARTH, tone), mix(*TURF, tone), turf)
    sand = mix(*SAND, np.clip(light * np.float32(0.85) + grain * np.float32(0.30), 0, 1))
    colour = mix(colour, sand, on_path(places))
    dry = np.float32(0.010) + strand(scene.x, scene.seed)[None, :]
    colour = mix(colour, mix(*BEACH, tone), np.clip(1.6 - 1.2 * edge / dry, 0, 1))
    return colour * (1 - np.float32(0.5) * smoothstep(0.010, 0.0, edge))[..., None]


def _stone(width_px: float, height_px: float, lit: float, seed: int) -> Stamp:
    """A weathered stone: a lit upper edge, two or three planes, cracks and a dark foot."""
    half_w, rows = math.ceil(width_px * 0.56 + 1), max(3, math.ceil(height_px))
    u = (np.arange(-half_w, half_w + 1) / (width_px / 2))[None, :] * np.ones((rows, 1))
    t = ((np.arange(rows) + 0.5) / rows)[:, None] * np.ones_like(u)
    slant = 0.22 * math.sin(2.4 * seed + 0.7)
    outline = 0.10 + 0.90 * np.clip(np.abs(u + slant * (1 - u * u)), 0, 1.3) ** 3
    outline += 0.09 * (1 - np.clip(np.abs(u), 0, 1)) * (1 + line(u[0] * 2.2 + seed * 5.3, 3, 451)[None, :])
    alpha = np.clip((t - outline) * rows * 0.8 + 0.5, 0, 1)
    depth = np.clip((t - outline) / 0.6, 0, 1)
    grain = fbm(u[0] * 2.1 + seed * 3.1, t[:, 0] * 3.3, 5, 452 + seed, 0.62)
    planes = np.clip(5 * (u * lit * 0.9 + 0.5 * t - 0.25 + slant + 0.4 * grain), -1, 1)
    rim = min(0.20, 0.012 * rows) * (1 - depth) ** 4
    tone = (rim + 0.055 * planes - 0.10 * depth * t + 0.060 * grain) * alpha
    return Stamp(alpha[..., None].astype(np.float32), tone[..., None].astype(np.float32))


def paint_stones(scene: Scene, top: float, bottom: float, seed: int) -> None:
    """Boulders and pebbles in loose groups, on one belt of the ground."""
    near, px = 0.35 + 0.9 * nearness(top, bottom), scene.height
    top = max(top, 0.802)
    for size, cell, share in ((0.052, 0.085, 0.34), (0.022, 0.027, 0.31), (0.0080, 0.0085, 0.29)):
        stones = scatter(scene, top, bottom, (cell * near, (bottom - top) / 2), seed).downwards()
        stones = stones.at(stones.chance(seed + 3) + 0.35 * stones.noise(4.1, 13.0, 455) < share)
        height = min(size * near * 0.55, top - FOREGROUND - 0.004) * px
        if height < 2 or not len(stones.x):
            continue
        kinds = [
            _stone(size * near * px * (0.8 + 0.12 * k), height * (0.75 + 0.08 * (k % 4)), lit, k)
            for lit in (-1.0, 1.0)
            for k in range(6)
        ]
        which = (sunward(stones.x) > 0) * 6 + stones.choice(6, seed + 4)
        light = np.clip(0.25 + 0.55 * sunlit(stones) + 0.3 * (stones.chance(seed + 5) - 0.5), 0, 1)
        left, corner = standing(kinds, which, scene.column(stones.x), stones.y * px)
        lay(scene.rgb, kinds, which, left, corner, mix(*STONE, light), 0.95)
