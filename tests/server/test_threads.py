"""Thin things that go on across a border ride with what they stand on; clouds, waves and rock stay where they are."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering.cut_out import cut_out
from infinite_parallax.inpaint_server.layering.cutout import flatten
from infinite_parallax.inpaint_server.layering.oddities import find, square_length
from infinite_parallax.inpaint_server.layering.threads import extend
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]
HEIGHT, WIDTH, RIDGE = 240, 360, 160
SKY, EARTH = (170, 190, 220), (50, 45, 40)
Line = tuple[tuple[int, int], tuple[int, int]]
MAST: tuple[Line, ...] = (((180, 165), (180, 70)), ((182, 74), (205, 80)))
RIGGING: tuple[Line, ...] = (((180, 80), (150, 163)), ((180, 80), (212, 163)))
TWIG: tuple[Line, ...] = (((90, 165), (100, 110)), ((96, 130), (80, 112)), ((98, 122), (116, 104)))


def scene(seed: int = 0) -> tuple[RGB, Mask]:
    """A paling sky with grain over dark earth, and the mask of the earth."""
    rows = np.arange(HEIGHT)[:, None]
    mask = np.broadcast_to(rows >= RIDGE, (HEIGHT, WIDTH)).copy()
    noise = np.random.default_rng(seed).normal(0, 2, (HEIGHT, WIDTH, 1))
    picture = np.where(mask[..., None], EARTH, np.array(SKY) + 0.1 * rows[..., None]) + noise
    return picture.clip(0, 255).astype(np.uint8), mask


def drawn(picture: RGB, lines: tuple[Line, ...], colour: tuple[int, int, int] = EARTH, thickness: int = 2) -> Mask:
    """Draw lines into a picture, in place; where they are."""
    where = np.zeros(picture.shape[:2], np.uint8)
    for start, end in lines:
        cv2.line(where, start, end, 1, thickness)
    picture[where > 0] = colour
    return where > 0


def extended(picture: RGB, masks: list[Mask], settled: tuple[int, ...] = ()) -> list[Mask]:
    return extend(picture, masks, find(picture, masks), settled)


@pytest.mark.parametrize("lines", [MAST, (*MAST, *RIGGING), TWIG])
def test_what_is_thin_rides_whole_with_what_it_stands_on(lines: tuple[Line, ...]) -> None:
    picture, mask = scene()
    thing = drawn(picture, lines)
    (found,) = extended(picture, [mask])
    assert found[thing].mean() > 0.97
    beside = cv2.dilate(thing.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not (found & ~mask & ~beside).any()


def test_a_bright_mast_before_dark_woods_rides_with_a_bright_shore() -> None:
    picture, mask = scene()
    picture = 255 - picture
    thing = drawn(picture, MAST, (205, 210, 215))
    (found,) = extended(picture, [mask])
    assert found[thing].mean() > 0.97


def test_leaves_round_a_twig_go_with_it() -> None:
    picture, mask = scene()
    twig = drawn(picture, TWIG)
    leaves = np.zeros(mask.shape, np.uint8)
    for x, y in ((76, 107), (108, 103), (122, 100), (88, 108)):
        cv2.circle(leaves, (x, y), 3, 1, -1)
    picture[leaves > 0] = (60, 48, 36)
    far, near = cut_out(picture, [mask], 10)
    whole = np.zeros(mask.shape, np.uint8)
    whole[near.top : near.top + near.height] = near.alpha
    assert (whole[twig & ~mask] >= 128).mean() > 0.95
    assert (whole[leaves > 0] >= 128).mean() > 0.9
    assert far.rgb[:RIDGE].astype(int).sum(2).min() > 450


def test_a_dark_cloud_on_the_ridge_stays_in_the_sky() -> None:
    picture, mask = scene()
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    cloud = np.exp(-(((columns - 180) / 90) ** 2) - ((rows - 130) / 24) ** 2)[..., None]
    streak = np.exp(-(((columns - 90) / 70) ** 2) - ((rows - 152 + columns // 16) / 4.0) ** 2)[..., None]
    shade = np.maximum(cloud, 0.7 * streak)
    darker = picture * (1 - shade) + np.array(EARTH) * shade
    picture = np.where(mask[..., None], picture, darker).astype(np.uint8)
    (found,) = extended(picture, [mask])
    assert np.count_nonzero(found & ~mask) < 0.002 * mask.size


def test_waves_beyond_a_shore_stay_on_the_water() -> None:
    picture, mask = scene()
    random = np.random.default_rng(3)
    for x, y in random.integers(0, (WIDTH, RIDGE), (400, 2)).tolist():
        cv2.line(picture, (x, y), (x + 9, y), tuple(random.integers(60, 240, 3).tolist()), 1)
    picture[mask] = EARTH
    (found,) = extended(picture, [mask])
    assert np.count_nonzero(found & ~mask) < 0.004 * mask.size


def test_a_border_that_parts_nothing_gains_nothing() -> None:
    random = np.random.default_rng(4)
    rock = cv2.GaussianBlur(random.normal(120, 60, (HEIGHT, WIDTH, 3)), (0, 0), 1.2).clip(0, 255).astype(np.uint8)
    _, mask = scene()
    (found,) = extended(rock, [mask])
    assert (found == mask).all()


def test_a_thing_before_two_layers_goes_to_its_own() -> None:
    picture, mask = scene()
    hill = mask.copy()
    hill[110:] = True
    picture[hill & ~mask] = np.clip(picture[hill & ~mask].astype(int) - 60, 0, 255)
    thing = drawn(picture, MAST)
    far, near = extended(picture, [hill, mask])
    assert near[thing].mean() > 0.97
    assert far[near].all()


def test_the_upper_half_of_a_mast_joins_the_lower_one() -> None:
    picture, mask = scene()
    hill = mask.copy()
    hill[130:] = True
    picture[hill & ~mask] = (110, 120, 90)
    mast = drawn(picture, (((180, 165), (180, 70)),), thickness=2)
    hill |= mast
    near = mask.copy()
    near[115:] |= mast[115:]
    (far, found) = extended(picture, [hill, near])
    assert found[mast].all()
    assert (far == hill).all()
    assert np.count_nonzero(found & ~near) < 2 * mast.sum()


def test_masks_that_are_settled_do_not_grow() -> None:
    picture, mask = scene()
    drawn(picture, MAST)
    (found,) = extended(picture, [mask], settled=(0,))
    assert (found == mask).all()


@pytest.mark.parametrize("fill", [False, True])
def test_empty_and_full_masks_stay_as_they_are(fill: bool) -> None:
    picture, mask = scene()
    mask[:] = fill
    assert (extended(picture, [mask])[0] == fill).all()
    assert len(cut_out(picture, [], 10)) == 1


def test_posts_in_the_water_are_not_copied_behind_the_shore() -> None:
    picture, mask = scene()
    noise = np.random.default_rng(5).normal(0, 5, (HEIGHT, WIDTH, 1))
    picture = np.where(mask[..., None], (150, 90, 60), np.array((110, 140, 170)) + noise).astype(np.uint8)
    posts = drawn(picture, tuple(((x, 110), (x, 140)) for x in range(20, WIDTH, 40)), (30, 25, 20), 2)
    far, _ = cut_out(picture, [mask], 60)
    hidden = far.rgb[RIDGE:].astype(int).sum(2)
    assert (picture[posts].astype(int).sum(1) < 200).all()
    assert hidden[far.hidden[RIDGE:]].min() > 250


def test_the_picture_comes_back_bit_for_bit_and_every_time_the_same() -> None:
    picture, mask = scene()
    drawn(picture, (*MAST, *RIGGING, *TWIG))
    first, second = (cut_out(picture, [mask], 10) for _ in range(2))
    assert (flatten(first, HEIGHT) == picture).all()
    for a, b in zip(first, second, strict=True):
        for one, other in ((a.rgb, b.rgb), (a.alpha, b.alpha), (a.hidden, b.hidden)):
            assert (one == other).all()


def test_squares_of_lengths_are_those_of_numpys_sum_to_the_bit() -> None:
    values = np.random.default_rng(4).normal(0, 90, (37, 53, 3)).astype(np.float32)
    found = square_length(values)
    assert found.dtype == np.float32
    assert found.tobytes() == (values**2).sum(2).tobytes()
