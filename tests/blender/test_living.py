"""Living layers in Blender: the frames are the arithmetic ones on every target, and nothing is left behind."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, properties, targets
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.living import Body, Life
from infinite_parallax.shared.living_folds import most_gain
from infinite_parallax.shared.scene import SceneSpec
from infinite_parallax.shared.spectral import procedural
from infinite_parallax.shared.spectral.volume import to_bytes

from .compared import compared
from .made import document, made
from .pictures import texture, write_png
from .test_grades import GRADES
from .test_ramp import GROUND, WIDTH, off, spec_of

pytestmark = pytest.mark.blender

DARKEST = 14
"""The tiles hold nothing below 16, so anything darker is background."""
ALIVE = {"preset": "cloth", "gain": 2.0, "period_s": 1.1, "frequencies": 6}


@pytest.fixture(params=["vse", "compositor", "planes"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def built(folder: Path, *living: dict[str, Any], direction: float = 180.0, **sections: Any) -> SceneSpec:
    contours = sections.pop("contours", True)
    spec = made(folder, document(direction, living=list(living), **sections), contours=contours)
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def met(spec: SceneSpec, folder: Path, *at: int) -> None:
    for frame in at:
        rendered, off = compared(spec, folder, frame)
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        assert off.max() <= 4


def test_frames_are_the_arithmetic_ones(target: str, tmp_path: Path) -> None:
    spec = built(tmp_path, ALIVE, output={"target": target})
    met(spec, tmp_path, 0, 13, spec.frames - 1)
    still = replace(spec, planes=tuple(replace(p, lives=()) for p in spec.planes))
    _, off = compared(still, tmp_path, 13)
    assert off.mean() > 2


def test_one_straight_layer_of_a_slanted_journey(tmp_path: Path) -> None:
    spec = built(tmp_path, ALIVE | {"layer": 1}, direction=200.0, contours=False)
    assert {p.layer for p in spec.planes if p.lives} == {1}
    assert {p.layer for p in spec.planes if p.opened_px} == {0}
    met(spec, tmp_path, 7)


def test_with_distortion_grade_and_another_size(target: str, tmp_path: Path) -> None:
    spec = built(
        tmp_path,
        ALIVE | {"layer": 1},
        {"preset": "water", "layer": 2, "seed": 3},
        {"layer": 1, "gain": 0.5},
        distortions=[{"layer": 2, "amplitude_px": 3, "wavelength_px": 44}],
        grades=[GRADES["warm"] | {"layer": 1}],
        output={"width": 288, "target": target},
    )
    met(spec, tmp_path, 10)


@pytest.mark.usefixtures("registered")
def test_the_gain_in_the_panel_acts_at_once(tmp_path: Path) -> None:
    data = document(living=[ALIVE | {"layer": 2}])
    properties.fill(bpy.context.scene, projects.from_json(data))
    spec = made(tmp_path, data, contours=True)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    bpy.context.scene.infinite_parallax.living[0].gain = 0.7
    met(made(tmp_path, document(living=[ALIVE | {"layer": 2, "gain": 0.7}]), contours=True), tmp_path, 4)
    bpy.context.scene.infinite_parallax.living[0].gain = 20.0
    most = spec.planes[-1].lives[0].most
    met(made(tmp_path, document(living=[ALIVE | {"layer": 2, "gain": most}]), contours=True), tmp_path, 4)


def test_drivers_need_no_python(tmp_path: Path) -> None:
    built(tmp_path, ALIVE | {"layer": 2})
    drivers = [d.driver for keys in bpy.data.shape_keys for d in keys.animation_data.drivers]
    assert drivers
    assert all(d.is_simple_expression and d.is_valid for d in drivers)


def test_a_loop_closes(tmp_path: Path) -> None:
    loop = {"direction_deg": 180.0, "step_px": 61, "seconds_per_step": 0.5, "fps": 12, "loop": True}
    spec = built(tmp_path, ALIVE | {"layer": 2}, motion=loop)
    met(spec, tmp_path, 0, spec.frames - 1)
    scene = bpy.context.scene
    for keys in bpy.data.shape_keys:
        for number in (1, spec.frames + 1):
            scene.frame_set(number)
            key = [b.value for b in keys.key_blocks if b.name.startswith("living")]
            assert key
            if number == 1:
                begin = key
        assert key == pytest.approx(begin, abs=1e-4)


def test_built_twice_and_taken_away_it_leaves_nothing(target: str, tmp_path: Path) -> None:
    output = {"target": target}
    plain = built(tmp_path, output=output)
    before = {name: len(getattr(bpy.data, name)) for name in ("meshes", "shape_keys", "materials", "cameras", "scenes")}
    untouched, _ = compared(plain, tmp_path, 5)
    built(tmp_path, ALIVE, output=output)
    once = len(bpy.data.shape_keys)
    built(tmp_path, ALIVE, output=output)
    assert len(bpy.data.shape_keys) == once > 0
    for living in ([ALIVE | {"gain": 0.0}], []):
        spec = built(tmp_path, *living, output=output)
        assert {name: len(getattr(bpy.data, name)) for name in before} == before
        again, _ = compared(spec, tmp_path, 5)
        assert (again == untouched).all()


def test_a_gain_that_would_fold_is_told(tmp_path: Path) -> None:
    spec = made(tmp_path, document(living=[ALIVE | {"gain": 20.0}]))
    notes = targets.build(bpy.context.scene, spec, tmp_path, tmp_path).notes
    assert any("living.0: the gain 20 was lowered" in note for note in notes)
    assert {s.type for s in compat.strips(bpy.context.scene.sequence_editor)} == {"SCENE"}


def test_the_target_may_be_changed(tmp_path: Path) -> None:
    for target in ("vse", "compositor", "planes", "vse"):
        met(built(tmp_path, ALIVE | {"layer": 2}, output={"target": target}), tmp_path, 3)


@pytest.mark.usefixtures("registered")
def test_wind_and_speed_are_keyed_and_act_at_once(target: str, tmp_path: Path) -> None:
    scene = bpy.context.scene
    data = document(living=[ALIVE | {"layer": 2}], output={"target": target})
    properties.fill(scene, projects.from_json(data))
    entry = scene.infinite_parallax.living[0]

    def spec_now() -> SceneSpec:
        return made(tmp_path, properties.document(scene) | {"name": "made"}, contours=True)

    compat.key_linear(entry, "wind_deg", [(1, 0.0), (20, 140.0)])
    compat.key_linear(entry, "speed", [(1, 0.2), (36, 2.0)])
    compat.key_linear(entry, "gain", [(1, 0.5), (36, 2.0)])
    scene.frame_set(30)
    spec = spec_now()
    targets.build(scene, spec, tmp_path, tmp_path)
    met(spec, tmp_path, 0, 9, 30)
    compat.key_linear(entry, "wind_deg", [(1, 0.0), (20, -140.0)])
    met(spec_now(), tmp_path, 9)
    drivers = [d.driver for keys in bpy.data.shape_keys for d in keys.animation_data.drivers]
    assert all(d.is_simple_expression and d.is_valid for d in drivers)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("loop", [False, True])
def test_the_speed_in_the_panel_acts_at_once(tmp_path: Path, loop: bool) -> None:
    motion = {"direction_deg": 180.0, "step_px": 61, "seconds_per_step": 0.5, "fps": 12, "loop": loop}
    motion |= {} if loop else {"steps": 4}
    data = document(living=[ALIVE | {"layer": 2}], motion=motion)
    properties.fill(bpy.context.scene, projects.from_json(data))
    spec = made(tmp_path, data, contours=True)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    bpy.context.scene.infinite_parallax.living[0].speed = 0.37
    faster = document(living=[ALIVE | {"layer": 2, "speed": 0.37}], motion=motion)
    met(made(tmp_path, faster, contours=True), tmp_path, 4, spec.frames - 1)


def test_without_a_panel_wind_and_speed_are_held(tmp_path: Path) -> None:
    keys = {"wind_deg": [[0, 0], [3, 300]], "speed": [[0, 0.1], [3, 2]]}
    spec = built(tmp_path, ALIVE | {"layer": 2, "keys": keys})
    assert len(spec.planes[-1].lives) == 4
    met(spec, tmp_path, 5, 20)


def test_colours_drift_within_the_matte(target: str, tmp_path: Path) -> None:
    mask = np.zeros((108, WIDTH), np.uint8)
    mask[:, 40:] = 255
    write_png(tmp_path / "mask.png", np.dstack([mask] * 3))
    entry = {"layer": 2, "gain": 0.4, "drift": [30.0, -8.0], "period_s": 1.3, "frequencies": 4}
    entry["mask"] = str(tmp_path / "mask.png")
    grades = [GRADES["warm"] | {"layer": 2}] if target != "vse" else []
    spec = built(tmp_path, entry, output={"target": target}, grades=grades)
    met(spec, tmp_path, 0, 5, 23)
    still = [replace(p, lives=tuple(replace(life, drift=(0, 0)) for life in p.lives)) for p in spec.planes]
    assert compared(replace(spec, planes=tuple(still)), tmp_path, 5)[1].mean() > 2
    groups = len(bpy.data.node_groups)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert len(bpy.data.node_groups) == groups
    faster = built(tmp_path, entry | {"drift": [60.0, 0.0], "speed": 0.5}, output={"target": target})
    met(faster, tmp_path, 5)
    plain = built(tmp_path, output={"target": target})
    met(plain, tmp_path, 5)
    assert not any("drift" in group.name for group in bpy.data.node_groups)


def test_by_a_mask_and_by_a_kept_motion(target: str, tmp_path: Path) -> None:
    mask = np.zeros((108, WIDTH), np.uint8)
    mask[:, 60:150] = 255
    write_png(tmp_path / "mask.png", np.dstack([mask] * 3))
    moving = procedural.volume(np.ones((18, 32), np.float32), WIDTH, 108, "air", period_s=1.0, frequencies=4)
    (tmp_path / "motion.npz").write_bytes(to_bytes(moving))
    entry = {"layer": 2, "motion": str(tmp_path / "motion.npz"), "mask": str(tmp_path / "mask.png"), "gain": 3.0}
    spec = built(tmp_path, entry, ALIVE | {"layer": 1, "mask": entry["mask"]}, output={"target": target})
    met(spec, tmp_path, 0, 14)


@pytest.mark.parametrize("drift", [[0.0, 0.0], [20.0, 5.0]])
def test_by_depth(target: str, drift: list[float], tmp_path: Path) -> None:
    depth = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (108, 1))
    write_png(tmp_path / "depth.png", np.dstack([depth] * 3))
    entry = ALIVE | {"layer": 2, "depth": str(tmp_path / "depth.png"), "pokes": [[0.25, 14, 0]], "drift": drift}
    spec = built(tmp_path, entry, output={"target": target})
    met(spec, tmp_path, 0, 8, 14)
    alike = made(tmp_path, document(living=[entry | {"depth": ""}], output={"target": target}), contours=True)
    assert compared(alike, tmp_path, 14)[1].mean() > 1


@pytest.mark.usefixtures("registered")
def test_depth_is_a_setting_of_the_panel_and_of_the_file(tmp_path: Path) -> None:
    entry = ALIVE | {"layer": 2, "depth": str(tmp_path / "depth.png")}
    properties.fill(bpy.context.scene, projects.from_json(document(living=[entry])))
    assert properties.project(bpy.context.scene).living[0].depth == entry["depth"]


@pytest.mark.parametrize(("name", "what"), [("mask", "mask"), ("depth", "depth map")])
def test_a_picture_that_is_none_is_refused(name: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"There is no {what} at"):
        made(tmp_path, document(living=[{name: str(tmp_path / "none.png")}]))


POKES = [[0.25, 14, 0], [1.0, -9, 4, 120, 90]]


@pytest.mark.usefixtures("registered")
def test_what_is_poked_rings_as_the_arithmetic_says(target: str, tmp_path: Path) -> None:
    data = document(living=[ALIVE | {"layer": 2, "gain": 0.4, "pokes": POKES}], output={"target": target})
    spec = made(tmp_path, data, contours=True)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    met(spec, tmp_path, 4, 13, 22)
    calm = replace(
        spec,
        planes=tuple(replace(p, lives=tuple(replace(life, ringing=None) for life in p.lives)) for p in spec.planes),
    )
    assert compared(calm, tmp_path, 2)[1].max() <= 4
    assert compared(calm, tmp_path, 4)[1].mean() > 1


@pytest.mark.usefixtures("registered")
def test_pokes_are_keys(tmp_path: Path) -> None:
    scene = bpy.context.scene
    data = document(living=[ALIVE, ALIVE | {"layer": 2, "pokes": POKES}])
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, 108, 1))
    properties.fill(scene, projects.from_json(data | {"picture": str(tmp_path / "picture.png")}))
    group = scene.infinite_parallax
    assert [list(poke) for poke in properties.project(scene).living[1].pokes] == POKES
    curve = compat.f_curve(group.living[1], "poke_px", 0)
    assert [round(key.co[0]) for key in curve.keyframe_points] == [4, 13]
    group.living_index = 1
    scene.frame_set(31)
    assert bpy.ops.infinite_parallax.poke(push_px=(0, 7), placed=True, place=(50, 60)) == {"FINISHED"}
    assert bpy.ops.infinite_parallax.poke(push_px=(0, 8)) == {"FINISHED"}
    assert [list(poke) for poke in properties.project(scene).living[1].pokes] == [*POKES, [2.5, 0, 8]]
    for axis in (0, 1):
        compat.f_curve(group.living[1], "poke_px", axis).keyframe_points[1].co[0] = 10
    moved = properties.project(scene).living[1].pokes[1]
    assert moved == (0.75, -9, 4)
    assert not properties.project(scene).living[1].keys
    scene.frame_set(-3)
    with pytest.raises(RuntimeError, match="has not begun"):
        bpy.ops.infinite_parallax.poke()
    bpy.ops.infinite_parallax.entry_move(list="living", direction="UP")
    assert [len(entry.pokes) for entry in properties.project(scene).living] == [3, 0]
    properties.fill(scene, projects.from_json(document(living=[ALIVE])))
    assert not properties.project(scene).living[0].pokes
    assert compat.f_curve(group.living[0], "poke_px", 0) is None


def test_ground_that_recedes_may_live(tmp_path: Path) -> None:
    body = Body("air", 30.0, 1.0, 2, 6, 1.0, 4 * WIDTH, 48, GROUND[1], WIDTH, rooted=True)
    life = Life(0, body, -2, 48, 1.0, 2.0, most_gain(body), 1.0, 1.0, 12, (6.0, 6.0))
    plain = spec_of(tmp_path, -1.0)
    spec = replace(plain, planes=(plain.planes[0], replace(plain.planes[1], lives=(life,))))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in (0, 7):
        away = off(spec, tmp_path, frame)
        assert away.mean() <= 0.5
        assert (away.max(axis=2) > 3).mean() <= 0.001
    assert off(plain, tmp_path, 7).mean() > 0.5
