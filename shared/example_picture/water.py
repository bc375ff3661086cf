"""Calm water: the land and sky mirrored with rows that ripple sideways, darker and greener towards the viewer.

Ripples are bands of level noise, coarser the nearer they lie; a wave model would add nothing to calm water.
"""

import numpy as np

from .noise import bell, fbm, smoothstep
from .scene import FOREGROUND, HORIZON, SUN, Scene, mix
from .strokes import repaint


def paint_water(scene: Scene, bottom: int) -> None:
    """Paint rows HORIZON to `bottom` from what is already above the waterline."""
    top = scene.row(HORIZON)
    ys = scene.y[top:bottom]
    y = ys.astype(np.float32)[:, None]
    near = np.clip((y - HORIZON) / (FOREGROUND - HORIZON), 0, 1)
    fine = fbm(scene.x * 22, ys * 190, 4, scene.seed + 301, 0.6)
    coarse = fbm(scene.x * 7, ys * 60, 5, scene.seed + 302, 0.6)
    ripple = fine * (1 - near) + coarse * near
    depth = (y - HORIZON) * np.float32(1.45) + ripple * (np.float32(0.006) + np.float32(0.035) * near)
    source = np.clip(top - 1 - depth * scene.height, 0, top - 1).astype(np.int64)
    mirrored = scene.rgb[source, np.arange(len(scene.x))[None, :]]
    body = np.array([0.125, 0.215, 0.225], np.float32)
    scene.rgb[top:bottom] = mix(mirrored * np.float32(0.93), body, np.clip(0.10 + 0.5 * near - 0.22 * ripple, 0, 0.85))
    dx = (scene.x - SUN[0]).astype(np.float32)[None, :]
    glitter = smoothstep(0.35, 0.95, ripple) * (np.float32(0.22) + np.float32(0.6) * bell(dx * np.float32(3.5)))
    scene.over(top, bottom, glitter, np.array([1.0, 0.86, 0.60]))
    level = np.zeros((bottom - top, len(scene.x)), np.float32)
    repaint(scene, top, bottom, 0.020, 0.0026, level, scene.seed + 310, opacity=0.5, jitter=0.03)
