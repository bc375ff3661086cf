"""Onsets: the moments at which something in a sound begins.

The strength is the flux of Böck and Widmer (2013) in its simplest form: how much louder, in decibels so to say, each
band has become since the spectrum before, summed over those that rose. Loudness alone was the other road; it misses a
new note that is no louder than the one before.
"""

import numpy as np

from .spectrum import ANALYSIS_RATE, FRAMES_PER_S, HOP, SILENT, WINDOW, Samples, Values, mel_energies

COMPRESSION = 1000.0
"""How far below full scale, in power, a band's growth still counts in proportion."""
MEDIAN_S = 0.5
"""The neighbourhood above whose usual flux an onset has to stand."""
SPREADS = 3.0
"""By how many median deviations from its median what is usual is surpassed: more and no noise begins anything."""
LEAST = 0.6
"""How strong an onset is at least, in standard deviations of the strength."""
APART_S = 0.06
"""Two onsets are at least as far apart: nearer ones are heard as one."""
EARLY_S = WINDOW / 10 / ANALYSIS_RATE
"""How much sooner than a sound itself the steepest rise of a window over it comes; measured on clicks."""


def onset_strength(samples: Samples) -> Values:
    """How much begins at each spectrum of mono samples at ANALYSIS_RATE: float64 [frames], 0 or more.

    In standard deviations of itself; all 0 for silence.
    """
    peak = float(np.abs(samples).max())
    if peak < SILENT:
        return np.zeros(1 + len(samples) // HOP)
    loudness = np.log1p(COMPRESSION * mel_energies(samples / np.float32(peak)))
    # what sounds from the first sample on begins there
    flux = np.maximum(0, np.diff(loudness, axis=0, prepend=np.zeros((1, loudness.shape[1])))).mean(axis=1)
    raised = np.maximum(0, flux - _usual(flux, round(MEDIAN_S * FRAMES_PER_S) | 1))
    deviation = float(raised.std())
    return np.asarray(raised / deviation if deviation else raised)


def onsets(samples: Samples) -> Values:
    """The seconds at which something begins in mono samples at ANALYSIS_RATE: float64 [n], rising."""
    return onsets_of(onset_strength(samples), len(samples) / ANALYSIS_RATE)


def onsets_of(strength: Values, seconds: float) -> Values:
    """The seconds of the onsets in a sound of that strength that lasts `seconds`."""
    return seconds_of(peaks(strength, LEAST, max(1, round(APART_S * FRAMES_PER_S))), seconds)


def seconds_of(frames: Values, seconds: float) -> Values:
    """The moments that frames of the strength stand for, within a sound that lasts `seconds`."""
    return np.clip(frames / FRAMES_PER_S + EARLY_S, 0, seconds)


def peaks(values: Values, least: float, apart: int) -> Values:
    """Where values are at least `least`, and the largest of all that are up to `apart` entries away: float64 [n], to a
    part of an entry by the parabola through three."""
    padded = np.pad(values, apart, constant_values=-np.inf)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * apart + 1).max(axis=1)
    found = np.flatnonzero((values >= around) & (values >= least) & (values > 0))
    # of equal neighbours the first
    found = found[np.diff(found, prepend=-apart - 1) > apart]
    return found + parabola(values, found)


def parabola(values: Values, at: np.typing.NDArray[np.int64]) -> Values:
    """How far beside entries, -0.5..0.5, the top of the parabola through each and its neighbours lies."""
    left, middle, right = (values[np.clip(at + k, 0, len(values) - 1)] for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    inside = (at > 0) & (at < len(values) - 1) & (bend < 0)
    return np.where(inside, np.clip(0.5 * (left - right) / np.where(inside, bend, -1), -0.5, 0.5), 0.0)


def _usual(values: Values, length: int) -> Values:
    """What is usual in a neighbourhood of `length` entries: its median, and some median deviations more."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(values, length // 2), length)
    median = np.median(around, axis=1)
    return median + SPREADS * np.median(np.abs(around - median[:, None]), axis=1)
