"""Blender's frames against the arithmetic ones, pixel by pixel, before any encoding."""

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import export, targets, timeline
from infinite_parallax.shared import frames
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared
from .made import document, made, read_pixels, read_tile

pytestmark = pytest.mark.blender

DIRECTIONS = {"left": 180.0, "right": 0.0, "up": 90.0, "down": 270.0, "thirty": 30.0}
DARKEST = 14
"""The tiles hold nothing below 16, so anything darker is background."""


def moments(spec: SceneSpec) -> list[int]:
    """The frames at 0 %, 37 % and 100 % of the duration."""
    return [round(share * (spec.frames - 1)) for share in (0, 0.37, 1)]


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS.keys())
def test_frames_are_the_arithmetic_ones(tmp_path: Path, direction: float) -> None:
    spec = made(tmp_path, document(direction))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in moments(spec):
        rendered, off = compared(spec, tmp_path, frame)
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        assert off.max() <= 2


def test_positions_between_pixels_are_met(tmp_path: Path) -> None:
    spec = made(tmp_path, document(180.0))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    at = [frames.placed(plane, 13)[0] % 1 for plane in spec.planes if plane.start <= 13 < plane.end]
    assert any(0.1 < fraction < 0.9 for fraction in at)
    moved = replace(
        spec, planes=tuple(replace(p, keys=tuple(replace(k, x=k.x + 0.25) for k in p.keys)) for p in spec.planes)
    )
    path = tmp_path / "frame.png"
    export.still(bpy.context.scene, 13 + timeline.FIRST_FRAME, path)
    off = np.abs(read_pixels(path)[..., :3].astype(int) - frames.render(moved, 13, read_tile(tmp_path)))
    assert off.mean() > 1, "a quarter of a pixel must be told apart"


def test_frames_of_a_scaled_scene(tmp_path: Path) -> None:
    spec = made(tmp_path, document(30.0, output={"width": 320}))
    assert spec.planes[0].scale > 1
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in moments(spec):
        rendered, off = compared(spec, tmp_path, frame)
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        assert off.max() <= 4


def test_frames_of_a_cropped_scene(tmp_path: Path) -> None:
    spec = made(tmp_path, document(200.0, output={"width": 190, "height": 90}))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in moments(spec):
        rendered, off = compared(spec, tmp_path, frame)
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        assert off.max() <= 4


@pytest.mark.parametrize("raised", [0.0, 0.37])
def test_frames_of_contours_with_soft_rims_and_covers(tmp_path: Path, raised: float) -> None:
    spec = made(tmp_path, document(180.0), contours=True, covers=True)
    planes = [replace(p, keys=(replace(p.keys[0], y=p.keys[0].y - raised), p.keys[1])) for p in spec.planes]
    spec = replace(spec, planes=tuple(planes))
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    plain = replace(spec, planes=tuple(p for p in spec.planes if p.opacity == (1, 1)))
    for frame in (0, 1, 4, 15, spec.frames - 4, spec.frames - 1):
        rendered, off = compared(spec, tmp_path, frame)
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        assert off.max() <= (2 if frame or raised else 0), "the first frame is the source itself"
        without = frames.render(plain, frame, read_tile(tmp_path))
        shows = (np.abs(frames.render(spec, frame, read_tile(tmp_path)) - without.astype(int)) > 8).any()
        assert shows == (frame in (0, 1, 4, spec.frames - 4, spec.frames - 1))


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_frames_of_an_object_that_goes_its_own_way(tmp_path: Path, scale: float) -> None:
    thing = {"name": "boat", "layer": 1, "box": [70, 50, 114, 82], "velocity": [-7.3, -1.6], "scale": scale}
    spec = made(tmp_path, document(objects=[thing]), contours=True)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    plain = replace(spec, planes=tuple(p for p in spec.planes if "boat" not in p.name))
    for frame in moments(spec):
        _, off = compared(spec, tmp_path, frame)
        assert off.mean() <= 0.5
        assert off.max() <= 2
        seen = frames.render(spec, frame, read_tile(tmp_path)) != frames.render(plain, frame, read_tile(tmp_path))
        assert seen.any()
