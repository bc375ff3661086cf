"""The sound of a loop: two copies of it, one after the other, go on without a click."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.cli.mixing import mix
from infinite_parallax.inpaint_server import encoding
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared import hearing, scene
from infinite_parallax.shared.ambience import RATE, ambience, read_wav, write_wav
from infinite_parallax.shared.cues import Cue
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.formats import Export
from numpy.typing import NDArray

FPS = 25.0
Samples = NDArray[np.float32]


def spec_of(frames: int, *cues: Cue, loop: bool = True) -> scene.SceneSpec:
    return scene.SceneSpec("s", 32, 32, FPS, frames, (), cues, Export(30, None, 18, 192), loop)


def cue(frames: int, kind: str = "", file: Path | str = "", **more: Any) -> Cue:
    level = ((0, 0.5), (frames, 0.5))
    return Cue("c", "music", kind, str(file), 0, frames, level, **{"repeat": bool(kind)} | more)


def decoded(*arguments: str) -> Samples:
    """Stereo PCM out of ffmpeg, float32 [n, 2]."""
    command = [ffmpeg(), "-v", "error", *arguments, "-f", "f32le", "-ar", str(RATE), "-ac", "2", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.float32).reshape(-1, 2)


def mixed(spec: scene.SceneSpec, folder: Path) -> Samples:
    """What goes into the encoder, exactly as long as the video."""
    path = mix(spec, folder)
    assert path is not None
    return read_wav(path)


def check_joint(sound: Samples) -> None:
    """Two copies: at the joint neither a larger step nor a sharper bend than elsewhere, nor more of high notes."""
    steps, bends = np.abs(np.diff(sound, axis=0)), np.abs(np.diff(sound, 2, axis=0))
    around = np.concatenate([sound[-3:], sound[:3]])
    assert (np.abs(np.diff(around, axis=0)) <= steps.max(axis=0)).all()
    assert (np.abs(np.diff(around, 2, axis=0)) <= bends.max(axis=0)).all()
    window = np.hanning(1024)[:, None]
    across = np.abs(np.fft.rfft(np.concatenate([sound[-512:], sound[:512]]) * window, axis=0))
    parts = [np.abs(np.fft.rfft(sound[n : n + 1024] * window, axis=0)) for n in range(0, len(sound) - 1024, 1024)]
    assert across[200:].sum() <= 1.2 * max(part[200:].sum() for part in parts)


@pytest.mark.parametrize("frames", [50, 61, 1750])
def test_ambience_goes_on_over_the_joint(frames: int, tmp_path: Path) -> None:
    sound = mixed(spec_of(frames, cue(frames, "water")), tmp_path)
    assert len(sound) == round(frames / FPS * RATE)
    assert np.abs(sound[:100]).max() > 0.01  # it does not fade in
    check_joint(sound)


def test_a_long_file_of_ones_own_is_faded_over_its_own_beginning(tmp_path: Path) -> None:
    own, frames = tmp_path / "mine.wav", 75
    # a chirp would click at any cut
    t = np.arange(5 * 44100) / 44100
    chirp = (0.4 * np.sin(2 * np.pi * (200 + 40 * t) * t)).astype(np.float32)
    write_wav(own, np.stack([chirp, -chirp], axis=1), 44100)
    sound = mixed(spec_of(frames, cue(frames, file=own)), tmp_path)
    assert len(sound) == 3 * RATE
    plain = decoded("-i", str(own))
    np.testing.assert_allclose(sound[RATE + 10 : 3 * RATE], 0.5 * plain[RATE + 10 : 3 * RATE], atol=1e-3)
    np.testing.assert_allclose(sound[0], 0.5 * plain[3 * RATE], atol=1e-3)
    check_joint(sound)
    with pytest.raises(AssertionError):
        check_joint(plain[: 3 * RATE])  # cut off, it does click


def test_the_loudness_stays_while_a_file_is_faded_over_itself(tmp_path: Path) -> None:
    own, frames = tmp_path / "mine.wav", 100
    noise = np.random.default_rng(0).normal(0, 0.1, (6 * RATE, 2)).astype(np.float32)
    write_wav(own, noise, RATE)
    sound = mixed(spec_of(frames, cue(frames, file=own)), tmp_path)
    loudness = np.sqrt((sound.reshape(40, -1) ** 2).mean(1))
    assert loudness.max() / loudness.min() < 1.1


def test_a_file_as_long_as_the_loop_is_left_as_it_is_and_a_shorter_one_is_laid_once(tmp_path: Path) -> None:
    own, frames = tmp_path / "mine.wav", 75
    write_wav(own, ambience("wind", 3, RATE), RATE)
    sound = mixed(spec_of(frames, cue(frames, file=own)), tmp_path)
    np.testing.assert_allclose(sound, 0.5 * decoded("-i", str(own)), atol=1e-3)
    check_joint(sound)
    write_wav(own, ambience("wind", 1, RATE), RATE)
    sound = mixed(spec_of(frames, cue(frames, file=own)), tmp_path)
    assert np.abs(sound[: RATE // 2]).max() > 0.01
    assert np.abs(sound[RATE + 100 :]).max() < 2 / 32767  # dither


def test_a_file_that_is_no_sound_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "words.wav"
    own.write_text("no sound")
    with pytest.raises(ParallaxError, match="could not read the sound") as refusal:
        mix(spec_of(50, cue(50, file=own)), tmp_path)
    assert "sound.file" in refusal.value.hint


def test_without_a_loop_a_sound_fades_and_is_cut(tmp_path: Path) -> None:
    own = tmp_path / "mine.wav"
    tone = (0.5 * np.sin(2 * np.pi * 480 * np.arange(6 * RATE) / RATE)).astype(np.float32)
    write_wav(own, np.stack([tone, -tone], axis=1), RATE)
    faded = cue(100, file=own, fade_in=25, fade_out=25)
    sound = mixed(spec_of(100, faded, loop=False), tmp_path)
    assert len(sound) == 4 * RATE
    level = np.sqrt((sound.reshape(40, -1) ** 2).mean(axis=1)) * 2**0.5
    assert level[[0, 4, 20, 35, 39]] == pytest.approx([0.0125, 0.1125, 0.25, 0.1125, 0.0125], abs=0.003)


@pytest.mark.parametrize("loop", [False, True])
def test_a_file_that_repeats_meets_itself_without_a_click(tmp_path: Path, loop: bool) -> None:
    own, frames = tmp_path / "mine.wav", 171
    t = np.arange(2 * RATE) / RATE
    chirp = (0.4 * np.sin(2 * np.pi * (200 + 60 * t) * t)).astype(np.float32)
    write_wav(own, np.stack([chirp, chirp], axis=1), RATE)
    sound = mixed(spec_of(frames, cue(frames, file=own, repeat=True), loop=loop), tmp_path)
    assert len(sound) == round(frames / FPS * RATE)
    assert np.abs(np.diff(sound, axis=0)).max() < 1.6 * np.abs(np.diff(0.5 * chirp)).max()
    loudness = np.sqrt((sound[: len(sound) // 4800 * 4800].reshape(-1, 9600) ** 2).mean(axis=1))
    assert loudness.min() > 0.5 * loudness.max()
    if loop:
        check_joint(sound)


def test_what_rings_beyond_the_end_of_a_loop_is_heard_at_its_beginning(tmp_path: Path) -> None:
    own, frames = tmp_path / "bell.wav", 100
    tone = (0.5 * np.sin(2 * np.pi * 480 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    write_wav(own, tone[:, None], RATE)
    bell = Cue("c", "effects", "", str(own), 75, frames, ((0, 1.0), (frames, 1.0)))
    sound = mixed(spec_of(frames, bell), tmp_path)
    loud = np.sqrt((sound.reshape(40, -1) ** 2).mean(axis=1)) > 0.1
    assert np.flatnonzero(loud).tolist() == [*range(10), *range(30, 40)]
    check_joint(sound)


def click_at(path: Path, seconds: float, length_s: float = 4.0) -> None:
    samples = np.zeros((round(length_s * RATE), 1), np.float32)
    at = round(seconds * RATE)
    samples[at : at + 48] = 0.8 * np.hanning(48)[:, None]
    write_wav(path, samples, RATE)


def test_level_side_and_delay_are_in_the_mix(tmp_path: Path) -> None:
    """A click whose place moves: late by its distance at that moment, on its side, as loud as it should be."""
    own, frames = tmp_path / "click.wav", 100
    click_at(own, 2.0)
    moving = Cue(
        "c", "effects", "", str(own), 0, frames, ((0, 1.0), (100, 0.2)), ((0, -1.0), (100, 1.0)), ((0, 0.1), (100, 0.5))
    )
    sound = mixed(spec_of(frames, moving, loop=False), tmp_path)
    # heard at t where t - delay(t) = 2 s: t - .1 - .1 t = 2
    t = 2.1 / 0.9
    peak = np.abs(sound).max(axis=1).argmax() / RATE
    assert peak == pytest.approx(t + 24 / RATE, abs=0.0003)
    frame = t * FPS
    left, right = hearing.pan_gains(np.array(-1 + 2 * frame / 100))
    wanted = 0.8 * (1 - 0.8 * frame / 100) * np.array([left, right])
    assert np.abs(sound).max(axis=0) == pytest.approx(wanted, rel=0.01)
    # and the moving delay stretches it: Doppler, by 1 / (1 - d'), here 10 %
    width = np.sum(np.abs(sound).max(axis=1) > wanted.max() / 2)
    assert width == pytest.approx(24 / 0.9, abs=2)


def test_the_encoded_file_decodes_to_the_loop_and_joins_itself(tmp_path: Path) -> None:
    """AAC adds priming samples, which the MP4's edit list takes off again: decoded, copies meet where they should."""
    frames = 60
    spec = spec_of(frames, cue(frames, "wind"))
    pictures = iter([np.zeros((32, 32, 3), np.uint8)] * frames)
    video = tmp_path / "loop.mp4"
    encoding.encode(spec, pictures, mix(spec, tmp_path), video)
    heard, given = decoded("-i", str(video)), mixed(spec, tmp_path)
    length = len(given)
    assert length <= len(heard) <= length + 2 * 1024
    heard = heard[:length]
    assert np.corrcoef(heard[:, 0], given[:, 0])[0, 1] > 0.99
    for n in (0, length - 4096):  # no shift and no fading at the ends
        assert np.corrcoef(heard[n : n + 4096, 0], given[n : n + 4096, 0])[0, 1] > 0.9
    # the encoder heard silence beyond the ends, so they are a little less exact than the rest; no click all the same
    steps = np.abs(np.diff(heard, axis=0)).max(axis=0)
    assert (np.abs(heard[0] - heard[-1]) <= 2 * steps).all()
