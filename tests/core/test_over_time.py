"""Overlays and grades over time: speed that adds up, seeds that take over, and values that are told at every frame."""

import json
import re
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from infinite_parallax.shared import frames, grading, over_time, overlays, scene
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import Grade, Overlay
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.over_time import clock, runs

from .test_overlays import STAGE, over_grey, rendered

N = STAGE.frames
KEYED = {
    "motion": {"step_px": 10, "steps": 4, "seconds_per_step": 0.5, "fps": 12},
    "layers": [{"height": 40, "distance": 1}, {"distance": 2}],
    "overlays": [
        {"keys": {"speed": [[0.5, 0.2], [1.0, 2.2]], "seed": [[0, 3], [0.666667, 5]]}},
        {"colour": None, "keys": {"colour": [[0, 1, 0, 0], [1.0, 0, 0, 1]]}},
        {},
    ],
    "grades": [{"contrast": 5, "keys": {"contrast": [[0.25, -20]]}}],
}


def test_keys_are_what_an_entry_is_at_every_frame() -> None:
    project = projects.from_json(KEYED)
    told = over_time.read(project, plans.plan(project, 100, 80))
    assert [round(moment.speed, 6) for moment in told.overlays[0][5:13]] == pytest.approx(
        [0.2, 0.2, 0.533333, 0.866667, 1.2, 1.533333, 1.866667, 2.2]
    )
    assert [moment.seed for moment in told.overlays[0][6:10]] == [3, 3, 5, 5], "a seed is not late by a rounded second"
    assert told.overlays[1][6].colour == pytest.approx((0.5, 0.0, 0.5))
    assert {moment.contrast for moment in told.grades[0]} == {-20}
    assert set(told.overlays) == {0, 1}
    assert all(len(moments) == 24 for moments in told.overlays.values())


