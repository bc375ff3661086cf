"""Moonlight: two fans of soft beams that wax and wane against each other, and motes of dust that glint in them.

Beams are light added to the picture (screen: it never burns out). A fan is noise over the angle round the source, so
each beam widens as it goes; two fans that trade places look like light that shifts between clouds. Rotating one fan was
the other road; its beams sweep like a searchlight.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..finishing import Overlay
from .sheet import Sheet, Stage, Wave

Field = NDArray[np.float32]
SCALE = 4.0
COLOUR = (0.74, 0.84, 1.0)
PLACE = (0.62, -0.12)
SPREAD_DEG = 34.0
FANS, MOTES = 2, 3


def sheets(o: Overlay, stage: Stage) -> Iterator[Sheet]:
    """Two fans and three sets of motes."""
    place = o.place or PLACE
    beams = Sheet(
        name="",
        overlay=0,
        kind="moonlight",
        part=0,
        seed=o.seed,
        blend="screen",
        width=math.ceil(stage.width / SCALE) + 2,
        height=math.ceil(stage.height / SCALE) + 2,
        scale=SCALE,
        origin=(-SCALE, -SCALE),
        amount=o.amount,
        start=0,
        end=stage.frames,
        colour=o.colour or COLOUR,
        shape={
            "x": place[0] * stage.width,
            "y": place[1] * stage.height,
            "angle": math.radians(o.angle_deg),
            "reach": float(stage.height),
            "size": o.size,
        },
    )
    slow, slower = (stage.times(o.speed * hz) for hz in (0.13, 0.05))
    for part in range(FANS):
        turned = part / 2 + 0.1
        waves = (Wave(slower, 0.30, turned), Wave(slow, 0.09, turned + 0.3))
        yield replace(beams, part=part, base=0.66, waves=waves)
    for part in range(FANS, FANS + MOTES):
        drift = 26 * stage.unit * (1 + 0.3 * part)
        margin = math.ceil(drift) + 2
        yield replace(
            beams,
            part=part,
            scale=1.0,
            width=stage.width + 2 * margin,
            height=stage.height + 2 * margin,
            origin=(-margin, -margin),
            sway=(drift, drift * 0.6),
            sway_turns=stage.times(o.speed * 0.035),
            phase=part / MOTES,
            base=0.5,
            waves=(Wave(stage.times(o.speed * 0.21), 0.5, part / MOTES),),
            shape={**beams.shape, "margin": margin, "unit": stage.unit * o.size},
        )


def draw(sheet: Sheet) -> Field:
    """Light 0..1 of a fan or of motes, float32 [h, w]."""
    margin = sheet.shape.get("margin", SCALE)
    rows, columns = np.ogrid[: sheet.height, : sheet.width]
    x = (columns + 0.5) * sheet.scale - margin - sheet.shape["x"]
    y = (rows + 0.5) * sheet.scale - margin - sheet.shape["y"]
    if sheet.part < FANS:
        rng = np.random.default_rng([sheet.seed, sheet.part, 6])
        return _fan(x, y, sheet, _beams(rng, sheet.shape["size"])).astype(np.float32)
    rng = np.random.default_rng([sheet.seed, sheet.part - FANS, 6])
    lit = _fan(x, y, sheet, _beams(np.random.default_rng([sheet.seed, 0, 6]), sheet.shape["size"]))
    return _motes(lit, sheet.shape["unit"], rng)


Profile = NDArray[np.float64]


def _beams(rng: np.random.Generator, size: float) -> Profile:
    """Brightness of the beams over the angle, float64 [n], the fan from edge to edge: few broad ones, some thin."""
    at = np.linspace(0, 1, 2048)
    light = np.zeros_like(at)
    for count, weight, power in ((5, 1.0, 1.0), (11, 0.75, 1.4), (26, 0.35, 1.6)):
        waves = max(2, round(count / size))
        knots = rng.random(waves + 3)
        place = at * waves + rng.random()
        i = place.astype(int)
        t = place - i
        t = t * t * t * (t * (t * 6 - 15) + 10)
        light += weight * (knots[i] * (1 - t) + knots[i + 1] * t) ** power
    light = np.clip((light - np.quantile(light, 0.28)) / (np.quantile(light, 0.97) - np.quantile(light, 0.28)), 0, 1.2)
    edge = np.clip(np.minimum(at, 1 - at) / 0.33, 0, 1)
    return np.asarray(light**1.35 * (edge * edge * (3 - 2 * edge)), np.float64)


def _fan(x: Profile, y: Profile, sheet: Sheet, beams: Profile) -> Profile:
    """The light of a fan at places relative to its source: a bright heart, beams that thin out with the way."""
    far = np.hypot(x, y) / sheet.shape["reach"]
    angle = np.arctan2(x, y) - sheet.shape["angle"]
    angle = np.where(angle > math.pi, angle - 2 * math.pi, np.where(angle < -math.pi, angle + 2 * math.pi, angle))
    spread = math.radians(SPREAD_DEG)
    shown = np.interp((angle + spread) / (2 * spread), np.linspace(0, 1, len(beams)), beams, left=0, right=0)
    # near the source beams flow together: what little differs there would be a star of needles
    together = np.exp(-np.square(far / 0.16))
    around = 0.42 * np.exp(-np.square(angle / (spread * 0.7)))
    light = shown * (1 - together) + around * together + 0.14 * np.exp(-np.square(angle / (spread * 0.62)))
    return np.asarray(np.clip(0.95 * light * np.exp(-far * 0.85) / (1 + 0.35 * far), 0, 1), np.float64)


def _motes(lit: Profile, unit: float, rng: np.random.Generator) -> Field:
    """Small soft specks where a fan is bright, the fewer the darker it is."""
    out = np.zeros(lit.shape, np.float32)
    for _ in range(240):
        y, x = rng.random() * lit.shape[0], rng.random() * lit.shape[1]
        light = float(lit[int(y), int(x)])
        radius = max(0.7, (0.7 + 1.5 * rng.random() ** 3) * unit)
        shown = (0.35 + 0.65 * rng.random()) * min(1.0, light * 1.6) * (rng.random() < light * 2.4)
        reach = math.ceil(3 * radius)
        rows = slice(max(0, int(y) - reach), int(y) + reach + 1)
        columns = slice(max(0, int(x) - reach), int(x) + reach + 1)
        v, u = np.ogrid[rows, columns]
        part = out[rows, columns]
        v, u = v[: part.shape[0]], u[:, : part.shape[1]]
        bell = np.exp(-((u + 0.5 - x) ** 2 + (v + 0.5 - y) ** 2) / (radius * radius))
        part[:] = np.maximum(part, shown * bell)
    return out
