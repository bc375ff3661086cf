"""Moonlight: two fans of soft beams that wax and wane against each other, and motes of dust that glint in them.

Beams are light added to the picture (screen: it never burns out). A fan is noise over the angle round the source, so
each beam widens as it goes; two fans that trade places look like light that shifts between clouds. Rotating one fan all
the time was the other road; its beams sweep like a searchlight. Where the angle is keyed, all turn about the source: so
the pictures show as much of the beams as could ever come into the frame.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..finishing import Overlay
from .sheet import Pair, Sheet, Stage, Wave

Field = NDArray[np.float32]
SCALE = 4.0
COLOUR = (0.74, 0.84, 1.0)
PLACE = (0.62, -0.12)
SPREAD_DEG = 34.0
SEEN_DEG = 58.0
"""How far from its middle the light of a fan reaches, until it is less than half a level."""
SEEN_REACHES = 6.0
"""How many heights of the frame it goes until it is less than half a level."""
FANS, MOTES = 2, 3
MOTES_PER_FRAME = 240


def sheets(o: Overlay, stage: Stage) -> Iterator[Sheet]:
    """Two fans and three sets of motes."""
    place = o.place or PLACE
    source = place[0] * stage.width, place[1] * stage.height
    beams = Sheet(
        name="",
        overlay=0,
        kind="moonlight",
        part=0,
        seed=o.seed,
        blend="screen",
        width=0,
        height=0,
        scale=SCALE,
        origin=(0, 0),
        amount=o.amount,
        start=0,
        end=stage.frames,
        colour=o.colour or COLOUR,
        shape={"reach": float(stage.height), "size": o.size},
        lean_deg=o.angle_deg,
        pivot=source,
    )
    slow, slower = (stage.times(o.speed * hz) for hz in (0.13, 0.05))
    for part in range(FANS):
        turned = part / 2 + 0.1
        waves = (Wave(slower, 0.30, turned), Wave(slow, 0.09, turned + 0.3))
        yield _cut(replace(beams, part=part, base=0.66, waves=waves), _box(stage, source, o.angle_deg, SEEN_DEG))
    for part in range(FANS, FANS + MOTES):
        drift = 26 * stage.unit * (1 + 0.3 * part)
        sheet = replace(
            beams,
            part=part,
            scale=1.0,
            sway=(drift, drift * 0.6),
            sway_turns=stage.times(o.speed * 0.035),
            phase=part / MOTES,
            base=0.5,
            waves=(Wave(stage.times(o.speed * 0.21), 0.5, part / MOTES),),
        )
        box = _box(stage, source, o.angle_deg, SPREAD_DEG, drift)
        cut = _cut(sheet, box)
        motes = MOTES_PER_FRAME * cut.width * cut.height / (stage.width * stage.height)
        yield replace(cut, shape={**cut.shape, "motes": motes, "unit": stage.unit * o.size})


@dataclass(frozen=True)
class _Box:
    """A rectangle about the source, in output px."""

    left: float
    top: float
    right: float
    bottom: float


def _box(stage: Stage, source: Pair, angle_deg: float, spread_deg: float, drift: float = 0.0) -> _Box:
    """What holds all of a fan that could come into the frame, whatever it is turned to."""
    corners = ((x, y) for x in (0, stage.width) for y in (0, stage.height))
    far = min(max(math.dist(source, corner) for corner in corners), SEEN_REACHES * stage.height) + drift
    angles = np.radians(np.linspace(angle_deg - spread_deg, angle_deg + spread_deg, 91))
    across, down = far * np.sin(angles), far * np.cos(angles)
    return _Box(min(0.0, across.min()), min(0.0, down.min()), max(0.0, across.max()), max(0.0, down.max()))


def _cut(sheet: Sheet, box: _Box) -> Sheet:
    """A sheet that shows what lies in a box, and a px more on all sides."""
    assert sheet.pivot is not None
    scale = sheet.scale
    left, top = math.floor(box.left / scale) - 1, math.floor(box.top / scale) - 1
    # even: Blender turns pictures about their middle in whole px
    width, height = (
        2 * math.ceil((math.ceil(end / scale) + 1 - begin) / 2) for begin, end in ((left, box.right), (top, box.bottom))
    )
    # on whole px, so that what is not turned is shown as it was drawn
    x, y = (math.floor(at + begin * scale) for at, begin in zip(sheet.pivot, (left, top), strict=True))
    origin = float(x), float(y)
    shape = {**sheet.shape, "x": sheet.pivot[0] - x, "y": sheet.pivot[1] - y}
    return replace(sheet, width=width, height=height, origin=origin, shape=shape)


def draw(sheet: Sheet) -> Field:
    """Light 0..1 of a fan or of motes, float32 [h, w]."""
    rows, columns = np.ogrid[: sheet.height, : sheet.width]
    x = (columns + 0.5) * sheet.scale - sheet.shape["x"]
    y = (rows + 0.5) * sheet.scale - sheet.shape["y"]
    if sheet.part < FANS:
        rng = np.random.default_rng([sheet.seed, sheet.part, 6])
        return _fan(x, y, sheet, _beams(rng, sheet.shape["size"])).astype(np.float32)
    rng = np.random.default_rng([sheet.seed, sheet.part - FANS, 6])
    lit = _fan(x, y, sheet, _beams(np.random.default_rng([sheet.seed, 0, 6]), sheet.shape["size"]))
    return _motes(lit, sheet.shape["unit"], round(sheet.shape["motes"]), rng)


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
    angle = np.arctan2(x, y) - math.radians(sheet.lean_deg or 0.0)
    angle = np.where(angle > math.pi, angle - 2 * math.pi, np.where(angle < -math.pi, angle + 2 * math.pi, angle))
    spread = math.radians(SPREAD_DEG)
    shown = np.interp((angle + spread) / (2 * spread), np.linspace(0, 1, len(beams)), beams, left=0, right=0)
    # near the source beams flow together: what little differs there would be a star of needles
    together = np.exp(-np.square(far / 0.16))
    around = 0.42 * np.exp(-np.square(angle / (spread * 0.7)))
    light = shown * (1 - together) + around * together + 0.14 * np.exp(-np.square(angle / (spread * 0.62)))
    return np.asarray(np.clip(0.95 * light * np.exp(-far * 0.85) / (1 + 0.35 * far), 0, 1), np.float64)


def _motes(lit: Profile, unit: float, count: int, rng: np.random.Generator) -> Field:
    """Small soft specks, `count` of them at most, where a fan is bright, the fewer the darker it is."""
    out = np.zeros(lit.shape, np.float32)
    for _ in range(count):
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
