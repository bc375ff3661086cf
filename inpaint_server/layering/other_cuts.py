"""Masks that somebody has already drawn: by a depth map, by a segmentation, by hand.

Each gives what the contour cut gives, a nested mask per border. A depth map is a few pixels off and frayed at its
edges, so its borders are led to the picture's own edges by a guided filter; the numbers of a segmentation and the
mattes of a painter are meant as they are. Cutting once more inside a tube around them was the other road: it undoes
deliberate strokes where the picture happens to have a stronger edge.
"""

import itertools
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .assets import Assets, Grey
from .edges import F32, RGB

Bool = NDArray[np.bool_]  # [H, W]
BINS = 128
SMOOTH_BINS = 2.0
LEAST_SHARE = 0.04  # of the pixels: fewer make no layer
VALLEY = 0.6  # a valley is at most this share of the lower of its two hills
SNAP = 1 / 100  # radius of the guided filter, of the width
SNAP_EPS = 40.0  # grey levels squared
SOFT = 0.04  # depths closer than that to a threshold are undecided
SPECK = 1 / 2000  # of the picture: smaller islands and holes are cleaned


def from_segmentation(numbers: NDArray[np.int16], layers: int) -> list[Bool]:
    """A mask per border of `layers` layers from the number of every pixel's layer, int16 [H, W], 0 the farthest."""
    return [np.asarray(numbers >= i, np.bool_) for i in range(1, layers)]


def from_mattes(mattes: Mapping[int, Grey]) -> dict[int, Bool]:
    """By layer number: the pixels of the layer or a nearer one, where its matte is at least half opaque.

    The soft values stay in the mattes; who needs an edge of less than a pixel takes it from there.
    """
    return {layer: np.asarray(matte >= 128, np.bool_) for layer, matte in mattes.items()}


def from_depth(picture: RGB, depth: NDArray[np.float32], thresholds: Sequence[float]) -> list[Bool]:
    """A mask per threshold, far to near: what is at least that near; edges snapped to the picture's, specks cleaned."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    out: list[Bool] = []
    for threshold in thresholds:
        soft = np.clip((depth - threshold) / (2 * SOFT) + 0.5, 0, 1).astype(np.float32)
        mask = _clean(np.asarray(_guided(grey, soft) >= 0.5, np.bool_))
        out.append(mask & out[-1] if out else mask)
    return out


def valleys(depth: NDArray[np.float32], most: int) -> list[float]:
    """At most `most` thresholds, rising, at the deepest valleys of the histogram of a depth map 0..1.

    A map without valleys, say of a plain, is parted where its depths fall into equal shares: in three, if allowed.
    """
    count = np.histogram(depth, BINS, (0, 1))[0].astype(np.float64)
    smooth = gaussian_filter1d(count, SMOOTH_BINS, mode="constant")
    kept: list[int] = []
    low = [i for i in range(1, BINS) if smooth[i] <= smooth[i - 1] and smooth[i] <= smooth[min(i + 1, BINS - 1)]]
    for i in sorted(low, key=lambda i: (float(smooth[i]), i)):
        ends = [0, *sorted([*kept, i]), BINS]
        parts = [(a, b) for a, b in itertools.pairwise(ends) if i in (a, b)]
        hills = [smooth[a:b].max(initial=0) for a, b in parts]
        large = all(count[a:b].sum() >= LEAST_SHARE * depth.size for a, b in parts)
        if len(kept) < most and large and smooth[i] <= VALLEY * min(hills):
            kept.append(i)
    if kept:
        return [i / BINS for i in sorted(kept)]
    shares = min(3, most + 1)
    values = np.quantile(depth, [k / shares for k in range(1, shares)])
    # equal values part nothing
    return sorted({float(v) for v in values if depth.min() < v})


def between(disparities: Sequence[float]) -> list[float]:
    """The thresholds halfway between the disparities of successive layers; never falling."""
    middles = [(a + b) / 2 for a, b in itertools.pairwise(disparities)]
    return [float(m) for m in np.maximum.accumulate(middles)] if middles else []


def disparities(depth: NDArray[np.float32], masks: Sequence[Bool]) -> list[float]:
    """The median depth of every layer, far to near, one more than there are masks; an empty layer has its
    farther neighbour's."""
    out: list[float] = []
    for farther, nearer in zip(
        [np.ones(depth.shape, bool), *masks], [*masks, np.zeros(depth.shape, bool)], strict=True
    ):
        own = depth[farther & ~nearer]
        out.append(float(np.median(own)) if own.size else (out[-1] if out else 0.0))
    return out


def first_rows(mask: Bool) -> NDArray[np.int32]:
    """The first row of a mask in every column, int32 [W]; H where it has none."""
    return np.where(mask.any(0), mask.argmax(0), len(mask)).astype(np.int32)


def combine(masks: Sequence[Bool], assets: Assets) -> list[Bool]:
    """`masks` with the assets' mattes in place of those that they name, nested again: what is nearer widens what is
    farther, except where the farther one is a matte, which keeps its word."""
    given = from_mattes(assets.mattes)
    out = [given.get(i, mask) for i, mask in enumerate(masks, 1)]
    for i in range(len(out) - 1, 0, -1):
        if i in given:
            out[i] = out[i] & out[i - 1]
        else:
            out[i - 1] = out[i - 1] | out[i]
    for i in range(1, len(out)):
        out[i] = out[i] & out[i - 1]
    return out


def _guided(guide: F32, values: F32) -> F32:
    """`values` led along the edges of `guide` (K. He, J. Sun, X. Tang, Guided Image Filtering, ECCV 2010)."""
    side = 2 * max(2, round(guide.shape[1] * SNAP)) + 1

    def mean(a: NDArray[np.float32]) -> F32:
        return np.asarray(cv2.blur(a, (side, side)), np.float32)

    guide_mean, values_mean = mean(guide), mean(values)
    slope = (mean(guide * values) - guide_mean * values_mean) / (mean(guide * guide) - guide_mean**2 + SNAP_EPS)
    return np.asarray(mean(slope) * guide + mean(values_mean - slope * guide_mean), np.float32)


def _clean(mask: Bool) -> Bool:
    """Without islands and holes smaller than a speck."""
    out = mask.copy()
    for value in (True, False):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((out == value).astype(np.uint8), connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < SPECK * mask.size
        small[0] = False
        out[small[labels]] = not value
    return out
