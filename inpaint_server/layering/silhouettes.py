"""What stands out before a calm sky: towers, masts, cables and trees go with what they hang on, whole.

A border has one height per column, and what `standing` and `towering` find is one thing with edges all round; a lattice
tower, a rocket with a dark band and the cables of a bridge are not. But a calm sky says of every pixel whether it is
sky: its colours are learnt from far around, then narrower and narrower, and forget what does not fit. What is left,
ends at once and hangs on a nearer layer is nearer than the sky. A cloud fades out and a far shore lies: both stay. To
look for the nearer layer's own colours was the other road; a white rocket has none of the ground's. To ask the middle
layers as well was tried: the lit half of a hill is no thing before the dark one.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from . import edges, smaller
from .edges import F32, RGB
from .oddities import square_length, trusted_share, weighted_mean

Bool = NDArray[np.bool_]  # [h, w]
U8 = NDArray[np.uint8]
Box = tuple[slice, slice]
WORK_WIDTH, SKY_WIDTH = 480, 160
ROUNDS = (0.15, 0.1, 0.06, 0.04)  # of the width: standard deviation of the surroundings, round by round
PURE = 0.95  # of a pixel of the small picture must be sky
FLOOR = 1.0  # in Lab: the unrest that is always expected
MOST = 40.0  # in Lab: a stronger deviation is no unrest, but a thing
LEVELS = (48.0, 32.0, 22.0, 15.0, 10.0)  # in Lab, from the sky, in turn: a shore leaves a crown alone
FOREIGN = 6.0  # times the unrest that a thing must be from the sky
PART = 0.4  # of a level, or of a thing's contrast: what has as much is a part of it
BESIDE_PX, BELOW_PX = 2, 3  # so near to the nearer layer a thing touches it, and lies upon it
TALL, FEWEST_PX = 0.04, 12  # of the height
BROAD, THICK = 0.14, 0.05  # of the width: its mean breadth, and how thick it is
LYING = 1.5  # times as wide as high, with more than half of its columns on the nearer layer
NEAR_PX, RIM_PX, AROUND_PX = 1, 3, 6  # round a rim pixel; to a thing's own colour; and where what fades out would be
HELD = 0.7  # of what holds a thing must be one layer or a nearer one: a peak beside a mast is not the mast's
SHARP = 0.5  # of a thing's contrast, made within NEAR_PX of its rim
FADES = 0.25  # of what is round a thing that may be a part of it by its colour


@dataclass(frozen=True)
class _Level:
    """What differs from the sky so much: `hot` bool [h, w]; `away` float32 [h, w], how far each pixel of the farthest
    layer is from the sky in Lab, 0 elsewhere; `beyond` bool [h, w], that layer; `least`: what is more than that away
    may be a thing's rim."""

    hot: Bool
    away: F32
    beyond: Bool
    least: float


def extend(picture: RGB, masks: Sequence[Bool], claimed: Sequence[Bool], settled: Collection[int] = ()) -> list[Bool]:
    """Nested masks, with what hangs on them and stands out from the farthest layer, every such thing in one layer.

    `picture`: RGB uint8 [H, W, 3]. `masks[i - 1]`: bool [H, W], layer i or a nearer one; `claimed`: the same with what
    has been found to rise from each, which is returned with whole things. Masks whose place is among `settled` stay.
    """
    size, sky_size = (smaller.size_of(picture.shape, width) for width in (WORK_WIDTH, SKY_WIDTH))
    own = np.asarray(smaller.share(~masks[0], sky_size) > PURE, np.bool_)
    if not own.any():
        return list(claimed)
    sky, unrest = _sky(edges.lab_of(smaller.shrunk(picture, sky_size)), own)
    beyond = ~smaller.most(masks[0], size)
    away = _away(edges.lab_of(smaller.shrunk(picture, size)), sky)
    away[~beyond] = 0
    foreign = np.asarray(FOREIGN * cv2.resize(unrest, size), np.float32)
    owner = np.asarray(sum(smaller.most(mask, size).astype(np.uint8) for mask in claimed), np.uint8)
    layers = _layers(away, foreign, beyond, owner)
    if not layers.any():
        return list(claimed)
    drawn = _drawn(picture, sky, layers, away)
    # what rises beside a thing, leaves and the other half of its rim, is a part of it
    wide = cv2.dilate(layers, np.ones((2 * AROUND_PX + 1,) * 2, np.uint8))
    beside = cv2.resize(wide, masks[0].shape[::-1], interpolation=cv2.INTER_NEAREST)
    drawn = np.where((drawn == 0) & claimed[0], beside, drawn)
    drawn[masks[0]] = 0
    thing = drawn > 0
    out = [mask.copy() for mask in claimed]
    for i in sorted(set(range(len(out))).difference(settled), reverse=True):
        # a flag's pole before a peak hangs on what is below it, whatever has the peak
        own = _standing(claimed[i] & ~masks[0], masks[i])
        out[i][thing] = (drawn > i)[thing]
        out[i] |= own | (out[i + 1] if i + 1 < len(out) else own)
    return out


