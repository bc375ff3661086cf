"""Sounds made of many small events: rain, crickets, footsteps and birds, laid on a circle of samples.

An event that reaches over the end of the loop goes on at its beginning, so there is no seam to hide, and times and
pitches come from one generator, so that a seed says all. Grains cut from recordings were the other road; they would
have to be carried and licensed.
"""

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float64]
Random = np.random.Generator


def rain(length: int, rate: int, rng: Random) -> Signal:
    """Many far drops as noise, and near ones one by one: float64 [length, 2].

    A near drop is a click of a few ms; now and then one falls into water and rings as its bubble does, rising in
    pitch while it shrinks (Minnaert 1933; rates and pitches by ear and by spectrum).
    """
    far = [
        0.5 * shaped_noise(length, rate, rng, 2900, 0.95) + 0.25 * shaped_noise(length, rate, rng, 800, 1.3)
        for _ in range(2)
    ]
    out = np.stack(far, axis=1)
    seconds = length / rate
    for _ in range(max(1, round(140 * seconds))):
        hz, fade_s = rng.uniform(1800, 6000), rng.uniform(0.0008, 0.004)
        drop = _ringing(rate, hz, 1.0, fade_s, rng) * 0.9 * rng.lognormal(0, 0.7)
        _add(out, drop, rng.random() * length, rng.uniform(-1, 1))
    for _ in range(max(1, round(7 * seconds))):
        bubble = _ringing(rate, rng.uniform(700, 1900), 1.25, rng.uniform(0.006, 0.02), rng)
        _add(out, bubble * 1.3 * rng.lognormal(0, 0.5), rng.random() * length, rng.uniform(-1, 1))
    return out


def crickets(length: int, rate: int, rng: Random) -> Signal:
    """A few field crickets near by, over a choir far away: float64 [length, 2].

    A chirp of Gryllus campestris is 3 or 4 pulses of nearly pure tone at 4 to 5 kHz, one every 40 ms, about 2.5
    times a second.
    """
    choir = [shaped_noise(length, rate, rng, 4600, 0.07) for _ in range(2)]
    flutter = 1 + 0.5 * np.sin(2 * np.pi * max(1, round(28 * length / rate)) * np.arange(length) / length)
    out = 0.03 * np.stack(choir, axis=1) * flutter[:, None]
    for side in (-0.8, -0.3, 0.2, 0.55, 0.9):
        hz, loud = rng.uniform(4200, 4950), rng.uniform(0.5, 1.0)
        chirps = max(1, round(rng.uniform(2.2, 2.9) * length / rate))
        phase, pulses = rng.random(), int(rng.integers(3, 5))
        rest = rng.random()
        for n in range(chirps):
            # each sings for a while and then rests
            if (n / chirps * max(1, round(length / rate / 9)) + rest) % 1 > 0.8:
                continue
            start = (n + phase + rng.normal(0, 0.02)) * length / chirps
            for pulse in range(pulses):
                tone = _pulse(rate, hz * (1 - 0.01 * pulse), 0.019) * loud * (0.6 + 0.4 * pulse / (pulses - 1))
                _add(out, tone, start + pulse * 0.04 * rate, side)
    return out


def footsteps(length: int, rate: int, rng: Random) -> Signal:
    """Somebody walks on gravel, 1.8 steps a second, heel and toe: float64 [length, 2]."""
    stones, thumps = np.zeros((length, 2)), np.zeros((length, 2))
    steps = max(1, round(1.8 * length / rate))
    for n in range(steps):
        start = (n + 0.5 + rng.normal(0, 0.035)) * length / steps
        side, loud = (-0.12, 0.12)[n % 2], rng.uniform(0.75, 1.1)
        _add(thumps, loud * _ringing(rate, rng.uniform(85, 130), 0.8, 0.025, rng), start, side)
        for late_s, share, grains in ((0.0, 1.0, 46), (rng.uniform(0.09, 0.13), 0.55, 34)):
            for _ in range(grains):
                at_s = late_s + rng.exponential(0.03)
                grain = _grain(rate, rng.uniform(0.001, 0.005), rng)
                _add(stones, share * loud * np.exp(-(at_s - late_s) / 0.06) * rng.lognormal(-1, 0.6) * grain,
                     start + at_s * rate, side)  # fmt: skip
    out = _levelled(_filtered(stones, rate, 1700, 1.25)) + 0.35 * _levelled(thumps)
    # a foot is loud for a moment only: its peaks are bent, or the rest could not be heard
    out = np.tanh(out / (5 * max(float(np.sqrt(np.mean(out**2))), 1e-12)))
    return np.asarray(out - out.mean(axis=0))


def _levelled(signal: Signal) -> Signal:
    """At unit RMS."""
    return np.asarray(signal / max(float(np.sqrt(np.mean(signal**2))), 1e-12))


