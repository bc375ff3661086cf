"""A sound as a row of slices: one for each frame, each a table of as many columns as a prompt has tokens.

All columns of a clip lie on one raster of moments that is computed, never added up, so frame i hears second i / fps to
within half a sample however long the clip is, and the last slice holds what is left of it. The original took a
spectrum of each chunk of whole seconds: its frames ran away from the sound and the tail was lost. Tables are made when
they are asked for; those of an hour would fill 25 GB.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ...shared.listening.onsets import EARLY_S, onset_strength
from ...shared.listening.spectrum import ANALYSIS_RATE, FRAMES_PER_S, SILENT

F32 = NDArray[np.float32]
TOKENS = 77
"""Tokens of a prompt for CLIP's text encoders."""
FEATURES = ("spectrum", "waveform")
MEASURED = 1024
"""Columns, spread evenly over the clip, by which its level is measured."""
MOST_Z = 4.0
"""How far a value may lie from the clip's mean, in standard deviations."""


@dataclass(frozen=True)
class Scale:
    """By what a clip's values become numbers about 0: log(1 + x / median), or x itself, less `mean`, over `std`.

    A silent clip has a `std` of 0, and comes out as zeros; its noise is not to be made loud.
    """

    median: float
    mean: float
    std: float


@dataclass(frozen=True, eq=False)
class Slices:
    """A clip of mono `samples` float32 [n], n > 0, at `rate` Hz, in slices for frames at `fps` per second."""

    samples: F32
    rate: int
    fps: float
    tokens: int = TOKENS
    _scales: dict[tuple[int, str], Scale] = field(default_factory=dict, init=False, repr=False)

    @property
    def count(self) -> int:
        """Slices that hold the whole clip; the last one may end in silence."""
        return max(1, math.ceil(len(self.samples) * self.fps / self.rate - 1e-9))

    def moments(self, index: float) -> NDArray[np.int64]:
        """The samples on which a slice's columns are centred, int64 [tokens]; slice 1.5 begins in the middle of 1."""
        column = index * self.tokens + np.arange(self.tokens) + 0.5
        return np.asarray(np.rint(column * self.rate / (self.fps * self.tokens)), np.int64)

    def table(self, index: float, width: int, feature: str) -> F32:
        """A slice as it is, float32 [tokens, width].

        spectrum: magnitudes of Fourier transforms of 2 (width - 1) samples under a Hann window, whose bins 0..rate / 2
        are the `width` values of a token. waveform: tokens * width samples from the frame's beginning on, row by row.
        """
        if feature == "waveform":
            start = round(index * self.rate / self.fps)
            return self._read(start, self.tokens * width).reshape(self.tokens, width)
        return self._spectra(self.moments(index), 2 * (width - 1))

    def level(self, index: float, width: int, feature: str) -> F32:
        """A slice in standard deviations from the clip's mean, within +-MOST_Z, float32 [tokens, width].

        The whole clip is measured at once, so what is louder than the rest stays so.
        """
        scale = self.scale(width, feature)
        if not scale.std:
            return np.zeros((self.tokens, width), np.float32)
        values = _compressed(self.table(index, width, feature), scale.median, feature)
        return np.asarray(np.clip((values - scale.mean) / scale.std, -MOST_Z, MOST_Z), np.float32)

    def scale(self, width: int, feature: str) -> Scale:
        """How the clip as a whole is scaled; measured once."""
        if (width, feature) not in self._scales:
            self._scales[width, feature] = self._measured(width, feature)
        return self._scales[width, feature]

    def _measured(self, width: int, feature: str) -> Scale:
        if np.abs(self.samples).max() < SILENT:
            return Scale(0.0, 0.0, 0.0)
        if feature == "waveform":
            return Scale(0.0, float(self.samples.mean()), float(self.samples.std()))
        at = np.linspace(0, len(self.samples) - 1, min(MEASURED, self.count * self.tokens)).astype(np.int64)
        # the loudest moment too: a click may lie between all the others
        values = self._spectra(np.append(at, np.abs(self.samples).argmax()), 2 * (width - 1))
        median = float(np.median(values[values > 0]))
        values = _compressed(values, median, feature)
        return Scale(median, float(values.mean()), float(values.std()))

    @cached_property
    def onsets(self) -> F32:
        """How strongly something begins in each frame, 0..1 of the strongest in the clip, float32 [count]."""
        common = math.gcd(self.rate, ANALYSIS_RATE)
        heard = resample_poly(self.samples, ANALYSIS_RATE // common, self.rate // common)
        strength = onset_strength(heard.astype(np.float32))
        at = (np.arange(len(strength)) / FRAMES_PER_S + EARLY_S) * self.fps
        strongest = np.zeros(self.count)
        np.maximum.at(strongest, np.minimum(at.astype(np.int64), self.count - 1), strength)
        return np.asarray(strongest / (strongest.max() or 1), np.float32)

    def _spectra(self, at: NDArray[np.int64], length: int) -> F32:
        """Magnitudes of the spectra of `length` samples round moments, float32 [len(at), length / 2 + 1]."""
        first, last = int(at.min()) - length // 2, int(at.max()) - length // 2 + length
        if last - first <= 4 * length * len(at):
            near = self._read(first, last - first)
            parts = near[(at - length // 2 - first)[:, None] + np.arange(length)]
        else:
            parts = np.stack([self._read(int(moment) - length // 2, length) for moment in at])
        return np.asarray(np.abs(np.fft.rfft(parts * _window(length), axis=1)), np.float32)

    def _read(self, start: int, length: int) -> F32:
        """Samples from `start` on, silence beyond the clip's ends: float32 [length]."""
        out = np.zeros(length, np.float32)
        low, high = max(0, start), min(len(self.samples), start + length)
        if low < high:
            out[low - start : high - start] = self.samples[low:high]
        return out


def mono(samples: F32) -> F32:
    """The mean of the channels of float32 [n, channels]: [n]. What is no number is silence."""
    return np.asarray(np.nan_to_num(samples.mean(axis=1), nan=0.0, posinf=0.0, neginf=0.0), np.float32)


def _compressed(values: F32, median: float, feature: str) -> F32:
    return values if feature == "waveform" else np.log1p(values / np.float32(median))


@lru_cache(maxsize=4)
def _window(length: int) -> F32:
    """A periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / max(1, length)), np.float32)
