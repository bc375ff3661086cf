"""Living layers: plates that sway and ripple in themselves while they travel, by a spectral volume of their own.

The motion is laid out on the plate and not on the frame, so leaves keep their sway while they slide past, and tiles of
one plate, which share their picture, share its motion. It repeats along the plate: after its circumference in a loop,
else after some pictures' widths, where nobody sees it, so an endless plate needs no endless field. What moves is a
layer, and its matte moves with it, or what of it a mask says (`living_masks`). Moving the finished frames was the other
road: it would tear every layer along the borders of those before it. Objects stay still: a boat does not ripple.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from . import living_masks, poking
from .errors import UsageError
from .finishing import LivingLayer
from .living_masks import Masks
from .over_time import clock
from .plan import Plan
from .plates import Plate
from .poking import Ringing
from .spectral import SpectralVolume, clips, folding, modes, procedural
from .spectral import drift as drifting
from .spectral.modes import Mode

CELLS = 96
"""Cells of the field along a picture's width: three of them to the smallest grain of eight frequencies."""
REPEATS_WIDTHS = 4
"""Pictures' widths after which the motion of a plate that does not come round repeats."""
STRONGEST = 20.0
"""What a gain is at most, whatever would fold."""


@dataclass(frozen=True)
class Body:
    """How a plate moves at gain 1: all that its field is computed from. Rows `top`..`top + height` of the plate, and
    `width` px after which it repeats, on a picture `unit_px` wide. What is `rooted` is held as its preset says. With a
    `clip`, a file whose bytes have that `digest`, it moves as is kept there."""

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
    clip: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Life:
    """The entry `living` of the project on a tile whose corner is at `x`, `y` of its plate.

    `natural` are the periods in all `frames` at speed 1 and `turns` those that there are, in a loop (`whole`) whole
    ones; `clock` is the time of a speed that is keyed, a frame for every frame. A px of the plate is `scale` px of the
    output. `most` is the gain beyond which the picture would fold; one that is keyed has `gains`, one for each frame,
    and `gain` is the greatest. `reach` says how far anything is moved at most, across and down, in output px. Where the
    wind is keyed, `winds` in degrees, an entry is four lives, one for each quarter of the compass (`share`). What is
    poked rings besides. Where there is a `mask`, each cell of the tile moves as much as it says. `drift`
    is how far its colours move on in a period, in px of the plate.
    """

    living: int
    body: Body
    x: int
    y: int
    scale: float
    gain: float
    most: float
    natural: float
    turns: float
    frames: int
    reach: tuple[float, float]
    whole: bool = False
    gains: tuple[float, ...] = ()
    winds: tuple[float, ...] = ()
    clock: tuple[float, ...] = ()
    ringing: Ringing | None = None
    mask: str = ""
    drift: tuple[float, float] = (0.0, 0.0)

    @property
    def strength(self) -> float:
        """The gain that counts."""
        return min(self.gain, self.most)

    def gain_at(self, n: float) -> float:
        """The gain that is wished for at frame n."""
        return _at(self.gains, n) if self.gains else self.gain

    def share(self, n: float) -> float:
        """How much of a wind that turns is this life's at frame n: the cosine of the angle between the two, or 0."""
        return max(0.0, math.cos(math.radians(_at(self.winds, n) - self.body.wind_deg))) if self.winds else 1.0

    def turned(self, n: float) -> float:
        """Periods that have gone by at frame n."""
        return self.turns * (_at(self.clock, n) if self.clock else n) / self.frames

    def looks(self, n: float) -> Iterator[tuple[float, float, float]]:
        """The two looks at colours that drift: how far each has gone at frame n, x and y in px, and its weight."""
        for phase in drifting.phases(self.turned(n), 1.0):
            yield self.drift[0] * phase.drifted_s, self.drift[1] * phase.drifted_s, phase.weight


def check(wishes: Sequence[LivingLayer], layer: int, shimmers: bool) -> None:
    """Raise UsageError where the colours of a layer cannot drift as is wished."""
    numbers = [n for n, wish in enumerate(wishes) if any(wish.drift) and wish.layer in (None, layer)]
    if len(numbers) > 1:
        raise UsageError(
            f"living.{numbers[1]}: the layer {layer} drifts already, by living.{numbers[0]}.", "Let one of them drift."
        )
    if numbers and shimmers:
        raise UsageError(
            f"living.{numbers[0]}: the layer {layer} shimmers, and what shimmers cannot drift.", "Choose one of both."
        )


