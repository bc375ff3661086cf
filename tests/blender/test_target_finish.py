"""Overlays, distortion and grades in the compositor and on planes: the frames are the arithmetic ones."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import targets
from infinite_parallax.shared.finishing import KINDS
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared, met_within
from .made import document, made
from .test_grades import GRADES

pytestmark = pytest.mark.blender

TARGETS = ("compositor", "planes")
WAVES = {"amplitude_px": 5.0, "wavelength_px": 44.0, "period_s": 1.1}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def built(target: str, folder: Path, direction: float = 180.0, **sections: Any) -> SceneSpec:
    spec = made(folder, document(direction, output={"target": target}, **sections), contours=True)
    targets.build(bpy.context.scene, spec, folder, folder)
    return spec


met = partial(met_within, most=3)


def seen(spec: SceneSpec, folder: Path, frame: int) -> None:
    plain = replace(spec, sheets=(), grades=(), planes=tuple(replace(p, sways=()) for p in spec.planes))
    _, off = compared(plain, folder, frame)
    assert off.mean() > 0.5, "it is seen"


@pytest.mark.parametrize("kind", KINDS)
def test_overlays(target: str, tmp_path: Path, kind: str) -> None:
    spec = built(target, tmp_path, overlays=[{"kind": kind, "amount": 0.8, "seed": 3}])
    met(spec, tmp_path, 0, 7, spec.frames - 1)
    seen(spec, tmp_path, 7)


@pytest.mark.parametrize("layer", [None, 1])
@pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())
def test_grades(target: str, tmp_path: Path, grade: dict[str, Any], layer: int | None) -> None:
    spec = built(target, tmp_path, grades=[grade | {"layer": layer}])
    met(spec, tmp_path, 0, 13)
    seen(spec, tmp_path, 13)


@pytest.mark.parametrize("axis", ["x", "y"])
def test_distortion(target: str, tmp_path: Path, axis: str) -> None:
    spec = built(target, tmp_path, distortions=[WAVES | {"direction": axis}])
    met(spec, tmp_path, 0, 13, spec.frames - 1)
    seen(spec, tmp_path, 13)


def test_one_layer_sways_between_overlays_and_grades(target: str, tmp_path: Path) -> None:
    spec = built(
        target,
        tmp_path,
        200.0,
        distortions=[WAVES | {"layer": 1}],
        overlays=[{"kind": "mist", "layer": 0}, {"kind": "moonlight"}, {"kind": "grain"}, {"kind": "letterbox"}],
        grades=[GRADES["warm"] | {"layer": 1}, GRADES["flat"] | {"layer": 2}, GRADES["contrast"]],
    )
    for frame in (0, 9):
        _, off = compared(spec, tmp_path, frame)
        assert off.mean() <= 0.5
        # a ray may meet the line between two rows: single pixels
        assert (off.max(axis=2) > 4).mean() <= 0.001
