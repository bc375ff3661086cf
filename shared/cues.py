"""Sound cues of a scene: what sounds when, and how its level, side and delay go, as plain keys.

The keys are thinned to as few as straight lines need; the strips in Blender and the mix of `preview` are made from
the same ones. Keys at every frame were the other road: exact to the last bit, and nothing that a hand could move.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import hearing
from .hearing import Keys, Listener, Values
from .plan import LayerPlan, Plan
from .pointing import check_layer
from .project import Project
from .sound_settings import SoundCue

Frames = NDArray[np.int64]

LEVEL_TOLERANCE = 0.01
"""Of a level, as a share of the loudest: a tenth of a decibel."""
PAN_TOLERANCE = 0.01
DELAY_TOLERANCE_S = 0.0005
"""Half a millisecond: less than two ears tell apart as an echo, more than a layer's slowness needs."""


@dataclass(frozen=True)
class Cue:
    """A sound on frames `start`..`end` - 1: `sound` made by the project, or `file` of the user's own.

    `level` keys the volume without its fades; `pan` keys the side (empty: in stereo, as it is), `delay` the seconds by
    which it is heard late (empty: not at all). It is repeated to the end, or with `repeat` off sounds once and may
    end before it.
    """

    name: str
    kind: str
    sound: str
    file: str
    start: int
    end: int
    level: Keys
    pan: Keys = ()
    delay: Keys = ()
    repeat: bool = False
    fade_in: int = 0
    fade_out: int = 0
    seed: int = 0

    @property
    def spatial(self) -> bool:
        """Whether it is heard from a place, in mono."""
        return bool(self.pan or self.delay)

    def level_at(self, frames: Values, end: float, turned: int = 0) -> Values:
        """The volume at frames, fades and all, of a sound that ends at frame `end`; `turned` frames ago the picture
        of a loop was where the keys know it."""
        inside = np.clip((frames - self.start) / self.fade_in if self.fade_in else 1.0, 0, 1)
        left = np.clip((end - frames) / self.fade_out if self.fade_out else 1.0, 0, 1)
        return np.asarray(hearing.at(self.level, frames - turned) * inside * left)

    def keys(self, first: float, last: float, end: float) -> Keys:
        """The volume's keys on frames `first`..`last`: its own, the corners of its fades, and both ends."""
        corners = {n for n, _ in self.level} | {self.start + self.fade_in, end - self.fade_out}
        frames = np.array(sorted({first, last} | {n for n in corners if first < n < last}), np.float64)
        return tuple(zip(frames.tolist(), self.level_at(frames, end).tolist(), strict=True))


def from_json(data: Mapping[str, Any]) -> Cue:
    """A cue out of its document."""
    keys = {name: tuple((n, value) for n, value in data.get(name, ())) for name in ("level", "pan", "delay")}
    return Cue(**{**data, **keys})


def build(project: Project, plan: Plan) -> tuple[Cue, ...]:
    """All cues of a project: its bed, then its list. UsageError for one on a layer that is not there."""
    return (*_bed(project, plan), *(_cue(project, plan, n) for n in range(len(project.cues))))


def _bed(project: Project, plan: Plan) -> Iterator[Cue]:
    sound, end = project.sound, plan.frames
    fade = 0 if plan.loop else min(round(plan.fps), end // 4)
    if sound.ambience != "none":
        level = ((0, sound.volume), (end, sound.volume))
        yield Cue(f"ambience {sound.ambience}", "ambience", sound.ambience, "", 0, end, level, (), (), True, fade, fade)
    if sound.file:
        yield Cue("sound", "music", "", sound.file, 0, end, ((0, 1.0), (end, 1.0)), (), (), False, fade, fade)


def _cue(project: Project, plan: Plan, index: int) -> Cue:
    wish = project.cues[index]
    start = min(round(wish.start_s * plan.fps), plan.frames - 1)
    repeat = wish.play == "loop" or (wish.play == "auto" and wish.kind == "ambience")
    # with a loop what sounds beyond the end is heard at the beginning, so the keys are there for all of it
    first = 0 if plan.loop else start
    level, pan, delay = _heard(project, plan, wish, index, first)
    fades = tuple(0 if plan.loop and repeat else round(s * plan.fps) for s in (wish.fade_in_s, wish.fade_out_s))
    if repeat and plan.loop:
        start = 0
    return Cue(
        name=f"cue {index:03d} {wish.name or wish.sound}".strip(),
        kind=wish.kind,
        sound="" if wish.file else wish.sound,
        file=wish.file,
        start=start,
        end=plan.frames,
        level=level,
        pan=pan,
        delay=delay,
        repeat=repeat,
        fade_in=fades[0],
        fade_out=fades[1],
        seed=wish.seed,
    )


def _heard(project: Project, plan: Plan, wish: SoundCue, index: int, first: int) -> tuple[Keys, Keys, Keys]:
    """Keys of level, pan and delay on frames `first`..end."""
    ends = (first, plan.frames)
    sound = project.sound
    ear = Listener(plan.width, plan.height, sound.metres_per_unit, sound.falloff_db, sound.view_deg)
    level = tuple((n, wish.volume) for n in ends)
    if wish.layer is None:
        if wish.place is None:
            return level, (), ()
        side = float(ear.pan(np.array(wish.place[0])))
        return level, tuple((n, side) for n in ends), ()
    check_layer(wish.layer, f"cues.{index}", len(plan.layers))
    layer = plan.layers[wish.layer]
    place = wish.place or (plan.width / 2, layer.top + layer.height / 2)
    speed = _velocity(layer, place[1])
    x, y = _way(plan, place, speed, np.arange(first, plan.frames + 1))
    units = hearing.distance_units(math.hypot(*speed), max(math.hypot(*a.velocity) for a in plan.layers))
    distance = ear.distance_m(units, x, y)
    gain = wish.volume * ear.gain(distance)
    if plan.loop and speed[0]:
        gain *= hearing.outside(x, plan.width, (abs(speed[0]) * plan.steps - plan.width) / 2)
    return (
        hearing.thinned(first, gain, LEVEL_TOLERANCE * max(float(gain.max()), 1e-9)),
        hearing.thinned(first, ear.pan(x), PAN_TOLERANCE),
        hearing.thinned(first, hearing.delay_s(distance), DELAY_TOLERANCE_S),
    )


def _velocity(layer: LayerPlan, row: float) -> tuple[float, float]:
    """Velocity of a row of the picture on a layer, px per step."""
    share = 1.0 if layer.ramp is None else float(layer.ramp.scales(round(row), 1)[0])
    return layer.velocity[0] * share, layer.velocity[1]


def steps_travelled(plan: Plan, frames: Frames) -> Values:
    """Steps, whole or not, that the picture has travelled at frames."""
    return np.array([float(plan.step_at(int(n))) for n in frames])


def _way(plan: Plan, place: tuple[float, float], speed: tuple[float, float], frames: Frames) -> tuple[Values, Values]:
    """Where a place of a layer is at frames, px; in a loop the one of its copies nearest to the frame's middle."""
    steps = steps_travelled(plan, frames)
    x, y = place[0] + speed[0] * steps, place[1] + speed[1] * steps
    if plan.loop and speed[0]:
        around = abs(speed[0]) * plan.steps
        x = (x - plan.width / 2 + around / 2) % around - around / 2 + plan.width / 2
    return x, y
