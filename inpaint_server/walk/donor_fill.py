"""Holes of a single picture, filled by copying: the best donor shift for each hole, lifted to its surroundings.

For a hole, every shift of the picture is scored by how well the pixels round the hole agree with the pixels round the
donor; the best one is copied and its colour is corrected by the differences on the border, spread into the hole. Holes
without a good donor are split and filled from the side where more is known. Patch-wise synthesis (PatchMatch) was
tried for the same task and weaves patterns into large holes.

P. Perez et al., Poisson Image Editing, SIGGRAPH 2003; J. Hays and A. Efros, Scene Completion, SIGGRAPH 2007.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled
from ..regions import bounds
from .exemplar import contrast_scale

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Box = tuple[int, int, int, int]  # top, left, bottom, right
MID_GREY = 128
RING_PX = 8
COARSE_PX = 320  # the search sees the picture at about this size
SMALLEST_PX = 6  # boxes below this are left to Telea's method
WHOLE_SHARE = 0.1  # boxes below this share of the picture's longer side take the best donor, however bad
GOOD_RMS = 18.0  # grey levels on the ring; a worse donor of a large hole makes us split it
OFFSET_LIMIT = 48.0
NOISE = 0.05
UPRIGHT_LEVELS = 40.0  # grey levels that a donor from the other end of the picture's height must be better by


class _Filling:
    """The picture while it is being filled: `known` are the donors, `done` also what has been painted."""

    def __init__(self, picture: RGB, hole: Bools, seed: int) -> None:
        self.picture = picture.astype(np.float32)
        self.known = ~hole
        self.done = ~hole
        self.picture[hole] = 0
        self.random = np.random.default_rng(seed)
        self.contrast = contrast_scale(picture[~hole][None])
        self.whole_px = max(8 * SMALLEST_PX, WHOLE_SHARE * max(hole.shape))
        self.scale = max(1, round(max(hole.shape) / COARSE_PX))


def fill(picture: RGB, hole: Bools, seed: int, cancelled: Callable[[], bool] = lambda: False) -> RGB:
    """Fill the pixels of `picture` (RGB uint8 [H, W, 3]) where `hole` (bool [H, W]) is true; mid grey if all are."""
    if hole.all():
        return np.full_like(picture, MID_GREY)
    work = _Filling(picture, hole, seed)
    # Holes closer to each other than a ring are one hole: they would spoil each other's ring.
    near = cv2.dilate(hole.astype(np.uint8), np.ones((RING_PX + 1, RING_PX + 1), np.uint8))
    count, labels = cv2.connectedComponents(near)
    for label in range(1, count):
        part = hole & (labels == label)
        if part.any():
            _fill_box(work, part, _bounds(part), cancelled)
    result = np.rint(work.picture).clip(0, 255).astype(np.uint8)
    if not work.done.all():
        rest = (~work.done).astype(np.uint8) * 255
        result = np.asarray(cv2.inpaint(result, rest, 3.0, cv2.INPAINT_TELEA), np.uint8)
    return result


def _bounds(part: Bools) -> Box:
    rows, columns = bounds(part)
    return rows.start, columns.start, rows.stop, columns.stop


def _fill_box(work: _Filling, part: Bools, box: Box, cancelled: Callable[[], bool]) -> None:
    """Fill the pixels of `part` inside `box`, whole or in halves."""
    if cancelled():
        raise Cancelled
    top, left, bottom, right = box
    inside = np.zeros_like(part)
    inside[top:bottom, left:right] = part[top:bottom, left:right]
    if not inside.any():
        return
    box = top, left, bottom, right = _bounds(inside)
    size = max(bottom - top, right - left)
    found = _best_shift(work, inside, box)
    if found is not None and (size < work.whole_px or found[1] <= GOOD_RMS * work.contrast):
        _copy(work, inside, box, found[0])
    elif size >= 2 * SMALLEST_PX:
        halves = _halves(box)
        for half in sorted(halves, key=lambda b: -_surroundings(work, b)):
            _fill_box(work, part, half, cancelled)


def _halves(box: Box) -> tuple[Box, Box]:
    top, left, bottom, right = box
    if bottom - top > right - left:
        middle = (top + bottom) // 2
        return (top, left, middle, right), (middle, left, bottom, right)
    middle = (left + right) // 2
    return (top, left, bottom, middle), (top, middle, bottom, right)


def _grown(box: Box, by: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    top, left, bottom, right = box
    return slice(max(0, top - by), min(shape[0], bottom + by)), slice(max(0, left - by), min(shape[1], right + by))


def _surroundings(work: _Filling, box: Box) -> float:
    """The share of pixels round `box` that are filled."""
    return float(work.done[_grown(box, RING_PX, work.done.shape)].mean())


def _ring(work: _Filling, inside: Bools, area: tuple[slice, slice], width: int) -> Bools:
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    return (cv2.dilate(inside[area].astype(np.uint8), kernel) > 0) & work.done[area]


def _shrink(values: F32, scale: int) -> F32:
    """Means over cells of scale x scale px; what does not fill a cell is averaged as far as it goes."""
    size = -(-values.shape[1] // scale), -(-values.shape[0] // scale)
    padded = cv2.copyMakeBorder(
        values, 0, size[1] * scale - values.shape[0], 0, size[0] * scale - values.shape[1], cv2.BORDER_REPLICATE
    )
    return np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), np.float32)


def _best_shift(work: _Filling, inside: Bools, box: Box) -> tuple[tuple[int, int], float] | None:
    """The shift (rows, columns) to the best donor and its rms on the ring, or None if no donor is known."""
    scale = work.scale
    area = _grown(box, RING_PX, inside.shape)
    # The cells must lie on the grid of the shrunk picture.
    area = tuple(
        slice(a.start // scale * scale, min(n, -(-a.stop // scale) * scale))
        for a, n in zip(area, inside.shape, strict=True)
    )  # type: ignore[assignment]
    ring = _ring(work, inside, area, RING_PX)
    if not ring.any():
        return None
    done = work.done.astype(np.float32)
    weight = _shrink(done, scale)
    small = np.asarray(_shrink(work.picture * done[..., None], scale) / np.maximum(weight, 1e-3)[..., None], np.float32)
    unknown = (_shrink((~work.known).astype(np.float32), scale) > 0).astype(np.float32)
    ring_weight = _shrink(ring.astype(np.float32), scale)
    used = (_shrink((inside[area] | ring).astype(np.float32), scale) > 0).astype(np.float32)
    h, w = used.shape
    y, x = area[0].start // scale, area[1].start // scale
    legal = cv2.matchTemplate(unknown, used, cv2.TM_CCORR) < 0.5
    if not legal.any():
        return None
    wanted = small[y : y + h, x : x + w]
    cost = _ring_cost(small, wanted, ring_weight) + 1.0
    # Pictures are layered from sky to ground: what stood at the same height fits better than its ring can tell.
    climb = np.abs(np.arange(cost.shape[0]) - y)[:, None] / small.shape[0]
    cost += (UPRIGHT_LEVELS * work.contrast * climb) ** 2
    noisy = cost * (1 + NOISE * work.random.standard_exponential(cost.shape))
    ty, tx = np.unravel_index(int(np.argmin(np.where(legal, noisy, np.inf))), cost.shape)
    shift = (int(ty) - y) * scale, (int(tx) - x) * scale
    return _refine(work, inside, ring, area, shift)


def _ring_cost(picture: F32, wanted: F32, weight: F32) -> NDArray[np.float64]:
    """Weighted mean square difference per channel for every place of `wanted` in `picture`."""
    heavy = np.repeat(weight[..., None], 3, axis=2)
    square = cv2.matchTemplate(picture * picture, heavy, cv2.TM_CCORR).astype(np.float64)
    mixed = cv2.matchTemplate(picture, heavy * wanted, cv2.TM_CCORR).astype(np.float64)
    own = float((heavy * wanted * wanted).sum(dtype=np.float64))
    return np.maximum(square - 2 * mixed + own, 0) / float(heavy.sum())


def _refine(
    work: _Filling, inside: Bools, ring: Bools, area: tuple[slice, slice], shift: tuple[int, int]
) -> tuple[tuple[int, int], float] | None:
    """The best legal shift within one cell of `shift`, at full size."""
    ys, xs = np.nonzero(ring)
    ys, xs = ys + area[0].start, xs + area[1].start
    hy, hx = np.nonzero(inside)
    every = max(1, ys.size // 4000)
    ys, xs = ys[::every], xs[::every]
    wanted = work.picture[ys, xs]
    height, width = inside.shape
    best: tuple[tuple[int, int], float] | None = None
    for dy in range(shift[0] - work.scale + 1, shift[0] + work.scale):
        for dx in range(shift[1] - work.scale + 1, shift[1] + work.scale):
            low = min(ys.min(), hy.min()) + dy, min(xs.min(), hx.min()) + dx
            high = max(ys.max(), hy.max()) + dy, max(xs.max(), hx.max()) + dx
            if min(low) < 0 or high[0] >= height or high[1] >= width:
                continue
            rms = float(np.sqrt(((work.picture[ys + dy, xs + dx] - wanted) ** 2).mean()))
            if (best is None or rms < best[1]) and bool(work.known[hy + dy, hx + dx].all()):
                best = (dy, dx), rms
    return best


def _copy(work: _Filling, inside: Bools, box: Box, shift: tuple[int, int]) -> None:
    """Copy the donor into the hole and lift it by the differences on the hole's border."""
    dy, dx = shift
    area = _grown(box, RING_PX, inside.shape)
    rows, columns = area
    top, left = max(rows.start, -dy), max(columns.start, -dx)
    bottom, right = min(rows.stop, inside.shape[0] - dy), min(columns.stop, inside.shape[1] - dx)
    area = slice(top, bottom), slice(left, right)
    donor = work.picture[top + dy : bottom + dy, left + dx : right + dx]
    ring = _ring(work, inside, area, 2) & work.done[top + dy : bottom + dy, left + dx : right + dx]
    difference = work.picture[area] - donor
    alike = np.exp(-(difference**2).sum(2) / (2 * 3 * 22.0**2)).astype(np.float32)
    offset = spread(difference, ring * np.maximum(alike, 0.02))
    hole = inside[area]
    lifted = donor + OFFSET_LIMIT * np.tanh(offset / OFFSET_LIMIT)
    work.picture[area][hole] = lifted.clip(0, 255)[hole]
    work.done |= inside


def spread(values: F32, weight: F32) -> F32:
    """`values` [h, w, c] where `weight` [h, w] is positive, spread smoothly over the whole area (pull and push)."""
    heavy = np.dstack([values * weight[..., None], weight]).astype(np.float32)
    levels = [heavy]
    while min(levels[-1].shape[:2]) > 2:
        half = (levels[-1].shape[1] + 1) // 2, (levels[-1].shape[0] + 1) // 2
        levels.append(np.asarray(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA), np.float32))
    last = levels[-1]
    # what no pixel says anything about, even from afar, gets the mean of those that do; 0 would be black
    mean = last.sum((0, 1)) / np.maximum(last[..., -1].sum(), 1e-6)
    out = np.where(last[..., -1:] > 0, last / np.maximum(last[..., -1:], 1e-6), mean)
    for level in levels[-2::-1]:
        coarse = np.asarray(cv2.resize(out, level.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        trust = np.clip(level[..., -1:] * 4, 0, 1)
        own = level / np.maximum(level[..., -1:], 1e-6)
        out = np.asarray(own * trust + coarse * (1 - trust), np.float32)
    return np.asarray(out[..., :-1], np.float32)
