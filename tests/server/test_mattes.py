"""Soft mattes: as crisp as the picture, whole where things are thin, and of the layer's own colours."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import mattes
from infinite_parallax.inpaint_server.layering.leftovers import claim
from numpy.typing import NDArray

SKY, EARTH = (150, 180, 220), (60, 40, 30)


def hill(height: int = 80, width: int = 120, top: int = 40) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    mask = np.zeros((height, width), np.bool_)
    mask[top:] = True
    noise = np.random.default_rng(0).integers(-4, 5, (height, width, 1))
    return (np.where(mask[..., None], EARTH, SKY) + noise).astype(np.uint8), mask


def test_a_matte_is_soft_only_beside_the_border() -> None:
    picture, mask = hill()
    alpha = mattes.soft_matte(picture, mask)
    soft = np.flatnonzero(((alpha > 0) & (alpha < 255)).any(1))
    assert soft.size == 0 or (soft.min() >= 40 - mattes.BAND_PX and soft.max() < 40 + mattes.BAND_PX)
    assert (alpha[:34] == 0).all()
    assert (alpha[46:] == 255).all()


def test_a_matte_follows_the_edge_that_the_mask_missed_by_a_pixel() -> None:
    picture, mask = hill()
    mask[39] = True
    alpha = mattes.soft_matte(picture, mask)
    assert alpha[39].mean() < 128 < alpha[41].mean()


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("contrast", [1.0, 0.1])
def test_a_thin_mast_survives(width: int, contrast: float) -> None:
    picture, mask = hill()
    mask[10:40, 60 : 60 + width] = True
    picture[10:40, 60 : 60 + width] = np.array(SKY) + contrast * (np.array(EARTH) - SKY)
    assert (mattes.soft_matte(picture, mask)[10:40, 60 : 60 + width] >= 250).all()


@pytest.mark.parametrize("fill", [False, True])
def test_empty_and_full_masks_have_no_border(fill: bool) -> None:
    picture, mask = hill()
    mask[:] = fill
    assert (mattes.soft_matte(picture, mask) == 255 * fill).all()


def test_rim_colours_are_the_layers_own_and_go_on_under_the_transparent_side() -> None:
    picture, mask = hill()
    alpha = mask.astype(np.uint8) * 255
    alpha[39], picture[39] = 120, (np.array(SKY) + EARTH) // 2
    rgb = mattes.rim_colours(picture, alpha)
    assert np.abs(rgb[36:40].astype(int) - EARTH).max() < 12
    assert (rgb[:30] == 0).all()
    assert (rgb[40:] == picture[40:]).all()


def test_a_skyline_goes_on_behind_a_tree() -> None:
    _, mask = hill()
    tree = np.zeros_like(mask)
    tree[70:] = True
    tree[10:, 50:62] = True
    mask |= tree
    skyline, hidden = mattes.own_skyline(mask, tree)
    assert hidden[50:62].all()
    assert not hidden[:45].any()
    assert np.abs(skyline - 40).max() <= 2


def test_a_skyline_never_covers_sky_that_is_seen() -> None:
    _, mask = hill()
    tree = np.zeros_like(mask)
    tree[55:] = True
    tree[40:, 50:62] = True
    mask[:55, 50:62] = False
    mask |= tree
    mask[40:55, 50:62] = False
    skyline, hidden = mattes.own_skyline(mask, tree)
    assert hidden[50:62].all()
    assert (skyline[50:62] >= 55).all()


def test_a_layer_without_any_border_of_its_own_keeps_its_mask() -> None:
    _, mask = hill()
    skyline, hidden = mattes.own_skyline(mask, mask)
    assert (skyline == 40).all()
    assert not hidden.any()


def test_a_glow_goes_with_its_layer() -> None:
    picture, mask = hill()
    below = np.broadcast_to(np.array(SKY, np.uint8), picture.shape).copy()
    picture[39] = (250, 250, 250)
    alpha = mask.astype(np.uint8) * 255
    mattes.widen(picture, alpha, mattes.rim_colours(picture, alpha), below, np.ones_like(mask))
    assert (alpha[39] > 100).all()
    assert (alpha[:36] == 0).all()


def test_leaves_before_a_calm_sky_join_their_tree() -> None:
    picture, mask = hill(120, 200, 70)
    leaves = np.zeros_like(mask)
    leaves[64:67, 50:53] = leaves[62:65, 90:94] = True
    picture[leaves] = EARTH
    picture[5:9, 20:24] = EARTH
    found = mask | claim(picture, mask, ~mask)
    assert found[leaves].all()
    assert not found[:20].any()
    assert np.count_nonzero(found & ~mask & ~leaves) == 0
    left = ~mask & (np.arange(200) < 70)
    assert (claim(picture, mask, left) == (found & left)).all()
    assert not claim(picture, mask, np.zeros_like(mask)).any()


def test_a_texture_is_not_taken_for_leaves() -> None:
    picture, mask = hill(120, 200, 70)
    glints = np.random.default_rng(1).random(mask.shape) < 0.35
    picture[glints & ~mask] = EARTH
    assert not claim(picture, mask, ~mask).any()
