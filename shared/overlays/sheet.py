"""A sheet: one picture over the frame, and where and how opaque it is at frame n, as a function of n alone.

Everything that comes back does so a whole number of times in a loop, so the frame after the last is the first. A state
that goes from frame to frame (particles) was the other road: it cannot be scrubbed, trimmed or rendered in parts.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..grading import Graded, tinted

Pair = tuple[float, float]
Colour = tuple[float, float, float]
WHITE: Colour = (1.0, 1.0, 1.0)

HASH_STEPS = (12.9898, 78.233)
HASH_SCALE, HASH_LIFT = 43758.5453, 43759
"""frac(sin(n a) b), the usual noise of shaders: Blender's drivers can compute it as well."""

JUMP_EARLY = 0.01
"""Part of a jump by which it comes before its time: a clock that is a little late must not miss its frame."""


@dataclass(frozen=True)
class Stage:
    """What overlays lie over: a frame of `width` x `height` px, `frames` frames at `fps`."""

    width: int
    height: int
    fps: float
    frames: int
    loop: bool

    @property
    def unit(self) -> float:
        """Px for each px of a frame of 1080 rows, in which the sizes of all kinds are given."""
        return min(self.height, self.width * 0.75) / 1080

    @property
    def seconds(self) -> float:
        """How long all frames last."""
        return self.frames / self.fps

    def times(self, per_second: float) -> int:
        """How often something happens in all frames, a whole number."""
        return max(1, round(per_second * self.seconds))


@dataclass(frozen=True)
class Wave:
    """A part of a sheet's opacity: `depth` sin(2 pi (turns n / frames + phase))."""

    turns: int
    depth: float
    phase: float


@dataclass(frozen=True)
class Sheet:
    """One picture of the overlay number `overlay`, part `part` of its kind; px are output px, y down.

    The picture `file` has `width` x `height` px, is shown `scale` times as large and laid down by `blend`: over, screen
    or overlay, as Blender's strips do. At the beginning of its way its corner is at `origin`. `slide` is the way of one
    turn: the picture repeats after it. A sheet makes `natural_turns` times `speed` of them in all frames of the scene,
    a `whole` number in a loop, beginning at `phase`. Besides, it sways by `sway` px, `sway_turns` times, and jumps by
    whole px within `jump` at every frame. A sheet that `fades` is invisible at both ends of its way, which then need
    not meet. Its opacity is `amount` times `base` and `waves`.

    What is keyed is told for every frame: `clock` is the frame that counts for all that moves, `amounts` are in place
    of `amount`, `colours` are what the picture, then drawn in white, is multiplied by, to `angles` it is turned from
    `lean_deg`: about its `pivot`, in output px, or without one about the frame's middle, growing to cover the frame.

    `colour`, `seed` and `shape` are what the picture is drawn from; `lean_deg` is the angle that it is drawn at, None
    for what has none. It is on show in frames `start`..`end` - 1, on `channel`, directly before `layer` or before all.
    """

    name: str
    overlay: int
    kind: str
    part: int
    seed: int
    blend: str
    width: int
    height: int
    scale: float
    origin: Pair
    amount: float
    start: int
    end: int
    colour: Colour = WHITE
    shape: Mapping[str, float] = field(default_factory=dict)
    lean_deg: float | None = None
    pivot: Pair | None = None
    slide: Pair = (0.0, 0.0)
    natural_turns: float = 0.0
    speed: float = 1.0
    whole: bool = False
    phase: float = 0.0
    fades: bool = False
    sway: Pair = (0.0, 0.0)
    sway_turns: int = 0
    jump: tuple[int, int] = (0, 0)
    base: float = 1.0
    waves: tuple[Wave, ...] = ()
    file: str = ""
    layer: int | None = None
    channel: int = 0
    clock: tuple[float, ...] = ()
    amounts: tuple[float, ...] = ()
    colours: tuple[Colour, ...] = ()
    angles: tuple[float, ...] = ()

    @property
    def turns(self) -> float:
        """How often the sheet goes its way in all frames."""
        turns = self.natural_turns * self.speed
        return max(1.0, float(round(turns))) if self.whole and turns else turns

    def now(self, n: float) -> float:
        """The frame that counts for what moves, at frame n."""
        return at_frame(self.clock, n) if self.clock else n

    def way(self, n: float, frames: int) -> float:
        """The share of the slide, 0..1, that the sheet has gone at frame n of `frames`."""
        gone = self.turns * self.now(n) / frames + self.phase
        return gone - math.floor(gone)

    def corner(self, n: float, frames: int) -> Pair:
        """The picture's upper left corner at frame n, in output px."""
        way, swayed = self.way(n, frames), self.swayed(n, frames)
        x, y = (self.origin[axis] + self.slide[axis] * way + swayed[axis] - self.jumped(n, axis) for axis in range(2))
        return x, y

    def swayed(self, n: float, frames: int) -> Pair:
        """How far the sheet has swayed at frame n, in output px."""
        turned = 2 * math.pi * (self.sway_turns * self.now(n) / frames + self.phase)
        return self.sway[0] * math.sin(turned), self.sway[1] * math.cos(turned)

    def jumped(self, n: float, axis: int) -> int:
        """How far the sheet has jumped at frame n: `speed` times a frame it does so anew."""
        count = math.floor(self.speed * self.now(n) + JUMP_EARLY)
        value = math.sin((count + self.seed % 1000 + 1) * HASH_STEPS[axis]) * HASH_SCALE + HASH_LIFT
        return math.floor(self.jump[axis] * math.fmod(value, 1))

    def opacity(self, n: float, frames: int) -> float:
        """How opaque the sheet is at frame n, 0..1."""
        now, amount = self.now(n), at_frame(self.amounts, n) if self.amounts else self.amount
        level = self.base + sum(
            w.depth * math.sin(2 * math.pi * (w.turns * now / frames + w.phase)) for w in self.waves
        )
        if self.fades:
            level *= math.sin(math.pi * self.way(n, frames)) ** 2
        return min(1.0, max(0.0, amount * level))


def tints(sheet: Sheet) -> tuple[Graded, ...]:
    """What gives a sheet whose colour is keyed its colour."""
    if not sheet.colours:
        return ()
    return (tinted(f"{sheet.name} colour", sheet.overlay, sheet.colours, sheet.kind == "grain", sheet.end),)


def at_frame(values: Sequence[float], n: float) -> float:
    """One of the values, each of which belongs to a frame from 0 on; the last one is held."""
    return values[min(max(math.floor(n), 0), len(values) - 1)]


def filed(sheet: Sheet) -> Sheet:
    """The sheet with the name of its picture's file: another recipe is another file, so nobody shows an old one."""
    recipe = (sheet.seed, sheet.width, sheet.height, sheet.scale, sheet.slide, sheet.colour, dict(sheet.shape))
    text = json.dumps([sheet.kind, sheet.part, sheet.lean_deg, *recipe], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return replace(sheet, file=f"overlays/{sheet.kind}{sheet.part}_{digest}.png")


def from_json(data: Mapping[str, Any]) -> Sheet:
    """A sheet out of its document."""
    pairs: dict[str, Any] = {k: tuple(data[k]) for k in ("origin", "slide", "sway", "jump", "colour")}
    pairs |= {k: tuple(data.get(k, ())) for k in ("clock", "amounts", "angles")}
    pairs["pivot"] = tuple(data["pivot"]) if data.get("pivot") else None
    pairs["colours"] = tuple(tuple(colour) for colour in data.get("colours", ()))
    return Sheet(**{**data, **pairs, "waves": tuple(Wave(**w) for w in data["waves"])})
