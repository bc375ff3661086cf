"""The example picture: the same bytes every time, true beyond its edge, rich in every layer, and safe to cut.

Nothing is compared with a stored picture, which would forbid every better brush stroke; what is tested is what the
rest of the project relies on. Looking at it stays the work of a person.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.example_picture import LAYERS, paint

WIDTH, HEIGHT = 640, 360
Plane = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def picture() -> npt.NDArray[np.uint8]:
    return paint(WIDTH, HEIGHT)


def luminance(picture: npt.NDArray[np.uint8]) -> Plane:
    return picture.astype(np.float64) @ np.array([0.2126, 0.7152, 0.0722])


def rows_of_layers(height: int) -> list[slice]:
    ends = np.rint(np.cumsum([0.0, *(layer.height for layer in LAYERS)]) * height).astype(int)
    return [slice(top, bottom) for top, bottom in pairwise(ends)]


def cuts(height: int) -> list[int]:
    return [rows.start for rows in rows_of_layers(height)[1:]]


def blurred(plane: Plane, reach: int) -> Plane:
    for axis in (0, 1):
        plane = np.mean([np.roll(plane, shift, axis) for shift in range(-reach, reach + 1)], axis=0)
    return plane


def gradient_energy(plane: Plane) -> float:
    """Root mean square of the difference between neighbours, along both axes, in 8 bit levels."""
    return float(np.sqrt(np.mean(np.diff(plane, axis=0)[:, 1:] ** 2 + np.diff(plane, axis=1)[1:] ** 2)))


def test_same_arguments_give_the_same_bytes_and_another_seed_another_world() -> None:
    one = paint(96, 54)
    assert one.dtype == np.uint8
    assert one.shape == (54, 96, 3)
    assert one.flags.c_contiguous
    assert np.array_equal(one, paint(96, 54))
    other = paint(96, 54, seed=8)
    for rows in rows_of_layers(54):
        assert np.mean(np.abs(one[rows].astype(int) - other[rows])) > 2


@pytest.mark.parametrize(
    ("width", "height", "extra"), [(160, 90, 0.5), (161, 200, 0.31), (100, 120, 1.7), (16, 16, 0.5)]
)
def test_columns_beyond_the_edge_change_nothing_before_it(width: int, height: int, extra: float) -> None:
    wide = paint(width, height, extra=extra)
    assert wide.shape == (height, int(width * (1 + extra)), 3)
    assert np.array_equal(wide[:, :width], paint(width, height))


def test_the_world_goes_on_without_a_seam_beyond_the_edge() -> None:
    tones = luminance(paint(160, 90, extra=0.5))
    steps = np.abs(np.diff(tones, axis=1)).mean(axis=0)
    assert steps[159] < 1.6 * np.median(steps)
    assert tones[:, 160:].std(axis=1).min() > 0.2


@pytest.mark.parametrize(
    ("width", "height", "extra"),
    [
        (15, 90, 0.0),
        (160, 15, 0.0),
        (0, 90, 0.0),
        (160, -90, 0.0),
        (100_000, 90, 0.0),
        (160, 100_000, 0.0),
        (float("nan"), 90, 0.0),
        (160, float("inf"), 0.0),
        (160.5, 90, 0.0),
        (160, 90, -0.1),
        (160, 90, float("nan")),
        (160, 90, float("inf")),
        (160, 90, 1e6),
    ],
)
def test_impossible_sizes_are_refused_with_a_way_out(width: float, height: float, extra: float) -> None:
    with pytest.raises(UsageError) as caught:
        paint(width, height, extra=extra)  # type: ignore[arg-type]
    assert caught.value.hint


def test_layers_fill_the_height_and_come_nearer() -> None:
    assert len(LAYERS) == 5
    assert len({layer.name for layer in LAYERS}) == 5
    assert sum(layer.height for layer in LAYERS) == pytest.approx(1.0, abs=1e-12)
    assert all(layer.height > 0.05 for layer in LAYERS)
    distances = [layer.distance for layer in LAYERS]
    assert distances == sorted(set(distances))


def test_every_layer_has_a_texture_that_a_blurred_copy_lacks(picture: npt.NDArray[np.uint8]) -> None:
    tones = luminance(picture)
    soft = blurred(tones, 3)
    for layer, rows, least in zip(LAYERS, rows_of_layers(HEIGHT), (6.5, 12.0, 20.0, 15.0, 15.0), strict=True):
        assert gradient_energy(tones[rows]) > least, layer.name
        assert gradient_energy(soft[rows]) < least, layer.name


def test_every_layer_is_interesting_and_even_from_left_to_right(picture: npt.NDArray[np.uint8]) -> None:
    tones = luminance(picture)
    for layer, rows in zip(LAYERS, rows_of_layers(HEIGHT), strict=True):
        parts = np.array_split(tones[rows], 4, axis=1)
        means = np.array([part.mean() for part in parts])
        detail = np.array([gradient_energy(part) for part in parts])
        assert means.max() - means.min() < 30, layer.name
        assert detail.min() > 0.6 * detail.max(), layer.name


def tallest_crossing(tones: Plane, cut: int) -> float:
    """How far the most striking thing that stands across a row differs from what lies beside it, in 8 bit levels.

    What crosses a row is lighter, or darker, than its surroundings in all rows about it; a ripple is not.
    """
    reach = HEIGHT // 60
    band = tones[cut - reach : cut + reach]
    away = band - np.stack([np.convolve(row, np.full(41, 1 / 41), "same") for row in band])
    return float(np.max(np.min(away * np.sign(away[0]), axis=0)[20:-20]))


@pytest.mark.parametrize("seed", [7, 1, 23])
def test_nothing_tall_stands_on_a_cut(seed: int) -> None:
    tones = luminance(paint(WIDTH, HEIGHT, seed=seed))
    for cut in cuts(HEIGHT):
        assert tallest_crossing(tones, cut) < 15
        with_mast = tones.copy()
        with_mast[cut - 12 : cut + 12, 300:302] = 20
        assert tallest_crossing(with_mast, cut) > 15


@pytest.mark.parametrize("seed", [7, 1, 23])
def test_summits_and_grass_stay_below_their_cuts(seed: int) -> None:
    tones = luminance(paint(WIDTH, HEIGHT, seed=seed))
    first, *_, last = cuts(HEIGHT)
    hazy_sky = tones[first - 1 : first + 3]
    assert np.abs(np.diff(hazy_sky, axis=0)).mean() < 5
    assert np.abs(np.diff(hazy_sky, axis=1)).mean() < 3
    quiet_water = tones[last - 1 : last + 3]
    assert np.abs(np.diff(quiet_water, axis=1)).mean() < 5
    grass = tones[last + HEIGHT // 20 : last + HEIGHT // 10]
    assert np.abs(np.diff(grass, axis=1)).mean() > 10


def test_the_same_composition_at_every_size(picture: npt.NDArray[np.uint8]) -> None:
    small = luminance(paint(160, 90))
    large = luminance(picture).reshape(90, HEIGHT // 90, 160, WIDTH // 160).mean(axis=(1, 3))
    assert np.corrcoef(blurred(small, 2).ravel(), blurred(large, 2).ravel())[0, 1] > 0.95
