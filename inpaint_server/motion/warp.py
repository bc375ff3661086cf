"""A layer displaced by a spectral volume, fast enough to be watched: inverted on the coarse grid, warped backwards.

What is displaced forwards by D stands at p + D(p); to look up what stands at p one needs B with B(p) = D(p - B(p)),
three rounds of which are enough where nothing folds (`spectral.folding`). The layers behind are painted already, so
the holes that a forward warp leaves never need to be filled; `splat` does it forwards, and is kept as the measure.
Straight alpha would bring the colour of nothing into every rim, so pictures are premultiplied.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.spectral.volume import Displacement
from ..engines.contract import RGBA

ROUNDS = 3


def inverted(moved: Displacement, width: int, height: int, rounds: int = ROUNDS) -> Displacement:
    """B with B(p) = D(p - B(p)) on the grid of D, float32 [2, h, w]; both in px of a picture `width` x `height`."""
    rows, columns = moved.shape[1:]
    cell_x, cell_y = np.float32(columns / width), np.float32(rows / height)
    forwards = np.ascontiguousarray(moved.transpose(1, 2, 0))
    x, y = _places(rows, columns)
    back = forwards
    for _ in range(rounds):
        back = _looked_up(forwards, x - back[..., 0] * cell_x, y - back[..., 1] * cell_y)
    return np.ascontiguousarray(back.transpose(2, 0, 1))


def _looked_up(field: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _places(rows: int, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    return x, y


class Warp:
    """Warps pictures of one size; the places of its pixels are computed once."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._x, self._y = _places(height, width)
        self._at_x, self._at_y = np.empty_like(self._x), np.empty_like(self._y)

    def __call__(self, premultiplied: RGBA, moved: Displacement) -> RGBA:
        """The picture, RGBA uint8 [H, W, 4] with colour times alpha, displaced by D float32 [2, h, w] in px.

        Beyond its rim it goes on mirrored.
        """
        back = inverted(moved, self.width, self.height)
        for axis, places, out in ((0, self._x, self._at_x), (1, self._y, self._at_y)):
            whole = cv2.resize(back[axis], (self.width, self.height), interpolation=cv2.INTER_LINEAR)
            np.subtract(places, whole, out=out)
        fixed, parts = cv2.convertMaps(self._at_x, self._at_y, cv2.CV_16SC2)
        warped = cv2.remap(premultiplied, fixed, parts, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(warped, np.uint8)


def premultiplied(picture: NDArray[Any]) -> RGBA:
    """RGBA uint8 [H, W, 4] with its colour times its alpha; RGB gets an alpha of 255."""
    if picture.shape[2] == 3:
        return cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)  # type: ignore[return-value]
    out = picture.copy()
    alpha = picture[..., 3:].astype(np.uint16)
    out[..., :3] = (picture[..., :3] * alpha + 127) // 255
    return out


def over(far: NDArray[np.uint8], near: RGBA) -> NDArray[np.uint8]:
    """A premultiplied picture laid over RGB uint8 [H, W, 3]."""
    rest = 255 - near[..., 3:].astype(np.uint16)
    return (near[..., :3] + (far * rest + 127) // 255).clip(0, 255).astype(np.uint8)
