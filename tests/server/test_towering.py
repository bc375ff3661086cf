"""A large thing rides whole with its ground, and where the frame cuts it off; mountains, clouds, half a sky stay."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import standing, towering
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]
HEIGHT, WIDTH, EDGE, SKYLINE = 240, 400, 170, 130
SKY, HILLS, MEADOW, CROWN = (200, 215, 230), (120, 140, 170), (130, 170, 60), (150, 50, 30)
ROWS = np.arange(HEIGHT)[:, None]


def scene() -> RGB:
    """A sky, hills before it and a meadow before them, all with grain."""
    bands = np.where(ROWS < SKYLINE, 0, np.where(ROWS < EDGE, 1, 2))
    return grained(np.array([SKY, HILLS, MEADOW])[bands] * np.ones((1, WIDTH, 1)))


def grained(picture: NDArray[np.floating]) -> RGB:
    return (picture + np.random.default_rng(1).normal(0, 3, picture.shape)).clip(0, 255).astype(np.uint8)


def tree(trunk_px: int = 40, foot: int = EDGE) -> Mask:
    """A crown at the right side over a trunk, where they are."""
    where = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(where, (WIDTH - 10, 80), (110, 66), 0, 0, 360, 1, -1)
    cv2.rectangle(where, (WIDTH - 40 - trunk_px, 80), (WIDTH - 40, foot - 1), 1, -1)
    return where > 0


def with_thing(thing: Mask) -> RGB:
    picture = scene()
    picture[thing] = grained(np.broadcast_to(np.array(CROWN, float), picture.shape))[thing]
    return picture


def found(picture: RGB, edge: int = EDGE, farther_edge: int = HEIGHT) -> Mask:
    ground = np.broadcast_to(edge <= ROWS, (HEIGHT, WIDTH))
    farther = np.broadcast_to(farther_edge <= ROWS, (HEIGHT, WIDTH))
    return towering.find(picture, towering.look(picture), ground, farther)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("trunk_px", [40, 70])
def test_a_tree_that_the_frame_cuts_off_is_found_whole(mirrored: bool, trunk_px: int) -> None:
    thing = tree(trunk_px)[:, :: -1 if mirrored else 1]
    result = found(with_thing(thing))
    assert result[thing].mean() > 0.98
    assert (result & ~thing).sum() < 0.02 * thing.sum()


def test_it_rides_with_the_meadow_through_all_layers_that_it_rises_before() -> None:
    thing = tree()
    picture = with_thing(thing)
    paths = [np.full(WIDTH, row, np.int32) for row in (SKYLINE, EDGE)]
    before = [np.asarray(path[None] <= ROWS, np.bool_) for path in paths]
    far, near = standing.claim(picture, before, paths)
    assert near[thing].mean() > 0.98
    assert far[near].all()
    beside = cv2.dilate(thing.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert not (near & ~before[1] & ~beside).any()


def test_it_rides_with_the_ground_that_it_stands_on_and_with_none_before_it() -> None:
    """Even where something of its colours leads down to there."""
    thing = tree()
    shadow = np.zeros_like(thing)
    shadow[EDGE : EDGE + 40, -120:] = True
    picture = with_thing(thing)
    picture[EDGE + 40 :] = (60, 60, 50)
    assert not found(picture, EDGE + 40, EDGE).any()
    picture[shadow] = with_thing(shadow)[shadow]
    assert not found(picture, EDGE + 40, EDGE).any()
    assert found(picture, EDGE, SKYLINE)[thing].mean() > 0.98


def test_a_tower_in_the_midst_of_the_picture_is_found_whole() -> None:
    thing = np.zeros((HEIGHT, WIDTH), np.bool_)
    thing[40:EDGE, 150:240] = thing[60:75, 140:250] = thing[100:115, 135:255] = True
    result = found(with_thing(thing))
    assert result[thing].mean() > 0.98
    assert (result & ~thing).sum() < 0.02 * thing.sum()


def test_two_trees_are_found() -> None:
    left = tree()[:, ::-1] & (np.arange(WIDTH) < 90)
    picture = with_thing(tree())
    picture[left] = grained(np.broadcast_to(np.array([40, 90, 40.0]), picture.shape))[left]
    result = found(picture)
    assert result[left | tree()].mean() > 0.98


def test_it_is_found_in_a_large_picture_too() -> None:
    thing = np.kron(tree(), np.ones((4, 4), np.bool_)) > 0
    picture = cv2.resize(with_thing(tree()), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    mask = np.broadcast_to(np.arange(4 * HEIGHT)[:, None] >= 4 * EDGE, thing.shape)
    path = np.full(4 * WIDTH, 4 * EDGE, np.int32)
    (result,) = standing.claim(np.asarray(picture, np.uint8), [np.asarray(mask, np.bool_)], [path])
    assert result[thing].mean() > 0.98


@pytest.mark.parametrize("top", [WIDTH - 30, WIDTH // 2])
def test_a_mountain_does_not_stand_on_the_meadow_before_it(top: int) -> None:
    mountain = (20 + 1.9 * np.abs(np.arange(WIDTH) - top) < ROWS) & (ROWS < EDGE)
    assert not found(with_thing(mountain)).any()


def test_a_long_ridge_does_not_stand_on_the_meadow_before_it() -> None:
    ridge = (60 + 6 * np.sin(np.arange(WIDTH) / 9) < ROWS) & (ROWS < EDGE)
    ridge[:, : WIDTH // 2 - 10] = False
    assert not found(with_thing(ridge)).any()


def test_the_sky_beside_a_thicket_is_no_thing() -> None:
    """Even where it is the smaller part: what is behind is calmer."""
    picture = scene()
    rough = np.random.default_rng(3).integers(-60, 60, (HEIGHT // 4, WIDTH // 4, 1)).repeat(4, 0).repeat(4, 1)
    thicket = np.clip(np.array(CROWN) + 25 + rough, 0, 255).astype(np.uint8)
    picture[:EDGE, 160:] = thicket[:EDGE, 160:]
    picture[SKYLINE:EDGE, :160] = SKY
    assert not found(picture)[:, :150].any()


def test_a_cloud_that_touches_no_ground_stays_in_its_sky() -> None:
    cloud = tree()
    cloud[SKYLINE - 20 :] = False
    cloud[:, : WIDTH // 2] = False
    assert not found(with_thing(cloud)).any()


def test_one_half_of_a_sky_is_no_thing() -> None:
    """It has colours that the other half has not, and leans over it, but nowhere does it end."""
    picture = scene().astype(np.float64)
    leaning = np.clip((np.arange(WIDTH)[None] + 0.3 * ROWS - 260) / 100, 0, 1)[..., None]
    sky = (1 - leaning) * np.array(SKY) + leaning * np.array([240, 150, 90])
    picture[:EDGE] = sky[:EDGE]
    assert not found(grained(picture)).any()


def test_a_thing_like_what_is_on_the_other_side_is_left_alone() -> None:
    """The frame does not say which of two alike is the nearer one."""
    thing = tree()
    assert not found(with_thing(thing | thing[:, ::-1])).any()


def test_plain_pictures_have_nothing_at_their_sides() -> None:
    assert not found(scene()).any()
    assert not found(with_thing(tree()), 0).any()
    assert not found(with_thing(tree()), HEIGHT).any()


def test_the_same_picture_gives_the_same() -> None:
    picture = with_thing(tree())
    np.testing.assert_array_equal(found(picture), found(picture))
