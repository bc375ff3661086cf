"""The depth of a canvas at a step, on one scale from the first step to the last.

The estimator looks at the canvas, whose holes are filled for it from their own rows; what it says is then bent so that
every layer has the disparity that it had in the source. By itself an estimator calls the nearest thing in sight 1 and
the farthest 0, so that a scale would jump when a tree leaves the frame. Depth plates that move with their layers were
the other road: they keep the scale by nature, but cost a second set of plates and journal, and know nothing of what
has been painted since; that has to be estimated all the same, and fitted to its neighbours.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .engines.contract import RGB, OwnerMap, RunContext
from .engines.looking import Disparity, Look
from .engines.looking_guard import GuardedDepth
from .layering import other_cuts
from .layering.cutout import Cutout

Bool = NDArray[np.bool_]
LEAST_SHARE = 0.005  # of the canvas: of a layer that shows less, the median says nothing
APART = 1e-3  # two layers whose depths are closer than that in an estimate have none that tells them apart


class CanvasDepth:
    """Estimates the depth of canvases of one run. `levels` are the layers' median disparities in the source."""

    def __init__(self, engine: GuardedDepth, look: Look, run: RunContext, source: Disparity) -> None:
        self._engine, self._look = engine, look
        self.levels = medians(source, first_owner(run), len(run.layers))

    def at(self, canvas: RGB, hole: Bool, owner: OwnerMap, cancelled: Callable[[], bool]) -> Disparity:
        """The disparity of a canvas [H, W, 3] on the source's scale, float32 [H, W] 0..1.

        `hole` [H, W] is what is still to be painted, or has just been: its layer is a guess, so nothing is measured
        there. `owner` [H, W] is the layer that is seen.
        """
        found = self._engine.depth(filled(canvas, hole, owner), self._look, cancelled)
        return levelled(found, np.where(hole, -1, owner), self.levels)

    def numbers(self, picture: RGB, new: Bool, owner: OwnerMap, cancelled: Callable[[], bool]) -> OwnerMap:
        """The layer that each pixel of a picture without holes belongs to by its depth, int16 [H, W].

        `new` [H, W] was just painted. Layers part halfway between their levels.
        """
        found = self._engine.depth(picture, self._look, cancelled)
        depth = levelled(found, np.where(new, -1, owner), self.levels)
        known = [level for level in self.levels if level is not None]
        levels = [float(np.interp(i, _indices(self.levels), known)) for i in range(len(self.levels))]
        masks = other_cuts.from_depth(picture, depth, other_cuts.between(levels))
        return np.asarray(sum((mask.astype(np.int16) for mask in masks), np.zeros(owner.shape, np.int16)), np.int16)


def _indices(levels: list[float | None]) -> list[int]:
    return [i for i, level in enumerate(levels) if level is not None]


def medians(depth: Disparity, owner: OwnerMap, layers: int) -> list[float | None]:
    """The median disparity of every layer in a map [H, W] of which it owns pixels; None where it shows too few."""
    out: list[float | None] = []
    for index in range(layers):
        own = depth[owner == index]
        out.append(float(np.median(own)) if own.size >= LEAST_SHARE * depth.size else None)
    return out


def first_owner(run: RunContext) -> OwnerMap:
    """The layer that is seen at each pixel of the source, int16 [H, W]."""
    owner = np.zeros(run.source.shape[:2], np.int16)
    for layer in run.layers:
        if run.cutouts:
            cutout: Cutout = run.cutouts[layer.index]
            rows = owner[cutout.top : cutout.top + cutout.height]
            rows[cutout.alpha[: len(rows)] >= 128] = layer.index
        else:
            owner[layer.top : layer.top + layer.height] = layer.index
    return owner


def levelled(depth: Disparity, owner: OwnerMap, levels: list[float | None]) -> Disparity:
    """A depth map bent, without turning anything round, so that the layers' medians become `levels`.

    Layers that an estimate does not tell apart, or has in another order, are fitted as one.
    """
    found = medians(depth, owner, len(levels))
    pairs = sorted((f, level) for f, level in zip(found, levels, strict=True) if f is not None and level is not None)
    merged: list[tuple[float, float, int]] = []
    for is_now, shall_be in pairs:
        merged.append((is_now, shall_be, 1))
        while len(merged) > 1 and (merged[-1][0] - merged[-2][0] < APART or merged[-1][1] <= merged[-2][1]):
            (a, x, m), (b, y, n) = merged.pop(-2), merged.pop()
            merged.append(((a * m + b * n) / (m + n), (x * m + y * n) / (m + n), m + n))
    if not merged:
        return depth
    # beyond the outermost layers the map goes on as steeply as it is
    at = [merged[0][0] - 1, *(a for a, _, _ in merged), merged[-1][0] + 1]
    to = [merged[0][1] - 1, *(b for _, b, _ in merged), merged[-1][1] + 1]
    return np.clip(np.interp(depth, at, to), 0, 1).astype(np.float32)


def filled(canvas: RGB, hole: Bool, owner: OwnerMap) -> RGB:
    """A canvas with its holes filled from their rows: the known picture of the same layer, mirrored at the hole's edge;
    where the layer is known nowhere in the row, that of any; and where the row is a hole, the nearest other row."""
    out = canvas.copy()
    left = hole.copy()
    for index in np.unique(owner[hole]):
        mine = owner == index
        left &= ~_from_row(out, left & mine, ~hole & mine)
    left &= ~_from_row(out, left, ~left)
    rows = np.flatnonzero(~left.all(1))
    if left.any() and rows.size:
        empty = np.flatnonzero(left.all(1))
        out[empty] = out[rows[np.abs(rows[None] - empty[:, None]).argmin(1)]]
    return out


def _from_row(picture: RGB, hole: Bool, known: Bool) -> Bool:
    """Fill `hole` from `known` pixels of its rows, in place; the pixels that were filled."""
    x = np.arange(hole.shape[1])
    before = np.maximum.accumulate(np.where(known, x, -1), 1)
    after = np.minimum.accumulate(np.where(known, x, 2 * len(x))[:, ::-1], 1)[:, ::-1]
    nearer = np.where((before >= 0) & (x - before <= after - x), before, after)
    edge = np.where(nearer < len(x), nearer, before)
    mirrored = 2 * edge - x
    there = (mirrored >= 0) & (mirrored < len(x)) & (edge >= 0)
    rows = np.arange(len(hole))[:, None]
    there &= known[rows, mirrored.clip(0, len(x) - 1)]
    source = np.where(there, mirrored, edge)
    done = hole & (edge >= 0)
    picture[done] = picture[np.broadcast_to(rows, hole.shape)[done], source[done]]
    return np.asarray(done, np.bool_)
