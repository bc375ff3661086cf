"""Borders keep to the outlines of things, and go straight on where they could only cut through them."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import confidence, contour_cut, edges, rough_cut, suggest, tearing

W, H = 480, 320
RGB = np.ndarray
SKY, LAND, WATER, BEACH = (190, 205, 230), (60, 70, 62), (150, 165, 180), (96, 98, 100)


def picture(*parts: tuple[np.ndarray, tuple[int, int, int], float]) -> RGB:
    """Sky, and over it masks [H, W] in colours with grain, one over the other."""
    rng = np.random.default_rng(11)
    out = np.array(SKY) + rng.normal(0, 2, (H, W, 1))
    for mask, colour, grain in parts:
        out = np.where(mask[..., None], np.array(colour) + rng.normal(0, grain, (H, W, 1)), out)
    return np.clip(out, 0, 255).astype(np.uint8)


def below(rows: np.ndarray | float) -> np.ndarray:
    return np.arange(H)[:, None] >= np.broadcast_to(rows, W)[None]


def block(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    mask = np.zeros((H, W), np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def level(row: float) -> np.ndarray:
    return np.full(W, row)


def looks(scene: RGB) -> tuple[np.ndarray, edges.Edges]:
    lab = edges.lab_of(scene)
    return lab, edges.find(lab)


def shore() -> RGB:
    """A dark far shore that ends in the picture, water, and in front of both a beach as dark as the shore."""
    return picture(
        (below(120), LAND, 5),
        (below(150), WATER, 3),
        (below(150) & block(0, H, 330, W), LAND, 5),
        (below(225), LAND, 5),
    )


def cliff() -> np.ndarray:
    """The border of the far shore that falls through the beach to the picture's foot where the shore ends."""
    path = np.full(W, 150, np.int32)
    path[330:] = 310
    return path


def test_an_outline_does_not_tear_and_a_cut_through_one_colour_does() -> None:
    scene = picture((below(200), LAND, 4), (block(100, 200, 200, 260), LAND, 4))
    outline = np.full(W, 200, np.int32)
    outline[200:260] = 100
    through = np.full(W, 150, np.int32)
    straight = np.full(W, 200, np.int32)
    lab, edge = looks(scene)
    assert tearing.torn(lab, edge, outline) < 1
    assert tearing.torn(lab, edge, straight) > 5
    assert tearing.torn(lab, edge, through) > tearing.torn(lab, edge, outline) + 2


def test_a_border_that_falls_through_a_beach_stays_level_there() -> None:
    lab, edge = looks(shore())
    mended = tearing.mend(lab, edge, cliff(), np.full(W, 150, np.int32))
    np.testing.assert_array_equal(mended, 150)


def test_no_border_is_proposed_that_gives_the_beach_to_the_far_shore() -> None:
    """A beach that is as dark as the hills behind the lake is not theirs."""
    skyline, *others = suggest.suggest(shore(), None, 0.22).wanted
    assert np.abs(skyline - 120).max() <= 2
    # that of the far bank would run through beach and hills alike for a third of its way
    assert not [rows for rows in others if np.abs(rows[:320] - 150).max() <= 3 or np.ptp(rows) > 40]


def test_the_cut_does_not_give_the_beach_to_the_far_shore() -> None:
    far, near = contour_cut.cut(shore(), [level(150), level(225)], 0.22)
    assert (far.heights <= 228).all()
    assert np.abs(near.heights[:320] - 225).max() <= 3
    assert np.ptp(near.heights) < 40


