"""Specks that a cut left behind: leaves, flags and mast tips that stand alone on the farther side of a border.

They would stay in the sky when their tree moves on, and be copied all over it when the sky is painted. What is near
the border, has the nearer layer's colours, ends as sharply as a thing does and is small, is handed to the nearer layer.
A second cut with other weights finds them too, and takes the dark edges of clouds with them.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .cutout import RGB, Bool
from .oddities import square_length

F32 = NDArray[np.float32]
SMALL_PX = 800  # the search sees the picture at about this width
REACH = 0.1  # of the picture's height
WEAK, MEAN, STRONG = 0.35, 0.6, 0.8  # how far a colour has gone from the farther side's to the nearer side's
SHARP = 0.42  # how much of that way is made within the outermost pixels
LEAST_CONTRAST = 10.0  # grey levels between both sides
CALM = 3.8  # times the farther side's own mean deviation that the contrast must be
THICKEST = 0.07  # of the reach, to both sides of a speck's middle
FOREIGN = 0.6  # of that contrast: a colour farther off is neither side's


def claim(picture: RGB, mask: Bool, where: Bool) -> Bool:
    """The specks beyond the border of `mask` that look like what it holds, as far as they are `where` specks are looked
    for; all bool [H, W]."""
    height, width = mask.shape
    nothing = np.zeros(mask.shape, np.bool_)
    scale = max(1, round(width / SMALL_PX))
    size = max(1, width // scale), max(1, height // scale)
    near = np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.uint8)
    away = np.asarray(cv2.distanceTransform(1 - near, cv2.DIST_L2, 3), np.float32)
    reach = REACH * size[1]
    if not near.any() or near.all():
        return nothing
    # a pixel more to all sides, as the way back to the large picture rounds
    looked_at = cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    looked_at = cv2.dilate(looked_at.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not (looked_at & (near == 0) & (away < reach)).any():
        return nothing
    rows = np.flatnonzero((away <= 1.4 * reach).any(1))
    area = slice(int(rows[0]), int(rows[-1]) + 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[area].astype(np.float32)
    specks = _specks(small, near[area], away[area], reach)
    if not specks.any():
        return nothing
    whole = np.zeros(size[::-1], np.uint8)
    whole[area] = specks
    return np.asarray(where & (cv2.resize(whole, (width, height), interpolation=cv2.INTER_NEAREST) > 0), np.bool_)


def _specks(picture: F32, near: NDArray[np.uint8], away: F32, reach: float) -> NDArray[np.uint8]:
    sigma = max(8.0, picture.shape[1] / 60)
    far = ((near == 0) & (away > 2)).astype(np.float32)
    # What lies so deep in the nearer layer that no mean reaches from there to what is looked at.
    whole, last = far, int(np.flatnonzero((near == 0).any(1))[-1])
    shown = slice(0, last + 2 + int(6.1 * sigma))
    picture, near, far, away = picture[shown], near[shown], far[shown], away[shown]
    behind = _mean(picture, far, sigma)
    for _ in range(2):
        # Without the specks themselves.
        odd = square_length(picture - behind) / 12.0**2
        behind = _mean(picture, np.asarray(far / (1 + odd) ** 2, np.float32), sigma)
    front = _mean(picture, near.astype(np.float32), 1.5 * sigma)
    way = front - behind
    contrast = np.maximum(square_length(way), 1e-3)
    share = ((picture - behind) * way).sum(2) / contrast
    rest = np.sqrt(square_length(picture - behind - share[..., None] * way) / contrast)
    fits = (near == 0) & (contrast > 3 * LEAST_CONTRAST**2) & (rest < FOREIGN) & (share > WEAK) & (share < 2)
    out = np.zeros(whole.shape, np.uint8)
    if not (fits & (share > STRONG)).any():
        return out
    # A texture has such specks everywhere: glints on water, stones on a slope.
    usual = np.zeros((*whole.shape, 1), np.float32)
    usual[shown, :, 0] = np.sqrt(square_length(picture - behind))
    fits &= contrast > (CALM * _mean(usual, whole, 3 * sigma)[shown, :, 0]) ** 2
    count, labels, stats, _ = cv2.connectedComponentsWithStats(fits.astype(np.uint8), connectivity=8)
    out[shown] = _kept(count, labels, stats, np.asarray(share, np.float32), away, reach)
    return out


def _kept(
    count: int, labels: NDArray[np.int32], stats: NDArray[np.int32], share: F32, away: F32, reach: float
) -> NDArray[np.uint8]:
    """The components that are near, sharp and strong enough."""
    flat = labels.ravel()
    deep = cv2.distanceTransform((labels > 0).astype(np.uint8), cv2.DIST_L2, 3)
    peak, farthest, thickness = np.zeros((3, count), np.float32)
    np.maximum.at(thickness, flat, deep.ravel())
    np.maximum.at(peak, flat, share.ravel())
    np.maximum.at(farthest, flat, away.ravel())
    area = np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    inside = np.bincount(flat, share.ravel(), count) / area
    grown = cv2.dilate(labels.astype(np.float32), np.ones((7, 7), np.uint8)).astype(np.int32)
    ring = (cv2.dilate((labels > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) == 0) & (grown > 0) & (away > 0)
    around = np.bincount(grown[ring], share[ring], count) / np.maximum(np.bincount(grown[ring], minlength=count), 1)
    good = (peak > STRONG) & (inside > MEAN) & (farthest < reach) & (inside - around > SHARP)
    good &= (stats[:, cv2.CC_STAT_HEIGHT] < 1.4 * reach) & (thickness < max(3.0, THICKEST * reach))
    good[0] = False
    return good[labels].astype(np.uint8)


def _mean(picture: F32, weight: F32, sigma: float) -> F32:
    """The weighted mean colour round every pixel."""
    weighted = cv2.GaussianBlur(picture * weight[..., None], (0, 0), sigma).reshape(picture.shape)
    return np.asarray(weighted / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-5)[..., None], np.float32)
