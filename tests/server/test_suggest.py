"""Proposals: the borders that a picture has, as many as asked for, with speeds that the ground would have."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import confidence, rough_cut, suggest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.example_picture import paint

RGB = np.ndarray
W, H = 480, 320
REACH = 0.22


def land(rows: tuple[int, ...] = (110, 190, 250)) -> RGB:
    """Sky and bands of land with wavy borders, each of its own colour and grain."""
    rng = np.random.default_rng(7)
    x, y = np.arange(W), np.arange(H)[:, None]
    colours = ((170, 190, 225), (110, 115, 130), (60, 85, 55), (150, 130, 90))
    picture = np.ones((H, W, 3)) * colours[0] + 0.15 * y[..., None]
    for i, row in enumerate(rows):
        border = row + 8 * np.sin(x / (25 + 14 * i) + i)
        band = np.array(colours[i + 1]) + rng.normal(0, 5 + 4 * i, (H, W, 1))
        picture = np.where((y >= border)[..., None], band, picture)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_the_borders_of_a_landscape_are_proposed() -> None:
    found = suggest.suggest(land(), None, REACH)
    assert len(found.tops) == 3
    np.testing.assert_allclose(found.tops, (110, 190, 250), atol=10)
    assert found.confidence > 0.6
    assert len(found.names) == len(found.speeds) == 4
    assert found.names[0] == "sky"
    assert str(found.tops[0]) in found.reason


def test_no_more_layers_than_asked_for() -> None:
    found = suggest.suggest(land(), 2, REACH)
    assert len(found.wanted) == 1
    assert len(found.speeds) == 2


def test_speeds_rise_from_far_to_near() -> None:
    speeds = suggest.suggest(land(), None, REACH).speeds
    assert list(speeds) == sorted(set(speeds))
    assert speeds[-1] == 1.0
    assert speeds[0] > 0


def test_clouds_are_no_layer() -> None:
    picture = paint(640, 440, seed=1)
    found = suggest.suggest(picture, None, REACH)
    assert found.tops
    # the far mountains stand at 40 % of the height; above them there is nothing but sky
    assert min(found.tops) > 0.36 * 440


def test_a_cliff_is_not_cut_in_two() -> None:
    """A border that is one where a meadow begins, and goes on for half of its way through one and the same rock."""
    x, y, random = np.arange(W), np.arange(H)[:, None], np.random.default_rng(5)
    rock = (
        np.array((110, 112, 118))
        + cv2.GaussianBlur(random.normal(0, 60, (H, W, 1)).astype(np.float32), (0, 0), 1.5)[..., None]
    )
    sky, meadow = np.array((160, 185, 225)) + random.normal(0, 2, (H, W, 1)), np.array((70, 120, 40))
    meadow = meadow + random.normal(0, 12, (H, W, 1))
    ridge, slope = 70 + 12 * np.sin(x / 30), 150 + np.maximum(0, x - 0.4 * W)
    picture = np.where((y < ridge)[..., None], sky, np.where((y < slope)[..., None], rock, meadow))
    picture = picture.clip(0, 255).astype(np.uint8)
    sketch = rough_cut.sketch(picture)
    through = np.minimum(slope, 150).astype(np.int32)
    assert confidence.along(sketch, through, under_sky=False) < 0.1
    assert confidence.along(sketch, ridge.astype(np.int32), under_sky=False) > 0.7


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_has_no_borders(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    found = suggest.suggest(noise, None, REACH)
    assert found.wanted == ()
    assert found.confidence == 0
    assert found.speeds == (1.0,)


@pytest.mark.parametrize("size", [(2, 2), (3, 500), (500, 3), (64, 48)])
def test_any_size_has_a_proposal(size: tuple[int, int]) -> None:
    picture = cv2.resize(land(), size, interpolation=cv2.INTER_AREA)
    found = suggest.suggest(picture, None, REACH)
    assert len(found.names) == len(found.wanted) + 1
    assert all(len(rows) == size[0] for rows in found.wanted)


def test_one_colour_has_no_borders() -> None:
    assert suggest.suggest(np.full((120, 160, 3), 90, np.uint8), None, REACH).wanted == ()


def test_a_proposal_is_the_same_every_time() -> None:
    first, second = (suggest.suggest(land(), None, REACH) for _ in range(2))
    assert (first.tops, first.speeds, first.reason) == (second.tops, second.speeds, second.reason)
    for a, b in zip(first.wanted, second.wanted, strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_layer_has_a_row() -> None:
    rows = [np.full(10, 5.0), np.full(10, 5.0), np.full(10, 30.0)]
    tops = suggest.rows_of(rows, 8)
    assert tops == (5, 6, 7)


def test_ground_moves_as_its_distance_from_the_horizon() -> None:
    sky, far, near = suggest.ground_speeds((100, 200), 400)
    # middles at 150 and 300, the horizon at 100: a quarter of the way
    assert (sky, near) == (suggest.SKY_SPEED, 1.0)
    assert far == pytest.approx(sky + (1 - sky) * (0.12 + 0.88 * 0.25), abs=1e-4)


def test_a_depth_map_is_parted_where_few_pixels_lie() -> None:
    picture = land()
    y = np.arange(H)[:, None] + np.zeros((1, W))
    depth = np.select([y < 110, y < 190], [0.02, 0.4], 0.8).astype(np.float32)
    found = suggest.suggest_from_depth(picture, depth, None, REACH)
    np.testing.assert_allclose(found.tops, (110, 190), atol=10)
    np.testing.assert_allclose(found.speeds, (0.025, 0.5, 1.0), atol=0.01)


def test_the_farthest_layer_is_no_sky_where_it_is_near() -> None:
    y = np.arange(H)[:, None] + np.zeros((1, W))
    depth = np.select([y < 110, y < 190], [0.3, 0.5], 0.9).astype(np.float32)
    assert suggest.suggest_from_depth(land(), depth, 3, REACH).names == ("far", "middle", "near")


def test_a_segmentation_says_how_many() -> None:
    numbers = np.repeat(np.array([0, 1, 3], np.int16), 20)[:, None] + np.zeros((1, 30), np.int16)
    found = suggest.suggest_from_segmentation(numbers)
    assert len(found.speeds) == 4
    assert found.tops == (20, 40, 41)


def test_a_picture_that_is_no_segmentation_is_refused() -> None:
    with pytest.raises(UsageError, match="number 255"):
        suggest.suggest_from_segmentation(np.full((4, 4), 255, np.int16))
