"""Where a picture parts into layers, how many, and how fast each should move: a proposal, without weights.

Paths along edges are sent through the small picture from many rows; where several fall into the same edge, and the two
sides differ, two things part. The best of them are cut properly, and what turns out unsure or to be a cloud is left
away. Histograms of whole rows were the other road: they see a ridge only where it is level.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...shared.errors import UsageError
from ...shared.project import MOST_LAYERS as MOST_LAYERS_GIVEN
from . import confidence, other_cuts, rough_cut
from .contour_cut import Contour
from .edges import RGB
from .rough_cut import Path, Rows, Sketch, Wish

STARTS = 24
START_REACH = 0.15  # of the height
APART = 0.08  # of the height: two borders closer than that, in the mean, are one
LEAST_SHARE = 0.55  # of the best border's confidence
LEAST = 0.12
SKYLINE_SHARE = 0.7  # of the best border's confidence: then it may be the skyline
INSIDE = 0.06  # of the height: a border nearer to the picture's edge parts nothing
MOST_LAYERS = 5  # more are worth it only to who asks for them
SKY_SPEED = 0.235  # of the nearest layer's: 8 to 34 px per step, which look right on landscapes
SKY_DISPARITY = 0.1  # of the nearest layer's: what is nearer is no sky
LEAST_SPEED = 0.02  # what a depth map calls infinitely far still moves a little
FOUND_BY = "edges and colours"
NAMES = {
    2: ("far", "near"),
    3: ("sky", "middle", "near"),
    4: ("sky", "far", "middle", "near"),
    5: ("sky", "horizon", "far", "middle", "near"),
    6: ("sky", "horizon", "far", "middle", "near", "front"),
}


@dataclass(frozen=True)
class Suggestion:
    """A proposal of n layers. Per border, far to near (n - 1): the `wanted` path float64 [W], the `contours` found in
    the small picture, the median row `tops`. Per layer: `names`, and `speeds` relative to the nearest, 0..1.
    `confidence` is that of the least sure border; with no border at all it is 0. `dropped` says why a border that was
    found is not among them."""

    wanted: tuple[Rows, ...]
    contours: tuple[Contour, ...]
    tops: tuple[int, ...]
    names: tuple[str, ...]
    speeds: tuple[float, ...]
    confidence: float
    reason: str
    dropped: str = ""


def suggest(picture: RGB, most: int | None, reach: float) -> Suggestion:
    """A proposal for a picture, RGB uint8 [H, W, 3], of at most `most` layers; borders keep to `reach` (of H)."""
    sketch = rough_cut.sketch(picture)
    paths = _pick(sketch, _candidates(sketch), (most or MOST_LAYERS) - 1, cut=False)
    if paths:
        wanted = [path.astype(np.float64) for path in paths]
        # nobody drew these lines; they may be left as far as a row, and must not tear more than one
        wishes = rough_cut.wishes(wanted, sketch.height, reach / rough_cut.DRAWN)
        paths = rough_cut.cut(sketch, [replace(wish, plain=None) for wish in wishes], paths).paths
        paths = _pick(sketch, paths, len(paths), cut=True)
    sure = confidence.of_all(sketch, paths)
    return describe([sketch.enlarge(path) for path in paths], sure, len(picture), FOUND_BY)


def _candidates(sketch: Sketch) -> list[Path]:
    rows = np.linspace(0.1, 0.9, STARTS) * sketch.height
    near = START_REACH * sketch.height
    level = [np.full(sketch.width, row) for row in rows]
    return [rough_cut.edge_path(sketch, Wish(line, near, near, line)) for line in level]


def _pick(sketch: Sketch, paths: Sequence[Path], most: int, cut: bool) -> list[Path]:
    """The surest paths that lie apart, from the top down, none above the one before; what they tear and cut in two
    counts only once they are cut."""
    height = sketch.height
    inside = [path for path in paths if INSIDE * height < np.median(path) < (1 - INSIDE) * height]
    rated = sorted(_rate(sketch, inside, cut), key=lambda pair: -pair[0])
    kept: list[Path] = []
    for sure, path in rated:
        apart = [np.abs(path - other) for other in kept]
        if sure < max(LEAST, LEAST_SHARE * rated[0][0]) or len(kept) == most:
            break
        if all(a.mean() > APART * height and np.median(a) > APART / 2 * height for a in apart):
            kept.append(path.copy())
    kept.sort(key=lambda path: float(path.mean()))
    for above, path in itertools.pairwise(kept):
        np.maximum(path, above, out=path)
    return kept


def _rate(sketch: Sketch, paths: Sequence[Path], cut: bool) -> list[tuple[float, Path]]:
    """How sure each path is; what lies below the topmost that is sure is not taken for a cloud."""
    rated = [(confidence.along(sketch, path, under_sky=True, cut=cut), path) for path in paths]
    best = max((sure for sure, _ in rated), default=0.0)
    skyline = min((float(np.median(path)) for sure, path in rated if sure >= SKYLINE_SHARE * best), default=0.0)
    return [
        (confidence.along(sketch, path, under_sky=False, cut=cut) if np.median(path) > skyline else sure, path)
        for sure, path in rated
    ]


def without(proposal: Suggestion, border: int, height: int) -> Suggestion:
    """A proposal of edges and colours with one border less."""
    left = [i for i in range(len(proposal.wanted)) if i != border]
    sure = [proposal.contours[i].confidence for i in left]
    return describe([proposal.wanted[i] for i in left], sure, height, FOUND_BY)


def describe(
    wanted: Sequence[Rows], sure: Sequence[float], height: int, source: str, speeds: Sequence[float] = ()
) -> Suggestion:
    """A proposal out of the paths of its borders in full size; speeds by the law of the ground where none are given."""
    tops = rows_of(wanted, height)
    contours = tuple(
        Contour(np.clip(np.round(rows), 0, height).astype(np.int32), s) for rows, s in zip(wanted, sure, strict=True)
    )
    count = len(wanted) + 1
    names = NAMES.get(count, tuple(f"layer {i}" for i in range(count)))
    if wanted:
        rows_text = ", ".join(f"{row} (sure: {s:.2f})" for row, s in zip(tops, sure, strict=True))
        reason = f"By {source} the picture parts in {count} layers, at the rows {rows_text}."
    else:
        reason = "The picture shows no border that divides it from left to right."
    lowest = min(sure, default=0.0)
    return Suggestion(
        tuple(wanted), contours, tops, names, tuple(speeds) or ground_speeds(tops, height), lowest, reason
    )


def rows_of(wanted: Sequence[Rows], height: int) -> tuple[int, ...]:
    """The median row of every border, so that every layer has at least one row."""
    out: list[int] = []
    for i, rows in enumerate(wanted):
        least, most = (out[-1] if out else 0) + 1, height - (len(wanted) - i)
        out.append(int(np.clip(round(float(np.median(rows))), least, most)))
    return tuple(out)


def ground_speeds(tops: Sequence[int], height: int) -> tuple[float, ...]:
    """Speeds of the layers that begin at `tops` and of the one above them, relative to the nearest.

    On level ground the speed of a row grows with its distance from the horizon, here the first border; a layer moves
    as the ground does at the middle of its rows. The farthest has the speed of the sky.
    """
    if not tops:
        return (1.0,)
    middles = [(a + b) / 2 for a, b in zip(tops, [*tops[1:], height], strict=True)]
    depth = [(m - tops[0]) / (middles[-1] - tops[0]) for m in middles]
    speeds = [SKY_SPEED + (1 - SKY_SPEED) * (0.12 + 0.88 * d) for d in depth]
    return (SKY_SPEED, *(round(s, 4) for s in speeds))


def suggest_from_depth(picture: RGB, depth: NDArray[np.float32], most: int | None, reach: float) -> Suggestion:
    """A proposal from a depth map, float32 [H, W] 0..1, 1 the nearest: layers are the natural classes of its depths.

    The borders snap to the picture's edges and keep to `reach` (of H) of their median row; the speeds are the layers'
    median disparities relative to the nearest's. The farthest layer is called the sky only if it is infinitely far.
    """
    height = len(picture)
    masks = other_cuts.from_depth(picture, depth, other_cuts.natural_breaks(depth, MOST_LAYERS, most))
    paths = [other_cuts.first_rows(mask).astype(np.float64) for mask in masks]
    middles = [np.median(path) for path in paths]
    wanted = [np.clip(p, m - reach * height, m + reach * height) for p, m in zip(paths, middles, strict=True)]
    nearness = np.maximum(other_cuts.disparities(depth, masks), 1e-3)
    speeds = [max(LEAST_SPEED, round(float(d / nearness[-1]), 4)) for d in nearness]
    found = describe(wanted, [1.0] * len(wanted), height, "the depth map", speeds)
    count = len(speeds)
    earthly = speeds[0] > SKY_DISPARITY and count + 1 in NAMES and NAMES[count + 1][0] == "sky"
    return replace(found, names=NAMES[count + 1][1:]) if earthly and count > 1 else found


def suggest_from_segmentation(numbers: NDArray[np.int16], names: Sequence[str] = ()) -> Suggestion:
    """A proposal from the number of every pixel's layer, int16 [H, W], 0 the farthest: as many layers as numbers, with
    `names` if there are any."""
    count = int(numbers.max()) + 1
    if count > MOST_LAYERS_GIVEN:
        raise UsageError(
            f"The segmentation has the number {count - 1}; layers are counted from 0 to {MOST_LAYERS_GIVEN - 1}.",
            "Give a picture whose values are the layers' numbers, not their brightness.",
        )
    paths = [other_cuts.first_rows(mask) for mask in other_cuts.from_segmentation(numbers, count)]
    wanted = [path.astype(np.float64) for path in paths]
    proposal = describe(wanted, [1.0] * len(wanted), len(numbers), "the segmentation")
    return replace(proposal, names=tuple(names)) if len(names) == count else proposal
