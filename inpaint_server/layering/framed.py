"""Large things that the frame cuts off: a tree at the side of the picture rides whole with the ground it stands on.

One height per column cannot follow a crown that hangs over its own foot, so a border passes below it, and the crown
stays in the sky while its trunk moves on. But what hangs over the farther layer, touches the ground and has colours
that the picture's other side has not, is nearer than all that it hangs over. It is cut out by grabCut from these
colours, and taken if it ends along edges. A mountain is widest where it stands, and one half of a sky ends nowhere:
both stay. To look for such things anywhere in a picture was the other road; without the frame as a side to begin at,
every patch of a sky or of a slope that has a shade of its own is one.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from . import colour_models, edges
from .edges import RGB, Edges
from .hints import grab

Bool = NDArray[np.bool_]  # [h, w]
U8 = NDArray[np.uint8]
WORK_WIDTH = 240
WIDEST = 0.55  # of the width, from the side on
OWN = 0.85  # of what a colour covers beyond a border: so much of it must lie within that width
LEAST = 0.03  # of the picture
PART = 0.03  # of a thing: smaller parts of it are specks
TALL = 0.4  # of the height: how far up it reaches
NEAR = 0.03  # of the height: so far from the ground it touches it
FOOT = 0.2  # of its width must stand there
FARTHEST = 0.05  # of its width: that near to its outermost point it is as wide as ever
HANGS = 0.2  # of its height: so far over its foot it is as wide as ever
WITHOUT_EDGE = 0.7  # what a border pays where there is none
OPEN, OWN_OPEN = 0.1, 0.2  # of its outline may run where there is no edge, and of that of its own colours
AROUND, FOREIGN = 0.06, 30.0  # of the width, to both sides, and in Lab: how different it is from what is behind it
RIM = 3  # px of the picture that it is drawn in, to both sides of an outline that was found in a smaller one


@dataclass(frozen=True)
class Look:
    """A picture made small: `picture` RGB uint8 [h, w, 3], the `labels` of its clusters of colour, its `edges`."""

    picture: RGB
    labels: U8
    edges: Edges

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self.picture.shape[1], self.picture.shape[0]


def look(picture: RGB) -> Look:
    """A picture, RGB uint8 [H, W, 3], as things are looked for in it."""
    height, width = picture.shape[:2]
    small_width = min(width, WORK_WIDTH)
    size = small_width, max(2, round(height * small_width / width))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Look(small, colour_models.palette(small, size).labels, edges.find(edges.lab_of(small)))


def find(picture: RGB, look: Look, ground: Bool) -> Bool:
    """What stands on the ground and is cut off by the left or the right side of the picture, bool [h, w].

    `picture`: RGB uint8 [h, w, 3], as large as the answer and `ground` (bool [h, w], the nearer side of a border);
    `look`: the same picture, smaller.
    """
    out = np.zeros(ground.shape, np.bool_)
    small = np.asarray(cv2.resize(ground.astype(np.float32), look.size, interpolation=cv2.INTER_AREA) > 0.5, np.bool_)
    if small.all() or not small.any():
        return out
    for mirrored in (True, False):
        thing = _thing(look, small, mirrored)
        if thing.any():
            out |= _drawn(picture, thing, ground)
    return out


def _thing(look: Look, ground: Bool, mirrored: bool) -> Bool:
    """The thing at the right side of a small picture, or at the left one; nothing where none is."""
    own = _own_colours(look.labels, ground, mirrored)
    nothing = np.zeros_like(own)
    if not _promising(own, ground, look.edges):
        return nothing
    guess = np.where(own, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[ground] = cv2.GC_BGD
    colours = look.picture.copy()
    # what lies before both of them tells nothing about either
    colours[ground] = look.picture[~ground & ~own].mean(0)
    thing = _rooted(_touching(grab(colours, guess), own), ground)
    return thing if _stands(thing, look, ground, mirrored) else nothing


def _own_colours(labels: U8, ground: Bool, mirrored: bool) -> Bool:
    """What hangs together with one side of a picture in colours that hardly occur elsewhere beyond the ground."""
    beyond = ~ground
    first = round((1 - WIDEST) * labels.shape[1])
    side = slice(0, labels.shape[1] - first) if mirrored else slice(first, None)
    everywhere, there = (
        np.bincount(some, minlength=colour_models.CLUSTERS)
        for some in (labels[beyond], labels[:, side][beyond[:, side]])
    )
    own = np.zeros(labels.shape, np.uint8)
    own[:, side] = (there > OWN * np.maximum(everywhere, 1))[labels[:, side]] & beyond[:, side]
    own = np.asarray(cv2.morphologyEx(cv2.medianBlur(own, 5), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    _, parts = cv2.connectedComponents(own, connectivity=4)
    at_side = np.unique(parts[:, :2] if mirrored else parts[:, -2:])
    return np.asarray(np.isin(parts, at_side[at_side > 0]), np.bool_)


def _touching(found: Bool, own: Bool) -> Bool:
    """The larger parts of what was found that hang together with what it was found from."""
    _, parts = cv2.connectedComponents(found.astype(np.uint8), connectivity=4)
    share = np.bincount(parts[own & found], minlength=int(parts.max()) + 1)
    share[0] = 0
    return np.asarray(found & (share > PART * share.sum())[parts], np.bool_)


def _promising(own: Bool, ground: Bool, around: Edges) -> bool:
    """Whether what has colours of its own is large, reaches far up and ends along edges, as no piece of a sky does."""
    columns = np.flatnonzero(own.any(0))
    if not LEAST * own.size < own.sum() < (~ground).sum() / 2:
        return False
    below = np.where(ground.any(0), ground.argmax(0), len(ground))[columns]
    high = float(np.median(below)) - int(np.flatnonzero(own.any(1))[0])
    return high > TALL * len(own) and _open(own, ~own & ~ground, around) < OWN_OPEN


def _beside(ground: Bool) -> Bool:
    """The ground, and what is near to it."""
    high = 2 * max(1, round(NEAR * len(ground))) + 1
    return np.asarray(cv2.dilate(ground.astype(np.uint8), np.ones((high, 5), np.uint8)) > 0, np.bool_)


def _rooted(thing: Bool, ground: Bool) -> Bool:
    """The parts of a thing that touch the ground."""
    _, parts = cv2.connectedComponents(thing.astype(np.uint8), connectivity=8)
    feet = np.unique(parts[thing & _beside(ground)])
    return np.asarray(np.isin(parts, feet[feet > 0]), np.bool_)


def _stands(thing: Bool, look: Look, ground: Bool, mirrored: bool) -> bool:
    """Whether a thing is large, rises from the ground, hangs over what is behind it, and is closed by edges and the
    frame."""
    behind = ~thing & ~ground
    if not LEAST * thing.size < thing.sum() < behind.sum():
        return False
    feet = thing & _beside(ground)
    foot, top = int(np.flatnonzero(feet.any(1))[-1]), int(np.flatnonzero(thing.any(1))[0])
    return (
        foot - top > TALL * len(thing)
        and bool(feet.any(0).sum() > FOOT * thing.any(0).sum())
        and _hangs(thing[:, ::-1] if mirrored else thing, foot)
        and _open(thing, behind, look.edges) < OPEN
        and _contrast(look.picture, thing, behind) > FOREIGN
    )


def _hangs(thing: Bool, foot: int) -> bool:
    """Whether a thing at the right side is as wide as ever far over its foot, which a mountain is not."""
    rows = np.flatnonzero(thing.any(1))
    starts = thing[rows].argmax(1)
    widest = int(starts.min())
    lowest = int(rows[starts <= widest + FARTHEST * (thing.shape[1] - widest)][-1])
    return foot - lowest > HANGS * (foot - int(rows[0]))


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
    colours[ground] = picture[(open_ == 0) & ~ground].mean(0)
    return _touching(grab(colours, guess), (large > 0) & ~ground)
