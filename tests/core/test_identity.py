"""Ids of jobs: the same wish is the same job."""

import pytest
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.identity import job_id, painted_part

PICTURE = b"the bytes of a picture"


@pytest.mark.parametrize(
    "other",
    [
        {"sound": {"volume": 2}},
        {"output": {"crf": 30}},
        {"cues": [{"layer": 1}]},
        {"name": "else"},
        {"motion": {"fps": 25, "seconds_per_step": 0.5, "pace": [[0, 0], [1, 1]]}},
        {"overlays": [{"kind": "snow"}], "distortions": [{}], "grades": [{"contrast": 5}]},
    ],
)
def test_what_does_not_change_the_plates_does_not_change_the_job(other: dict[str, object]) -> None:
    project = projects.from_json(other)
    assert job_id(project, PICTURE, "1") == job_id(projects.Project(), PICTURE, "1")
    assert painted_part(project) == projects.Project()


def test_names_make_no_other_job_and_are_the_wish_s() -> None:
    def wish(first: str, thing: str) -> projects.Project:
        layers = [{"name": first, "height": 50}, {"distance": 9}]
        return projects.from_json({"layers": layers, "objects": [{"name": thing, "layer": 1, "box": [1, 2, 3, 4]}]})

    old, new = wish("sky", "boat"), wish("heaven", "ship")
    assert job_id(old, PICTURE, "1") == job_id(new, PICTURE, "1")
    settled = projects.settled(new, old.to_json())
    assert [layer.name for layer in settled.layers] == ["heaven", ""]
    assert settled.objects[0].name == "ship"
    assert projects.settled(projects.Project(), old.to_json()).layers == old.layers
    assert projects.settled(wish("", ""), old.to_json()).layers == old.layers


def test_everything_else_makes_another_job() -> None:
    ids = {
        job_id(projects.Project(), PICTURE, "1"),
        job_id(projects.from_json({"inpaint": {"seed": 4}}), PICTURE, "1"),
        job_id(projects.from_json({"motion": {"loop": True}}), PICTURE, "1"),
        job_id(projects.from_json({"motion": {"loop": True, "fps": 25}}), PICTURE, "1"),
        job_id(projects.Project(), b"another picture", "1"),
        job_id(projects.Project(), PICTURE, "2"),
    }
    assert len(ids) == 6
