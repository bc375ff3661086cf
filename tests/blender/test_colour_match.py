"""Painted colours matched to the source's: keys of ordinary modifiers and nodes, and frames that are the arithmetic
ones, on every target."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, properties, targets, timeline
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared, met
from .made import document, made

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

LAST = 36


@pytest.fixture(params=["vse", "compositor", "planes"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def scene() -> Any:
    return bpy.context.scene


def built(folder: Path, data: dict[str, Any]) -> SceneSpec:
    properties.fill(scene(), projects.from_json(data))
    return rebuilt(folder)


def rebuilt(folder: Path) -> SceneSpec:
    spec = made(folder, properties.document(scene()), contours=True, drift=True)
    targets.build(scene(), spec, folder, folder)
    return spec


@pytest.mark.parametrize("layer", [None, 2])
def test_frames_are_the_arithmetic_ones(target: str, tmp_path: Path, layer: int | None) -> None:
    spec = built(tmp_path, document(output={"target": target}, grades=[{"match": 1.0, "layer": layer}]))
    met(spec, tmp_path, 0, 17, LAST - 1)
    plain = replace(spec, grades=())
    assert compared(plain, tmp_path, LAST - 1)[1].mean() > 3, "it is seen"
    assert compared(plain, tmp_path, 0)[1].mean() <= 0.5, "the source is left as it is"


def test_a_layer_that_sways_is_matched_too(target: str, tmp_path: Path) -> None:
    data = document(output={"target": target}, grades=[{"match": 1.0, "layer": 2}], distortions=[{"layer": 2}])
    met(built(tmp_path, data), tmp_path, 0, LAST - 1)


def test_a_keyed_share_comes_in_as_it_is_keyed(target: str, tmp_path: Path) -> None:
    data = document(output={"target": target}, grades=[{"match": 0.0, "layer": 2}])
    properties.fill(scene(), projects.from_json(data))
    grade = scene().infinite_parallax.grades[0]
    for frame, value in ((20, 0.0), (LAST, 1.0)):
        grade.match = value
        grade.keyframe_insert("match", frame=frame)
    spec = rebuilt(tmp_path)
    met(spec, tmp_path, 12, LAST - 1)
    gains = [moment.steps[0].gain for moment in spec.grades[0].all_moments]
    assert gains[12] == (1, 1, 1)
    assert gains[-1][2] > 1.1


def test_it_is_keys_of_a_modifier_that_stay_as_a_person_changes_them(tmp_path: Path) -> None:
    data = document(grades=[{"match": 0.7, "layer": 2}])
    built(tmp_path, data)
    strips = [s for s in compat.strips(scene().sequence_editor) if s.get(timeline.TAG, "").startswith("02")]
    modifiers = [strip.modifiers[0] for strip in strips]
    assert {modifier.name for modifier in modifiers} == {"Parallax 0 match"}
    curve = compat.f_curve(modifiers[0].color_balance, "gain", 2)
    assert 2 < len(curve.keyframe_points) <= LAST
    curve.keyframe_points[-1].co.y = 1.9
    rebuilt(tmp_path)
    assert compat.f_curve(modifiers[0].color_balance, "gain", 2).keyframe_points[-1].co.y == pytest.approx(1.9)
    count = len(compat.curves(scene()))
    built(tmp_path, document(grades=[{"match": 0.0, "layer": 2}]))
    assert not any(strip.modifiers for strip in strips)
    assert len(compat.curves(scene())) < count


def test_off_is_the_same_bytes(target: str, tmp_path: Path) -> None:
    plain = built(tmp_path, document(output={"target": target}))
    before = compared(plain, tmp_path, LAST - 1)[0]
    bpy.ops.wm.read_homefile(use_empty=True)
    off = built(tmp_path, document(output={"target": target}, grades=[{"match": 0.0}, {"match": 0.0, "layer": 1}]))
    assert off == plain
    assert np.array_equal(before, compared(off, tmp_path, LAST - 1)[0])
