"""How sure it is that two things part along a border.

Five signs, each 0..1, multiplied: the path runs along edges; the two sides differ close to it; they do so all along,
and do not leave half the way to one and the same thing; the lower side is not sky as well; and the path tears less than
a straight band would. Noise has edges everywhere but the same clusters on both sides; plain water has neither; clouds
have both, but below them it is as smooth as above and no darker; the rim of a shadow has all three, and cuts through
whatever stands in it. Reading the costs of the path alone was the other road, and it finds a bank of clouds surer than
a ridge in haze.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from . import colour_models, tearing
from .rough_cut import Path, Sketch

Shares = NDArray[np.float64]
STRIP = 0.06  # of the height: how much of each side is compared
ALIKE = 0.5  # of how far the two sides of a sure border differ: less is one thing on both sides
ONE_FROM, ONE_TO = 0.2, 0.5  # of the width: so much of one thing may be chance, and so much is a cliff cut in two
LEAPS_COST = 0.5  # per height of the picture leapt without an edge
LEAP = 0.02  # of the height, from one column to the next
NEARBY = 0.04  # standard deviation in x of what is compared, of the width
EDGES_FROM, EDGES_TO = 0.36, 0.62  # mean saving along the path: by chance, and on a clear border
SKYLINE = 0.5  # a border as sure as that has the whole sky above it
SIDES_FROM, SIDES_TO = 0.25, 0.7  # Hellinger distance: of noise, and of different things
TORN_FROM, TORN_TO = 0.4, 1.0  # of what a straight band tears: a border round things, and one as good as none


def of_all(sketch: Sketch, paths: Sequence[Path]) -> list[float]:
    """How sure the borders of a small picture are, far to near; below one that is sure nothing is taken for clouds."""
    out: list[float] = []
    for path in paths:
        out.append(along(sketch, path, under_sky=max(out, default=0.0) < SKYLINE))
    return out


def along(sketch: Sketch, path: Path, under_sky: bool, cut: bool = True) -> float:
    """How sure the border along a path through the small picture is, 0..1: the mean of how sure it is in each place.

    `under_sky`: what lies above the path may be sky, so that it may be a cloud's edge. `cut`: whether what it tears and
    cuts in two counts; not so for a first guess, which the cut will mend.
    """
    edge = np.interp(_edge(sketch, path), [EDGES_FROM, EDGES_TO], [0, 1])
    above, below = _strips(sketch, path)
    side = np.interp(_difference(above, below), [SIDES_FROM, SIDES_TO], [0, 1])
    land = 1 - _clouds(sketch, path, above, below) if under_sky else 1.0
    sure = float((edge * side * land).mean()) * max(0.0, 1 - LEAPS_COST * _leaps(sketch, path))
    if not cut:
        return sure
    return sure * _whole(sketch, path) * float(np.interp((side < ALIKE).mean(), [ONE_FROM, ONE_TO], [1, 0]))


def _whole(sketch: Sketch, path: Path) -> float:
    """How far the path leaves things whole, 0..1."""
    straight = np.full(sketch.width, np.median(path)).astype(np.int32)
    ours, theirs = (tearing.torn(sketch.lab, sketch.edges, line) for line in (path, straight))
    return float(np.interp(ours / max(tearing.SEEN, theirs), [TORN_FROM, TORN_TO], [1, 0]))


def _edge(sketch: Sketch, path: Path) -> NDArray[np.float64]:
    """What the path saves by running along edges, 0..1 per column, its vertical runs included; smoothed."""
    columns = np.arange(sketch.width)
    rows = [np.clip(path + d, 0, sketch.height - 1) for d in (-1, 0, 1)]
    saved = 1 - np.min([sketch.edges.level[r, columns] for r in rows], axis=0).astype(np.float64)
    saved[(path <= 0) | (path >= sketch.height)] = 0
    length = np.ones(sketch.width)
    run = np.abs(np.diff(path, prepend=path[:1]))
    upright = np.vstack([np.zeros((1, sketch.width)), np.cumsum(1 - sketch.edges.upright, axis=0)])
    before = np.concatenate([path[:1], path[:-1]])
    saved += np.abs(upright[path, columns] - upright[before, columns])
    length += run
    nearby = NEARBY * sketch.width
    return np.asarray(gaussian_filter1d(saved, nearby) / gaussian_filter1d(length, nearby), np.float64)


def _leaps(sketch: Sketch, path: Path) -> float:
    """How far the path climbs and falls where no upright edge leads it, in heights of the picture."""
    columns = np.arange(sketch.width)
    upright = np.vstack([np.zeros((1, sketch.width)), np.cumsum(sketch.edges.upright, axis=0)])
    before = np.concatenate([path[:1], path[:-1]])
    leap = np.abs(path - before)
    paid = np.abs(upright[path, columns] - upright[before, columns])
    # a slope is no leap
    return float(paid[leap > LEAP * sketch.height].sum() / sketch.height)


def _strips(sketch: Sketch, path: Path) -> tuple[Shares, Shares]:
    """The shares of the clusters close above and close below, float64 [k, w], smoothed in x."""
    far = np.int32(max(2, round(STRIP * sketch.height)))
    labels, count = sketch.palette.labels, len(sketch.palette.centres)
    bottom = np.int32(sketch.height)
    both = (
        colour_models.counts(labels, np.maximum(path - far, 0), path, count),
        colour_models.counts(labels, path, np.minimum(path + far, bottom), count),
    )
    above, below = (gaussian_filter1d(c, NEARBY * sketch.width, axis=1, mode="nearest") for c in both)
    return above / np.maximum(above.sum(0), 1e-6), below / np.maximum(below.sum(0), 1e-6)


def _difference(above: Shares, below: Shares) -> Shares:
    """The Hellinger distance of the two sides, 0..1 per column."""
    return np.asarray(np.sqrt(np.maximum(0, 1 - np.sqrt(above * below).sum(0))), np.float64)


def _clouds(sketch: Sketch, path: Path, above: Shares, below: Shares) -> Shares:
    """How much the border looks like one inside the sky, 0..1 per column: the side below is as smooth and as bright
    as the side above, and high up in the picture."""
    centres = sketch.palette.centres / sketch.palette.weights
    upper, lower = centres.T @ above, centres.T @ below
    # lightness relative to the picture's own spread, texture in log units
    spread = max(12.0, float(centres[sketch.palette.labels, 0].std()))
    darker = np.interp((upper[0] - lower[0]) / spread, [0.0, 0.5], [1, 0])
    rougher = np.interp(lower[3] - upper[3], [0.15, 0.6], [1, 0])
    high = np.interp(path / sketch.height, [0.7, 0.85], [1, 0])
    return np.asarray(darker * rougher * high, np.float64)
