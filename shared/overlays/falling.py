"""What falls: rain and snow in three depths, drawn as many small specks on a picture that repeats along its way.

The picture repeats along one slanted vector, the way of a turn, and nowhere else: specks are thrown over one stretch of
it and copied on. So it falls at any angle without a seam, and no column repeats beside itself, as it would on a square
tile. Specks are thrown one to each cell of a loose grid: chance alone makes clumps that come round as a pulse.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..finishing import Overlay
from .sheet import Colour, Sheet, Stage

Field = NDArray[np.float32]
Specks = NDArray[np.float64]
MARGIN_PX = 3
THINNEST_PX = 0.62
"""Half the width below which a streak is drawn fainter and not thinner: it would fall between the pixels."""


@dataclass(frozen=True)
class Depth:
    """One depth: speed in px/s, half width and length in px, all at 1080 rows; specks to a frame; alpha 0..1."""

    speed: float
    half_px: float
    length_px: float
    count: int
    alpha: float
    softness: float = 0.5
    sway_px: float = 0.0


RAIN = (
    Depth(1150, 0.62, 30, 1700, 0.34),
    Depth(1750, 0.85, 64, 520, 0.46),
    Depth(2700, 1.35, 135, 90, 0.52),
)
SNOW = (
    Depth(62, 1.6, 0, 950, 0.85, 0.5, 14),
    Depth(105, 2.8, 0, 330, 1.0, 0.5, 26),
    Depth(180, 5.8, 0, 60, 0.9, 0.85, 44),
)
DEPTHS = {"rain": RAIN, "snow": SNOW}
COLOURS: dict[str, Colour] = {"rain": (0.80, 0.86, 0.94), "snow": (0.97, 0.98, 1.0)}


def sheets(o: Overlay, stage: Stage) -> Iterator[Sheet]:
    """Far, middle and near."""
    lean = math.tan(math.radians(o.angle_deg))
    for part, depth in enumerate(DEPTHS[o.kind]):
        unit = stage.unit
        down = stage.height * (1.0, 1.23, 1.55)[part]
        natural = depth.speed * unit * stage.seconds / down
        if stage.loop and o.speed:
            # as many whole turns as come nearest, and the way as long as the speed then asks for
            turns = max(1, round(natural * o.speed))
            down = min(2.0, max(0.7, natural * o.speed / turns)) * down
            natural = turns / o.speed
        slide = (down * lean, down)
        sway = depth.sway_px * unit * o.size
        margin = MARGIN_PX + math.ceil(sway)
        yield Sheet(
            name="",
            overlay=0,
            kind=o.kind,
            part=part,
            seed=o.seed,
            blend="over",
            width=_even(stage.width + abs(slide[0]) + 2 * margin),
            height=_even(stage.height + down + 2 * margin),
            scale=1.0,
            origin=(min(0, -slide[0]) - margin, -slide[1] - margin),
            amount=o.amount,
            start=0,
            end=stage.frames,
            colour=o.colour or COLOURS[o.kind],
            shape={"unit": unit * o.size, "count": depth.count / o.size**1.4 / (stage.width * stage.height)},
            lean_deg=o.angle_deg,
            slide=slide,
            natural_turns=natural,
            speed=o.speed,
            whole=stage.loop,
            phase=part * 0.37,
            sway=(sway, 0.0),
            sway_turns=stage.times((0.11, 0.14, 0.19)[part]) if sway else 0,
        )


def _even(px: float) -> int:
    """As many px or a little more: Blender turns strips and pictures about their middle in whole px."""
    return 2 * math.ceil(px / 2)


def draw(sheet: Sheet) -> Field:
    """Alpha 0..1 of the specks, float32 [h, w]."""
    depth = DEPTHS[sheet.kind][sheet.part]
    rng = np.random.default_rng([sheet.seed, sheet.part, len(sheet.kind)])
    field = np.zeros((sheet.height, sheet.width), np.float32)
    half, length = (v * sheet.shape["unit"] for v in (depth.half_px, depth.length_px))
    for x, y, size, light, turn in _thrown(sheet, rng):
        alpha = depth.alpha * light * min(1.0, half * size / THINNEST_PX) ** 0.6
        if sheet.kind == "rain":
            lean = math.radians((sheet.lean_deg or 0.0) + turn)
            _streak(field, x, y, max(THINNEST_PX, half * size), max(3.0, length * (0.6 + 0.8 * light)), lean, alpha)
        else:
            _disc(field, x, y, max(THINNEST_PX, half * size), depth.softness, alpha)
    return field


def _thrown(sheet: Sheet, rng: np.random.Generator) -> Iterator[tuple[float, float, float, float, float]]:
    """Specks in picture px and their copies along the way: x, y, size and light about 1, angle jitter in degrees."""
    across, down = sheet.slide
    copies = math.ceil(sheet.height / down) + 1
    first, last = -abs(across) * copies - 200, sheet.width + abs(across) * copies + 200
    cell = 1 / math.sqrt(sheet.shape["count"])
    rows, columns = max(1, round(down / cell)), max(1, round((last - first) / cell))
    at = rng.random((rows * columns, 2))
    i = np.arange(rows * columns)
    xs = first + (i % columns + 1.2 * at[:, 0]) * (last - first) / columns
    ys = (i // columns + 1.2 * at[:, 1]) * down / rows
    sizes = 0.75 + 0.5 * rng.random(len(i))
    lights = 0.45 + 0.55 * rng.random(len(i)) ** 1.5
    turns = rng.normal(0, 1.1, len(i))
    reach = 260 * max(1.0, sheet.shape["unit"])
    for k in range(-1, copies + 1):
        for x, y, *rest in zip(xs + k * across, ys + k * down, sizes, lights, turns, strict=True):
            if -reach < x < sheet.width + reach and -reach < y < sheet.height + reach:
                yield (x, y, *rest)


def _window(field: Field, x: float, y: float, rx: float, ry: float) -> tuple[slice, slice] | None:
    top, bottom = max(0, math.floor(y - ry)), min(field.shape[0], math.ceil(y + ry) + 1)
    left, right = max(0, math.floor(x - rx)), min(field.shape[1], math.ceil(x + rx) + 1)
    return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None


def _streak(field: Field, x: float, y: float, half: float, length: float, lean: float, alpha: float) -> None:
    """A line about x, y: a bell across, along it rising slowly and ending soon, as motion blur of a drop does."""
    dx, dy = math.sin(lean), math.cos(lean)
    where = _window(field, x, y, abs(dx) * length / 2 + 3 * half, dy * length / 2 + 3 * half)
    if where is None:
        return
    v, u = np.ogrid[where]
    along = ((u - x) * dx + (v - y) * dy) / length + 0.5
    across = ((u - x) * dy - (v - y) * dx) / half
    inside = np.clip(along, 0, 1)
    shape = 3.6 * inside**1.3 * (1 - inside) ** 0.7 * np.exp(-(across**2))
    field[where] = 1 - (1 - field[where]) * (1 - np.minimum(1, alpha * shape)).astype(np.float32)


def _disc(field: Field, x: float, y: float, half: float, softness: float, alpha: float) -> None:
    """A disc whose rim is soft over `softness` of its radius on both sides, at least a pixel."""
    soft = max(0.7, softness * half)
    where = _window(field, x, y, half + soft, half + soft)
    if where is None:
        return
    v, u = np.ogrid[where]
    inside = np.clip((half + soft - np.hypot(u - x, v - y)) / (2 * soft), 0, 1)
    shape = inside * inside * (3 - 2 * inside)
    field[where] = 1 - (1 - field[where]) * (1 - alpha * shape).astype(np.float32)
