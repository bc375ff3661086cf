"""The borders between layers along what the picture shows: skylines, ridges, shores.

The borders are found in a small picture (`rough_cut`) and found once more in full size, in a tube that reaches far up
and a little down; so a mast of two pixels is met where it stands, and the cost stays that of the tube. What one height
per column cannot say (a crown over its trunk, a flag, a spire that leans) is added after that, component by component,
where its colours outweigh its outline. A free cut over all pixels would need a maximum-flow library, and gains little.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..side_by_side import side_by_side
from . import colour_models, confidence, edges, rough_cut, tearing
from .edges import F32, RGB
from .rough_cut import Path, Rough, Rows, Sketch, Wish

Bool = NDArray[np.bool_]  # [h, w]
TUBE_UP, TUBE_DOWN = 0.16, 0.03  # of the height
OVERHANG_DOUBT = 0.4  # evidence that a pixel must have to be added
DOUBT_GROWS = 0.5 / 0.12  # per height of the picture above the border
THIN_SAYS = 3.0
THICKEST = 1 / 40  # of the height: what is thicker is no spire


@dataclass(frozen=True)
class Contour:
    """A border. `heights` int32 [W]: the first row of the nearer side per column, 0..H. `confidence` 0..1: how sure
    it is that two things part here. `overhang` int32 [k, 3]: (column, first row, end row) of runs of pixels above the
    heights that belong to the nearer side as well."""

    heights: Path
    confidence: float
    overhang: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 3), np.int32))


def cut(picture: RGB, wanted: Sequence[Rows], reach: float) -> list[Contour]:
    """The borders of a picture, RGB uint8 [H, W, 3], near the `wanted` rows, float64 [W] each, far to near.

    `reach`: how far a border may leave its rows, of the height. No border runs above the one before.
    The cut is exact under one height per column, given what was learnt of both sides (GrabCut's rounds: C. Rother et
    al., SIGGRAPH 2004; the dynamic program: A. Amini et al., PAMI 12, 1990).
    """
    if not wanted:
        return []
    sketch = rough_cut.sketch(picture)
    rough = rough_cut.cut(sketch, rough_cut.wishes([sketch.shrink(rows) for rows in wanted], sketch.height, reach))
    sure = confidence.of_all(sketch, rough.paths)
    fine = _Fine(picture, sketch, rough)
    paths: list[Path] = []
    tubes: list[tuple[F32, Path, Path]] = []
    for i, wish in enumerate(rough_cut.wishes(wanted, len(picture), reach)):
        above = paths[-1] if paths else np.zeros(picture.shape[1], np.int32)
        said, first, path = fine.border(i, wish, above)
        paths.append(path)
        tubes.append((said, first, path))
    masks = side_by_side(lambda tube: fine.overhang(*tube), tubes)
    for i in range(len(masks) - 2, -1, -1):
        masks[i] |= masks[i + 1]
    return [Contour(p, s, _runs(m, p)) for p, s, m in zip(paths, sure, masks, strict=True)]


def confidences(sketch: Sketch, wanted: Sequence[Rows], reach: float) -> list[float]:
    """The confidences that `cut` would give, at a fraction of its cost: they come from the small picture."""
    rough = rough_cut.cut(sketch, rough_cut.wishes([sketch.shrink(rows) for rows in wanted], sketch.height, reach))
    return confidence.of_all(sketch, rough.paths)


def nested(contours: Sequence[Contour], height: int) -> list[Bool]:
    """The mask of every border, bool [height, W]: True on its nearer side; each lies inside the one before."""
    out = []
    for contour in contours:
        mask = np.arange(height)[:, None] >= contour.heights[None]
        _paint(mask, contour.overhang)
        out.append(mask)
    for i in range(len(out) - 2, -1, -1):
        out[i] |= out[i + 1]
    return out


class _Fine:
    """The full-size picture with what the rough cut learnt."""

    def __init__(self, picture: RGB, sketch: Sketch, rough: Rough) -> None:
        self.lab = edges.lab_of(picture)
        self.edges = edges.find(self.lab)
        self.lab = colour_models.calm(picture)
        self.sketch, self.rough = sketch, rough
        self.height, self.width = picture.shape[:2]
        self.price = rough_cut.BORDER_PRICE * self.width

    def border(self, index: int, wish: Wish, above: Path) -> tuple[F32, Path, Path]:
        """Border `index` below `above`: the evidence in its tube and the tube's first rows, as for `overhang`, and its
        heights."""
        rough = np.round(self.sketch.enlarge(self.rough.paths[index])).astype(np.int32)
        last = np.clip(rough + np.int32(max(4, TUBE_DOWN * self.height)), above, self.height).astype(np.int32)
        first = np.clip(rough - np.int32(max(8, TUBE_UP * self.height)), above, last).astype(np.int32)
        palette = self.sketch.palette
        said = colour_models.speak(
            self.lab, palette.texture, palette.weights, palette.centres, self.rough.evidence[index], first, last
        )
        _say_thin(said, self._thin(rough), first, last)
        _doubt(said, first, last, rough, 2 * self.width / self.sketch.width, OVERHANG_DOUBT, DOUBT_GROWS / self.height)
        pull_up, pull_down = rough_cut.LOOSENING[-1] / wish.up, rough_cut.PULL_DOWN / wish.down
        cost = rough_cut.accumulate(said, wish.rows, first, last, pull_up, pull_down)
        size = last - first + np.int32(1)
        path = rough_cut.cheapest(cost, self.edges.level, self.edges.upright, self.price, self.price, first, size)
        path = tearing.mend(self.lab, self.edges, path, np.clip(rough, above, self.height).astype(np.int32))
        return said, first, path

    def _thin(self, rough: Path) -> F32:
        """How much each pixel looks like a thin upright thing of the nearer side, 0..1: what is narrow and differs
        from its left and right as the nearer side differs from the farther one; float32 [H, W]."""
        grey = self.lab[..., 0]
        columns, away = np.arange(self.width), max(2, self.height // 60)
        above = grey[np.clip(rough - away, 0, self.height - 1), columns]
        below = grey[np.clip(rough + away, 0, self.height - 1), columns]
        shape = cv2.MORPH_BLACKHAT if np.median(below - above) < 0 else cv2.MORPH_TOPHAT
        narrow = np.ones((1, max(3, 2 * round(self.width / 250) + 1)), np.uint8)
        hat = np.asarray(cv2.morphologyEx(grey, shape, narrow), np.float32)
        usual = np.float32(3 * hat.mean() + 2)
        return np.asarray(np.clip(hat / usual - 1, 0, 1), np.float32)

    def overhang(self, said: F32, first: Path, path: Path) -> Bool:
        """The mask below `path`, and the thin things above it that hang on it."""
        mask = np.arange(self.height)[:, None] >= path[None]
        likely = _likely(said, first, path, self.height)
        side = max(3, round(THICKEST * self.height)) | 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        tube = slice(max(0, int(first.min()) - side), int(path.max()) + side)
        likely[tube][cv2.morphologyEx(likely[tube], cv2.MORPH_OPEN, disc) > 0] = 0
        # a mast is broken where it is finest
        likely = np.asarray(cv2.morphologyEx(likely, cv2.MORPH_CLOSE, np.ones((5, 3), np.uint8)), np.uint8)
        likely[mask | (np.arange(self.height)[:, None] < first[None])] = 0
        count, found = cv2.connectedComponents(likely, connectivity=8)
        if count > 1:
            labels = np.asarray(found, np.int32)
            gain = _gains(labels, count, mask, said, first, self.edges.level, self.edges.upright, self.price)
            mask |= (gain > 0)[labels] & (labels > 0)
        return _without_pinholes(mask, max(4, self.height * self.width // 20000))


def _without_pinholes(mask: Bool, largest: int) -> Bool:
    """`mask` with the holes of at most `largest` pixels filled."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] <= largest
    # what touches the picture's upper edge is open sky, however little of it is seen
    small[np.unique(labels[0])] = False
    small[0] = False
    return np.asarray(mask | small[labels], np.bool_) if count > 1 else mask


