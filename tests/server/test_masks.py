"""Mask preprocessing: every part does what its name says, and holes are always painted."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server import masks
from infinite_parallax.inpaint_server.engines.contract import LayerView
from infinite_parallax.inpaint_server.regions import bounds
from infinite_parallax.shared.sections import MaskShape

LEFT = (LayerView(0, 0, 20, (-4.0, 0.0)), LayerView(1, 20, 20, (-8.0, 0.0)))
OWNER = np.repeat(np.array([0, 1], np.int16), 20)[:, None].repeat(60, axis=1)


def hole() -> masks.Bool:
    out = np.zeros((40, 60), np.bool_)
    out[:20, 56:] = out[20:, 52:] = True
    return out


def prepared(**shape: float | bool) -> masks.Mask:
    return masks.prepare(hole(), OWNER, LEFT, MaskShape(**shape))  # type: ignore[arg-type]


def test_without_settings_the_mask_is_the_hole() -> None:
    assert np.array_equal(prepared() == 255, hole())
    assert set(np.unique(prepared())) == {0, 255}


def test_feather_grows_along_the_motion_only_and_fades_linearly() -> None:
    mask = prepared(feather_px=3)
    assert mask[5, 52:57].tolist() == [0, 64, 128, 191, 255]
    assert mask[30, 48:53].tolist() == [0, 64, 128, 191, 255]
    # the layers do not grow into each other, although the lower hole reaches farther left
    assert mask[19, 52] == 0


def test_feather_follows_a_slanted_motion() -> None:
    view = (LayerView(0, 0, 40, (-3.0, -4.0)),)
    seed = np.zeros((40, 60), np.bool_)
    seed[30, 30] = True
    mask = masks.grow_along(seed, np.zeros((40, 60), np.int16), view, 5)
    assert mask[26, 27] > 0  # five px away along (-3, -4)
    assert mask[34, 33] > 0  # and to the other side of the axis
    assert mask[26, 33] == 0


def test_growing_tapers_corners_or_keeps_them() -> None:
    seed = np.zeros((41, 41), np.uint8)
    seed[20, 20] = 255
    assert masks.grow(seed, 5, True)[15, 15] == 0
    assert masks.grow(seed, 5, False)[15, 15] == 255
    assert masks.grow(seed, 5, True)[15, 20] == masks.grow(seed, 5, False)[15, 20] == 255


def test_blur_softens_the_edge_and_not_the_hole() -> None:
    mask = prepared(blur_px=2.0)
    edge = mask[5, 40:56]
    assert 0 < edge[-1] < 255
    assert np.all(np.diff(edge.astype(int)) >= 0)
    assert np.all(mask[hole()] == 255)


def test_lerp_mixes_with_the_step_before() -> None:
    now, before = np.full((2, 2), 200, np.uint8), np.full((2, 2), 100, np.uint8)
    assert masks.lerp(now, before, 0.25)[0, 0] == 125
    assert masks.lerp(now, None, 0.25)[0, 0] == 200


def test_falloff_leaves_a_trail_of_the_step_before() -> None:
    now, before = np.zeros((1, 3), np.uint8), np.zeros((1, 3), np.uint8)
    now[0, 0], before[0, 1] = 255, 255
    assert masks.fall_off(now, before, 0.5).tolist() == [[255, 128, 0]]
    assert masks.fall_off(now, before, 0.0).tolist() == [[255, 0, 0]]


def test_all_parts_together_keep_the_hole_and_stay_in_reach() -> None:
    shape = MaskShape(feather_px=4, grow_px=2, blur_px=1.5)
    mask = masks.prepare(hole(), OWNER, LEFT, shape)
    assert np.all(mask[hole()] == 255)
    for row in (5, 30):
        assert np.all(np.diff(mask[row].astype(int)) >= 0)  # it only rises towards the hole, without a rim
    far = 52 - masks.reach_px(shape) - 1
    assert not mask[:, :far].any()
    assert mask.any()


@pytest.mark.parametrize("value", [0, 1, 128, 254, 255])
def test_blend_mixes_by_the_mask_and_keeps_what_is_outside(value: int) -> None:
    known, painted = np.full((4, 4, 3), 10, np.uint8), np.full((4, 4, 3), 250, np.uint8)
    mask = np.zeros((4, 4), np.uint8)
    mask[1, 2] = value
    masks.blend(known, painted, mask)
    assert known[1, 2, 0] == pytest.approx(10 + 240 * value / 255, abs=0.5)
    known[1, 2] = 10
    assert np.array_equal(known, np.full((4, 4, 3), 10))


def test_bounds_of_nothing_are_empty() -> None:
    rows, columns = bounds(np.zeros((3, 4), np.uint8))
    assert (rows.stop - rows.start, columns.stop - columns.start) == (0, 0)
