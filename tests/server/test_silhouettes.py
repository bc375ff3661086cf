"""What stands out before a calm sky goes with what it hangs on: drawn skies with towers, cables, clouds and shores."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import silhouettes
from infinite_parallax.inpaint_server.layering.cut_out import settle
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Bool = NDArray[np.bool_]
WIDTH, HEIGHT, GROUND = 480, 300, 250


def evening() -> RGB:
    """A sky that grows lighter downwards and darker to the right, over a rough dark ground."""
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    sky = np.stack([30 + rows / 5, 45 + rows / 4, 90 + rows / 4], axis=-1) * (1 - columns / WIDTH / 4)[..., None]
    picture = sky + rng.normal(0, 1.5, sky.shape)
    picture[GROUND:] = rng.normal(35, 12, (HEIGHT - GROUND, WIDTH, 3))
    return picture.clip(0, 255).astype(np.uint8)


def below(row: int) -> Bool:
    return np.arange(HEIGHT)[:, None] + np.zeros(WIDTH, int) >= row


def drawn(*lines: tuple[int, int, int, int], thickness: int = 2) -> Bool:
    """Lines from (x, y) to (x, y)."""
    out = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x0, y0, x1, y1 in lines:
        cv2.line(out, (x0, y0), (x1, y1), 1, thickness)
    return out > 0


def tower() -> Bool:
    """A lattice that rises from the ground to the upper edge, wider at its foot."""
    legs = [(70, 0, 50, GROUND), (86, 0, 106, GROUND)]
    struts = [(70 - y // 12, y, 86 + (y + 30) // 12, y + 30) for y in range(0, GROUND - 30, 30)]
    return drawn(*legs, *struts)


def extended(picture: RGB, masks: list[Bool], claimed: list[Bool] | None = None) -> list[Bool]:
    return silhouettes.extend(picture, masks, claimed or masks)


def test_a_lattice_tower_rides_whole_and_the_sky_between_its_struts_does_not() -> None:
    picture, lattice = evening(), tower()
    picture[lattice] = (20, 18, 16)
    (mask,) = extended(picture, [below(GROUND)])
    assert mask[lattice].mean() > 0.98
    inside = (cv2.dilate(lattice.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0) & ~below(GROUND)
    assert mask[inside].mean() < 0.005


def test_a_rocket_keeps_the_nose_beyond_its_dark_band() -> None:
    picture = evening()
    picture[60:GROUND, 230:246] = (225, 220, 200)
    picture[90:96, 230:246] = (60, 40, 45)
    claimed = below(GROUND)
    claimed[96:GROUND, 230:246] = True
    (mask,) = extended(picture, [below(GROUND)], [claimed])
    assert mask[60:GROUND, 231:245].all()


def test_cables_that_cross_the_border_are_whole() -> None:
    picture, cables = evening(), drawn((0, 120, 479, 10), (300, 0, 400, HEIGHT - 1))
    picture[cables] = (220, 220, 215)
    (mask,) = extended(picture, [below(GROUND)])
    assert mask[cables].mean() > 0.95


@pytest.mark.parametrize("what", ["cloud", "shore", "bird"])
def test_clouds_and_shores_and_birds_stay_in_the_sky(what: str) -> None:
    picture = evening()
    there = np.zeros((HEIGHT, WIDTH), np.float32)
    if what == "cloud":
        cv2.ellipse(there, (300, 235), (40, 60), 0, 0, 360, 1, -1)
        there = cv2.GaussianBlur(there, (0, 0), 8)
    elif what == "shore":
        there[GROUND - 14 : GROUND, 100:400] = 1
    else:
        there[100:140, 200:206] = 1
    picture = (picture + there[..., None] * (np.float32([200, 200, 205]) - picture)).astype(np.uint8)
    (mask,) = extended(picture, [below(GROUND)])
    assert np.array_equal(mask, below(GROUND))


def test_a_tree_of_which_a_nearer_layer_has_the_most_goes_there_whole() -> None:
    picture = evening()
    trunk, crown = (
        drawn((200, 120, 200, GROUND), thickness=7),
        drawn((180, 90, 200, 150), (222, 90, 200, 150), thickness=5),
    )
    picture[trunk | crown] = (200, 70, 40)
    far, near = below(GROUND - 20), below(GROUND)
    picture[far & ~near & ~trunk] = (60, 110, 60)
    whole = extended(picture, [far, near], [far | trunk, near | trunk])
    assert whole[1][crown].mean() > 0.97
    # the same tree, of which the nearer layer has caught a few leaves
    leaf = crown & (np.arange(WIDTH) > 214)
    whole = extended(picture, [far, near], [far | trunk | leaf, near | leaf])
    assert whole[0][crown].mean() > 0.97
    assert not whole[1][crown & ~far].any()


def test_a_matte_that_was_painted_by_hand_stays_as_it_is() -> None:
    picture, lattice = evening(), tower()
    picture[lattice] = (20, 18, 16)
    masks, _ = settle(picture, [below(GROUND)], {1: below(GROUND).astype(np.uint8) * 255})
    assert np.array_equal(masks[0], below(GROUND))
    masks, _ = settle(picture, [below(GROUND)], {})
    assert masks[0][lattice].mean() > 0.98


def test_what_a_depth_map_says_of_a_tower_stands() -> None:
    picture, lattice = evening(), tower()
    picture[lattice] = (20, 18, 16)
    tall = drawn((300, 60, 300, GROUND), thickness=14)
    picture[tall] = (20, 18, 16)
    masks, _ = settle(picture, [below(GROUND)], {}, measured=True)
    assert not masks[0][tall & ~below(GROUND - 5)].any()
    masks, _ = settle(picture, [below(GROUND)], {})
    assert masks[0][tall].mean() > 0.95


def test_a_layer_without_any_sky_is_left_alone() -> None:
    picture = evening()
    assert extended(picture, [np.ones((HEIGHT, WIDTH), np.bool_)])[0].all()


def test_what_a_nearer_layer_had_before_stays_its_own() -> None:
    picture = evening()
    peak, pole = drawn((300, 60, 290, GROUND), thickness=20), drawn((310, 40, 310, 200), thickness=1)
    picture[peak] = (120, 150, 190)
    picture[pole] = (200, 30, 40)
    far, near = below(GROUND - 20) | pole, below(GROUND) | pole
    whole = extended(picture, [far, near])
    assert whole[0][peak].mean() > 0.97
    assert whole[1][pole].all()
    assert not whole[1][peak & ~pole & ~near].any()
    # what was found to rise from what the nearer layer has of it stays there as well
    lower = pole & (np.arange(HEIGHT)[:, None] > 180)
    whole = extended(picture, [below(GROUND - 20) | lower, below(GROUND) | lower], [far, near])
    assert whole[1][pole].all()
