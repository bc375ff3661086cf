"""The near shore and what grows there: reeds, grass, bushes and flowers, dark and warm against the light.

It is painted in belts from far to near, each with its stones and its plants, so that every belt hides the feet of
the one behind. Nothing grows above the shore's upper row, where the picture is cut into layers. One big tree would
frame the view better, but it would stand on that cut.
"""

import math

import numpy as np

from .ground import bank, nearness, on_path, paint_ground, paint_stones, strand, sunlit
from .noise import Field, Integers
from .scene import FOREGROUND, Scene, mix, sunward
from .strokes import Scatter, Stamp, blade, bristle_stroke, centred, lay, leaf, scatter, standing

BELTS = ((0.800, 0.822), (0.822, 0.846), (0.846, 0.874), (0.874, 0.906), (0.906, 0.944), (0.944, 0.990), (0.990, 1.050))
"""Strips of ground, far to near, by the heights of their feet."""
LEANS = (-1.0, -0.6, -0.25, 0.05, 0.35, 0.7, 1.05)
GRASS = ((0.082, 0.100, 0.052), (0.730, 0.600, 0.230))
HAY = ((0.260, 0.190, 0.100), (0.800, 0.610, 0.340))
REED = ((0.105, 0.105, 0.055), (0.600, 0.500, 0.250))
EARS = ((0.200, 0.150, 0.090), (0.940, 0.750, 0.450))
"""Colours in the shade and in the light."""
LEAF_SHADE, LEAF_GREEN, LEAF_RUST = (0.062, 0.070, 0.042), (0.640, 0.590, 0.235), (0.740, 0.450, 0.190)
LOBES = np.array([(-1.05, 0.05), (0.95, 0.0), (-0.25, 0.85), (0.45, 0.55)], np.float32)
"""The round masses of a bush: their middles, across and upwards, in their own radius."""
LEAVES = 230
"""Leaves of one bush; fewer in a small picture, where they cover each other."""
FLOWERS = np.array(
    [(0.93, 0.86, 0.70), (0.90, 0.66, 0.20), (0.74, 0.22, 0.13), (0.62, 0.50, 0.72), (0.88, 0.80, 0.42)], np.float32
)


def paint_foreground(scene: Scene) -> None:
    """Paint the shore over the water from its upper row down to the edge of the picture."""
    paint_ground(scene)
    _reeds(scene)
    for index, (top, bottom) in enumerate(BELTS):
        seed = 500 + 100 * index
        paint_stones(scene, top, bottom, seed)
        _grass(scene, top, bottom, seed + 20)
        _bushes(scene, top, bottom, seed + 40)
        _flowers(scene, top, bottom, seed + 60)
        _ears(scene, top, bottom, seed + 80)


def _room(points: Scatter, margin: float) -> Field:
    """How tall a plant may grow at points, in heights, to stay below the shore's upper row."""
    return np.asarray(points.y - FOREGROUND - margin, np.float32)


def _leaning(points: Scatter) -> Field:
    """How far plants lean to the right, -1..1: gusts that pass along the shore."""
    return np.clip(0.25 + 0.5 * points.noise(2.7, 6.0, 430) + 1.1 * (points.chance(431) - 0.5), -1, 1)


def _lean_index(points: Scatter) -> Integers:
    index: Integers = np.clip(np.floor((_leaning(points) + 1) * 3.5), 0, len(LEANS) - 1).astype(np.int64)
    return index


def _reeds(scene: Scene) -> None:
    """Reeds in the shallow water, tallest in the middle of a stand."""
    px = scene.height
    reeds = scatter(scene, 0.792, 0.812, (0.0016, 0.005), 441).downwards()
    stands = reeds.noise(3.4, 0.0, 444) + np.float32(0.5) * reeds.noise(13.0, 0.0, 445)
    kept = stands + 0.5 * (reeds.chance(446) - 0.5) > 0.25
    foot = np.minimum(reeds.y, bank(reeds.x, scene.seed) + 0.003)
    reeds, stands = Scatter(reeds.x, foot, reeds.seed, reeds.ix, reeds.iy).at(kept), stands[kept]
    chance = reeds.chance(447)
    wanted = 0.012 + 0.014 * np.clip(stands, 0, 1.2) + 0.018 * chance * chance
    size = np.clip(np.floor(np.minimum(_room(reeds, 0.004), wanted) / 0.006 - 1), 0, 6).astype(np.int64)
    stamps = [
        blade(max(3.0, tall * px), max(0.7, 0.0011 * px), tall * px * 0.45 * lean, 1.2)
        for tall in (0.006 * (k + 1) for k in range(7))
        for lean in LEANS
    ]
    which = size * len(LEANS) + _lean_index(reeds)
    left, top = standing(stamps, which, scene.column(reeds.x), reeds.y * px)
    lay(scene.rgb, stamps, which, left, top, mix(*REED, reeds.chance(448) ** 2), 0.92)


