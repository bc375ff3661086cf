"""What in a layer does not look like the layer round it, to the pixel: the first question about remains.

Every pixel is compared with the mean colours of its surroundings, from which outliers are dropped, in units of how much
these surroundings differ among themselves: a twig before a calm sky is far out, a stone on a slope of stones is not.
Ridge filters (top-hats at several widths) were the other road: they find the clefts of rock and the edges of clouds as
gladly as a mast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .cutout import RGB, Bool

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
COARSE = 4  # px; surroundings are smooth
AROUND, WIDER = 1 / 100, 1 / 25  # standard deviation of the surroundings, of the width: colours, and their unrest
LEAST_AROUND = 3.0  # coarse pixels: in a smaller circle a twig is its own surroundings
ROUNDS = 2  # in which the surroundings forget what does not belong to them
FAR_FROM = 1.5  # of the unrest: a colour farther off counts less among the surroundings
BESIDE_PX = 2  # that near to a border pixels hold some of both sides
MOST = 40.0  # grey levels: a stronger deviation is no unrest, but a thing
FOREIGN = 2.5  # times the unrest that a colour must be away from its surroundings
LEAST, LEAST_IN_LIGHT = 3.0, 0.04  # grey levels, and of the surroundings' own
FLOOR = 1.5  # grey levels of unrest that are always expected: grain
THICKEST = 1 / 230  # of the width, to both sides of the middle
KNOT = 4  # times the thickest thing: a thick part that extends no farther is part of something thin

LARGE, STRIKING = 1 / 30000, 5.0  # of the picture, and in unrests: who sees such a thing knows it again
LONG = 1 / 12  # of the width


@dataclass(frozen=True)
class Oddities:
    """What does not look like its own layer. All [H, W]: `behind` float32 [H, W, 3], the colours of the surroundings;
    `unrest` of the surroundings and `distance` from them, float32, grey levels; `clear` float32, the distance in
    unrests; `odd` bool, and of that `thin`."""

    behind: F32
    unrest: F32
    distance: F32
    clear: F32
    odd: Bool
    thin: Bool


def find(picture: RGB, masks: Sequence[Bool]) -> Oddities:
    """Compare every pixel of a picture, RGB uint8 [H, W, 3], with its own layer's surroundings; not in the nearest one.

    `masks[i - 1]`: bool [H, W], what belongs to layer i or a nearer one.
    """
    shape = masks[0].shape
    owner = np.zeros(shape, np.uint8)
    for mask in masks:
        owner += mask
    behind = picture.astype(np.float32)
    unrest, distance, clear = (np.zeros(shape, np.float32) for _ in range(3))
    odd = np.zeros(shape, np.uint8)
    for layer in range(len(masks)):
        rows = np.flatnonzero((owner == layer).any(1))
        if not rows.size:
            continue
        area = slice(int(rows[0]), int(rows[-1]) + 1)
        inside = owner[area] == layer
        found: tuple[NDArray[Any], ...] = _compare(picture[area].astype(np.float32), inside)
        wholes: tuple[NDArray[Any], ...] = behind, unrest, distance, clear, odd
        for whole, part in zip(wholes, found, strict=True):
            cv2.copyTo(part, inside.view(np.uint8), whole[area])
    return Oddities(behind, unrest, distance, clear, odd > 0, (odd > 0) & ~_thick(odd))


def distinct(odd: Oddities) -> Bool:
    """The thin things that everybody would recognise if they were there twice, with their rims, bool [H, W]."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(odd.thin.astype(np.uint8), connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA]
    mean = np.bincount(labels.ravel(), odd.clear.ravel(), count) / np.maximum(area, 1)
    good = (area > LARGE * odd.thin.size) & (mean > STRIKING)
    # What is longer is a horizon.
    good &= stats[:, cv2.CC_STAT_WIDTH] < LONG * odd.thin.shape[1]
    good[0] = False
    return np.asarray(
        cv2.dilate(good[labels].astype(np.uint8), np.ones((2 * BESIDE_PX + 1,) * 2, np.uint8)) > 0, np.bool_
    )