def _paint(mask: Bool, runs: NDArray[np.int32]) -> None:
    for x, first, end in runs:
        mask[first:end, x] = True


def _runs(mask: Bool, path: Path) -> NDArray[np.int32]:
    """The runs (column, first row, end row) of a mask above a path, int32 [k, 3]."""
    above = mask & (np.arange(len(mask))[:, None] < path[None])
    change = np.diff(np.pad(above, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    starts, ends = np.argwhere(change.T > 0), np.argwhere(change.T < 0)
    return np.column_stack([starts, ends[:, 1]]).astype(np.int32)


@njit(cache=True)
def _say_thin(said: F32, thin: F32, first: Path, last: Path) -> None:
    """Let what is thin speak for the nearer side, in place."""
    for x in range(len(first)):
        for y in range(first[x], last[x]):
            said[x, y - first[x]] += np.float32(THIN_SAYS) * thin[y, x]


@njit(cache=True)
def _doubt(said: F32, first: Path, last: Path, rough: Path, free_px: float, doubt: float, grows: float) -> None:
    """Far from where the rough cut ran, the evidence must outweigh a doubt, the more the further away; in place."""
    for x in range(len(first)):
        for y in range(first[x], last[x]):
            away = y + 0.5 - rough[x]
            if abs(away) > free_px:
                most = doubt + min(1.5, grows * abs(away))
                said[x, y - first[x]] += most if away > 0 else -most


@njit(cache=True, nogil=True)
def _likely(said: F32, first: Path, path: Path, height: int) -> NDArray[np.uint8]:
    """1 where a pixel of the tube above the path speaks for the nearer side; uint8 [H, W]."""
    out = np.zeros((height, len(path)), np.uint8)
    for x in range(len(path)):
        for y in range(first[x], path[x]):
            out[y, x] = said[x, y - first[x]] > 0
    return out


@njit(cache=True, nogil=True)
def _gains(
    labels: NDArray[np.int32], count: int, mask: Bool, said: F32, first: Path, level: F32, upright: F32, price: float
) -> NDArray[np.float64]:
    """What it gains to add each component to the mask: evidence and border saved less border made; float64 [count].

    Components that do not touch the mask gain nothing.
    """
    height, width = labels.shape
    gain, touches = np.zeros(count), np.zeros(count, np.bool_)
    for x in range(width):
        for y in range(first[x], height):
            me = labels[y, x]
            if y and labels[y - 1, x] != me:
                paid, other, seen = price * level[y, x], labels[y - 1, x], mask[y - 1, x]
                _settle(gain, touches, me, mask[y, x], other, seen, paid)
            if x and labels[y, x - 1] != me:
                paid, other, seen = price * upright[y, x], labels[y, x - 1], mask[y, x - 1]
                _settle(gain, touches, me, mask[y, x], other, seen, paid)
            if me:
                gain[me] += said[x, y - first[x]]
    for k in range(count):
        if not touches[k]:
            gain[k] = -1.0
    return gain


@njit(cache=True)
def _settle(gain: NDArray[np.float64], touches: Bool, a: int, a_in: bool, b: int, b_in: bool, paid: float) -> None:
    """A piece of outline between two pixels: to add a component saves it towards the mask, and makes it elsewhere."""
    for me, seen in ((a, b_in), (b, a_in)):
        if me:
            gain[me] += paid if seen else -paid
            touches[me] |= seen
