"""Filling a hole in a single picture from what is round it."""

import cv2
import numpy as np
from infinite_parallax.inpaint_server.walk.donor_fill import fill, spread

from .textured import textured


def test_a_hole_in_a_pattern_is_filled_with_the_pattern() -> None:
    y, x = np.mgrid[0:96, 0:128]
    picture = np.stack([(x // 8 % 2) * 120 + 60, (y // 8 % 2) * 100 + 50, (x + y) // 4], 2).astype(np.uint8)
    hole = np.zeros((96, 128), bool)
    hole[30:54, 40:70] = True
    error = np.abs(fill(picture, hole, 0).astype(int) - picture)[hole]
    telea = np.abs(cv2.inpaint(picture, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(int) - picture)[hole]
    assert error.mean() < 6
    assert error.mean() < telea.mean() / 4


def test_fill_takes_nothing_from_other_holes() -> None:
    picture = textured(80, 120)
    hole = np.zeros((80, 120), bool)
    hole[10:30, 10:30] = hole[50:70, 80:110] = True
    poisoned = picture.copy()
    poisoned[hole] = [255, 0, 255]
    np.testing.assert_array_equal(fill(poisoned, hole, 0), fill(picture, hole, 0))


def test_fill_with_hardly_anything_known() -> None:
    picture = textured(40, 60)
    hole = np.ones((40, 60), bool)
    hole[:, 0] = False
    painted = fill(picture, hole, 0)
    np.testing.assert_array_equal(painted[:, 0], picture[:, 0])
    assert abs(float(painted.mean()) - float(picture[:, 0].mean())) < 40


def test_spread_keeps_what_is_known_and_is_smooth_between() -> None:
    values = np.zeros((32, 32, 1), np.float32)
    weight = np.zeros((32, 32), np.float32)
    values[:, 0], values[:, -1], weight[:, 0], weight[:, -1] = -10, 10, 1, 1
    out = spread(values, weight)[..., 0]
    np.testing.assert_allclose(out[:, 0], -10, atol=0.5)
    np.testing.assert_allclose(out[:, -1], 10, atol=0.5)
    assert np.abs(np.diff(out, axis=1)).max() < 5
    assert abs(float(out[:, 14:18].mean())) < 2


def test_spread_reaches_far_from_the_only_thing_known() -> None:
    weight = np.zeros((33, 47), np.float32)
    weight[30, 2] = 1
    np.testing.assert_allclose(spread(np.full((33, 47, 1), 90, np.float32), weight), 90, rtol=1e-5)
