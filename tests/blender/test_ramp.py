"""Ground that recedes, in Blender: the frames are the arithmetic ones, and building again leaves nothing behind."""

from pathlib import Path
from typing import Any

import addon_utils
import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, headless, targets, timeline
from infinite_parallax.shared import frames
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.ramp import Ramp, Slide
from infinite_parallax.shared.scene import Export, Key, Plane, SceneSpec

from .made import read_pixels, read_tile
from .pictures import texture, write_png

pytestmark = pytest.mark.blender

WIDTH, HEIGHT = 160, 90
SKY = (300, HEIGHT + 4)
GROUND = (280, 40)


def spec_of(folder: Path, direction: float, scale: float = 1.0, fades: bool = False) -> SceneSpec:
    """A sky that slides, and before it a ground with a soft, uneven skyline and a transparent right end."""
    for name, (width, height), seed in (("sky", SKY, 1), ("ground", GROUND, 2)):
        rgba = np.full((height, width, 4), 255, np.uint8)
        rgba[..., :3] = texture(0, 0, width, height, seed)
        if name == "ground":
            depth = np.arange(height)[:, None] - 4 - 3 * np.sin(np.arange(width) / 9.0)
            rgba[..., 3] = np.clip(depth * 80 + 128, 0, 255)
            rgba[:, -20:, 3] = 0
        write_png(folder / f"{name}.png", rgba)
    slide = Slide(Ramp(0.6, 6, 38), 0.0, (0.0, direction * 71.3))
    x, y = -2.0 if direction < 0 else -100.0, HEIGHT - GROUND[1] + 2.0
    planes = (
        Plane("sky", 0, 1, "sky.png", *SKY, 0, 12, scale, (Key(0, -9.0, -2.0), Key(12, -20.5, -2.0))),
        Plane(
            "ground",
            1,
            2,
            "ground.png",
            *GROUND,
            0,
            12,
            scale,
            (Key(0, x * scale, y * scale), Key(12, (x + direction * 71.3) * scale, y * scale)),
            (1.0, 0.25) if fades else (1.0, 1.0),
            slide,
        ),
    )
    size = round(WIDTH * scale), round(HEIGHT * scale)
    return SceneSpec("ramp", *size, 12.0, 12, planes, (), Export(20, None, 18, 192))


def off(spec: SceneSpec, folder: Path, frame: int) -> Any:
    """How far each value of Blender's frame is from the arithmetic one."""
    path = folder / f"frame{frame}.png"
    export.still(bpy.context.scene, frame + timeline.FIRST_FRAME, path)
    rendered = read_pixels(path)[..., :3].astype(int)
    return np.abs(rendered - frames.render(spec, frame, read_tile(folder)))


@pytest.mark.parametrize("direction", [-1.0, 1.0], ids=["left", "right"])
def test_frames_are_the_arithmetic_ones(tmp_path: Path, direction: float) -> None:
    spec = spec_of(tmp_path, direction)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in (0, 5, 11):
        differences = off(spec, tmp_path, frame)
        assert differences.mean() <= 0.5
        assert differences.max() <= 2


def test_rows_slide_apart(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    rigid = SceneSpec(**{**vars(spec), "planes": (spec.planes[0], Plane(**{**vars(spec.planes[1]), "slide": None}))})
    differences = off(rigid, tmp_path, 8)
    assert differences[: HEIGHT // 2].max() <= 2, "the sky is where it is"
    assert differences[-20:-8].mean() > 3, "and the middle of the ground is not where its lower edge is"


def test_frames_of_a_scaled_scene(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0, scale=1.5)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in (0, 7):
        differences = off(spec, tmp_path, frame)
        assert differences.mean() <= 0.5
        assert differences.max() <= 3


def test_a_ground_that_fades(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0, fades=True)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    differences = off(spec, tmp_path, 9)
    assert differences.mean() <= 0.5
    assert differences.max() <= 3


def test_without_cycles_it_is_refused_and_nothing_is_built(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0)
    addon_utils.disable("cycles")
    try:
        with pytest.raises(ParallaxError, match="Cycles"):
            targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    finally:
        addon_utils.enable("cycles")
    editor = bpy.context.scene.sequence_editor
    assert editor is None or len(compat.strips(editor)) == 0
    assert len(bpy.data.scenes) == 1


def counts() -> dict[str, int]:
    kinds = ("images", "actions", "scenes", "meshes", "cameras", "materials", "objects", "shape_keys")
    return {kind: len(getattr(bpy.data, kind)) for kind in kinds} | {
        "strips": len(compat.strips(bpy.context.scene.sequence_editor))
    }


def test_building_again_changes_nothing(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    before = counts()
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    assert counts() == before
    assert off(spec, tmp_path, 5).max() <= 2


def test_what_is_no_longer_there_goes_with_its_scene(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    with_ground = counts()
    sky = SceneSpec(**{**vars(spec), "planes": spec.planes[:1]})
    targets.build(bpy.context.scene, sky, tmp_path, tmp_path)
    assert {k: with_ground[k] - v for k, v in counts().items()} == {
        "images": 1,
        "actions": 1,
        "scenes": 1,
        "meshes": 1,
        "cameras": 1,
        "materials": 1,
        "objects": 2,
        "shape_keys": 1,
        "strips": 1,
    }


def test_a_ground_that_becomes_rigid_and_back(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0)
    rigid = SceneSpec(**{**vars(spec), "planes": (spec.planes[0], Plane(**{**vars(spec.planes[1]), "slide": None}))})
    for now in (spec, rigid, spec):
        targets.build(bpy.context.scene, now, tmp_path, tmp_path)
        assert off(now, tmp_path, 6).max() <= 2


def test_a_saved_file_shows_the_same(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, -1.0)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    bpy.context.scene[timeline.TAG] = spec.name
    blend = tmp_path / "saved.blend"
    headless.save(blend)
    scene = headless.open_scene(blend, spec)
    assert scene.sequence_editor is not None
    assert off(spec, tmp_path, 5).max() <= 2