def _standing(claimed: Bool, mask: Bool) -> Bool:
    """The connected parts of what was claimed that touch a mask, bool [H, W]."""
    _, labels = cv2.connectedComponents(claimed.astype(np.uint8), connectivity=8)
    beside = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    held = np.zeros(int(labels.max()) + 1, np.bool_)
    held[labels[beside & claimed]] = True
    held[0] = False
    return np.asarray(held[labels], np.bool_)


def _sky(lab: F32, own: Bool) -> tuple[F32, F32]:
    """The colours of the farthest layer, which is `own`, without the things before it, float32 [h, w, 3], and how much
    they differ from the picture there on average, float32 [h, w]; both in Lab."""
    height, width = own.shape
    mean = np.zeros_like(lab)
    for y in np.flatnonzero(own.any(1)):
        mean[y] = np.median(lab[y][own[y]], axis=0)
    off = _distance(lab, mean)
    unrest = np.full((height, width), max(FLOOR, float(np.median(off[own]))), np.float32)
    for share in ROUNDS:
        mean = weighted_mean(lab, trusted_share(own, off, unrest, FLOOR), share * width)
        off = _distance(lab, mean)
        capped = np.asarray(np.minimum(off, MOST)[..., None], np.float32)
        unrest = weighted_mean(capped, trusted_share(own, off, unrest, FLOOR), share * width)[..., 0]
    return mean, unrest


def _distance(a: F32, b: F32) -> F32:
    """How far the colours of two pictures, float32 [h, w, 3], are apart, float32 [h, w]."""
    return np.asarray(np.sqrt(square_length(a - b)), np.float32)


def _away(lab: F32, sky: F32) -> F32:
    """How far each pixel, float32 [h, w, 3], is from a sky that is given smaller."""
    return _distance(lab, np.asarray(cv2.resize(sky, (lab.shape[1], lab.shape[0])), np.float32))


def _layers(away: F32, foreign: F32, beyond: Bool, owner: U8) -> U8:
    """The layer that each thing hangs on, uint8 [h, w], 0 where there is none: of what is more than `foreign` away from
    the sky, and hangs on a nearer layer by its `owner` uint8 [h, w], or on what does."""
    layers = np.zeros_like(owner)
    for level in LEVELS:
        at = _Level((away > np.maximum(level, foreign)) & beyond, away, beyond, PART * level)
        for box, thing in _pieces(at):
            layer = _held(_grown(thing, BESIDE_PX), np.maximum(owner, layers)[box])
            if layer and _lean(thing, at, box) and _ends(thing, at, box):
                new = _grown(thing, BESIDE_PX) & (thing | (away[box] > at.least)) & beyond[box] & (layers[box] == 0)
                layers[box][new] = layer
    return layers


