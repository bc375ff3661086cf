"""Blender's frames against the arithmetic ones, pixel by pixel, before any encoding."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, vse
from infinite_parallax.shared import frames
from infinite_parallax.shared.scene import SceneSpec

from .made import document, made, read_pixels, read_tile

pytestmark = pytest.mark.blender

DIRECTIONS = {"left": 180.0, "right": 0.0, "up": 90.0, "down": 270.0, "thirty": 30.0}


def rendered(path: Path, frame: int) -> Any:
    """Frame `frame` of the spec, rendered by Blender, RGB uint8."""
    scene = bpy.context.scene
    scene.frame_set(frame + vse.FIRST_FRAME)
    compat.image_output(scene.render.image_settings, "PNG")
    scene.render.image_settings.color_mode = "RGB"
    scene.render.image_settings.color_depth = "8"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return read_pixels(path)[..., :3]


def moments(spec: SceneSpec) -> list[int]:
    return [round(share * (spec.frames - 1)) for share in (0, 0.37, 1)]


def difference(spec: SceneSpec, folder: Path, frame: int) -> Any:
    truth = frames.render(spec, frame, read_tile(folder))
    return np.abs(rendered(folder / f"frame{frame}.png", frame).astype(int) - truth)


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS.keys())
def test_frames_are_the_arithmetic_ones(tmp_path: Path, direction: float) -> None:
    spec = made(tmp_path, document(direction))
    vse.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in moments(spec):
        off = difference(spec, tmp_path, frame)
        print(direction, frame, off.mean(), off.max())
        assert off.mean() <= 0.5
        assert off.max() <= 2


def test_frames_of_a_scaled_scene(tmp_path: Path) -> None:
    spec = made(tmp_path, document(30.0, output={"width": 320}))
    assert spec.planes[0].scale > 1
    vse.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in moments(spec):
        off = difference(spec, tmp_path, frame)
        print(frame, off.mean(), off.max())
        assert off.mean() <= 0.5
        assert off.max() <= 4
