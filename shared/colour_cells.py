"""How the colours of a tile are spread, in cells of 64 px: enough to know what any part of it looks like on the whole.

A painted tile is measured once, while its pixels are at hand, and the manifest carries seven bytes for each cell; so a
scene of a thousand steps is matched in colour without opening one picture, by Blender too, whose Python reads pictures
slowly. Measuring whole tiles was the other road: a tile is as long as several frames, and what drifts inside it could
not be followed.
"""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import ParallaxError

Bytes = NDArray[np.uint8]
Values = NDArray[np.float64]
CELL_PX = 64
NUMBERS = 7
"""Of a cell: how opaque it is, the means of red, green and blue, and their standard deviations; 0..255 each."""


def measure(rgba: Bytes) -> str:
    """The cells of a picture uint8 [h, w, 4] with straight alpha, as base64 of uint8 [rows, columns, 7]."""
    # a row of cells at a time: products of a whole tile would take many times its memory
    rows = [_measured(rgba[top : top + CELL_PX]) for top in range(0, rgba.shape[0], CELL_PX)]
    return base64.b64encode(np.rint(np.stack(rows)).astype(np.uint8).tobytes()).decode("ascii")


def _measured(rgba: Bytes) -> Values:
    """The numbers of one row of cells, float64 [columns, 7]."""
    height, width = rgba.shape[:2]
    edges = np.arange(0, width, CELL_PX)
    alpha = rgba[..., 3]
    share = _summed(alpha, edges)
    cells = np.zeros((len(share), NUMBERS), np.float64)
    cells[:, 0] = share / (height * np.diff([*edges, width]))
    weight = np.maximum(share, 1)
    for channel in range(3):
        values = rgba[..., channel]
        once = np.multiply(alpha, values, dtype=np.uint16)
        mean = _summed(once, edges) / weight
        square = _summed(np.multiply(once, values, dtype=np.uint32), edges) / weight
        cells[:, 1 + channel], cells[:, 4 + channel] = mean, np.sqrt(np.maximum(square - mean**2, 0))
    return cells


def _summed(values: NDArray[np.unsignedinteger], edges: NDArray[np.intp]) -> Values:
    return np.add.reduceat(values.sum(axis=0, dtype=np.uint64), edges).astype(np.float64)


@dataclass(frozen=True)
class Moments:
    """Sums over px: their `weight`, and of each channel, 0..1, the values and their squares, float64 [3] each."""

    weight: float
    values: Values
    squares: Values

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(self.weight + other.weight, self.values + other.values, self.squares + other.squares)

    def spread(self) -> Values:
        """Mean and standard deviation by channel, 0..1, float64 [2, 3]; the weight must not be 0."""
        mean = self.values / self.weight
        return np.stack([mean, np.sqrt(np.maximum(self.squares / self.weight - mean**2, 0))])


NOTHING = Moments(0.0, np.zeros(3), np.zeros(3))


@dataclass(frozen=True)
class Cells:
    """The measured cells of a tile of `width` x `height` px; `numbers` float64 [rows, columns, 7]."""

    width: int
    height: int
    numbers: Values

    @classmethod
    def read(cls, text: str, width: int, height: int) -> "Cells":
        """Cells out of their text."""
        rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
        try:
            numbers = np.frombuffer(base64.b64decode(text, validate=True), np.uint8).reshape(rows, columns, NUMBERS)
        except ValueError as e:
            raise ParallaxError("The colours of the plates are not told.", "Make the plates again.") from e
        return cls(width, height, numbers.astype(np.float64))

    def seen(self, left: Values, right: Values, top: float, bottom: float) -> Moments:
        """What columns left..right, each float64 [rows of cells], and rows top..bottom show, in px of the tile."""
        down = _covered(np.array([top]), np.array([bottom]), self.height)[0]
        across = _covered(left, right, self.width)
        weight = (down[:, None] * across) * self.numbers[..., 0] / 255
        mean, deviation = self.numbers[..., 1:4] / 255, self.numbers[..., 4:] / 255
        values = (weight[..., None] * mean).sum(axis=(0, 1))
        return Moments(float(weight.sum()), values, (weight[..., None] * (mean**2 + deviation**2)).sum(axis=(0, 1)))


def _covered(start: Values, end: Values, length: int) -> Values:
    """How many px of each cell along a side of `length` px lie within start..end, [n, cells]."""
    edges = np.minimum(np.arange(0, length + CELL_PX, CELL_PX), length)[: -(-length // CELL_PX) + 1]
    inside = np.minimum(edges[1:], end[:, None]) - np.maximum(edges[:-1], start[:, None])
    return np.asarray(np.maximum(inside, 0.0))
