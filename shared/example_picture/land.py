"""The far side of the lake: ridges one before the other, their woods, and the shore with its hamlets.

Woods are single trees with a light and a dark side, planted in groves from far to near; one hamlet stands in every
stretch of the shore. A texture of leaves over the hills was not enough: the eye finds a wood by its upper edge.
"""

import math

import numpy as np

from .noise import Coordinates, Field, fbm, line, smoothstep, uniform
from .ridges import FAR, HAZE, HILLS, MIDDLE, SHORE, Ridge, crest, paint_haze, paint_ridge, paint_snow
from .scene import HORIZON, RIDGES, Scene, mix, sunward
from .strokes import Scatter, Stamp, bristle_stroke, centred, lay, repaint, scatter, standing

TREES = ((0.80, 0.50, True), (1.10, 0.42, True), (0.62, 0.85, False), (0.85, 0.95, False))
"""Kinds of trees: height, width as a share of the height, pointed or round."""
GROWN = (0.50, 0.80, 1.20)
"""Ages of trees, as shares of their size."""
STRETCH = 0.34
"""Heights of shore to one hamlet."""


def paint_land(scene: Scene) -> None:
    """Paint the ridges and the far shore from `RIDGES` down to the waterline."""
    paint_ridge(scene, FAR)
    paint_snow(scene, FAR)
    paint_ridge(scene, MIDDLE)
    _brush(scene, 0.0110, 0.0026, 281)
    _woods(scene, MIDDLE, (0.0036, 0.0024), 0.0058, 0.0)
    paint_haze(scene, MIDDLE)
    paint_ridge(scene, HILLS)
    _brush(scene, 0.0090, 0.0024, 285)
    _woods(scene, HILLS, (0.0048, 0.0034), 0.0105, 0.75)
    paint_haze(scene, HILLS)
    paint_ridge(scene, SHORE)
    _brush(scene, 0.0080, 0.0020, 289)
    _hamlets(scene)
    _woods(scene, SHORE, (0.0042, 0.0030), 0.0145, 0.02)
    _waterline(scene)


def _brush(scene: Scene, length: float, width: float, seed: int) -> None:
    """Short slanting strokes over everything that lies there so far."""
    top, bottom = scene.row(RIDGES), scene.row(HORIZON)
    slant = fbm(scene.x * 14, scene.y[top:bottom] * 14, 2, scene.seed + seed) * np.float32(0.24)
    repaint(scene, top, bottom, length, width, slant, seed + 1, coverage=1.3, opacity=0.5, jitter=0.022)


def _crown(height_px: float, width_px: float, lit: int, pointed: bool, seed: int) -> Stamp:
    """A tree; lit: -1 when the light comes from the left, 1 from the right."""
    rows, half = max(2, round(height_px)), max(1, math.ceil(width_px * 0.6 + 0.5))
    t = ((np.arange(rows) + 0.5) / rows)[:, None]
    u = np.arange(-half, half + 1)[None, :] * (2 / width_px)
    tufts = fbm(u[0] * 1.6 + 9.1 * seed, t[:, 0] * (3.2 if pointed else 2.2), 3, 77, 0.7)
    inside = t * 1.05 - np.abs(u) if pointed else 1 - (1.85 * t - 0.95) ** 2 - u * u
    alpha = np.clip((inside + 0.55 * tufts) * width_px * 0.4 + 0.25, 0, 1)
    tone = (0.060 * u * lit + 0.07 * (0.45 - t) + 0.075 * tufts) * alpha
    return Stamp(alpha[..., None].astype(np.float32), tone[..., None].astype(np.float32))


def _woods(scene: Scene, ridge: Ridge, cell: tuple[float, float], size: float, density: float) -> None:
    """Trees on a ridge, in groves with clearings between them, the far ones first."""
    px = scene.height
    if size * px < 3:
        return
    stamps = [
        _crown(size * px * tall * grown, size * px * tall * grown * wide, lit, pointed, 4 * index + k)
        for lit in (-1, 1)
        for index, grown in enumerate(GROWN)
        for k, (tall, wide, pointed) in enumerate(TREES)
    ]
    seed = ridge.seed
    trees = scatter(scene, ridge.foot - ridge.rise, HORIZON - 0.0015, cell, seed + 20).downwards()
    groves = trees.noise(3.1, 7.8, seed + 23) + 0.65 * trees.noise(11.0, 27.0, seed + 24)
    on_land = trees.y > crest(trees.x, ridge, scene.seed) + 0.001
    trees = trees.at(on_land & (groves + 0.25 * trees.chance(seed + 25) < density))
    colours = _foliage(trees, ridge)
    _undergrowth(scene, trees, size, colours)
    leafy = trees.noise(4.7, 11.8, seed + 26) + 0.7 * trees.chance(seed + 27) > 0.22
    which = (sunward(trees.x) > 0) * 12 + trees.choice(3, seed + 28) * 4 + leafy * 2 + trees.choice(2, seed + 29)
    left, top = standing(stamps, which, scene.column(trees.x), trees.y * px)
    lay(scene.rgb, stamps, which, left, top, colours, 0.86)


