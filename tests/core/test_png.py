"""PNG files: what is written is read back by somebody else, bit for bit."""

import io

import numpy as np
import pytest
from infinite_parallax.shared.png import encode
from PIL import Image


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3), (7, 5, 4), (1, 1), (1, 1, 4)])
def test_what_is_written_is_read_back(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    data = encode(pixels)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
    assert encode(pixels) == data