def birds(length: int, rate: int, rng: Random) -> Signal:
    """Three birds, each with a phrase of whistles of its own, over a breath of leaves: float64 [length, 2]."""
    out = 0.02 * np.stack([shaped_noise(length, rate, rng, 3000, 1.2) for _ in range(2)], axis=1)
    for side in (-0.7, 0.1, 0.8):
        phrase = [
            (rng.uniform(2300, 5600), rng.uniform(0.75, 1.35), rng.uniform(0.05, 0.16), rng.uniform(0.02, 0.09))
            for _ in range(int(rng.integers(3, 6)))
        ]
        loud = rng.uniform(0.5, 1.0)
        for _ in range(max(1, round(length / rate / rng.uniform(3.0, 5.0)))):
            start = rng.random() * length
            bend = rng.uniform(0.97, 1.03)
            for hz, sweep, long_s, pause_s in phrase:
                _add(out, loud * _whistle(rate, hz * bend, sweep, long_s), start, side)
                start += (long_s + pause_s) * rate
    return out


def shaped_noise(length: int, rate: int, rng: Random, centre_hz: float, octaves: float) -> Signal:
    """Periodic noise of unit RMS whose spectrum is a bell over the logarithm of the frequency."""
    # white noise has a white spectrum: drawing it there saves one of two transforms
    spectrum = rng.standard_normal(length // 2 + 1) + 1j * rng.standard_normal(length // 2 + 1)
    hz = np.fft.rfftfreq(length, 1 / rate)
    away = np.log2(np.maximum(hz, 1.0) / centre_hz) / octaves
    spectrum *= np.exp(-0.5 * away**2) * (hz > 20)
    return _levelled(np.fft.irfft(spectrum, length))


def _filtered(signal: Signal, rate: int, centre_hz: float, octaves: float) -> Signal:
    """A periodic signal through a filter that is a bell over the logarithm of the frequency; [length, 2]."""
    hz = np.fft.rfftfreq(len(signal), 1 / rate)
    bell = np.exp(-0.5 * (np.log2(np.maximum(hz, 1.0) / centre_hz) / octaves) ** 2) * (hz > 20)
    return np.asarray(np.fft.irfft(np.fft.rfft(signal, axis=0) * bell[:, None], len(signal), axis=0))


def _add(out: Signal, event: Signal, start: float, side: float) -> None:
    """Lay a mono event on the circle, in place, `side` from -1 left to 1 right at constant power."""
    length, begin = len(out), round(start) % len(out)
    angle = (side + 1) * np.pi / 4
    stereo = event[:, None] * np.array([np.cos(angle), np.sin(angle)])
    while len(stereo):
        part = stereo[: length - begin]
        out[begin : begin + len(part)] += part
        stereo, begin = stereo[len(part) :], 0


def _ringing(rate: int, hz: float, rise: float, fade_s: float, rng: Random) -> Signal:
    """A struck tone that dies away with the time constant `fade_s` and ends at `rise` times its pitch."""
    t = np.arange(max(2, round(7 * fade_s * rate))) / rate
    way = t / t[-1]
    phase = 2 * np.pi * np.cumsum(np.minimum(hz * (1 + (rise - 1) * way), 0.45 * rate)) / rate
    attack = np.minimum(t / 0.0004, 1)
    return np.asarray(np.sin(phase + rng.uniform(0, 2 * np.pi)) * np.exp(-t / fade_s) * attack * (1 - way))


def _pulse(rate: int, hz: float, long_s: float) -> Signal:
    """A tone under one arch of a squared sine."""
    t = np.arange(max(2, round(long_s * rate))) / rate
    return np.asarray(np.sin(2 * np.pi * min(hz, 0.45 * rate) * t) * np.sin(np.pi * t / long_s) ** 2)


def _whistle(rate: int, hz: float, sweep: float, long_s: float) -> Signal:
    """A whistled note that slides to `sweep` times its pitch, with a little of its octave."""
    t = np.arange(max(2, round(long_s * rate))) / rate
    pitch = np.minimum(hz * sweep ** (t / long_s) * (1 + 0.012 * np.sin(2 * np.pi * 32 * t)), 0.22 * rate)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    return np.asarray((np.sin(phase) + 0.12 * np.sin(2 * phase)) * np.sin(np.pi * t / long_s) ** 0.8)


def _grain(rate: int, long_s: float, rng: Random) -> Signal:
    """One stone that moves: a short burst of noise without its lows, dying away."""
    n = max(8, round(long_s * rate))
    noise = np.diff(rng.standard_normal(n + 1))
    noise[1:] += 0.5 * noise[:-1]  # a little darker than white noise differenced
    window = np.exp(-5 * np.arange(n) / n) * np.minimum(np.arange(n) / 3, 1) * (1 - np.arange(n) / n)
    return np.asarray(noise * window)
