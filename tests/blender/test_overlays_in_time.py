"""Overlays on the timeline: moved with everything, trimmed with everything, they stay in step."""

from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import compat, properties, targets, timeline
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.scene import SceneSpec

from .compared import shows
from .made import document, made

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("registered")]

MOST = 6
"""Grades and blends of eight bits are less exact than plain layers."""

WISH: dict[str, Any] = {
    "overlays": [{"kind": "rain"}, {"kind": "mist", "layer": 1}, {"kind": "flicker"}, {"kind": "grain"}],
    "grades": [{"contrast": 12}],
}


def scene() -> Any:
    return bpy.context.scene


def built(folder: Path, **sections: Any) -> SceneSpec:
    data = document(**WISH | sections)
    spec = made(folder, data)
    properties.fill(scene(), projects.from_json(data))
    targets.build(scene(), spec, folder, folder)
    return spec


def formulas() -> dict[str, str]:
    return {curve.data_path: curve.driver.expression for curve in scene().animation_data.drivers}


def test_the_operator_moves_them_along(tmp_path: Path) -> None:
    spec = built(tmp_path)
    assert bpy.ops.infinite_parallax.move(frames=40) == {"FINISHED"}
    assert shows(spec, tmp_path, 7, 48, MOST)
    moved = formulas()
    removed = next(s for s in timeline.mine(scene()) if s[timeline.TAG].startswith("overlay"))
    removed.driver_remove("blend_alpha")
    built(tmp_path)
    assert formulas().items() <= moved.items(), "counted from the same frame as a new build would"
    assert len(formulas()) == len(moved) - 1, "a driver that a person took away stays away"


def test_moved_by_hand_they_are_in_step_again_after_the_next_build(tmp_path: Path) -> None:
    built(tmp_path)
    for strip in sorted(timeline.mine(scene()), key=compat.start, reverse=True):
        compat.move(strip, 40)
    spec = built(tmp_path)
    assert scene().frame_start == 41
    assert shows(spec, tmp_path, 7, 48, MOST)


@pytest.mark.parametrize("distortions", [[], [{"amplitude_px": 3}]], ids=["plain", "swaying"])
def test_trimming_everything_at_its_beginning_is_no_move(tmp_path: Path, distortions: list[dict[str, Any]]) -> None:
    wish: dict[str, Any] = {"sound": {"ambience": "none"}, "distortions": distortions, "overlays": [{"kind": "rain"}]}
    built(tmp_path, **wish)
    for strip in timeline.mine(scene()):
        compat.set_handles(strip, max(6, compat.start(strip)), compat.start(strip) + compat.length(strip))
    before = {s.name: (compat.start(s), compat.length(s)) for s in timeline.mine(scene())}
    assert timeline.first_frame(scene()) == 1
    spec = built(tmp_path, **wish)
    assert {s.name: (compat.start(s), compat.length(s)) for s in timeline.mine(scene())} == before
    assert shows(spec, tmp_path, 7, 8, MOST)
