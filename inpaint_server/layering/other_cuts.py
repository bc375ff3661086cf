"""Masks that somebody has already drawn: by a depth map, by a segmentation, by hand.

Each gives what the contour cut gives, a nested mask per border. A depth map is a few pixels off and frayed at its
edges, so its borders are led to the picture's own edges by a guided filter; the numbers of a segmentation and the
mattes of a painter are meant as they are. Cutting once more inside a tube around them was the other road: it undoes
deliberate strokes where the picture happens to have a stronger edge.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .assets import Assets, Grey
from .edges import F32, RGB

Bool = NDArray[np.bool_]  # [H, W]
BINS = 128
LEAST_SHARE = 0.04  # of the pixels: fewer make no layer
EVEN = 0.95  # of the variance of depth: what the classes have to explain
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
        mask = cleaned(np.asarray(_guided(grey, soft) >= 0.5, np.bool_))
        out.append(mask & out[-1] if out else mask)
    return out


def natural_breaks(depth: NDArray[np.float32], most: int, wanted: int | None = None) -> list[float]:
    """The thresholds, rising, that part a depth map 0..1 into classes, far to near, each as even in itself as can be.

    `wanted` classes if so many can have a layer's share of the pixels; without it the fewest, up to `most`, that
    explain `EVEN` of the variance (G. Jenks, 1967; W. Fisher, 1958, for the exact search).
    """
    count = np.histogram(depth, BINS, (0, 1))[0].astype(np.float64)
    values = (np.arange(BINS) + 0.5) / BINS
    total = float((count * (values - (count * values).sum() / count.sum()) ** 2).sum())
    best: list[int] = []
    for classes, (rest, breaks) in enumerate(_classes(count, values, wanted or most), 2):
        best = breaks
        if wanted is None and total - rest >= EVEN * total:
            break
        if classes == wanted:
            break
    return [_in_gap(count, i) for i in best]


def _classes(count: NDArray[np.float64], values: NDArray[np.float64], most: int) -> Iterator[tuple[float, list[int]]]:
    """For 2, 3 ... `most` classes of a histogram: the least variance left inside them, and the first bins of all but
    the first class. Ends where a class would be too small for a layer."""
    sums = [np.concatenate([[0.0], np.cumsum(count * values**k)]) for k in range(3)]
    share, first, second = (s[None, :] - s[:, None] for s in sums)  # of the bins from row to column
    inside = second - np.divide(first**2, share, out=np.zeros_like(first), where=share > 0)
    inside[share < LEAST_SHARE * count.sum()] = np.inf
    least, came = inside[0], []
    for _ in range(2, most + 1):
        through = least[:, None] + inside
        came.append(through.argmin(0))
        least = through.min(0)
        if not np.isfinite(least[-1]):
            return
        breaks = [BINS]
        for back in reversed(came):
            breaks.append(int(back[breaks[-1]]))
        yield float(least[-1]), breaks[:0:-1]


def _in_gap(count: NDArray[np.float64], at: int) -> float:
    """A threshold at the first bin of a class; in the middle of the empty bins before it, if there are any."""
    start = at
    while start > 0 and count[start - 1] == 0:
        start -= 1
    end = at
    while end < BINS and count[end] == 0:
        end += 1
    return (start + end) / 2 / BINS


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


def cleaned(mask: Bool) -> Bool:
    """Without islands and holes smaller than a speck."""
    out = mask.copy()
    for value in (True, False):
        _, labels, stats, _ = cv2.connectedComponentsWithStats((out == value).astype(np.uint8), connectivity=4)
        small = stats[:, cv2.CC_STAT_AREA] < SPECK * mask.size
        small[0] = False
        out[small[labels]] = not value
    return out
