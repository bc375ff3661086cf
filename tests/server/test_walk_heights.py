"""Skylines that meet at a landing, and heights that fade."""

import itertools

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.heights import (
    FACE,
    Rise,
    Room,
    fading,
    foot,
    goes_on_at,
    meeting,
    outline,
    raised,
    reach,
    skyline,
    step_prices,
)
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape

HEIGHT, WIDTH = 160, 480
STILL = np.zeros(30, np.float32), np.zeros(4, np.float32), np.zeros(4, np.int64)


def falling_meadow() -> Ground:
    """A hillside that falls by 60 px from the left to the right: no landing continues its skyline."""
    random = np.random.default_rng(3)
    x, y = np.arange(WIDTH), np.arange(HEIGHT)[:, None]
    line = 20 + 60 * x / WIDTH + 4 * np.sin(x / 25)
    grain = cv2.GaussianBlur(random.normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 1.5)
    rgb = (np.array((70, 120, 50), np.float32) + 50 * grain).clip(0, 255).astype(np.uint8)
    alpha = (255 * np.clip(y - line + 0.5, 0, 1)).astype(np.uint8)
    return Ground(np.dstack([rgb, alpha]), 0, HEIGHT, 0, 0, np.ones(HEIGHT, np.float32))


@pytest.mark.parametrize("around", [None, 2100])
def test_skylines_meet_at_seams_and_no_hole_opens(around: int | None) -> None:
    ground = falling_meadow()
    tape = Tape(ground, WalkSettings(), 1.0, (0, 1), around)
    alpha = tape.read(0, around + WIDTH if around else 2000)[..., 3]
    assert np.abs(np.diff(skyline(alpha))).max() <= 4
    assert any(abs(edit.rise.px) > 8 for edit in tape.edits)
    assert foot(alpha).max() <= foot(ground.picture[..., 3]).max() + 1
    if around is not None:
        both = tape.read(0, around + WIDTH)
        np.testing.assert_array_equal(both[:, :WIDTH], both[:, around:])
        assert tape.edits[-1].rise.at(np.array([around - tape.edits[-1].start - tape.overlap]))[0] == 0


def test_heights_fade_to_nothing_and_are_kept_over_a_resume() -> None:
    tape = Tape(falling_meadow(), WalkSettings(), 1.0, (0, 1))
    tape.read(0, 1200)
    for edit, following in itertools.pairwise(tape.edits):
        heights = edit.rise.at(np.arange(following.start + tape.overlap - edit.start) - tape.overlap)
        assert (heights[: tape.overlap] == edit.rise.px).all()
        assert np.abs(np.diff(heights)).max(initial=0) <= 1
        assert edit.rise.at(np.array([edit.rise.fade_px]))[0] == 0
    again = Tape(falling_meadow(), WalkSettings(), 1.0, (0, 1))
    again.restore({key: value.copy() for key, value in tape.state().items()})
    assert [e.rise for e in again.edits] == [e.rise for e in tape.edits]
    np.testing.assert_array_equal(again.read(1100, 2000), tape.read(1100, 2000))


def test_raised_columns_are_copies() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (30, 12, 4)).astype(np.uint8)
    picture[0, :, 3] = 0
    heights = np.array([0, 3, -4, 1])
    found = raised(picture, 5, 20, 2, heights, *STILL)
    for x, height in enumerate(heights):
        np.testing.assert_array_equal(found[:, x], picture[5 + height : 25 + height, 2 + x])
    over = raised(picture, 0, 30, 0, np.array([-6, 6]), *STILL)
    assert not over[:6, 0, 3].any()
    np.testing.assert_array_equal(over[24:, 1], picture[28:22:-1, 1])


def test_the_meeting_height_is_that_of_most_columns() -> None:
    old = 40 + np.arange(30) // 5
    new = old + 17
    new[:6] -= 30  # a tree
    even = np.full(30, 1 / 30)
    assert meeting(old, new, even, (0, 0), 60) == 17
    assert meeting(old, old, even, (-5, 5), 60) == 0


def test_a_twig_and_a_cloud_are_no_outline() -> None:
    alpha = np.zeros((80, 60), np.uint8)
    alpha[40:] = 255
    alpha[10:, 20:23] = 255
    alpha[5:9] = 255
    np.testing.assert_array_equal(outline(alpha), np.full(60, 40))


def test_a_rise_without_room_is_smaller_or_fades_faster() -> None:
    free = Room(np.full(900, 200), np.full(900, 200))
    assert fading(-20, free, 40, 80) == Rise(-20, 200)
    low = Room(np.full(900, 200), np.where(np.arange(900) < 40, 12, 200))
    assert fading(-20, low, 40, 80).px == -12
    later = Room(np.full(900, 200), np.where(np.arange(900) < 160, 200, 0))
    assert fading(-20, later, 40, 80).px == -20
    assert fading(-20, later, 40, 80).fade_px < 200
    assert fading(20, free, 40, 80, columns=16).px <= 4


