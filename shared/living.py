"""Living layers: plates that sway and ripple in themselves while they travel, by a spectral volume of their own.

The motion is laid out on the plate and not on the frame, so leaves keep their sway while they slide past, and tiles of
one plate, which share their picture, share its motion. It repeats along the plate: after its circumference in a loop,
else after some pictures' widths, where nobody sees it, so an endless plate needs no endless field. What moves is a
layer, and its matte moves with it. A mask of the picture was the other road: it would end where the picture does, and
the plate goes on. Objects stay still: a boat does not ripple.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .finishing import LivingLayer
from .plan import Plan
from .plates import Plate, Tile
from .ramp import Slide
from .spectral import SpectralVolume, folding, procedural
from .sway import Heights, Rows

Columns = NDArray[np.float64]
CELLS = 96
"""Cells of the field along a picture's width: three of them to the smallest grain of eight frequencies."""
REPEATS_WIDTHS = 4
"""Pictures' widths after which the motion of a plate that does not come round repeats."""
STRONGEST = 20.0
"""What a gain is at most, whatever would fold."""


@dataclass(frozen=True)
class Body:
    """How a plate moves at gain 1: all that its field is computed from. Rows `top`..`top + height` of the plate, and
    `width` px after which it repeats, on a picture `unit_px` wide. What is `rooted` is held as its preset says."""

    preset: str
    wind_deg: float
    correlation: float
    seed: int
    frequencies: int
    period_s: float
    width: int
    top: int
    height: int
    unit_px: int
    rooted: bool


@dataclass(frozen=True)
class Life:
    """The entry `living` of the project on a tile whose corner is at `x`, `y` of its plate.

    `turns` are the periods in all `frames`; a px of the plate is `scale` px of the output. `most` is the gain beyond
    which the picture would fold; one that is keyed has `gains`, one for each frame, and `gain` is the greatest. `reach`
    says how far anything is moved at most, across and down, in output px.
    """

    living: int
    body: Body
    x: int
    y: int
    scale: float
    gain: float
    most: float
    turns: float
    frames: int
    reach: tuple[float, float]
    gains: tuple[float, ...] = ()

    @property
    def strength(self) -> float:
        """The gain that counts."""
        return min(self.gain, self.most)

    def gain_at(self, n: float) -> float:
        """The gain that is wished for at frame n."""
        return self.gains[min(max(math.floor(n), 0), len(self.gains) - 1)] if self.gains else self.gain

    def turned(self, n: float) -> float:
        """Periods that have gone by at frame n."""
        return self.turns * n / self.frames


@lru_cache(maxsize=16)
def motion(body: Body) -> SpectralVolume:
    """The field of a plate at gain 1, in px of the plate."""
    cell = body.unit_px / CELLS
    shape = max(2, math.ceil(body.height / cell)), max(4, math.ceil(body.width / cell))
    return procedural.volume(
        np.ones(shape, np.float32),
        body.width,
        body.height,
        body.preset,
        wind_deg=body.wind_deg,
        correlation=body.correlation,
        seed=body.seed,
        period_s=body.period_s,
        frequencies=body.frequencies,
        periodic=True,
        unit_px=body.unit_px,
        rooted=body.rooted,
    )


@lru_cache(maxsize=64)
def most_gain(body: Body) -> float:
    """The gain beyond which the plate would fold over itself."""
    least = folding.least_stretch(motion(body))
    return STRONGEST if least >= 1 else min(STRONGEST, (1 - folding.LEAST_STRETCH) / (1 - least))


def greatest(wishes: Sequence[LivingLayer], keyed: Mapping[int, Sequence[LivingLayer]]) -> tuple[LivingLayer, ...]:
    """Entries as they are where those that are keyed move farthest."""
    return tuple(
        replace(wish, gain=max(moment.gain for moment in keyed[n])) if n in keyed else wish
        for n, wish in enumerate(wishes)
    )


def bodies(wishes: Sequence[LivingLayer], plan: Plan, plate: Plate) -> Iterator[tuple[int, Body]]:
    """The entries of the project that let a plate move, by their numbers, and how."""
    box = [tile.y for tile in plate.tiles], [tile.y + tile.height for tile in plate.tiles]
    for number, wish in enumerate(wishes):
        if wish.gain > 0 and wish.layer in (None, plate.index) and plate.tiles:
            yield (
                number,
                Body(
                    wish.preset,
                    wish.wind_deg % 360,
                    wish.correlation,
                    wish.seed,
                    wish.frequencies,
                    plan.frames / plan.fps / turns(wish, plan),
                    plan.circumference(plate.index) or REPEATS_WIDTHS * plan.width,
                    min(box[0]),
                    max(box[1]) - min(box[0]),
                    plan.width,
                    not plan.layers[plate.index].velocity[1],
                ),
            )


def turns(wish: LivingLayer, plan: Plan) -> float:
    """The periods of a motion in the whole video, in a loop whole ones."""
    wanted = plan.frames / plan.fps / wish.period_s
    return max(1, round(wanted)) if plan.loop else wanted