def _at(values: Sequence[float], n: float) -> float:
    return values[min(max(math.floor(n), 0), len(values) - 1)]


@lru_cache(maxsize=16)
def motion(body: Body) -> SpectralVolume:
    """The field of a plate at gain 1, in px of the plate."""
    if body.clip:
        return clips.on_plate(body.clip, body.digest, body.width, body.top, body.height, body.unit_px, body.frequencies)
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
def most_gain(*quarters: Body) -> float:
    """The gain beyond which a plate would fold over itself, whose wind is one or turns through all quarters."""
    least = folding.least_stretch(*(motion(body) for body in quarters))
    return STRONGEST if least >= 1 else min(STRONGEST, (1 - folding.LEAST_STRETCH) / (1 - least))


@lru_cache(maxsize=16)
def resonances(body: Body) -> list[Mode]:
    """The modes that a plate rings in when it is poked."""
    return modes.modes(motion(body))


def greatest(
    wishes: Sequence[LivingLayer], keyed: Mapping[int, Sequence[LivingLayer]], masks: Masks
) -> tuple[LivingLayer, ...]:
    """Entries; those that are keyed as they are at first, but as strong as ever, and as fast as on the whole. One whose
    mask is not at hand stays still."""
    out = []
    for n, wish in enumerate(wishes):
        if moments := keyed.get(n):
            speed = sum(moment.speed for moment in moments) / len(moments)
            gain = max(moment.gain for moment in moments)
            kept = {name: getattr(wish, name) for name in ("pokes", "mask", "motion")}
            wish = replace(moments[0], gain=gain, speed=speed, **kept)  # noqa: PLW2901
        out.append(replace(wish, gain=0.0, pokes=(), drift=(0.0, 0.0)) if wish.mask and n not in masks else wish)
    return tuple(out)


def bodies(wishes: Sequence[LivingLayer], plan: Plan, plate: Plate) -> Iterator[tuple[int, Body]]:
    """The entries of the project that let a plate move, by their numbers, and how."""
    box = [tile.y for tile in plate.tiles], [tile.y + tile.height for tile in plate.tiles]
    for number, wish in enumerate(wishes):
        if (wish.gain > 0 or wish.pokes or any(wish.drift)) and wish.layer in (None, plate.index) and plate.tiles:
            yield (
                number,
                Body(
                    wish.preset,
                    wish.wind_deg % 360,
                    wish.correlation,
                    wish.seed,
                    wish.frequencies,
                    plan.frames / plan.fps / natural_turns(wish, plan),
                    plan.circumference(plate.index) or REPEATS_WIDTHS * plan.width,
                    min(box[0]),
                    max(box[1]) - min(box[0]),
                    plan.width,
                    not plan.layers[plate.index].velocity[1],
                    wish.motion,
                    clips.digest(wish.motion) if wish.motion else "",
                ),
            )


def natural_turns(wish: LivingLayer, plan: Plan) -> float:
    """The periods of a motion in the whole video at speed 1, in a loop whole ones."""
    period_s = clips.period_s(wish.motion) if wish.motion else wish.period_s
    wanted = plan.frames / plan.fps / period_s
    return float(max(1, round(wanted)) if plan.loop else wanted)


def turns(natural: float, speed: float, loop: bool) -> float:
    """The periods at a speed, in a loop whole ones, and at least one if it moves at all."""
    return float(max(speed > 0, math.floor(speed * natural + 0.5)) if loop else speed * natural)


def lives(
    wishes: Sequence[LivingLayer],
    moving: Sequence[tuple[int, Body]],
    plan: Plan,
    plate: Plate,
    scale: float,
    keyed: Mapping[int, Sequence[LivingLayer]] | None = None,
    masks: Masks | None = None,
) -> dict[str, tuple[Life, ...]]:
    """What the entries that move a plate do to its tiles, by their files, shown `scale` times as large."""
    out: dict[str, list[Life]] = {tile.file: [] for tile in plate.tiles}
    for number, body in moving:
        cell = body.unit_px / CELLS
        mask = (masks or {}).get(number)
        shares = {} if mask is None else living_masks.of_tiles(mask, plate, plan, cell)
        slope = max((living_masks.steepest(living_masks.decoded(text)) for text in shares.values()), default=0.0) / cell
        # together they must not fold, so each has its share
        for life in _of_entry(wishes[number], number, body, plan, plate, scale, 1 / len(moving), keyed or {}, slope):
            for tile in plate.tiles:
                out[tile.file].append(replace(life, x=tile.x, y=tile.y, mask=shares.get(tile.file, "")))
    return {file: tuple(found) for file, found in out.items()}