def test_a_step_costs_and_a_continued_skyline_does_not() -> None:
    line = np.concatenate([np.full(20, 50.0), np.full(20, 90.0)])
    price = step_prices([line], 5, (0, 0), 99, 99)
    assert price[2, 10] == 0
    assert price[2, 30] == pytest.approx((40 - 2) / 20)
    assert step_prices([line], 5, (-50, 50), 0, 0)[2, 30] == 0


def test_a_step_that_has_no_room_to_fade_costs_more() -> None:
    line = np.concatenate([np.full(20, 50.0), np.full(20, 90.0)])
    price = step_prices([line], 5, (0, 0), np.where(np.arange(40) < 32, 99.0, 10.0), 0.0)
    assert price[2, 30] == pytest.approx(38 / 20)
    assert price[2, 33] == pytest.approx((38 + FACE * 28) / 20)
    assert price[30, 2] == pytest.approx((38 + FACE * 38) / 20)  # downwards there is no room at all


def test_reach_is_what_a_rise_can_fade() -> None:
    cell, overlap = 4, 10
    random = np.random.default_rng(2)
    room = np.repeat(random.integers(10, 90, 25), 8).astype(float)
    found = reach(room, overlap, cell)
    for start in (0, 40, 100):
        columns = np.repeat(room[start:], cell).astype(np.int64)
        free = Room(columns, columns)
        there = int(found[start])
        assert fading(there, free, overlap * cell, 2 * overlap * cell).px >= 0.9 * there
        assert fading(2 * there, free, overlap * cell, 2 * overlap * cell).px <= 1.1 * there + 1


def test_the_source_s_edge_does_not_go_on_into_a_cliff() -> None:
    """A peak touches the right edge. A slope like it breaks off just where the source would end; a plateau goes on."""
    line = np.full(WIDTH, 90)
    line[100:190] = line[-90:] = np.linspace(90, 20, 90).astype(int)
    line[250:280], line[280:350] = np.linspace(90, 20, 30).astype(int), 20
    line[350:390] = np.linspace(20, 90, 40).astype(int)
    alpha = np.where(np.arange(HEIGHT)[:, None] >= line, 255, 0).astype(np.uint8)
    rgb = np.random.default_rng(0).integers(90, 110, (HEIGHT, WIDTH, 3), np.uint8)
    for seed in range(3):
        ground = Ground(np.dstack([rgb, alpha]), 0, HEIGHT, 0, 0, np.ones(HEIGHT, np.float32))
        shown = skyline(Tape(ground, WalkSettings(), 1.0, (seed, 1)).read(0, WIDTH + 60)[..., 3])
        assert np.abs(np.diff(shown[WIDTH - 4 : WIDTH + 20])).max() <= 12


def test_a_ring_comes_home_without_a_step() -> None:
    """A cliff stands at the source's left edge, and nothing else is as high."""
    x, y = np.arange(WIDTH), np.arange(HEIGHT)[:, None]
    line = 100 - 60 * np.exp(-x / 40) + 4 * np.sin(x / 25)
    alpha = (255 * np.clip(y - line + 0.5, 0, 1)).astype(np.uint8)
    rgb = np.random.default_rng(3).integers(80, 110, (HEIGHT, WIDTH, 3), np.uint8)
    ground = Ground(np.dstack([rgb, alpha]), 0, HEIGHT, 0, 0, np.ones(HEIGHT, np.float32))
    for around in (1100, 1500, 2600):
        tape = Tape(ground, WalkSettings(), 1.0, (0, 1), around)
        shown = tape.read(0, around + WIDTH)
        np.testing.assert_array_equal(shown[:, :WIDTH], shown[:, around:])
        home = skyline(shown[..., 3])[around - 80 : around + tape.overlap]
        assert np.abs(home[8:] - home[:-8]).max() <= 6
        assert foot(shown[..., 3]).max() <= foot(alpha).max() + 1
        assert tape._ring is not None
        assert tape.edits[-1].start + tape.overlap <= around - tape._ring.ending.settling_px


def test_a_ridge_goes_on_behind_a_twig_that_the_edge_cuts() -> None:
    ridge = 120 + np.arange(80) // 3
    twig, cliff = ridge.copy(), ridge.copy()
    twig[64:], cliff[30:] = 53, 53
    assert abs(goes_on_at(twig) - ridge[-1]) <= 1
    assert goes_on_at(cliff) == 53, "what is as wide as half of it is the skyline"
    assert goes_on_at(np.where(np.arange(80) < 30, 320, 384)) == 384
    assert goes_on_at(np.array([9, 9, 3])) == 3
