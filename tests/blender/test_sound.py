"""Sound on the timeline: strips, their keys, and what the mixdown of them sounds like, measured against the model."""

import subprocess
import wave
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, sound_files, sound_strips, targets
from infinite_parallax.shared import hearing
from infinite_parallax.shared.ambience import RATE, ambience, read_wav, write_wav
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.soundtrack import mixed

from .build_options import WITH_SOUND, needs_sound
from .made import document, made
from .test_vse import built, counts, editor, strip

pytestmark = pytest.mark.blender

ACCURACY = 64
"""Samples after which Blender looks at its keys again; its own 1024 would add to what they lag behind."""
LATE_FRAMES = 0 if bpy.app.version >= (5, 2, 0) else 1
"""Older mixers hear the keys of a strip one frame late (measured with a ramp at 12, 24 and 48 frames per second)."""
QUIET = {"ambience": "none"}


def sounds() -> list[Any]:
    return [s for s in compat.strips(editor()) if s.type == "SOUND"]


def mixdown(folder: Path) -> Any:
    """What Blender mixes of the timeline, float32 [n, 2] at RATE."""
    bpy.context.scene.render.ffmpeg.audio_mixrate = RATE
    bpy.context.scene.render.ffmpeg.audio_channels = "STEREO"
    path = folder / "mixdown.wav"
    bpy.ops.sound.mixdown(filepath=str(path), container="WAV", codec="PCM", format="S16", accuracy=ACCURACY)
    return read_wav(path)


@pytest.mark.skipif(WITH_SOUND, reason="this Blender has sound")
def test_a_blender_without_sound_says_so(tmp_path: Path) -> None:
    spec = made(tmp_path, document(sound={"ambience": "wind"}))
    done = targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert not done.sound
    assert done.notes == (sound_strips.NO_SOUND,)


@needs_sound
def test_ambience_is_laid_end_to_end_and_fades(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_strips, "REPEATED_S", 1.0)
    data = document(sound={"ambience": "wind", "volume": 0.5})
    data["motion"]["fps"] = 29.97
    spec = made(tmp_path, data)
    done = targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert (done.sound, done.notes) == (True, ())
    sounds = sorted((s for s in compat.strips(editor()) if s.type == "SOUND"), key=compat.start)
    assert [(compat.start(s), compat.length(s)) for s in sounds] == [(1, 30), (31, 30), (61, spec.frames - 60)]
    assert {s.channel for s in sounds} == {4}
    level = {}
    for frame in (1, 12, 23, 60, spec.frames - 21, spec.frames - 10, spec.frames + 1):
        playing = next((s for s in sounds if compat.start(s) <= frame < compat.start(s) + compat.length(s)), sounds[-1])
        level[frame] = compat.f_curve(playing, "volume").evaluate(frame)
    assert list(level.values()) == pytest.approx([0, 0.25, 0.5, 0.5, 0.5, 0.25, 0], abs=0.02)


@needs_sound
def test_a_sound_file_of_ones_own(tmp_path: Path) -> None:
    made(tmp_path, document(sound={"ambience": "none"}))
    mine = tmp_path / "mine.wav"
    write_wav(mine, ambience("water", 1.5, 48000), 48000)
    spec = built(tmp_path, document(sound={"ambience": "none", "file": str(mine)}))
    found = strip("sound")
    assert (compat.start(found), compat.length(found)) == (1, 18)
    assert spec.cues[0].file == str(mine)
    mine.unlink()
    with pytest.raises(ParallaxError, match=r"no sound file at .*mine\.wav"):
        targets.build(bpy.context.scene, spec, tmp_path, tmp_path)


def loop_document(**sound: Any) -> dict[str, Any]:
    layers = [{"height": 50, "velocity": [0, 0]}, {"velocity": [-30, 0]}]
    motion = {"loop": True, "seconds_per_step": 0.5, "fps": 12}
    return document() | {"layers": layers, "motion": motion, "sound": sound}


@needs_sound
def test_ambience_of_a_loop_fills_it_without_fading(tmp_path: Path) -> None:
    spec = built(tmp_path, loop_document(ambience="wind", volume=0.5))
    (found,) = (s for s in compat.strips(editor()) if s.type == "SOUND")
    assert (compat.start(found), compat.length(found)) == (1, spec.frames)
    curve = compat.f_curve(found, "volume")
    assert [curve.evaluate(frame) for frame in (1, 30, spec.frames + 1)] == pytest.approx([0.5] * 3)


