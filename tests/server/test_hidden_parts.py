"""Hidden parts: painted from the layer alone, as sharp as it is, in its colours."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering.hidden_parts import paint
from numpy.typing import NDArray

HEIGHT, WIDTH = 160, 320


def texture(seed: int = 0) -> NDArray[np.uint8]:
    """Blue-green, with grain of several sizes."""
    random = np.random.default_rng(seed)
    grain = sum(
        s * cv2.GaussianBlur(random.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), s) * 18 for s in (1, 3)
    )
    return np.clip(np.array([30, 130, 160]) + np.asarray(grain)[..., None], 0, 255).astype(np.uint8)


def hill() -> NDArray[np.bool_]:
    """A nearer layer with a wavy skyline and a tower."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    hole = rows > 100 + 14 * np.sin(columns / 25)
    hole[40:, 150:175] = True
    return hole


def painted(seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    picture, hole = texture(), hill()
    picture[hole] = (220, 30, 20)
    return picture, paint(picture, ~hole, hole, seed), hole


def sharpness(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    grey = picture.astype(np.float32).mean(2)
    inside = cv2.erode(where.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    return float(np.abs(np.diff(grey, axis=1))[inside[:, 1:]].mean())


def test_nothing_of_the_nearer_layer_is_left() -> None:
    _, result, hole = painted()
    assert (result[hole][:, 0].astype(int) < result[hole][:, 1]).all()


def test_known_pixels_stay() -> None:
    picture, result, hole = painted()
    assert (result[~hole] == picture[~hole]).all()


def test_hidden_texture_is_as_sharp_as_what_is_seen() -> None:
    _, result, hole = painted()
    assert 0.6 <= sharpness(result, hole) / sharpness(result, ~hole) <= 1.5


def test_hidden_colours_are_those_beside_them() -> None:
    _, result, hole = painted()
    assert np.abs(result[hole].mean(0) - result[~hole].mean(0)).max() < 8


def test_a_sky_goes_on_paling() -> None:
    rows = np.arange(HEIGHT)[:, None, None]
    sky = np.broadcast_to(60 + rows * np.array([1, 0.8, 0.5]), (HEIGHT, WIDTH, 3)).astype(np.uint8)
    hole = np.zeros((HEIGHT, WIDTH), np.bool_)
    hole[100:, 80:240] = True
    picture = sky.copy()
    picture[hole] = 0
    result = paint(picture, ~hole, hole, 0)
    rows_mean = result[100:, 80:240].mean((1, 2))
    assert abs(rows_mean[0] - sky[100].mean()) < 4
    assert rows_mean[-1] > rows_mean[0] + 12
    assert np.abs(np.diff(rows_mean)).max() < 8


def test_a_wide_hole_in_a_sky_has_the_colours_of_its_rows() -> None:
    """Not the mean of them all, which is what is left far from its border."""
    paling = np.linspace(0, 1, HEIGHT)[:, None, None]
    sky = (90 + 110 * paling * np.array([1, 0.8, 0.4]) + np.zeros((1, WIDTH, 1))).astype(np.float64)
    sky += np.random.default_rng(2).normal(0, 2, sky.shape)
    columns = np.arange(WIDTH)
    hole = np.broadcast_to(columns >= 150, (HEIGHT, WIDTH)).copy()
    picture = sky.copy()
    picture[hole] = 0
    result = paint(picture.clip(0, 255).astype(np.uint8), ~hole, hole, 0)
    painted_rows, seen_rows = result[:, 230:].mean(1), sky[:, :150].mean(1)
    assert np.abs(painted_rows - seen_rows).mean() < 4
    assert painted_rows[-10:, 0].mean() > painted_rows[:10, 0].mean() + 80


def test_what_goes_by_rows_is_copied_along_them() -> None:
    """An island is not copied into the sky, nor into the middle of the lake."""
    slope = np.linspace(-60, 60, HEIGHT)[:, None, None]
    hole = np.zeros((HEIGHT, WIDTH), np.bool_)
    hole[:, 90:220] = True
    climbs = []
    for by_rows in (0, 1):
        picture = np.clip(texture() + by_rows * slope, 0, 255).astype(np.uint8)
        moved = np.zeros((HEIGHT, WIDTH, 2), np.int32)
        paint(picture, ~hole, hole, 0, moved)
        climbs.append(np.abs(moved[hole][:, 0]).mean())
    assert climbs[1] < 3
    assert climbs[0] > 3 * climbs[1]


@pytest.mark.parametrize("seed", range(4))
def test_birds_in_a_sky_are_not_copied_along_its_rows(seed: int) -> None:
    colours = ((230, 40, 30), (40, 200, 60), (250, 220, 40), (200, 40, 220), (20, 20, 30))
    height, width, random = 200, 640, np.random.default_rng(seed)
    paling = np.linspace(0, 1, height)[:, None, None]
    grain = cv2.GaussianBlur(random.standard_normal((height, width)).astype(np.float32), (0, 0), 1.2) * 4.5
    sky = np.array([70, 120, 190]) * (1 - paling) + np.array([200, 190, 170]) * paling + grain[..., None]
    for colour in colours:
        x, y = int(random.integers(10, 210)), int(random.integers(105, 165))
        sky[y : y + 3, x : x + 6] = colour
    hole = np.zeros((height, width), np.bool_)
    hole[90:, 260:] = True
    picture = sky.clip(0, 255).astype(np.uint8)
    picture[hole] = 0
    result = paint(picture, ~hole, hole, seed).astype(int)
    for colour in colours:
        like = (np.abs(result - colour).max(2) < 45) & hole
        parts = cv2.connectedComponentsWithStats(like.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
        assert (parts >= 4).sum() <= 1


def test_the_same_seed_paints_the_same_and_another_one_something_else() -> None:
    first, second, other = painted(1)[1], painted(1)[1], painted(2)[1]
    assert (first == second).all()
    assert (first != other).any()


@pytest.mark.parametrize("share", [0.0, 0.002, 0.1, 1.0])
def test_odd_holes_are_filled(share: float) -> None:
    picture = texture()
    known = np.random.default_rng(3).random((HEIGHT, WIDTH)) < share
    picture[~known] = (255, 0, 255)
    result = paint(picture, known, ~known, 0)
    assert (result[~known] != (255, 0, 255)).any(1).all()
    assert (result[known] == picture[known]).all()


@pytest.mark.parametrize("shape", [(1, 40), (3, 3), (40, 1), (2, 500)])
def test_tiny_pictures_are_painted(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 90, np.uint8)
    hole = np.zeros(shape, np.bool_)
    hole[-1, -1] = True
    picture[hole] = 250
    assert (paint(picture, ~hole, hole, 0) == 90).all()
