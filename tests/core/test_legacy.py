"""Projects of the original tool."""

import json
from typing import Any

import pytest
from infinite_parallax.shared import legacy
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared.errors import UsageError

DRESDEN: dict[str, Any] = {
    "created_at": "2024-03-05",
    "original_input_image_path": "dresden.jpg",
    "input_image_path": "work/dresden.png",
    "input_image_width": 1600,
    "input_image_height": 949,
    "direction": 180,
    "direction_theta": 180,
    "velocity_vector": [-1.0, 0.0],
    "smoothness": 62,
    "seconds_per_step": 5,
    "fps": 30,
    "salient_objects": [["church", "tower"]],
    "max_steps": 88,
    "total_steps": 8,
    "prompt_prepend": "painting of Dresden",
    "layers": [
        {"height": h, "distance": 1, "distance_ratio": 0.2, "velocity": [v, 0.0], "steps_x": 32, "steps_y": 0}
        for h, v in zip((280, 265, 150, 120, 134), (-50, -18, -29, -145, -170), strict=True)
    ],
    "project_name": "dresden",
    "version": [0, 1, 2],
}


def test_an_imported_project_moves_as_it_did() -> None:
    project, notes = legacy.from_config(DRESDEN)
    plan = plans.plan(project, 1600, 949)
    assert [layer.velocity[0] for layer in plan.layers] == [-50, -18, -29, -145, -170]
    assert [layer.height for layer in plan.layers] == [280, 265, 150, 120, 134]
    assert (plan.steps, plan.duration_s) == (8, 40)
    assert project.inpaint.prompt == "painting of Dresden"
    assert project.picture == "dresden.jpg"
    assert any("objects found by words" in note for note in notes)


def test_heights_that_did_not_fit_are_mended_and_said() -> None:
    document = json.loads(json.dumps(DRESDEN))
    document["layers"][-1]["height"] = 200
    project, notes = legacy.from_config(document)
    assert plans.plan(project, 1600, 949).layers[-1].height == 134
    assert any("134 rows" in note for note in notes)


@pytest.mark.parametrize(
    "document",
    [{}, [], {"layers": [], "input_image_path": "x"}, {"layers": [{}], "input_image_path": "x"}, {"schema": "ours"}],
)
def test_what_is_no_config_is_refused(document: Any) -> None:
    with pytest.raises(UsageError):
        legacy.from_config(document)


def test_layers_that_leave_no_row_are_refused() -> None:
    document = json.loads(json.dumps(DRESDEN))
    document["layers"][0]["height"] = 900
    with pytest.raises(UsageError, match="Correct the heights"):
        legacy.from_config(document)
