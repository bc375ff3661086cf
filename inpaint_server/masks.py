"""From the hole to the mask: the preprocessing parts of the step loop, each optional, in one fixed order.

Grow along the layer's motion by the feather extent, fading out; grow in all directions, with tapered corners or
without; blur; lerp with the step before; falloff. The original grew in all directions only, although its text promised
the growth along the motion; both are here, as separate settings. The feather is the ramp of the first part, carried
outwards by the others: laid over their result at the end, it left a bright rim beyond its own dark end. A mask is
uint8 [H, W]: 255 paint, 0 keep, between them the share of the painted picture in the result. Holes are 255 whatever
the settings say, because nothing lies there.
"""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shared.sections import MaskShape
from .engines.contract import RGB, LayerView, Mask, OwnerMap
from .regions import bounds

Bool = NDArray[np.bool_]


def reach_px(shape: MaskShape) -> int:
    """How far beyond a hole the mask can reach, in px."""
    return shape.feather_px + shape.grow_px + math.ceil(3 * shape.blur_px)


def is_plain(shape: MaskShape) -> bool:
    """Whether a mask is its hole and nothing else."""
    return shape == MaskShape(taper_corners=shape.taper_corners)


def prepare(
    hole: Bool, owner: OwnerMap, layers: Sequence[LayerView], shape: MaskShape, previous: Mask | None = None
) -> Mask:
    """The mask for a hole [H, W]; `previous` is the mask of the step before, on the same canvas."""
    if is_plain(shape):
        return hole.astype(np.uint8) * 255
    mask = grow_along(hole, owner, layers, shape.feather_px)
    mask = grow(mask, shape.grow_px, shape.taper_corners)
    mask = blur(mask, shape.blur_px)
    mask = lerp(mask, previous, shape.lerp_alpha)
    mask = fall_off(mask, previous, shape.falloff)
    mask[hole] = 255
    return mask


def grow_along(hole: Bool, owner: OwnerMap, layers: Sequence[LayerView], extent_px: int) -> Mask:
    """The hole and, over the known pixels of the same layer along its axis of motion, a ramp down to 0.

    The value at distance j of the hole is 255 * (1 - j / (extent + 1)). It grows to both sides of the axis, because
    a hole that opens behind a nearer layer has its own layer's picture on the other side than one at the frame's edge.
    """
    ramp: Mask = hole.astype(np.uint8) * 255
    if extent_px == 0 or not hole.any():
        return ramp
    for layer in layers:
        own = owner == layer.index
        length = math.hypot(*layer.velocity)
        if length == 0 or not (hole & own).any():
            continue
        ux, uy = layer.velocity[0] / length, layer.velocity[1] / length
        seed = hole & own
        for j in range(1, extent_px + 1):
            value = round(255 * (1 - j / (extent_px + 1)))
            for sign in (1, -1):
                moved = shift(seed, round(sign * j * ux), round(sign * j * uy)) & own
                np.maximum(ramp, moved.astype(np.uint8) * value, out=ramp)
    return ramp


def shift(mask: Bool, dx: int, dy: int) -> Bool:
    """The mask moved by dx columns and dy rows; what enters is False."""
    out = np.zeros_like(mask)
    h, w = mask.shape
    if abs(dx) >= w or abs(dy) >= h:
        return out
    target = (slice(max(0, dy), h + min(0, dy)), slice(max(0, dx), w + min(0, dx)))
    origin = (slice(max(0, -dy), h + min(0, -dy)), slice(max(0, -dx), w + min(0, -dx)))
    out[target] = mask[origin]
    return out


def grow(mask: Mask, extent_px: int, taper_corners: bool) -> Mask:
    """Grey dilation by `extent_px`: a 3x3 cross each time slants the corners, a full 3x3 square keeps them."""
    if extent_px == 0:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS if taper_corners else cv2.MORPH_RECT, (3, 3))
    return np.asarray(cv2.dilate(mask, kernel, iterations=extent_px), np.uint8)


def blur(mask: Mask, sigma_px: float) -> Mask:
    """Gaussian blur with standard deviation `sigma_px`; the frame's edge is continued, not faded."""
    if sigma_px == 0:
        return mask
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.uint8)


def lerp(mask: Mask, previous: Mask | None, alpha: float) -> Mask:
    """alpha * mask + (1 - alpha) * previous, which calms a mask that flickers from step to step."""
    if previous is None or alpha == 1:
        return mask
    return np.rint(mask * np.float32(alpha) + previous * np.float32(1 - alpha)).astype(np.uint8)


def fall_off(mask: Mask, previous: Mask | None, decay: float) -> Mask:
    """mask + decay * previous, scaled back to at most 255: a trail that fades over the steps; 0 is none."""
    if previous is None or decay == 0:
        return mask
    total = mask.astype(np.float32) + previous * np.float32(decay)
    highest = float(total.max())
    return np.rint(total * (255 / highest)).astype(np.uint8) if highest > 0 else mask


def blend(known: RGB, painted: RGB, mask: Mask) -> None:
    """Paste the painted pixels into `known` [H, W, 3], in place: wholly where the mask is 255, mixed below that.

    Where the mask is 0 nothing is touched, whatever the engine did there.
    """
    spot = bounds(mask)
    part, new, weight = known[spot], painted[spot], mask[spot]
    full = weight == 255
    cv2.copyTo(new, full.view(np.uint8), part)
    soft = (weight > 0) & ~full
    if soft.any():
        w = weight[soft].astype(np.uint32)[:, None]
        part[soft] = ((new[soft] * w + part[soft] * (255 - w) + 127) // 255).astype(np.uint8)
