"""Listen: a sound whose beats are known is heard in Blender; tempo, undo, and what cannot be heard."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, listening, properties
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.ambience import write_wav
from infinite_parallax.shared.listening.following import Heard

from ..core.clicks import agreement, clicks
from .build_options import WITH_SOUND, needs_sound
from .listened import BEATS, filled, group, scene
from .made import HEIGHT, WIDTH

pytestmark = [
    pytest.mark.blender,
    pytest.mark.usefixtures("registered"),
]


@needs_sound
def test_the_tempo_is_doubled_and_halved(tmp_path: Path) -> None:
    filled(tmp_path, BEATS | {"target": "brightness", "amount": 25.0}, grades=[{}])
    for times, bpm in ((0.5, 60), (2.0, 120), (2.0, 240)):
        assert bpy.ops.infinite_parallax.listen(times=times) == {"FINISHED"}
        assert group().sound.tempo_bpm == pytest.approx(bpm, rel=0.005)
        assert bpy.context.window_manager.infinite_parallax.heard.startswith(f"{group().sound.tempo_bpm:.1f} BPM")
    with pytest.raises(RuntimeError, match="no tempo"):
        bpy.ops.infinite_parallax.listen(times=8.0)


@needs_sound
def test_without_drives_the_tempo_is_told_and_nothing_is_keyed(tmp_path: Path) -> None:
    filled(tmp_path)
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    assert "24 beats" in bpy.context.window_manager.infinite_parallax.heard
    assert not len(compat.curves(scene()))


@needs_sound
def test_listening_goes_back_with_an_undo(tmp_path: Path) -> None:
    filled(tmp_path, BEATS, BEATS | {"target": "brightness", "amount": 25.0}, grades=[{}])
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="Listen")
    assert compat.f_curve(group(), "pace") is not None
    bpy.ops.ed.undo()
    assert compat.f_curve(group(), "pace") is None
    assert compat.f_curve(group().grades[0], "brightness") is None


@needs_sound
@pytest.mark.parametrize("length", [1, 500])
def test_a_sound_that_is_too_short_is_refused(tmp_path: Path, length: int) -> None:
    filled(tmp_path, BEATS)
    write_wav(tmp_path / "clicks.wav", np.full((length, 1), 0.5, np.float32), 44100)
    with pytest.raises(RuntimeError, match=r"too short|no samples"):
        bpy.ops.infinite_parallax.listen()


@needs_sound
def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, BEATS)
    group().sound.file = str(tmp_path / "none.wav")
    with pytest.raises(RuntimeError, match="There is no sound file at"):
        bpy.ops.infinite_parallax.listen()
    (tmp_path / "words.wav").write_text("no sound")
    group().sound.file = str(tmp_path / "words.wav")
    with pytest.raises(RuntimeError, match="cannot read the sound"):
        bpy.ops.infinite_parallax.listen()
    group().sound.file = ""
    with pytest.raises(RuntimeError, match="Choose a sound file"):
        bpy.ops.infinite_parallax.listen()


@pytest.mark.skipif(WITH_SOUND, reason="this Blender has sound")
def test_a_blender_without_sound_cannot_listen(tmp_path: Path) -> None:
    filled(tmp_path, BEATS)
    with pytest.raises(RuntimeError, match="built without sound"):
        bpy.ops.infinite_parallax.listen()


@needs_sound
def test_blender_and_ffmpeg_hear_the_same(tmp_path: Path) -> None:
    filled(tmp_path)
    heard = listening.samples(str(tmp_path / "clicks.wav"))
    wanted, _ = clicks(120, 12, 0.001, 0.25)
    assert abs(len(heard) - len(wanted)) <= 2
    count = min(len(heard), len(wanted))
    smooth = np.ones(200) / 200
    louder, other = (np.convolve(s[:count] ** 2, smooth, "same") for s in (heard.mean(axis=1), wanted))
    assert np.corrcoef(louder, other)[0, 1] > 0.98


@needs_sound
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (48000, 2), (192000, 2)])
def test_sounds_of_any_rate_have_the_same_beats(tmp_path: Path, rate: int, channels: int) -> None:
    filled(tmp_path)
    samples, moments = clicks(97, 12, 0.001, 0.3, rate)
    write_wav(tmp_path / "clicks.wav", np.stack([samples] * channels, axis=1), rate)
    heard = Heard.of(listening.samples(str(tmp_path / "clicks.wav")))
    assert heard.seconds == pytest.approx(12, abs=0.01)
    assert heard.tempo_bpm == pytest.approx(97, rel=0.005)
    assert agreement(heard.beats, moments) >= 0.95
    assert agreement(heard.onsets, moments) >= 0.95


def test_drives_go_through_the_panel_unchanged(tmp_path: Path) -> None:
    wish = [BEATS | {"target": "overlay", "number": 1, "cue": 2, "offset": 0.25, "invert": True}, {}]
    data = filled(tmp_path, *wish)
    assert properties.project(scene()) == projects.from_json(data)
    assert plans.plan(projects.from_json(data), WIDTH, HEIGHT).frames == 36
