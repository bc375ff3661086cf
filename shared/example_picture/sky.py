"""The sky: a gradient, streaks of high cloud and four rows of cumulus that grow smaller towards the horizon.

Rows of flat-bottomed clouds, far to near, are how a painter of coulisses sees the sky and leave each row its scale;
one perspective cloud plane would need a vanishing point, which a picture without sides does not have. A cloud is lit
where its density falls off towards the sun, which gives bright rims against the light and grey hearts.
"""

import numpy as np

from .noise import Field, bell, fbm, fbm_at, grid, line, smoothstep
from .scene import HORIZON, SUN, Scene, gradient, mix, sunward
from .strokes import repaint

AIR: list[tuple[float, tuple[float, float, float]]] = [
    (0.00, (0.235, 0.365, 0.475)),
    (0.12, (0.365, 0.485, 0.555)),
    (0.24, (0.585, 0.645, 0.625)),
    (0.32, (0.800, 0.755, 0.620)),
    (0.39, (0.925, 0.805, 0.590)),
    (0.46, (0.930, 0.790, 0.585)),
    (0.56, (0.880, 0.740, 0.570)),
]
ROWS = (
    (0.372, 0.030, 0.060, 0.02),
    (0.325, 0.062, 0.120, 0.02),
    (0.255, 0.105, 0.200, -0.01),
    (0.150, 0.170, 0.300, -0.06),
)
"""Rows of cumulus from far to near: height of the base, thickness, scale (all heights), and how closed the row is."""


def sun_glow(scene: Scene, rows: int) -> Field:
    """How near the light is, 0..1: wide along the horizon, so that the picture stays even from left to right."""
    dx = (scene.x - SUN[0]).astype(np.float32)[None, :]
    dy = (scene.y[:rows] - SUN[1]).astype(np.float32)[:, None]
    far = bell(np.sqrt(dx * dx * np.float32(2.2) + dy * dy * np.float32(30)))
    near = bell(np.sqrt(dx * dx * np.float32(60) + dy * dy * np.float32(190)))
    return np.float32(0.55) * far + np.float32(0.45) * near


def paint_sky(scene: Scene) -> None:
    """Paint the rows from the top down to the waterline."""
    rows = scene.row(HORIZON)
    glow = sun_glow(scene, rows)
    scene.rgb[:rows] = gradient(scene.y[:rows], AIR)[:, None]
    scene.rgb[:rows] += glow[..., None] * np.array([0.24, 0.17, 0.02], np.float32)
    _high_streaks(scene, rows, glow)
    for index, (base, thickness, scale, closed) in enumerate(ROWS):
        _cumulus(scene, index, base, thickness, scale, closed, glow)
    _haze_bars(scene, rows)
    _brush_sky(scene, rows)


def _high_streaks(scene: Scene, rows: int, glow: Field) -> None:
    x, y = scene.x[None, :].astype(np.float32), scene.y[:rows, None].astype(np.float32)
    bend = grid(scene.x * 1.5, scene.y[:rows] * 3, scene.seed + 11) * np.float32(0.06)
    veil = fbm_at(x * 1.6 + y * 2.2, (y + bend - x * 0.06) * 13, 6, scene.seed + 12, 13 / scene.height, 0.55)
    cover = smoothstep(-0.1, 0.9, veil) * smoothstep(0.34, 0.16, y) * np.float32(0.62)
    scene.over(0, rows, cover, mix((0.74, 0.72, 0.67), (1.0, 0.86, 0.64), np.clip(glow * 1.6, 0, 1)))


