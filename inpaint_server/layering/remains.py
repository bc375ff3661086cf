"""Remains of a thing that the frame cuts off or that has holes: tufts of a crown that the cut left in the sky.

A crown does not end where the border's evidence does: twigs with leaves hang beside it, larger than specks and not
thin, and would stay in the sky as its ghost, and be copied all over what is painted behind it. An island of the
farthest layer that has colours which a nearer layer has near by and the farthest one hardly has elsewhere, that stands
out sharply from what is round it, and touches the nearer layer, the frame or another such island, is the nearer
layer's. To cut the whole crown out again was the other road: grabCut sees a few hundred px and fills the holes.
"""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

from . import smaller
from .cutout import RGB, Bool
from .edges import lab_of

F32 = NDArray[np.float32]
I32 = NDArray[np.int32]
SMALL_PX = 800  # the search sees the picture at about this width
BINS = 16  # of every channel of Lab
RARE = 0.001  # a colour that was never met has this share
MORE, OWN = 0.7, 1.6  # logarithm of how much more often the nearer layer has a colour, and one of its own
PART = 0.3  # of an island that must have colours of its own
FEWEST, LARGEST = 1 / 40000, 0.03  # of the picture
NEAR = 0.12  # of the width: so far from an island the nearer layer must have its colours, in as many pixels
REACH = 0.03  # of the width: an island so near hangs on it
RING = 3  # px round an island
APART, CALM = 24.0, 3.0  # in Lab: how different it must be from what is round it, and in deviations of that
FREE = 0.6  # of what is round it that must be the farthest layer's own


@dataclass(frozen=True)
class _Island:
    """A part of the farthest layer in the nearer one's colours: where it lies, its box, and whether the frame cuts
    it."""

    place: tuple[slice, slice]
    shape: Bool
    framed: bool


def claim(picture: RGB, layer: Bool, farthest: Bool) -> Bool:
    """The remains of a `layer` in the `farthest` one, bool [H, W] as are both; `picture` RGB uint8 [H, W, 3]."""
    height, width = layer.shape
    scale = max(1, round(width / SMALL_PX))
    size = max(1, width // scale), max(1, height // scale)
    near, far = (cv2.resize(a.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0 for a in (layer, farthest))
    if not near.any() or not far.any():
        return np.zeros_like(layer)
    lab = lab_of(smaller.shrunk(picture, size))
    more = _more(lab, near, far)
    said = more > MORE
    islands = [i for i in _islands(said & far, more > OWN) if _likely(i, lab, said, near, far)]
    found = _hanging(islands, near, ~near & ~far)
    if not found.any():
        return np.zeros_like(layer)
    rim = cv2.dilate(found.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray((cv2.resize(rim, (width, height), interpolation=cv2.INTER_NEAREST) > 0) & farthest, np.bool_)


def _more(lab: F32, near: Bool, far: Bool) -> F32:
    """The logarithm of how much more often each pixel's colour occurs in the near layer than in the far one, [h, w]."""
    bins = np.clip(lab * (BINS / 256), 0, BINS - 1).astype(np.intp)
    flat = (bins[..., 0] * BINS + bins[..., 1]) * BINS + bins[..., 2]
    shares = []
    for which in (near, far):
        counted = np.bincount(flat[which], minlength=BINS**3).reshape(BINS, BINS, BINS).astype(np.float64)
        for axis in range(3):  # neighbouring colours are alike
            counted = convolve1d(counted, [0.25, 0.5, 0.25], axis=axis, mode="constant")
        shares.append(counted.ravel() / max(1, int(which.sum())))
    return np.asarray((np.log(shares[0] + RARE) - np.log(shares[1] + RARE))[flat], np.float32)


def _islands(which: Bool, own: Bool) -> list[_Island]:
    """The connected parts of the right size, of which enough has colours of its `own`."""
    width = which.shape[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(which.astype(np.uint8), connectivity=8)
    area, out = stats[:, cv2.CC_STAT_AREA], []
    strong = np.bincount(labels[own], minlength=count) >= PART * area
    for k in np.flatnonzero(strong & (area >= max(4, FEWEST * which.size)) & (area <= LARGEST * which.size)):
        x, y, w, h = (int(v) for v in stats[k, :4])
        if k:
            place = slice(y, y + h), slice(x, x + w)
            out.append(_Island(place, labels[place] == k, x == 0 or y == 0 or x + w == width))
    return out if count > 1 else []


def _likely(island: _Island, lab: F32, said: Bool, near: Bool, far: Bool) -> bool:
    """Whether an island stands out from what is round it, and the near layer has its colours near by."""
    rows, columns = island.place
    away = round(NEAR * near.shape[1])
    around = _grown(rows, away), _grown(columns, away)
    if int((said & near)[around].sum()) < int(island.shape.sum()):
        return False
    window = _grown(rows, RING + 1), _grown(columns, RING + 1)
    inside = np.zeros(near.shape, np.uint8)[window]
    inside[rows.start - window[0].start :, columns.start - window[1].start :][: island.shape.shape[0]][
        :, : island.shape.shape[1]
    ] = island.shape
    ring = cv2.dilate(inside, np.ones((2 * RING + 1,) * 2, np.uint8)) > 0
    ring &= cv2.dilate(inside, np.ones((3, 3), np.uint8)) == 0
    free = ring & far[window] & ~said[window]
    if int(free.sum()) < FREE * int((ring & far[window]).sum()) or not free.any():
        return False
    colours, beside = lab[window][inside > 0].mean(0), lab[window][free]
    apart = float(np.sqrt(((colours - beside.mean(0)) ** 2).sum()))
    return apart > max(APART, CALM * float(np.sqrt(beside.var(0).sum())))


def _grown(part: slice, px: int) -> slice:
    return slice(max(0, part.start - px), part.stop + px)


def _hanging(islands: list[_Island], near: Bool, others: Bool) -> Bool:
    """The islands that hang on the near layer, the frame, or one another, and have no other layer nearer by."""
    found = np.zeros_like(near)
    reach = max(2, round(REACH * near.shape[1]))
    away = _away(near)
    apart = _away(others) if others.any() else np.full_like(away, np.inf)
    left = [i for i in islands if _share(i, away) >= _share(i, apart) and _least(away, i) <= _least(apart, i)]
    while left:
        away = _away(near | found)
        hang = [i.framed or _least(away, i) <= reach for i in left]
        if not any(hang):
            break
        for island in itertools.compress(left, hang):
            found[island.place] |= island.shape
        left = [i for i, hangs in zip(left, hang, strict=True) if not hangs]
    return found


def _away(which: Bool) -> F32:
    """How far every pixel is from the nearest one of `which`."""
    return np.asarray(cv2.distanceTransform((~which).astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def _share(island: _Island, away: F32) -> int:
    """How many pixels of an island touch what it is `away` from."""
    return int((away[island.place][island.shape] < RING).sum())


def _least(away: F32, island: _Island) -> float:
    return float(away[island.place][island.shape].min())
