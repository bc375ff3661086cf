"""The near shore: earth, then tufts of grass and leaves row by row from the water's edge to the lower border.

Every plant stands below the top of the foreground layer, so that no cut between layers tears one.
"""

import math

import numpy as np

from .noise import Field, fbm, line, uniform
from .scene import FOREGROUND, Scene, mix
from .strokes import blade, centred, lay, leaf, repaint, standing

_ROWS = 9


def paint_foreground(scene: Scene) -> None:
    """Paint the bank and its plants, rows FOREGROUND to the bottom."""
    top, h = scene.row(FOREGROUND), scene.height
    ys = scene.y[top:]
    bank = np.float32(0.835) + np.float32(0.022) * line(scene.x * 1.7, 6, scene.seed + 401)
    earth = fbm(scene.x * 16, ys * 34, 7, scene.seed + 402, 0.62)
    cover: Field = np.clip((ys.astype(np.float32)[:, None] - bank) * h + 0.5, 0, 1).astype(np.float32)
    scene.over(top, h, cover, mix((0.085, 0.085, 0.055), (0.350, 0.290, 0.165), np.clip(0.35 + 0.6 * earth, 0, 1)))
    angle = np.float32(0.1) * earth
    repaint(scene, top, h, 0.014, 0.0035, angle, scene.seed + 403, opacity=0.35, jitter=0.03)
    for row in range(_ROWS):
        _plant(scene, row, bank)


def _plant(scene: Scene, row: int, bank: Field) -> None:
    """One row of clumps: leaves first, the grass in front of them."""
    h, seed, part = scene.height, scene.seed + 500 + 20 * row, row / (_ROWS - 1)
    for kind, spacing in (("leaf", 0.0014), ("blade", 0.0013)):
        salt = seed + (0 if kind == "leaf" else 10)
        ix = np.arange(math.floor(scene.x[0] / spacing), math.ceil(scene.x[-1] / spacing))
        chance = [uniform(ix, np.array([k]), salt) for k in range(6)]
        x = (ix + chance[0].astype(np.float64)) * spacing
        clump = line(x * (5 if kind == "leaf" else 9), 3, salt + 6)
        keep = chance[1] < np.clip(0.42 + clump, 0.04, 1)
        x, clump, chance = x[keep], clump[keep], [c[keep] for c in chance]
        column = scene.column(x)
        edge = bank[np.clip(column, 0, len(bank) - 1).astype(np.int64)]
        base = edge + (1.02 - edge) * part + 0.012 * (chance[2] - 0.5)
        size = (0.6 + 0.8 * part) * (0.018 + 0.022 * np.clip(clump, 0, 1))
        light = np.clip(0.25 + 0.5 * clump + 0.5 * (chance[3] - 0.3), 0, 1).astype(np.float32)
        if kind == "leaf":
            y = base - size * 1.4 * chance[4]
            light = np.clip(0.6 * light + 0.5 * chance[4], 0, 1)
            long = max(2.0, h * (0.006 + 0.004 * part))
            stamps = [leaf(long, long * 0.48, math.pi * k / 16) for k in range(16)]
            which = np.floor(chance[5] * 16).astype(np.int64)
            left, corner = centred(stamps, which, column, y * h)
        else:
            heights = [0.6, 0.8, 1.0, 1.25]
            tall = h * (0.022 + 0.020 * part)
            stamps = [
                blade(tall * k, max(1.0, h * 0.0016), tall * k * lean, 0.7)
                for k in heights
                for lean in (-0.5, -0.2, 0.15, 0.4)
            ]
            which = np.floor(chance[5] * len(stamps)).astype(np.int64)
            left, corner = standing(stamps, which, column, base * h)
        colours = mix((0.060, 0.085, 0.045), (0.520, 0.470, 0.190), light)
        lay(scene.rgb, stamps, which, left, np.maximum(corner, scene.row(FOREGROUND)), colours, 0.95)
