"""Building for another target, building again, and what of a person's survives both; sound whatever the target."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, compositing, export, headless, targets, timeline
from infinite_parallax.shared.scene import Export, SceneSpec

from .compared import compared
from .made import document, made, read_pixels
from .test_ramp import spec_of

pytestmark = pytest.mark.blender

KINDS = ("images", "actions", "scenes", "meshes", "cameras", "materials", "objects", "shape_keys", "node_groups")


def counts() -> dict[str, int]:
    found = {kind: len(getattr(bpy.data, kind)) for kind in (*KINDS, "collections", "sounds")}
    # not Blender's own: the render result and what a viewer node shows
    pictures = [image for image in bpy.data.images if image.type in ("IMAGE", "UV_TEST")]
    return found | {"images": len(pictures), "strips": len(timeline.mine(scene()))}


def scene() -> Any:
    return bpy.context.scene


def build(spec: SceneSpec, folder: Path, target: str) -> SceneSpec:
    aimed = replace(spec, target=target)
    targets.build(scene(), aimed, folder, folder)
    return aimed


def exact(spec: SceneSpec, folder: Path, frame: int = 13) -> bool:
    _, off = compared(spec, folder, frame)
    return bool(off.mean() <= 0.5 and off.max() <= 2)


@pytest.mark.parametrize("target", ["compositor", "planes"])
def test_building_twice_changes_nothing(tmp_path: Path, target: str) -> None:
    things = [{"name": "boat", "layer": 1, "box": [70, 50, 114, 82], "velocity": [-27.3, 0]}]
    spec = made(tmp_path, document(objects=things, sound={"ambience": "wind"}), contours=True, covers=True)
    build(spec, tmp_path, target)
    before = counts()
    aimed = build(spec, tmp_path, target)
    assert counts() == before
    assert exact(aimed, tmp_path)


def test_another_target_takes_away_what_the_first_one_made(tmp_path: Path) -> None:
    spec = made(tmp_path, document(sound={"ambience": "wind"}), covers=True)
    alone = {}
    for target in ("vse", "compositor", "planes"):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        build(spec, tmp_path, target)
        alone[target] = counts()
    for target in ("compositor", "vse", "planes", "compositor", "planes", "vse"):
        aimed = build(spec, tmp_path, target)
        assert exact(aimed, tmp_path)
        assert counts() == alone[target]
    assert compat.compositor_tree_there(scene()) is None


@pytest.mark.parametrize("change", [{"seconds_per_step": 0.9}, {"steps": 9}, {"step_px": 80}])
@pytest.mark.parametrize("target", ["compositor", "planes"])
def test_building_something_else(tmp_path: Path, target: str, change: dict[str, Any]) -> None:
    data = document()
    thing = {"name": "boat", "layer": 0, "box": [20, 20, 60, 40]}
    specs = {
        "a": made(tmp_path / "a", data),
        "b": made(tmp_path / "b", data | {"motion": data["motion"] | change}, contours=True, covers=True),
        "c": made(tmp_path / "c", data | {"objects": [thing]}),
    }
    found = {}
    for name in ("a", "b", "c", "b", "a"):
        aimed = build(specs[name], tmp_path / name, target)
        assert exact(aimed, tmp_path / name, 2)
        assert exact(aimed, tmp_path / name, aimed.frames - 1)
        assert found.setdefault(name, counts()) == counts()


def over(group: Any, name: str) -> Any:
    return next(node for node in group.nodes if node.get(timeline.TAG) == f"over {name}")


def test_what_a_person_did_in_the_nodes_survives(tmp_path: Path) -> None:
    spec = made(tmp_path, document())
    build(spec, tmp_path, "compositor")
    group = compositing.group_of(scene(), "compositor")
    hills = over(group, "01 hills 000")
    gain = group.nodes.new("CompositorNodeExposure")
    near = [socket for socket in hills.inputs if socket.type == "RGBA"][1]
    group.links.new(near.links[0].from_socket, gain.inputs[0])
    group.links.new(gain.outputs[0], near)
    tree = compat.compositor_tree_there(scene())
    ours = next(node for node in tree.nodes if timeline.TAG in node)
    flip = tree.nodes.new("CompositorNodeFlip")
    output = compat.compositor_output(tree)
    tree.links.new(ours.outputs[0], flip.inputs[0])
    tree.links.new(flip.outputs[0], output.inputs[0])
    hills.mute = True
    with_boat = made(tmp_path, document(objects=[{"name": "boat", "layer": 1, "box": [70, 50, 114, 82]}]))
    build(with_boat, tmp_path, "compositor")
    assert near.links[0].from_node == gain
    assert hills.mute
    assert output.inputs[0].links[0].from_node == flip
    boat = over(group, "object 0 boat 0")
    assert [link.to_node for link in hills.outputs[0].links] == [boat]
    assert [link.to_node for link in boat.outputs[0].links] == [over(group, "02 grass 000")]
    build(spec, tmp_path, "vse")
    assert flip.name in compat.compositor_tree_there(scene()).nodes
    assert not [n for n in tree.nodes if timeline.TAG in n]


def test_what_a_person_did_to_the_planes_survives(tmp_path: Path) -> None:
    spec = made(tmp_path, document())
    build(spec, tmp_path, "planes")
    ours = {thing.get(timeline.TAG): thing for thing in bpy.data.objects}
    camera, hills = ours["camera"], ours["01 hills 000"]
    camera.location.x += 5
    camera.rotation_euler.z = 0.1
    hills.modifiers.new("wave", "WAVE")
    hills.data.materials[0].node_tree.nodes.new("ShaderNodeHueSaturation").name = "mine"
    mine = bpy.data.objects.new("mine", None)
    hills.users_collection[0].objects.link(mine)
    at = tuple(camera.location)
    build(spec, tmp_path, "planes")
    assert tuple(camera.location) == at
    assert camera.rotation_euler.z == pytest.approx(0.1)
    assert "wave" in hills.modifiers
    assert "mine" in hills.data.materials[0].node_tree.nodes
    build(spec, tmp_path, "vse")
    assert list(scene().collection.objects) == [mine]


@pytest.mark.parametrize("direction", [-1.0, 1.0], ids=["left", "right"])
@pytest.mark.parametrize("target", ["compositor", "planes"])
def test_receding_ground(tmp_path: Path, target: str, direction: float) -> None:
    spec = build(spec_of(tmp_path, direction, fades=True), tmp_path, target)
    for frame in (0, 5, 11):
        _, off = compared(spec, tmp_path, frame)
        assert off.mean() <= 0.5
        assert off.max() <= 3
    before = counts()
    build(spec, tmp_path, target)
    assert counts() == before


@pytest.mark.parametrize("motion", [{"pace": [[0, 0], [1, 1], [3, 0.5]]}, {"loop": True}], ids=["pace", "loop"])
@pytest.mark.parametrize("target", ["compositor", "planes"])
def test_a_pace_and_a_loop(tmp_path: Path, target: str, motion: dict[str, Any]) -> None:
    data = document()
    data["motion"] |= motion
    if "loop" in motion:
        data["layers"] = [{"height": 50, "velocity": [-10.5, 0]}, {"velocity": [-33, 0]}]
        del data["motion"]["steps"]
    spec = build(made(tmp_path, data, covers=True), tmp_path, target)
    for frame in (0, 5, 11, spec.frames // 2, spec.frames - 1):
        assert exact(spec, tmp_path, frame)


@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_a_saved_file_renders_the_same_from_another_folder(tmp_path: Path, target: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    finish = {"overlays": [{"kind": "mist"}], "grades": [{"layer": 1, "contrast": 9}], "distortions": [{"layer": 2}]}
    spec = made(here / "plates_of_it", document(30.0, **finish))
    build(spec, here / "plates_of_it", target)
    export.still(scene(), 15, tmp_path / "before.png")
    headless.save(here / "it.blend")
    here.rename(there)
    bpy.ops.wm.open_mainfile(filepath=str(there / "it.blend"))
    export.still(scene(), 15, tmp_path / "after.png")
    assert np.array_equal(read_pixels(tmp_path / "before.png"), read_pixels(tmp_path / "after.png"))
    before = counts()
    build(spec, there / "plates_of_it", target)
    assert counts() == before


@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_thirty_layers(tmp_path: Path, target: str) -> None:
    layers = [{"name": f"layer {n}", "height": 3, "velocity": [-2.0 - n, 0]} for n in range(29)]
    spec = build(made(tmp_path, document(layers=[*layers, {"velocity": [-33, 0]}]), contours=True), tmp_path, target)
    assert len({plane.layer for plane in spec.planes}) == 30
    assert exact(spec, tmp_path, 0)
    assert exact(spec, tmp_path, 23)
    before = counts()
    build(spec, tmp_path, target)
    assert counts() == before


def strips_of_a_person() -> Any:
    parameters = compat.strips(scene().sequence_editor).bl_rna.functions["new_effect"].parameters
    end = {"length": 36} if "length" in parameters else {"frame_end": 37}
    return compat.strips(scene().sequence_editor).new_effect(name="mine", type="COLOR", channel=9, frame_start=1, **end)


def test_a_strip_of_a_person_that_hides_the_picture_is_said(tmp_path: Path) -> None:
    spec = replace(made(tmp_path, document()), target="compositor")
    assert targets.build(scene(), spec, tmp_path, tmp_path).notes == ()
    mine = strips_of_a_person()
    assert targets.build(scene(), spec, tmp_path, tmp_path).notes == (targets.HIDDEN,)
    mine.mute = True
    assert targets.build(scene(), spec, tmp_path, tmp_path).notes == ()


@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_the_video_has_picture_and_sound(tmp_path: Path, target: str, ffmpeg: str) -> None:
    spec = replace(
        made(tmp_path, document(sound={"ambience": "water", "volume": 1.0})), export=Export(0, None, 18, 192)
    )
    spec = build(spec, tmp_path, target)
    video, settings = tmp_path / "out.mp4", _settings()
    export.render(scene(), spec.export, video)
    assert _settings() == settings

    def decoded(*arguments: str, dtype: str) -> Any:
        run = [ffmpeg, "-v", "error", "-i", str(video), *arguments, "-"]
        return np.frombuffer(subprocess.run(run, capture_output=True, check=True).stdout, dtype)

    shown = decoded("-f", "rawvideo", "-pix_fmt", "gray", dtype="u1").reshape(-1, spec.height, spec.width)
    assert len(shown) == spec.frames
    rendered, _ = compared(spec, tmp_path, 13)
    grey = rendered @ [0.299, 0.587, 0.114]
    assert np.corrcoef(shown[13].ravel(), grey.ravel())[0, 1] > 0.99
    if bpy.app.build_options.audaspace:
        heard = decoded("-f", "s16le", "-ac", "1", dtype="<i2")
        assert np.abs(heard[len(heard) // 3 : len(heard) // 2].astype(int)).mean() > 50


def _settings() -> Any:
    render = scene().render
    return render.use_sequencer, render.use_compositing, render.filepath, scene().frame_current


@pytest.mark.parametrize("target", ["compositor", "planes"])
def test_headless_builds_and_renders(tmp_path: Path, target: str) -> None:
    spec = replace(made(tmp_path, document()), target=target)
    (tmp_path / "scene.json").write_text(json.dumps(spec.to_json()))
    wanted = ["build", "--spec", tmp_path / "scene.json", "--plates", tmp_path, "--sounds", tmp_path]
    wanted += ["--blend", tmp_path / "s.blend", "--frame", 13, "--png", tmp_path / "f.png"]
    assert headless.main([str(word) for word in wanted]) == 0
    assert headless.main([str(word) for word in wanted]) == 0
    assert exact(spec, tmp_path)
