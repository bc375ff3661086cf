"""Sounds as the embeddings of prompts: spectra by time, what a model is told, and files as they are read."""

from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.dreams import job, slices
from infinite_parallax.inpaint_server.dreams.conditioning import Embedding, Way, between, conditioned
from infinite_parallax.inpaint_server.dreams.slices import Slices
from infinite_parallax.inpaint_server.sound_files import load_sound
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.dream_settings import Dream, strength_at, words_at
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.sections import Prompt

from .dreams_by_hand import WIDTH, tone, wav, words


@pytest.mark.parametrize(("rate", "fps"), [(8000, 7.0), (44100, 29.97), (192000, 6.0)])
def test_every_frame_hears_its_own_second_to_within_half_a_sample(rate: int, fps: float) -> None:
    sound = Slices(np.zeros(rate * 600, np.float32), rate, fps)
    assert sound.count == np.ceil(600 * fps)
    hop = rate / (fps * 77)
    for index in (0, 1, sound.count // 2, sound.count - 1):
        ideal = index / fps * rate + (np.arange(77) + 0.5) * hop
        assert np.abs(sound.moments(index) - ideal).max() <= 0.5 + 1e-6


def test_a_click_is_heard_in_the_column_of_its_moment_however_late() -> None:
    rate, fps = 8000, 6.0
    samples = np.zeros(rate * 900, np.float32)
    at = 7_003_211
    samples[at] = 1
    sound = Slices(samples, rate, fps)
    index = int(at / rate * fps)
    energy = sound.table(index, WIDTH, "spectrum").sum(axis=1)
    column = int(np.average(np.arange(77), weights=energy).round())
    assert abs(sound.moments(index)[column] - at) <= rate / (fps * 77)
    assert not sound.table(index - 2, WIDTH, "spectrum").any()
    assert sound.onsets.argmax() == index
    assert sound.level(index, WIDTH, "spectrum").max() > sound.level(0, WIDTH, "spectrum").max()


def test_the_tail_is_heard() -> None:
    rate = 8000
    samples = np.zeros(rate * 2 + 700, np.float32)
    samples[-400:] = tone(0.05, 1000)
    sound = Slices(samples, rate, 2.0)
    assert sound.count == 5
    assert sound.table(4, WIDTH, "spectrum").any()
    assert sound.table(4, WIDTH, "waveform").any()
    assert Slices(samples[: rate * 2], rate, 2.0).count == 4


def test_a_spectrum_has_the_sounds_pitch_and_is_that_of_fourier() -> None:
    sound = Slices(tone(1, 1000), 8000, 2.0)
    table = sound.table(1, 41, "spectrum")
    assert (table.argmax(axis=1) == round(1000 / (8000 / 80))).all()
    part = sound.samples[sound.moments(0)[40] - 40 :][:80]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(80) / 80)
    np.testing.assert_allclose(sound.table(0, 41, "spectrum")[40], np.abs(np.fft.rfft(part * window)), atol=1e-5)


@pytest.mark.parametrize(("width", "length"), [(32, 62), (768, 1534), (1024, 2046), (1280, 2558)])
def test_an_encoder_of_any_width_hears_as_many_bins(width: int, length: int) -> None:
    rng = np.random.default_rng(1)
    sound = Slices(rng.normal(0, 0.2, RATE).astype(np.float32), RATE, 2.0)
    table = sound.table(0, width, "spectrum")
    assert table.shape == (77, width)
    start = sound.moments(0)[50] - length // 2
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    expected = np.abs(np.fft.rfft(sound.samples[start : start + length] * window))
    np.testing.assert_allclose(table[50], expected, atol=1e-3)


def test_a_waveform_is_laid_row_by_row() -> None:
    sound = Slices(np.linspace(-1, 1, 8000, dtype=np.float32), 8000, 4.0)
    np.testing.assert_array_equal(sound.table(1, 5, "waveform").ravel(), sound.samples[2000 : 2000 + 77 * 5])


@pytest.mark.parametrize("samples", [np.zeros(8000, np.float32), np.zeros(1, np.float32), tone(1, 9e2) / 999])
@pytest.mark.parametrize("feature", slices.FEATURES)
def test_silence_says_nothing(samples: np.ndarray, feature: str) -> None:
    sound = Slices(samples, 8000, 3.0)
    assert not sound.level(sound.count - 1, WIDTH, feature).any()
    assert not sound.onsets.any()
    known = words()
    heard = conditioned(known, sound, 0, Way("match", feature))
    np.testing.assert_allclose(heard[1:], np.broadcast_to(known.values[1:].mean(axis=0), (76, WIDTH)), atol=1e-5)


def test_what_is_louder_than_the_rest_of_the_clip_stays_louder() -> None:
    samples = np.concatenate([0.02 * tone(2, 700), tone(2, 700)])
    sound = Slices(samples, 8000, 1.0)
    quiet, loud = sound.level(0, WIDTH, "spectrum"), sound.level(3, WIDTH, "spectrum")
    assert loud.mean() > quiet.mean() + 0.3
    assert max(np.abs(quiet).max(), np.abs(loud).max()) <= slices.MOST_Z
    twice = Slices(2 * samples, 8000, 1.0)
    np.testing.assert_allclose(twice.level(3, WIDTH, "spectrum"), loud, atol=1e-4)


