"""What of a sound moves something: one value, 0 to 1, for each frame of a video.

Loudness is told in decibels below the loudest moment, as ears do; what happens at moments becomes pulses. An envelope
follower then lets it rise and fall as fast as one wants. Smoothing by a filter that is the same both ways was the other
road: it would move things before they sound.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import UsageError
from . import beats as pulses
from .onsets import onset_strength, onsets_of, seconds_of
from .spectrum import ANALYSIS_RATE, FRAMES_PER_S, SILENT, Samples, Values, mel, mel_energies, mono

SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
RANGE_DB = 40.0
"""What is so much quieter than the loudest moment, is 0."""
BANDS_HZ = {"low": (0.0, 200.0), "mid": (200.0, 2000.0), "high": (2000.0, ANALYSIS_RATE / 2)}
SHORTEST_WINDOW_S = 0.03
"""Loudness is that of a frame, or of so long: below it, one would hear the waves of a bass."""


@dataclass(frozen=True)
class Heard:
    """A sound that is listened to: mono `samples` at ANALYSIS_RATE; a tempo may be given."""

    samples: Samples
    given_bpm: float | None = None
    beats_per_bar: int = 4

    @classmethod
    def of(cls, samples: Samples, given_bpm: float | None = None, beats_per_bar: int = 4) -> "Heard":
        """What is heard in samples [n] or [n, channels] at ANALYSIS_RATE."""
        return cls(mono(samples), given_bpm, beats_per_bar)

    def retimed(self, times: float) -> "Heard":
        """The same sound, beaten so many times as fast; UsageError where it has no tempo, or that would be none."""
        if self.tempo_bpm is None:
            raise UsageError("The sound has no tempo that could be changed.", "Give the tempo as a number.")
        bpm = round(self.tempo_bpm * times, 3)
        if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
            raise UsageError(f"{bpm:g} beats per minute is no tempo.", "Give one from 20 to 400.")
        return replace(self, given_bpm=bpm)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / ANALYSIS_RATE

    @cached_property
    def strength(self) -> Values:
        """How much begins, at every spectrum."""
        return onset_strength(self.samples)

    @cached_property
    def onsets(self) -> Values:
        """The seconds at which something begins."""
        return onsets_of(self.strength, self.seconds)

    @cached_property
    def tempo_bpm(self) -> float | None:
        """Beats per minute, as given or as heard; None where there is no rhythm."""
        return self.given_bpm or pulses.tempo(self.strength)

    @cached_property
    def beats(self) -> Values:
        """The seconds of the beats; none without a tempo."""
        return pulses.beats(self.strength, self.tempo_bpm, self.seconds) if self.tempo_bpm else np.zeros(0)

    @cached_property
    def bars(self) -> Values:
        """The seconds at which bars begin: of every so many beats the one that is the strongest on the whole."""
        if not len(self.beats):
            return self.beats
        strong, every = self._strength_at(self.beats), self.beats_per_bar
        means = [float(strong[first::every].mean()) for first in range(min(every, len(strong)))]
        return np.asarray(self.beats[int(np.argmax(means)) :: every])

    def feature(self, name: str, moments: Values, fps: float) -> Values:
        """A feature at moments, in seconds of the sound, of a video of `fps` frames per second: float64, 0 to 1."""
        if name == "envelope":
            return self._loudness(moments, fps)
        if name in BANDS_HZ:
            return self._band(name, moments)
        at = {"onsets": self.onsets, "beats": self.beats, "bars": self.bars}[name]
        how = self._strength_at(at) if name == "onsets" else np.ones(len(at))
        out = np.zeros(len(moments))
        nearest = np.rint((at - moments[0]) * fps).astype(np.int64)
        inside = (nearest >= 0) & (nearest < len(out))
        np.maximum.at(out, nearest[inside], how[inside])
        return out

    def _loudness(self, moments: Values, fps: float) -> Values:
        half = max(1 / fps, SHORTEST_WINDOW_S) / 2
        power = np.concatenate([[0.0], np.cumsum(self.samples.astype(np.float64) ** 2)])
        first, last = (np.clip((moments + way) * ANALYSIS_RATE, 0, len(self.samples)) for way in (-half, half))
        sums = power[np.rint(last).astype(np.int64)] - power[np.rint(first).astype(np.int64)]
        return in_decibels(sums / (2 * half * ANALYSIS_RATE))

    def _band(self, name: str, moments: Values) -> Values:
        energies = self._energies
        middles = np.linspace(0, float(mel(np.array(ANALYSIS_RATE / 2))), energies.shape[1] + 2)[1:-1]
        low, high = (float(mel(np.array(hz))) for hz in BANDS_HZ[name])
        power = energies[:, (middles >= low) & (middles < high)].sum(axis=1)
        return np.interp(moments * FRAMES_PER_S, np.arange(len(power)), in_decibels(power), 0, 0)

    @cached_property
    def _energies(self) -> Values:
        return mel_energies(self.samples)

    def _strength_at(self, at: Values) -> Values:
        """How strong onsets are beside the strongest."""
        spectra = np.arange(len(self.strength), dtype=np.float64)
        found = np.interp(at, seconds_of(spectra, self.seconds), self.strength)
        return np.asarray(np.sqrt(found / max(float(self.strength.max()), 1e-9)))


def in_decibels(power: Values) -> Values:
    """Powers as 0 to 1: RANGE_DB below the largest, to the largest; all 0 for silence."""
    most = float(power.max(initial=0.0))
    if most < SILENT**2 / 2:
        return np.zeros(len(power))
    decibels = 10 * np.log10(np.maximum(power / most, 1e-12))
    return np.clip(1 + decibels / RANGE_DB, 0, 1)


def followed(values: Values, fps: float, attack_s: float, release_s: float, around: bool) -> Values:
    """Values at frames as an envelope follower goes after them: a pole each for rising and falling.

    Values that go `around`, as a loop does, are followed twice, so that the beginning knows the end.
    """
    rise, fall = (math.exp(-1 / (fps * seconds)) if seconds else 0.0 for seconds in (attack_s, release_s))
    out, at = np.empty(len(values)), 0.0
    for _ in range(2 if around else 1):
        for i, value in enumerate(values.tolist()):
            at = value + (at - value) * (rise if value > at else fall)
            out[i] = at
    return out
