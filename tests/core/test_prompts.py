"""Prompts over time, and the words that are put together."""

import pytest
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.identity import painted_part
from infinite_parallax.shared.prompts import first_step, joined, prompt_at, without

SCHEDULE = [{"at_s": 4, "prompt": "snow"}, {"at_s": 2, "prompt": "rain", "negative_prompt": "sun"}]


def project(**motion: object) -> projects.Project:
    inpaint = {"prompt": "a meadow", "negative_prompt": "people"}
    return projects.from_json({"inpaint": inpaint, "motion": {"seconds_per_step": 0.5} | motion, "prompts": SCHEDULE})


def test_a_prompt_holds_from_its_second_on() -> None:
    words = [prompt_at(project(), step)[0] for step in range(1, 11)]
    # a step lasts half a second: the fifth is the first that begins at second 2
    assert words == ["a meadow"] * 4 + ["rain"] * 4 + ["snow"] * 2


def test_what_an_entry_leaves_empty_is_the_projects() -> None:
    assert prompt_at(project(), 5) == ("rain", "sun")
    assert prompt_at(project(), 9) == ("snow", "people")
    assert prompt_at(project(), 0) == ("a meadow", "people")


@pytest.mark.parametrize(("at_s", "step"), [(0, 1), (0.4, 2), (0.5, 2), (0.6, 3), (20, 41)])
def test_seconds_are_steps(at_s: float, step: int) -> None:
    assert first_step(project(), at_s) == step


def test_a_pace_moves_the_steps_and_not_the_seconds() -> None:
    assert first_step(project(pace=[[0, 2]]), 2) == 9
    # a step that begins while the journey stands still begins when it goes on
    assert first_step(project(pace=[[0, 1], [1, 0], [3, 0], [4, 1]]), 2) == first_step(project(), 0.5)


def test_the_seconds_are_part_of_what_is_painted_only_with_prompts() -> None:
    with_prompts = painted_part(project(pace=[[0, 2]]))
    assert with_prompts.motion.seconds_per_step == 0.5
    assert with_prompts.motion.pace
    assert painted_part(projects.from_json({"motion": {"seconds_per_step": 0.5}})) == projects.Project()


def test_excluded_words_go_whole() -> None:
    text = "a painting of a river with a Boat, boats and a church"
    assert without(text, "boat, painting of ,") == "a a river with a , boats and a church"
    assert without("a boat", "") == "a boat"
    assert without("boat", "boat") == ""
    assert without("(boat) .", "boat") == ""


def test_texts_are_joined_by_commas() -> None:
    assert joined("a meadow,", "", " dusk ") == "a meadow, dusk"
    assert joined("", "") == ""
