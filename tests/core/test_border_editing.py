"""Borders, boxes and strokes: what a drag does, for any picture and any layers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import border_editing as editing
from infinite_parallax.shared.border_editing import Hit
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.sections import Layer

WIDTH, HEIGHT = 200, 100
LAYERS = (
    Layer("sky", 30),
    Layer("hills", 30, skyline=((50, 34), (150, 26))),
    Layer("grass", None),
)


def heights(layers: tuple[Layer, ...]) -> list[int | None]:
    return [layer.height for layer in layers]


def test_lines_reach_from_edge_to_edge() -> None:
    assert editing.lines(LAYERS, WIDTH, HEIGHT) == [
        [(0.0, 34), (50, 34), (150, 26), (200.0, 26)],
        [(0.0, 60.0), (200.0, 60.0)],
    ]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        ((51, 35), Hit(1, 0)),
        ((149, 24), Hit(1, 1)),
        ((100, 32), Hit(1, None)),
        ((10, 33), Hit(1, None)),
        ((120, 58), Hit(2, None)),
        ((100, 46), None),
    ],
)
def test_hits(at: tuple[float, float], found: Hit | None) -> None:
    assert editing.hit(LAYERS, at, 5, WIDTH, HEIGHT) == found


def test_of_two_borders_at_one_place_the_nearer_one_is_taken() -> None:
    thin = (Layer("a", 40), Layer("b", 1), Layer("c", None))
    found = editing.hit(thin, (10, 40.5), 5, WIDTH, HEIGHT)
    assert found is not None
    assert found.border == 2


def test_a_row_moves_with_its_skyline() -> None:
    moved = editing.move_row(LAYERS, 1, 20, HEIGHT)
    assert heights(moved) == [20, 40, None]
    assert moved[1].skyline == ((50, 24), (150, 16))


def test_a_point_bends_a_level_border() -> None:
    bent = editing.add_point(LAYERS, 2, (100, 80), WIDTH, HEIGHT)
    assert bent[2].skyline == ((0.0, 60.0), (100.0, 80.0), (200.0, 60.0))
    assert heights(bent) == [30, 40, None], "the layer begins at the middle row of its line"
    level = editing.remove_point(editing.remove_point(bent, 2, 1, WIDTH, HEIGHT), 2, 0, WIDTH, HEIGHT)
    assert level[2].skyline == ()


def test_a_point_stays_between_its_neighbours() -> None:
    moved = editing.move_point(LAYERS, 1, 0, (180, 40), WIDTH, HEIGHT)
    assert moved[1].skyline == ((149, 40.0), (150, 26))


@pytest.mark.parametrize("call", [editing.move_point, editing.remove_point])
def test_a_point_that_is_not_there_is_refused(call: object) -> None:
    more = ((10, 10),) if call is editing.move_point else ()
    with pytest.raises(UsageError, match="there is no point 2"):
        call(LAYERS, 1, 2, *more, WIDTH, HEIGHT)  # type: ignore[operator]
    with pytest.raises(UsageError, match="There is no border 3"):
        call(LAYERS, 3, 0, *more, WIDTH, HEIGHT)  # type: ignore[operator]


layer_heights = st.lists(st.integers(1, 12), min_size=1, max_size=7)


@given(layer_heights, st.integers(1, 8), st.floats(-500, 500), st.floats(-500, 500))
def test_nothing_leaves_a_layer_without_a_row(given_heights: list[int], border: int, x: float, y: float) -> None:
    layers = (*(Layer(height=h) for h in given_heights), Layer())
    border = min(border, len(layers) - 1)
    for _ in range(2):
        for after in (
            editing.move_row(layers, border, y, HEIGHT),
            editing.add_point(layers, border, (x, y), WIDTH, HEIGHT),
        ):
            rows = editing.tops(after, HEIGHT)
            assert all(b > a for a, b in itertools.pairwise(rows))
            assert sum(layer.height or 0 for layer in after) < HEIGHT
            assert all(0 <= px <= WIDTH and 0 <= py <= HEIGHT for px, py in after[border].skyline)
            layers = after


def test_boxes_and_strokes_are_brought_inside() -> None:
    assert editing.box((50, 80), (-10, 20), WIDTH, HEIGHT) == (0.0, 20.0, 50.0, 80.0)
    with pytest.raises(UsageError, match="holds nothing"):
        editing.box((250, 10), (300, 50), WIDTH, HEIGHT)
    drawn = [(x, 50.0) for x in range(20, 60)] + [(60.0, y) for y in range(50, 90)]
    assert editing.stroke(drawn, WIDTH, HEIGHT) == ((20.0, 50.0), (60.0, 50.0), (60.0, 89.0))
    with pytest.raises(UsageError, match="no length"):
        editing.stroke([(5, 5), (5, 5)], WIDTH, HEIGHT)


def test_a_long_stroke_is_thinned() -> None:
    wild = [(x % 200, (x * 37) % 100) for x in range(3000)]
    assert len(editing.stroke(wild, WIDTH, HEIGHT)) <= editing.MOST_STROKE_POINTS
