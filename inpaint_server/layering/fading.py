"""Borders in nothing: where the picture has no edge to part two layers at, the nearer one fades in over the farther.

A border that has to cross a haze or an empty sky shows as a level edge of tone as soon as its sides have drifted apart
and each goes on in its own light. There both layers show the same, so both keep what the source shows, and the nearer
one's matte rises slowly from the one to the other: the first frame is still the source, and later ones have a gradient
where there would be a step. To make both sides equal in tone was the other road; every jump of either would need it
again. In leaves or waves two pictures laid over each other would be seen, so only what is calm fades.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from . import edges, smaller
from .cutout import RGB, Alpha, Bool

F32 = NDArray[np.float32]
WORK_WIDTH = 480
DEEP = 0.06  # of the height: from nothing to all
STEP = 3.0  # in Lab, between two pixels of the small picture: what is more is an edge, or texture
SHORTEST, RISES = 0.06, 0.04  # of the width: stretches that fade, and how soon they do fully
LEAST_PX = 2.0  # of the small picture: shallower is no fade


def fade(picture: RGB, own: Bool, behind: Bool, alpha: Alpha) -> tuple[Alpha, Bool]:
    """A layer's matte uint8 [H, W] with calm stretches of its border faded, and where, bool [H, W].

    `picture`: RGB uint8 [H, W, 3]; `own`: bool [H, W], the layer as it is seen; `behind`: what is seen of the next
    farther one.
    """
    height, width = own.shape
    size = smaller.size_of(own.shape, WORK_WIDTH)
    near, far = (smaller.share(part, size) for part in (own, behind))
    deep = depth(picture, near, far)
    if not deep.any():
        return alpha, np.zeros_like(own)
    side = (near > 0.5).astype(np.uint8)
    away = cv2.distanceTransform(side, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - side, cv2.DIST_L2, 5)
    away = np.where(away > 0, away - 0.5, away + 0.5)
    share = np.clip(0.5 + away / np.maximum(deep, 1), 0, 1)
    # a curve without corners: eyes find the end of a straight ramp
    soft = np.asarray(share * share * (3 - 2 * share), np.float32)
    on_top = np.abs(np.arange(size[1])[:, None] - _top(near)) <= deep / 2 + 1
    there = on_top & (deep >= LEAST_PX) & (np.abs(away) < deep / 2)
    large, zone = (
        cv2.resize(part.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) for part in (soft, there)
    )
    faded = np.asarray((zone > 0.5) & (own | behind), np.bool_)
    out = alpha.copy()
    out[faded] = np.rint(large[faded] * 255).astype(np.uint8)
    return out, faded


def _top(near: F32) -> NDArray[np.intp]:
    """The first row of the nearer side per column, 0 where there is none."""
    return np.asarray((near > 0.5).argmax(0), np.intp)


def depth(picture: RGB, near: F32, far: F32) -> F32:
    """How deep the border between two sides may fade, in rows per column of a small picture, float32 [w].

    `picture`: RGB uint8 [H, W, 3]. `near` and `far`: float32 [h, w], how much of each pixel is on either side.
    """
    height, width = near.shape
    lab = edges.lab_of(smaller.shrunk(picture, (width, height)))
    step = np.zeros((height, width), np.float32)
    step[1:] = np.abs(np.diff(lab, axis=0)).max(2)
    step[:, 1:] = np.maximum(step[:, 1:], np.abs(np.diff(lab, axis=1)).max(2))
    rows = round(DEEP * height)
    busy = (step > STEP) | (near + far < 0.99)
    top = _top(near)
    first = np.arange(height)[:, None] - top
    window = np.abs(first) <= rows // 2 + 1
    calm = (top > rows // 2) & (top < height - rows // 2) & ~(busy & window).any(0)
    # one border in the window: far above, near below
    calm &= ~(((near > 0.5) != (first >= 0)) & window).any(0)
    run = np.ones((1, max(3, round(SHORTEST * width))), np.uint8)
    calm = cv2.morphologyEx(calm[None].astype(np.uint8), cv2.MORPH_OPEN, run, borderType=cv2.BORDER_REPLICATE)[0]
    padded = np.pad(calm, (1, 1), mode="edge")[None]
    inside = cv2.distanceTransform(padded, cv2.DIST_L1, 3)[0, 1:-1] if not calm.all() else np.full(width, np.inf)
    return np.asarray(rows * np.clip(inside / (RISES * width), 0, 1), np.float32)
