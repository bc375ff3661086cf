"""Sounds as the embeddings of prompts, and frames that grow out of each other: everything but the model."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.diffusion.colours import taken_back
from infinite_parallax.inpaint_server.dreams import job, slices, video
from infinite_parallax.inpaint_server.dreams.between import Between
from infinite_parallax.inpaint_server.dreams.chain import Chain, Stroke, Wish, fitted
from infinite_parallax.inpaint_server.dreams.conditioning import Embedding, Way, between, conditioned
from infinite_parallax.inpaint_server.dreams.slices import Slices
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.inpaint_server.sound_files import load_sound
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.dream_document import DreamDocument
from infinite_parallax.shared.dream_settings import Dream, strength_at, words_at
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.formats import export
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE
from infinite_parallax.shared.sections import Prompt

from ..core.clicks import clicks
from .dreams_by_hand import WIDTH, Brush, tone, wav, words


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


Make = Callable[..., Wish]


@pytest.fixture
def make() -> Make:
    def wish(seconds: float = 1.5, picture: np.ndarray | None = None, **settings: object) -> Wish:
        dream = Dream(prompt="a river", painted_fps=4, **settings)  # type: ignore[arg-type]
        rising = tone(seconds, 300) * np.linspace(0, 1, round(seconds * 8000), dtype=np.float32)
        return Wish(dream, Slices(rising, 8000, dream.painted_fps), (), picture)

    return wish


def never() -> bool:
    return False


def ignored(_done: int, _of: int) -> None:
    pass


def dreamt(folder: Path, wish: Wish, brush: Brush | None = None) -> list[bytes]:
    chain = Chain(folder, wish)
    chain.paint(brush or Brush(), ignored, never)
    return [chain.path(i).read_bytes() for i in range(chain.count)]


def test_a_dream_that_is_stopped_goes_on_to_the_same_bytes(tmp_path: Path, make: Make) -> None:
    whole = dreamt(tmp_path / "whole", make(seed_policy="per_frame"))
    assert len(whole) == 6
    assert len(set(whole)) == 6
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            dreamt(tmp_path / "parts", make(seed_policy="per_frame"), Brush(stop_after=1))
    chain = Chain(tmp_path / "parts", make(seed_policy="per_frame"))
    assert chain.done() == 3
    half = chain.path(2).read_bytes()
    chain.path(2).write_bytes(half[: len(half) // 2])  # as a power cut leaves it
    assert dreamt(tmp_path / "parts", make(seed_policy="per_frame")) == whole
    with pytest.raises(UsageError, match="Another dream"):
        Chain(tmp_path / "parts", make(seed=5))
    assert Chain(tmp_path / "parts", make(seed_policy="per_frame", fps=50.0)).done() == 6


def test_a_dream_is_cancelled_between_frames(tmp_path: Path, make: Make) -> None:
    chain, seen = Chain(tmp_path, make()), []
    with pytest.raises(Cancelled):
        chain.paint(Brush(), lambda done, of: seen.append((done, of)), lambda: len(seen) == 2)
    assert seen == [(1, 6), (2, 6)]
    assert chain.done() == 2


def test_the_first_frame_is_noise_or_grows_out_of_the_users_picture(tmp_path: Path, make: Make) -> None:
    brush = Brush()
    dreamt(tmp_path / "noise", make(), brush)
    assert brush.strokes[0].before is None
    assert [stroke.seed for stroke in brush.strokes] == [(0,)] * 6
    brush = Brush()
    picture = paint(160, 90)
    dreamt(tmp_path / "picture", make(picture=picture, strength=0.0), brush)
    first = brush.strokes[0]
    assert (first.width, first.height) == (88, 48)
    np.testing.assert_array_equal(first.before, fitted(picture, 88, 48))
    np.testing.assert_array_equal(
        Chain(tmp_path / "picture", make(picture=picture, strength=0.0)).frame(5), first.before
    )


def test_every_frame_is_as_far_from_the_last_as_its_onset_is_strong(tmp_path: Path) -> None:
    samples, moments = clicks(60, 6, 0.0, 0.7)
    brush, dream = Brush(), Dream(strength=0.2, onset_strength=0.5, painted_fps=5, seed=9, seed_policy="per_frame")
    dreamt(tmp_path, Wish(dream, Slices(samples, ANALYSIS_RATE, dream.painted_fps)), brush)
    strengths = np.array([stroke.strength for stroke in brush.strokes])
    begun = np.floor(moments * 5 + 1e-9).astype(int)
    assert strengths.max() == pytest.approx(0.7)
    assert (strengths[begun] > 0.3).all()
    assert np.delete(strengths, begun) == pytest.approx(0.2, abs=0.02)
    assert [stroke.seed for stroke in brush.strokes] == [(9 + i,) for i in range(len(brush.strokes))]


def test_every_frame_is_told_the_words_of_its_second(tmp_path: Path) -> None:
    brush, dream = Brush(), Dream(prompt="calm", mode="mix", weight=0.0, painted_fps=4, fade_s=1.0)
    sound = Slices(tone(3, 300), 8000, dream.painted_fps)
    dreamt(tmp_path, Wish(dream, sound, [Prompt(2.0, "a storm")]), brush)
    told = [stroke.words.values for stroke in brush.strokes]
    calm, storm = brush.embed("calm").values, brush.embed("a storm").values
    for second, share in ((0, 0), (1, 0), (1.25, 0.25), (1.5, 0.5), (2, 1), (2.75, 1)):
        np.testing.assert_allclose(told[round(second * 4)], (1 - share) * calm + share * storm, atol=1e-5)


def test_a_long_video_is_in_time_with_its_sound(tmp_path: Path) -> None:
    """Five minutes: a frame is bright where a click is heard in the sound that lies beside it in the file."""

    class Ear(Brush):
        def paint(self, stroke: Stroke) -> np.ndarray:
            return np.full((stroke.height, stroke.width, 3), 255 * bool(stroke.words.values.any()), np.uint8)

    fps, seconds, rate = 1.5, 300, 8000
    samples = np.zeros(rate * seconds + 1, np.float32)
    # well within a frame: the window of a spectrum reaches a few milliseconds over its ends
    struck = np.unique(np.random.default_rng(5).integers(0, int(seconds * fps), 60))
    samples[np.rint((struck + 0.5) / fps * rate).astype(int)] = 0.9
    dream = Dream(mode="raw", painted_fps=fps, fps=fps, between="hold", width=16, height=16)
    chain = Chain(tmp_path / "chain", Wish(dream, Slices(samples, rate, fps)))
    chain.paint(Ear(), ignored, never)
    heard = np.repeat(samples, RATE // rate)[:, None]
    out = export(DreamDocument().output)
    video.write(chain, dream, heard, out, tmp_path / "long.mp4", never)
    path, read = str(tmp_path / "long.mp4"), [ffmpeg(), "-v", "error", "-i"]
    raw = subprocess.run(
        [*read, path, "-vf", "scale=1:1", "-f", "rawvideo", "-pix_fmt", "gray", "-"], check=True, capture_output=True
    )
    frames = np.flatnonzero(np.frombuffer(raw.stdout, np.uint8) > 128)
    np.testing.assert_array_equal(frames, struck)
    sound = np.abs(load_sound(tmp_path / "long.mp4", RATE, 1)[:, 0])
    assert len(sound) / RATE == pytest.approx(chain.count / fps, abs=0.1)
    loud = np.unique((np.flatnonzero(sound > 0.1) / RATE * fps).astype(int))
    np.testing.assert_array_equal(loud, struck)


def test_sizes_are_on_the_models_grid(tmp_path: Path, make: Make) -> None:
    for wanted, size in (({}, (64, 64)), ({"width": 101}, (104, 104)), ({"width": 128, "height": 50}, (128, 48))):
        brush = Brush()
        dreamt(tmp_path / str(len(wanted) + sum(wanted.values())), make(0.2, **wanted), brush)
        assert (brush.strokes[0].width, brush.strokes[0].height) == size


def test_a_picture_fills_the_frame_without_being_stretched() -> None:
    picture = np.zeros((50, 200, 3), np.uint8)
    picture[:, 80:120] = 200
    np.testing.assert_array_equal(fitted(picture, 40, 50), picture[:, 80:120])
    assert fitted(picture, 8, 300).shape == (300, 8, 3)


def test_what_the_autoencoder_does_to_colours_is_taken_back() -> None:
    before = np.clip(paint(96, 64, 3), 40, 215)

    def passed(picture: np.ndarray) -> np.ndarray:
        return np.rint(0.9 * picture + 6).astype(np.uint8)

    changed = before.copy()
    changed[20:40, 30:60] = changed[20:40, 30:60][:, ::-1] // 2 + 60
    kept = taken_back(passed(changed), before, passed(before))
    assert np.abs(kept.astype(int) - changed).mean() < 2.5
    assert np.abs(passed(changed).astype(int) - changed).mean() > 4


@pytest.mark.parametrize("way", ["flow", "fade", "hold"])
def test_frames_between_begin_and_end_with_the_painted(way: str) -> None:
    a, b = paint(64, 48, 1), paint(64, 48, 2)
    joined = Between(way)
    np.testing.assert_array_equal(joined.at(a, b, 0.0), a)
    np.testing.assert_array_equal(joined.at(a, b, 1.0), a if way == "hold" else b)
    middle = joined.at(a, b, 0.5)
    assert middle.shape == a.shape
    assert (middle == a).all() == (way == "hold")


def test_the_flow_carries_what_has_moved() -> None:
    wide = paint(200, 96, 4)
    a, b, middle = wide[:, 20:180], wide[:, 28:188], wide[:, 24:184]
    errors = {
        way: np.abs(Between(way).at(a, b, 0.5).astype(int) - middle)[16:-16, 16:-16].mean() for way in ("flow", "fade")
    }
    assert errors["flow"] < 0.5 * errors["fade"]


def test_what_is_another_thing_is_only_faded() -> None:
    a, b = paint(200, 96, 4), paint(200, 96, 4)[::-1, ::-1].copy()
    flow, fade = (Between(way).at(a, b, 0.5).astype(int) for way in ("flow", "fade"))
    assert np.abs(flow - fade).mean() < 3


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