def _grass(scene: Scene, top: float, bottom: float, seed: int) -> None:
    """Tufts of blades, gold where the sun gets through them, short beside the path."""
    px, near = scene.height, nearness(top, bottom)
    height, width = 0.022 + 0.036 * near, 0.0010 + 0.0016 * near
    grass = scatter(scene, top, bottom, (0.0021 + 0.0019 * near, (bottom - top) / 9), seed).downwards()
    tufts = grass.noise(9.0, 24.0, seed + 3) + np.float32(0.6) * grass.noise(31.0, 70.0, seed + 4)
    on_turf = (grass.y > bank(grass.x, scene.seed) + 0.001 + strand(grass.x, scene.seed)) & (on_path(grass) < 0.25)
    kept = on_turf & (tufts + 0.6 * grass.chance(seed + 5) > 0)
    grass, tufts = grass.at(kept), tufts[kept]
    sizes = (0.45, 0.7, 1.0)
    tall = np.clip(np.floor(1.1 + 1.2 * tufts + 1.3 * (grass.chance(seed + 6) - 0.5)), 0, 2).astype(np.int64)
    tall[np.maximum(on_path(grass.moved(0, -0.012)), on_path(grass.moved(0, -0.030))) > 0.4] = 0
    room = _room(grass, 0.004)
    for index in (2, 1):
        tall[(tall == index) & (room < height * sizes[index])] = index - 1
    stamps = [
        blade(height * px * size, max(0.8, width * px), height * px * size * 0.62 * lean, 0.9)
        for size in sizes
        for lean in LEANS
    ]
    which = tall * len(LEANS) + _lean_index(grass)
    left, corner = standing(stamps, which, scene.column(grass.x), grass.y * px)
    lay(scene.rgb, stamps, which, left, corner, _grass_colours(grass, tufts, seed), 0.95)


def _grass_colours(grass: Scatter, tufts: Field, seed: int) -> Field:
    light = sunlit(grass) * (0.35 + 0.65 * grass.chance(seed + 7)) + np.float32(0.10) * tufts
    green = mix(*GRASS, np.clip(light * np.float32(0.95) - np.float32(0.05), 0, 1))
    return mix(green, mix(*HAY, np.clip(light, 0, 1)), np.clip(grass.chance(seed + 8) * 3 - 2.1, 0, 0.8))


