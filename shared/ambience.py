"""The sounds that the project makes itself, loops without a seam, so that every video has sound without any file.

Wind, water and the tone of a room are filtered noise; rain, crickets, footsteps and birds add events to it
(`sound_events.py`).

Noise is shaped in the frequency domain over the length of the loop, which makes it periodic, and its loudness is
moved by slow periodic gusts and waves. Recordings would sound truer and would have to be carried, licensed and
cross-faded; a running filter would need state across the loop's seam.
"""

import math
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import sound_events
from .errors import ParallaxError, UsageError
from .sound_events import Signal, shaped_noise
from .sound_settings import BUILT_IN_SOUNDS

Samples = NDArray[np.float32]
Maker = Callable[[int, int, np.random.Generator], Signal]

RATE = 48000
"""Samples per second that videos are given."""
REPEATED_S = 30.0
"""Length of the loop that is made for a video and repeated under it; its end flows into its beginning."""
LOOP_S = 60.0
"""Longest loop that is made; longer sounds repeat it."""
SHORTEST_S = 5.0
"""Shortest loop that is repeated: below it one hears that it is one."""
CROSSFADE_S = 1.0
"""How long, at most, the end of a file lies over its beginning in a loop."""
LOUDNESS = 10 ** (-24 / 20)
"""RMS of the result, -24 dB below full scale: under music and speech, above the noise of a room."""
PEAK = 0.8


@dataclass(frozen=True)
class Band:
    """One sounding part: noise round `centre_hz`, `octaves` wide, `level` loud, moved by swells.

    `swells` are (times per minute, depth 0..1) of slow loudness waves; `sharp` makes them rise fast and fall slowly,
    as waves that lap do.
    """

    centre_hz: float
    octaves: float
    level: float
    swells: tuple[tuple[float, float], ...]
    sharp: float = 1.0


NOISES: dict[str, tuple[Band, ...]] = {
    "wind": (
        Band(110.0, 1.6, 1.0, ((3.0, 0.5), (7.0, 0.35))),
        Band(330.0, 1.1, 0.45, ((5.0, 0.7), (11.0, 0.5))),
        Band(720.0, 0.35, 0.10, ((4.0, 0.9), (9.0, 0.7))),
    ),
    "water": (
        Band(240.0, 1.5, 0.55, ((6.0, 0.4), (13.0, 0.3))),
        Band(900.0, 1.1, 0.70, ((17.0, 0.7), (26.0, 0.6)), 2.0),
        Band(2400.0, 0.9, 0.42, ((31.0, 0.8), (47.0, 0.7)), 3.0),
    ),
    "room_tone": (Band(70.0, 1.5, 1.0, ()), Band(420.0, 1.6, 0.22, ()), Band(3200.0, 1.3, 0.03, ())),
}
EVENTS: dict[str, Maker] = {
    "rain": sound_events.rain,
    "crickets": sound_events.crickets,
    "footsteps": sound_events.footsteps,
    "birds": sound_events.birds,
}
KINDS = BUILT_IN_SOUNDS


def ambience(kind: str, duration_s: float, rate: int = RATE, seed: int = 0) -> Samples:
    """The sound `kind` (one of KINDS) as float32 [n, 2] within -1..1, n = round(duration * rate).

    Up to 60 s the whole of it is one loop: its end flows into its beginning. Longer sounds repeat a loop that divides
    them into whole samples, so they loop as well; where no such loop lasts 5 to 60 s, they are one.
    """
    if kind not in KINDS:
        raise UsageError(f"There is no ambience {kind!r}.", f"Known: {', '.join(KINDS)}.")
    if not (math.isfinite(duration_s) and duration_s > 0 and rate > 0):
        raise UsageError(f"A sound cannot last {duration_s} s at {rate} Hz.", "Give a duration above 0.")
    total = max(1, round(duration_s * rate))
    length = divisor(total, rate)
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    if kind in EVENTS:
        loop = EVENTS[kind](length, rate, rng)
    else:
        loop = np.stack([_channel(NOISES[kind], length, rate, rng) for _ in range(2)], axis=1)
    loop *= min(LOUDNESS / max(float(np.sqrt(np.mean(loop**2))), 1e-9), PEAK / max(float(np.abs(loop).max()), 1e-9))
    return np.resize(loop.astype(np.float32), (total, 2))


def divisor(units: int, per_second: float) -> int:
    """How many of `units` (samples, frames) the loop lasts that fills them exactly: 5 to 60 s, else all of them."""
    if units <= LOOP_S * per_second:
        return units
    repeats = range(math.ceil(units / (LOOP_S * per_second)), math.floor(units / (SHORTEST_S * per_second)) + 1)
    return next((units // n for n in repeats if units % n == 0), units)


def _channel(bands: tuple[Band, ...], length: int, rate: int, rng: np.random.Generator) -> Signal:
    out = np.zeros(length)
    for band in bands:
        out += (
            band.level * shaped_noise(length, rate, rng, band.centre_hz, band.octaves) * _swell(band, length, rate, rng)
        )
    return out


def _swell(band: Band, length: int, rate: int, rng: np.random.Generator) -> Signal:
    """Slow loudness, each swell with a whole number of periods in the loop, so that it too has no seam."""
    t = np.arange(length) / length
    loudness = np.ones(length)
    for per_minute, depth in band.swells:
        turns = max(1, round(per_minute / 60 * length / rate))
        # a second, slower wave bends the first, so that no two gusts are alike within the loop
        bend = 0.8 * np.sin(2 * np.pi * (t + rng.random()))
        wave_ = 0.5 + 0.5 * np.sin(2 * np.pi * (turns * t + rng.random()) + bend)
        loudness *= 1 - depth * (1 - wave_**band.sharp)
    return loudness


def write_wav(path: Path, samples: Samples, rate: int, seed: int = 0) -> None:
    """Write float [n, channels] within -1..1 as a 16-bit WAV, with triangular dither, under a temporary name first."""
    # a second at a time: an hour of sound must not need an hour of dither in memory
    blocks = (samples[start : start + rate] for start in range(0, len(samples), rate))
    write_blocks(path, blocks, samples.shape[1], rate, seed)


def write_blocks(path: Path, blocks: Iterable[Samples], channels: int, rate: int, seed: int = 0) -> None:
    """Write blocks of float [n, channels] one after the other, as `write_wav` does."""
    part = path.with_name(path.name + ".part")
    rng = np.random.default_rng(seed)
    try:
        with part.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(rate)
            for block in blocks:
                wide = block.astype(np.float64) * 32767
                wide += rng.random(wide.shape) - rng.random(wide.shape)
                out.writeframes(np.clip(np.rint(wide), -32768, 32767).astype("<i2").tobytes())
        part.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space or choose another.") from e


def read_wav(path: Path) -> Samples:
    """The samples of a 16-bit WAV, float32 [n, channels] within -1..1."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return data.reshape(-1, file.getnchannels()).astype(np.float32) / np.float32(32767)