def lives(
    wishes: Sequence[LivingLayer],
    moving: Sequence[tuple[int, Body]],
    plan: Plan,
    tile: Tile,
    scale: float,
    keyed: Mapping[int, Sequence[LivingLayer]] | None = None,
) -> tuple[Life, ...]:
    """What the entries that move a plate do to one of its tiles, shown `scale` times as large."""
    out = []
    for number, body in moving:
        # together they must not fold, so each has its share
        wish, most = wishes[number], most_gain(body) / len(moving)
        found = np.abs(motion(body).fields).sum(0).max(axis=(1, 2)) * scale * min(wish.gain, most)
        reach = float(found[0]), float(found[1])
        at, gains = (tile.x, tile.y, scale), tuple(moment.gain for moment in (keyed or {}).get(number, ()))
        out.append(Life(number, body, *at, wish.gain, most, float(turns(wish, plan)), plan.frames, reach, gains))
    return tuple(out)


def lines(living: Sequence[Life], moved_alone: bool, height: int, swaying: Rows) -> Rows:
    """The lines of rows of a plane, given those that it has because it sways; fewer where no row has to be
    `moved_alone`."""
    if moved_alone:
        return swaying
    inner: list[float] = []
    if living:
        body = living[0].body
        inner = _lattice(living[0].y - body.top, height, body.height / motion(body).fields.shape[2])
    ends = {float(swaying.at[0]), 0.0, float(height), float(swaying.at[-1])}
    return Rows(np.array(sorted({*inner, *ends})), swaying.spare)


def across(living: Sequence[Life], width: int, spare: int) -> Columns:
    """Where the columns of a plane's mesh lie, in px of the tile: its edges, and between them the field's cells."""
    inner: list[float] = []
    if living:
        body = living[0].body
        inner = _lattice(living[0].x, width, body.width / motion(body).fields.shape[3])
    return np.array([-float(spare), *inner, float(width + spare)])


def _lattice(start: int, length: int, cell: float) -> list[float]:
    """The middles of a field's cells that lie well inside a tile which begins at `start`, in px of the tile."""
    first = math.ceil((start + cell / 4) / cell - 0.5)
    last = math.floor((start + length - cell / 4) / cell - 0.5)
    return [(i + 0.5) * cell - start for i in range(first, last + 1)]


def field(life: Life, at: Heights, columns: Columns, slide: Slide | None) -> NDArray[np.complex64]:
    """The amplitudes at gain 1 at the points of a tile's mesh, complex64 [K, 2, n, m], output px, y down."""
    parts = motion(life.body).fields
    looked = _looked_up(parts.reshape(-1, *parts.shape[2:]), life, at, columns, slide)
    return np.asarray(looked.reshape(*parts.shape[:2], len(at), len(columns)) * life.scale, np.complex64)


def moved(living: Sequence[Life], at: Heights, columns: Columns, slide: Slide | None, n: float) -> NDArray[np.float64]:
    """How far the points of a tile's mesh are moved at frame n, float64 [2, n, m], output px, y down."""
    out = np.zeros((2, len(at), len(columns)))
    for life in living:
        parts = motion(life.body).fields
        phases = 2 * math.pi * (np.arange(1, len(parts) + 1) * life.turned(n) % 1.0)
        now = np.tensordot(np.cos(phases), parts.real, 1) - np.tensordot(np.sin(phases), parts.imag, 1)
        out += min(life.gain_at(n), life.most) * life.scale * _looked_up(now, life, at, columns, slide)
    return out


def _looked_up(parts: NDArray[Any], life: Life, at: Heights, columns: Columns, slide: Slide | None) -> NDArray[Any]:
    """Fields [k, h, w] of a plate, bilinearly, at the points of a tile's mesh, [k, n, m]."""
    rows, count = parts.shape[1:]
    y = (life.y - life.body.top + at) * (rows / life.body.height) - 0.5
    ahead = np.zeros(len(at))
    if slide is not None:
        # a place of the ground is on the screen at U + s V k: every tile finds it at its U again
        scales = slide.ramp.scales(0, math.ceil(max(at[-1], 1)))
        ahead = np.interp(at, np.arange(len(scales)) + 0.5, 1 - scales) * slide.home_px
    x = (life.x + ahead[:, None] + columns) * (count / life.body.width) - 0.5
    y = np.clip(y, 0, rows - 1)
    top, left = np.minimum(y.astype(int), rows - 2), np.floor(x).astype(int)
    down, right = (y - top)[:, None], x - left
    corners = [parts[:, (top + dy)[:, None], (left + dx) % count] for dy in (0, 1) for dx in (0, 1)]
    upper, lower = (corners[i] * (1 - right) + corners[i + 1] * right for i in (0, 2))
    return np.asarray(upper * (1 - down) + lower * down)


def lowered(living: Sequence[Life]) -> list[str]:
    """What is to be said of entries whose gain was lowered, a sentence each."""
    least: dict[int, Life] = {}
    for life in living:
        if life.gain > life.most:
            least[life.living] = min(life, least.get(life.living, life), key=lambda one: one.most)
    return [
        f"living.{number}: the gain {life.gain:g} was lowered to {life.most:.2g}, so that nothing folds over itself."
        for number, life in sorted(least.items())
    ]
