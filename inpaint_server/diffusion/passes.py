"""A canvas painted crop by crop: each sees what those before it painted, and they flow into each other.

What a model paints near the edge of its square, towards what is not painted yet, it paints without knowing what comes
there. So those pixels are trusted less the nearer they are to the unpainted, and the next crop paints them again and
fades over them. Cutting the hole into parts that only touch was the other road: the seam is seen.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from ..walk.donor_fill import spread
from .colours import matched
from .crops import OVERLAP_SHARE, Crop, crops

RGB = NDArray[np.uint8]
Bool = NDArray[np.bool_]
F32 = NDArray[np.float32]
MID_GREY = 128.0


Paint = Callable[[RGB, Bool, Crop, int], RGB]
"""Paints a crop: called with its picture uint8 [rows, columns, 3], the pixels to paint bool [rows, columns], the crop
itself and its number, it returns the painted picture, same shape."""


def paint_crops(canvas: RGB, hole: Bool, native_px: int, grid: int, paint: Paint) -> RGB:
    """`canvas` [H, W, 3] with `hole` [H, W] painted by `paint`, which is given crops of `native_px` on its own grid."""
    done, unpainted = canvas.copy(), hole.copy()
    for number, crop in enumerate(crops(hole, native_px, grid)):
        fade = native_px / crop.scale / OVERLAP_SHARE
        share = np.where(hole[crop.spot], 1 - _trust(unpainted, fade)[crop.spot], 0).astype(np.float32)
        again = share > 0
        if again.any():
            part = done[crop.spot]
            painted = _paint_one(part, again, crop, number, paint)
            done[crop.spot] = np.rint(part + (painted.astype(np.float32) - part) * share[..., None]).astype(np.uint8)
            unpainted[crop.spot] = False
    return done


def _trust(unpainted: Bool, fade: float) -> F32:
    """How far each pixel is to be kept, 0..1: 0 within half of `fade` px of the unpainted, 1 beyond the whole of it."""
    distance = cv2.distanceTransform((~unpainted).view(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(2 * distance / fade - 1, 0, 1), np.float32)


def _paint_one(part: RGB, hole: Bool, crop: Crop, number: int, paint: Paint) -> RGB:
    """A crop of the canvas painted: [crop.height, crop.width, 3]."""
    picture, wanted = as_seen(smooth(part, hole), hole, crop)
    painted = matched(paint(picture, wanted, crop, number), picture, ~wanted)[: crop.scaled[0], : crop.scaled[1]]
    if crop.scale == 1:
        return painted
    return np.asarray(cv2.resize(painted, (crop.width, crop.height), interpolation=cv2.INTER_CUBIC), np.uint8)


def as_seen(part: RGB, hole: Bool, crop: Crop) -> tuple[RGB, Bool]:
    """A crop's pixels and its hole at the size the model paints; what goes beyond the crop is continued, and hole."""
    rows, columns = crop.scaled
    if crop.scale != 1:
        shrinks = crop.scale < 1
        part = np.asarray(
            cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
        )
        share = cv2.resize(hole.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
        hole = share > (0 if shrinks else 0.5)
    beyond = (0, crop.rows - rows), (0, crop.columns - columns)
    return np.pad(part, (*beyond, (0, 0)), mode="edge"), np.pad(hole, beyond, constant_values=True)


def smooth(part: RGB, hole: Bool) -> RGB:
    """`part` [h, w, 3] with the colours round the hole [h, w] spread into it.

    The model's first step sees some of what stands under the mask, and the autoencoder lets it bleed over the mask's
    edge: black there darkens the join.
    """
    if hole.all():
        return np.full_like(part, MID_GREY)
    filled = spread(part.astype(np.float32), (~hole).astype(np.float32))
    return np.where(hole[..., None], np.rint(filled).clip(0, 255), part).astype(np.uint8)
