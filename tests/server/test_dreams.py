"""Frames that grow out of each other: everything but the model."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.diffusion.colours import taken_back
from infinite_parallax.inpaint_server.dreams import video
from infinite_parallax.inpaint_server.dreams.between import Between
from infinite_parallax.inpaint_server.dreams.chain import Chain, Stroke, Wish, fitted
from infinite_parallax.inpaint_server.dreams.slices import Slices
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.inpaint_server.sound_files import load_sound
from infinite_parallax.shared.ambience import RATE
from infinite_parallax.shared.dream_document import DreamDocument
from infinite_parallax.shared.dream_settings import Dream
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.formats import export
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE
from infinite_parallax.shared.sections import Prompt

from ..core.clicks import clicks
from .dreams_by_hand import Brush, tone

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
