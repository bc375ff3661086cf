"""What a sound drives in Blender: keys of speed, direction, settings, colours and pokes, and the frames they make."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, held, properties, scene_project, targets
from infinite_parallax.shared import drives
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import scene as scenes

from .. import wavelets_by_hand
from .build_options import needs_sound
from .compared import compared, met
from .listened import BEATS, built, filled, group, scene
from .made import HEIGHT, WIDTH, document, made

pytestmark = [
    pytest.mark.blender,
    pytest.mark.usefixtures("registered"),
]


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
