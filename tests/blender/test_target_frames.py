"""The compositor and the planes: their frames are the arithmetic ones, in all that the sequencer is tested with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import compat, targets
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared
from .made import document, made
from .test_frames import DARKEST, DIRECTIONS, moments

pytestmark = pytest.mark.blender


TARGETS = ("compositor", "planes")


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def built(target: str, folder: Path, data: dict[str, Any], **how: bool) -> SceneSpec:
    spec = replace(made(folder, data, **how), target=target)
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def check(spec: SceneSpec, folder: Path, frames: list[int], most: int = 2) -> None:
    for frame in frames:
        rendered, off = compared(spec, folder, frame)
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        assert off.max() <= most


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS.keys())
def test_frames_are_the_arithmetic_ones(target: str, tmp_path: Path, direction: float) -> None:
    spec = built(target, tmp_path, document(direction))
    check(spec, tmp_path, moments(spec))


@pytest.mark.parametrize("output", [{"width": 320}, {"width": 190, "height": 90}], ids=["larger", "cropped"])
def test_frames_of_a_scaled_scene(target: str, tmp_path: Path, output: dict[str, int]) -> None:
    spec = built(target, tmp_path, document(30.0, output=output))
    check(spec, tmp_path, moments(spec), 4)


def test_another_size_and_back(target: str, tmp_path: Path) -> None:
    for output in ({}, {"width": 320}, {}):
        spec = built(target, tmp_path, document(output=output))
        check(spec, tmp_path, [13], 4 if output else 2)


@pytest.mark.parametrize(
    "output", [{"width": 200, "height": 140}, {"width": 260, "height": 108}], ids=["above", "beside"]
)
def test_frames_of_a_letterboxed_scene(target: str, tmp_path: Path, output: dict[str, int]) -> None:
    spec = built(target, tmp_path, document(output=output | {"fit": "letterbox"}))
    assert spec.window is not None
    for frame in moments(spec):
        _, off = compared(spec, tmp_path, frame)
        assert off.mean() <= 0.5
        assert off.max() <= 4
    strips = compat.strips(bpy.context.scene.sequence_editor)
    assert len(strips) == 0


def test_frames_of_contours_with_soft_rims_and_covers(target: str, tmp_path: Path) -> None:
    spec = built(target, tmp_path, document(180.0), contours=True, covers=True)
    check(spec, tmp_path, [0, 1, 4, 15, spec.frames - 4, spec.frames - 1])


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_frames_of_an_object_that_goes_its_own_way(target: str, tmp_path: Path, scale: float) -> None:
    thing = {"name": "boat", "layer": 1, "box": [70, 50, 114, 82], "velocity": [-7.3, -1.6], "scale": scale}
    spec = built(target, tmp_path, document(objects=[thing]), contours=True)
    check(spec, tmp_path, moments(spec))
