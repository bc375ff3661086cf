"""The lake: a mirror of everything above it, bent by ripples, darker and bluer towards the near shore.

Every pixel looks up a point above the far waterline; the ripples move that point up and down, ever more and ever
wider towards the viewer. Glitter and swell are then laid on in level strokes. Flipping the picture and blurring it
was not enough: a blurred mirror has no surface, and a surface is what moves when the layer slides.
"""

import math

import numpy as np

from .noise import Field, bell, fbm, smoothstep
from .scene import FOREGROUND, HORIZON, SUN, Scene, mix
from .strokes import Scatter, Stamp, bristle_stroke, centred, lay, leaf, repaint, scatter, standing

BOAT_COLOURS = (((0.870, 0.745, 0.560), (0.640, 0.400, 0.280)), ((0.190, 0.150, 0.125), (0.230, 0.160, 0.120)))
"""Two liveries of cloth and of wood."""
SHORE_SIDE = 0.86
"""Height down to which there is water before the foreground is painted over it."""
DEEP = np.array([0.105, 0.195, 0.225], np.float32)
BELTS = (
    (0.0, 0.02, 0.45),
    (0.02, 0.05, 0.65),
    (0.05, 0.085, 0.9),
    (0.085, 0.12, 1.05),
    (0.12, 0.16, 1.25),
    (0.16, 0.4, 1.5),
)
"""Strips of water, far to near: upper and lower depth below the far waterline, and the size of touches there."""


def paint_water(scene: Scene) -> None:
    """Paint the water from the far waterline down to below the near shore's edge; the land above must be there."""
    top, bottom = scene.row(HORIZON), scene.row(SHORE_SIDE)
    near = ((scene.y[top:bottom] - HORIZON) / (SHORE_SIDE - HORIZON)).astype(np.float32)[:, None]
    ripples = _ripples(scene, top, bottom)
    scene.rgb[top:bottom] = _mirror(scene, top, bottom, near, ripples)
    _depth(scene, top, bottom, near, ripples)
    _breeze(scene, top, bottom)
    repaint(scene, top, bottom, 0.020, 0.0032, ripples * np.float32(0.012), 311, 1.5, 0.55, 0.020)
    _swell(scene)
    _glitter(scene)
    _boats(scene)


def _ripples(scene: Scene, top: int, bottom: int) -> Field:
    """Waves in about -1..1, long and level, growing towards the viewer: three widths blended by depth."""
    y = scene.y[top:bottom]
    depth = (y - HORIZON).astype(np.float32)[:, None]
    waves = np.zeros((len(y), len(scene.x)), np.float32)
    for frequency, middle, seed in ((40.0, 0.0, 301), (22.0, 0.11, 302), (12.0, 0.24, 303)):
        share = np.clip(1 - np.abs(depth - np.float32(middle)) * np.float32(8.0), 0, 1)
        waves += share * fbm(scene.x * frequency, y * frequency * 8.5, 3, scene.seed + seed, 0.55)
    return waves


def _mirror(scene: Scene, top: int, bottom: int, near: Field, ripples: Field) -> Field:
    """What the surface reflects: the mean of three looks, further apart towards the viewer."""
    depth = (scene.y[top:bottom] - HORIZON).astype(np.float32)[:, None]
    source = np.float32(HORIZON) - depth * (np.float32(0.95) + np.float32(1.9) * depth)
    total = np.zeros((bottom - top, len(scene.x), 3), np.float32)
    columns = np.arange(len(scene.x))[None, :]
    for spread in (-1.0, 0.0, 1.0):
        bend = ripples * (np.float32(0.004) + np.float32(0.075) * near) + np.float32(0.016 * spread) * near
        row = np.clip((source + bend) * np.float32(scene.height), 0, top - 1).astype(np.int64)
        total += scene.rgb[row, columns]
    return total / np.float32(3)


