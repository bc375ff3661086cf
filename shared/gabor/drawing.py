"""Wavelets drawn at any size, in numpy: each only where it is seen, within three and a half of its widths.

A wave over a patch is the product of a wave over its columns and one over its rows, so sines are taken of lines and not
of areas. Drawing every wavelet over the whole picture, as the original does, was the other road: at 1920 px it costs
fifty times as much.
"""

import numpy as np
from numpy.typing import NDArray

from .wavelets import Wavelets

CUT = 3.5

Sum = NDArray[np.float32]  # [3, H, W]
Coefficients = NDArray[np.complex128]  # [N, 3]


def draw(wavelets: Wavelets, width: int, height: int) -> NDArray[np.uint8]:
    """The picture, RGB uint8 [height, width, 3]."""
    total = summed(wavelets, wavelets.coefficients, width, height)
    return as_picture(total)


def as_picture(total: Sum) -> NDArray[np.uint8]:
    """A sum from -1 (black) to 1 as RGB uint8 [H, W, 3]."""
    values = np.rint((np.clip(total, -1, 1) + 1) * 127.5)
    return np.ascontiguousarray(values.transpose(1, 2, 0), np.uint8)


def summed(wavelets: Wavelets, coefficients: Coefficients, width: int, height: int, level: bool = False) -> Sum:
    """The sum of wavelets with these complex coefficients in place of their own, float32 [3, height, width], uncut.

    `level` takes from each wave what its mean under its bell is, as Morlet's wavelets have it: whatever its phase, it
    then gives no light and takes none.
    """
    out = np.zeros((3, height, width), np.float32)
    at_x, at_y = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    for row, own in zip(wavelets.limited.rows, coefficients, strict=True):
        spot = _seen(row, width, height)
        if spot is None or not own.any():
            continue
        rows, columns = spot
        patch = _patch(row, at_x[columns] - row[0], at_y[rows] - row[1], level)
        out[:, rows, columns] += (own[:, None, None] * patch[None]).real.astype(np.float32)
    return out


def _seen(row: NDArray[np.float64], width: int, height: int) -> tuple[slice, slice] | None:
    """The rows and columns within CUT widths of a wavelet; None when there are none."""
    cos, sin = np.cos(2 * np.pi * row[2]), np.sin(2 * np.pi * row[2])
    reach_x = CUT * np.hypot(row[3] * cos, row[4] * sin)
    reach_y = CUT * np.hypot(row[3] * sin, row[4] * cos)
    columns, rows = (
        slice(
            max(0, int(np.ceil((middle - reach + 1) / 2 * (size - 1)))),
            min(size, int(np.floor((middle + reach + 1) / 2 * (size - 1))) + 1),
        )
        for middle, reach, size in ((row[0], reach_x, width), (row[1], reach_y, height))
    )
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def _patch(
    row: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], level: bool
) -> NDArray[np.complex64]:
    """exp(-x'^2 / 2 sigma^2 - y'^2 / 2 gamma^2) (exp(i k x') - m) over places relative to the wavelet's middle; m is
    exp(-(k sigma)^2 / 2) where it is to be `level`, else 0."""
    cos, sin = np.cos(2 * np.pi * row[2]), np.sin(2 * np.pi * row[2])
    across, along = 0.5 / row[3] ** 2, 0.5 / row[4] ** 2
    xx, xy, yy = cos**2 * across + sin**2 * along, cos * sin * (across - along), sin**2 * across + cos**2 * along
    fall = (xx * x * x)[None] + (yy * y * y)[:, None] + (2 * xy * y)[:, None] * x[None]
    k = 2 * np.pi / np.exp(row[5])
    waves = np.exp(1j * k * sin * y).astype(np.complex64)[:, None] * np.exp(1j * k * cos * x).astype(np.complex64)
    if level:
        waves -= np.complex64(np.exp(-((k * row[3]) ** 2) / 2))
    return np.asarray(np.exp(-fall.astype(np.float32)) * waves, np.complex64)
