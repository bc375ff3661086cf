"""Soft mattes for hard masks: how much of each pixel near a border is the nearer layer, and in which colour.

A guided filter in a narrow band lets the matte follow the picture's own edge; what is too thin for it (masts, twigs)
keeps the mask. Closed-form matting draws finer needles, but dissolves spires that lie wholly in its unknown band.

K. He, J. Sun and X. Tang, Guided Image Filtering, ECCV 2010.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .cutout import RGB, Alpha

Bool = NDArray[np.bool_]  # [H, W]
F32 = NDArray[np.float32]
RADIUS_PX = 4
EDGE = 9.0  # grey levels squared: variance from which on an edge is kept
BAND_PX = 5  # the matte is soft only that near to the border
LOWEST, RANGE = 0.12, 0.76  # the filter's tails are cut off, or a veil would go with the layer
THIN_PX = 5  # the guided filter cannot be trusted with parts that are no wider
GAP_PX = 8  # a layer that shows less below its skyline shows no skyline
CONTINUED_PX = 6  # colours go on under the transparent side
SURE = 250
WIDEN_PX = 3
NOTICED = 4.0  # grey levels that a farther layer may keep of a rim
CLEAR = 40.0  # grey levels between layer and background from which on their mixture can be told
ROOM = 1.25  # times the least alpha: colours at the end of the range would show between pixels


def disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def soft_matte(picture: RGB, mask: Bool) -> Alpha:
    """The matte uint8 [H, W] of `mask` (bool [H, W]) in `picture` (RGB uint8 [H, W, 3])."""
    hard = mask.astype(np.uint8)
    alpha = hard * np.uint8(255)
    border = cv2.dilate(hard, disc(BAND_PX), borderValue=0) != cv2.erode(hard, disc(BAND_PX), borderValue=1)
    rows = np.flatnonzero(border.any(1))
    if not rows.size:
        return alpha
    first, last = max(0, int(rows[0]) - 2 * RADIUS_PX), min(len(mask), int(rows[-1]) + 1 + 2 * RADIUS_PX)
    area = slice(first, last)
    grey = cv2.cvtColor(picture[area], cv2.COLOR_RGB2GRAY).astype(np.float32)
    soft = (guided(grey, hard[area].astype(np.float32)) - LOWEST) / RANGE
    values = np.rint(soft.clip(0, 1) * 255).astype(np.uint8)
    thin = cv2.morphologyEx(hard[area], cv2.MORPH_OPEN, disc(THIN_PX // 2)) != hard[area]
    # A thin part is thin as far as where it stands.
    values[(cv2.dilate(thin.astype(np.uint8), disc(THIN_PX // 2)) > 0) & mask[area]] = 255
    alpha[area][border[area]] = values[border[area]]
    return alpha


def guided(guide: F32, wanted: F32, radius: int = RADIUS_PX) -> F32:
    """The guided filter of `wanted` [h, w] by a grey picture [h, w], `radius` in px."""

    def mean(values: F32) -> F32:
        size = 2 * radius + 1
        return np.asarray(cv2.blur(values, (size, size), borderType=cv2.BORDER_REFLECT), np.float32)

    guide_mean, wanted_mean = mean(guide), mean(wanted)
    slope = (mean(guide * wanted) - guide_mean * wanted_mean) / (mean(guide * guide) - guide_mean**2 + EDGE)
    level = wanted_mean - slope * guide_mean
    return np.asarray(mean(slope) * guide + mean(level), np.float32)


def own_skyline(mask: Bool, nearer: Bool) -> tuple[F32, NDArray[np.bool_]]:
    """Where a layer begins per column, float32 [W], also where a nearer layer hides its border, bool [W].

    Hidden stretches run straight between their neighbours, with the neighbours' roughness laid on; H where there is
    no layer. A tree on the nearer layer does not become part of the mountain behind it.
    """
    height, width = mask.shape
    visible = mask & ~nearer
    deep = cv2.erode(visible.astype(np.uint8), np.ones((GAP_PX, 1), np.uint8), anchor=(0, 0), borderValue=1) > 0
    first = np.where(deep.any(0), deep.argmax(0), height)
    columns = np.arange(width)
    seen = (first < height) & (~mask[np.maximum(first, 1) - 1, columns] | (first == 0))
    hidden = ~seen & mask.any(0)
    top = np.where(seen, first, np.where(hidden, mask.argmax(0), height)).astype(np.float32)
    # Beside a tree the border belongs to its outermost twigs.
    sure = np.flatnonzero(seen & (cv2.dilate(hidden.astype(np.uint8)[None], np.ones((1, 9), np.uint8))[0] == 0))
    if not hidden.any() or not sure.size:
        return top, hidden & False
    trend = cv2.GaussianBlur(np.interp(columns, sure, top[sure]).astype(np.float32)[None], (0, 0), 6.0)[0]
    rough = np.zeros(width, np.float32)
    rough[sure] = top[sure] - trend[sure]
    for start, stop in _runs(hidden):
        top[start:stop] = trend[start:stop] + _roughness(rough, sure, start, stop)
    # What the source shows above the nearer layer stays sky.
    last_beyond = np.where(mask.all(0), 0, height - mask[::-1].argmin(0))
    top[hidden] = np.maximum(top[hidden], np.minimum(last_beyond[hidden] + 1, height))
    return np.asarray(top.clip(0, height), np.float32), hidden


def _runs(which: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(which.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _roughness(rough: F32, seen: NDArray[np.intp], start: int, stop: int) -> F32:
    """The roughness of the seen columns beside a hidden stretch, as much as it takes, faded in at both ends."""
    before, after = seen[seen < start], seen[seen >= stop]
    side = before[-(stop - start) :] if before.size >= after.size else after[: stop - start]
    copied = np.resize(rough[side], stop - start)
    fade = np.minimum(np.arange(1, stop - start + 1), np.arange(stop - start, 0, -1)) / 8
    return np.asarray(copied * fade.clip(0, 1), np.float32)


def rim_colours(rgb: RGB, alpha: Alpha) -> RGB:
    """`rgb` with the colours of sure pixels nearby wherever `alpha` is not sure, and a few px beyond; else 0."""
    out = rgb.copy()
    wanted = (alpha < SURE) & (cv2.dilate(alpha, disc(CONTINUED_PX)) > 0)
    out[(alpha < SURE) & ~wanted] = 0
    rows = np.flatnonzero(wanted.any(1))
    if not rows.size:
        return out
    area = slice(max(0, int(rows[0]) - 16), min(len(rgb), int(rows[-1]) + 17))
    sure = alpha[area] >= SURE
    # The outermost sure pixels may still hold a little of what is behind them.
    weight = np.float32(0.02) * sure + cv2.erode(sure.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    colours = rgb[area].astype(np.float32) * weight[..., None]
    narrow, narrow_weight = cv2.GaussianBlur(colours, (0, 0), 2.0), cv2.GaussianBlur(weight, (0, 0), 2.0)
    wide, wide_weight = cv2.GaussianBlur(colours, (0, 0), 7.0), cv2.GaussianBlur(weight, (0, 0), 7.0)
    which = wanted[area] & (wide_weight > 1e-6)
    trust = (narrow_weight[which] / 0.05).clip(0, 1)[:, None]
    near = narrow[which] / np.maximum(narrow_weight[which], 1e-7)[:, None]
    far = wide[which] / np.maximum(wide_weight[which], 1e-7)[:, None]
    out[area][which] = np.rint(near * trust + far * (1 - trust)).clip(0, 255).astype(np.uint8)
    return out


def widen(picture: RGB, alpha: Alpha, rgb: RGB, below: RGB, free: Bool) -> None:
    """Let a matte reach out, in place, to what else of its rim the picture shows: glows, shadows, lens blur.

    Right beside the border (where `free`) the picture should be `below`, the farther layers without this one; what
    differs would stay behind as an outline, so it goes with this layer: at the alpha that the layer's own colours
    `rgb` need for it, or the least one that any colour would need.
    """
    near = cv2.dilate((alpha >= 128).astype(np.uint8), disc(WIDEN_PX)) > 0
    which = near & (alpha < SURE) & free
    rows = np.flatnonzero(which.any(1))
    if not rows.size:
        return
    area = slice(max(0, int(rows[0]) - 16), int(rows[-1]) + 17)
    which = which[area]
    target, behind = picture[area][which].astype(np.float32), below[area][which].astype(np.float32)
    # In front of a rough texture nobody sees an outline.
    noticed = NOTICED + _roughness_of(below[area])[which]
    step = target - behind
    step = np.sign(step) * np.maximum(np.abs(step) - noticed[:, None], 0)
    least = (np.where(step > 0, step / np.maximum(255 - behind, 1), -step / np.maximum(behind, 1)) * ROOM).max(1)
    way = rgb[area][which] - behind
    own = (step * way).sum(1) / np.maximum((way**2).sum(1), CLEAR**2)
    least = np.maximum(least, own)
    alpha[area][which] = np.maximum(alpha[area][which], np.rint(least.clip(0, 1) * 255).astype(np.uint8))


def _roughness_of(picture: RGB) -> F32:
    """The mean deviation from the local mean, in grey levels, float32 [h, w]."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(cv2.blur(np.abs(grey - cv2.blur(grey, (7, 7))), (15, 15)), np.float32)