@needs_sound
def test_a_file_that_is_longer_than_the_loop_is_faded_over_its_beginning(tmp_path: Path) -> None:
    mine = tmp_path / "mine.wav"
    spec = made(tmp_path, loop_document(ambience="none", file=str(mine)))
    seconds = spec.frames / spec.fps
    t = np.arange(round((seconds + 2) * 48000)) / 48000
    chirp = (0.4 * np.sin(2 * np.pi * (100 + 20 * t) * t)).astype(np.float32)
    write_wav(mine, np.stack([chirp, chirp], axis=1), 48000)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    head, tail = strip("sound"), strip("sound end")
    assert (compat.start(head), compat.length(head)) == (1, spec.frames)
    assert (compat.start(tail), compat.length(tail)) == (1, 12)
    assert head.channel != tail.channel
    for frame in (1, 4, 8.5, 13):
        rise, fall = (compat.f_curve(s, "volume").evaluate(frame) for s in (head, tail))
        assert rise**2 + fall**2 == pytest.approx(1, abs=0.02)
    mixed = tmp_path / "mixed.wav"
    bpy.ops.sound.mixdown(filepath=str(mixed), container="WAV", codec="PCM", format="S16", accuracy=ACCURACY)
    with wave.open(str(mixed)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())[:, 0] / 32768
        rate = file.getframerate()
    # Blender's first samples are ramped up by its mixer, so the joint is looked at a little after the beginning
    wanted = np.interp(np.arange(rate // 20) / rate + 0.02, t, np.roll(chirp, -round(seconds * 48000)))
    heard = data[round(0.02 * rate) :][: rate // 20]
    assert np.corrcoef(heard, wanted)[0, 1] > 0.95
    assert not [s for s in compat.strips(editor()) if s.type == "SOUND" and compat.length(s) == 0]
    again = counts()
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == again


def click(path: Path, at_s: float, length_s: float = 2.0) -> None:
    samples = np.zeros((round(length_s * RATE), 1), np.float32)
    at = round(at_s * RATE)
    samples[at : at + 96] = 0.8 * np.hanning(96)[:, None]
    write_wav(path, samples, RATE)


def cue_document(*cues: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return document(sound=QUIET | {"metres_per_unit": 40.0}, cues=list(cues), **sections)


@needs_sound
@pytest.mark.parametrize("fps", [12, 29.97])
def test_level_side_and_delay_are_in_the_mixdown(tmp_path: Path, fps: float) -> None:
    """A click on a layer: when it is heard, how loud, and from which side, as the model says."""
    mine = tmp_path / "click.wav"
    click(mine, 0.5)
    data = cue_document(
        {"file": str(mine), "layer": 1, "place": [150, 55], "start_s": 0.75},
        {"file": str(mine), "layer": 2, "place": [20, 90], "start_s": 1.5, "volume": 0.5},
    )
    data["motion"] = data["motion"] | {"fps": fps}
    spec = built(tmp_path, data)
    heard = mixdown(tmp_path)
    assert len(heard) / RATE == pytest.approx(spec.frames / fps, abs=0.1)
    for cue in spec.cues:
        # what is heard at t was sounded at t - delay(t)
        moments = np.arange(0, spec.frames / fps, 1e-4)
        sounded = moments - hearing.at(cue.delay, moments * fps)
        at = moments[np.searchsorted(sounded, cue.start / fps + 0.5 + 48 / RATE)]
        assert hearing.at(cue.delay, [at * fps])[0] > 0.1
        begin = round((at - 0.05) * RATE)
        peak = np.abs(heard[begin : begin + round(0.1 * RATE)])
        assert (begin + peak.max(axis=1).argmax()) / RATE == pytest.approx(at, abs=0.0005)
        level, side = (hearing.at(keys, [at * fps - LATE_FRAMES])[0] for keys in (cue.level, cue.pan))
        wanted = 0.8 * level * np.array(hearing.pan_gains(np.array(side)))
        assert peak.max(axis=0) == pytest.approx(wanted, rel=0.03, abs=0.003)


@needs_sound
@pytest.mark.parametrize("loop", [False, True])
def test_the_mixdown_is_the_mix_of_the_preview(tmp_path: Path, loop: bool) -> None:
    mine = tmp_path / "tone.wav"
    tone = (0.3 * np.sin(2 * np.pi * 330 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    write_wav(mine, np.stack([tone, 0.5 * tone], axis=1), RATE)
    cues = (
        {"kind": "ambience", "sound": "birds", "layer": 1, "volume": 2, "fade_in_s": 0.5},
        {"kind": "effects", "file": str(mine), "start_s": 1.5},
        {"kind": "foley", "file": str(mine), "layer": 2, "play": "loop", "start_s": 0.5},
        {"kind": "voice", "sound": "footsteps", "place": [10, 50], "play": "once", "fade_out_s": 1},
    )
    data = cue_document(*cues)
    if loop:
        data |= {"layers": [{"height": 50, "velocity": [-12, 0]}, {"height": 20, "velocity": [-30, 0]}, {}]}
        data["layers"][2] = {"velocity": [-60, 0]}
        data["motion"] = {"loop": True, "seconds_per_step": 0.25, "fps": 12}
    spec = built(tmp_path, data)
    assert {s.color_tag for s in sounds()} == {"COLOR_04", "COLOR_03", "COLOR_02", "COLOR_01"}
    blender = mixdown(tmp_path)
    ours = np.concatenate(list(mixed(spec, sound_files.read)))
    assert abs(len(blender) - len(ours)) < 0.2 * RATE
    length = min(len(blender), len(ours))
    # Blender's mixer ramps its first samples up
    a, b = blender[2400:length], ours[2400:length]
    assert np.sqrt(np.mean(b**2)) > 0.02
    assert np.sqrt(np.mean((a - b) ** 2)) < (0.1 if LATE_FRAMES else 0.03) * np.sqrt(np.mean(b**2))


@needs_sound
def test_building_cues_again_keeps_what_was_moved_and_follows_what_was_changed(tmp_path: Path) -> None:
    wish = {"name": "brook", "sound": "water", "kind": "ambience", "layer": 1}
    spec = made(tmp_path, cue_document(wish))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    brook = strip("cue 000 brook")
    file = Path(brook.sound.filepath)
    assert brook.sound.use_mono
    compat.key_linear(brook, "pan", [(1, 0.0), (30, 0.5)])
    before = counts()
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == before
    assert [key.co[1] for key in compat.f_curve(brook, "pan").keyframe_points] == [0, 0.5]
    louder = made(tmp_path, cue_document(wish | {"volume": 2.0}))
    targets.build(bpy.context.scene, louder, tmp_path, tmp_path)
    assert compat.f_curve(strip("cue 000 brook"), "volume").evaluate(1) == pytest.approx(louder.cues[0].level[0][1])
    assert [key.co[1] for key in compat.f_curve(brook, "pan").keyframe_points] == [0, 0.5]
    assert Path(strip("cue 000 brook").sound.filepath) == file  # a level is no reason to make the sound again
    other = made(tmp_path, cue_document(wish | {"seed": 4}))
    targets.build(bpy.context.scene, other, tmp_path, tmp_path)
    assert not file.is_file()
    assert Path(strip("cue 000 brook").sound.filepath).is_file()
    targets.build(bpy.context.scene, made(tmp_path, cue_document()), tmp_path, tmp_path)
    assert sounds() == []
    assert not len(bpy.data.sounds)


@needs_sound
def test_a_file_that_sounds_once_and_from_nowhere_is_shown_itself(tmp_path: Path) -> None:
    mine = tmp_path / "mine.wav"
    write_wav(mine, ambience("water", 1.5, RATE), RATE)
    built(tmp_path, cue_document({"name": "splash", "file": str(mine), "start_s": 0.5}))
    found = strip("cue 000 splash")
    assert Path(bpy.path.abspath(found.sound.filepath)) == mine
    assert (compat.start(found), compat.length(found)) == (7, 18)
    assert compat.f_curve(found, "pan") is None


@needs_sound
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_files_of_every_kind_are_heard(tmp_path: Path, ffmpeg: str, kind: str) -> None:
    tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    write_wav(tmp_path / "tone.wav", tone.astype(np.float32)[:, None], RATE)
    file = tmp_path / f"it.{kind}"
    subprocess.run([ffmpeg, "-v", "error", "-i", tmp_path / "tone.wav", file], check=True)
    for wish in ({"file": str(file)}, {"file": str(file), "layer": 1}):
        built(tmp_path, cue_document(wish | {"kind": "effects"}))
        heard = mixdown(tmp_path)[RATE // 2 : RATE]
        strength = np.abs(np.fft.rfft(heard.sum(axis=1)))
        assert abs(np.fft.rfftfreq(len(heard), 1 / RATE)[strength.argmax()] - 440) < 6
        assert np.sqrt(np.mean(heard**2)) > 0.02


@needs_sound
def test_a_file_that_is_no_sound_is_refused(tmp_path: Path) -> None:
    words = tmp_path / "words.wav"
    words.write_text("no sound")
    for wish in ({"file": str(words)}, {"file": str(words), "layer": 1}):
        with pytest.raises(ParallaxError, match="cannot read the sound"):
            built(tmp_path, cue_document(wish))
    assert editor() is None or not compat.strips(editor())
