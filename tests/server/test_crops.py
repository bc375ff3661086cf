"""Which parts of a canvas a model is shown, and how what it painted is put together: no model is needed for that."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from infinite_parallax.inpaint_server.diffusion.colours import matched
from infinite_parallax.inpaint_server.diffusion.crops import Crop, crops, depth_px
from infinite_parallax.inpaint_server.diffusion.passes import as_seen, paint_crops, smooth
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.shared.example_picture import paint as paint_example

Bool = np.ndarray


def hole_of(height: int, width: int, *boxes: tuple[int, int, int, int]) -> Bool:
    """A hole of boxes top, left, bottom, right."""
    hole = np.zeros((height, width), np.bool_)
    for top, left, bottom, right in boxes:
        hole[top:bottom, left:right] = True
    return hole


def places(found: list[Crop]) -> list[tuple[int, int, int, int]]:
    return [(crop.top, crop.left, crop.height, crop.width) for crop in found]


def test_a_tall_strip_at_the_edge_is_seen_in_squares_that_overlap() -> None:
    found = crops(hole_of(949, 1600, (0, 1560, 949, 1600)), 512, 8)
    assert sorted(places(found)) == [(0, 1088, 512, 512), (437, 1088, 512, 512)]
    assert {(crop.rows, crop.columns, crop.scale) for crop in found} == {(512, 512, 1.0)}


def test_a_small_hole_is_seen_in_the_middle_of_one_square() -> None:
    assert places(crops(hole_of(949, 1600, (400, 700, 440, 760)), 512, 8)) == [(164, 474, 512, 512)]


def test_holes_beside_each_other_share_a_square_and_far_ones_do_not() -> None:
    near = hole_of(949, 1600, (400, 700, 440, 760), (500, 800, 540, 860))
    far = hole_of(949, 1600, (400, 100, 440, 160), (500, 1400, 540, 1460))
    assert len(crops(near, 512, 8)) == 1
    assert len(crops(far, 512, 8)) == 2


def test_two_edges_of_a_diagonal_journey_do_not_ask_for_the_whole_canvas() -> None:
    hole = hole_of(949, 1600, (0, 1570, 949, 1600), (0, 0, 24, 1600))
    found = crops(hole, 512, 8)
    assert len(found) <= 6
    assert all(hole[crop.spot].any() for crop in found)


def test_the_cost_does_not_grow_with_the_canvas() -> None:
    sizes = [
        [(crop.rows, crop.columns) for crop in crops(hole_of(900, width, (0, width - 60, 900, width)), 512, 8)]
        for width in (800, 1600, 6400)
    ]
    assert sizes[0] == sizes[1] == sizes[2]


def test_only_a_hole_deeper_than_half_a_square_is_seen_smaller() -> None:
    shallow = crops(hole_of(900, 1600, (0, 1600 - 250, 900, 1600)), 512, 8)
    deep = crops(hole_of(900, 1600, (0, 1600 - 500, 900, 1600)), 512, 8)
    assert {crop.scale for crop in shallow} == {1.0}
    assert all(0.5 < crop.scale < 0.52 and max(crop.rows, crop.columns) <= 512 for crop in deep)


def test_a_canvas_of_nothing_known_is_seen_as_a_whole() -> None:
    (crop,) = crops(np.ones((600, 1200), np.bool_), 512, 8)
    assert (crop.height, crop.width, crop.rows, crop.columns) == (600, 1200, 256, 512)
    assert depth_px(np.ones((4, 4), np.bool_)) == np.inf


def test_a_canvas_smaller_than_the_model_is_enlarged_to_it() -> None:
    (crop,) = crops(hole_of(48, 72, (10, 10, 20, 20)), 512, 8)
    assert (crop.height, crop.width, crop.columns) == (48, 72, 512)
    assert crop.rows % 8 == 0
    assert crop.scaled[0] <= crop.rows


@settings(max_examples=60, deadline=None)
@given(
    st.integers(20, 300),
    st.integers(20, 300),
    st.sampled_from([32, 64, 96]),
    st.sampled_from([8, 16, 64]),
    st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=4),
)
def test_the_crops_cover_the_hole_on_the_models_grid(
    height: int, width: int, native: int, grid: int, boxes: list[tuple[float, float, float, float]]
) -> None:
    hole = np.zeros((height, width), np.bool_)
    for a, b, c, d in boxes:
        rows, columns = sorted((int(a * height), int(b * height))), sorted((int(c * width), int(d * width)))
        hole[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = True
    left = hole.copy()
    for crop in crops(hole, native, grid):
        assert crop.rows % grid == crop.columns % grid == 0
        assert max(crop.rows, crop.columns) <= -(-native // grid) * grid
        assert crop.top >= 0 <= crop.left
        assert crop.top + crop.height <= height
        assert crop.left + crop.width <= width
        left[crop.spot] = False
    assert not left.any()


@pytest.fixture(scope="module")
def picture() -> RGB:
    return paint_example(420, 300, 3)


def dull(truth: RGB) -> RGB:
    """A picture as an autoencoder gives it back: darker, warmer, flatter."""
    flat = truth.astype(np.float32) * 0.85 + 10
    return (flat * [0.95, 0.88, 0.8]).clip(0, 255).astype(np.uint8)


def test_colours_are_brought_to_those_that_are_known(picture: RGB) -> None:
    known = ~hole_of(300, 420, (0, 340, 300, 420))
    before, after = dull(picture), matched(dull(picture), picture, known)
    wrong = [float(np.abs(p[~known].astype(float) - picture[~known]).mean()) for p in (before, after)]
    assert wrong[0] > 15
    assert wrong[1] < wrong[0] / 3


def test_colours_stay_where_nothing_is_known(picture: RGB) -> None:
    assert matched(dull(picture), picture, np.zeros(picture.shape[:2], np.bool_)) is not picture
    np.testing.assert_array_equal(matched(dull(picture), picture, hole_of(300, 420, (0, 0, 5, 5))), dull(picture))


def test_a_perfect_model_gives_the_picture_back_without_a_seam(picture: RGB) -> None:
    hole = hole_of(300, 420, (0, 380, 300, 420), (0, 0, 20, 420), (100, 100, 240, 220))
    seen: list[tuple[int, int]] = []

    def knows_all(given: RGB, wanted: Bool, crop: Crop, _number: int) -> RGB:
        seen.append(given.shape[:2])
        truth, _ = as_seen(picture[crop.spot], wanted[: crop.height, : crop.width], crop)
        assert np.abs(given[~wanted].astype(int) - truth[~wanted]).max() <= 2
        return truth

    painted = paint_crops(np.where(hole[..., None], 0, picture).astype(np.uint8), hole, 128, 8, knows_all)
    assert len(seen) > 4
    assert set(seen) == {(128, 128)}
    assert np.abs(painted.astype(int) - picture).max() <= 2


def test_each_crop_sees_what_those_before_it_painted_and_fades_over_its_end(picture: RGB) -> None:
    hole = hole_of(300, 420, (0, 400, 300, 420))
    given: list[RGB] = []

    def flat(seen: RGB, _wanted: Bool, _crop: Crop, number: int) -> RGB:
        given.append(seen.copy())
        return np.full_like(seen, 60 + 60 * number)

    strip = paint_crops(picture, hole, 128, 8, flat)[:, 400:].astype(int)
    assert len(given) == 3
    steps = np.abs(np.diff(strip.mean(axis=(1, 2))))
    assert steps.max() < 15, "there is a seam between two crops"


def test_colours_round_a_hole_are_spread_into_it_and_nothing_else_changes(picture: RGB) -> None:
    hole = hole_of(300, 420, (0, 340, 300, 420))
    black = np.where(hole[..., None], 0, picture).astype(np.uint8)
    filled = smooth(black, hole)
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    for rows in (slice(0, 60), slice(240, 300)):
        near = picture[rows, 300:340].mean(axis=(0, 1))
        assert np.abs(filled[rows, 340:].mean(axis=(0, 1)) - near).max() < 40
    assert (smooth(black, np.ones_like(hole)) == 128).all()