def _of_entry(
    wish: LivingLayer,
    number: int,
    body: Body,
    plan: Plan,
    plate: Plate,
    scale: float,
    share: float,
    keyed: Mapping[int, Sequence[LivingLayer]],
    slope: float,
) -> Iterator[Life]:
    """The lives of an entry on a plate, not yet on a tile of it; `slope` is the steepest of its mask, per px."""
    moments = keyed.get(number, ())
    winds = tuple(moment.wind_deg for moment in moments)
    turning = len(set(winds)) > 1 and not wish.motion
    quarters = tuple(replace(body, wind_deg=(body.wind_deg + 90 * k) % 360) for k in range(4 if turning else 1))
    # two quarters next to each other share a wind by its cosine and sine
    ways = [np.abs(motion(quarter).fields).sum(0).max(axis=(1, 2)) for quarter in quarters]
    way = np.max(ways, axis=0) * (math.sqrt(2) if turning else 1)
    falling = (1 - folding.LEAST_STRETCH) / most_gain(*quarters) + slope * float(way.max())
    most = min(STRONGEST, (1 - folding.LEAST_STRETCH) / max(falling, 1e-9)) * share
    ringing, most = _shared_out(wish, body, plan, plate.index, share, most, slope)
    found = way / len(quarters) * scale * min(wish.gain, most)
    natural = natural_turns(wish, plan)
    life = Life(
        number,
        body,
        0,
        0,
        scale,
        wish.gain,
        most,
        natural,
        turns(natural, wish.speed, plan.loop),
        plan.frames,
        (float(found[0]), float(found[1])),
        plan.loop,
        tuple(moment.gain for moment in moments),
        winds if turning else (),
        clock(moments) if moments else (),
    )
    for k, quarter in enumerate(quarters):
        if k:
            yield replace(life, body=quarter)
            continue
        drift = wish.drift[0] * body.period_s, wish.drift[1] * body.period_s
        yield replace(life if ringing is None else _poked(life, ringing), drift=drift)


def _poked(life: Life, ringing: Ringing) -> Life:
    out = life.reach
    for mode, peak in zip(resonances(life.body), ringing.peaks, strict=True):
        way = np.abs(mode.shape).max(axis=(1, 2)) * life.scale * peak
        out = out[0] + float(way[0]), out[1] + float(way[1])
    return replace(life, reach=out, ringing=ringing)


def _shared_out(
    wish: LivingLayer, body: Body, plan: Plan, layer: int, share: float, most: float, slope: float
) -> tuple[Ringing | None, float]:
    """How an entry rings on a plate, and the gain beyond which the two together would fold, where the entry has a share
    of what may fall, and without pokes it would at the gain `most`."""
    shapes = resonances(body)
    rows, columns = motion(body).fields.shape[2:]
    hits: list[poking.Hit] = []
    for second, push, place in poking.pokes(wish):
        cell = None
        if place is not None:
            x, y = poking.on_plate(place, second, plan, layer)
            row = math.floor((y - body.top) * rows / body.height)
            cell = min(max(row, 0), rows - 1), math.floor(x * columns / body.width) % columns
        hits.append((second * plan.fps, push, cell))
    ringing = poking.rung(shapes, hits, wish.damping, plan.fps, plan.frames, plan.loop)
    if ringing is None:
        return None, most
    size = body.width / columns, body.height / rows
    ringing, left = poking.within(ringing, shapes, size, min(wish.gain, most) / most, share, slope)
    return ringing, most * left


def lowered(living: Sequence[Life]) -> list[str]:
    """What is to be said of entries whose gain or whose pokes were lowered, a sentence each."""
    least: dict[int, Life] = {}
    weakest: dict[int, float] = {}
    for life in living:
        if life.gain > life.most:
            least[life.living] = min(life, least.get(life.living, life), key=lambda one: one.most)
        if life.ringing is not None and life.ringing.lowered < 1:
            weakest[life.living] = min(life.ringing.lowered, weakest.get(life.living, 1.0))
    gains = [
        f"living.{number}: the gain {life.gain:g} was lowered to {life.most:.2g}, so that nothing folds over itself."
        for number, life in sorted(least.items())
    ]
    return gains + [
        f"living.{number}: the pokes were lowered to {100 * share:.0f} %, so that nothing folds over itself."
        for number, share in sorted(weakest.items())
    ]