def _depth(scene: Scene, top: int, bottom: int, near: Field, ripples: Field) -> None:
    """The darker body of the water, seen more and more towards the viewer and on the near side of every wave."""
    scene.rgb[top:bottom] *= np.array([0.930, 0.925, 0.935], np.float32)
    seen = np.clip(0.02 + 0.78 * near * near + (0.05 + 0.30 * near) * ripples, 0, 0.86)
    scene.over(top, bottom, seen, DEEP)


def _breeze(scene: Scene, top: int, bottom: int) -> None:
    """Streaks where a breath of wind breaks the mirror: light ones far out, blue ones nearer."""
    y = scene.y[top:bottom]
    streaks = fbm(scene.x * 0.8, y * 34, 5, scene.seed + 321, 0.6)
    far = smoothstep(0.70, 0.56, y.astype(np.float32)[:, None])
    light = smoothstep(0.25, 0.9, streaks) * far * np.float32(0.50)
    scene.over(top, bottom, light, np.array([0.965, 0.840, 0.610]))
    sun = bell((scene.x.astype(np.float32)[None, :] - np.float32(SUN[0])) * np.float32(1.5)) * far
    scene.over(top, bottom, sun * (np.float32(0.20) + np.float32(0.12) * streaks), np.array([1.0, 0.860, 0.590]))
    cool = smoothstep(0.15, 0.9, -streaks) * (np.float32(0.26) - np.float32(0.22) * far)
    scene.over(top, bottom, cool, np.array([0.430, 0.500, 0.520]))


def _marks(scene: Scene, points: Scatter, colours: Field, size: float, opacity: float) -> None:
    """Lay level lens-shaped touches that grow with their nearness; size: length in heights in the middle distance.

    In a small picture, where no touch can be as thin as it should, they are fainter instead.
    """
    px = scene.height
    opacity *= min(1.0, px / 500)
    for low, high, growth in BELTS:
        chosen = (points.y >= HORIZON + low) & (points.y < HORIZON + high)
        band = points.at(chosen)
        length = size * growth * px
        stamps = [leaf(max(2.0, length * k), max(1.0, length * k * 0.10), 0.0) for k in (0.45, 0.75, 1.1, 1.7)]
        which = np.floor(band.chance(335) * np.sqrt(band.chance(336)) * 4).astype(np.int64)
        left, top = centred(stamps, which, scene.column(band.x), band.y * px)
        lay(scene.rgb, stamps, which, left, np.maximum(top, scene.row(HORIZON)), colours[chosen], opacity)


def _swell(scene: Scene) -> None:
    """Dark troughs and pale crests of small waves over the whole lake."""
    waves = scatter(scene, HORIZON + 0.004, SHORE_SIDE, (0.0150, 0.0034), 341)
    near = ((waves.y - HORIZON) / (SHORE_SIDE - HORIZON)).astype(np.float32)
    light = waves.chance(343) > 0.55
    pale = mix((0.930, 0.810, 0.600), (0.560, 0.610, 0.600), np.clip(near * 1.6, 0, 1))
    dark = mix((0.560, 0.520, 0.460), (0.120, 0.180, 0.195), np.clip(near * 1.7, 0, 1))
    _marks(scene, waves, np.where(light[:, None], pale, dark), 0.020, 0.32)


def _glitter(scene: Scene) -> None:
    """Sparks of the low sun: dense under it, thinner but never gone along the whole lake."""
    sparks = scatter(scene, HORIZON + 0.003, FOREGROUND, (0.0060, 0.0026), 351)
    away = (sparks.x - SUN[0]).astype(np.float32)
    depth = (sparks.y - HORIZON).astype(np.float32)
    path = bell(away / (np.float32(0.16) + depth)) + np.float32(0.30) * bell(away * np.float32(0.7))
    gusts = sparks.noise(2.2, 48.0, 356) + np.float32(0.6) * sparks.noise(9.0, 150.0, 357)
    path = (path + np.float32(0.08)) * smoothstep(-0.55, 0.75, gusts) * smoothstep(0.21, 0.06, depth)
    sparks = sparks.at(sparks.chance(353) < np.clip(path * 0.85, 0, 0.8))
    colours = mix((0.975, 0.800, 0.530), (1.0, 0.950, 0.790), sparks.chance(354))
    _marks(scene, sparks, colours, 0.0088, 0.85)


