"""Overlays and grades keyed in the panel: speed that adds up, colour, seed, the values of grades; on every target."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import (
    compat,
    held,
    listening,
    mask_pictures,
    properties,
    scene_project,
    targets,
    timeline,
)
from infinite_parallax.shared import driving, plates
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared, met
from .made import document, made

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

MIDDLE, LAST = 18, 36
"""Frames of the timeline: the journey takes 36."""


@pytest.fixture(params=["vse", "compositor", "planes"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def scene() -> Any:
    return bpy.context.scene


def filled(target: str, **sections: Any) -> None:
    properties.fill(scene(), projects.from_json(document(output={"target": target}, **sections)))


def built(folder: Path) -> SceneSpec:
    spec = made(folder, properties.document(scene()), contours=True)
    targets.build(scene(), spec, folder, folder)
    return spec


def key(group: Any, prop: str, *values: tuple[int, Any], steps: bool = False) -> None:
    for frame, value in values:
        setattr(group, prop, value)
        group.keyframe_insert(prop, frame=frame)
    for index in range(3):
        curve = compat.f_curve(group, prop, index)
        for point in curve.keyframe_points if curve is not None else ():
            point.interpolation = "CONSTANT" if steps else "LINEAR"


def test_a_keyed_speed_adds_up(target: str, tmp_path: Path) -> None:
    filled(target, overlays=[{"kind": "rain", "amount": 0.9}])
    key(scene().infinite_parallax.overlays[0], "speed", (1, 0.2), (MIDDLE, 0.2), (MIDDLE + 1, 2.0), (LAST, 2.0))
    spec = built(tmp_path)
    met(spec, tmp_path, 0, 12, MIDDLE + 3, spec.frames - 1)
    ways = np.array([[sheet.way(n, spec.frames) * sheet.slide[1] for n in range(spec.frames)] for sheet in spec.sheets])
    steps = np.diff(ways) % np.array([[sheet.slide[1]] for sheet in spec.sheets])
    slow, fast = steps[:, :10].mean(axis=1), steps[:, -10:].mean(axis=1)
    assert fast / slow == pytest.approx(10, rel=0.01)
    assert (steps.max(axis=1) <= 1.01 * fast).all(), "no drop jumps"


def test_in_a_loop_a_keyed_speed_still_comes_round(target: str, tmp_path: Path) -> None:
    filled(
        target,
        overlays=[{"kind": "snow"}, {"kind": "flicker"}],
        motion={"loop": True, "seconds_per_step": 0.5, "fps": 12},
        layers=[{"height": 40, "velocity": [-8, 0]}, {"velocity": [-16, 0]}],
    )
    for overlay in scene().infinite_parallax.overlays:
        key(overlay, "speed", (1, 0.5), (20, 3.0))
    spec = built(tmp_path)
    met(spec, tmp_path, 0, 7, spec.frames - 1)
    for sheet in spec.sheets:
        before, after = sheet.way(0, spec.frames), sheet.turns * sheet.clock[-1] / spec.frames + sheet.phase
        assert abs(after - before - round(after - before)) < 1e-9
        assert sheet.clock[-1] == pytest.approx(spec.frames)


@pytest.mark.parametrize("panel", [True, False], ids=["panel", "held"])
@pytest.mark.parametrize("kind", ["rain", "snow", "moonlight"])
def test_a_keyed_angle(target: str, tmp_path: Path, kind: str, panel: bool) -> None:
    filled(target, overlays=[{"kind": kind, "amount": 0.9, "speed": 0.5}])
    key(scene().infinite_parallax.overlays[0], "angle_deg", (1, -20.0), (LAST, 25.0))
    spec = built(tmp_path) if panel else made(tmp_path, properties.document(scene()), contours=True)
    if not panel:
        properties.fill(scene(), projects.Project())
        targets.build(scene(), spec, tmp_path, tmp_path)
    assert compared(replace(spec, sheets=()), tmp_path, 30)[1].mean() > 1, "it is seen"
    met(spec, tmp_path, 0)
    if target == "compositor" and bpy.app.version < (4, 4, 0):
        # its Transform lays what turns and grows up to a px beside
        assert compared(spec, tmp_path, 17)[1].mean() < 2.5
    else:
        met(spec, tmp_path, 17, spec.frames - 1)


def test_a_keyed_colour(target: str, tmp_path: Path) -> None:
    wish = [
        {"kind": "mist", "colour": [1.0, 0.2, 0.2], "amount": 0.9},
        {"kind": "grain", "colour": [1, 1, 1], "amount": 0.4},
    ]
    filled(target, overlays=wish)
    mist, grain = scene().infinite_parallax.overlays
    key(mist, "colour", (1, (1.0, 0.2, 0.2)), (LAST, (0.1, 0.3, 1.0)))
    key(grain, "colour", (1, (1.0, 1.0, 1.0)), (LAST, (0.2, 1.0, 0.5)))
    spec = built(tmp_path)
    met(spec, tmp_path, 0, 17, spec.frames - 1)
    red, blue = (compared(spec, tmp_path, frame)[0][-20:].mean(axis=(0, 1)) for frame in (1, spec.frames - 2))
    assert (red - blue)[0] > 5 > -5 > (red - blue)[2]


def test_a_keyed_seed_is_another_picture_from_its_key_on(target: str, tmp_path: Path) -> None:
    filled(target, overlays=[{"kind": "snow", "amount": 0.9}])
    key(scene().infinite_parallax.overlays[0], "seed", (1, 1), (MIDDLE + 1, 7), steps=True)
    spec = built(tmp_path)
    assert [(s.seed % 1000, s.start, s.end) for s in spec.sheets if s.part == 0] == [
        (spec.sheets[0].seed % 1000, 0, MIDDLE),
        (spec.sheets[-1].seed % 1000, MIDDLE, spec.frames),
    ]
    met(spec, tmp_path, MIDDLE - 1, MIDDLE, spec.frames - 1)
    assert spec.sheets[0].file != spec.sheets[-1].file
    assert len({sheet.channel for sheet in spec.sheets}) == 3


@pytest.mark.parametrize("layer", [None, 1])
def test_keyed_grades(target: str, tmp_path: Path, layer: int | None) -> None:
    filled(target, grades=[{"layer": layer}])
    grade = scene().infinite_parallax.grades[0]
    key(grade, "contrast", (1, 0.0), (LAST, 15.0))
    key(grade, "temperature", (1, 0.0), (LAST, -0.8))
    key(grade, "saturation", (1, 1.0), (LAST, 0.3))
    key(grade, "gamma", (1, (1.0, 1.0, 1.0)), (LAST, (1.3, 1.0, 0.8)))
    key(grade, "lift", (1, (1.0, 1.0, 1.0)), (LAST, (0.9, 1.0, 1.1)))
    spec = built(tmp_path)
    met(spec, tmp_path, 0, 17, spec.frames - 1, most=6)
    assert compared(replace(spec, grades=()), tmp_path, 30)[1].mean() > 1, "it is seen"
    before = len(compat.curves(scene())), len(bpy.data.actions)
    built(tmp_path)
    assert (len(compat.curves(scene())), len(bpy.data.actions)) == before
    scene().animation_data_clear()
    spec = built(tmp_path)
    met(spec, tmp_path, 30)


@pytest.mark.parametrize("layer", [None, 1])
def test_a_curve_comes_in_while_another_goes(target: str, tmp_path: Path, layer: int | None) -> None:
    dark, light = [[0.5, 0.25]], [[0.3, 0.5], [0.7, 0.85]]
    filled(target, grades=[{"layer": layer, "curve": dark}, {"layer": layer, "curve": light}])
    one, other = scene().infinite_parallax.grades
    key(one, "curve_amount", (1, 1.0), (LAST, 0.0))
    key(other, "curve_amount", (1, 0.0), (LAST, 1.0))
    spec = built(tmp_path)
    met(spec, tmp_path, 0, 17, spec.frames - 1, most=6)
    first, last = (compared(spec, tmp_path, frame)[0].mean() for frame in (0, spec.frames - 1))
    assert first + 20 < last
    count = len(timeline.mine(scene())), len(bpy.data.actions)
    for _ in range(2):
        built(tmp_path)
        assert (len(timeline.mine(scene())), len(bpy.data.actions)) == count
    if target == "vse":
        masks = [strip for strip in timeline.mine(scene()) if "curve amount" in strip.name]
        assert [strip.mute for strip in masks] == [True, True]
        compat.strips(scene().sequence_editor).remove(masks[0])
        spec = built(tmp_path)
        met(spec, tmp_path, 17, most=6)
    compat.remove_curve(one, "curve_amount")
    one.curve_amount = 0.5
    other.curve_amount = 0.0
    compat.remove_curve(other, "curve_amount")
    spec = built(tmp_path)
    met(spec, tmp_path, 9, most=6)
    assert not [strip for strip in timeline.mine(scene()) if "curve amount" in strip.name]


def test_moved_in_time_what_is_keyed_goes_along(target: str, tmp_path: Path) -> None:
    filled(target, overlays=[{"kind": "rain"}], grades=[{"layer": 1, "curve": [[0.5, 0.6]]}, {"curve": [[0.5, 0.4]]}])
    key(scene().infinite_parallax.overlays[0], "speed", (1, 0.2), (LAST, 2.0))
    for grade in scene().infinite_parallax.grades:
        key(grade, "brightness", (1, 0.0), (LAST, 20.0))
        key(grade, "curve_amount", (1, 0.0), (LAST, 1.0))
    spec = built(tmp_path)
    assert bpy.ops.infinite_parallax.move(frames=40) == {"FINISHED"}
    for _ in range(2):
        _, off = compared(spec, tmp_path, 20, 61)
        assert off.mean() <= 0.5
        assert (off > 6).mean() <= 0.01
        assert built(tmp_path).sheets == spec.sheets


def test_what_is_keyed_and_what_is_no_longer_leaves_nothing(target: str, tmp_path: Path) -> None:
    filled(target, overlays=[{"kind": "rain", "colour": [1, 1, 1]}])
    plain, overlay = properties.project(scene()), scene().infinite_parallax.overlays[0]
    key(overlay, "speed", (1, 0.2), (LAST, 2.0))
    key(overlay, "seed", (1, 0), (MIDDLE, 3), steps=True)
    key(overlay, "colour", (1, (1, 1, 1)), (LAST, (1, 0, 0)))
    built(tmp_path)
    assert held.HELD in scene()
    scene().animation_data.action.use_fake_user = False
    properties.fill(scene(), plain)
    assert not [c for c in compat.curves(scene()) if c.data_path.startswith("infinite_parallax")]
    spec = built(tmp_path)
    assert held.HELD not in scene()
    assert not [thing for thing in bpy.data.objects if "clock" in thing.name]
    assert not [group for group in bpy.data.node_groups if "colour" in group.name]
    assert len(timeline.mine(scene())) == (len(spec.planes) + 3 if target == "vse" else 0)
    met(spec, tmp_path, 9)


def test_an_exported_project_has_the_keys_and_so_has_a_scene_that_imports_it(target: str, tmp_path: Path) -> None:
    filled(
        target,
        overlays=[{"kind": "rain", "colour": [1, 1, 1]}, {"kind": "mist"}],
        grades=[{"layer": 1}],
        distortions=[{"layer": 0}],
    )
    group = scene().infinite_parallax
    rain, mist = group.overlays
    key(rain, "speed", (1, 0.2), (LAST, 2.0))
    key(rain, "colour", (1, (1.0, 0.4, 0.2)), (LAST, (0.1, 0.3, 1.0)))
    key(rain, "seed", (1, 1), (MIDDLE + 1, 7), steps=True)
    mist.keyframe_insert("amount", frame=1)
    mist.amount = 1.0
    mist.keyframe_insert("amount", frame=LAST)  # a Bezier curve
    key(group.grades[0], "gain", (1, (1.0, 1.0, 1.0)), (LAST, (1.3, 1.0, 0.7)))
    key(group.distortions[0], "amplitude_px", (1, 0.0), (LAST, 6.0))
    spec = built(tmp_path)
    assert bpy.ops.infinite_parallax.export_project(filepath=str(tmp_path / "keyed.json")) == {"FINISHED"}
    saved = json.loads((tmp_path / "keyed.json").read_text())
    assert saved["overlays"][0]["keys"]["seed"] == [[0, 1], [1.5, 7]]
    assert saved["overlays"][0]["keys"]["speed"] == [[0, 0.2], [2.916667, 2]]
    assert len(saved["overlays"][1]["keys"]["amount"]) > 6
    manifest = plates.load(tmp_path)
    assert (
        driving.build(projects.load(tmp_path / "keyed.json"), manifest, listening.samples, mask_pictures.grey) == spec
    )
    bpy.ops.wm.read_homefile(use_empty=True)
    assert bpy.ops.infinite_parallax.import_project(filepath=str(tmp_path / "keyed.json")) == {"FINISHED"}
    assert properties.project(scene()) == projects.load(tmp_path / "keyed.json")
    assert built(tmp_path) == spec
    met(spec, tmp_path, 0, 12, most=6)


def test_keys_beyond_the_limits_or_of_what_is_switched_off_are_no_fault() -> None:
    filled("vse", overlays=[{"kind": "rain"}], grades=[{}])
    rain, grade = scene().infinite_parallax.overlays[0], scene().infinite_parallax.grades[0]
    key(rain, "colour", (1, (1.0, 0.4, 0.2)), (LAST, (0.1, 0.3, 1.0)))
    rain.use_colour = False
    key(grade, "contrast", (1, 0.0), (LAST, 90.0))
    curve = compat.f_curve(grade, "contrast")
    curve.keyframe_points[1].co.y = 180.0
    overlay, told = properties.project(scene()).overlays[0], properties.project(scene()).grades[0]
    assert overlay.keys == ()
    assert max(value for _, value in told.keys[0].points) == 99
    assert len(told.keys[0].points) < 6


def test_what_was_just_painted_is_built_with_the_keys_and_so_is_build_scene(tmp_path: Path) -> None:
    filled("vse", overlays=[{"kind": "rain"}], grades=[{}])
    key(scene().infinite_parallax.overlays[0], "speed", (1, 0.2), (LAST, 2.0))
    key(scene().infinite_parallax.grades[0], "contrast", (1, 0.0), (LAST, 20.0))
    spec = made(tmp_path, properties.document(scene()))
    assert len(spec.grades) == 1
    scene_project.build(scene(), spec, tmp_path)
    met(spec, tmp_path, 30)
    assert bpy.ops.infinite_parallax.build_scene() == {"FINISHED"}
    met(spec, tmp_path, 12)
