"""Grain before a layer on planes: over what lies behind it, seen through what is nearer, as arithmetic has it."""

from functools import partial
from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import export, grain_lights, properties, targets
from infinite_parallax.blender_addon.timeline import TAG
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared, met_within
from .made import document, made, read_pixels
from .test_target_finish_kept import everything

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

PLANES = {"output": {"target": "planes"}}
GRAIN = {"kind": "grain", "amount": 0.9}


def scene() -> Any:
    return bpy.context.scene


def built(folder: Path, *overlays: dict[str, Any], **sections: Any) -> SceneSpec:
    data = document(**PLANES, overlays=list(overlays), **sections)
    spec = made(folder, data, contours=True)
    properties.fill(scene(), projects.from_json(data))
    targets.build(scene(), spec, folder, folder)
    return spec


met = partial(met_within, most=4)


def light_groups() -> list[str]:
    return [group.name for group in scene().view_layers[0].lightgroups]


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_it_lies_before_its_layer_and_behind_the_nearer_ones(tmp_path: Path, layer: int) -> None:
    spec = built(tmp_path, GRAIN | {"layer": layer})
    met(spec, tmp_path, 0, 13, spec.frames - 1)
    plain, grained = (made(tmp_path, document(**PLANES, overlays=o), contours=True) for o in ([], [GRAIN]))
    for other in (plain, grained) if layer < 2 else (plain,):
        assert compared(other, tmp_path, 13)[1].mean() > 0.5, "it is seen, and not over all"


def test_several_with_what_one_sees_through_between_and_before_them(tmp_path: Path) -> None:
    spec = built(
        tmp_path,
        GRAIN | {"layer": 0, "seed": 2},
        {"kind": "mist", "layer": 0, "amount": 0.8},
        GRAIN | {"layer": 1, "colour": [1.0, 0.4, 0.2]},
        {"kind": "moonlight", "layer": 1, "amount": 0.8},
        GRAIN | {"amount": 0.3},
        {"kind": "rain", "amount": 0.7},
        {"kind": "letterbox"},
        grades=[{"layer": 1, "contrast": 8}],
        distortions=[{"layer": 2, "amplitude_px": 3, "wavelength_px": 40}],
    )
    for frame in (0, 9):
        _, off = compared(spec, tmp_path, frame)
        assert off.mean() <= 0.65
        # the arithmetic frames round after each of the many things here; a ray may meet the line between two rows
        assert (off.max(axis=2) > 5).mean() <= 0.001


def test_its_amount_colour_speed_and_time_can_be_keyed_and_moved(tmp_path: Path) -> None:
    spec = built(tmp_path, GRAIN | {"layer": 1, "speed": 0.5, "start_s": 0.5, "end_s": 2.0})
    overlay = scene().infinite_parallax.overlays[0]
    overlay.use_colour = True
    for frame, amount, colour in ((1, 0.2, (1.0, 1.0, 1.0)), (36, 1.0, (0.2, 1.0, 0.5))):
        overlay.amount, overlay.colour = amount, colour
        overlay.keyframe_insert("amount", frame=frame)
        overlay.keyframe_insert("colour", frame=frame)
    spec = made(tmp_path, properties.document(scene()), contours=True)
    targets.build(scene(), spec, tmp_path, tmp_path)
    met(spec, tmp_path, 0, 7, 8, 20, 30)
    assert bpy.ops.infinite_parallax.move(frames=40) == {"FINISHED"}
    _, off = compared(spec, tmp_path, 20, 61)
    assert off.max() <= 4


def test_built_again_and_taken_away_it_leaves_nothing(tmp_path: Path) -> None:
    spec = built(tmp_path)
    before = everything()
    export.still(scene(), 10, tmp_path / "before.png")
    two = (GRAIN | {"layer": 0}, GRAIN | {"layer": 1, "seed": 3})
    built(tmp_path, *two)
    held = everything()
    spec = built(tmp_path, *two)
    assert everything() == held
    met(spec, tmp_path, 9)
    spec = built(tmp_path, two[1])
    assert len(light_groups()) == 2
    met(spec, tmp_path, 9)
    spec = built(tmp_path, GRAIN)
    assert light_groups() == []
    met(spec, tmp_path, 9)
    spec = built(tmp_path, *two)
    met(spec, tmp_path, 9)
    built(tmp_path)
    assert light_groups() == []
    assert everything() == before
    export.still(scene(), 10, tmp_path / "after.png")
    assert (read_pixels(tmp_path / "before.png") == read_pixels(tmp_path / "after.png")).all()
    built(tmp_path, *two)
    data = document()
    targets.build(scene(), made(tmp_path, data, contours=True), tmp_path, tmp_path)
    assert light_groups() == []
    assert not [group for group in bpy.data.node_groups if group.get(TAG) == "grain"]


def test_a_person_mutes_its_node_and_puts_a_thing_of_their_own_before_it(tmp_path: Path) -> None:
    spec = built(tmp_path, GRAIN | {"layer": 0})
    scene().view_layers[0].lightgroups.add(name="mine")
    group = next(g for g in bpy.data.node_groups if g.get(TAG) == "planes")
    node = next(n for n in group.nodes if n.get(TAG) == "over overlay grain 0 0 before a layer")
    node.mute = True
    spec = built(tmp_path, GRAIN | {"layer": 0})
    plain = made(tmp_path, document(**PLANES), contours=True)
    met(plain, tmp_path, 9)
    node.mute = False
    assert "mine" in light_groups()
    mark = next(thing for thing in bpy.data.objects if thing.get(TAG) == "overlay grain 0 0")
    assert mark.lightgroup == grain_lights.through("overlay grain 0 0")
    box = bpy.data.objects.new("box", mark.data.copy())
    white = bpy.data.materials.new("white")
    if white.node_tree is None:
        white.use_nodes = True
    white.node_tree.nodes.clear()
    light, out = (white.node_tree.nodes.new(f"ShaderNode{kind}") for kind in ("Emission", "OutputMaterial"))
    light.inputs["Color"].default_value = (1, 0.5, 0.25, 1)
    white.node_tree.links.new(light.outputs[0], out.inputs[0])
    box.data.materials[0] = white
    box.scale = (0.25, 0.25, 1)
    box.location.z = scene().camera.location.z - 1
    scene().collection.objects.link(box)
    rendered, off = compared(spec, tmp_path, 9)
    corner = rendered[-20:-4, 4:40]
    assert (abs(corner.astype(int) - (255, 128, 64)) <= 1).all(), "its own colours, without grain"
    assert off[:, 60:].max() <= 4
