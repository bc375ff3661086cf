"""Tufts of a crown that the cut left in the sky go with their tree, and nothing else does."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.layering import cut_out, remains

WIDTH, HEIGHT = 480, 320
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
GROUND, HILL = 250, 180
CROWN = ((X - 480) / 110) ** 2 + ((Y - 60) / 110) ** 2 < 1
HOLE = (X - 430) ** 2 + (Y - 60) ** 2 < 12**2
TRUNK = (X > 450) & (Y > 60) & (Y < 270)
TUFT = ((X - 345) / 26) ** 2 + (Y / 18) ** 2 < 1
LEAF = (X - 360) ** 2 + (Y - 95) ** 2 < 7**2
BIRD = (X - 90) ** 2 + (Y - 60) ** 2 < 7**2
Bool = np.ndarray


def painted(*things: Bool) -> RGB:
    """A sky, a hill, a meadow and a tree at the right whose crown hangs in from the corner, and leaves of its colours
    in `things`."""
    random = np.random.default_rng(4)
    grain = cv2.GaussianBlur(random.normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 1.5)
    picture = np.array([170, 200, 232]) + 0.1 * Y[..., None] + 8 * grain
    picture[HILL:] = (np.array([112, 132, 140]) + 20 * grain)[HILL:]
    picture[GROUND:] = (np.array([160, 165, 70]) + 30 * grain)[GROUND:]
    for leaves in (CROWN & ~HOLE, *things):
        picture[leaves] = (np.array([48, 70, 30]) + 40 * grain)[leaves]
    picture[TRUNK] = (np.array([60, 44, 34]) + 20 * grain)[TRUNK]
    return picture.clip(0, 255).astype(np.uint8)


def tree() -> Bool:
    return (CROWN & ~HOLE) | TRUNK


def found(*things: Bool) -> Bool:
    return remains.claim(painted(*things), tree() | (Y >= GROUND), (Y < HILL) & ~tree())


@pytest.mark.parametrize("thing", [TUFT, LEAF])
def test_a_tuft_at_the_frame_and_a_leaf_beside_the_crown_go_with_the_tree(thing: Bool) -> None:
    claimed = found(thing)
    assert claimed[thing].mean() > 0.95
    assert not claimed[cv2.dilate(thing.astype(np.uint8), np.ones((7, 7), np.uint8)) == 0].any()


def test_a_bird_far_off_and_the_sky_in_a_hole_stay() -> None:
    assert not found(BIRD).any()


def test_what_stands_on_another_layer_is_not_the_trees() -> None:
    bush = ((X - 330) / 14) ** 2 + ((Y - HILL) / 12) ** 2 < 1
    assert not found(bush).any()


def test_a_cloud_as_dark_as_the_leaves_stays() -> None:
    picture = painted()
    cloud = np.exp(-(((X - 300) / 60.0) ** 2) - ((Y - 60) / 25.0) ** 2)[..., None]
    mixed = (picture * (1 - cloud) + np.array([48, 70, 30]) * cloud).clip(0, 255).astype(np.uint8)
    picture[~tree()] = mixed[~tree()]
    assert not remains.claim(picture, tree() | (Y >= GROUND), (Y < HILL) & ~tree()).any()


def test_a_sky_that_has_these_colours_everywhere_keeps_its_own() -> None:
    dots = ((X % 32 - 16) ** 2 + (Y % 32 - 16) ** 2 < 6**2) & (Y < HILL - 12) & ~CROWN
    assert not found(dots).any()


def test_pictures_without_either_side_have_no_remains() -> None:
    nothing = np.zeros((HEIGHT, WIDTH), np.bool_)
    assert not remains.claim(painted(TUFT), nothing, ~nothing).any()
    assert not remains.claim(painted(TUFT), ~nothing, nothing).any()


def test_nothing_of_the_crown_is_left_in_the_sky() -> None:
    picture = painted(TUFT, LEAF)
    masks = [(Y >= HILL) | tree(), (Y >= GROUND) | tree()]
    sky = cut_out.cut_out(picture, masks, 10)[0]
    assert sky.rgb[:HILL].min(axis=2).min() > 130
