"""Things with feet: what stands on a layer, and rises before the farther ones, rides with the ground that it stands on.

A border that keeps to the edge of a meadow goes round the legs of what stands in the meadow, or straight through them;
the thing then stays behind while a hole of its shape travels on. So where a border dips into the nearer layer, or runs
on through something narrow without an edge, the thing is cut out there by grabCut, as if somebody had drawn a box round
it; and is handed over whole if it is bounded on all sides, by edges. What is wider is looked for by `towering`. To
widen the border's own evidence was the other road: what stands in a meadow has no colour of the meadow's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from ..side_by_side import side_by_side
from . import edges, smaller, towering
from .edges import F32, RGB, Edges
from .hints import grab
from .rough_cut import Path

Bool = NDArray[np.bool_]  # [h, w]
WORK_WIDTH = 480
WIDEST = 0.12  # of the width: what stands; wider dips are bays and valleys
STRIDE = 0.06  # of the width: legs that are no farther apart may be those of one thing
DEEP = 0.02  # of the height: how far feet reach down at least
BESIDE = 0.5  # of a thing's width, and
LEAST_BESIDE = 0.03  # of the picture's: how much to both sides of it is looked at
UP = 3.0  # times its width: how much above it
GROWN = 2.0  # times that, while it goes on
STEEP, WALLS = 3, 0.5  # rows per column, and of a dip's sides, that must be so steep: the sides of a valley are slopes
RISES = 0.8  # times as wide as its feet, or as they are deep: what rises less over the ground is a part of it
BROADER = 2.0  # times its feet: what is broader has run into its surroundings
TOUCHING = 3  # px of the small picture: a border that near to a thing runs along it
TOP = 0.3  # of a thing's height over the ground: its head
OUTLINED = 0.5  # of its outline that must run along edges
MOST = 12  # things on one border
NARROW = 0.06  # of the width: what comes down to a border without a dip
STRIP = 0.03  # of the height: how much above a border is looked at for that
FOREIGN, LEAST = 2.5, 6.0  # times the unrest of its surroundings, and more in Lab: how different it is from them
EDGE = 0.5  # what a border along its sides pays at most, of what one in flat picture does
LEGS = 2.0  # times its width: how far down it may go
TALL, TALLER = 0.06, 1.2  # of the height, and times as wide: what rises less is the border's own roughness


@dataclass(frozen=True)
class _Feet:
    """Where something seems to stand: columns `left`..`right`, its `mouth`, the row where the ground begins beside it,
    and its lowest row `foot`; by how many rows it must `rise` over the ground. `inside`: bool [h, w], what is surely a
    part of it; `ground`: what surely is none."""

    left: int
    right: int
    mouth: int
    foot: int
    rise: int
    inside: Bool
    ground: Bool

    @property
    def width(self) -> int:
        return self.right - self.left


def claim(picture: RGB, masks: Sequence[Bool], heights: Sequence[Path]) -> list[Bool]:
    """Nested masks (masks[i - 1], bool [H, W]: layer i or a nearer one) with what stands on each layer.

    `picture`: RGB uint8 [H, W, 3]. `heights[i - 1]`: int32 [W], the first row of layer i or a nearer one.
    """
    height, width = picture.shape[:2]
    size = smaller.size_of(picture.shape, WORK_WIDTH)
    small = smaller.shrunk(picture, size)
    around = edges.find(edges.lab_of(small))
    look = towering.look(small)
    columns = ((np.arange(size[0]) + 0.5) * width / size[0]).astype(np.intp)
    out = [mask.copy() for mask in masks]
    taken = np.zeros(size[::-1], np.bool_)
    for i in range(len(out) - 1, -1, -1):
        path = np.round(heights[i][columns] * size[1] / height).astype(np.int32)
        found = _on(small, around, _without(path, taken))
        ground, farther = smaller.most(masks[i], size), smaller.most(masks[i - 1], size) if i else np.zeros_like(taken)
        found |= towering.find(small, look, ground | taken | found, farther)
        taken |= found
        if found.any():
            large = cv2.resize(found.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC) > 0.5
            out[: i + 1] = [mask | large for mask in out[: i + 1]]
    return out


def _without(path: Path, taken: Bool) -> Path:
    """A path that does not go round what a nearer layer has taken, but straight on from side to side of it."""
    columns = np.arange(len(path))
    near = [taken[np.clip(path + d, 0, len(taken) - 1), columns] for d in (-TOUCHING, 0, TOUCHING)]
    along = cv2.dilate(np.any(near, axis=0).astype(np.uint8)[None], np.ones((1, 2 * TOUCHING + 1), np.uint8))[0] > 0
    if along.all() or not along.any():
        return path
    return np.asarray(np.round(np.interp(columns, columns[~along], path[~along])), np.int32)


def _on(picture: RGB, around: Edges, path: Path) -> Bool:
    """What stands on the nearer side of one border of the small picture."""
    out = np.zeros(picture.shape[:2], np.bool_)
    feet = [*_dips(path, len(picture)), *_upright(edges.lab_of(picture), around, path)][:MOST]
    for thing in side_by_side(partial(_thing, picture, around), feet):
        out |= thing
    return out


def _dips(path: Path, height: int) -> list[_Feet]:
    """Where a path goes round feet, the deepest first."""
    size = np.ones((1, max(3, round(WIDEST * len(path)) | 1)), np.uint8)
    flat = path.astype(np.float32)[None]
    level = np.asarray(cv2.morphologyEx(flat, cv2.MORPH_OPEN, size, borderType=cv2.BORDER_REPLICATE)[0], np.int32)
    rows, columns = np.arange(height)[:, None], np.arange(len(path))
    deep, found = path - level, []
    least = max(3, DEEP * height)
    steps = [(left, right) for left, right in _runs(deep > 1) if deep[left:right].max() > least]
    for left, right in _within(steps, round(STRIDE * len(path)), round(WIDEST * len(path))):
        if left > 0 and right < len(path) and _steep(path[left - 1 : right + 1]):
            inside = (rows >= level) & (rows < path) & (columns >= left) & (columns < right)
            mouth, foot = int(np.median(level[left:right])), int(path[left:right].max())
            rise = math.ceil(RISES * max(right - left, foot - mouth))
            found.append(_Feet(left, right, mouth, foot, rise, inside, rows >= path))
    return sorted(found, key=lambda feet: feet.mouth - feet.foot)


def _steep(dip: Path) -> bool:
    """Whether a dip goes down and comes up again as feet do, and not as a valley does."""
    deepest = int(dip.argmax())
    sides = [np.abs(np.diff(side)) for side in (dip[: deepest + 1], dip[deepest:])]
    return all(side[side >= STEEP].sum() > WALLS * side.sum() for side in sides)


def _within(steps: Sequence[tuple[int, int]], stride: int, widest: int) -> list[tuple[int, int]]:
    """Runs (first and end column) that are no farther apart than a stride as one, if that is not too wide."""
    out: list[tuple[int, int]] = []
    for left, right in steps:
        if out and left - out[-1][1] <= stride and right - out[-1][0] <= widest:
            out[-1] = out[-1][0], right
        else:
            out.append((left, right))
    return out


def _upright(lab: F32, around: Edges, path: Path) -> list[_Feet]:
    """Where something narrow with edges on both sides comes down to a path, or through it, the widest first."""
    height, width, _ = lab.shape
    away = np.arange(2, max(4, round(STRIP * height)))[:, None]
    strip = lab[np.clip(path[None] - away, 0, height - 1), np.arange(width)].mean(0)
    size = round(2 * NARROW * width) | 1
    usual = np.asarray(median_filter(strip, (size, 1), mode="nearest"), np.float32)
    odd = np.sqrt(((strip - usual) ** 2).sum(1))
    unrest = np.asarray(median_filter(odd, size, mode="nearest"))
    rows, columns, found = np.arange(height)[:, None], np.arange(width), []
    for left, right in _runs(odd > FOREIGN * unrest + LEAST):
        wide, row = right - left, int(np.median(path[left:right]))
        if not 3 <= wide <= NARROW * width or left < wide or right + wide > width:
            continue
        if max(_walled(around, row, wide, left), _walled(around, row, wide, right)) > EDGE:
            continue
        foot = min(height, round(row + LEGS * wide))
        inside = (rows < row - 1) & (rows > row - len(away)) & (columns >= left) & (columns < right)
        rise, ground = math.ceil(max(TALL * height, TALLER * wide)), np.broadcast_to(rows >= foot, inside.shape)
        found.append(_Feet(left, right, row, foot, rise, inside, ground))
    return sorted(found, key=lambda feet: feet.left - feet.right)


def _walled(around: Edges, row: int, wide: int, column: int) -> float:
    """What an upright border near a column pays on average above a row, 0 on an edge to 1."""
    near = around.upright[max(0, row - 2 * wide) : row, max(0, column - 2) : column + 3]
    return float(near.min(1).mean()) if near.size else 1.0


def _runs(which: Bool) -> list[tuple[int, int]]:
    """First and end columns of the runs of True."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], which, [False]])))
    return [(int(a), int(b)) for a, b in change.reshape(-1, 2)]


