"""Layers that shimmer in Blender: on every target the frames are the arithmetic ones, and at strength 0 the plates."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, properties, shimmer_nodes, targets, timeline
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .. import wavelets_by_hand
from .compared import compared
from .made import document, made, read_pixels

pytestmark = pytest.mark.blender

TARGETS = ("planes", "compositor", "vse")
SHIMMER = {"strength": 0.8, "period_s": 1.3, "turns": 2}


@pytest.fixture(params=TARGETS, scope="module")
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def built(target: str, folder: Path, *shimmers: dict[str, Any], direction: float = 180.0, **sections: Any) -> SceneSpec:
    data = document(direction, output={"target": target}, shimmers=list(shimmers), **sections)
    spec = made(folder, data, contours=True)
    wavelets_by_hand.lay(folder)
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def met(spec: SceneSpec, folder: Path, *at: int) -> None:
    for frame in at:
        _, off = compared(spec, folder, frame)
        assert off.mean() <= 0.5
        # a ray may meet the line between two rows: single pixels
        assert (off.max(axis=2) > 3).mean() <= 0.001


def still(spec: SceneSpec) -> SceneSpec:
    return replace(spec, planes=tuple(replace(plane, shimmer=None) for plane in spec.planes))


def test_frames_are_the_arithmetic_ones(target: str, tmp_path: Path) -> None:
    spec = built(target, tmp_path, SHIMMER | {"layer": 1}, SHIMMER | {"layer": 2, "turns": 3, "seed": 4})
    assert {p.layer for p in spec.planes if p.shimmer} == {1, 2}
    met(spec, tmp_path, 0, 13, spec.frames - 1)
    _, off = compared(still(spec), tmp_path, 13)
    assert off.mean() > 1, "it is seen"


def test_a_layer_that_is_graded(target: str, tmp_path: Path) -> None:
    warm = {"layer": 1, "temperature": 0.5, "contrast": 12}
    spec = built(target, tmp_path, SHIMMER | {"layer": 1}, grades=[warm])
    met(spec, tmp_path, 9)
    wish = document(output={"target": target}, shimmers=[SHIMMER | {"layer": 1}])
    for grades in ([], [warm]):
        spec = made(tmp_path, wish | {"grades": grades}, contours=True)
        targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
        met(spec, tmp_path, 9)


def test_a_layer_that_sways(tmp_path: Path) -> None:
    waves = {"layer": 1, "amplitude_px": 3, "wavelength_px": 50, "period_s": 1.1}
    met(built("planes", tmp_path, SHIMMER | {"layer": 1}, distortions=[waves]), tmp_path, 9)


def test_a_layer_that_lives(target: str, tmp_path: Path) -> None:
    alive = {"layer": 1, "period_s": 1.1}
    spec = built(target, tmp_path, SHIMMER | {"layer": 1}, living=[alive])
    assert any(plane.lives and plane.shimmer for plane in spec.planes)
    met(spec, tmp_path, 9)


def shown(folder: Path, frame: int) -> Any:
    path = folder / f"shown{frame}.png"
    export.still(bpy.context.scene, frame + timeline.FIRST_FRAME, path)
    return read_pixels(path)[..., :3].astype(int)


def test_the_strength_in_the_panel_acts_at_once_and_0_is_the_plate(target: str, tmp_path: Path) -> None:
    infinite_parallax.register()
    try:
        data = document(output={"target": target}, shimmers=[SHIMMER | {"layer": 1}])
        properties.fill(bpy.context.scene, projects.from_json(data))
        spec = built(target, tmp_path, SHIMMER | {"layer": 1})
        strong = shown(tmp_path, 7)
        bpy.context.scene.infinite_parallax.shimmers[0].strength = 0.0
        off = shown(tmp_path, 7)
        for node in groups():
            node.mute = True
        assert (off == shown(tmp_path, 7)).all()
        assert np.abs(strong - off).mean() > 0.5
        met(still(spec), tmp_path, 7)
    finally:
        infinite_parallax.unregister()


def groups() -> list[Any]:
    """The nodes of all shimmers."""
    trees = (material.node_tree for material in bpy.data.materials)
    return [node for tree in trees for node in tree.nodes if node.get("infinite_parallax") == shimmer_nodes.NODE]


def test_after_a_whole_turn_it_is_the_plate(target: str, tmp_path: Path) -> None:
    spec = built(target, tmp_path, SHIMMER | {"layer": 1, "period_s": 1.0})
    turned, moved = shown(tmp_path, 24), shown(tmp_path, 29)
    for node in groups():
        node.mute = True
    assert (turned == shown(tmp_path, 24)).all()
    assert np.abs(moved - shown(tmp_path, 29)).mean() > 0.5
    assert spec.fps == 12


def test_built_again_without_it_nothing_is_left(target: str, tmp_path: Path) -> None:
    built(target, tmp_path, SHIMMER)
    built(target, tmp_path, SHIMMER | {"turns": 3})
    assert len(groups()) == len(bpy.data.node_groups) - (target != "vse") * len(made_by_compositing())
    spec = built(target, tmp_path)
    assert not groups()
    assert not [image for image in bpy.data.images if image.filepath.endswith(".exr")]
    met(spec, tmp_path, 5)


def made_by_compositing() -> list[Any]:
    return [group for group in bpy.data.node_groups if group.bl_idname == "CompositorNodeTree"]


def test_without_wavelets_it_is_built_still_and_said(target: str, tmp_path: Path) -> None:
    spec = made(tmp_path, document(output={"target": target}, shimmers=[SHIMMER | {"layer": 1}]), contours=True)
    told = targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert any("Layer 1: no wavelets yet" in note for note in told.notes)
    assert not groups()
    met(still(spec), tmp_path, 6)
    if target == "vse":
        assert {s.type for s in compat.strips(bpy.context.scene.sequence_editor)} == {"IMAGE"}
