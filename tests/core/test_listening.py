"""What is heard in sounds whose onsets and beats are known."""

import numpy as np
import pytest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.listening import beats, onsets
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE, mel_energies, mono

from .clicks import agreement, clicks

GOOD = 0.95
TRACKS = [
    (bpm, noise, offset)
    for bpm in (50, 60, 75, 97, 120, 140, 172, 190)
    for noise, offset in ((0.0, 0.0), (0.02, 0.2), (0.05, 1.37))
]


@pytest.mark.parametrize(("bpm", "noise", "offset"), TRACKS)
def test_onsets_tempo_and_beats_of_a_click_track(bpm: float, noise: float, offset: float) -> None:
    samples, moments = clicks(bpm, 20, noise, offset)
    strength = onsets.onset_strength(samples)
    assert agreement(onsets.onsets_of(strength, 20), moments) >= GOOD
    found = beats.tempo(strength)
    assert found == pytest.approx(bpm, rel=0.005)
    placed = beats.beats(strength, found, 20)
    assert agreement(placed, moments) >= GOOD
    nearest = placed[:, None] - moments
    off = nearest[np.arange(len(placed)), np.abs(nearest).argmin(axis=1)]
    assert abs(np.median(off)) < 0.003, "neither early nor late"


def test_a_tempo_that_is_given_is_beaten() -> None:
    samples, moments = clicks(120, 20)
    strength = onsets.onset_strength(samples)
    assert agreement(beats.beats(strength, 60, 20), moments[::2]) >= GOOD or (
        agreement(beats.beats(strength, 60, 20), moments[1::2]) >= GOOD
    )


def test_a_tempo_that_sways_is_followed() -> None:
    gaps = 0.5 + 0.03 * np.sin(np.arange(38) / 6)
    moments = np.cumsum(gaps)
    samples = np.zeros(20 * ANALYSIS_RATE, np.float32)
    click, _ = clicks(60, 0.1)
    for moment in moments[moments < 19.8]:
        samples[round(moment * ANALYSIS_RATE) :][: len(click)] += click
    strength = onsets.onset_strength(samples)
    assert agreement(beats.beats(strength, 120, 20), moments[moments < 19.8]) >= GOOD


@pytest.mark.parametrize("level", [0.0, 1e-5])
@pytest.mark.parametrize("length", [1, 100, 30000, 100000])
def test_silence_begins_nothing(level: float, length: int) -> None:
    samples = (level * np.random.default_rng(0).standard_normal(length)).astype(np.float32)
    assert not len(onsets.onsets(samples))
    strength = onsets.onset_strength(samples)
    assert beats.tempo(strength) is None
    assert not len(beats.beats(strength, 120, 1))


def test_one_sample_that_is_loud_is_no_rhythm() -> None:
    samples = np.ones(1, np.float32)
    assert len(onsets.onsets(samples)) <= 1
    assert beats.tempo(onsets.onset_strength(samples)) is None


def test_loudness_changes_nothing() -> None:
    samples, _ = clicks(97, 10, 0.01)
    assert onsets.onsets(samples * np.float32(0.01)) == pytest.approx(onsets.onsets(samples), abs=1e-3)


def test_a_note_that_is_no_louder_than_the_one_before_is_an_onset() -> None:
    t = np.arange(ANALYSIS_RATE) / ANALYSIS_RATE
    samples = np.concatenate([0.5 * np.sin(2 * np.pi * pitch * t) for pitch in (220, 587, 311)]).astype(np.float32)
    found = onsets.onsets(samples)
    assert np.abs(found[:, None] - [1.0, 2.0]).min(axis=0).max() < 0.04


def test_the_power_of_a_sine_is_that_of_its_amplitude() -> None:
    t = np.arange(ANALYSIS_RATE) / ANALYSIS_RATE
    whole = mel_energies(np.sin(2 * np.pi * 1000 * t).astype(np.float32)).sum(axis=1)[20]
    half = mel_energies(0.5 * np.sin(2 * np.pi * 1000 * t).astype(np.float32)).sum(axis=1)[20]
    assert whole == pytest.approx(4 * half, rel=1e-4)
    assert 1 <= whole <= 2


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(UsageError, match="no samples"):
        mono(np.zeros((0, 2), np.float32))
    with pytest.raises(UsageError, match="no numbers"):
        mono(np.array([0, np.nan], np.float32))
    assert mono(np.array([[1, 0], [0.5, 0.5]], np.float32)).tolist() == [0.5, 0.5]
