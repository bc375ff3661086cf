"""Wavelets fitted to a cell of a plate (`shared/gabor/plate_fitting.py` says which cells there are).

The tiles that reach into the cell are laid into one picture, because they show the same where they overlap; alpha is
the weight, so that what is never seen costs no wavelet. Fitted is only how the picture differs from itself blurred: a
shimmer is added to the plate, which has its lights and shades already. Fitting the whole picture was the other road; in
a dark one strong wavelets hold each other up, and clouds of light run over it as soon as their phases turn apart.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...shared.gabor.plate_fitting import FITTED_PX, ITERATIONS, MULTIPLE, CellWish
from ...shared.gabor.wavelets import to_text
from .schedule import Course, fit_picture, wavelets_of

Bytes = NDArray[np.uint8]
BLUR_SHARE = 0.06
"""Of the cell's longer side: what is wider than this does not shimmer."""


def fit_cell(
    tiles: Sequence[Bytes], wish: CellWish, cancelled: Callable[[], bool] = lambda: False, device: str = "cpu"
) -> str:
    """The text file of the wavelets of a cell, empty where nothing is seen of it.

    `tiles` are RGBA uint8 [h, w, 4] with straight alpha, as many as `wish.tiles` has places.
    """
    part = _joined(tiles, wish)
    if not part[..., 3].any():
        return ""
    height, width = part.shape[:2]
    scale = min(1.0, FITTED_PX / max(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    colours, alpha = (
        np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, Image.Resampling.BOX))
        for values in (part[..., :3], part[..., 3])
    )
    course = Course(wish.wavelets, ITERATIONS, MULTIPLE, seed=wish.seed, device=device)
    weight = None if alpha.min() == 255 else np.maximum(alpha, 1)
    return to_text(wavelets_of(fit_picture(_detail(colours, alpha), course, weight, cancelled=cancelled)))


def _detail(colours: Bytes, alpha: Bytes) -> Bytes:
    """How a picture differs from itself blurred, grey where it does not; uint8 [h, w, 3]."""
    sigma = BLUR_SHARE * max(alpha.shape)
    share = np.maximum(alpha, 1).astype(np.float32)[..., None] / 255

    def blurred(values: NDArray[Any]) -> NDArray[Any]:
        found = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        return np.asarray(found, np.float32).reshape(values.shape)

    off = colours - blurred(colours * share) / blurred(share)
    return np.asarray(np.clip(np.rint(127.5 + off), 0, 255), np.uint8)


def _joined(tiles: Sequence[Bytes], wish: CellWish) -> Bytes:
    """What the tiles show of a cell, RGBA uint8 [height, width, 4]; of two the more opaque one counts."""
    whole = np.zeros((wish.height, wish.width, 4), np.uint8)
    for tile, place in zip(tiles, wish.tiles, strict=True):
        x, y = round(place[0]) - wish.x, round(place[1]) - wish.y
        left, top = max(x, 0), max(y, 0)
        shown = tile[top - y : max(0, wish.height - y), left - x : max(0, wish.width - x)]
        if shown.size:
            part = whole[top:, left:][: shown.shape[0], : shown.shape[1]]
            seen = shown[..., 3] >= part[..., 3]
            part[seen] = shown[seen]
    return whole
