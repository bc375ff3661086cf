"""Project files: what is read, what is refused and how, and that the exported schema says the same."""

import json
import math
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import sections, settings
from infinite_parallax.shared.errors import UsageError

GOOD: dict[str, Any] = {
    "schema": "infinite-parallax/project",
    "version": 1,
    "name": "dresden",
    "motion": {"direction_deg": 180, "smoothness": 16, "steps": 8},
    "layers": [{"height": 280, "distance": 280}, {"height": 265, "preset": "cloud"}, {"velocity": [-29, 0.5]}],
}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"motion": {"directoin_deg": 1}}, "motion.directoin_deg"),
    ({"motions": {}}, "motions"),
    ({"motion": {"direction_deg": "left"}}, "motion.direction_deg"),
    ({"motion": {"direction_deg": True}}, "motion.direction_deg"),
    ({"motion": {"fps": 0}}, "motion.fps"),
    ({"motion": {"smoothness": 0}}, "motion.smoothness"),
    ({"motion": {"smoothness": 101}}, "motion.smoothness"),
    ({"motion": {"steps": 1.5}}, "motion.steps"),
    ({"motion": {"fps": None}}, "motion.fps"),
    ({"motion": []}, "motion"),
    ({"speed": {"law": "cubic"}}, "speed.law"),
    ({"layers": {}}, "layers"),
    ({"layers": [{"height": -3}]}, "layers.0.height"),
    ({"layers": [{"distance": 1}, {"velocity": [1]}]}, "layers.1.velocity"),
    ({"layers": [{"velocity": [1, "x"]}]}, "layers.0.velocity.1"),
    ({"layers": [{"hieght": 3}]}, "layers.0.hieght"),
    ({"inpaint": {"seed": -1}}, "inpaint.seed"),
    ({"mask": {"taper_corners": 1}}, "mask.taper_corners"),
    ({"name": 7}, "name"),
    ({"schema": "other"}, "schema"),
    ({"version": 99}, "version"),
    ({"version": True}, "version"),
]


def test_a_good_project_survives_the_round_trip() -> None:
    project = projects.from_json(GOOD)
    assert project.layers[2].velocity == (-29.0, 0.5)
    assert projects.from_json(json.loads(json.dumps(project.to_json()))) == project


@pytest.mark.parametrize(("document", "path"), WRONG, ids=[path for _, path in WRONG])
def test_what_is_wrong_is_refused_with_the_path_of_the_field(document: dict[str, Any], path: str) -> None:
    with pytest.raises(UsageError) as refusal:
        projects.from_json(document)
    assert path in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize("document", [document for document, _ in WRONG], ids=[path for _, path in WRONG])
def test_the_json_schema_refuses_the_same(document: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(projects.json_schema()).validate(document)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused_in_data_and_in_text(value: float) -> None:
    document = {"motion": {"direction_deg": value}}
    with pytest.raises(UsageError, match=r"motion\.direction_deg"):
        projects.from_json(document)
    with pytest.raises(UsageError, match="not JSON"):
        projects.parse(json.dumps(document))


def test_the_schema_accepts_every_document_that_the_code_writes() -> None:
    validator = jsonschema.Draft202012Validator(projects.json_schema())
    validator.check_schema(projects.json_schema())
    validator.validate(GOOD)
    validator.validate(projects.from_json(GOOD).to_json())
    validator.validate(projects.Project().to_json())


numbers = st.one_of(st.none(), st.booleans(), st.integers(-10, 200), st.floats(allow_nan=False, width=32), st.text())


@given(st.sampled_from(sorted(projects.SECTIONS)), st.data())
def test_schema_and_code_agree_on_any_value(section: str, data: st.DataObject) -> None:
    declared = data.draw(st.sampled_from(list(settings.declared(projects.SECTIONS[section]))))
    value = data.draw(st.one_of(numbers, st.sampled_from([*declared.limits.choices, ""])))
    if isinstance(value, float) and math.isinf(value):
        return
    document = {section: {declared.name: value}}
    valid = jsonschema.Draft202012Validator(projects.json_schema()).is_valid(document)
    try:
        projects.from_json(document)
        accepted = True
    except UsageError:
        accepted = False
    assert accepted == valid


def test_text_that_is_no_json_names_line_and_column() -> None:
    with pytest.raises(UsageError, match="line 2, column"):
        projects.parse('{"name": 1,\n oops}')


@pytest.mark.parametrize("digits", [400, 5000])
def test_endless_numbers_are_sentences(digits: int) -> None:
    with pytest.raises(UsageError):
        projects.from_json(projects.parse(f'{{"motion": {{"fps": {"9" * digits}}}}}'))


def test_deep_nesting_is_a_sentence_and_no_crash() -> None:
    with pytest.raises(UsageError):
        projects.from_json(projects.parse("[" * 200000 + "]" * 200000))


def test_a_value_is_assigned_by_its_path() -> None:
    document = projects.from_json(GOOD).to_json()
    projects.assign(document, "layers.1.distance", "500")
    projects.assign(document, "inpaint.prompt", "a calm sea")
    project = projects.from_json(document)
    assert project.layers[1].distance == 500
    assert project.inpaint.prompt == "a calm sea"


def test_what_is_text_stays_text() -> None:
    document = projects.from_json(GOOD).to_json()
    workflow = '{"1": {"class_type": "LoadImage"}}'
    for path, text in (("inpaint.prompt", "1848"), ("comfyui.workflow", workflow), ("layers.0.name", "true")):
        projects.assign(document, path, text)
    projects.assign(document, "inpaint.negative_prompt", '"quoted"')
    projects.assign(document, "layers.0.preset", "null")
    project = projects.from_json(document)
    assert (project.inpaint.prompt, project.comfyui.workflow, project.layers[0].name) == ("1848", workflow, "true")
    assert (project.inpaint.negative_prompt, project.layers[0].preset) == ("quoted", None)


@pytest.mark.parametrize("path", ["layers.7.distance", "layers.x.distance", "motion.fps.deep"])
def test_a_path_without_a_place_is_refused(path: str) -> None:
    document = projects.from_json(GOOD).to_json()
    with pytest.raises(UsageError):
        projects.assign(document, path, "1")


def test_every_setting_has_help_and_a_valid_default() -> None:
    for section, cls in [*projects.SECTIONS.items(), ("layers.0", sections.Layer)]:
        for declared in settings.declared(cls):
            assert declared.limits.help.endswith(".")
            assert settings.check(declared.default, declared, f"{section}.{declared.name}") == declared.default