def _sail(height_px: float, side: float) -> tuple[Stamp, Stamp]:
    """Cloth and wood of a small boat under a gaff sail, as two marks of one size, drawn four times as fine."""
    fine = 4
    rows, half = max(5, math.ceil(height_px * 1.10)), math.ceil(height_px * 0.5)
    u = ((np.arange((2 * half + 1) * fine) + 0.5) / fine - half - 0.5)[None, :] / height_px * side
    t = ((np.arange(rows * fine) + 0.5) / fine / height_px)[:, None]
    peak = np.clip((t - 0.06) / 0.86, 0, 1)
    main = (u > 0.01) & (u < 0.10 + 0.20 * peak) & (t > 0.06 + 0.55 * np.clip(0.2 - u, 0, 1)) & (t < 0.93 - 0.1 * u)
    fore = (u < -0.015) & (-u < 0.26 * np.clip(t - 0.22, 0, 1) ** 0.85) & (t < 0.95)
    hull = (t > 0.975 + 0.25 * (u - 0.05) ** 2 - 0.10 * np.abs(u) ** 1.5) & (np.abs(u - 0.02) < 0.36 - 0.9 * (t - 0.98))
    spar = (np.abs(u) < 0.35 / height_px) & (t > 0.03) & (t < 1.0)
    shade = np.where(u > 0, 0.05 - 0.30 * u, -0.06 + 0.1 * t) * np.ones_like(t)
    cloth, wood, fold = (
        part.reshape(rows, fine, 2 * half + 1, fine).mean((1, 3))[..., None].astype(np.float32)
        for part in ((main | fore) * 1.0, (hull | spar) * 1.0, (main | fore) * shade)
    )
    return Stamp(cloth, fold), Stamp(wood, np.zeros_like(wood))


def _boats(scene: Scene) -> None:
    """A few sails, each well inside the far or the near water, so that no cut between the two goes through one."""
    px = scene.height
    for base, size, stretch, seed in ((0.590, 0.021, 0.47, 361), (0.624, 0.029, 0.71, 366), (0.706, 0.036, 1.13, 381)):
        boats = scatter(scene, 0.0, 1.0, (stretch, 1.0), seed).downwards()
        y = base + np.float32(0.012) * boats.chance(seed + 3)
        which = boats.choice(2, seed + 4)
        pairs = [_sail(size * px, -1.0), _sail(size * px, 1.0)]
        tint = boats.chance(seed + 5)
        _reflect(scene, boats, y, size)
        for part, (one, other) in enumerate(BOAT_COLOURS):
            stamps = [pair[part] for pair in pairs]
            left, top = standing(stamps, which, scene.column(boats.x), y * px)
            lay(scene.rgb, stamps, which, left, top, mix(one, other, (tint > 0.6).astype(np.float32)), 0.9)


def _reflect(scene: Scene, boats: Scatter, y: Field, size: float) -> None:
    """The broken image of sail and hull below the boats."""
    px = scene.height
    for step in range(14):
        share = (step + 0.5) / 14
        drift = (boats.chance(371 + step) - np.float32(0.5)) * np.float32(0.010 * share)
        length = max(2.0, (0.62 - 0.5 * share) * size * px)
        stamps = [bristle_stroke(length, max(1.0, 0.075 * size * px), 0.0, 390 + step)]
        which = np.zeros(len(boats.x), np.int64)
        left, top = centred(stamps, which, scene.column(boats.x + drift), (y + share * size) * px)
        tone = (0.27, 0.22, 0.18) if step < 3 else (0.72, 0.60, 0.44)
        colours = np.broadcast_to(np.asarray(tone, np.float32), (len(boats.x), 3))
        lay(scene.rgb, stamps, which, left, top, colours, 0.75 - 0.5 * share)