def _held(thing: Bool, owner: U8) -> int:
    """The nearest layer that holds most of a thing, or of what holds it; 0 if nothing does."""
    count = np.bincount(owner[thing], minlength=1)
    count[0] = 0
    nearer = count[::-1].cumsum()[::-1]
    return int(np.flatnonzero(nearer >= HELD * nearer[0])[-1]) if nearer[0] else 0


def _pieces(at: _Level) -> Iterator[tuple[Box, Bool]]:
    """The pieces, over small gaps, that are tall: where, with some room, and which."""
    joined = cv2.morphologyEx(at.hot.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        if height < TALL * len(labels) or area < FEWEST_PX:
            continue
        rows = slice(max(0, top - 2 * AROUND_PX), top + height + 2 * AROUND_PX)
        box = rows, slice(max(0, left - 2 * AROUND_PX), left + width + 2 * AROUND_PX)
        yield box, np.asarray((labels[box] == label) & at.hot[box], np.bool_)


def _lean(thing: Bool, at: _Level, box: Box) -> bool:
    """Whether a thing is neither broad nor thick nor lies on the nearer layer all along."""
    picture_width = at.away.shape[1]
    rows, columns = np.flatnonzero(thing.any(1)), np.flatnonzero(thing.any(0))
    high, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    inside = cv2.distanceTransform(np.pad(thing.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    thickness = 4 * float(inside[thing].mean())  # a stripe's mean distance to its sides is a quarter of its breadth
    ground = cv2.dilate((~at.beyond[box]).astype(np.uint8), np.ones((2 * BELOW_PX + 1, 1), np.uint8)) > 0
    lies = wide > LYING * high and int((thing & ground).any(0).sum()) > wide / 2
    return not lies and thickness <= THICK * picture_width and thing.sum() <= BROAD * picture_width * high


def _ends(thing: Bool, at: _Level, box: Box) -> bool:
    """Whether a thing ends at once before the sky, as no cloud does."""
    away, beyond = at.away[box], at.beyond[box]
    around = _grown(thing, AROUND_PX) & ~_grown(thing, BESIDE_PX) & beyond
    if float((around & (away > at.least)).sum()) > FADES * max(1, int(around.sum())):
        return False
    inner = cv2.erode(thing.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
    side = np.ones((2 * RIM_PX + 1,) * 2, np.uint8)
    rim = thing & ~inner & (cv2.erode(beyond.astype(np.uint8), side, borderValue=1) > 0)
    if not rim.any():
        return False
    close = np.ones((2 * NEAR_PX + 1,) * 2, np.uint8)
    step = cv2.dilate(away, close)[rim] - cv2.erode(away, close)[rim]
    return float(np.median(step / np.maximum(cv2.dilate(away, side)[rim], 1))) >= SHARP


def _grown(thing: Bool, radius: int) -> Bool:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(thing.astype(np.uint8), disc) > 0, np.bool_)


def _drawn(picture: RGB, sky: F32, layers: U8, away: F32) -> U8:
    """What was found in a small picture, as the large one shows it, uint8 [H, W]: where its rim may be, every pixel is
    told from the sky by itself."""
    size, found = (picture.shape[1], picture.shape[0]), layers > 0
    inner = cv2.erode(found.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) * layers
    around = cv2.dilate(layers, np.ones((2 * BESIDE_PX + 1,) * 2, np.uint8))
    around[found] = layers[found]
    large, out = (
        np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_NEAREST), np.uint8) for part in (around, inner)
    )
    rows, columns = np.flatnonzero(large.any(1)), np.flatnonzero(large.any(0))
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    contrast = cv2.dilate(np.where(found, away, 0), np.ones((2 * RIM_PX + 1,) * 2, np.uint8))
    lab, behind = edges.lab_of(np.ascontiguousarray(picture[box])), cv2.resize(sky, size)[box]
    rim = (out[box] == 0) & (_distance(lab, np.asarray(behind, np.float32)) > cv2.resize(PART * contrast, size)[box])
    out[box][rim] = large[box][rim]
    return np.asarray(out, np.uint8)
