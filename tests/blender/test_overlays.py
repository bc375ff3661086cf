"""Overlays in Blender: the frames are the arithmetic ones, and building again leaves what a person did."""

from pathlib import Path
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import (
    compat,
    export,
    overlay_pictures,
    properties,
    scene_project,
    targets,
    timeline,
)
from infinite_parallax.shared import frames
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.finishing import KINDS
from infinite_parallax.shared.scene import SceneSpec

from .made import document, made, read_pixels, read_tile

pytestmark = pytest.mark.blender


def with_overlays(folder: Path, *overlays: dict[str, Any], **sections: Any) -> SceneSpec:
    spec = made(folder, document(overlays=list(overlays), **sections))
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def shown(folder: Path, frame: int) -> Any:
    path = folder / f"frame{frame}.png"
    export.still(bpy.context.scene, frame + timeline.FIRST_FRAME, path)
    return read_pixels(path)[..., :3].astype(int)


def off(spec: SceneSpec, folder: Path, frame: int) -> Any:
    return np.abs(shown(folder, frame) - frames.render(spec, frame, read_tile(folder)))


def met(spec: SceneSpec, folder: Path, *at: int) -> None:
    for frame in at:
        differences = off(spec, folder, frame)
        assert differences.mean() <= 0.5
        assert differences.max() <= 4


def strips() -> dict[str, Any]:
    return {s[timeline.TAG]: s for s in compat.strips(bpy.context.scene.sequence_editor) if timeline.TAG in s}