@pytest.mark.parametrize("statistics", ["channel", "whole"])
def test_matched_numbers_lie_where_the_encoders_do(statistics: str) -> None:
    rng = np.random.default_rng(3)
    sound = Slices(rng.normal(0, 0.2, 8000).astype(np.float32), 8000, 1.0)
    known = words(widths=(WIDTH, 40))
    known = Embedding(known.values * 3 + 5, known.widths)
    heard = conditioned(known, sound, 0, Way("match", statistics=statistics))
    assert heard.shape == (77, WIDTH + 40)
    assert heard.dtype == np.float32
    np.testing.assert_array_equal(heard[0], known.values[0])
    assert abs(heard[1:].mean() - known.values[1:].mean()) < 0.5
    assert heard[1:].std() == pytest.approx(known.values[1:].std(), rel=0.25)


def test_raw_is_the_spectrum_itself_and_a_mix_without_weight_the_prompt() -> None:
    sound, known = Slices(tone(1, 440), 8000, 1.0), words()
    raw = conditioned(known, sound, 0, Way("raw"))
    np.testing.assert_array_equal(raw, sound.table(0, WIDTH, "spectrum"))
    np.testing.assert_array_equal(conditioned(known, sound, 0, Way("mix", weight=0)), known.values)
    np.testing.assert_allclose(
        conditioned(known, sound, 0, Way("mix", weight=1)), conditioned(known, sound, 0, Way("match")), atol=1e-6
    )


def test_each_encoder_hears_the_whole_spectrum() -> None:
    sound = Slices(tone(1, 1000), 8000, 1.0)
    raw = conditioned(words(widths=(11, 21)), sound, 0, Way("raw"))
    np.testing.assert_array_equal(raw[:, :11], sound.table(0, 11, "spectrum"))
    np.testing.assert_array_equal(raw[:, 11:], sound.table(0, 21, "spectrum"))


def test_prompts_become_each_other_before_they_hold() -> None:
    dream = Dream(prompt="calm", negative_prompt="people", fade_s=2)
    then = [Prompt(10, "storm"), Prompt(11, "", "ships")]
    at = [words_at(dream, then, second) for second in (0, 8, 9, 10, 10.5, 11, 99)]
    said = [(a.prompt, b.prompt, share) for a, b, share in at]
    assert said[:4] == [("calm", "storm", 0), ("calm", "storm", 0), ("calm", "storm", 0.5), ("storm", "calm", 0)]
    assert said[4:] == [("storm", "calm", 0.5), ("calm", "calm", 0), ("calm", "calm", 0)]
    assert at[-1][0].negative_prompt == "ships"
    assert at[0][0].negative_prompt == "people"
    hard = Dream(prompt="calm", fade_s=0)
    assert words_at(hard, then, 9.9)[0].prompt == "calm"
    assert words_at(hard, then, 9.9)[2] == 0
    np.testing.assert_allclose(
        between(words(0), words(1), 0.25).values, 0.75 * words(0).values + 0.25 * words(1).values, atol=1e-5
    )


def test_strength_follows_onsets_within_its_limits() -> None:
    assert strength_at(Dream(strength=0.4), 1.0) == 0.4
    assert strength_at(Dream(strength=0.4, onset_strength=0.2), 0.5) == pytest.approx(0.5)
    assert strength_at(Dream(strength=0.9, onset_strength=0.5), 1.0) == 1
    assert strength_at(Dream(strength=0.2, onset_strength=-0.5), 1.0) == 0


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (192000, 1)])
def test_sounds_of_any_rate_are_heard_alike(tmp_path: Path, rate: int, channels: int) -> None:
    samples = np.repeat(tone(1.25, 1000, rate)[:, None], channels, axis=1)
    write_wav(tmp_path / "tone.wav", samples, rate)
    heard = Slices(slices.mono(load_sound(tmp_path / "tone.wav", RATE)), RATE, 4.0)
    assert heard.count == 5
    table = heard.table(2, 49, "spectrum")
    assert (table.argmax(axis=1) == 2).all()


def test_a_stretch_of_a_long_sound_is_that_to_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = (np.arange(120 * 8000) % 8000 / 8000 * 0.9).astype(np.float32)
    data = wav(ramp, 8000)
    for start, length in ((100.0, 1.2344), (118.5, 1.5), (0.0, 120.0)):
        part = job.stretch(data, Dream(start_s=start, length_s=length))
        assert len(part) == round(length * RATE)
        first = part[:: RATE // 8000, 0]
        assert np.abs(first - ramp[round(start * 8000) :][: len(first)])[8:-8].mean() < 0.01
    monkeypatch.setattr(job, "MOST_SOUND_S", 60.0)
    assert len(job.stretch(data, Dream(start_s=59, length_s=1))) == RATE
    for beyond in (Dream(), Dream(start_s=59, length_s=1.5), Dream(start_s=70, length_s=1)):
        with pytest.raises(UsageError, match="longer than the 1 minutes"):
            job.stretch(data, beyond)


def test_a_sample_is_a_sound_and_a_text_is_none(tmp_path: Path) -> None:
    write_wav(tmp_path / "one.wav", np.ones((1, 1), np.float32), RATE)
    heard = Slices(slices.mono(load_sound(tmp_path / "one.wav", RATE)), RATE, 24.0)
    assert heard.count == 1
    assert np.isfinite(heard.level(0, 32, "spectrum")).all()
    (tmp_path / "text.wav").write_text("no sound at all")
    with pytest.raises(ParallaxError, match="could not read"):
        load_sound(tmp_path / "text.wav", RATE)