def _undergrowth(scene: Scene, trees: Scatter, size: float, colours: Field) -> None:
    """Soft shade under the trees, so that no light ground shines between them."""
    px = scene.height
    patch = [bristle_stroke(size * 1.5 * px, size * 0.8 * px, 0.0, 279)]
    which = np.zeros(len(trees.x), np.int64)
    left, top = centred(patch, which, scene.column(trees.x), (trees.y - 0.25 * size) * px)
    lay(scene.rgb, patch, which, left, top, colours, 0.30)


def _foliage(trees: Scatter, ridge: Ridge) -> Field:
    """The colours [n, 3] of trees: between the shade of the ridge and its light, autumn here and there."""
    chance, groups = trees.chance(ridge.seed + 31), trees.noise(6.0, 15.0, ridge.seed + 30)
    value = np.clip(0.05 + 0.45 * chance * chance + 0.25 * groups, 0, 1)
    colour = mix(ridge.shade, ridge.light, value) * np.float32(ridge.wood)
    autumn = (trees.chance(ridge.seed + 32) > 0.86) * np.float32(0.30)
    colour = mix(colour, np.array([0.70, 0.47, 0.25]), autumn)
    below = np.asarray(trees.y - crest(trees.x, ridge, trees.seed), np.float32) * np.float32(1 / ridge.rise)
    return mix(colour, HAZE, smoothstep(0.15, 1.0, below) * np.float32(ridge.haze * 0.75))


def _house(height_px: float, tower: bool) -> tuple[Stamp, Stamp]:
    """Wall and roof of a house, or of a church tower with its spire, as two marks of one size."""
    wide, rows = height_px * (0.42 if tower else 1.55), max(3, round(height_px * (2.2 if tower else 1.0)))
    half = math.ceil(wide / 2 + 1)
    u = np.abs(np.arange(-half, half + 1))[None, :]
    t = ((np.arange(rows) + 0.5) / rows)[:, None]
    eaves = 0.45
    wall = np.clip(wide / 2 - u + 0.5, 0, 1) * (t > eaves)
    slope = wide / 2 * (t / eaves) if tower else wide / 2 * (0.62 + 0.42 * t / eaves)
    roof = np.clip(slope - u + 0.5, 0, 1) * (t <= eaves)
    flat = np.zeros((rows, 2 * half + 1, 1), np.float32)
    return Stamp(wall[..., None].astype(np.float32), flat), Stamp(roof[..., None].astype(np.float32), flat)


def _from_hamlet(x: Coordinates, seed: int) -> Coordinates:
    """How far places lie from the middle of the hamlet of their stretch, in heights."""
    stretch = np.floor(x / STRETCH).astype(np.int64)
    return np.abs(x - (stretch + 0.2 + 0.6 * uniform(stretch, np.zeros_like(stretch), seed + 297)) * STRETCH)


def _hamlets(scene: Scene) -> None:
    """Houses round a church in every stretch of the far shore, small and half hidden by trees."""
    px, size = scene.height, 0.0085 * scene.height
    if size < 3:
        return
    spots = scatter(scene, 0.5, 0.6, (0.0085, 0.1), 291)
    spots = spots.at(_from_hamlet(spots.x, scene.seed) < 0.012 + 0.036 * spots.chance(295))
    which = np.where(_from_hamlet(spots.x, scene.seed) < 0.0045, 2, spots.choice(2, 296))
    parts = [_house(size * 0.8, False), _house(size * 1.15, False), _house(size, True)]
    y_px = (HORIZON - 0.0045 - 0.0060 * spots.chance(298)) * px
    warm = spots.chance(299)[:, None] * np.array([0.10, 0.06, 0.02], np.float32)
    for half, colour in enumerate(((0.75, 0.645, 0.490), (0.40, 0.28, 0.22))):
        stamps = [part[half] for part in parts]
        left, top = standing(stamps, which, scene.column(spots.x), y_px)
        lay(scene.rgb, stamps, which, left, top, np.asarray(colour, np.float32) + warm, 0.9)


def _waterline(scene: Scene) -> None:
    """The bank of the far shore: a broken dark edge with light stones above the water."""
    top, bottom = scene.row(HORIZON - 0.006), scene.row(HORIZON)
    y = scene.y[top:bottom].astype(np.float32)[:, None]
    wave = line(scene.x * 16, 4, scene.seed + 275)[None, :] * np.float32(0.0016)
    dark = smoothstep(HORIZON - 0.0042, HORIZON - 0.0012, y + wave)
    scene.over(top, bottom, dark * np.float32(0.8), np.array([0.150, 0.140, 0.105]))
    stones = fbm(scene.x * 150, scene.y[top:bottom] * 400, 2, scene.seed + 276)
    scene.over(top, bottom, smoothstep(0.35, 0.8, stones) * dark * np.float32(0.6), np.array([0.72, 0.60, 0.42]))
