"""Thin things that go on across a border: masts, spires, twigs, rigging, stalks.

A border has one edge to follow, and a twig that rises from it is soon left behind in the sky. What does not look like
its own layer (`oddities`), is thin, rises from a nearer layer without a gap and has gone from the colours behind it
towards that layer's, is handed over whole. To ask that it stands on its own colour was tried: it brings pieces of what
is larger and stays behind, and no thing more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .cutout import RGB, Bool
from .oddities import AROUND, COARSE, LEAST_AROUND, Oddities, weighted_mean

F32 = NDArray[np.float32]
REACH = 0.6  # of the height
GAP_PX = 3  # across which a thing is still one
TALL = 1 / 200  # of the width: what rises less is the border's own roughness
RIM_PX = 2  # that near to the nearer layer a pixel may be its rim
SPIKE = 1 / 230  # of the width, to both sides of the middle
UPRIGHT = 2.0  # times as high as wide
FEWEST_PX = 20
FEWEST_ALONE_PX = 8
LEAP, LEAPS = 1 / 60, 3  # of the width, and how often: how far from such a thing its leaves may be
RING_PX = 2
MARGIN_PX = 8  # more than is looked at round a thing
FREE = 0.8  # of what is round a thing that must look like its layer
TOWARDS = 0.12  # of the way from the surroundings' colours to the nearer layer's, for every pixel
ALONG = 0.5  # of a colour's distance that must lie on that way
APART, GRAIN = 4.2, 0.5  # times the unrest, and so many grey levels, by which both sides must differ
SURE, SURE_IN_UNREST, UNREST = 2.0, 0.3, 8.0  # distance in unrests times way; more above so many grey levels of unrest


def extend(picture: RGB, masks: Sequence[Bool], odd: Oddities, settled: Collection[int] = ()) -> list[Bool]:
    """Nested masks (masks[i - 1], bool [H, W]: layer i or a nearer one) with the thin things that rise from them.

    `odd`: what does not look like its layer, see `oddities.find`. From masks whose place is among `settled` nothing
    rises.
    """
    out = [mask.copy() for mask in masks]
    for i in range(len(out) - 2, -1, -1):
        if i + 1 not in settled:
            out[i + 1] |= _spikes(out[i], out[i + 1])
    taken = np.zeros(picture.shape[:2], np.bool_)
    for i in range(len(out) - 1, -1, -1):
        if i not in settled and out[i].any() and not out[i].all():
            taken |= _rising(picture, out[i], odd, taken)
        out[i] |= taken
    return out


def _spikes(mask: Bool, nearer: Bool) -> Bool:
    """The upright slivers of a layer that stand on the next nearer one rather than on their own: halves of masts."""
    visible = mask & ~nearer
    size = 2 * max(2, round(mask.shape[1] * SPIKE)) + 1
    body = cv2.morphologyEx(visible.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, size), np.uint8)) > 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats((visible & ~body).astype(np.uint8), connectivity=8)
    reached = cv2.dilate(labels.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    on_nearer, on_own = (np.bincount(reached[which], minlength=count) for which in (nearer, body))
    upright = stats[:, cv2.CC_STAT_HEIGHT] > UPRIGHT * stats[:, cv2.CC_STAT_WIDTH]
    good = upright & (stats[:, cv2.CC_STAT_HEIGHT] > size) & (on_nearer > on_own)
    good[0] = False
    return np.asarray(good[labels], np.bool_)


def _rising(picture: RGB, mask: Bool, odd: Oddities, taken: Bool) -> Bool:
    """The thin things that rise from one mask."""
    height, width = mask.shape
    near = mask | taken
    away = cv2.distanceTransform((~near).astype(np.uint8), cv2.DIST_L2, 3)
    thin = odd.thin & ~near & (away < REACH * height)
    rows = np.flatnonzero(thin.any(1))
    found = np.zeros(mask.shape, np.bool_)
    if not rows.size:
        return found
    area = slice(int(rows[0]), int(rows[-1]) + 1)
    front = _front(picture, near, 1.5 * max(LEAST_AROUND, width * AROUND / COARSE))
    coarse = cv2.resize(front, (width, height), interpolation=cv2.INTER_LINEAR)[area]
    at = np.nonzero(thin[area])
    behind, unrest = odd.behind[area][at], odd.unrest[area][at]
    way = coarse[at] - behind
    contrast = np.sqrt(np.maximum((way**2).sum(1), 1.0))
    step = ((picture[area][at] - behind) * way).sum(1) / contrast
    clear = odd.clear[area][at] - SURE_IN_UNREST * (unrest - UNREST).clip(0)
    good = (contrast > APART * (unrest + GRAIN)) & (step > TOWARDS * contrast)
    good &= step > ALONG * odd.distance[area][at]
    if not good.any():
        return found
    towards, score = np.zeros(coarse.shape[:2], np.bool_), np.zeros(coarse.shape[:2], np.float32)
    towards[at], score[at] = good, clear * (step / contrast).clip(0, 1)
    box = _box(towards)
    there = _Area(np.asarray(away[area][box], np.float32), odd.odd[area][box], TALL * width)
    towards, score, rising = towards[box], score[box], found[area][box]
    rising[:] = there.rising(towards, score)
    for _ in range(LEAPS):
        more = there.beside(rising, towards, score, LEAP * width)
        if not more.any():
            break
        rising |= more
    return found


def _box(which: Bool) -> tuple[slice, slice]:
    """The rows and columns in which anything is, and what is looked at round it; from even ones on, as OpenCV numbers
    components by squares of four pixels."""
    rows, columns = (np.flatnonzero(which.any(axis)) for axis in (1, 0))
    start, left = (max(0, int(some[0]) - MARGIN_PX) // 2 * 2 for some in (rows, columns))
    return slice(start, int(rows[-1]) + 1 + MARGIN_PX), slice(left, int(columns[-1]) + 1 + MARGIN_PX)


def _front(picture: RGB, near: Bool, sigma: float) -> F32:
    """The nearer layer's colours, coarse, float32 [h, w, 3]; beyond it those of where it is nearest."""
    size = max(1, near.shape[1] // COARSE), max(1, near.shape[0] // COARSE)
    share = np.asarray(cv2.resize(near.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    small = cv2.resize(cv2.copyTo(picture, near.view(np.uint8)), size, interpolation=cv2.INTER_AREA)
    mean = weighted_mean(np.asarray(small / np.maximum(share, 1e-3)[..., None], np.float32), share, sigma)
    inside = share >= min(0.5, float(share.max()))
    _, labels = cv2.distanceTransformWithLabels(
        (~inside).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), np.float32)
    colours[labels[inside]] = mean[inside]
    return np.asarray(colours[labels], np.float32)


@dataclass(frozen=True)
class _Area:
    """A part of the picture: how far `away` each pixel is from the nearer layer, what is `odd` in its own, and how far
    a thing has to rise."""

    away: F32
    odd: Bool
    tall: float

    def rising(self, thin: Bool, score: F32) -> Bool:
        """The things that begin at the nearer layer, rise from it, and are sure enough in the mean."""
        # Along the border everything touches; what rises beyond its rim is one thing.
        labels, count = _labels(thin & (self.away > RIM_PX))
        inside = np.nonzero(labels)
        label = labels[inside]
        size = np.bincount(label, minlength=count)
        nearest, farthest = np.full(count, np.inf, np.float32), np.zeros(count, np.float32)
        np.minimum.at(nearest, label, self.away[inside])
        np.maximum.at(farthest, label, self.away[inside])
        good = (nearest <= RIM_PX + GAP_PX) & (farthest >= self.tall) & (size >= FEWEST_PX)
        good &= np.bincount(label, score[inside], count) / np.maximum(size, 1) > SURE
        kept = self._free_ones(labels, good)
        beside = cv2.dilate(kept.astype(np.uint8), np.ones((2 * RIM_PX + 1,) * 2, np.uint8)) > 0
        return np.asarray(kept | (beside & thin), np.bool_)

    def beside(self, found: Bool, thin: Bool, score: F32, reach: float) -> Bool:
        """What stands alone, but near to what was `found`, and is as sure: leaves, knots of the rigging."""
        nothing = np.zeros_like(found)
        if not found.any():
            return nothing
        labels, count = _labels(thin & ~found & (self.away > RIM_PX))
        inside = np.nonzero(labels)
        label = labels[inside]
        size, nearest = np.bincount(label, minlength=count), np.full(count, np.inf, np.float32)
        good = (size >= FEWEST_ALONE_PX) & (np.bincount(label, score[inside], count) > SURE * size)
        if not good.any():
            return nothing
        away = cv2.distanceTransform((~found).astype(np.uint8), cv2.DIST_L2, 3)
        np.minimum.at(nearest, label, away[inside])
        return self._free_ones(labels, good & (nearest <= reach))

    def _free_ones(self, labels: NDArray[np.int32], good: NDArray[np.bool_]) -> Bool:
        """Those of the `good` things that are no part of anything larger: what is round them looks like its layer."""
        if not good.any():
            return np.zeros(labels.shape, np.bool_)
        good &= self._free(labels, len(good)) > FREE
        good[0] = False
        return np.asarray(good[labels], np.bool_)

    def _free(self, labels: NDArray[np.int32], count: int) -> NDArray[np.float64]:
        """How much of what is round each thing looks like its layer: what is part of something larger stays there."""
        reached = cv2.dilate(labels.astype(np.float32), np.ones((2 * RING_PX + 1,) * 2, np.uint8)).astype(np.int32)
        ring = (reached > 0) & (labels == 0) & (self.away > RIM_PX)
        at = reached[ring]
        return np.bincount(at, ~self.odd[ring], count) / np.maximum(np.bincount(at, minlength=count), 1)


def _labels(which: Bool) -> tuple[NDArray[np.int32], int]:
    """The connected components, over small gaps: int32 [h, w], 0 elsewhere, and the number of labels."""
    joined = cv2.dilate(which.astype(np.uint8), np.ones((GAP_PX, GAP_PX), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    return np.where(which, labels, 0).astype(np.int32), count
