"""The samples of a cue: looped without a click, late by its moving delay, and mixed with the others by arithmetic.

Reading the dry sound at the moving time `t - delay(t)` is what a delay line of changing length does, and gives the
Doppler shift along with it. Whole seconds are made at a time, so that an hour of sound needs no gigabytes. ffmpeg's
filters were the other road for `preview`; they know no moving delay, and Blender's side needs the same samples.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import hearing
from .ambience import CROSSFADE_S, RATE, REPEATED_S, Samples, ambience, divisor
from .cues import Cue
from .hearing import Keys
from .scene import SceneSpec

Moments = NDArray[np.float64]
Read = Callable[[str], Samples]
"""Gives the samples of a sound file at RATE, float32 [n, channels]."""
BLOCK_S = 10.0
CURVE_KEYS = 9
"""Keys that draw a quarter of a sine with straight lines to within half a percent."""
ONCE_S = 8.0
"""How long a sound made by the project lasts that is to sound once."""


@dataclass(frozen=True)
class Dry:
    """A sound as it is at its source: `samples` float32 [n, channels], repeated for ever or once."""

    samples: Samples
    repeat: bool

    def read(self, at: Moments) -> Moments:
        """The sound at moments counted in samples, whole or not: float64 [len(at), channels], silent beyond its ends.

        A cubic through four samples (Catmull and Rom 1974): straight lines would take the treble away as the delay
        moves.
        """
        whole = np.floor(at).astype(np.int64)
        t = (at - whole)[:, None]
        a, b, c, d = (self._take(whole + k) for k in (-1, 0, 1, 2))
        out = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        return np.asarray(out, np.float64)

    def _take(self, index: NDArray[np.int64]) -> Samples:
        if self.repeat:
            return self.samples[index % len(self.samples)]
        inside = (index >= 0) & (index < len(self.samples))
        return np.where(inside[:, None], self.samples[np.clip(index, 0, len(self.samples) - 1)], 0)


@dataclass(frozen=True)
class Part:
    """A stretch of a cue on frames `start`..`end` - 1 of the video, with the keys of its level.

    In a loop what sounds beyond the end is heard at the beginning: such a part is `turned` by the whole video.
    """

    start: int
    end: int
    level: Keys
    turned: bool = False


def dry(cue: Cue, spec: SceneSpec, read: Read) -> Dry:
    """The dry sound of a cue, in mono where it is heard from a place; in a loop its period fills the whole length."""
    if cue.sound:
        samples = ambience(cue.sound, _made_s(cue, spec), RATE, cue.seed)
        if not cue.repeat:
            samples = samples * _closing(len(samples))
        # the left one: the mean of two that have nothing in common would be quieter
        return Dry(samples[:, :1] if cue.spatial else samples, cue.repeat)
    samples = read(cue.file)
    samples = samples.mean(axis=1, keepdims=True) if cue.spatial else samples[:, :2]
    return Dry(folded(samples, length(spec) if spec.loop else None) if cue.repeat else samples, cue.repeat)


def length(spec: SceneSpec) -> int:
    """Samples that a video lasts."""
    return round(spec.frames / spec.fps * RATE)


def _made_s(cue: Cue, spec: SceneSpec) -> float:
    if not cue.repeat:
        return ONCE_S
    return divisor(length(spec), RATE) / RATE if spec.loop else REPEATED_S


def _closing(length: int) -> Samples:
    """What lets a made sound begin and end by itself: 20 ms up, a second down, float32 [length, 1]."""
    n = np.arange(length)
    return np.minimum(np.minimum(1, n / (0.02 * RATE)), np.minimum(1, (length - n) / RATE)).astype(np.float32)[:, None]


def folded(samples: Samples, total: int | None) -> Samples:
    """One period of a file that is to repeat without a click: its end lies over its beginning at constant power.

    That takes a second, or a quarter of the file. With `total` the period is that many samples, filled by as many
    copies of the file as are needed, each joined to the next; a file that is longer is cut.
    """
    over = min(round(CROSSFADE_S * RATE), len(samples) // 4)
    whole = len(samples) - over
    if total is None:
        return _joined(samples, whole, over)
    copies = max(1, math.ceil(total / whole))
    starts = [round(k * total / copies) for k in range(copies + 1)]
    over = min(over, len(samples) - max(b - a for a, b in itertools.pairwise(starts)))
    return np.concatenate([_joined(samples, b - a, over) for a, b in itertools.pairwise(starts)])


def _joined(samples: Samples, period: int, over: int) -> Samples:
    """The first `period` samples, those that follow faded over the first `over` at constant power."""
    out = samples[:period].astype(np.float32)
    if over:
        angle = (np.arange(over) + 0.5)[:, None] / over * (np.pi / 2)
        out[:over] = samples[:over] * np.sin(angle) + samples[period : period + over] * np.cos(angle)
    return out


def heard(cue: Cue, sound: Dry, spec: SceneSpec, moments: Moments) -> Moments:
    """A cue at moments counted in samples from the video's beginning, before level and side: [n, channels].

    In a loop moments beyond the end are those after it, when the picture is that of the beginning.
    """
    frames = moments / RATE * spec.fps
    late = hearing.at(cue.delay, frames % spec.frames if spec.loop else frames) * RATE if cue.delay else 0.0
    source = moments - cue.start / spec.fps * RATE - late
    out = sound.read(source)
    # what is always there has no beginning that could be late
    return out if _always(cue) else np.where((source >= 0)[:, None], out, 0)


def _always(cue: Cue) -> bool:
    return cue.repeat and cue.start == 0


def first_frame(cue: Cue, spec: SceneSpec) -> int:
    """The frame in which a cue is first heard: that of its beginning and, where it comes from afar, of its delay."""
    late = 0.0 if not cue.delay or _always(cue) else float(hearing.at(cue.delay, [cue.start])[0])
    return math.floor(cue.start + late * spec.fps + 1e-6)


def last_frame(cue: Cue, sound: Dry, spec: SceneSpec) -> int:
    """The frame at which a cue has ended, which may lie beyond the video's end."""
    if cue.repeat:
        return cue.end
    late = max((value for _, value in cue.delay), default=0.0)
    return math.floor(cue.start + (len(sound.samples) / RATE + late) * spec.fps + 1e-6)


