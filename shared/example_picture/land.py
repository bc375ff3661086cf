"""The land: ridges that pale with distance over a wooded far shore; all of it between the haze and the waterline.

Each ridge is a line of noise with slope light from a second noise; meshes would cost more and show no more here.
"""

import numpy as np

from .noise import Field, fbm, line, smoothstep
from .scene import HORIZON, RIDGES, Scene, mix
from .strokes import repaint

RANGES = (
    (0.455, 0.050, 1.6, (0.640, 0.620, 0.625), (0.835, 0.720, 0.620)),
    (0.487, 0.036, 2.6, (0.475, 0.515, 0.545), (0.705, 0.640, 0.550)),
    (0.517, 0.024, 4.2, (0.325, 0.395, 0.395), (0.550, 0.530, 0.410)),
    (0.545, 0.014, 8.0, (0.130, 0.175, 0.140), (0.370, 0.370, 0.210)),
)
"""Far to near: middle height, swing, frequency, colour in shade and in light."""


def paint_land(scene: Scene) -> None:
    """Paint the ridges, rows RIDGES to HORIZON."""
    top, bottom = scene.row(RIDGES), scene.row(HORIZON)
    y = scene.y[top:bottom].astype(np.float32)[:, None]
    for index, (middle, swing, frequency, shade, light) in enumerate(RANGES):
        seed = scene.seed + 200 + 11 * index
        crest = middle - np.float32(swing) * line(scene.x * frequency, 8 if index == 3 else 6, seed, 0.5 + 0.04 * index)
        crest = np.maximum(crest, np.float32(RIDGES + 0.012))[None, :]
        slope = fbm(scene.x * frequency * 6, scene.y[top:bottom] * frequency * 9, 6, seed + 5, 0.6)
        foot = smoothstep(0.0, 0.06, y - crest) * np.float32(0.45 if index < 3 else 0.1)
        colour = mix(shade, light, np.clip(0.35 + 0.55 * slope, 0, 1))
        colour = mix(colour, np.array([0.86, 0.76, 0.62]), foot)
        cover: Field = np.clip((y - crest) * np.float32(scene.height) + 0.5, 0, 1)
        scene.over(top, bottom, cover, colour)
    angle = np.float32(0.12) * fbm(scene.x * 9, scene.y[top:bottom] * 9, 2, scene.seed + 260)
    repaint(scene, top, bottom, 0.011, 0.0030, angle, scene.seed + 261, opacity=0.5, jitter=0.035)