@pytest.mark.parametrize("width", [3, 6, 24])
def test_thin_and_thick_towers_stay(width: int) -> None:
    scene = picture((below(200), LAND, 4), (block(145, 200, 240, 240 + width), LAND, 4))
    path = np.full(W, 200, np.int32)
    path[240 : 240 + width] = 145
    lab, edge = looks(scene)
    np.testing.assert_array_equal(tearing.mend(lab, edge, path, np.full(W, 200, np.int32)), path)
    (contour,) = contour_cut.cut(scene, [level(200)], 0.22)
    (mask,) = contour_cut.nested([contour], H)
    assert mask[150:200, 240 + width // 2].all()
    assert not mask[145:180, 230].any()


def test_a_boat_before_water_of_its_own_colour_is_not_cut() -> None:
    """Only its rim shows where it begins: the border keeps to the rim, and does not fall into the water beside it."""
    boat = block(170, 260, 180, 300)
    scene = picture((below(120), WATER, 3), (boat, WATER, 3), (below(250), BEACH, 8))
    scene[168:172, 180:300] = 40
    scene[170:250, 180:183] = scene[170:250, 297:300] = 40
    path = np.full(W, 250, np.int32)
    path[180:300] = 168
    fallen = path.copy()
    fallen[220:260] = 230
    lab, edge = looks(scene)
    assert tearing.torn(lab, edge, path) <= tearing.torn(lab, edge, fallen)
    np.testing.assert_array_equal(tearing.mend(lab, edge, path, np.full(W, 250, np.int32), fallen), path)
    masks = contour_cut.nested(contour_cut.cut(scene, [level(250)], 0.22), H)
    assert np.ptp(masks[0][175:245, 185:295].astype(int)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_nothing_tears_more_than_the_plain_line_or_than_is_seen(seed: int) -> None:
    """Whatever was found: here paths at random through blotches at random."""
    rng = np.random.default_rng(seed)
    blotches = cv2.resize(rng.integers(0, 256, (8, 12, 3), dtype=np.uint8), (240, 160), interpolation=cv2.INTER_CUBIC)
    lab, edge = looks(blotches)
    wander = np.clip(80 + np.cumsum(rng.integers(-6, 7, (3, 240)), axis=1), 0, 160).astype(np.int32)
    plain = np.full(240, 80, np.int32)
    for path in wander:
        mended = tearing.mend(lab, edge, path, plain, wander[0])
        assert tearing.torn(lab, edge, mended) <= max(tearing.SEEN, tearing.torn(lab, edge, plain)) + 1e-9
        assert ((mended == path) | (mended == plain) | (mended == wander[0])).all()


def test_a_drawn_line_is_the_plain_line() -> None:
    """Through one colour, where everything tears: what somebody drew is taken, and not a level row."""
    drawn = np.interp(np.arange(W), [0, W - 1], [120.0, 200.0])
    path = np.full(W, 160, np.int32)
    path[200:280] = 300
    (wish,) = rough_cut.wishes([drawn], H, 0.22)
    np.testing.assert_array_equal(wish.line(path, np.zeros(W, np.int32)), np.round(drawn))
    assert rough_cut.Wish(drawn, 1, 1, None).line(path, np.zeros(W, np.int32)).max() == 160


def test_a_border_that_tears_like_a_straight_one_is_not_sure() -> None:
    towers = np.arange(W)[None] // 40 % 2 == 0
    scene = picture((below(200), LAND, 4), (towers & block(100, 200, 0, W), LAND, 4))
    outline = np.where(towers[0], 100, 200).astype(np.int32)
    through = np.full(W, 150, np.int32)
    sketch = rough_cut.sketch(scene)
    assert confidence.along(sketch, outline, under_sky=False) > 0.6
    assert confidence.along(sketch, through, under_sky=False) == 0


def test_a_line_at_the_rim_tears_nothing() -> None:
    lab, edge = looks(shore())
    assert tearing.torn(lab, edge, np.zeros(W, np.int32)) == 0
    assert tearing.torn(lab, edge, np.full(W, H, np.int32)) == 0


def test_pictures_of_few_columns_have_borders_too() -> None:
    lab, edge = looks(np.ascontiguousarray(shore()[:48, :64]))
    path = np.full(64, 20, np.int32)
    np.testing.assert_array_equal(tearing.mend(lab, edge, path, path), path)
