"""Tiles on disk: what is written is read back by somebody else, and the rim goes on beyond what is known."""

from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.tile_files import continue_rim, whole, write_picture
from PIL import Image

RED, GREEN, BLUE = (200, 0, 0, 255), (0, 200, 0, 255), (0, 0, 200, 90)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_tile_is_read_back_bit_for_bit_and_is_known_to_be_whole(tmp_path: Path, channels: int) -> None:
    random = np.random.default_rng(3)
    soft = np.linspace(0, 255, 90)[None, :, None] * np.ones((40, 1, channels))
    picture = (soft + random.integers(0, 9, (40, 90, channels))).clip(0, 255).astype(np.uint8)
    path = tmp_path / "tile.png"
    write_picture(path, picture)
    assert np.array_equal(np.asarray(Image.open(path)), picture)
    assert path.stat().st_size < 0.8 * picture.nbytes
    assert whole(path)
    path.write_bytes(path.read_bytes()[:-4])
    assert not whole(path)
    assert [p.name for p in tmp_path.iterdir()] == ["tile.png"]


def test_a_rim_goes_on_by_as_many_pixels_as_asked() -> None:
    pixels = np.zeros((5, 7, 4), np.uint8)
    known = np.zeros((5, 7), np.uint8)
    pixels[2, 3], known[2, 3] = RED, 2
    continue_rim(pixels, known, 2)
    rows, columns = np.mgrid[:5, :7]
    reached = abs(rows - 2) + abs(columns - 3) <= 2
    assert np.array_equal(known > 0, reached)
    assert (pixels[reached] == RED).all()
    assert not pixels[~reached].any()
    assert known[2, 3] == 2


def test_of_several_neighbours_that_on_the_left_goes_on_first() -> None:
    pixels = np.array([[RED, (0, 0, 0, 0), GREEN], [BLUE, BLUE, BLUE]], np.uint8)
    known = np.array([[1, 0, 1], [1, 1, 1]], np.uint8)
    continue_rim(pixels, known, 1)
    assert tuple(pixels[0, 1]) == RED
    pixels[0, 1], known[0, :2] = 0, 0
    continue_rim(pixels, known, 1)
    assert tuple(pixels[0, 1]) == GREEN
    assert tuple(pixels[0, 0]) == BLUE
