"""Overlays and grades keyed in the panel: speed that adds up, colour, seed, the values of grades; on every target."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, held, keyed, properties, scene_project, targets, timeline
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared
from .made import document, made

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

MIDDLE, LAST = 18, 36
"""Frames of the timeline: the journey takes 36."""


@pytest.fixture(params=["vse", "compositor", "planes"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def scene() -> Any:
    return bpy.context.scene


def filled(target: str, **sections: Any) -> dict[str, Any]:
    data = document(output={"target": target}, **sections)
    properties.fill(scene(), projects.from_json(data))
    return data


def built(data: dict[str, Any], folder: Path) -> SceneSpec:
    spec = made(folder, data, contours=True, keyed=lambda plan: keyed.read(scene(), plan))
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


def met(spec: SceneSpec, folder: Path, *at: int, most: int = 4) -> None:
    for frame in at:
        _, off = compared(spec, folder, frame)
        assert off.mean() <= 0.5
        assert (off > most).mean() <= 0.01


def test_a_keyed_speed_adds_up(target: str, tmp_path: Path) -> None:
    data = filled(target, overlays=[{"kind": "rain", "amount": 0.9}])
    key(scene().infinite_parallax.overlays[0], "speed", (1, 0.2), (MIDDLE, 0.2), (MIDDLE + 1, 2.0), (LAST, 2.0))
    spec = built(data, tmp_path)
    met(spec, tmp_path, 0, 12, MIDDLE + 3, spec.frames - 1)
    ways = np.array([[sheet.way(n, spec.frames) * sheet.slide[1] for n in range(spec.frames)] for sheet in spec.sheets])
    steps = np.diff(ways) % np.array([[sheet.slide[1]] for sheet in spec.sheets])
    slow, fast = steps[:, :10].mean(axis=1), steps[:, -10:].mean(axis=1)
    assert fast / slow == pytest.approx(10, rel=0.01)
    assert (steps.max(axis=1) <= 1.01 * fast).all(), "no drop jumps"


def test_in_a_loop_a_keyed_speed_still_comes_round(target: str, tmp_path: Path) -> None:
    data = filled(
        target,
        overlays=[{"kind": "snow"}, {"kind": "flicker"}],
        motion={"loop": True, "seconds_per_step": 0.5, "fps": 12},
        layers=[{"height": 40, "velocity": [-8, 0]}, {"velocity": [-16, 0]}],
    )
    for overlay in scene().infinite_parallax.overlays:
        key(overlay, "speed", (1, 0.5), (20, 3.0))
    spec = built(data, tmp_path)
    met(spec, tmp_path, 0, 7, spec.frames - 1)
    for sheet in spec.sheets:
        before, after = sheet.way(0, spec.frames), sheet.turns * sheet.clock[-1] / spec.frames + sheet.phase
        assert abs(after - before - round(after - before)) < 1e-9
        assert sheet.clock[-1] == pytest.approx(spec.frames)


def test_a_keyed_colour(target: str, tmp_path: Path) -> None:
    wish = [
        {"kind": "mist", "colour": [1.0, 0.2, 0.2], "amount": 0.9},
        {"kind": "grain", "colour": [1, 1, 1], "amount": 0.4},
    ]
    data = filled(target, overlays=wish)
    mist, grain = scene().infinite_parallax.overlays
    key(mist, "colour", (1, (1.0, 0.2, 0.2)), (LAST, (0.1, 0.3, 1.0)))
    key(grain, "colour", (1, (1.0, 1.0, 1.0)), (LAST, (0.2, 1.0, 0.5)))
    spec = built(data, tmp_path)
    met(spec, tmp_path, 0, 17, spec.frames - 1)
    red, blue = (compared(spec, tmp_path, frame)[0][-20:].mean(axis=(0, 1)) for frame in (1, spec.frames - 2))
    assert (red - blue)[0] > 5 > -5 > (red - blue)[2]


def test_a_keyed_seed_is_another_picture_from_its_key_on(target: str, tmp_path: Path) -> None:
    data = filled(target, overlays=[{"kind": "snow", "amount": 0.9}])
    key(scene().infinite_parallax.overlays[0], "seed", (1, 1), (MIDDLE + 1, 7), steps=True)
    spec = built(data, tmp_path)
    assert [(s.seed % 1000, s.start, s.end) for s in spec.sheets if s.part == 0] == [
        (spec.sheets[0].seed % 1000, 0, MIDDLE),
        (spec.sheets[-1].seed % 1000, MIDDLE, spec.frames),
    ]
    met(spec, tmp_path, MIDDLE - 1, MIDDLE, spec.frames - 1)
    assert spec.sheets[0].file != spec.sheets[-1].file
    assert len({sheet.channel for sheet in spec.sheets}) == 3


@pytest.mark.parametrize("layer", [None, 1])
def test_keyed_grades(target: str, tmp_path: Path, layer: int | None) -> None:
    data = filled(target, grades=[{"layer": layer}])
    grade = scene().infinite_parallax.grades[0]
    key(grade, "contrast", (1, 0.0), (LAST, 15.0))
    key(grade, "temperature", (1, 0.0), (LAST, -0.8))
    key(grade, "saturation", (1, 1.0), (LAST, 0.3))
    key(grade, "gamma", (1, (1.0, 1.0, 1.0)), (LAST, (1.3, 1.0, 0.8)))
    key(grade, "lift", (1, (1.0, 1.0, 1.0)), (LAST, (0.9, 1.0, 1.1)))
    spec = built(data, tmp_path)
    met(spec, tmp_path, 0, 17, spec.frames - 1, most=6)
    plain = made(tmp_path, data, contours=True)
    assert compared(plain, tmp_path, 30)[1].mean() > 1, "it is seen"
    before = len(compat.curves(scene())), len(bpy.data.actions)
    built(data, tmp_path)
    assert (len(compat.curves(scene())), len(bpy.data.actions)) == before
    scene().animation_data_clear()
    spec = built(data, tmp_path)
    met(spec, tmp_path, 30)


def test_moved_in_time_what_is_keyed_goes_along(target: str, tmp_path: Path) -> None:
    data = filled(target, overlays=[{"kind": "rain"}], grades=[{"layer": 1}, {}])
    key(scene().infinite_parallax.overlays[0], "speed", (1, 0.2), (LAST, 2.0))
    for grade in scene().infinite_parallax.grades:
        key(grade, "brightness", (1, 0.0), (LAST, 20.0))
    spec = built(data, tmp_path)
    assert bpy.ops.infinite_parallax.move(frames=40) == {"FINISHED"}
    for _ in range(2):
        _, off = compared(spec, tmp_path, 20, 61)
        assert off.mean() <= 0.5
        assert (off > 6).mean() <= 0.01
        assert built(data, tmp_path).sheets == spec.sheets


def test_what_is_keyed_and_what_is_no_longer_leaves_nothing(target: str, tmp_path: Path) -> None:
    data = filled(target, overlays=[{"kind": "rain", "colour": [1, 1, 1]}])
    overlay = scene().infinite_parallax.overlays[0]
    key(overlay, "speed", (1, 0.2), (LAST, 2.0))
    key(overlay, "seed", (1, 0), (MIDDLE, 3), steps=True)
    key(overlay, "colour", (1, (1, 1, 1)), (LAST, (1, 0, 0)))
    built(data, tmp_path)
    assert held.HELD in scene()
    scene().animation_data.action.use_fake_user = False
    for prop in ("speed", "seed", "colour"):
        for index in range(3):
            compat.remove_curve(overlay, prop, index)
    properties.fill(scene(), projects.from_json(data))
    spec = built(data, tmp_path)
    assert held.HELD not in scene()
    assert not [thing for thing in bpy.data.objects if "clock" in thing.name]
    assert not [group for group in bpy.data.node_groups if "colour" in group.name]
    assert len(timeline.mine(scene())) == (len(spec.planes) + 3 if target == "vse" else 0)
    met(spec, tmp_path, 9)


def test_what_was_just_painted_is_built_with_the_keys_and_so_is_build_scene(tmp_path: Path) -> None:
    data = filled("vse", overlays=[{"kind": "rain"}], grades=[{}])
    key(scene().infinite_parallax.overlays[0], "speed", (1, 0.2), (LAST, 2.0))
    key(scene().infinite_parallax.grades[0], "contrast", (1, 0.0), (LAST, 20.0))
    spec = made(tmp_path, data)
    assert spec.grades == ()
    scene_project.build_painted(scene(), spec, tmp_path)
    told = made(tmp_path, data, keyed=lambda plan: keyed.read(scene(), plan))
    met(told, tmp_path, 30)
    assert len(told.grades) == 1
    assert bpy.ops.infinite_parallax.build_scene() == {"FINISHED"}
    met(told, tmp_path, 12)
