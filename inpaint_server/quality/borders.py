"""How well layers meet where they lie before one another, measured on frames against the source.

The step in brightness across every border is compared with the step in the source. The plain ratio of both (`join`) is
not enough: contours lie on edges, which makes its denominator large. So every piece of a border is also followed back
to its place in the source and compared with itself (`excess`, `broken`), and what stands out beyond both sides, as the
rim of a bad matte does, is counted apart (`halo`). Edge detectors on whole frames were the other road; they see the
picture's own edges first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Owners = NDArray[np.int8]
F32 = NDArray[np.float32]
Places = NDArray[np.intp]

REACH_PX = 8
"""How far from the border colours are looked at: borders nearer than that to the frame's rim are passed over."""
LEAST_PIECES = 200
"""Pieces that must still be in the frame for a comparison with themselves."""
LEAST_HALO = 0.3
"""Overshoot of a source, in grey levels, below which the ratio would say nothing."""


@dataclass(frozen=True)
class BorderFigures:
    """The borders of all layers at one step; nan where too little of a border is left to tell.

    join: mean luma step across the borders (2 px on either side) against that of the source. excess: mean rise of a
    piece's step over its own in the source, grey levels. broken: share of pieces with a step that is new (more than
    twice the old one, half the source's mean and 4 grey levels). halo: mean overshoot beyond the colours on both sides,
    against the source's.
    """

    join: float
    excess: float
    broken: float
    halo: float


@dataclass(frozen=True)
class _Pieces:
    """Border pixels: `step` and `overshoot` in grey levels, the `nearer` layer, and the place of its outermost pixel.

    `across` tells borders between rows (0) from borders between columns (1).
    """

    step: F32
    overshoot: F32
    nearer: Owners
    y: Places
    x: Places
    across: Owners


def measure(
    source: RGB,
    frames: Mapping[int, RGB],
    owners: Mapping[int, Owners],
    positions: Mapping[int, Sequence[int]],
) -> dict[int, BorderFigures]:
    """Figures of every step in `frames` but 0.

    `source` is RGB uint8 [H, W, 3], `frames[k]` the frame at step k, `owners[k]` int8 [H, W] the index of the layer
    that is seen at each pixel, `positions[k][i]` the whole px by which layer i is shifted sideways. Key 0 holds the
    source's own frame and owners. KeyError if a step is not in all three.
    """
    before = _pieces(source, owners[0])
    found = {}
    for step in sorted(frames):
        if step:
            found[step] = _compare(before, _pieces(frames[step], owners[step]), positions[step], source.shape[:2])
    return found


def _compare(before: _Pieces, now: _Pieces, positions: Sequence[int], shape: tuple[int, int]) -> BorderFigures:
    """Figures of one step against the source."""
    if not before.step.size or not now.step.size:
        return BorderFigures(float("nan"), float("nan"), float("nan"), float("nan"))
    usual = float(before.step.mean())
    join = float(now.step.mean()) / max(usual, 1e-3)
    halo = float(now.overshoot.mean()) / max(float(before.overshoot.mean()), LEAST_HALO)
    old = _once(before, now, positions, shape)
    known = ~np.isnan(old)
    if np.count_nonzero(known) < LEAST_PIECES:
        return BorderFigures(join, float("nan"), float("nan"), halo)
    new, old = now.step[known], old[known]
    excess = float(np.maximum(0, new - old).mean())
    return BorderFigures(join, excess, float((new > 2 * old + usual / 2 + 4).mean()), halo)


def _once(before: _Pieces, now: _Pieces, positions: Sequence[int], shape: tuple[int, int]) -> F32:
    """The step that each piece of a border had in the source; nan for what was no border there."""
    height, width = shape

    def key(pieces: _Pieces, x: Places) -> Places:
        kind = pieces.nearer.astype(np.intp) * 2 + pieces.across
        return np.asarray((kind * height + pieces.y) * width + x, np.intp)

    keys = key(before, before.x)
    order = np.argsort(keys, kind="stable")
    x = now.x - np.asarray(positions, np.intp)[now.nearer]
    wanted = key(now, x)
    place = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), order.size - 1)]
    same = (x >= 0) & (x < width) & (keys[place] == wanted)
    return np.asarray(np.where(same, before.step[place], np.nan), np.float32)


def _pieces(frame: RGB, owners: Owners) -> _Pieces:
    """All border pixels of a frame, between rows and between columns."""
    grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float32)
    rows, columns = _between_rows(grey, owners, 0), _between_rows(grey.T, owners.T, 1)
    return _Pieces(
        np.concatenate([rows.step, columns.step]),
        np.concatenate([rows.overshoot, columns.overshoot]),
        np.concatenate([rows.nearer, columns.nearer]),
        np.concatenate([rows.y, columns.x]),
        np.concatenate([rows.x, columns.y]),
        np.concatenate([rows.across, columns.across]),
    )


def _between_rows(grey: F32, owners: Owners, across: int) -> _Pieces:
    """The pieces where the layer changes from one row to the next."""
    y, x = np.nonzero(owners[1:] != owners[:-1])
    y = y + 1
    inside = (y > REACH_PX) & (y < len(grey) - REACH_PX)
    y, x = y[inside], x[inside]
    upper, lower = owners[y - 1, x], owners[y, x]
    outward = np.where(lower > upper, -1, 1)  # towards the layer behind
    near = np.where(lower > upper, y, y - 1)
    far = near + outward
    step = np.abs(grey[far + 2 * outward, x] - grey[near - 2 * outward, x])
    behind = np.median([grey[far + k * outward, x] for k in (5, 6, 7)], axis=0)
    before = np.median([grey[near - k * outward, x] for k in (3, 4, 5)], axis=0)
    rim = (grey[far + outward, x] + grey[far + 2 * outward, x]) / 2
    above, below = np.maximum(behind, before), np.minimum(behind, before)
    overshoot = np.maximum(0, rim - above) + np.maximum(0, below - rim)
    return _Pieces(step, overshoot, np.maximum(upper, lower), near, x, np.full(x.size, across, np.int8))
