"""What a project points at in its picture, refused by its path before anything is painted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import pointing
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.visits import check_ways

WIDTH, HEIGHT = 320, 200
LAYERS = [{"height": 80, "velocity": [-3, 0]}, {"velocity": [-8, 0]}]
BOX = [20, 30, 60, 90]

WRONG = [
    ({"hints": [{"box": [400, 10, 500, 90]}]}, r"hints\.0\.box holds no picture: \[400, 10, 500, 90\] in 320x200 px"),
    ({"hints": [{"box": BOX}, {"box": [50, 50, 50, 90]}]}, r"hints\.1\.box"),
    ({"hints": [{"layer": 2, "box": BOX}]}, r"hints\.0\.layer is 2, but the picture has the layers 0 to 1"),
    ({"hints": [{}]}, r"hints\.0 has neither a box nor a stroke"),
    ({"hints": [{"stroke": [[10, 10]]}]}, r"hints\.0\.stroke has only one point"),
    ({"hints": [{"stroke": [[10, 300], [90, 310]]}]}, r"hints\.0\.stroke"),
    ({"hints": [{"box": BOX, "stroke": [[330, 10], [390, 10]]}]}, r"hints\.0\.stroke lies outside the picture"),
    ({"objects": [{"layer": 5, "box": BOX}]}, r"objects\.0\.layer is 5"),
    ({"objects": [{"box": [60, 30, 20, 31]}]}, r"objects\.0\.box"),
    ({"objects": [{"name": "nothing"}]}, r"objects\.0 has neither"),
    ({"layers": [LAYERS[0], LAYERS[1] | {"skyline": [[10, 90]]}]}, r"layers\.1\.skyline has only one point"),
    ({"layers": [LAYERS[0], LAYERS[1] | {"skyline": [[0, 300], [99, 290]]}]}, r"layers\.1\.skyline lies outside"),
]


def project(**document: Any) -> projects.Project:
    return projects.from_json({"layers": LAYERS, "motion": {"steps": 9}} | document)


@pytest.mark.parametrize(("wrong", "sentence"), WRONG)
def test_what_points_at_nothing_is_refused_by_its_path(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as told:
        pointing.check(project(**wrong), WIDTH, HEIGHT)
    assert told.value.hint
    assert told.value.status == 400


def test_what_is_there_passes() -> None:
    line = [[-40, 90], [160, 70], [400, 95]]
    right = project(
        hints=[{"layer": 1, "box": [300, 150, 900, 900]}, {"stroke": [[-2, 10], [-3, 90]], "stroke_px": 12}],
        objects=[{"matte": "ball.png"}, {"box": BOX, "stroke": [[30, 40], [50, 80]]}],
        layers=[LAYERS[0] | {"skyline": line}, LAYERS[1] | {"skyline": line}],
    )
    pointing.check(right, WIDTH, HEIGHT, settled=True)


def test_numbers_of_layers_wait_until_the_layers_are_known() -> None:
    open_yet = project(layers=[], hints=[{"layer": 6, "box": BOX}])
    pointing.check(open_yet, WIDTH, HEIGHT)
    with pytest.raises(UsageError, match="layers 0 to 3"):
        pointing.check(open_yet, WIDTH, HEIGHT, settled=True)


@given(st.lists(st.integers(-500, 500), min_size=4, max_size=4))
def test_an_area_lies_in_the_picture_or_is_refused(box: list[int]) -> None:
    given_box = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    try:
        left, top, right, bottom = pointing.area(given_box, (), 12, WIDTH, HEIGHT)
    except UsageError:
        across, down = (
            min(limit, max(a, b)) - max(0, min(a, b))
            for a, b, limit in ((box[0], box[2], WIDTH), (box[1], box[3], HEIGHT))
        )
        assert across < 2 or down < 2
    else:
        assert 0 <= left <= right - 2 <= WIDTH - 2
        assert 0 <= top <= bottom - 2 <= HEIGHT - 2


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        ({"velocity": [-8, 2]}, r"objects\.0 moves up or down"),
        ({"velocity": [-0.1, 0]}, r"objects\.0 goes .* in the loop"),
        ({"layer": 4}, "rides layer 4"),
    ],
)
def test_a_way_that_does_not_close_is_refused_before_the_job(thing: dict[str, Any], sentence: str) -> None:
    wish = project(motion={"loop": True}, objects=[{"box": BOX} | thing])
    with pytest.raises(UsageError, match=sentence):
        check_ways(wish.objects, plans.plan(wish, WIDTH, HEIGHT))
