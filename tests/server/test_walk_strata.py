"""Strata that go on behind a landing: shores and paths meet, and where nothing is to be met nothing moves."""

import itertools

import numpy as np
from infinite_parallax.inpaint_server.walk import strata
from infinite_parallax.inpaint_server.walk.edits import packed, unpacked
from infinite_parallax.inpaint_server.walk.ground import Ground
from infinite_parallax.inpaint_server.walk.heights import raised
from infinite_parallax.inpaint_server.walk.settings import WalkSettings
from infinite_parallax.inpaint_server.walk.tape import Tape

ROWS, COLUMNS = 160, 24
EVER = np.ones(ROWS, np.float32)
FREE = np.full(strata.knot_count(ROWS), strata.LIMIT_PX)


def lake(shore: int, path: int, rows: int = ROWS + 2 * strata.LIMIT_PX) -> np.ndarray:
    """Land to row `shore`, then water, with a bright path at row `path`."""
    grain = np.random.default_rng(0).normal(0, 3, (rows, COLUMNS, 3))
    picture = np.where(np.arange(rows)[:, None, None] < shore, 60, 120) + grain
    picture[path : path + 8] += 90
    return picture.astype(np.float32)


def test_a_shore_and_a_path_meet_each_by_itself() -> None:
    bend = strata.meeting(lake(60, 120, ROWS), lake(60 + 32 + 12, 120 + 32 - 6), EVER, FREE, 14.0, 48)
    rows = bend.rows(ROWS)
    assert rows[60] == 12
    assert rows[124] == -6
    assert np.abs(np.diff(bend.knots)).max() <= strata.STEEPEST
    assert bend.share(np.array([-10, 0, bend.fade_px])).tolist() == [1, 1, 0]
    assert bend.fade_px == 10 * 12


def test_what_meets_already_stays() -> None:
    grown = lake(92, 152)
    assert strata.meeting(grown[32:-32], grown, EVER, FREE, 14.0, 48).straight


def test_no_knot_moves_farther_than_there_is_room() -> None:
    room = np.where(np.arange(len(FREE)) < 10, 5, 32)
    bend = strata.meeting(lake(60, 120, ROWS), lake(60 + 32 + 12, 152), EVER, room, 14.0, 48)
    assert 0 < bend.knots[:10].max() <= 5


def test_a_bent_column_is_a_copy_and_keeps_its_skyline() -> None:
    random = np.random.default_rng(1)
    picture = random.integers(1, 255, (60, 3, 4)).astype(np.uint8)
    picture[..., 3] = np.where(np.arange(60)[:, None] < 12, 0, 255)
    low, bend = np.full(3, 11), np.full(40, 9, np.float32)
    share = np.array([1, 0.5, 0], np.float32)
    found = raised(picture, 5, 40, 0, np.zeros(3, np.int64), bend, share, low)
    np.testing.assert_array_equal(found[..., 3], picture[5:45, :, 3])
    np.testing.assert_array_equal(found[24:, 0], picture[38:54, 0])
    np.testing.assert_array_equal(found[20:, 1], picture[29:49, 1])
    np.testing.assert_array_equal(found[:, 2], picture[5:45, 2])
    assert all((picture[:, 0] == pixel).all(1).any() for pixel in found[:, 0])


def slanted_shore() -> Ground:
    """A shore that falls by 20 px from the left to the right under a level skyline: no landing continues both."""
    x, y = np.arange(480), np.arange(160)[:, None]
    line = 60 + 20 * x / 480 + 2 * np.sin(x / 9)
    grain = np.random.default_rng(3).normal(0, 4, (160, 480, 3))
    rgb = np.where((y < line)[..., None], (60, 90, 50), (120, 130, 150)) + grain
    alpha = np.broadcast_to(np.where(y < 20, 0, 255), (160, 480))
    pixels = np.dstack([rgb.clip(0, 255), alpha]).astype(np.uint8)
    return Ground(pixels, 0, 160, 0, 0, np.ones(160, np.float32))


def shore_steps(bend: float) -> float:
    """The greatest step that the shore makes at a landing, px."""
    tape = Tape(slanted_shore(), WalkSettings(bend=bend, mirror=False), 1.0, (0, 1))
    shown = tape.read(0, 2400)
    shore = (shown[30:, :, 2].astype(int) < 85).sum(0)
    seams = [int(np.median(e.seam.cut)) + e.start for e in tape.edits if e.seam and e.start < 2300]
    return max(abs(np.median(shore[x + 6 : x + 14]) - np.median(shore[x - 14 : x - 6])) for x in seams)


def test_a_shore_goes_on_at_landings() -> None:
    straight, bent = shore_steps(0), shore_steps(32)
    assert straight >= 8
    assert bent <= 4


def test_bends_are_kept_over_a_resume() -> None:
    tape = Tape(slanted_shore(), WalkSettings(), 1.0, (0, 1))
    tape.read(0, 1500)
    assert any(not edit.bend.straight for edit in tape.edits if edit.bend)
    for kept, edit in zip(unpacked(packed(tape.edits, 160)), tape.edits, strict=True):
        assert kept.bend is not None
        assert edit.bend is not None
        np.testing.assert_array_equal(kept.bend.knots, edit.bend.knots)
        assert kept.bend.fade_px == edit.bend.fade_px
    again = Tape(slanted_shore(), WalkSettings(), 1.0, (0, 1))
    again.restore({key: value.copy() for key, value in tape.state().items()})
    np.testing.assert_array_equal(again.read(1400, 2400), tape.read(1400, 2400))
    assert all(a.start < b.start for a, b in itertools.pairwise(again.edits))
