"""Listen: a sound whose beats are known becomes keyframes; frames, undo, and what a person changed."""

import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, held, listening, properties, scene_project, targets
from infinite_parallax.shared import drives
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import scene as scenes
from infinite_parallax.shared.ambience import write_wav
from infinite_parallax.shared.listening.following import Heard
from infinite_parallax.shared.scene import SceneSpec

from .. import wavelets_by_hand
from ..core.clicks import agreement, clicks
from .compared import compared, met
from .made import HEIGHT, WIDTH, document, made
from .pictures import texture, write_png

pytestmark = [
    pytest.mark.blender,
    pytest.mark.usefixtures("registered"),
]
needs_sound = pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender has no sound")
BEATS = {"feature": "beats", "attack_s": 0.0, "release_s": 0.15}


def scene() -> Any:
    return bpy.context.scene


def group() -> Any:
    return properties.of_scene(scene())


def filled(folder: Path, *wanted: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """The scene's settings set to a small project that listens to a click track of 120 beats per minute."""
    write_png(folder / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    samples, _ = clicks(120, 12, 0.001, 0.25, 44100)
    write_wav(folder / "clicks.wav", np.stack([samples, samples], axis=1), 44100)
    data = document(drives=list(wanted), sound={"ambience": "none", "file": str(folder / "clicks.wav")}, **sections)
    data["picture"] = str(folder / "picture.png")
    properties.fill(scene(), projects.from_json(data))
    return data


def built(folder: Path) -> SceneSpec:
    """The scene as it is keyed, from plates made by hand."""
    data = properties.document(scene())
    data |= {"sound": {"ambience": "none"}, "drives": []}
    spec = made(folder, data, contours=not data["motion"]["loop"])
    wavelets_by_hand.lay(folder)
    targets.build(scene(), spec, folder, folder)
    return spec


@needs_sound
@pytest.mark.parametrize("loop", [False, True])
def test_the_speed_follows_the_beats_and_the_journey_arrives(tmp_path: Path, loop: bool) -> None:
    layers = [{"height": 40, "velocity": [-8, 0]}, {"velocity": [-16, 0]}]
    motion = {"loop": True, "seconds_per_step": 0.5, "fps": 12}
    filled(tmp_path, BEATS | {"amount": 5.0}, **({"motion": motion, "layers": layers} if loop else {}))
    before = scene_project.plan_of(scene())[1]
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    assert bpy.context.window_manager.infinite_parallax.heard.startswith("120")
    after = scene_project.plan_of(scene())[1]
    assert (after.frames, after.steps) == (before.frames, before.steps)
    assert after.step_at(after.frames) == after.steps
    steps = np.diff([float(after.step_at(n)) for n in range(after.frames + 1)])
    fast = np.flatnonzero(steps > 1.4 * steps.mean())
    on = np.rint(np.arange(0.25, after.frames / 12, 0.5) * 12)
    assert len(fast) >= after.frames / 12
    assert np.abs(fast[:, None] - on).min(axis=1).max() <= 1
    curve = compat.f_curve(group(), "pace")
    assert len(curve.keyframe_points) > 6
    met(built(tmp_path), tmp_path, 0, 3, 7, after.frames - 1)


@needs_sound
@pytest.mark.parametrize(
    ("feature", "target", "loop"),
    [
        ("beats", "vse", False),
        ("bars", "vse", False),
        ("beats", "vse", True),
        ("beats", "compositor", False),
        ("beats", "planes", False),
    ],
)
def test_the_direction_is_cut_and_every_frame_is_where_it_should_be(
    tmp_path: Path, feature: str, target: str, loop: bool
) -> None:
    layers = [{"height": 40, "velocity": [-32, 0]}, {"velocity": [-64, 0]}]
    motion = {"seconds_per_step": 0.5, "fps": 12, "loop": loop, "steps": 12}
    plates = {"tile_px": 300, "overlap_px": 2}
    things = [{"name": "boat", "layer": 1, "box": [100, 60, 124, 84]}]
    wish = {"motion": motion, "layers": layers, "plates": plates, "output": {"target": target}, "objects": things}
    filled(tmp_path, {"feature": feature, "target": "direction", "amount": 2.0}, **wish)
    if feature == "bars":
        group().sound.beats_per_bar, group().drives[0].amount = 2, 1.0
    before = scene_project.plan_of(scene())[1]
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    after = scene_project.plan_of(scene())[1]
    assert (after.frames, after.step_at(after.frames)) == (before.frames, before.steps)
    way = np.array([float(after.step_at(n)) for n in range(after.frames + 1)])
    back = np.flatnonzero(np.diff(way) < 0)
    assert len(back) > after.frames / 5
    spec = built(tmp_path)
    again = [plane for plane in spec.planes if " again " in plane.name]
    assert again, "a tile comes by a second time"
    met(spec, tmp_path, 0, int(back[0]), int(back[0]) + 4, again[0].start, spec.frames - 1)


@needs_sound
@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_settings_follow_too(tmp_path: Path, target: str) -> None:
    filled(
        tmp_path,
        BEATS | {"target": "brightness", "amount": 25.0},
        BEATS | {"target": "saturation", "amount": -0.8},
        BEATS | {"target": "overlay", "amount": 0.8, "offset": 0.1},
        BEATS | {"target": "distortion", "amount": 6.0},
        BEATS | {"target": "living", "amount": 2.0},
        grades=[{}],
        overlays=[{"kind": "rain"}],
        distortions=[{"amplitude_px": 0.0, "wavelength_px": 50.0, "period_s": 1.5}],
        living=[{"layer": 2, "gain": 0.0}],
        output={"target": target},
    )
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    scene().frame_set(1)
    spec = built(tmp_path)
    assert any(plane.sways for plane in spec.planes), "a wave that is not there at first"
    assert any(plane.lives for plane in spec.planes)
    met(spec, tmp_path, 1, 3, 9, 10, spec.frames - 1)


@needs_sound
def test_in_a_loop_what_follows_a_sound_comes_round(tmp_path: Path) -> None:
    beats = {"feature": "beats", "attack_s": 0.1, "release_s": 2.0}
    filled(
        tmp_path,
        beats | {"amount": 2.0},
        beats | {"target": "distortion", "amount": 6.0},
        beats | {"target": "overlay", "amount": 0.4},
        layers=[{"height": 40, "velocity": [-8, 0]}, {"velocity": [-16, 0]}],
        motion={"loop": True, "seconds_per_step": 0.5, "fps": 12},
        distortions=[{"amplitude_px": 0.0, "wavelength_px": 50.0, "period_s": 1.5}],
        overlays=[{"kind": "rain"}],
    )
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    frames = scene_project.plan_of(scene())[1].frames
    keyed = (group().distortions[0], "amplitude_px"), (group().overlays[0], "amount")
    for entry, name in keyed:
        curve = compat.f_curve(entry, name)
        first, after = curve.evaluate(1), curve.evaluate(1 + frames)
        assert after == pytest.approx(first, abs=1e-4), name
        assert first > 0.01, "the beginning knows the end"
    spec = built(tmp_path)
    met(spec, tmp_path, 0, 1, spec.frames - 1)


@needs_sound
@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_shimmer_and_colours_follow_too(tmp_path: Path, target: str) -> None:
    colours = {"contrast": 10.0, "temperature": 0.3, "tint": -0.2, "shadows": 0.1, "midtones": -0.2, "lights": 0.1}
    filled(
        tmp_path,
        *(BEATS | {"target": name, "amount": amount} for name, amount in colours.items()),
        BEATS | {"target": "shimmer", "amount": 1.0},
        BEATS | {"target": "shimmer_phase", "amount": 0.25},
        grades=[{"layer": 1}],
        shimmers=[{"layer": 2, "strength": 0.0, "period_s": 2.0}],
        output={"target": target},
    )
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    grade = group().grades[0]
    for index in range(3):
        assert len(compat.f_curve(grade, "gamma", index).keyframe_points) > 6
    scene().frame_set(1)
    spec = built(tmp_path)
    assert any(plane.shimmer for plane in spec.planes), "it is 0 at first"
    met(spec, tmp_path, 1, 3, 9, 10, spec.frames - 1)
    after = properties.project(scene())
    assert after.shimmers[0].ever
    assert len(after.shimmers[0].keys) == 2


@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_without_a_panel_what_is_driven_is_held(tmp_path: Path, target: str) -> None:
    wish = {
        "overlays": [{"kind": "rain", "amount": 0.1}],
        "distortions": [{"amplitude_px": 1.0, "wavelength_px": 50.0, "period_s": 1.5}],
        "living": [{"layer": 2}],
        "shimmers": [{"layer": 1, "period_s": 2.0}],
        "grades": [{}],
    }
    data = document(**wish, output={"target": target})
    project = projects.from_json(data)
    up = np.linspace(0, 1, 36).tolist()
    curves = {
        ("overlays", 0, "amount"): up,
        ("distortions", 0, "amplitude_px"): [6 * v for v in up],
        ("grades", 0, "brightness"): [20 * v for v in up],
        ("living", 0, "gain"): [2 * v for v in up],
        ("shimmers", 0, "strength"): up,
        ("shimmers", 0, "phase"): [0.3 * v for v in up],
    }
    places = {place: np.array(values) for place, values in curves.items()}
    applied = drives.applied(project, plans.plan(project, WIDTH, HEIGHT), places)
    spec = made(tmp_path, applied.to_json(), contours=True)
    spec = scenes.from_json(json.loads(json.dumps(spec.to_json())))
    wavelets_by_hand.lay(tmp_path)
    for _ in range(2):
        targets.build(scene(), spec, tmp_path, tmp_path)
        met(spec, tmp_path, 0, 18, spec.frames - 1)
    assert bpy.ops.infinite_parallax.move(frames=40) == {"FINISHED"}
    _, off = compared(spec, tmp_path, 20, 61)
    assert off.mean() <= 0.5
    targets.build(scene(), made(tmp_path, document()), tmp_path, tmp_path)
    assert held.HELD not in scene()


@needs_sound
def test_keys_are_a_persons_own_until_one_listens_again(tmp_path: Path) -> None:
    filled(tmp_path, BEATS | {"target": "brightness", "amount": 25.0}, grades=[{}])
    assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
    curve = compat.f_curve(group().grades[0], "brightness")
    before = [tuple(key.co) for key in curve.keyframe_points]
    assert max(value for _, value in before) == pytest.approx(25, abs=0.1)
    curve.keyframe_points[0].co = (1, 77.0)
    curve.update()
    spec = built(tmp_path)
    built(tmp_path)
    curve = compat.f_curve(group().grades[0], "brightness")
    assert tuple(curve.keyframe_points[0].co) == (1, 77)
    met(spec, tmp_path, 0, 9)
    for _ in range(2):
        assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
        assert [tuple(key.co) for key in compat.f_curve(group().grades[0], "brightness").keyframe_points] == before


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


@pytest.mark.skipif(bpy.app.build_options.audaspace, reason="this Blender has sound")
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


@needs_sound
def test_beats_poke_a_living_layer(tmp_path: Path) -> None:
    filled(tmp_path, BEATS | {"target": "poke", "amount": 10.0}, living=[{"layer": 2, "gain": 0.2, "period_s": 1.5}])
    for _ in range(2):
        assert bpy.ops.infinite_parallax.listen() == {"FINISHED"}
        keys = compat.f_curve(group().living[0], "poke_px", 0).keyframe_points
        beats = (np.array([key.co[0] for key in keys]) - 1) / 12
        assert np.abs(beats % 0.5 - 0.25).max() <= 1 / 12
    spec = built(tmp_path)
    ringing = next(plane.lives[0].ringing for plane in spec.planes if plane.lives)
    assert len(ringing.pokes) == len(keys)
    met(spec, tmp_path, 3, 5)
