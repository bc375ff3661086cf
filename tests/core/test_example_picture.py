"""The example picture: repeatable, a true window of a wider world, evenly lit and rich in texture in every layer."""

import numpy as np
import numpy.typing as npt
import pytest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.example_picture import LAYERS, paint


@pytest.fixture(scope="module")
def picture() -> npt.NDArray[np.uint8]:
    return paint(480, 270)


def test_repeats_itself(picture: npt.NDArray[np.uint8]) -> None:
    assert np.array_equal(paint(480, 270), picture)
    assert not np.array_equal(paint(480, 270, seed=8), picture)


@pytest.mark.parametrize(("width", "height"), [(480, 270), (64, 48), (161, 91)])
def test_wider_picture_goes_on_where_the_narrow_one_ends(width: int, height: int) -> None:
    wide = paint(width, height, extra=0.5)
    assert wide.shape == (height, int(width * 1.5), 3)
    assert wide.dtype == np.uint8
    assert np.array_equal(wide[:, :width], paint(width, height))


def detail(band: npt.NDArray[np.float32]) -> float:
    return float(np.abs(np.diff(band, axis=0)).mean() + np.abs(np.diff(band, axis=1)).mean())


def test_every_layer_has_texture_and_a_blurred_copy_has_not(picture: npt.NDArray[np.uint8]) -> None:
    grey = picture.mean(axis=2, dtype=np.float32)
    blurred = sum(np.roll(grey, (dy, dx), (0, 1)) for dy in range(-3, 4) for dx in range(-3, 4)) / np.float32(49)
    top = 0.0
    for layer in LAYERS:
        rows = slice(round(top * 270) + 4, round((top + layer.height) * 270) - 4)
        assert detail(grey[rows]) > 2.5, layer.name
        assert detail(blurred[rows]) < 0.7 * detail(grey[rows]), layer.name
        top += layer.height


def test_left_and_right_are_equally_bright(picture: npt.NDArray[np.uint8]) -> None:
    left, right = picture[:, :160].mean(), picture[:, 320:].mean()
    assert abs(left - right) < 0.12 * (left + right) / 2


def test_layers_fill_the_picture() -> None:
    assert sum(layer.height for layer in LAYERS) == pytest.approx(1)


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(UsageError):
        paint(8, 270)
    with pytest.raises(UsageError):
        paint(64, 48, extra=-0.1)
