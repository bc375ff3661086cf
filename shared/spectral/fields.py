"""Smooth random fields and blurs on a coarse grid, in numpy alone, because Blender has nothing else.

A field is white noise under a Gaussian in the frequency domain. Noise on a coarser grid, blown up, was the other road:
it is faster, and its grid shows in the motion of a lawn.
"""

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]  # [h, w]
FARTHEST = 0.15
"""How far the farthest place of a depth map moves, in parts of the nearest."""


def nearness(depth: Field, moving: Field) -> Field:
    """How far each place moves by its depth, float32 [h, w], 1 in the mean of what is `moving`, 0 to 1 [h, w].

    `depth` float32 [h, w] is 0 far away to 1 near.
    """
    near = FARTHEST + (1 - FARTHEST) * depth
    return np.asarray(near * (float(moving.sum()) / max(float((near * moving).sum()), 1e-9)), np.float32)


def gaussian(field: Field, sigma_y: float, sigma_x: float) -> Field:
    """A field blurred with a Gaussian of these standard deviations in cells; it goes on mirrored beyond its rim."""
    pads = [min(int(np.ceil(3 * sigma)), 4 * size) for sigma, size in zip((sigma_y, sigma_x), field.shape, strict=True)]
    wide = np.pad(field, [(pad, pad) for pad in pads], mode="symmetric")
    soft = np.fft.irfft2(np.fft.rfft2(wide) * _response(wide.shape, sigma_y, sigma_x), wide.shape)
    inner = tuple(slice(pad, pad + size) for pad, size in zip(pads, field.shape, strict=True))
    return np.asarray(soft[inner], np.float32)


def noise(
    random: np.random.Generator, height: int, width: int, length_y: float, length_x: float, periodic: bool = False
) -> Field:
    """Gaussian noise of mean 0 and deviation 1 whose correlation falls to 1/e^(1/4) within these lengths, in cells.

    With `periodic` the right edge goes on at the left one.
    """
    pad_y, pad_x = int(np.ceil(3 * length_y)), 0 if periodic else int(np.ceil(3 * length_x))
    white = random.standard_normal((height + pad_y, width + pad_x))
    soft = np.fft.irfft2(np.fft.rfft2(white) * _response(white.shape, length_y, length_x), white.shape)
    cut = soft[:height, :width]
    return np.asarray((cut - cut.mean()) / max(float(cut.std()), 1e-9), np.float32)


def _response(shape: tuple[int, ...], sigma_y: float, sigma_x: float) -> NDArray[np.float64]:
    """The transform of a Gaussian with sum 1 on a grid of this shape, as `rfft2` lays frequencies out."""
    y, x = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    exponent = 2 * np.pi**2 * ((sigma_y * y) ** 2 + (sigma_x * x) ** 2)
    return np.asarray(np.exp(-exponent))
