"""Taking a painted picture apart again: where a contour runs in what an engine has just painted.

The walk's draft says what shape a layer's border would have; the engine has painted something like it. The draft's
matte is moved up or down, column by column, to the edges that were really painted, beginning where the known border
ends, so that skylines go on as skylines and an overhang stays one. Cutting the new columns afresh was the other road:
a strip thirty pixels wide is too little picture to tell a roof from a cloud.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .engines.contract import RGB

Alpha = NDArray[np.uint8]
F64 = NDArray[np.float64]

REACH_PX = 12
"""How far a border may leave its draft, up or down."""
DOUBT_PX = 2 * REACH_PX
"""How far off a border may be seen where it is known, and still be trusted beyond."""
FADE_PX = 48
EDGE = 2.2  # edge strength, in mean gradients, that makes a border e times as cheap
STICK = 0.35  # price of a border at the end of its reach, in borders without an edge
FAR = 1e3  # price of a border that is too far off to meet the one that comes after it, a row per column
BEND = 0.4  # price per px by which the move changes from column to column


def skyline(alpha: Alpha) -> NDArray[np.int64]:
    """The first row of each column where a matte [h, n] is more opaque than not; h where it never is."""
    solid = alpha >= 128
    return np.asarray(np.where(solid.any(0), solid.argmax(0), alpha.shape[0]), np.int64)


def edge_strength(picture: RGB) -> F64:
    """Vertical colour change above each pixel, in units of the picture's mean change, float64 [h, n]."""
    soft = cv2.GaussianBlur(picture, (0, 0), 0.8).astype(np.float64)
    change = np.zeros(picture.shape[:2])
    change[1:] = np.sqrt(((soft[1:] - soft[:-1]) ** 2).sum(2))
    return np.asarray(change / (change.mean() + 1.0))


def follow(picture: RGB, expected: NDArray[np.int64], start: int, end: int | None = None) -> NDArray[np.int64]:
    """By how much to move a border from the rows [n] where it is expected, px downwards [n], so that it meets edges.

    `picture` RGB uint8 [h, n, 3] is what was painted; `start` is the move in the column before the first one, `end`
    that in the one after the last, if it is known. The cheapest of all connected moves, by dynamic programming.
    """
    height, columns = picture.shape[:2]
    moves = np.arange(-REACH_PX, REACH_PX + 1)
    rows = expected[:, None] + moves[None]
    inside = (rows > 0) & (rows < height)
    strength = edge_strength(picture)[rows.clip(0, height - 1), np.arange(columns)[:, None]]
    price = np.where(inside, np.exp(-strength / EDGE), 1.0) + STICK * (moves / REACH_PX) ** 2
    if end is not None:
        # with a price alone it would leap in the last column
        left = columns - np.arange(columns)[:, None]
        price += np.where(np.abs(moves - np.clip(end, -REACH_PX, REACH_PX)) > left, FAR, 0)
    bend = BEND * np.abs(moves[:, None] - moves[None])
    start = int(np.clip(start, -REACH_PX, REACH_PX))
    cost = price[0] + bend[start + REACH_PX]
    came = np.zeros((columns, len(moves)), np.int64)
    for x in range(1, columns):
        through = cost[:, None] + bend
        came[x] = through.argmin(0)
        cost = through.min(0) + price[x]
    path = np.empty(columns, np.int64)
    path[-1] = cost.argmin()
    for x in range(columns - 1, 0, -1):
        path[x - 1] = came[x, path[x]]
    return moves[path]


def led(
    seen: NDArray[np.int64], draft: NDArray[np.int64], known: int, seen_before: int, lowest: int
) -> NDArray[np.int64]:
    """Where to expect a border [n] whose rows [n] somebody has `seen`, so that it goes on from row `known`.

    What was seen in the column before, whose border is known, tells by how much the seeing is off; that fades out.
    A border seen too far off there is not the one that is meant, and the draft is kept. Nothing behind is painted
    below row `lowest`, so no border goes there.
    """
    off = known - seen_before
    if abs(off) > DOUBT_PX:
        return draft
    fade = np.clip(1 - np.arange(1, len(seen) + 1) / FADE_PX, 0, 1)
    return np.asarray(np.clip(np.rint(seen + off * fade), 1, max(1, lowest)), np.int64)


def moved(pixels: NDArray[np.uint8], moves: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Columns of `pixels` [h, n, ...] moved down by `moves` [n]; the edge rows are repeated."""
    height = pixels.shape[0]
    rows = np.clip(np.arange(height)[:, None] - moves[None], 0, height - 1)
    return np.asarray(pixels[rows, np.arange(pixels.shape[1])[None]], np.uint8)
