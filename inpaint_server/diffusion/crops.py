"""Which parts of a canvas a model is shown: squares of its native size round the hole, which overlap where it is long.

A model paints well at the size it was trained for and takes as long as its picture is large. So it sees the hole with
the known picture round it at full resolution, however large the canvas is; the picture is made smaller only where the
hole is so deep that no square would hold enough of what is known. Giving it the whole canvas made smaller, as web
interfaces do, loses the detail of what it must join to, and a canvas of 1600 px costs ten times a square of 512.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
OVERLAP_SHARE = 8
"""Two squares overlap, and a hole keeps away from a square's edge, by the native size divided by this."""
Box = tuple[int, int, int, int]
"""top, left, bottom, right"""


@dataclass(frozen=True)
class Crop:
    """A rectangle of the canvas, in px, and the `rows` and `columns` that the model paints of it.

    `scale` is model px per canvas px. The model's size is a multiple of its grid; where that is more than the scaled
    rectangle, the rest is unknown and thrown away afterwards.
    """

    top: int
    left: int
    height: int
    width: int
    rows: int
    columns: int
    scale: float = 1.0

    @property
    def spot(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)

    @property
    def scaled(self) -> tuple[int, int]:
        """Rows and columns of the rectangle as the model sees it, without the rest."""
        return max(1, round(self.height * self.scale)), max(1, round(self.width * self.scale))


def crops(hole: Bool, native_px: int, grid: int) -> list[Crop]:
    """The rectangles in which a hole [H, W] is to be painted, in this order; together they cover it.

    The one that knows most comes first: the later ones see what it painted.
    """
    if not hole.any():
        return []
    scale = _scale(hole, native_px)
    side = max(1, math.floor(native_px / scale))
    overlap = max(1, side // OVERLAP_SHARE)
    boxes = [box for group in _groups(hole, side, overlap) for box in _squares(hole, group, side, overlap)]
    found = [_crop(box, scale, grid) for box in dict.fromkeys(boxes)]
    return _in_order(hole, found)


def depth_px(hole: Bool) -> float:
    """How far the innermost pixel of a hole lies from the nearest known one; infinite where nothing is known."""
    if hole.all():
        return math.inf
    return float(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5).max())


def _scale(hole: Bool, native_px: int) -> float:
    """Model px per canvas px: 1 where half a square reaches every pixel of the hole, less where the hole is deeper.

    A canvas that is smaller than the model's native size is enlarged to it.
    """
    whole = float(native_px / max(hole.shape))
    return max(whole, min(1.0, native_px / 2 / depth_px(hole)))


def _groups(hole: Bool, side: int, overlap: int) -> list[Box]:
    """Boxes round the parts of the hole that are painted together: those that touch, or fit into one square."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * overlap + 1,) * 2, np.uint8))
    count, labels = cv2.connectedComponents(near, connectivity=8)
    groups: list[Box] = []
    for label in range(1, count):
        rows, columns = np.nonzero((labels == label) & hole)
        box = int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1
        for number, other in enumerate(groups):
            union = _joined(box, other)
            if max(union[2] - union[0], union[3] - union[1]) <= side - 2 * overlap:
                groups[number] = union
                break
        else:
            groups.append(box)
    return groups


def _joined(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _squares(hole: Bool, group: Box, side: int, overlap: int) -> list[Box]:
    """The squares, cut off at the canvas, that cover a group; those without any hole are left out."""
    rows = _starts(group[0], group[2], hole.shape[0], side, overlap)
    columns = _starts(group[1], group[3], hole.shape[1], side, overlap)
    boxes = [
        (top, left, min(top + side, hole.shape[0]), min(left + side, hole.shape[1])) for top in rows for left in columns
    ]
    return [box for box in boxes if hole[box[0] : box[2], box[1] : box[3]].any()]


def _starts(first: int, last: int, length: int, side: int, overlap: int) -> list[int]:
    """Where squares begin along an axis of `length` px, so that they cover first..last and known picture beside it."""
    if side >= length:
        return [0]
    begin, end = max(0, first - overlap), min(length, last + overlap)
    if end - begin <= side:
        return [min(max(0, (first + last - side) // 2), length - side)]
    count = math.ceil((end - begin - overlap) / (side - overlap))
    step = (end - side - begin) / (count - 1)
    return [begin + round(number * step) for number in range(count)]


def _crop(box: Box, scale: float, grid: int) -> Crop:
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    rows, columns = (math.ceil(max(1, round(size * scale)) / grid) * grid for size in (height, width))
    return Crop(top, left, height, width, rows, columns, scale)


def _in_order(hole: Bool, found: list[Crop]) -> list[Crop]:
    """The crops, the one that knows most first, counting what those before it will have painted."""
    left, known, ordered = list(found), ~hole, []
    while left:
        best = max(left, key=lambda crop: float(known[crop.spot].mean()))
        left.remove(best)
        ordered.append(best)
        known[best.spot] = True
    return ordered
