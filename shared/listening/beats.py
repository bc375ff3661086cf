"""Tempo and beats of a sound, from the strength of its onsets.

The tempo is the lag at which the strength is most like itself, weighted by how fast people tap (Ellis 2007); the beats
are the path of a dynamic program that is rewarded for strong onsets and for even steps. People do not agree on the
octave of a tempo, so whoever listens may double or halve it. A network that was trained on music was the other road;
it would have to be downloaded.
"""

import math

import numpy as np

from .onsets import parabola, seconds_of
from .spectrum import FRAMES_PER_S, Values

SLOWEST, FASTEST = 40.0, 240.0
"""Beats per minute between which the tempo is looked for."""
TAPPED, OCTAVES = 120.0, 0.9
"""The tempo that people tap most, and the standard deviation of it."""
AS_GOOD = 0.75
"""How alike half a period must make the strength, in parts of the whole period, to be the period itself."""
TIGHTNESS = 100.0
"""What an uneven step costs (Ellis 2007, section 3)."""
SHORTEST_S = 2.0
"""A sound that is shorter has no tempo."""
WEAK = 0.1
"""Beats before the first and after the last that are as strong as this part of all, are none."""


def tempo(strength: Values) -> float | None:
    """Beats per minute; None for a sound that is too short or never begins anew."""
    if len(strength) < SHORTEST_S * FRAMES_PER_S or not strength.any():
        return None
    likeness = _autocorrelation(strength)
    lags = np.arange(len(likeness))
    bpm = 60 * FRAMES_PER_S / np.maximum(lags, 1)
    allowed = (bpm >= SLOWEST) & (bpm <= FASTEST)
    weight = np.exp(-0.5 * (np.log2(bpm / TAPPED) / OCTAVES) ** 2) * allowed
    if not (likeness * weight).max() > 0:
        return None
    period = _nearby(likeness, float(np.argmax(likeness * weight)))
    half = _nearby(likeness, period / 2)
    while 60 * FRAMES_PER_S / half <= FASTEST and _at(likeness, half) >= AS_GOOD * _at(likeness, period):
        period, half = half, _nearby(likeness, half / 2)
    # several periods are told more exactly than one
    times = 1
    while times < 16 and 2 * times * period < 0.5 * len(likeness):
        times *= 2
        period = _nearby(likeness, period * times) / times
    return 60 * FRAMES_PER_S / period


def beats(strength: Values, bpm: float, seconds: float) -> Values:
    """The seconds of the beats, float64 [n], of a sound that lasts `seconds`, at a tempo; it may sway a little."""
    if not strength.any():
        return np.zeros(0)
    period = 60 * FRAMES_PER_S / bpm
    reach = math.ceil(period)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) * 32 / period) ** 2)
    local = np.convolve(np.pad(strength, reach), bell, "valid")
    path = _path(local, period)
    strong = local[path] >= WEAK * float(np.sqrt(np.mean(local[path] ** 2)))
    inside = np.flatnonzero(strong)
    kept = path[inside[0] : inside[-1] + 1]
    return seconds_of(kept + parabola(local, kept), seconds)


def _path(local: Values, period: float) -> np.typing.NDArray[np.int64]:
    """The frames of the beats: the best chain of even steps through what is strong."""
    lags = np.arange(max(1, round(period / 2)), max(2, round(2 * period)) + 1)
    cost = TIGHTNESS * np.log(lags / period) ** 2
    score = np.concatenate([np.zeros(lags[-1]), local])
    before = np.full(len(local), -1)
    first = True
    for i in range(len(local)):
        reached = score[i + lags[-1] - lags] - cost
        best = int(np.argmax(reached))
        # nothing leads to the first beat
        first = first and local[i] < 0.01 * local.max()
        if reached[best] > 0 and not first and i >= lags[best]:
            before[i], score[i + lags[-1]] = i - lags[best], local[i] + reached[best]
    tail = score[lags[-1] :][-round(2 * period) :]
    at = len(local) - len(tail) + int(np.argmax(tail))
    found = [at]
    while before[found[-1]] >= 0:
        found.append(int(before[found[-1]]))
    return np.array(found[::-1])


def _autocorrelation(values: Values) -> Values:
    """How like itself `values` are when shifted by 0, 1, 2 ... entries, up to that many as the slowest tempo needs.

    Each shift is the mean over what overlaps, so that long lags are not taken for less alike.
    """
    longest = min(len(values) * 3 // 4, math.ceil(64 * FRAMES_PER_S))
    smooth = np.convolve(values, [0.25, 0.5, 0.25], "same")
    smooth = smooth - smooth.mean()
    size = 1 << (2 * len(values) - 1).bit_length()
    product = np.fft.irfft(np.abs(np.fft.rfft(smooth, size)) ** 2, size)[:longest]
    return product / (len(values) - np.arange(longest))


def _nearby(values: Values, at: float) -> float:
    """The top of the hill of values at about `at`."""
    reach = max(1, round(0.04 * FRAMES_PER_S))
    low = max(1, round(at) - reach)
    top = low + int(np.argmax(values[low : round(at) + reach + 1])) if low < len(values) else len(values) - 1
    return top + float(parabola(values, np.array([top]))[0])


def _at(values: Values, at: float) -> float:
    return float(values[min(round(at), len(values) - 1)])