def test_keys_survive_their_document() -> None:
    project = projects.from_json(KEYED)
    document = json.loads(json.dumps(project.to_json()))
    assert projects.from_json(document) == project
    assert document["overlays"][0]["keys"]["seed"] == [[0, 3], [0.666667, 5]]
    assert document["overlays"][2]["keys"] == {}
    jsonschema.Draft202012Validator(projects.json_schema()).validate(document)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([], "must be an object"),
        ({"size": [[0, 1]]}, "overlays.0.keys.size cannot change over time"),
        ({"amount": []}, "must be a list of 1"),
        ({"amount": [[0, 3]]}, "overlays.0.keys.amount.0.1 is 3, but must be"),
        ({"amount": [[-1, 0.5]]}, "overlays.0.keys.amount.0.0 is -1"),
        ({"amount": [[1, 0], [1, 1]]}, "is not later than the point before it"),
        ({"colour": [[0, 1]]}, "must be a list of 4 numbers"),
        ({"seed": [[0, 1.5]]}, "must be a whole number"),
    ],
)
def test_keys_that_cannot_be_are_refused_by_their_path(keys: Any, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        projects.from_json({"overlays": [{"keys": keys}]})


def test_the_clock_is_the_integral_of_the_speed() -> None:
    told = clock([Overlay(speed=1.0)] * 2 + [Overlay(speed=3.0)] * 2)
    assert told == pytest.approx((0, 0.5, 1, 2.5, 4))
    assert clock([Overlay(speed=2.0)] * 5) == ()


def test_runs_begin_where_the_seed_changes() -> None:
    moments = [
        Overlay(seed=seed, speed=speed, amount=amount) for seed, speed, amount in ((1, 0, 0), (1, 3, 0.4), (2, 3, 0))
    ]
    found = runs(moments)
    assert [(run.overlay.seed, run.start, run.end) for run in found] == [(1, 0, 2), (2, 2, 3)]
    assert {(run.overlay.speed, run.overlay.amount) for run in found} == {(2.0, 0.4)}


@pytest.mark.parametrize("kind", ["rain", "mist", "moonlight", "flicker"])
def test_what_gets_faster_goes_on_from_where_it_is_and_closes_the_loop(kind: str) -> None:
    moments = [Overlay(kind=kind, speed=0.5 + 3 * (n > N / 2)) for n in range(N)]
    for sheet in overlays.sheets([moments[0]], STAGE, {0: moments}):
        still = replace(sheet, clock=())
        for n in (0, 10, 70):
            assert sheet.corner(n, N)[0] + sheet.jumped(n, 0) == pytest.approx(
                still.corner(sheet.clock[n], N)[0] + still.jumped(sheet.clock[n], 0)
            )
            assert sheet.opacity(n, N) == pytest.approx(still.opacity(sheet.clock[n], N))
        assert sheet.clock[-1] == pytest.approx(N)


def test_a_keyed_amount_may_begin_with_nothing() -> None:
    moments = [Overlay(kind="vignette", amount=n / N) for n in range(N)]
    (sheet,) = overlays.sheets([moments[0]], STAGE, {0: moments})
    assert sheet.opacity(0, N) == 0
    assert sheet.opacity(N - 1, N) > sheet.opacity(N // 2, N) > 0


def test_a_keyed_colour_multiplies_a_white_picture() -> None:
    red, blue = (1.0, 0.1, 0.1), (0.1, 0.1, 1.0)
    moments = [Overlay(kind="mist", amount=1.0, colour=red if n < 48 else blue) for n in range(N)]
    told = tuple(replace(s, channel=i + 2) for i, s in enumerate(overlays.sheets([moments[0]], STAGE, {0: moments})))
    spec = over_grey("mist", amount=1.0)
    for n, colour in ((10, red), (60, blue)):
        plain = rendered(over_grey("mist", amount=1.0, colour=colour), n)
        assert np.abs(rendered(replace(spec, sheets=told), n) - plain).max() <= 2


def test_a_keyed_grade_is_at_every_frame_what_its_values_are_there() -> None:
    moments = [Grade(contrast=n / 4, saturation=1 - n / 200, gain=(1.0, 1.0, 1 + n / 300)) for n in range(N)]
    (graded,) = grading.graded([moments[0]], N, {0: moments})
    colours = np.arange(30, 210, dtype=np.uint8).reshape(1, -1)
    assert np.array_equal(grading.apply((graded.at(0),), colours), colours)
    (same,) = grading.graded([moments[50]], N)
    assert np.array_equal(grading.apply((graded.at(50),), colours), grading.apply((same,), colours))
    assert np.array_equal(grading.apply_nodes((graded.at(50),), colours), grading.apply_nodes((same,), colours))
    assert len({len(moment.steps) for moment in graded.moments}) == 1
    assert not list(grading.graded([Grade()], N, {0: [Grade()] * N}))


def test_it_survives_its_document() -> None:
    spec = over_grey("rain")
    moments = [Overlay(kind="rain", speed=1 + n / N, colour=(1.0, n / N, 0.0)) for n in range(N)]
    sheets = tuple(replace(s, channel=i + 2) for i, s in enumerate(overlays.sheets([moments[0]], STAGE, {0: moments})))
    keyed = [Grade(contrast=float(n % 90)) for n in range(N)]
    whole = replace(spec, sheets=sheets, grades=tuple(grading.graded([keyed[0]], N, {0: keyed})))
    again = scene.from_json(json.loads(json.dumps(whole.to_json())))
    assert again == whole
    grey = Texture.of(np.full((spec.height, spec.width, 4), 255, np.uint8))
    assert np.array_equal(frames.render(again, 7, lambda _: grey), frames.render(whole, 7, lambda _: grey))


def test_half_of_a_curve_is_half_way_to_it() -> None:
    colours = np.arange(0, 252, 3, dtype=np.uint8).reshape(1, -1)
    whole = Grade(curve=((0.5, 0.8),))
    (full,), (half,) = grading.graded([whole], N), grading.graded([replace(whole, curve_amount=0.5)], N)
    wanted = (colours + grading.apply((full,), colours).astype(float)) / 2
    assert np.abs(grading.apply((half,), colours) - wanted).max() <= 1
    assert not list(grading.graded([replace(whole, curve_amount=0.0)], N))
    moments = [replace(whole, curve_amount=n / N) for n in range(N)]
    (keyed,) = grading.graded([whole], N, {0: moments})
    assert keyed.fading_curve == tuple(n / N for n in range(N))
    assert full.fading_curve == half.fading_curve == ()