def _cumulus(scene: Scene, index: int, base: float, thickness: float, scale: float, closed: float, glow: Field) -> None:
    """One row of clouds with a ragged flat base and heaped tops."""
    seed = scene.seed + 20 + 7 * index
    bottom = scene.row(base + 0.35 * thickness)
    top = scene.row(max(base - 1.9 * thickness, 0.0))
    x, y = scene.x.astype(np.float32)[None, :], scene.y[top:bottom].astype(np.float32)[:, None]
    frequency = np.float32(1 / scale)
    warp_x = fbm(scene.x * 1.7 / scale, scene.y[top:bottom] * 2.1 / scale, 3, seed + 1)
    warp_y = fbm(scene.x * 1.7 / scale, scene.y[top:bottom] * 2.1 / scale, 3, seed + 2)
    body = fbm_at(
        x * frequency * np.float32(0.8) + warp_x * np.float32(0.22),
        y * frequency * np.float32(1.5) + warp_y * np.float32(0.28),
        7,
        seed,
        1.5 / scale / scene.height,
        0.56,
    )
    heaps = line(scene.x * 0.42 / scale, 3, seed + 3)[None, :]
    level = (np.float32(base) - y) * np.float32(1 / thickness)
    density = 0.62 * body + 0.75 * heaps + np.float32(closed + 0.30) - 0.62 * np.abs(level - 0.25)
    density -= 1.6 * np.maximum(0, 0.08 * heaps - level - 0.02)
    cover = smoothstep(0.0, 0.20, density)
    lit = _lit(scene, density, scale)
    heart = smoothstep(0.12, 0.85, density)
    near = np.clip(glow[top:bottom] * np.float32(1.5), 0, 1)
    height = np.clip(y * np.float32(2.6), 0, 1)
    shade = mix((0.345, 0.395, 0.465), (0.610, 0.535, 0.520), height * np.ones_like(near))
    light = mix((0.965, 0.900, 0.775), (1.0, 0.835, 0.560), np.clip(near + 0.35 * height, 0, 1))
    colour = mix(shade, light, np.clip(lit * (1 - 0.35 * heart) + 0.28 * near, 0, 1))
    scene.over(top, bottom, cover * np.float32(0.93), colour)


def _lit(scene: Scene, density: Field, scale: float) -> Field:
    """Light 0..1 where the cloud thins out towards the sun and the upper sky, over two distances."""
    lit = np.full(density.shape, 0.34, np.float32)
    side = sunward(scene.x)[None, :]
    for reach, weight in ((0.22, 0.75), (0.07, 0.85)):
        step = max(1, round(reach * scale * scene.height))
        upper = density - _shifted(density, 0, step)
        aside = density - _shifted(density, -step, 0)
        lit += np.float32(weight) * (np.float32(0.75) * upper + aside * side * np.float32(0.55))
    return np.clip(lit, 0, 1)


def _shifted(field: Field, columns: int, rows: int) -> Field:
    """The field moved right and down by whole pixels, its border repeated."""
    row = np.clip(np.arange(field.shape[0]) - rows, 0, field.shape[0] - 1)
    column = np.clip(np.arange(field.shape[1]) - columns, 0, field.shape[1] - 1)
    return field[row][:, column]


def _haze_bars(scene: Scene, rows: int) -> None:
    """Thin level bars of haze above the ridges: the same along the whole width, so that the sky may slide there."""
    top = scene.row(0.33)
    y = scene.y[top:rows]
    bars = fbm(scene.x * 1.1, y * 46, 5, scene.seed + 61)
    cover = smoothstep(0.0, 0.9, bars) * bell((y.astype(np.float32)[:, None] - 0.40) * 18) * np.float32(0.5)
    scene.over(top, rows, cover, np.array([0.745, 0.655, 0.585]))
    bright = smoothstep(0.15, 0.9, -bars) * bell((y.astype(np.float32)[:, None] - 0.405) * 22) * np.float32(0.5)
    scene.over(top, rows, bright, np.array([1.0, 0.875, 0.650]))


def _brush_sky(scene: Scene, rows: int) -> None:
    swirl = fbm(scene.x * 3.2, scene.y[:rows] * 6, 3, scene.seed + 71)
    calm = smoothstep(0.40, 0.10, scene.y[:rows].astype(np.float32)[:, None])
    angle = swirl * (np.float32(0.05) + np.float32(0.20) * calm)
    repaint(scene, 0, rows, 0.034, 0.0075, angle, 72, coverage=1.6, opacity=0.42, jitter=0.022)
    repaint(scene, 0, rows, 0.017, 0.0036, angle, 73, coverage=1.3, opacity=0.5, jitter=0.03)
