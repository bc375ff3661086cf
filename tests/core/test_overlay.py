"""What is drawn over the picture, and the words of the panel: shapes, arrows, sizes, time left."""

import math

import pytest
from infinite_parallax.shared import arrows, overlay_shapes, plate_sizes, tiling, time_left
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.border_editing import Hit
from infinite_parallax.shared.overlay_shapes import Dots, Fill, Label, Line

DOCUMENT = {
    "motion": {"direction_deg": 180, "step_px": 30, "steps": 12},
    "cut": {"mode": "straight"},
    "layers": [
        {"name": "sky", "height": 40, "distance": 100},
        {"name": "hills", "height": 30, "distance": 300, "skyline": [[20, 45], [90, 35]]},
        {"name": "grass", "velocity": [0, 0]},
    ],
    "hints": [{"layer": 1, "box": [10, 10, 30, 40]}],
    "objects": [{"name": "boat", "layer": 2, "stroke": [[5, 5], [9, 9]]}],
}


@pytest.fixture
def project() -> projects.Project:
    return projects.from_json(DOCUMENT)


@pytest.fixture
def plan(project: projects.Project) -> plans.Plan:
    return plans.plan(project, 160, 120)


@pytest.mark.parametrize(
    ("velocity", "text"),
    [((-10, 0), "← 5 px/s"), ((0, 10), "↓ 5 px/s"), ((7, -7), "↗ 4.95 px/s"), ((0, 0), "at rest")],
)
def test_speeds_in_words(velocity: tuple[float, float], text: str) -> None:
    assert arrows.speed(velocity, 2.0) == text


@pytest.mark.parametrize("degrees", range(-720, 721, 45))
def test_signs_point_where_the_motion_goes(degrees: int) -> None:
    assert arrows.sign(degrees) == arrows.SIGNS[degrees // 45 % 8]


def test_arrows_are_as_long_as_layers_are_fast(plan: plans.Plan) -> None:
    lengths = [math.dist(arrow.tail, arrow.head) for arrow in arrows.over(plan)]
    assert lengths[1] == pytest.approx(arrows.LONGEST_SHARE * 160)
    assert lengths[0] == pytest.approx(lengths[1] * plan.layers[0].velocity[0] / plan.layers[1].velocity[0])
    assert lengths[2] == 0


def test_every_layer_and_mark_is_drawn(project: projects.Project, plan: plans.Plan) -> None:
    shapes = overlay_shapes.of_project(project, plan, Hit(1, 0), layer=1)
    fills = [shape for shape in shapes if isinstance(shape, Fill)]
    assert len(fills) == 3
    assert fills[1].colour[3] > fills[0].colour[3], "the selected layer stands out"
    for fill in fills:
        assert [x for x, _ in fill.upper] == [x for x, _ in fill.lower]
        assert fill.upper[0][0] == 0
        assert fill.upper[-1][0] == 160
    assert fills[0].lower == ((0.0, 45.0), (20, 45.0), (90, 35.0), (160.0, 35.0))
    wide = [shape for shape in shapes if isinstance(shape, Line) and shape.width == 4.0]
    assert len(wide) == 1, "the border under the mouse"
    assert Dots(((20, 45),), (1.0, 1.0, 1.0, 1.0)) in shapes
    texts = [shape.text for shape in shapes if isinstance(shape, Label)]
    assert texts == ["hint", "boat", "sky   ← 7.5 px/s", "hills   ← 22.5 px/s", "grass   at rest"]


def test_sizes_are_never_too_small(plan: plans.Plan) -> None:
    tiles = [tile for layer in plan.layers for tile in tiling.tiles(plan, layer.index)]
    assert plate_sizes.needed_bytes(plan) >= 4 * sum(tile.width * tile.height for tile in tiles)
    assert plate_sizes.longest_px(plan) == round(160 + 12 * 22.5)


def test_time_left_follows_the_last_steps() -> None:
    pace = time_left.Pace()
    assert pace.left_s(100) is None
    for second in range(20):
        pace.note(second, second)
    assert pace.left_s(100) == pytest.approx(81)
    for second in range(20, 100):
        pace.note(second, 19 + (second - 19) // 4)
    assert pace.left_s(139) == pytest.approx(400, rel=0.1), "it has become four times slower"
    pace.note(100, 3)
    assert pace.left_s(100) is None, "a job that begins again is another one"


def test_what_a_job_waits_before_its_first_step_is_no_pace() -> None:
    pace = time_left.Pace()
    for second, step in ((0, 4), (300, 4), (600, 5)):
        pace.note(second, step)
        assert pace.left_s(100) is None
    pace.note(602, 6)
    assert pace.left_s(100) == pytest.approx(2 * 94)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s left"), (42, "42 s left"), (200, "about 3 min left"), (7800, "about 2 h 10 min left")],
)
def test_time_in_words(seconds: float, text: str) -> None:
    assert time_left.words(seconds) == text
