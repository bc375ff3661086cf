"""What stands on a layer rides whole with it, legs and head; bays, valleys and hills stay what they are."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import standing
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Path = NDArray[np.int32]
HEIGHT, WIDTH, EDGE = 240, 480, 150
LAKE, MEADOW, PAINT = (120, 160, 190), (190, 170, 60), (170, 40, 50)


def scene() -> RGB:
    """A lake before a meadow, both with grain."""
    rows = np.arange(HEIGHT)[:, None]
    picture = np.where((rows < EDGE)[..., None], np.array(LAKE), np.array(MEADOW)) * np.ones((1, WIDTH, 1))
    return (picture + np.random.default_rng(1).normal(0, 3, picture.shape)).clip(0, 255).astype(np.uint8)


def rocket(picture: RGB, left: int = 200, legs_px: int = 25) -> Mask:
    """Draw a rocket with two legs into a picture, in place; where it is."""
    where = np.zeros(picture.shape[:2], np.uint8)
    body = [(left, EDGE), (left, EDGE - 40), (left + 20, EDGE - 90), (left + 40, EDGE - 40), (left + 40, EDGE)]
    cv2.fillPoly(where, [np.array(body, np.int32)], 1)
    for x in (left - 4, left + 34):
        cv2.rectangle(where, (x, EDGE - 30), (x + 8, EDGE + legs_px), 1, -1)
    picture[where > 0] = PAINT
    return where > 0


def border(thing: Mask | None = None) -> Path:
    """The edge of the meadow, which goes round what is drawn of a thing."""
    path = np.full(WIDTH, EDGE, np.int32)
    if thing is not None:
        lowest = HEIGHT - thing[::-1].argmax(0)
        path = np.where(thing.any(0), np.maximum(path, lowest), path).astype(np.int32)
    return path


def nested(path: Path) -> Mask:
    return np.asarray(np.arange(HEIGHT)[:, None] >= path[None], np.bool_)


def claimed(picture: RGB, *paths: Path) -> list[Mask]:
    return standing.claim(picture, [nested(path) for path in paths], paths)


def test_a_thing_whose_legs_a_border_goes_round_rides_with_its_meadow() -> None:
    picture = scene()
    thing = rocket(picture)
    path = border(thing)
    assert not nested(path)[thing].any()
    (found,) = claimed(picture, path)
    assert found[thing].mean() > 0.97
    beside = cv2.dilate(thing.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert not (found & ~nested(border()) & ~beside).any()


def test_a_thing_that_a_border_cuts_through_rides_with_its_meadow() -> None:
    """Its feet are the meadow's already, and the rest follows."""
    picture = scene()
    thing = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(thing, (300, EDGE - 8), (9, 32), 0, 0, 360, 1, -1)
    picture[thing > 0] = (40, 30, 35)
    (found,) = claimed(picture, border())
    assert found[thing > 0].mean() > 0.95


def post(picture: RGB, top: int) -> Mask:
    """Draw an upright post into a picture, in place; where it is."""
    where = np.zeros(picture.shape[:2], np.bool_)
    where[top : EDGE + 25, 240:260] = True
    picture[where] = PAINT
    return where


def test_what_the_picture_cuts_off_at_the_top_is_whole() -> None:
    picture = scene()
    thing = post(picture, 0)
    (found,) = claimed(picture, border(thing))
    assert found[thing].mean() > 0.97


@pytest.mark.parametrize("deck", [30, 80])
def test_a_pier_is_a_piece_of_its_bridge(deck: int) -> None:
    """What goes over into something that does not stand there is not torn from it."""
    picture = scene()
    path = border(post(picture, deck))
    picture[deck : deck + 20] = PAINT
    np.testing.assert_array_equal(claimed(picture, path)[0], nested(path))


def test_what_stands_nearer_is_nearer_in_every_mask() -> None:
    picture = scene()
    thing = rocket(picture)
    skyline = np.full(WIDTH, 100, np.int32)
    far, near = claimed(picture, skyline, border(thing))
    assert near[thing].mean() > 0.97
    assert far[near].all()


def test_a_bay_is_no_thing() -> None:
    """A piece of lake in a dip is lake above it, too."""
    picture = scene()
    picture[EDGE : EDGE + 30, 200:240] = picture[EDGE - 30 : EDGE, 200:240]
    path = border()
    path[200:240] = EDGE + 30
    np.testing.assert_array_equal(claimed(picture, path)[0], nested(path))


def test_a_valley_is_no_thing() -> None:
    """A distant peak between two slopes stays distant."""
    picture = scene()
    x = np.arange(WIDTH)
    path = (EDGE + 30 - np.abs(x - 240).clip(0, 30)).astype(np.int32)
    rows = np.arange(HEIGHT)[:, None]
    peak = (rows > EDGE - 60 + np.abs(x - 240)) & (rows < path)
    picture[rows[:, 0][:, None] < path] = LAKE
    picture[peak] = (90, 90, 110)
    np.testing.assert_array_equal(claimed(picture, path)[0], nested(path))


@pytest.mark.parametrize("columns", [slice(0, 60), slice(420, 480)])
def test_what_the_picture_cuts_off_is_left_alone(columns: slice) -> None:
    picture = scene()
    picture[EDGE - 60 : EDGE + 30, columns] = PAINT
    path = border()
    path[columns] = EDGE + 30
    np.testing.assert_array_equal(claimed(picture, path)[0], nested(path))


def test_plain_pictures_have_nothing_on_them() -> None:
    picture = scene()
    np.testing.assert_array_equal(claimed(picture, border())[0], nested(border()))
    assert standing.claim(picture, [], []) == []


def test_the_same_picture_gives_the_same() -> None:
    picture = scene()
    path = border(rocket(picture))
    np.testing.assert_array_equal(claimed(picture, path)[0], claimed(picture, path)[0])


def test_a_large_picture_is_looked_at_small() -> None:
    """And the thing is found at its own size."""
    picture = scene()
    thing = rocket(picture)
    path = border(thing)
    double = cv2.resize(picture, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_CUBIC)
    heights = np.repeat(2 * path, 2).astype(np.int32)
    mask = np.arange(2 * HEIGHT)[:, None] >= heights[None]
    (found,) = standing.claim(np.asarray(double, np.uint8), [mask], [heights])
    assert found[np.kron(thing, np.ones((2, 2), bool)) > 0].mean() > 0.96
