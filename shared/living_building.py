"""How the entries `living` of a project become lives: what moves which plate, how far, and how often, tile by tile.

All that swings, rings and drifts on a plate must together not fold it, so an entry's gain and its pokes are lowered to
its share of that before anything is built. It is apart from what a life is (`living`), which is only data and is read
by those who never build one.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import living_folds, living_masks, poking
from .errors import UsageError
from .finishing import LivingLayer
from .living import CELLS, Body, Life, motion, resonances
from .living_masks import Masks
from .over_time import clock
from .plan import Plan
from .plates import Plate
from .poking import Ringing
from .spectral import clips, procedural

REPEATS_WIDTHS = 4
"""Pictures' widths after which the motion of a plate that does not come round repeats."""
GRAIN_CELLS = 1.75
"""Cells to the smallest grain of a motion, within which it changes by a fifth."""
FEWEST_CELLS = 48
"""Cells along a picture's width, at least: what is held at its foot needs some rows."""


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


def greatest(
    wishes: Sequence[LivingLayer], keyed: Mapping[int, Sequence[LivingLayer]], masks: Masks
) -> tuple[LivingLayer, ...]:
    """Entries; those that are keyed as they are at first, but as strong as ever, and as fast as on the whole. One whose
    mask or depth is not at hand stays still."""
    out = []
    for n, wish in enumerate(wishes):
        if moments := keyed.get(n):
            speed = sum(moment.speed for moment in moments) / len(moments)
            gain = max(moment.gain for moment in moments)
            kept = {name: getattr(wish, name) for name in ("pokes", "mask", "depth", "motion")}
            wish = replace(moments[0], gain=gain, speed=speed, **kept)  # noqa: PLW2901
        missed = living_masks.wanted(wish) and n not in masks
        out.append(replace(wish, gain=0.0, pokes=(), drift=(0.0, 0.0)) if missed else wish)
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
                    _cells(wish),
                ),
            )


def _cells(wish: LivingLayer) -> int:
    """Cells along a picture's width: Blender keeps the points of a mesh once for each swing, so no more than show."""
    if wish.motion or living_masks.wanted(wish):
        return CELLS
    grain = procedural.grain(wish.preset, wish.correlation, wish.frequencies)
    return min(CELLS, max(FEWEST_CELLS, math.ceil(GRAIN_CELLS / grain)))


def natural_turns(wish: LivingLayer, plan: Plan) -> float:
    """The periods of a motion in the whole video at speed 1, in a loop whole ones."""
    period_s = clips.period_s(wish.motion) if wish.motion else wish.period_s
    wanted = plan.frames / plan.fps / period_s
    return float(max(1, round(wanted)) if plan.loop else wanted)


def turns(natural: float, speed: float, loop: bool) -> float:
    """The periods at a speed, in a loop whole ones, and at least one if it moves at all."""
    return float(max(speed > 0, math.floor(speed * natural + 0.5)) if loop else speed * natural)


@dataclass(frozen=True)
class _Moved:
    """A plate that an entry moves: its tiles' `shares` as text by their files, if they differ, and how far any place
    moves at most by them; `part` is the entry's of what may fall, of all that move the plate."""

    plate: Plate
    shares: Mapping[str, str]
    most: float
    part: float


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
        mask = (masks or {}).get(number)
        shares = {} if mask is None else living_masks.of_tiles(mask, plate, plan, body.cell_px)
        most = max((float(living_masks.decoded(text).max()) for text in shares.values()), default=1.0)
        # together they must not fold, so each has its part
        moved = _Moved(plate, shares, most, 1 / len(moving))
        for life in _of_entry(wishes[number], number, body, plan, moved, scale, (keyed or {}).get(number, ())):
            for tile in plate.tiles:
                out[tile.file].append(replace(life, x=tile.x, y=tile.y, mask=shares.get(tile.file, "")))
    return {file: tuple(found) for file, found in out.items()}


def _of_entry(
    wish: LivingLayer,
    number: int,
    body: Body,
    plan: Plan,
    moved: _Moved,
    scale: float,
    moments: Sequence[LivingLayer],
) -> Iterator[Life]:
    """The lives of an entry on a plate, not yet on a tile of it."""
    winds = tuple(moment.wind_deg for moment in moments)
    turning = len(set(winds)) > 1 and not wish.motion
    quarters = tuple(replace(body, wind_deg=(body.wind_deg + 90 * k) % 360) for k in range(4 if turning else 1))
    ways = living_folds.swinging(*quarters)
    most = living_folds.gain(living_folds.steepest(ways, body, moved.plate, moved.shares)) * moved.part
    ringing, most = _shared_out(wish, body, plan, moved, most)
    found = ways.goes.max(axis=(1, 2)) / len(quarters) * scale * moved.most * min(wish.gain, most)
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
        yield replace(life if ringing is None else _poked(life, ringing, moved.most), drift=drift)


def _poked(life: Life, ringing: Ringing, most: float) -> Life:
    out = life.reach
    for ways, peak in zip(living_folds.ringing(life.body), ringing.peaks, strict=True):
        way = ways.goes.max(axis=(1, 2)) * life.scale * most * peak
        out = out[0] + float(way[0]), out[1] + float(way[1])
    return replace(life, reach=out, ringing=ringing)


def _shared_out(wish: LivingLayer, body: Body, plan: Plan, moved: _Moved, most: float) -> tuple[Ringing | None, float]:
    """How an entry rings on a plate, and the gain beyond which the two together would fold, where without pokes it
    would at the gain `most`."""
    shapes = resonances(body)
    rows, columns = motion(body).fields.shape[2:]
    hits: list[poking.Hit] = []
    for second, push, place in poking.pokes(wish):
        cell = None
        if place is not None:
            x, y = poking.on_plate(place, second, plan, moved.plate.index)
            row = math.floor((y - body.top) * rows / body.height)
            cell = min(max(row, 0), rows - 1), math.floor(x * columns / body.width) % columns
        hits.append((second * plan.fps, push, cell))
    ringing = poking.rung(shapes, hits, wish.damping, plan.fps, plan.frames, plan.loop)
    if ringing is None:
        return None, most
    falls = [living_folds.steepest(ways, body, moved.plate, moved.shares) for ways in living_folds.ringing(body)]
    ringing, left = poking.within(ringing, falls, min(wish.gain, most) / most, moved.part)
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
