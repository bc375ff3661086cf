"""One seam: how two overlapping pieces of picture become one without a visible border.

A colour offset per row (a one-dimensional membrane) lifts the new piece to the old one and fades out behind the seam;
then a minimum-error path through the overlap says where one piece ends and the other begins, sharp in texture and wide
where both sides are smooth. The exact two-label graph cut reaches half the energy of this path and looks no better
(it loves corners parallel to the axes), at a hundred times the cost.

A. Efros and W. Freeman, Image Quilting, SIGGRAPH 2001; V. Kwatra et al., Graphcut Textures, SIGGRAPH 2003.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .overlap import Overlap, compare, square_sum
from .transitions import ALPHA_VISIBLE, ALPHA_WEIGHT

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
OFFSET_LIMIT = 48.0  # grey levels; more than that is another colour, not another light
SMOOTH_LIMIT = 96.0  # the same where both pieces are smooth, and may differ by nothing but light
OTHER_THING = 40.0  # grey levels beyond that, at which they are two things all the same: facets of flat colours
AT_CUT = 10.0  # of an overlap: so wide is the place where two pieces meet
FADE_PER_LEVEL = 10  # columns over which a grey level of offset fades
SAME_COLOUR = 36.0  # grey levels; differences beyond it count as different things
TEXTURE = 16.0
SHARPEST = 0.6  # px, half width of a transition in texture
DIFFERENT_MATTE = 1e5


@dataclass(frozen=True)
class Seam:
    """`cut` int16 [h]: first column of the new piece per row; `knots` float32 [k, 4]: half width of the transition and
    the colour offset (R, G, B) of the new piece, at k rows spread evenly; `fade_px`: where the offset has ended,
    counted from the end of the overlap."""

    cut: NDArray[np.int16]
    knots: F32
    fade_px: int

    def fade(self, columns: F64 | NDArray[np.int64]) -> F32:
        """How much of the offset is left at `columns` counted from the end of the overlap, 1..0, of the same shape."""
        return (0.5 + 0.5 * np.cos(np.pi * np.clip(columns / self.fade_px, 0, 1))).astype(np.float32)

    def offset(self) -> F32:
        """The colour offset of every row, float32 [h, 3]."""
        rows = np.arange(len(self.cut))
        at = np.linspace(0, rows[-1], len(self.knots))
        return np.stack([np.interp(rows, at, self.knots[:, c]) for c in (1, 2, 3)], axis=1).astype(np.float32)

    def width(self) -> F32:
        """Half the width of the transition in every row, px, float32 [h]."""
        return _spread(self.knots[:, 0], len(self.cut))


def knot_count(rows: int) -> int:
    """How many knots describe a smooth function of `rows` rows."""
    return min(rows, 2 + rows // max(1, rows // 60))


def _spread(knots: F32, rows: int) -> F32:
    at = np.linspace(0, rows - 1, len(knots))
    return np.interp(np.arange(rows), at, knots).astype(np.float32)


@njit(cache=True)
def minimum_path(error: F64, first: int, last: int) -> NDArray[np.int64]:
    """The connected path from the first row to the last with the least sum of `error` [h, w]; column per row.

    `first`, `last`: column in the first and the last row, or -1 where free.
    """
    h, w = error.shape
    cost = error.copy()
    if first >= 0:
        for x in range(w):
            if x != first:
                cost[0, x] = 1e15
    for y in range(1, h):
        for x in range(w):
            best = cost[y - 1, x]
            if x > 0 and cost[y - 1, x - 1] < best:
                best = cost[y - 1, x - 1]
            if x < w - 1 and cost[y - 1, x + 1] < best:
                best = cost[y - 1, x + 1]
            cost[y, x] += best
    path = np.empty(h, np.int64)
    path[h - 1] = np.argmin(cost[h - 1]) if last < 0 else last
    for y in range(h - 2, -1, -1):
        x = path[y + 1]
        best_x = x
        if x > 0 and cost[y, x - 1] < cost[y, best_x]:
            best_x = x - 1
        if x < w - 1 and cost[y, x + 1] < cost[y, best_x]:
            best_x = x + 1
        path[y] = best_x
    return path


@njit(cache=True)
def lift(pixels: F32, offset: F32, fade: F32) -> None:
    """Add `offset` [h, 3] times `fade` [w] to the colours of `pixels` [h, w, 3 or 4], in place."""
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            for c in range(3):
                pixels[y, x, c] += offset[y, c] * fade[x]


@njit(cache=True)
def rounded(pixels: F32) -> NDArray[np.uint8]:
    """The nearest uint8 of every value, halves to even."""
    out = np.empty(pixels.shape, np.uint8)
    for y in range(pixels.shape[0]):
        for x in range(pixels.shape[1]):
            for c in range(pixels.shape[2]):
                out[y, x, c] = np.uint8(min(max(np.rint(pixels[y, x, c]), np.float32(0)), np.float32(255)))
    return out


def colour_offset(overlap: Overlap, weight: F32, smooth_rows: float) -> F32:
    """Smooth colour offset per row, [h, 3], that lifts the new piece to the old one; `weight` [h, w]: `trusted`."""
    offset = _mean_difference(overlap, weight, 0.08 * weight.shape[1], smooth_rows)
    return np.asarray(OFFSET_LIMIT * np.tanh(offset / OFFSET_LIMIT), np.float32)


def offset_at(overlap: Overlap, weight: F32, cut: NDArray[np.int16], smooth: F32, smooth_rows: float) -> F32:
    """Like `colour_offset`, but as the two pieces differ where they meet, and where both are `smooth` [h, w] there as
    far as it takes: a slope of light that is lifted as a whole shows no step, however great that was."""
    columns = smooth.shape[1]
    wide = columns / AT_CUT
    near = np.exp(-0.5 * ((np.arange(columns, dtype=np.float32)[None] - cut[:, None] + 0.5) / np.float32(wide)) ** 2)
    near = np.asarray(near, np.float32)
    plain = gaussian_filter1d((smooth * near).sum(1) / near.sum(1), smooth_rows, truncate=3.0)[:, None]
    plain = np.clip((plain - 0.2) / 0.4, 0, 1)
    doubt = 0.2 * wide * (1 - 0.9 * plain[:, 0])
    offset = _mean_difference(overlap, weight * near, doubt, smooth_rows)
    other = np.clip((np.abs(offset).max(1, keepdims=True) - SMOOTH_LIMIT) / OTHER_THING, 0, 1)
    limit = OFFSET_LIMIT + (SMOOTH_LIMIT - OFFSET_LIMIT) * plain * (1 - other)
    return np.asarray(offset / (1 + (np.abs(offset) / limit) ** 4) ** 0.25, np.float32)


def trusted(overlap: Overlap) -> F32:
    """How far the difference of two pieces is one of light and not of things, 0..1, [h, w]."""
    alike = np.exp(square_sum(overlap.soft_difference) / np.float32(-2 * SAME_COLOUR**2))
    weight = np.maximum(alike, 1 / (1 + (overlap.texture / TEXTURE) ** 2))
    return np.asarray(weight if overlap.opaque is None else weight * overlap.opaque, np.float32)


def _mean_difference(overlap: Overlap, weight: F32, doubt: F64 | float, smooth_rows: float) -> F64:
    """The weighted mean difference per row, [h, 3], of rows round it; less where all weights are less than `doubt`."""
    weighted = np.einsum("yxc,yx->yc", overlap.soft_difference, weight)
    total = gaussian_filter1d(weighted, smooth_rows, axis=0, truncate=3.0)
    trust = gaussian_filter1d(weight.sum(1), smooth_rows, truncate=3.0) + doubt
    return np.asarray(total / trust[:, None], np.float64)


def cut_error(overlap: Overlap, offset: F32, contrast: float) -> tuple[F64, F32]:
    """What a cut costs at every pixel of the overlap [h, w], and how smooth both sides are there (0..1)."""
    plain = 0.15 * contrast**2
    smooth = np.asarray(plain / (plain + overlap.texture), np.float32)
    visible = contrast**2 / (contrast**2 + overlap.texture)
    if overlap.matte is None or overlap.opaque is None:
        cost = _roughness(overlap.old - overlap.new - offset[:, None]).astype(np.float64) * visible
    else:
        cost = _roughness(overlap.old - overlap.new - offset[:, None] * overlap.opaque[..., None]) * visible
        firm = ALPHA_VISIBLE + (1 - ALPHA_VISIBLE) * visible
        cost = (cost + _roughness(np.float32(ALPHA_WEIGHT) * overlap.matte[..., None]) * firm).astype(np.float64)
        smooth *= overlap.opaque
    margin = min(2, (cost.shape[1] - 1) // 3)
    if margin:
        cost[:, :margin] += 1e5
        cost[:, -margin:] += 1e5
    return cost, smooth


@njit(cache=True, nogil=True)
def _roughness(d: F32) -> F32:
    """Squared difference `d` [h, w, c] of two pieces and of their slopes, [h, w]."""
    error = np.empty((d.shape[0], d.shape[1]), np.float32)
    half = np.float32(0.5)
    for y in range(d.shape[0]):
        for x in range(d.shape[1]):
            own = along = down = np.float32(0)
            for c in range(d.shape[2]):
                own += d[y, x, c] ** 2
                along += (d[y, x, c] - d[y, max(x - 1, 0), c]) ** 2
                down += (d[y, x, c] - d[max(y - 1, 0), x, c]) ** 2
            error[y, x] = own + half * along + half * down
    return error


def transition_width(smooth: F32, smooth_rows: float) -> F32:
    """Half width of the transition per row, [h]: 0.6 px in texture, up to a sixth of the overlap in smooth places."""
    width = smooth.shape[1]
    parts = np.minimum.reduceat(smooth, np.arange(0, width, max(1, width // 4)), axis=1)
    raw = SHARPEST + width / 6.0 * parts.mean(1) ** 2
    return np.asarray(gaussian_filter1d(raw, smooth_rows, truncate=3.0), np.float32)


def mix(old: F32, new: F32, cut: NDArray[np.int16], width: F32) -> F32:
    """`old` left of the cut, `new` right of it, [h, w, 3 or 4], with a transition of half width `width` px per row.

    With mattes (straight alpha) the alpha changes within SHARPEST px, so that an edge of one piece never becomes a
    veil over the other, and each side's colour counts by its alpha.
    """
    share = _share(old.shape[1], cut, width)
    if old.shape[2] == 3:
        share = share[..., None]
        return np.asarray(old * (1 - share) + new * share, np.float32)
    return _mix_mattes(old, new, share, _share(old.shape[1], cut, np.full_like(width, SHARPEST)))


@njit(cache=True, nogil=True)
def _mix_mattes(old: F32, new: F32, share: F32, narrow: F32) -> F32:
    """`old` and `new` [h, w, 4] mixed, the colours by their alpha and `share` [h, w], the alpha by `narrow` [h, w]."""
    one, half = np.float32(1), np.float32(0.5)
    mixed = np.empty_like(old)
    for y in range(old.shape[0]):
        for x in range(old.shape[1]):
            there = share[y, x] * new[y, x, 3]
            total = there + (one - share[y, x]) * old[y, x, 3]
            by = there / total if total > half else share[y, x]
            for c in range(3):
                mixed[y, x, c] = old[y, x, c] * (one - by) + new[y, x, c] * by
            mixed[y, x, 3] = old[y, x, 3] * (one - narrow[y, x]) + new[y, x, 3] * narrow[y, x]
    return mixed


def _share(columns: int, cut: NDArray[np.int16], width: F32) -> F32:
    """The new piece's share at every pixel, [h, columns]."""
    room = np.minimum(4 * width, columns / 2)
    centre = np.clip(cut.astype(np.float32), room, columns - room)
    distance = (np.arange(columns, dtype=np.float32)[None] - centre[:, None] - 0.5) / width[:, None]
    return np.asarray(1 / (1 + np.exp(-np.clip(distance, -60, 60))), np.float32)