def _compare(colours: F32, own: Bool) -> tuple[F32, F32, F32, F32, U8]:
    """What `Oddities` holds, of one layer."""
    height, width = own.shape
    square = np.ones((2 * BESIDE_PX + 1,) * 2, np.uint8)
    weight = np.asarray(cv2.erode(own.astype(np.uint8), square, borderValue=1), np.uint8)
    if not weight.any():
        weight = own.astype(np.uint8)
    mean, trusted = _surroundings(colours, weight)
    behind = np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    distance = np.sqrt(square_length(colours - behind))
    unrest = _unrest(distance, weight, trusted)
    least = LEAST + LEAST_IN_LIGHT * (behind @ np.array([0.3, 0.59, 0.11], np.float32))
    clear = distance / (unrest + FLOOR)
    odd = (clear > FOREIGN) & (distance > least)
    return behind, unrest, distance, clear, odd.astype(np.uint8)


def _surroundings(colours: F32, weight: U8) -> tuple[F32, F32]:
    """The mean colours round every pixel of a layer and how far each pixel is trusted to belong to it, coarse."""
    height, width = weight.shape
    size = max(1, width // COARSE), max(1, height // COARSE)
    share = np.asarray(cv2.resize(weight.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    sums = cv2.resize(cv2.copyTo(colours, weight), size, interpolation=cv2.INTER_AREA)
    small = np.asarray(sums / np.maximum(share, 1e-3)[..., None], np.float32)
    near, wide = (max(LEAST_AROUND, width * part / COARSE) for part in (AROUND, WIDER))
    trusted = share
    mean = weighted_mean(small, trusted, 1.6 * near)
    for _ in range(ROUNDS):
        off = np.sqrt(square_length(small - mean))
        usual = weighted_mean(np.asarray(np.minimum(off, MOST)[..., None], np.float32), trusted, wide)[..., 0]
        trusted = trusted_share(share, off, usual, FLOOR)
        mean = weighted_mean(small, trusted, near)
    return mean, trusted


def _unrest(distance: F32, weight: U8, trusted: F32) -> F32:
    """The mean of `distance` round every pixel, over what is trusted."""
    height, width = weight.shape
    size = trusted.shape[1], trusted.shape[0]
    share = cv2.resize(weight.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    off = cv2.resize(np.minimum(distance, MOST) * weight, size, interpolation=cv2.INTER_AREA)
    mean = np.asarray(off / np.maximum(share, 1e-3), np.float32)[..., None]
    mean = weighted_mean(mean, trusted, max(LEAST_AROUND, width * WIDER / COARSE))[..., 0]
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _thick(odd: U8) -> Bool:
    """The thick parts, but for those that are as small as a flag or the fork of a twig."""
    size = 2 * max(2, round(odd.shape[1] * THICKEST)) + 1
    opened = cv2.morphologyEx(odd, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(opened, np.ones((3, 3), np.uint8)))
    large = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(1) > KNOT * size
    large[0] = False
    return np.asarray(large[labels], np.bool_)


@njit(cache=True, nogil=True)
def square_length(values: F32) -> F32:
    """The square of the length of every vector in `values` [h, w, 3], float32 [h, w]; numpy's sum over so short an axis
    takes many times as long, for the same numbers."""
    out = np.empty(values.shape[:2], np.float32)
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            a, b, c = values[y, x, 0], values[y, x, 1], values[y, x, 2]
            out[y, x] = a * a + b * b + c * c
    return out


def trusted_share(share: F32 | Bool, off: F32, unrest: F32, floor: float) -> F32:
    """The share of each pixel that counts among its surroundings, float32 [h, w]: less, the farther `off` it is, in
    units of their `unrest` and a `floor`."""
    return np.asarray(share / (1 + (off / (FAR_FROM * unrest + floor)) ** 2) ** 2, np.float32)


def weighted_mean(values: F32, weight: F32, sigma: float) -> F32:
    """The weighted mean of `values` [h, w, n] round every pixel."""
    sums = cv2.GaussianBlur(values * weight[..., None], (0, 0), sigma).reshape(values.shape)
    return np.asarray(sums / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-5)[..., None], np.float32)
