"""Borders and rigidity on pictures of a few known pixels, and at a job made by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.quality import borders, rigidity
from infinite_parallax.inpaint_server.quality.report import seen_layers
from infinite_parallax.inpaint_server.quality.rigidity import Window
from numpy.typing import NDArray

from .plates_by_hand import clouds, make

HEIGHT, WIDTH, EDGE = 80, 300, 40


def banded(upper: int, lower: int) -> NDArray[np.uint8]:
    picture = np.full((HEIGHT, WIDTH, 3), upper, np.uint8)
    picture[EDGE:] = lower
    return picture


def two_layers() -> NDArray[np.int8]:
    owners = np.zeros((HEIGHT, WIDTH), np.int8)
    owners[EDGE:] = 1
    return owners


def measured(frame: NDArray[np.uint8], moved: int = -20) -> borders.BorderFigures:
    owners = two_layers()
    source = banded(100, 130)
    found = borders.measure(source, {5: frame}, {0: owners, 5: owners}, {5: [-10, moved]})
    assert list(found) == [5]
    return found[5]


def test_borders_that_stay_as_they_are() -> None:
    figures = measured(banded(100, 130))
    assert (figures.join, figures.excess, figures.broken) == (1, 0, 0)
    assert figures.halo == 0


def test_a_step_that_grows() -> None:
    figures = measured(banded(100, 160))
    assert figures.join == pytest.approx(2)
    assert figures.excess == pytest.approx(30)
    assert figures.broken == 0
    assert measured(banded(60, 150)).broken == 1  # 90 > 2 * 30 + 15 + 4


def test_a_step_that_shrinks_is_no_excess() -> None:
    figures = measured(banded(125, 130))
    assert figures.join == pytest.approx(1 / 6)
    assert figures.excess == figures.broken == 0


def test_half_of_a_border_torn() -> None:
    frame = banded(100, 130)
    frame[EDGE:, : WIDTH // 2] = 230
    figures = measured(frame)
    pieces = WIDTH - 20  # the others came in
    assert figures.excess == pytest.approx(100 * (WIDTH // 2) / pieces)
    assert figures.broken == pytest.approx((WIDTH // 2) / pieces)


def test_a_piece_is_followed_to_its_place_in_the_source() -> None:
    shade = np.arange(WIDTH, dtype=np.uint8) % 100
    source = banded(100, 0)
    source[EDGE:] = (100 + shade)[None, :, None]
    frame = banded(100, 0)
    frame[EDGE:, :-20] = (100 + shade[20:])[None, :, None]
    owners = two_layers()
    for moved, excess in ((-20, 0.0), (20, 20.0)):
        found = borders.measure(source, {1: frame}, {0: owners, 1: owners}, {1: [0, moved]})[1]
        assert (found.excess > 10) == (excess > 0)
    assert borders.measure(source, {1: frame}, {0: owners, 1: owners}, {1: [0, -20]})[1].excess == 0


def test_borders_between_columns_are_seen_too() -> None:
    source, frame = banded(100, 130), banded(100, 160)
    turned = {k: np.ascontiguousarray(two_layers().T) for k in (0, 1)}
    a, b = (np.ascontiguousarray(p.transpose(1, 0, 2)) for p in (source, frame))
    found = borders.measure(a, {1: b}, turned, {1: [0, 0]})[1]
    assert found.join == pytest.approx(2)
    assert found.excess == pytest.approx(30)


def test_a_bright_rim_is_a_halo() -> None:
    frame = banded(100, 130)
    frame[EDGE - 3 : EDGE] = 200
    assert measured(frame).halo > 100


def test_what_cannot_be_told_is_nan() -> None:
    one = np.zeros((HEIGHT, WIDTH), np.int8)
    source = banded(100, 130)
    found = borders.measure(source, {1: source}, {0: one, 1: one}, {1: [0, 0]})[1]
    assert all(math.isnan(v) for v in (found.join, found.excess, found.broken, found.halo))
    gone = measured(banded(100, 130), moved=-(WIDTH - 50))
    assert gone.join == 1
    assert math.isnan(gone.excess)
    assert math.isnan(gone.broken)


def textured(seed: int) -> NDArray[np.uint8]:
    grey = (120 + 30 * clouds(HEIGHT, WIDTH, seed)).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def test_a_thing_that_moves_whole_and_one_that_is_cut() -> None:
    source = textured(1)
    whole = np.roll(source, -12, axis=1)
    cut = whole.copy()
    cut[:EDGE] = np.roll(source, -4, axis=1)[:EDGE]
    window = Window(100, EDGE - 12, 24, 24)
    assert rigidity.residual(source, whole, window, [-4, -12]) == 0
    assert rigidity.residual(source, cut, window, [-4, -12]) > 10
    lower = np.zeros((24, 24), np.bool_)
    lower[12:] = True
    assert rigidity.residual(source, cut, Window(100, EDGE - 12, 24, 24, lower), [-4, -12]) < 0.01
    assert math.isnan(rigidity.residual(source, cut, Window(WIDTH - 24, 0, 24, 24), [100, 120]))


def test_windows_stand_at_corners_near_borders() -> None:
    source, owners = textured(2), two_layers()
    windows = rigidity.find_windows(source, owners, size_px=20, most=10)
    assert 3 <= len(windows) <= 10
    assert all(abs(w.y + w.height // 2 - EDGE) <= rigidity.NEAR_PX + 1 for w in windows)
    assert all(w.x >= 0 and w.x + w.width <= WIDTH for w in windows)
    found = rigidity.measure(source, {0: source, 3: np.roll(source, -30, axis=1)}, owners, {3: [-30, -10]}, windows)
    assert list(found) == [3]
    assert found[3].worst == 0
    assert found[3].contrast > 10
    assert found[3].windows <= len(windows)


def test_a_picture_without_corners_has_no_windows() -> None:
    flat = banded(90, 90)
    assert rigidity.find_windows(flat, two_layers()) == ()
    assert rigidity.measure(flat, {1: flat}, two_layers(), {1: [-1, -2]}) == {}


def test_the_nearest_layer_that_is_mostly_opaque_is_seen(tmp_path: Path) -> None:
    far, near = np.full((2, 3), 255, np.uint8), np.array([[0, 127, 128], [255, 200, 10]], np.uint8)
    assert seen_layers([far, near]).tolist() == [[0, 0, 1], [1, 1, 0]]
    from infinite_parallax.inpaint_server.quality.painted_job import open_job

    job = open_job(make().write(tmp_path / "job"))
    before, after = (seen_layers(job.alphas(step)) for step in (0, 7))
    shift = -job.positions(7)[2]
    assert ((after == 2)[:, :-shift] == (before == 2)[:, shift:]).all()
    assert set(np.unique(before)) == {0, 1, 2}