def first_equal(old: F32, new: F32) -> NDArray[np.int64]:
    """Per row the first column from which on both mattes are the same to the end, int64 [h]."""
    differ = old[..., 3] != new[..., 3]
    columns = differ.shape[1]
    return np.where(differ.any(axis=1), columns - np.argmax(differ[:, ::-1], axis=1), 0)


def cut_into(old: F32, new: F32, seam: Seam, same_matte: bool) -> F32:
    """Cut `new` [h, w, 3 or 4] into the last columns of `old` [h, more, 3 or 4], in place, and return it; with
    `same_matte` the matte stays that of `old`, and its colours do where the mattes differ."""
    into = old[:, -new.shape[1] :]
    mixed = mix(into, new, seam.cut, seam.width())
    if same_matte and old.shape[2] == 4:
        mixed[..., 3] = into[..., 3]
        differ = into[..., 3] != new[..., 3]
        mixed[differ] = into[differ]
    into[:] = mixed
    return old


def join(old: F32, new: F32, contrast: float, shortest_fade: int, same_matte: bool = False) -> Seam:
    """The seam between two pieces over their overlap, both float32 [h, w, 3 or 4]; `contrast` in grey levels.

    With `same_matte` the new piece begins only where from there on both mattes are the same.
    """
    rows = old.shape[0]
    knots = np.empty((knot_count(rows), 4), np.float32)
    at = np.linspace(0, rows - 1, len(knots))
    overlap = compare(old, new)
    weight, smooth_rows = trusted(overlap), max(2, rows / 30)
    error, smooth = cut_error(overlap, colour_offset(overlap, weight, smooth_rows), contrast)
    knots[:, 0] = np.interp(at, np.arange(rows), transition_width(smooth, max(1, rows / 60)))
    if same_matte and old.shape[2] == 4:
        earliest = first_equal(old, new)
        error += DIFFERENT_MATTE * (np.arange(error.shape[1])[None] < earliest[:, None])
        cut = np.maximum(minimum_path(error, -1, -1), earliest).astype(np.int16)
    else:
        cut = minimum_path(error, -1, -1).astype(np.int16)
    offset = offset_at(overlap, weight, cut, smooth, smooth_rows)
    for c in range(3):
        knots[:, 1 + c] = np.interp(at, np.arange(rows), offset[:, c])
    return Seam(cut, knots, int(max(shortest_fade, FADE_PER_LEVEL * np.abs(knots[:, 1:]).max())))
