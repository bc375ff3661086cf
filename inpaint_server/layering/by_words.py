"""From what an engine has found by words to the number of every pixel's layer, and to objects with a place to stand.

Finds overlap, leave gaps and are unsure; the layers of a picture do none of that. Overlaps go to the surer find, and
among equals to the nearer one; gaps are flooded from what is known beside them, and stop at the picture's edges.
Giving a gap to the layer of most of its row was the other road; it draws level borders across mountains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..engines.looking import Segment
from . import other_cuts
from .edges import RGB

Bool = NDArray[np.bool_]  # [H, W]
Numbers = NDArray[np.int16]  # [H, W]
GIVES_WAY = 0.15
"""By how much surer a farther find must be to cover a nearer one."""
LEAST_LAYER = 1 / 400
"""Of the picture: less is no layer."""
SAME = 0.5
"""Of the smaller of two finds: if so much of it lies in the other, they are one thing."""
LARGEST_OBJECT = 0.5
"""Of the picture: more is no object, but what it stands on."""
LEAST_OBJECT_PX = 12
CALM_PX = 1.5
"""Width of the blur (standard deviation) under which gaps are flooded, so that grain is no edge."""
FOOT = 0.04
"""Of an object's height, from its lowest row up."""
BESIDE_PX = 3


@dataclass(frozen=True)
class Layered:
    """The number of every pixel's layer, int16 [H, W], 0 the farthest; the words of the layers; words not found."""

    numbers: Numbers
    words: tuple[str, ...]
    unfound: tuple[str, ...]


def layers(picture: RGB, finds: Sequence[Segment], words: Sequence[str]) -> Layered:
    """The layers named by `words`, far to near, out of what was found in a picture (RGB uint8 [H, W, 3]).

    A word of which nothing, or nothing that others leave to see, was found has no layer.
    """
    claimed = _claimed(picture.shape[:2], finds, words)
    least = max(1, LEAST_LAYER * claimed.size)
    there = [i for i in range(len(words)) if (claimed == i).sum() >= least]
    if there:
        numbers = np.full(claimed.shape, -1, np.int16)
        for number, i in enumerate(there):
            numbers[claimed == i] = number
        claimed = np.array(there, np.int16)[_without_specks(_flooded(picture, numbers), len(there))]
        there = np.unique(claimed).tolist()  # of what was found in specks alone nothing is left
    unfound = tuple(word for i, word in enumerate(words) if i not in there)
    numbers = np.searchsorted(there, claimed).astype(np.int16)
    return Layered(numbers, tuple(words[i] for i in there), unfound)


def continued(picture: RGB, finds: Sequence[Segment], words: Sequence[str], owner: Numbers, new: Bool) -> Numbers:
    """The layer of each pixel of a picture, int16 [H, W], of which `new` [H, W] was just painted.

    `owner` [H, W] is the layer elsewhere, and words[i] that of layer i. What nobody found is flooded from beside it.
    """
    claimed = _claimed(new.shape, finds, words)
    return _without_specks(_flooded(picture, np.where(new, claimed, owner).astype(np.int16)), len(words))


def objects(finds: Sequence[Segment], words: Sequence[str]) -> list[Segment]:
    """The finds of `words` that can be lifted, the surest first: no specks, no half of the picture, no thing twice."""
    out: list[Segment] = []
    for find in sorted(finds, key=lambda find: -find.score):
        size = int(find.share.sum())
        fits = LEAST_OBJECT_PX <= size <= LARGEST_OBJECT * find.share.size
        if find.words in words and fits and not any(_same(find.share, kept.share) for kept in out):
            out.append(find)
    return out


def stands_on(share: Bool, numbers: Numbers) -> int:
    """The layer on which an object stands, bool [H, W]: that of most pixels beside its foot.

    What lies under the foot may be the next layer already, as water is before a church on the shore; and the pixels of
    the object itself were given to whatever is behind it.
    """
    rows = np.flatnonzero(share.any(1))
    lowest = slice(int(rows[-1] - FOOT * (rows[-1] - rows[0])), int(rows[-1]) + 1)
    foot = share[lowest].astype(np.uint8)
    beside = (cv2.dilate(foot, np.ones((1, 2 * BESIDE_PX + 1), np.uint8)) > 0) & ~share[lowest]
    if not beside.any():
        beside = share[lowest]
    count = np.bincount(numbers[lowest][beside])
    return int(len(count) - 1 - count[::-1].argmax())


def names(finds: Sequence[Segment], taken: Sequence[str]) -> list[str]:
    """A name for every find: its word, and a number from the second of that word on."""
    out: list[str] = []
    for find in finds:
        name, number = find.words, 1
        while name in (*taken, *out):
            number += 1
            name = f"{find.words} {number}"
        out.append(name)
    return out


def _claimed(shape: tuple[int, ...], finds: Sequence[Segment], words: Sequence[str]) -> Numbers:
    """Which of the words has each pixel, -1 where none."""
    owner, sure = np.full(shape, -1, np.int16), np.full(shape, -np.inf, np.float32)
    for i, word in enumerate(words):
        own = np.full(shape, -np.inf, np.float32)
        for find in finds:
            if find.words == word:
                own[find.share] = np.maximum(own[find.share], find.score)
        wins = (own >= sure - GIVES_WAY) & np.isfinite(own)
        owner[wins], sure[wins] = i, own[wins]
    return owner


def _flooded(picture: RGB, numbers: Numbers) -> Numbers:
    """`numbers` with what is -1 flooded from the layers round it, where the picture changes least first (F. Meyer,
    Color image segmentation, 1992)."""
    if (numbers >= 0).all():
        return numbers
    markers = (numbers + 1).astype(np.int32)
    calm = cv2.GaussianBlur(picture, (0, 0), CALM_PX)
    cv2.watershed(np.ascontiguousarray(calm), markers)
    # watersheds and the picture's rim are left open by it, a pixel wide
    known = (numbers >= 0) | (markers > 0)
    out = np.where(numbers >= 0, numbers, (markers - 1).astype(np.int16))
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(nearest.max()) + 1, np.int16)
    table[nearest[known]] = out[known]
    return np.asarray(np.where(known, out, table[nearest]), np.int16)


def _without_specks(numbers: Numbers, count: int) -> Numbers:
    """Islands and holes too small for a layer go to what is round them."""
    out = np.zeros_like(numbers)
    below = np.ones(numbers.shape, np.bool_)
    for mask in other_cuts.from_segmentation(numbers, count):
        below = other_cuts.cleaned(mask) & below
        out += below
    return out


def _same(one: Bool, other: Bool) -> bool:
    return bool((one & other).sum() > SAME * min(one.sum(), other.sum()))