def _bushes(scene: Scene, top: float, bottom: float, seed: int) -> None:
    """Low bushes of single leaves: dark inside, the outer leaves in the light."""
    px, near = scene.height, 0.45 + 0.8 * nearness(top, bottom)
    top = max(0.35 * top + 0.65 * bottom, 0.815)
    hearts = scatter(scene, top, bottom, (0.085 * near + 0.03, bottom - top), seed).downwards()
    hearts = hearts.at((hearts.chance(seed + 3) < 0.45) & (on_path(hearts) < 0.3))
    if not len(hearts.x):
        return
    leaves, late, bush = _leaves(hearts, min(LEAVES, px // 3))
    lobe = LOBES[leaves.choice(len(LOBES), seed + 4)]
    u = 2 * leaves.chance(seed + 5) - 1
    v = (2 * leaves.chance(seed + 6) - 1) * np.sqrt(1 - u * u)
    u, v = u * (1 - 0.25 * late), v * (1 - 0.3 * late) + 0.25 * late
    reach = np.float32(0.030 * near) * (0.55 + 0.45 * hearts.chance(seed + 7))[bush]
    size = np.minimum(reach, _room(leaves, 0.014) / (1 + lobe[:, 1]))
    sunny = (0.25 + 0.75 * sunlit(hearts))[bush]
    rust = (hearts.chance(seed + 8) > 0.62)[bush].astype(np.float32)
    value = late * (0.30 + 0.40 * v + 0.25 * u * sunward(leaves.x)) * sunny * 2.0
    value = np.clip(value + 0.14 * leaves.chance(seed + 9) + 0.01, 0, 1)
    colours = mix(LEAF_SHADE, mix(LEAF_GREEN, LEAF_RUST, rust), value)
    kinds = [leaf(0.0088 * near * px, 0.0044 * near * px, math.pi * k / 8) for k in range(8)]
    which = leaves.choice(8, seed + 10)
    y = leaves.y - 0.3 * size - (lobe[:, 1] + v) * size * 0.8
    left, corner = centred(kinds, which, scene.column(leaves.x + (lobe[:, 0] + u) * reach), y * px)
    lay(scene.rgb, kinds, which, left, corner, colours, 0.95)


def _leaves(hearts: Scatter, count: int) -> tuple[Scatter, Field, Integers]:
    """The leaves of all bushes in the order of painting, how late in it each comes (0..1), and its bush."""
    number, bush = (a.ravel() for a in np.mgrid[:count, : len(hearts.x)])
    one = hearts.at(bush)
    leaves = Scatter(one.x, one.y, one.seed, one.ix, one.iy * LEAVES + number)
    return leaves, (number / count).astype(np.float32), bush


def _blossom(size_px: float, turned: float) -> Stamp:
    """Five petals round a darker heart."""
    half = math.ceil(size_px * 0.6 + 0.5)
    v, u = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32) * np.float32(2 / size_px)
    discs = [(0.0, 0.0)] + [
        (0.55 * math.cos(turned + k * 1.2566), 0.42 * math.sin(turned + k * 1.2566)) for k in range(5)
    ]
    inside = [np.float32(0.43) - np.sqrt((u - np.float32(x)) ** 2 + (v - np.float32(y)) ** 2) for x, y in discs]
    cover = np.clip(np.maximum.reduce(inside) * np.float32(size_px / 2) + np.float32(0.5), 0, 1)
    heart = np.clip(1 - np.float32(5) * (u * u + v * v), 0, 1)
    tone = (np.float32(-0.10) * v - np.float32(min(0.25, 0.025 * size_px)) * heart) * cover
    return Stamp(cover[..., None], tone[..., None])


def _flowers(scene: Scene, top: float, bottom: float, seed: int) -> None:
    """Drifts of flowers, one kind here and another there."""
    px, near = scene.height, 0.4 + 0.8 * nearness(top, bottom)
    flowers = scatter(scene, max(top, 0.812), bottom, (0.0062 * near + 0.002, (bottom - top) / 4), seed).downwards()
    drifts = flowers.noise(3.7, 10.0, seed + 3) + np.float32(0.5) * flowers.noise(15.0, 30.0, seed + 4)
    flowers = flowers.at((drifts + 0.5 * flowers.chance(seed + 5) > 0.62) & (on_path(flowers) < 0.2))
    kind = 0.9 * flowers.noise(2.3, 5.0, 470) + 0.5 + 0.12 * (flowers.chance(seed + 6) - 0.5)
    petals = FLOWERS[np.floor(kind * len(FLOWERS)).astype(np.int64) % len(FLOWERS)]
    light = 0.50 + 0.50 * sunlit(flowers) * (0.6 + 0.4 * flowers.chance(seed + 9))
    lift = np.minimum((0.016 + 0.022 * flowers.chance(seed + 8)) * near, _room(flowers, 0.010))
    size = 0.0050 * near * px
    kinds = [_blossom(max(1.6, size * grown), turned) for grown, turned in ((0.75, 0.2), (1.15, 0.9), (0.95, 2.2))]
    which = flowers.choice(3, seed + 7)
    left, corner = centred(kinds, which, scene.column(flowers.x), (flowers.y - lift) * px)
    lay(scene.rgb, kinds, which, left, corner, petals * light[:, None], 0.95)


def _ears(scene: Scene, top: float, bottom: float, seed: int) -> None:
    """Ripe grasses that stand above the others and hold the light in their ears."""
    px, near = scene.height, 0.35 + 0.75 * nearness(top, bottom)
    ears = scatter(scene, max(top, 0.812), bottom, (0.0058 * near + 0.0015, (bottom - top) / 4), seed).downwards()
    ears = ears.at((ears.noise(4.3, 9.0, seed + 3) + 0.6 * ears.chance(seed + 4) > 0.55) & (on_path(ears) < 0.2))
    tall = np.minimum((0.030 + 0.030 * ears.chance(seed + 5)) * near, _room(ears, 0.012))
    lean = tall * np.float32(0.45) * (_leaning(ears) * np.float32(0.6) + np.float32(0.4))
    colours = mix(*EARS, np.float32(0.30) + sunlit(ears) * (0.35 + 0.35 * ears.chance(seed + 6)))
    which = ears.choice(3, seed + 7)
    stem = [bristle_stroke(max(2.5, 0.010 * near * px), max(0.8, 0.0010 * px), -1.2, 480)]
    for share in (0.55, 0.70, 0.85) if px > 300 else ():
        left, corner = centred(stem, 0 * which, scene.column(ears.x + share**2 * lean), (ears.y - share * tall) * px)
        lay(scene.rgb, stem, 0 * which, left, corner, colours * np.float32(0.75), 0.8)
    kinds = [leaf(max(3.0, 0.0135 * near * px), max(1.2, 0.0026 * near * px), turn) for turn in (-1.35, -1.15, -0.9)]
    left, corner = centred(kinds, which, scene.column(ears.x + lean), (ears.y - tall) * px)
    lay(scene.rgb, kinds, which, left, corner, colours, 0.9)
