"""Pasting a block of texture: the seam to what is there already, and the light on both sides of it.

The seam is a watershed of the difference between the block and what it overlaps: the pixels that differ most are given
away first, so that both sides meet where they are alike. A shortest path gives as good a seam, but only through an
overlap with two ends, and here overlaps have any shape.

F. Meyer, Topographic distance and watershed lines, Signal Processing 38, 1994.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]  # [h, w, 3] unless said otherwise
Bool = NDArray[np.bool_]  # [h, w]
Ints = NDArray[np.int32]
Owner = NDArray[np.uint8]  # [h, w]: 0 undecided, 1 what stays, 2 what the block brings
LEVELS = 64
SAME_LIGHT = 20.0  # grey levels: a step at a seam that is much larger is an edge, not another light
ROUNDS = 60
OFFSET_LIMIT = 24.0  # grey levels that a block may be lifted by


@njit(cache=True)
def paste(
    texture: F32, hole: Bool, filled: Bool, labels: Ints, label: int, ty: int, tx: int, sy: int, sx: int, h: int, w: int
) -> None:
    """Copy a block of h x w px from (sy, sx) to (ty, tx), inside the hole, and number its pixels."""
    owner, level = _claims(texture, hole, filled, ty, tx, sy, sx, h, w)
    _flood(owner, level)
    for a in range(h):
        for b in range(w):
            if hole[ty + a, tx + b] and owner[a, b] != 1:
                labels[ty + a, tx + b] = label
                filled[ty + a, tx + b] = True
                for c in range(3):
                    texture[ty + a, tx + b, c] = texture[sy + a, sx + b, c]


@njit(cache=True, fastmath=True)
def _claims(
    texture: F32, hole: Bool, filled: Bool, ty: int, tx: int, sy: int, sx: int, height: int, width: int
) -> tuple[Owner, Ints]:
    """Who owns a pixel of the block for certain, and the rank of the others: 0 where both differ most."""
    owner = np.zeros((height, width), np.uint8)
    level = np.zeros((height, width), np.int32)
    for a in range(height):
        for b in range(width):
            p, q = ty + a, tx + b
            rim = (a == 0 and p > 0) or (a == height - 1 and p < hole.shape[0] - 1)
            rim = rim or (b == 0 and q > 0) or (b == width - 1 and q < hole.shape[1] - 1)
            if hole[p, q] and not filled[p, q]:
                owner[a, b] = 2
            elif rim or not hole[p, q]:
                owner[a, b] = 1
            else:
                e = 0.0
                for c in range(3):
                    e += abs(texture[p, q, c] - texture[sy + a, sx + b, c])
                level[a, b] = max(0, LEVELS - 1 - int(e * 0.5))
    return owner, level


@njit(cache=True)
def _flood(owner: Owner, level: Ints) -> None:
    """Settle what is undecided, in place, from the owned pixels inwards, by rank."""
    height, width = owner.shape
    first = np.full(LEVELS, -1, np.int32)
    following = np.full(height * width, -1, np.int32)
    queued = np.zeros((height, width), np.bool_)
    for a in range(height):
        for b in range(width):
            if owner[a, b] == 0:
                continue
            for side in range(4):
                p, q = a + (side == 0) - (side == 1), b + (side == 2) - (side == 3)
                if 0 <= p < height and 0 <= q < width and owner[p, q] == 0 and not queued[p, q]:
                    _push(first, following, queued, p, q, level[p, q])
    now = 0
    while now < LEVELS:
        k = first[now]
        if k < 0:
            now += 1
            continue
        first[now] = following[k]
        a, b = k // width, k % width
        for side in range(4):
            p, q = a + (side == 0) - (side == 1), b + (side == 2) - (side == 3)
            if p < 0 or q < 0 or p >= height or q >= width:
                continue
            if owner[p, q] > 0 and owner[a, b] == 0:
                owner[a, b] = owner[p, q]
            elif owner[p, q] == 0 and not queued[p, q]:
                _push(first, following, queued, p, q, max(now, level[p, q]))


@njit(cache=True)
def _push(first: Ints, following: Ints, queued: Bool, row: int, column: int, rank: int) -> None:
    k = row * queued.shape[1] + column
    queued[row, column] = True
    following[k] = first[rank]
    first[rank] = k


def even_out(texture: F32, known: Bool, labels: Ints, count: int) -> None:
    """Lift each of `count` blocks, in place, so that the steps along all seams vanish in the mean.

    As exposures are evened out in panoramas: M. Brown and D. Lowe, IJCV 74, 2007, section 6, by Jacobi's method. The
    known pixels (label 0) stay as they are.
    """
    pairs, steps = _seam_steps(texture, known, labels)
    weight = np.exp(-(steps**2).sum(1) / (6 * SAME_LIGHT**2)) + 0.01
    i, j = pairs[:, 0], pairs[:, 1]
    total = np.bincount(i, weight, count + 1) * 1.02 + 1e-3
    wanted = np.stack([np.bincount(i, -weight * steps[:, c], count + 1) for c in range(3)], 1)
    # Blocks meet in a few places: what they pull at each other is summed once, not in every round.
    between = np.bincount(i * (count + 1) + j, weight, (count + 1) ** 2).reshape(count + 1, count + 1)
    offsets = np.zeros((count + 1, 3))
    for _ in range(ROUNDS):
        offsets = 0.5 * offsets + 0.5 * (wanted + between @ offsets) / total[:, None]
        offsets[0] = 0
    lifted = labels > 0
    texture[lifted] += (OFFSET_LIMIT * np.tanh(offsets / OFFSET_LIMIT)).astype(np.float32)[labels[lifted]]


@njit(cache=True, nogil=True)
def _seam_steps(texture: F32, known: Bool, labels: Ints) -> tuple[NDArray[np.int64], F32]:
    """The steps between neighbouring pixels of different blocks (0: the known ones): their labels, and the colours."""
    h, w = labels.shape
    pairs = np.empty((0, 2), np.int64)
    steps = np.empty((0, 3), np.float32)
    for turn in range(2):
        n = 0
        for y in range(h):
            for x in range(w):
                if labels[y, x] == 0:
                    continue
                for side in range(4):
                    p, q = y + (side == 0) - (side == 1), x + (side == 2) - (side == 3)
                    if p < 0 or q < 0 or p >= h or q >= w or labels[p, q] == labels[y, x]:
                        continue
                    if labels[p, q] == 0 and not known[p, q]:
                        continue
                    if turn == 1:
                        pairs[n, 0], pairs[n, 1] = labels[y, x], labels[p, q]
                        for c in range(3):
                            steps[n, c] = texture[y, x, c] - texture[p, q, c]
                    n += 1
        if turn == 0:
            pairs = np.empty((n, 2), np.int64)
            steps = np.empty((n, 3), np.float32)
    return pairs, steps
