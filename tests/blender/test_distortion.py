"""Oscillating distortion in Blender: the frames are the arithmetic ones, and no background shows at the borders."""

from pathlib import Path
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, properties, targets, timeline
from infinite_parallax.shared import frames
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .made import document, made, read_pixels, read_tile

pytestmark = pytest.mark.blender

WAVES = {"amplitude_px": 5.0, "wavelength_px": 44.0, "period_s": 1.1}
DARKEST = 14
"""The tiles hold nothing below 16, so anything darker is background."""


def built(folder: Path, *distortions: dict[str, Any], direction: float = 180.0, **sections: Any) -> SceneSpec:
    spec = made(folder, document(direction, distortions=list(distortions), **sections))
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def met(spec: SceneSpec, folder: Path, *at: int) -> None:
    for frame in at:
        path = folder / f"frame{frame}.png"
        export.still(bpy.context.scene, frame + timeline.FIRST_FRAME, path)
        rendered = read_pixels(path)[..., :3]
        off = np.abs(rendered.astype(int) - frames.render(spec, frame, read_tile(folder)))
        assert rendered.min() >= DARKEST
        assert off.mean() <= 0.5
        # a ray may meet the line between two rows and see past both: single pixels
        assert (off.max(axis=2) > 3).mean() <= 0.001
        assert off.max() <= 24


@pytest.mark.parametrize("axis", ["x", "y"])
def test_frames_are_the_arithmetic_ones(tmp_path: Path, axis: str) -> None:
    spec = built(tmp_path, WAVES | {"direction": axis})
    met(spec, tmp_path, 0, 13, spec.frames - 1)


def test_one_layer_of_a_slanted_journey(tmp_path: Path) -> None:
    spec = built(tmp_path, WAVES | {"layer": 1}, direction=200.0)
    assert [plane.layer for plane in spec.planes if plane.sways] == [p.layer for p in spec.planes if p.layer == 1]
    met(spec, tmp_path, 7)


def test_two_waves_on_a_scaled_output(tmp_path: Path) -> None:
    spec = built(tmp_path, WAVES, WAVES | {"direction": "y", "wavelength_px": 70, "layer": 2}, output={"width": 288})
    met(spec, tmp_path, 10)


def test_no_row_of_a_soft_rim_counts_twice(tmp_path: Path) -> None:
    one_step = {"step_px": 61, "seconds_per_step": 0.5, "fps": 12, "steps": 1, "direction_deg": 180.0}
    spec = built(tmp_path, {"amplitude_px": 4, "wavelength_px": 50, "period_s": 1.1}, motion=one_step)
    met(spec, tmp_path, *range(spec.frames))


def test_without_amplitude_nothing_is_built(tmp_path: Path) -> None:
    spec = built(tmp_path, WAVES | {"amplitude_px": 0})
    assert {s.type for s in compat.strips(bpy.context.scene.sequence_editor)} == {"IMAGE"}
    assert not any(plane.sways for plane in spec.planes)


def test_taken_away_it_leaves_nothing(tmp_path: Path) -> None:
    built(tmp_path, WAVES)
    built(tmp_path, WAVES)
    spec = built(tmp_path)
    left = [len(kind) for kind in (bpy.data.meshes, bpy.data.shape_keys, bpy.data.materials, bpy.data.cameras)]
    assert left == [0, 0, 0, 0]
    assert len(bpy.data.scenes) == 1
    met(spec, tmp_path, 5)


def test_the_amplitude_in_the_panel_acts_at_once(tmp_path: Path) -> None:
    infinite_parallax.register()
    try:
        data = document(distortions=[WAVES | {"layer": 0}])
        properties.fill(bpy.context.scene, projects.from_json(data))
        spec = made(tmp_path, data)
        targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
        met(spec, tmp_path, 4)
        bpy.context.scene.infinite_parallax.distortions[0].amplitude_px = 2.0
        met(made(tmp_path, document(distortions=[WAVES | {"layer": 0, "amplitude_px": 2.0}])), tmp_path, 4)
    finally:
        infinite_parallax.unregister()