def counts() -> dict[str, int]:
    kinds = ("images", "actions", "scenes")
    scene = bpy.context.scene
    return {kind: len(getattr(bpy.data, kind)) for kind in kinds} | {
        "strips": len(compat.strips(scene.sequence_editor)),
        "drivers": len(scene.animation_data.drivers),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_the_arithmetic_ones(tmp_path: Path, kind: str) -> None:
    spec = with_overlays(tmp_path, {"kind": kind, "amount": 0.8, "seed": 3})
    met(spec, tmp_path, 0, 7, spec.frames - 1)
    plain = SceneSpec(**{**vars(spec), "sheets": ()})
    assert off(plain, tmp_path, 7).mean() > 0.5, "the overlay is seen"


@pytest.mark.parametrize("kind", ["rain", "moonlight", "vignette"])
def test_over_a_picture_in_floating_point_they_look_the_same(tmp_path: Path, kind: str) -> None:
    spec = with_overlays(tmp_path, {"kind": kind, "amount": 0.8}, distortions=[{"amplitude_px": 4.0}])
    met(spec, tmp_path, 0, 7)


def test_overlays_between_layers_and_over_all_in_a_loop(tmp_path: Path) -> None:
    data = document(
        overlays=[{"kind": "mist", "layer": 0}, {"kind": "snow", "angle_deg": 20}, {"kind": "grain"}],
        motion={"loop": True, "seconds_per_step": 0.5, "fps": 12},
        layers=[{"height": 40, "velocity": [-8, 0]}, {"velocity": [-16, 0]}],
    )
    spec = made(tmp_path, data)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    met(spec, tmp_path, 0, spec.frames // 3, spec.frames - 1)


def test_building_again_changes_nothing_and_keeps_what_a_person_did(tmp_path: Path) -> None:
    spec = with_overlays(tmp_path, {"kind": "rain"}, {"kind": "vignette"})
    far, near, dark = (strips()[s.name] for s in (spec.sheets[0], spec.sheets[2], spec.sheets[3]))
    far.mute = True
    far.driver_remove("blend_alpha")
    far.blend_alpha = 0.25
    near.channel = 40
    dark.name = "corners"
    with bpy.context.temp_override(**compat.in_sequencer(bpy.context.scene)):
        dark.modifiers.new("mine", "BRIGHT_CONTRAST").bright = 2
    before = counts()
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == before
    far, near, dark = (strips()[s.name] for s in (spec.sheets[0], spec.sheets[2], spec.sheets[3]))
    assert (far.mute, far.blend_alpha, near.channel) == (True, 0.25, 40)
    assert (dark.name, dark.modifiers["mine"].bright) == ("corners", 2)


def test_another_seed_is_another_picture_in_the_same_strip(tmp_path: Path) -> None:
    one = with_overlays(tmp_path, {"kind": "snow", "seed": 1})
    before, first = counts(), shown(tmp_path, 5)
    other = with_overlays(tmp_path, {"kind": "snow", "seed": 2})
    assert counts()["strips"] == before["strips"]
    assert one.sheets[0].file != other.sheets[0].file
    met(other, tmp_path, 5)
    assert (shown(tmp_path, 5) != first).any()


def test_an_overlay_that_is_taken_away_goes_with_its_drivers(tmp_path: Path) -> None:
    with_overlays(tmp_path, {"kind": "moonlight"})
    spec = with_overlays(tmp_path)
    assert not [name for name in strips() if name.startswith("overlay")]
    assert not bpy.context.scene.animation_data.drivers
    met(spec, tmp_path, 5)


@pytest.mark.usefixtures("registered")
def test_edits_stay_with_their_overlay_when_another_is_taken_away(tmp_path: Path) -> None:
    def both(*wishes: dict[str, Any]) -> SceneSpec:
        data = document(overlays=list(wishes))
        properties.fill(bpy.context.scene, projects.from_json(data))
        return with_overlays(tmp_path, *wishes)

    both({"kind": "rain"}, {"kind": "vignette"}, {"kind": "rain", "seed": 5})
    strips()["overlay vignette 0 0"].mute = True
    strips()["overlay rain 1 0"].color_tag = "COLOR_03"
    spec = both({"kind": "vignette"}, {"kind": "rain"}, {"kind": "rain", "seed": 5})
    assert [s.name for s in spec.sheets if s.part == 0] == [
        "overlay rain 0 0",
        "overlay rain 1 0",
        "overlay vignette 0 0",
    ]
    spec = both({"kind": "vignette"})
    dark = strips()["overlay vignette 0 0"]
    assert dark.mute
    dark.mute = False
    bpy.context.scene.infinite_parallax.overlays[0].amount = 0.0
    met(SceneSpec(**{**vars(spec), "sheets": ()}), tmp_path, 3)


@pytest.mark.usefixtures("registered")
def test_pictures_that_nothing_shows_are_removed(tmp_path: Path) -> None:
    def build(seed: int) -> Path:
        spec = made(tmp_path, document(overlays=[{"kind": "snow", "seed": seed}]))
        scene_project.build(bpy.context.scene, spec, tmp_path)
        return tmp_path / spec.sheets[0].file

    theirs = [tmp_path / "overlays" / name for name in ("snow0.png", "snow0_0123456789ab.jpg", "mine.png")]
    one, other = build(1), build(2)
    assert one.is_file(), "undo may bring its strip back"
    for path in theirs:
        path.write_bytes(b"mine")
    overlay_pictures._shown.clear()  # Blender begins anew
    third = build(3)
    assert (one.is_file(), other.is_file(), third.is_file()) == (False, True, True)
    assert all(path.is_file() for path in theirs)
    uncompressed = tmp_path / "overlays" / "uncompressed"
    assert not uncompressed.is_dir() or not (uncompressed / f"{one.stem}.tif").exists()


@pytest.mark.usefixtures("registered")
def test_amount_speed_and_angle_in_the_panel_act_at_once_and_can_be_keyed(tmp_path: Path) -> None:
    wish = {"kind": "rain", "amount": 0.9, "angle_deg": 0.0}
    data = document(overlays=[wish])
    spec = made(tmp_path, data)
    scene = bpy.context.scene
    properties.fill(scene, projects.from_json(data))
    targets.build(scene, spec, tmp_path, tmp_path)
    met(spec, tmp_path, 6)
    controls = scene.infinite_parallax.overlays[0]
    controls.speed = 2.0
    met(made(tmp_path, document(overlays=[wish | {"speed": 2.0}])), tmp_path, 6)
    controls.speed = 1.0
    controls.angle_deg = 15
    leaning = shown(tmp_path, 6)
    assert leaning.min() >= 14, "a turned picture still covers the frame"
    assert np.abs(leaning - frames.render(spec, 6, read_tile(tmp_path))).mean() > 0.3
    controls.angle_deg = 0
    for frame, amount in ((1, 0.0), (31, 0.9)):
        controls.amount = amount
        controls.keyframe_insert("amount", frame=frame)
    plain = SceneSpec(**{**vars(spec), "sheets": ()})
    met(plain, tmp_path, 0)
    met(spec, tmp_path, 30)


@pytest.mark.usefixtures("registered")
def test_nothing_depends_on_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = document(overlays=[{"kind": kind} for kind in KINDS])
    spec = made(tmp_path, data)
    properties.fill(bpy.context.scene, projects.from_json(data))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    bpy.context.scene.infinite_parallax.overlays[0].speed = 2.0
    bpy.context.scene.frame_set(7)
    bpy.context.evaluated_depsgraph_get().update()
    captured = capfd.readouterr()
    assert "cycle" not in captured.out + captured.err


@pytest.mark.usefixtures("registered")
def test_a_keyed_speed_acts_from_the_next_build_on(tmp_path: Path) -> None:
    data = document(overlays=[{"kind": "snow", "amount": 0.9}])
    spec = made(tmp_path, data)
    scene = bpy.context.scene
    properties.fill(scene, projects.from_json(data))
    controls = scene.infinite_parallax.overlays[0]
    controls.speed = 3.0
    controls.keyframe_insert("speed", frame=1)
    targets.build(scene, spec, tmp_path, tmp_path)
    met(made(tmp_path, document(overlays=[{"kind": "snow", "amount": 0.9, "speed": 3.0}])), tmp_path, 5)


@pytest.mark.usefixtures("registered")
def test_a_saved_file_shows_the_same_without_the_addon(tmp_path: Path) -> None:
    data = document(overlays=[{"kind": "rain", "amount": 0.7}, {"kind": "flicker"}])
    spec = made(tmp_path, data)
    properties.fill(bpy.context.scene, projects.from_json(data))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    infinite_parallax.unregister()
    try:
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"), use_scripts=False)
        met(spec, tmp_path, 9)
    finally:
        infinite_parallax.register()
