"""Ambient sound out of filtered noise: wind and water that loop without a seam, so that every video has sound.

Noise is shaped in the frequency domain over the length of the loop, which makes it periodic, and its loudness is
moved by slow periodic gusts and waves. Recordings would sound truer and would have to be carried, licensed and
cross-faded; a running filter would need state across the loop's seam.
"""

import math
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import ParallaxError, UsageError

Samples = NDArray[np.float32]
Signal = NDArray[np.float64]

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


KINDS: dict[str, tuple[Band, ...]] = {
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
}


def ambience(kind: str, duration_s: float, rate: int = RATE, seed: int = 0) -> Samples:
    """Ambient sound of `kind` (wind, water) as float32 [n, 2] within -1..1, n = round(duration * rate).

    Up to 60 s the whole of it is one loop: its end flows into its beginning. Longer sounds repeat a loop that divides
    them into whole samples, so they loop as well; where no such loop lasts 5 to 60 s, they are one.
    """
    if kind not in KINDS:
        raise UsageError(f"There is no ambience {kind!r}.", f"Known: {', '.join(KINDS)}.")
    if not (math.isfinite(duration_s) and duration_s > 0 and rate > 0):
        raise UsageError(f"A sound cannot last {duration_s} s at {rate} Hz.", "Give a duration above 0.")
    total = max(1, round(duration_s * rate))
    length = divisor(total, rate)
    rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    loop = np.stack([_channel(KINDS[kind], length, rate, rng) for _ in range(2)], axis=1)
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
        out += band.level * _noise(band, length, rate, rng) * _swell(band, length, rate, rng)
    return out


def _noise(band: Band, length: int, rate: int, rng: np.random.Generator) -> Signal:
    """Periodic noise of unit RMS whose spectrum is a bell over the logarithm of the frequency."""
    # white noise has a white spectrum: drawing it there saves one of two transforms
    spectrum = rng.standard_normal(length // 2 + 1) + 1j * rng.standard_normal(length // 2 + 1)
    hz = np.fft.rfftfreq(length, 1 / rate)
    octaves = np.log2(np.maximum(hz, 1.0) / band.centre_hz) / band.octaves
    spectrum *= np.exp(-0.5 * octaves**2) * (hz > 20)
    signal = np.fft.irfft(spectrum, length)
    return signal / max(float(np.sqrt(np.mean(signal**2))), 1e-12)


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
    part = path.with_name(path.name + ".part")
    rng = np.random.default_rng(seed)
    try:
        with part.open("wb") as file, wave.open(file, "wb") as out:
            out.setnchannels(samples.shape[1])
            out.setsampwidth(2)
            out.setframerate(rate)
            # a second at a time: an hour of sound must not need an hour of dither in memory
            for start in range(0, len(samples), rate):
                block = samples[start : start + rate].astype(np.float64) * 32767
                block += rng.random(block.shape) - rng.random(block.shape)
                out.writeframes(np.clip(np.rint(block), -32768, 32767).astype("<i2").tobytes())
        part.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space or choose another.") from e
