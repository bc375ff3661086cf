"""Grades in Blender: its modifiers do what the arithmetic frames say, and nothing where nothing is asked."""

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, targets, timeline
from infinite_parallax.shared import frames
from infinite_parallax.shared.scene import SceneSpec

from .made import document, made, read_pixels, read_tile

pytestmark = pytest.mark.blender

GRADES: dict[str, dict[str, Any]] = {
    "warm": {"temperature": 0.6, "tint": -0.3},
    "lift": {"lift": [0.9, 1.0, 1.15], "gamma": [1.2, 0.9, 1.0], "gain": [1.1, 0.95, 1.0]},
    "contrast": {"contrast": 25, "brightness": -6},
    "flat": {"contrast": -30},
    "grey": {"saturation": 0.2},
    "curve": {"curve": [[0.25, 0.15], [0.75, 0.85]]},
    "all": {"temperature": -0.5, "saturation": 1.4, "gamma": [1.1, 1.1, 1.1], "contrast": 10, "curve": [[0.5, 0.6]]},
}


def built(folder: Path, *grades: dict[str, Any], **sections: Any) -> SceneSpec:
    spec = made(folder, document(grades=list(grades), **sections), contours=True)
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


def off(spec: SceneSpec, folder: Path, frame: int) -> Any:
    path = folder / f"frame{frame}.png"
    export.still(bpy.context.scene, frame + timeline.FIRST_FRAME, path)
    return np.abs(read_pixels(path)[..., :3].astype(int) - frames.render(spec, frame, read_tile(folder)))


def met(spec: SceneSpec, folder: Path, *at: int) -> None:
    """Since 5.0 Blender corrects a picture before it moves it, which tells at rims and in the finest detail only."""
    most = 8 if bpy.app.version < (5, 0, 0) else 26
    for frame in at:
        differences = off(spec, folder, frame)
        assert differences.mean() <= 0.5
        assert (differences > 6).mean() <= 0.01
        assert differences.max() <= most


def of_layer(number: int) -> list[Any]:
    found = [s for s in compat.strips(bpy.context.scene.sequence_editor) if s.get(timeline.TAG, "").startswith("0")]
    return [s for s in found if s[timeline.TAG].startswith(f"{number:02d}")]


@pytest.mark.parametrize("layer", [None, 1])
@pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())
def test_frames_are_the_arithmetic_ones(tmp_path: Path, grade: dict[str, Any], layer: int | None) -> None:
    spec = built(tmp_path, grade | {"layer": layer})
    met(spec, tmp_path, 0, 13)
    plain = SceneSpec(**{**vars(spec), "grades": ()})
    assert off(plain, tmp_path, 13).mean() > 1, "the grade is seen"


@pytest.mark.parametrize("grade", [*GRADES.values(), {"brightness": 12}, {"saturation": 2.0}])
def test_a_layer_that_sways_is_graded_without_touching_what_is_seen_through_it(
    tmp_path: Path, grade: dict[str, Any]
) -> None:
    spec = built(tmp_path, grade | {"layer": 2}, GRADES["flat"] | {"layer": 2}, distortions=[{"layer": 2}])
    for frame in (0, 13):
        differences = off(spec, tmp_path, frame)
        assert differences.mean() <= 0.5
        # a ray may meet the line between two rows and see past both: single pixels
        assert (differences.max(axis=2) > 3).mean() <= 0.001
    plain = SceneSpec(**{**vars(spec), "grades": ()})
    assert off(plain, tmp_path, 13).mean() > 1, "the grade is seen"


def test_grades_of_a_layer_and_of_the_whole_together(tmp_path: Path) -> None:
    overlays = [{"kind": "mist"}, {"kind": "letterbox", "ratio": 2.2}]
    lifted = {"lift": [1.3, 1.3, 1.3]}
    spec = built(tmp_path, GRADES["warm"] | {"layer": 0}, GRADES["flat"] | {"layer": 0}, lifted, overlays=overlays)
    met(spec, tmp_path, 6)
    assert read_pixels(tmp_path / "frame6.png")[0, :, :3].max() == 0, "the film's bars stay black"


def test_a_grade_that_leaves_everything_as_it_is_adds_nothing(tmp_path: Path) -> None:
    spec = built(tmp_path, {}, {"layer": 1})
    strips = compat.strips(bpy.context.scene.sequence_editor)
    assert len(strips) == len(spec.planes)
    assert not any(len(strip.modifiers) for strip in strips)
    plain = made(tmp_path, document(), contours=True)
    assert spec == plain
    first = tmp_path / "graded.png"
    export.still(bpy.context.scene, 9, first)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    targets.build(bpy.context.scene, plain, tmp_path, tmp_path)
    export.still(bpy.context.scene, 9, tmp_path / "plain.png")
    assert np.array_equal(read_pixels(first), read_pixels(tmp_path / "plain.png"))


def test_what_a_person_changes_stays_until_the_grade_changes(tmp_path: Path) -> None:
    built(tmp_path, GRADES["contrast"] | {"layer": 1})
    strip = of_layer(1)[0]
    with bpy.context.temp_override(**compat.in_sequencer(bpy.context.scene)):
        strip.modifiers.new("mine", "BRIGHT_CONTRAST")
    strip.modifiers[0].bright = 33
    built(tmp_path, GRADES["contrast"] | {"layer": 1})
    strip = of_layer(1)[0]
    assert (len(strip.modifiers), strip.modifiers[0].bright) == (2, 33)
    built(tmp_path, GRADES["contrast"] | {"layer": 1, "brightness": 5})
    strip = of_layer(1)[0]
    assert [m.name for m in strip.modifiers] == ["mine", "Parallax 0 contrast"]
    spec = built(tmp_path)
    assert [m.name for m in of_layer(1)[0].modifiers] == ["mine"]
    met(spec, tmp_path, 5)


def test_a_persons_own_saturation_stays_where_no_grade_asks_for_one(tmp_path: Path) -> None:
    built(tmp_path)
    of_layer(0)[0].color_saturation = 0.5
    built(tmp_path)
    assert of_layer(0)[0].color_saturation == 0.5
    built(tmp_path, GRADES["grey"] | {"layer": 0})
    assert of_layer(0)[0].color_saturation == pytest.approx(0.2)
    built(tmp_path)
    assert of_layer(0)[0].color_saturation == 1
