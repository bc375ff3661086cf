"""Cut-outs: laid over each other they are the picture; apart, each is a layer of its own."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from infinite_parallax.inpaint_server.layering.cut_out import cut_out
from infinite_parallax.inpaint_server.layering.cutout import flatten
from infinite_parallax.shared.example_picture import paint
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def landscape(width: int = 240, height: int = 160) -> tuple[NDArray[np.uint8], list[Mask]]:
    """Blue sky, a green ridge, red ground with a red tree; their masks."""
    rows, columns = np.mgrid[:height, :width]
    ridge = rows >= 60 + 8 * np.sin(columns / 17)
    ground = rows >= 120
    tree = (np.abs(columns - 120) < 9) & (rows >= 30)
    noise = np.random.default_rng(0).integers(-12, 13, (height, width, 1))
    picture = np.full((height, width, 3), (90, 140, 210))
    picture[ridge] = (40, 120, 50)
    picture[ground | tree] = (190, 40, 30)
    return np.clip(picture + noise, 0, 255).astype(np.uint8), [ridge | ground | tree, ground | tree]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 50), st.integers(0, 4), st.integers(0, 30))
def test_the_cut_outs_give_the_picture_bit_for_bit(seed: int, height: int, width: int, cuts: int, spare: int) -> None:
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (height, width, 3), np.uint8)
    levels = cv2.GaussianBlur(random.random((height, width)).astype(np.float32), (0, 0), random.uniform(0.3, 6))
    masks = [levels > bound for bound in np.quantile(levels, np.sort(random.random(cuts)))]
    mattes = {
        i: random.integers(0, 256, (height, width), np.uint8) for i in range(1, cuts + 1) if random.random() < 0.4
    }
    cutouts = cut_out(picture, masks, spare, mattes, seed)
    assert len(cutouts) == cuts + 1
    assert (flatten(cutouts, height) == picture).all()


@pytest.mark.parametrize("fills", [(False, False), (True, True), (True, False)])
def test_empty_and_full_masks_are_cut(fills: tuple[bool, bool]) -> None:
    picture, masks = landscape()
    cutouts = cut_out(picture, [np.full_like(masks[0], fill) for fill in fills], 10)
    assert (flatten(cutouts, len(picture)) == picture).all()
    assert all(cutout.height >= 1 for cutout in cutouts)
    assert not cutouts[2].alpha.any() or fills[1]


def test_extents_reach_as_far_as_anything_can_be_revealed() -> None:
    picture, masks = landscape()
    far, middle, near = cut_out(picture, masks, 10)
    assert far.top == 0
    assert (far.alpha == 255).all()
    assert far.height == pytest.approx(68 + 10, abs=8)
    assert 40 <= middle.top <= 52
    assert middle.top + middle.height == pytest.approx(120 + 10, abs=6)
    assert 15 <= near.top <= 30
    assert near.top + near.height == len(picture)
    assert (middle.alpha[36:] == 255).all()


def test_a_tree_does_not_punch_its_shape_into_the_ridge() -> None:
    picture, masks = landscape()
    middle = cut_out(picture, masks, 10)[1]
    first = middle.top + (middle.alpha >= 128).argmax(0)
    assert np.abs(first - (60 + 8 * np.sin(np.arange(240) / 17))).max() < 5


def test_nothing_of_a_nearer_layer_is_left_behind() -> None:
    picture, masks = landscape()
    for cutout in cut_out(picture, masks, 10)[:2]:
        shown = cutout.rgb[cutout.alpha >= 128].astype(int)
        assert (shown[:, 0] - shown[:, 1:].max(1)).max() < 0


def test_hidden_is_what_nearer_layers_cover() -> None:
    picture, masks = landscape()
    far, middle, near = cut_out(picture, masks, 10)
    assert not near.hidden.any()
    assert far.hidden[70 - far.top :].all()
    assert middle.hidden[90 - middle.top, 115:125].all()
    assert not middle.hidden[90 - middle.top, :100].any()


def test_a_painted_matte_wins() -> None:
    picture, masks = landscape()
    rows = np.arange(160)[:, None]
    matte = np.broadcast_to((np.clip((rows - 80) / 20, 0, 1) * 255), (160, 240)).astype(np.uint8)
    near = cut_out(picture, masks[:1], 10, {1: matte})[1]
    part = matte[near.top : near.top + near.height]
    assert (near.alpha >= part).all()
    assert (near.alpha == part).mean() > 0.9


def test_the_same_arguments_give_the_same_bytes() -> None:
    picture = paint(320, 220, 3)
    rows = np.arange(220)[:, None] + np.zeros((1, 320))
    masks = [rows >= 90 + 5 * np.sin(np.arange(320) / 9), rows >= 150]
    before = picture.copy(), [mask.copy() for mask in masks]
    first, second = (cut_out(picture, masks, 12, {}, 5) for _ in range(2))
    assert all((a.rgb == b.rgb).all() and (a.alpha == b.alpha).all() for a, b in zip(first, second, strict=True))
    assert (picture == before[0]).all()
    assert all((a == b).all() for a, b in zip(masks, before[1], strict=True))
