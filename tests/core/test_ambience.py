"""Ambient sound: its spectrum, its loop, its loudness, and the file it is written to."""

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared.ambience import EVENTS, KINDS, NOISES, ambience, divisor, read_wav, write_wav
from infinite_parallax.shared.errors import ParallaxError, UsageError

RATE = 16000


def energy(samples: np.ndarray, low: float, high: float) -> float:
    """Share of a sound's energy between two frequencies."""
    power = np.abs(np.fft.rfft(samples[:, 0])) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(power[(hz >= low) & (hz < high)].sum() / power.sum())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_same_seed_same_sound_and_another_seed_another(kind: str) -> None:
    first, again, other = (ambience(kind, 2, RATE, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first[:, 0], other[:, 0])[0, 1]) < 0.2


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_loop_has_no_seam(kind: str) -> None:
    sound = ambience(kind, 3, RATE)
    steps = np.abs(np.diff(sound, axis=0))
    assert np.all(np.abs(sound[0] - sound[-1]) <= steps.max(axis=0))
    # louder than any step inside the loop would be a click; a shifted copy shows that the test can tell
    broken = np.concatenate([sound[: RATE // 2], -sound[RATE // 2 :]])
    assert np.abs(np.diff(broken, axis=0))[RATE // 2 - 1].max() > np.median(steps)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_loudness_peak_and_stereo(kind: str) -> None:
    sound = ambience(kind, 5, RATE)
    assert 20 * np.log10(np.sqrt(np.mean(sound**2))) == pytest.approx(-24, abs=1)
    assert np.abs(sound).max() <= 0.8
    # noise has nothing in common between its sides; an event has a place, and is heard on both
    assert abs(np.corrcoef(sound.T)[0, 1]) < (0.3 if kind in NOISES else 0.995)
    assert np.abs(sound.mean(axis=0)).max() < 1e-4


def test_wind_is_low_and_water_is_bright() -> None:
    wind, water = ambience("wind", 6, RATE), ambience("water", 6, RATE)
    assert energy(wind, 0, 1500) > 0.95
    assert energy(wind, 0, 20) < 0.01
    assert energy(water, 300, 4000) > 0.6
    assert energy(water, 1500, 8000) > 5 * energy(wind, 1500, 8000)


def test_the_loudness_swells() -> None:
    for kind in ("wind", "water"):
        sound = ambience(kind, 20, RATE)[:, 0]
        seconds = np.sqrt(np.mean(sound.reshape(20, RATE) ** 2, axis=1))
        assert seconds.max() > 1.3 * seconds.min()


def test_long_sounds_repeat_a_loop() -> None:
    sound = ambience("wind", 125, 1000)
    assert sound.shape == (125000, 2)
    assert np.array_equal(sound[:31250], sound[31250:62500])
    assert np.array_equal(sound[:31250], sound[-31250:])


@pytest.mark.parametrize("duration", [7.0, 61.0, 100.1, 383.999, 1501 / 25])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_sound_of_any_length_flows_into_itself(kind: str, duration: float) -> None:
    sound = ambience(kind, duration, 4000)
    steps = np.abs(np.diff(sound, axis=0))
    assert (np.abs(sound[0] - sound[-1]) <= steps.max(axis=0)).all()
    # also the slope goes on: a joint that only meets in height is heard as a click in a high band
    bends = np.abs(np.diff(sound, 2, axis=0))
    around = np.concatenate([sound[-2:], sound[:2]])
    assert (np.abs(np.diff(around, 2, axis=0)) <= bends.max(axis=0)).all()
    # and the spectrum over the joint is the spectrum elsewhere
    window = np.hanning(512)[:, None]
    across = np.abs(np.fft.rfft(np.concatenate([sound[-256:], sound[:256]]) * window, axis=0))
    inside = [np.abs(np.fft.rfft(sound[n : n + 512] * window, axis=0)) for n in range(0, len(sound) - 512, 512)]
    high = slice(3 * 512 // 8, None)
    assert across[high].sum() <= 1.5 * max(part[high].sum() for part in inside)


@given(st.integers(1, 10**8), st.sampled_from([24.0, 29.97, 30.0, 48000.0]))
def test_a_loop_fills_its_sound_exactly(units: int, per_second: float) -> None:
    length = divisor(units, per_second)
    assert units % length == 0
    assert length == units or 5 * per_second <= length <= 60 * per_second


@pytest.mark.parametrize(("kind", "duration"), [("hail", 1.0), ("wind", 0.0), ("wind", -1.0), ("wind", float("nan"))])
def test_what_cannot_be_made_is_refused(kind: str, duration: float) -> None:
    with pytest.raises(UsageError) as refusal:
        ambience(kind, duration)
    assert refusal.value.hint


def test_the_file_holds_the_samples(tmp_path: Path) -> None:
    sound, path = ambience("water", 1.5, RATE), tmp_path / "water.wav"
    write_wav(path, sound, RATE)
    assert np.abs(read_wav(path) - sound).max() <= 2 / 32767
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE, len(sound))
        data = np.frombuffer(file.readframes(len(sound)), "<i2").reshape(-1, 2) / 32767
    assert np.abs(data - sound).max() <= 2 / 32767
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ParallaxError, match="cannot be written"):
        write_wav(tmp_path / "missing" / "a.wav", ambience("wind", 0.1, RATE), RATE)


def spectrum(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies, and the share of the energy at each."""
    power = (np.abs(np.fft.rfft(samples, axis=0)) ** 2).sum(axis=1)
    return np.fft.rfftfreq(len(samples), 1 / 48000), power / power.sum()


def envelope(samples: np.ndarray, window_s: float = 0.01) -> np.ndarray:
    """RMS of both sides in windows."""
    n = round(window_s * 48000)
    return np.sqrt((samples[: len(samples) // n * n].reshape(-1, n * 2) ** 2).mean(axis=1))


def test_rain_is_wide_and_full_of_drops() -> None:
    sound = ambience("rain", 6, 48000)
    hz, share = spectrum(sound)
    assert 2000 < (hz * share).sum() < 5000
    assert share[(hz > 500) & (hz < 8000)].sum() > 0.85
    # no octave of the hiss is missing
    assert min(share[(hz >= low) & (hz < 2 * low)].sum() for low in (500, 1000, 2000, 4000)) > 0.03
    peaks = np.abs(sound).max(axis=1).reshape(-1, 480).max(axis=1) / np.sqrt(np.mean(sound**2))
    assert 0.02 < np.mean(peaks > 5) < 0.5  # single drops stand out, and not everywhere


def test_crickets_chirp_in_pulses_of_a_nearly_pure_tone() -> None:
    sound = ambience("crickets", 8, 48000)
    hz, share = spectrum(sound)
    assert share[(hz > 4000) & (hz < 5100)].sum() > 0.97
    loud = envelope(sound, 0.005)
    beat = np.abs(np.fft.rfft(loud - loud.mean()))
    per_second = np.fft.rfftfreq(len(loud), 0.005)
    pulses = beat[(per_second > 22) & (per_second < 28)].max()
    assert pulses > 4 * np.median(beat)
    assert np.percentile(loud, 95) > 3 * np.percentile(loud, 10)


def test_footsteps_are_steps_with_silence_between_them() -> None:
    sound = ambience("footsteps", 10, 48000)
    loud = envelope(sound, 0.02)
    walking = loud > 0.25 * loud.max()
    begins = np.flatnonzero(walking[1:] & ~walking[:-1])
    steps = begins[np.append(True, np.diff(begins) > 15)]
    assert 15 <= len(steps) <= 21
    gaps = np.diff(steps) * 0.02
    assert 0.02 < gaps.std() < 0.15  # no machine
    assert np.percentile(loud, 20) < 0.02 * loud.max()
    hz, share = spectrum(sound)
    assert share[(hz > 500) & (hz < 8000)].sum() > 0.6
    assert 0.02 < share[hz < 200].sum() < 0.4


def test_birds_whistle_and_a_room_hums_low() -> None:
    hz, share = spectrum(ambience("birds", 8, 48000))
    assert share[(hz > 1500) & (hz < 8500)].sum() > 0.97
    assert np.sort(share)[-len(share) // 20 :].sum() > 0.6  # tones, not noise
    hz, share = spectrum(ambience("room_tone", 8, 48000))
    assert share[hz < 500].sum() > 0.85
    loud = envelope(ambience("room_tone", 8, 48000), 0.5)
    assert loud.max() < 1.6 * loud.min()


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_that_reaches_over_the_end_goes_on_at_the_beginning(kind: str) -> None:
    """Whatever lies at the joint is as it would be anywhere else: rolled by half, the sound is as smooth there."""
    sound = ambience(kind, 5, 48000)
    bends = np.abs(np.diff(np.concatenate([sound, sound[:2]]), 2, axis=0)).max(axis=1)
    assert bends[-3:].max() <= np.sort(bends)[-20]