def _thing(picture: RGB, around: Edges, feet: _Feet) -> Bool:
    """The thing on some feet, with what is inside of them, bool [h, w]; nothing where nothing stands."""
    height, width = picture.shape[:2]
    out = np.zeros((height, width), np.bool_)
    beside = round(max(BESIDE * feet.width, LEAST_BESIDE * width))
    left, right = max(0, feet.left - beside), min(width, feet.right + beside)
    bottom, up = min(height, feet.foot + 2), UP * feet.width
    guess = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    guess[: feet.foot, feet.left : feet.right] = cv2.GC_PR_FGD
    guess[feet.ground] = cv2.GC_BGD
    guess[feet.inside] = cv2.GC_FGD
    guess[:, left : left + 2] = guess[:, right - 2 : right] = cv2.GC_BGD
    while True:
        top = max(0, round(feet.mouth - up))
        window = slice(top, bottom), slice(left, right)
        found = grab(np.ascontiguousarray(picture[window]), guess[window].copy())
        part = _joined(found, feet.inside[window])
        if top == 0 or not part[:2].any():
            break
        up *= GROWN
    out[window] = part
    return out | feet.inside if _stands(out, around, feet, left, right) else np.zeros_like(out)


def _joined(found: Bool, dip: Bool) -> Bool:
    """The parts of what was found that hang together with a dip."""
    _, labels = cv2.connectedComponents(found.astype(np.uint8), connectivity=4)
    kept = np.unique(labels[found & dip])
    return np.asarray(np.isin(labels, kept[kept > 0]), np.bool_)