def parts(cue: Cue, spec: SceneSpec, end: int) -> tuple[Part, ...]:
    """The stretches of the video in which a cue is heard that would sound until frame `end`; none if it is too late.

    In a loop a sound that goes on after the end of the video does so at its beginning, until it begins anew; one that
    is always there is faded over its own beginning.
    """
    first, frames = first_frame(cue, spec), spec.frames
    if first >= min(end, frames):
        return ()
    if not spec.loop or end <= frames:
        end = min(end, frames)
        return (Part(first, end, cue.keys(first, end, end)),)
    fade = round(CROSSFADE_S * spec.fps)
    over = min(end - frames, fade, frames // 2) if first == 0 else min(end - frames, first)
    falls = min(over, fade) if first == 0 or over < end - frames else 0
    rise = _curve(0, over) if first == 0 else {}
    fall = {over - at: level for at, level in _curve(0, falls).items()}
    head = _drawn(cue, {first, *(n for n, _ in cue.keys(first, frames, end))}, rise, 0, end)
    tail = _drawn(cue, {0, over, *(n - frames for n, _ in cue.keys(frames, frames + over, end))}, fall, frames, end)
    return Part(first, frames, head), *([Part(0, over, tail, True)] if over else [])


def _curve(start: int, over: int) -> dict[float, float]:
    """A quarter of a sine from 0 to 1 on frames `start`..`start + over`; those of two that cross sum to 1 squared."""
    turns = [k / (CURVE_KEYS - 1) for k in range(CURVE_KEYS)] if over else []
    return {start + over * t: math.sin(math.pi / 2 * t) for t in turns}


def _drawn(cue: Cue, corners: set[float], curve: dict[float, float], turned: int, end: int) -> Keys:
    """Keys of the level at its corners and along a curve; `turned` is what the frames lack to those of the cue."""
    frames = np.array(sorted(corners | set(curve)), np.float64)
    level = cue.level_at(frames + turned, end, turned)
    level *= hearing.at(tuple(sorted(curve.items())), frames) if curve else 1
    return tuple(zip(frames.tolist(), level.tolist(), strict=True))


def mixed(spec: SceneSpec, read: Read) -> Iterator[Samples]:
    """The sound of a whole scene, seconds at a time: float32 [n, 2], `length(spec)` samples in all."""
    sounds = [(cue, dry(cue, spec, read)) for cue in spec.cues]
    laid = [(cue, sound, part) for cue, sound in sounds for part in parts(cue, spec, last_frame(cue, sound, spec))]
    block, total = round(BLOCK_S * RATE), length(spec)
    for start in range(0, total, block):
        moments = np.arange(start, min(start + block, total), dtype=np.float64)
        out = np.zeros((len(moments), 2))
        for cue, sound, part in laid:
            _add(out, cue, sound, part, spec, moments)
        yield out.astype(np.float32)


def _add(out: Moments, cue: Cue, sound: Dry, part: Part, spec: SceneSpec, moments: Moments) -> None:
    frames = moments / RATE * spec.fps
    inside = (frames >= part.start) & (frames < part.end)
    if not inside.any():
        return
    frames, moments = frames[inside], moments[inside]
    dry_there = heard(cue, sound, spec, moments + length(spec) * part.turned)
    level = hearing.at(part.level, frames)
    if dry_there.shape[1] == 1:
        sides = hearing.pan_gains(hearing.at(cue.pan, frames) if cue.pan else np.zeros(len(frames)))
        dry_there = dry_there * np.stack(sides, axis=1)
    out[inside] += dry_there * level[:, None]
