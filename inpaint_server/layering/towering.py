"""Large things that tower over their ground: a tree that the frame cuts off and a pagoda ride with what they stand on.

One height per column cannot follow a crown that hangs over its own foot, and does not climb what is wider than a mast;
so the border passes below, and the thing stays in the sky while its ground moves on. But what touches the ground,
rises far with upright or hanging sides, and has colours that the picture has nowhere else beyond that ground, is
nearer than all that it hides. Such colours are looked for between all pairs of columns; what has them, and ends along
edges, is cut out by grabCut. A mountain is twice as wide at its foot as at half its height, and a piece of a sky ends
nowhere: both stay. To grow things from their feet was the other road; a foot says little about a crown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from . import colour_models, edges, smaller
from .colour_models import Palette
from .edges import RGB, Edges
from .hints import grab

Bool = NDArray[np.bool_]  # [h, w]
U8 = NDArray[np.uint8]
WORK_WIDTH = 240
GRID, NARROWEST, WIDEST = 16, 2, 9  # columns between which things are looked for, and in units of these
MOST = 3  # things on one border
OWN = 0.85  # of what a colour covers beyond a border: so much of it must lie between the columns
LEAST = 0.03  # of the picture
MOST_GROWN = 36 / 13  # times as much lies in the median of 25 pixels as before it, in a corner: each counts 36 times
PART, LARGE_PART = 0.03, 0.1  # of a thing: smaller parts of it are specks; and of its largest part, at first
TALL, RISES = 0.4, 0.9  # of the height, and of its own width: how far up it reaches
CALM = 0.9  # of the texture of what is behind it: a sky before a tree is calmer than that
FULL = 0.5  # of the columns that it takes, from its top down to the ground
NEAR = 0.03  # of the height: so far from the ground it touches it
FOOT = 0.2  # of its width must stand there
LYING = 0.25  # of it may lie before the ground of the next farther border
HALFWAY, UPRIGHT = 0.5, 0.75  # up from its foot it is so wide still, of its widest place, to both sides
WITHOUT_EDGE = 0.7  # what a border pays where there is none
OPEN, OWN_OPEN = 0.05, 0.2  # of its outline may run where there is no edge, and of that of its own colours
AROUND, FOREIGN = 0.06, 58.0  # of the width, to both sides, and in Lab: how different it is from what is behind it
RIM = 3  # px of the picture that it is drawn in, to both sides of an outline that was found in a smaller one


@dataclass(frozen=True)
class Look:
    """A picture made small: `picture` RGB uint8 [h, w, 3], its clusters of colour, its edges."""

    picture: RGB
    palette: Palette
    edges: Edges

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.picture.shape[1], self.picture.shape[0]


def look(picture: RGB) -> Look:
    """A picture, RGB uint8 [H, W, 3], as things are looked for in it."""
    size = smaller.size_of(picture.shape, WORK_WIDTH)
    small = smaller.shrunk(picture, size)
    return Look(small, colour_models.palette(small, size), edges.find(edges.lab_of(small)))


def find(picture: RGB, look: Look, ground: Bool, farther: Bool) -> Bool:
    """What towers over the ground, bool [h, w].

    `picture`: RGB uint8 [h, w, 3], as large as the answer; `look`: the same picture, smaller; `ground` and `farther`
    bool [h, w]: the nearer sides of a border and of the next farther one, which is empty where there is none.
    """
    out = np.zeros(ground.shape, np.bool_)
    small, land = (smaller.most(side, look.size) for side in (ground, farther))
    for _ in range(MOST):
        thing = _thing(look, small)
        # what lies on the ground behind this one stands there
        if not thing.any() or (thing & land).sum() > LYING * thing.sum():
            break
        out |= _drawn(picture, thing, ground | out)
        small |= thing
    return out


def _thing(look: Look, ground: Bool) -> Bool:
    """The thing in a small picture that is closed best, for its size or at all; nothing where none is."""
    nothing = np.zeros_like(ground)
    if ground.all() or not ground.any():
        return nothing
    rated = [(_open(own, ~own & ~ground, look.edges), own) for own in _own_colours(look.palette.labels, ground)]
    closed = [(share, own) for share, own in rated if share < OWN_OPEN]
    if not closed:
        return nothing
    best = [min(closed, key=lambda pair: pair[0] / pair[1].sum())[1], min(closed, key=lambda pair: pair[0])[1]]
    for own in best[:1] if best[0] is best[1] else best:
        thing = _cut_out(look.picture, own, ground)
        if _stands(thing, look, ground):
            return thing
    return nothing


def _cut_out(picture: RGB, own: Bool, ground: Bool) -> Bool:
    """What has colours as `own` has, hangs together with it and touches the ground, by grabCut."""
    guess = np.where(own, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[ground] = cv2.GC_BGD
    colours = picture.copy()
    # what lies before both of them tells nothing about either
    colours[ground] = picture[~ground & ~own].mean(0)
    thing = _touching(grab(colours, guess), own)
    _, parts = cv2.connectedComponents(thing.astype(np.uint8), connectivity=8)
    feet = np.unique(parts[thing & _beside(ground)])
    return np.asarray(np.isin(parts, feet[feet > 0]), np.bool_)


def _own_colours(labels: U8, ground: Bool) -> Iterator[Bool]:
    """What has colours that hardly occur elsewhere beyond the ground and might be a thing, for pairs of columns."""
    width = labels.shape[1]
    beyond = ~ground
    columns = np.round(np.arange(GRID + 1) * width / GRID).astype(int)
    flat = labels.astype(np.intp) + colour_models.CLUSTERS * np.arange(width)
    counts = np.bincount(flat[beyond], minlength=colour_models.CLUSTERS * width).reshape(width, -1)
    before = np.concatenate([np.zeros((1, colour_models.CLUSTERS), np.intp), counts.cumsum(0)])
    below = np.where(ground.any(0), ground.argmax(0), len(ground))
    for i in range(GRID - NARROWEST + 1):
        for j in range(i + NARROWEST, min(GRID, i + WIDEST) + 1):
            first, end = columns[i], columns[j]
            owned = before[end] - before[first] > OWN * np.maximum(before[-1], 1)
            own = np.zeros(labels.shape, np.uint8)
            own[:, first:end] = owned[labels[:, first:end]] & beyond[:, first:end]
            if MOST_GROWN * np.count_nonzero(own) <= LEAST * own.size:
                continue
            thing = _large_parts(own)
            if _promising(thing, ground, below):
                yield thing


def _large_parts(own: U8) -> Bool:
    """The largest connected part without its grain, and those that are not much smaller; nothing if all are small."""
    own = np.asarray(cv2.morphologyEx(cv2.medianBlur(own, 5), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    if np.count_nonzero(own) <= LEAST * own.size:
        return np.zeros(own.shape, np.bool_)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(own, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    return np.asarray((area > LARGE_PART * area.max())[parts], np.bool_)


def _promising(own: Bool, ground: Bool, below: NDArray[np.intp]) -> bool:
    """Whether what has colours of its own is large, reaches far up from the ground `below` it and fills that room."""
    area = int(own.sum())
    if not LEAST * own.size < area < (~ground).sum() / 2:
        return False
    columns = np.flatnonzero(own.any(0))
    high = float(np.median(below[columns])) - int(np.flatnonzero(own.any(1))[0])
    return high > TALL * len(own) and area > FULL * high * (columns[-1] + 1 - columns[0])


def _touching(found: Bool, own: Bool) -> Bool:
    """The larger parts of what was found that hang together with what it was found from."""
    _, parts = cv2.connectedComponents(found.astype(np.uint8), connectivity=4)
    share = np.bincount(parts[own & found], minlength=int(parts.max()) + 1)
    share[0] = 0
    return np.asarray(found & (share > PART * share.sum())[parts], np.bool_)


def _beside(ground: Bool) -> Bool:
    """The ground, and what is near to it."""
    high = 2 * max(1, round(NEAR * len(ground))) + 1
    return np.asarray(cv2.dilate(ground.astype(np.uint8), np.ones((high, 5), np.uint8)) > 0, np.bool_)


def _stands(thing: Bool, look: Look, ground: Bool) -> bool:
    """Whether a thing is large, rises from the ground, upright, and is closed by edges and the frame."""
    behind = ~thing & ~ground
    if not LEAST * thing.size < int(thing.sum()) < int(behind.sum()):
        return False
    feet = thing & _beside(ground)
    foot, top = int(np.flatnonzero(feet.any(1))[-1]), int(np.flatnonzero(thing.any(1))[0])
    width, texture = int(thing.any(0).sum()), look.palette.texture
    return (
        foot - top > max(TALL * len(thing), RISES * width)
        and int(feet.any(0).sum()) > FOOT * width
        and _upright(thing, top, foot)
        and _open(thing, behind, look.edges) < OPEN
        and _contrast(look.picture, thing, behind) > FOREIGN
        and float(texture[thing].mean()) > CALM * float(texture[behind].mean())
    )


def _upright(thing: Bool, top: int, foot: int) -> bool:
    """Whether a thing reaches nearly as far to both sides, but for where the frame cuts it off, half its height over
    its foot as anywhere; which a mountain does not."""
    rows = thing[top : foot + 1]
    high = rows[: round(HALFWAY * len(rows)) + 1]
    middle = float(np.median(np.nonzero(high)[1]))
    columns, above = (np.flatnonzero(part.any(0)) for part in (rows, high))
    left = columns[0] <= 1 or middle - above[0] >= UPRIGHT * (middle - columns[0])
    right = columns[-1] >= thing.shape[1] - 2 or above[-1] - middle >= UPRIGHT * (columns[-1] - middle)
    return bool(left and right)


def _open(thing: Bool, behind: Bool, around: Edges) -> float:
    """How much of the outline of a thing before what is behind it runs where there is no edge, 0..1."""
    level = (thing[1:] & behind[:-1]) | (thing[:-1] & behind[1:])
    upright = (thing[:, 1:] & behind[:, :-1]) | (thing[:, :-1] & behind[:, 1:])
    # erosion: the least price near by
    paid = np.concatenate(
        [
            cv2.erode(around.level, np.ones((3, 1), np.uint8))[1:][level],
            cv2.erode(around.upright, np.ones((1, 3), np.uint8))[:, 1:][upright],
        ]
    )
    return float((paid > WITHOUT_EDGE).mean()) if paid.size else 1.0


def _contrast(picture: RGB, thing: Bool, behind: Bool) -> float:
    """How much a thing and what is behind it differ on either side of their border, the median, in Lab."""
    lab, size = edges.lab_of(picture), (2 * round(AROUND * thing.shape[1]) + 1,) * 2
    sides, seen = [], np.ones(thing.shape, np.bool_)
    for part in (thing, behind):
        share = np.asarray(cv2.blur(part.astype(np.float32), size), np.float32)
        sides.append(cv2.blur(lab * part[..., None], size) / np.maximum(share, 1e-6)[..., None])
        seen &= share > 0.1
    away = np.sqrt(((sides[0] - sides[1]) ** 2).sum(2))[seen]
    return float(np.median(away)) if away.size else 0.0


def _drawn(picture: RGB, thing: Bool, ground: Bool) -> Bool:
    """A thing that was found in a smaller picture, its outline drawn again; bool [h, w]."""
    size = ground.shape[1], ground.shape[0]
    large = np.asarray(cv2.resize(thing.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5, np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM + 1, 2 * RIM + 1))
    sure, open_ = cv2.erode(large, disc, borderValue=1), cv2.dilate(large, disc)
    guess = np.where(large > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[sure > 0], guess[(open_ == 0) | ground] = cv2.GC_FGD, cv2.GC_BGD
    colours = picture.copy()
    colours[ground] = picture[(large == 0) & ~ground].mean(0)
    return _touching(grab(colours, guess), (large > 0) & ~ground)