def _stands(thing: Bool, around: Edges, feet: _Feet, left: int, right: int) -> bool:
    """Whether a thing rises over the ground and is bounded."""
    over = thing[: feet.mouth]
    rows, columns = np.flatnonzero(over.any(1)), np.flatnonzero(over.any(0))
    if not rows.size:
        return False
    if feet.mouth - int(rows[0]) < feet.rise:
        return False
    broad = columns[-1] - columns[0] + 1
    if columns[0] <= left + 2 or columns[-1] >= right - 3 or broad > BROADER * feet.width:
        return False
    # what goes on above its head is a piece of something
    head = over[: feet.mouth - round((1 - TOP) * (feet.mouth - int(rows[0])))]
    return all(_outlined(part, around.level, around.upright) > OUTLINED for part in (head, over)) and (
        _crowned(head, around) > OUTLINED
    )


def _crowned(head: Bool, around: Edges) -> float:
    """How much of the upper side of a head runs along edges, 0..1."""
    columns = np.flatnonzero(head.any(0))
    if not columns.size:
        return 0.0
    first = head[:, columns].argmax(0)
    paid = [around.level[np.clip(first + d, 0, len(around.level) - 1), columns] for d in (-1, 0, 1)]
    # what the picture cuts off at the top ends there
    return float((1 - np.where(first == 0, 0, np.min(paid, axis=0))).mean())


@njit(cache=True)
def _outlined(mask: Bool, level: NDArray[np.float32], upright: NDArray[np.float32]) -> float:
    """How much of the outline of a mask runs along edges, 0..1."""
    height, width = mask.shape
    saved, count = 0.0, 0
    for y in range(1, height):
        for x in range(1, width):
            if mask[y, x] != mask[y - 1, x]:
                saved += 1 - min(level[y, x], level[y - 1, x], level[min(height - 1, y + 1), x])
                count += 1
            if mask[y, x] != mask[y, x - 1]:
                saved += 1 - min(upright[y, x], upright[y, x - 1], upright[y, min(width - 1, x + 1)])
                count += 1
    return saved / max(1, count)
