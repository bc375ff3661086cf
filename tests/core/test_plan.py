"""The plan: laws, steps, refusals, rows that move, and tiles that cover what is seen."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import tiling
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.tiling import BLEED_PX

DISTANCES = (280, 610, 500, 130, 70)
HEIGHTS = (280, 265, 150, 120, None)


def make(width: int = 1600, height: int = 949, **document: Any) -> Plan:
    document.setdefault("layers", [{"height": h, "distance": d} for h, d in zip(HEIGHTS, DISTANCES, strict=True)])
    return plans.plan(projects.from_json(document), width, height)


def test_the_inverse_law_gives_the_steps_that_the_original_recorded() -> None:
    plan = make(speed={"law": "inverse"})
    assert [int(1600 / abs(layer.velocity[0])) for layer in plan.layers] == [23, 51, 41, 10, 5]
    assert plan.steps == 52  # the layer that needs most: ceil(1600 / 31.3)


def test_the_weight_law_with_every_ratio() -> None:
    total = make(motion={"smoothness": 16})
    longest = make(motion={"smoothness": 16}, speed={"normalise": "longest"})
    third = make(motion={"smoothness": 16}, speed={"normalise": "third"})
    assert [layer.velocity[0] for layer in third.layers] == [-9.5, -20.7, -16.9, -4.4, -2.4]
    assert [layer.velocity[0] for layer in total.layers] == [-10.9, -23.8, -19.5, -5.1, -2.7]
    assert [layer.velocity[0] for layer in longest.layers] == [-28.5, -62.0, -50.8, -13.2, -7.1]
    assert {layer.velocity[1] for layer in total.layers} == {0.0}


def test_the_depth_law_takes_the_disparity() -> None:
    layers = [{"height": 500, "disparity": 0.2}, {"disparity": 1.0}]
    plan = make(layers=layers, speed={"law": "depth"}, motion={"step_px": 40, "direction_deg": 0})
    assert [layer.velocity for layer in plan.layers] == [(8.0, 0.0), (40.0, 0.0)]


def test_the_depth_law_without_disparity_is_refused() -> None:
    with pytest.raises(UsageError, match=r"layers\.0\.disparity"):
        make(speed={"law": "depth"})


def test_presets_have_both_columns() -> None:
    layers = [{"height": 300, "preset": "cloud"}, {"preset": "foreground"}]
    rounded = make(layers=layers)
    accurate = make(layers=layers, speed={"preset_column": "accurate"})
    assert [layer.distance for layer in rounded.layers] == [280, 800]
    assert [layer.distance for layer in accurate.layers] == [16.18, 800]
    assert rounded.layers[0].velocity != accurate.layers[0].velocity


def test_a_velocity_by_hand_wins() -> None:
    layers = [{"height": 300, "distance": 5, "velocity": [-3.25, 1]}, {"distance": 10}]
    assert make(layers=layers).layers[0].velocity == (-3.25, 1.0)


def test_smoothness_and_step_px() -> None:
    layers = [{"velocity": None, "distance": 1}]
    assert make(layers=layers, motion={"smoothness": 16}).layers[0].velocity == (-62.0, 0.0)
    assert make(layers=layers, motion={"smoothness": 16, "step_px": 5}).layers[0].velocity == (-5.0, 0.0)


def test_vertical_motion_needs_the_picture_s_height() -> None:
    layers = [{"height": 100, "velocity": [0, 0]}, {"velocity": [0, -10]}]
    plan = make(layers=layers, motion={"direction_deg": 90})
    assert plan.steps == 95
    assert plan.layers[0].steps is None


def test_diagonal_motion_leaves_on_the_axis_that_is_done_first() -> None:
    layers = [{"velocity": [-16, -16]}]
    assert make(layers=layers).steps == 60  # 949 / 16, before 1600 / 16


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"layers": [{"height": 900, "distance": 1}, {"height": 49, "distance": 1}, {"distance": 1}]}, "sum to 949"),
        ({"layers": [{"height": 900, "distance": 1}, {"height": 50, "distance": 1}]}, "49 rows remain"),
        ({"layers": [{"distance": 1}, {"distance": 1}]}, r"layers\.0\.height"),
        ({"layers": [{"velocity": [0, 0]}]}, "Nothing moves"),
        ({"layers": [{"height": 3, "distance": 1}, {}]}, r"layers\.1 has neither"),
        ({"layers": [{"velocity": [-1600, 0]}]}, "leaves nothing of the picture"),
        ({"layers": [{"velocity": [0, 949]}]}, "leaves nothing of the picture"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(document: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        make(**document)
    assert refusal.value.hint


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 7, 100, 949])
def test_the_default_cut_fits_every_height(height: int) -> None:
    plan = make(height=height, layers=[], width=100, motion={"step_px": 10})
    assert sum(layer.height for layer in plan.layers) == height
    assert all(layer.height >= 1 for layer in plan.layers)


def test_duration_and_frames() -> None:
    plan = make(motion={"steps": 8, "seconds_per_step": 2.5, "fps": 29.97})
    assert plan.duration_s == 20
    assert plan.frames == 599


def test_rows_follow_the_skylines() -> None:
    layers = [{"height": 40, "velocity": [0, 1]}, {"height": 30, "velocity": [0, 2]}, {"velocity": [0, 5]}]
    plan = make(height=100, width=50, layers=layers)
    assert [plan.rows(i, 0) for i in range(3)] == [(None, 40), (40, 70), (70, None)]
    assert [plan.rows(i, 4) for i in range(3)] == [(None, 48), (48, 90), (90, None)]


def test_a_nearer_layer_that_rises_covers_the_farther() -> None:
    layers = [{"height": 40, "velocity": [0, 0]}, {"height": 30, "velocity": [0, -1]}, {"velocity": [0, -9]}]
    plan = make(height=100, width=50, layers=layers)
    assert plan.rows(1, 5) == (35, 25)  # its own skyline lies below the nearer one's: nothing of it is seen
    assert tiling.visible(plan, 1, 10) is None


velocities = st.tuples(st.integers(-90, 90), st.integers(-90, 90)).map(lambda v: [v[0] / 10, v[1] / 10])


@settings(max_examples=60, deadline=None)
@given(st.lists(velocities, min_size=1, max_size=4), st.integers(1, 30), st.integers(64, 200))
def test_tiles_cover_all_that_is_seen_and_stay_in_bounds(moves: list[list[float]], steps: int, tile_px: int) -> None:
    if not any(x or y for x, y in moves):
        return
    layers: list[dict[str, Any]] = [{"height": 15, "velocity": v} for v in moves]
    layers[-1].pop("height")
    plan = make(60, 70, layers=layers, motion={"steps": steps}, plates={"tile_px": tile_px})
    for index in range(len(moves)):
        tiles = list(tiling.tiles(plan, index))
        for step in range(steps + 1):
            seen = tiling.visible(plan, index, step)
            if seen is None:
                continue
            on_show = [t for t in tiles if t.first <= step <= t.last]
            assert on_show
            for t in on_show:
                assert t.x + BLEED_PX <= seen[0]
                assert t.y + BLEED_PX <= seen[1]
                assert t.x + t.width - BLEED_PX >= seen[0] + seen[2]
                assert t.y + t.height - BLEED_PX >= seen[1] + seen[3]
        for t in tiles:
            # a run of one step may be as long as the frame plus one move, whatever the limit says
            assert max(t.width, t.height) <= max(tile_px, 105, 70 + 9 + 2 * BLEED_PX + 7)
        assert all(a.last <= b.first for a, b in itertools.pairwise(tiles))


def test_tiles_of_large_pictures_are_longer_than_the_frame_and_few() -> None:
    plan = make(6000, 4000, layers=[])
    pixels = sum(t.width * t.height for i in range(4) for t in tiling.tiles(plan, i))
    new = sum(layer.height * abs(layer.position(plan.steps)[0]) for layer in plan.layers)
    assert pixels < 4 * (6000 * 4000 + new)
    assert max(t.width for i in range(4) for t in tiling.tiles(plan, i)) <= 9000


@settings(max_examples=80, deadline=None)
@given(st.lists(velocities, min_size=1, max_size=4), st.integers(0, 20), st.integers(1, 6))
def test_swept_holds_all_that_is_seen_between_two_steps(moves: list[list[float]], first: int, run: int) -> None:
    if not any(x or y for x, y in moves):
        return
    layers: list[dict[str, Any]] = [{"height": 15, "velocity": v} for v in moves]
    layers[-1].pop("height")
    plan = make(60, 70, layers=layers, motion={"steps": 30})
    for index, layer in enumerate(plan.layers):
        box = tiling.swept(plan, index, first, first + run)
        for n in range(21):
            t = first + run * n / 20
            start = -1e9 if index == 0 else layer.top
            top = max(-layer.velocity[1] * t, start)
            nearer = [o.top + (o.velocity[1] - layer.velocity[1]) * t for o in plan.layers[index + 1 :]]
            bottom = min([70 - layer.velocity[1] * t, *nearer])
            if bottom > top + 1:
                assert box is not None
                assert box[1] <= top + 1
                assert box[1] + box[3] >= bottom - 1
                assert box[0] <= -layer.velocity[0] * t + 1
                assert box[0] + box[2] >= 60 - layer.velocity[0] * t - 1
