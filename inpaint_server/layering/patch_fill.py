"""Holes filled with whole blocks of texture from the same layer, joined where they differ least.

Blocks are laid from the hole's known side inwards. Each is looked up in a small picture by how it agrees with what is
already there, fitted to the pixel in the full one, and pasted along a seam of small differences, so every pixel of the
texture is one that the picture has: nothing is averaged. Voting over small patches (PatchMatch with EM) was tried and
blurs; a diffusion leaves fog; mirrored columns grow spikes.

A. Efros and W. Freeman, Image Quilting for Texture Synthesis and Transfer, SIGGRAPH 2001.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .block_seams import even_out, paste

F32 = NDArray[np.float32]  # [h, w, 3] unless said otherwise
Bool = NDArray[np.bool_]  # [h, w]
Ints = NDArray[np.int32]
BLOCKS = ((14, 22), (11, 16), (8, 12), (6, 8), (4, 6), (3, 4), (2, 3))  # rows, columns in cells, the first that fits
BESIDE = 0.5  # sources beside the hole per cell of width that are enough
MOST_SOURCES = 5000
OVERLAP = 0.34  # of a block
REUSE = 0.15  # of the texture's variance, each time a place was used before
CLIMB = 6.0  # of the texture's variance, for a source that is a whole height of the area away
CLIMB_BY_ROWS = 1200.0  # the same where rows say what there is: an island belongs on the horizon and nowhere else
ALIKE = 3.0  # weight of the square difference in character between source and target
LUCK = 0.15
MARKED = 3.0  # of the texture's variance, where rows say what there is: a place from which a mark would be copied
AROUND = 4.0  # cells: standard deviation of what is round a mark
MARK, LEAST_MARK = 5.0, 6.0  # times the usual distance from what is round it, and grey levels at least
GOOD = 1.0  # of the texture's variance: a source that differs by more makes us try smaller blocks
SMALLER = 0.5  # times the difference that a smaller block must stay below


@dataclass(frozen=True)
class Sources:
    """Places that blocks can be copied from, `rows` and `columns` in cells.

    `sizes` int32 [n, 4], from large to small: height and width of a block, the first and the end of its places.
    """

    rows: Ints
    columns: Ints
    sizes: Ints


def find_sources(known: Bool, hole: Bool, every: int) -> Sources | None:
    """The places in `known` (cells) whose whole block is known.

    The largest size of block is one that has enough places beside the hole: larger ones that fit only far away bring
    what does not belong there, such as a shore into the water.
    """
    total = cv2.integral(known.astype(np.uint8))
    rows: list[NDArray[np.intp]] = []
    columns: list[NDArray[np.intp]] = []
    sizes: list[tuple[int, int, int, int]] = []
    start, enough = 0, False
    for height, width in BLOCKS:
        if height > known.shape[0] or width > known.shape[1]:
            continue
        inside = total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
        y, x = np.nonzero(inside == height * width)
        if not enough:
            rows, columns, sizes, start = [], [], [], 0
            beside = cv2.dilate(hole.astype(np.uint8), np.ones((height + 3, width + 3), np.uint8)) > 0
            enough = np.count_nonzero(beside[y + height // 2, x + width // 2]) >= BESIDE * hole.shape[1]
        thinning = max(1, int(np.ceil(y.size / MOST_SOURCES)))
        chosen = slice(every % thinning, None, thinning)
        rows.append(y[chosen])
        columns.append(x[chosen])
        sizes.append((height, width, start, start + rows[-1].size))
        start += rows[-1].size
    if not start:
        return None
    table = np.array([size for size in sizes if size[3] > size[2]][:5:2], np.int32)
    return Sources(np.concatenate(rows).astype(np.int32), np.concatenate(columns).astype(np.int32), table)


def quilt(
    texture: F32,
    known: Bool,
    hole: Bool,
    character: F32,
    cell: int,
    seed: int,
    moved: Ints | None = None,
    by_rows: float = 0.0,
) -> bool:
    """Fill `hole` in `texture` in place from where it is `known`, both multiples of `cell` px in size.

    `character` [h/cell, w/cell, n]: what kind of texture each cell has, and in the hole what kind it should have.
    `by_rows` 0..1: how far the picture goes by rows, as sky, horizon and lake do; then blocks stay in theirs. `moved`
    int32 [h, w, 2] becomes how many rows and columns away what was copied lies, 0 elsewhere. False if nothing
    is large enough to copy from; the texture is then as it was.
    """
    size = known.shape[1] // cell, known.shape[0] // cell
    square = np.ones((cell, cell), np.uint8)
    whole = cv2.erode(known.astype(np.uint8), square, anchor=(0, 0), borderValue=1)[::cell, ::cell] > 0
    open_ = cv2.dilate(hole.astype(np.uint8), square, anchor=(0, 0))[::cell, ::cell] > 0
    sources = find_sources(np.ascontiguousarray(whole), open_, seed)
    if sources is None or not open_.any():
        return False
    shares = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    sums = cv2.resize(cv2.copyTo(texture, known.view(np.uint8)), size, interpolation=cv2.INTER_AREA)
    small = np.asarray(sums / np.maximum(shares, 1e-3)[..., None], np.float32)
    variance = float(small[whole].var(0).sum()) + 1
    luck = (1 + LUCK * np.random.default_rng(seed).random(sources.rows.size)).astype(np.float32)
    order = _peel_order((shares > 0) & ~open_, open_, int(sources.sizes[0, 0]))
    labels = np.zeros(known.shape, np.int32)
    total = np.asarray(cv2.integral(known.astype(np.uint8)), np.int32)
    corners = sources.rows, sources.columns, sources.sizes
    moves = np.zeros((len(order) + 1, 2), np.int32)
    climb = CLIMB + (CLIMB_BY_ROWS - CLIMB) * by_rows
    area = texture, hole, known.copy(), total, labels, moves
    used = np.zeros(whole.shape, np.float32)
    if by_rows:
        used += by_rows * MARKED / REUSE * _over_marks(_marks(texture, small, whole, cell), sources)
    count = _lay_blocks(
        *area, small, character, whole & ~open_, open_.copy(), order, *corners, cell, variance, luck, climb, used
    )
    even_out(texture, known, labels, count)
    if moved is not None:
        moved[:] = moves[labels]
    return True


def _marks(texture: F32, small: F32, whole: Bool, cell: int) -> Bool:
    """The whole cells [h, w] in which something small stands out from what is round it: a bird in a sky.

    `small` [h, w, 3]: the mean texture of every cell.
    """
    share = whole.astype(np.float32)
    weight = np.maximum(cv2.GaussianBlur(share, (0, 0), AROUND), 1e-3)
    around = cv2.GaussianBlur(small * share[..., None], (0, 0), AROUND) / weight[..., None]
    cells = texture.reshape(small.shape[0], cell, small.shape[1], cell, 3)
    away = np.maximum(cells.max((1, 3)) - around, around - cells.min((1, 3))).max(2)
    return np.asarray(whole & (away > max(LEAST_MARK, MARK * float(np.median(away[whole])))), np.bool_)


def _over_marks(marks: Bool, sources: Sources) -> F32:
    """1 where a block of the largest size that begins there would bring a mark with it, else 0, [h, w]."""
    height, width = int(sources.sizes[0, 0]), int(sources.sizes[0, 1])
    over = cv2.dilate(marks.astype(np.float32), np.ones((height, width), np.uint8), anchor=(0, 0))
    return np.asarray(over, np.float32)


def _peel_order(known: Bool, hole: Bool, height: int) -> Ints:
    """The hole's cells (row, column) from the known side inwards, in rings of half a block, left to right."""
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 3)
    # Without any known cell all of the hole is equally far.
    away = np.minimum(away, sum(hole.shape))
    rows, columns = np.nonzero(hole)
    ring = (away[rows, columns] / max(1.0, height * 0.5)).astype(np.int32)
    order = np.lexsort((rows, columns, ring))
    return np.stack([rows[order], columns[order]], 1).astype(np.int32)


@njit(cache=True, nogil=True)
def _lay_blocks(
    texture: F32,
    hole: Bool,
    filled: Bool,
    total: Ints,
    labels: Ints,
    moves: Ints,
    small: F32,
    character: F32,
    small_filled: Bool,
    small_open: Bool,
    order: Ints,
    rows: Ints,
    columns: Ints,
    sizes: Ints,
    cell: int,
    variance: float,
    luck: F32,
    climb: float,
    used: F32,
) -> int:
    """Fill what is open; `labels` become the number of each pixel's block, from 1, and `moves` [n, 2] how far away each
    was taken from, px. `used` [h, w]: how often places were used before. Returns how many there are."""
    count = 0
    h, w = small_open.shape
    for k in range(order.shape[0]):
        if not small_open[order[k, 0], order[k, 1]]:
            continue
        cheapest = np.inf
        for s in range(sizes.shape[0]):
            p, q = _corner(small_open, order[k, 0], order[k, 1], sizes[s, 0], sizes[s, 1])
            found, cost = _best_source(
                small, character, small_filled, used, p, q, rows, columns, sizes[s], variance, luck, climb, k
            )
            if cost < SMALLER * cheapest:
                cheapest, i, y, x, height, width = cost, found, p, q, sizes[s, 0], sizes[s, 1]
            if cheapest < GOOD * variance:
                break
        sy, sx = rows[i], columns[i]
        for a in range(max(0, sy - height // 2), min(h, sy + height // 2 + 1)):
            for b in range(max(0, sx - width // 2), min(w, sx + width // 2 + 1)):
                used[a, b] += 1
        fy, fx = _fit(texture, filled, total, y, x, sy, sx, height, width, cell)
        count += 1
        moves[count, 0], moves[count, 1] = fy - y * cell, fx - x * cell
        paste(texture, hole, filled, labels, count, y * cell, x * cell, fy, fx, height * cell, width * cell)
        for a in range(height):
            for b in range(width):
                if small_open[y + a, x + b]:
                    small_open[y + a, x + b] = False
                    small_filled[y + a, x + b] = True
                    for c in range(3):
                        small[y + a, x + b, c] = small[sy + a, sx + b, c]
    return count


@njit(cache=True)
def _corner(open_: Bool, row: int, column: int, height: int, width: int) -> tuple[int, int]:
    """Where a block for that cell begins: shifted towards what is open, but still over what is filled."""
    h, w = open_.shape
    weight, down, right = 0, 0, 0
    for a in range(max(0, row - height // 2), min(h, row + height // 2 + 1)):
        for b in range(max(0, column - width // 2), min(w, column + width // 2 + 1)):
            if open_[a, b]:
                weight += 1
                down += a - row
                right += b - column
    shift_y = min(max(4 * down / (weight * height), -1.0), 1.0) * height * (0.5 - OVERLAP)
    shift_x = min(max(4 * right / (weight * width), -1.0), 1.0) * width * (0.5 - OVERLAP)
    y = int(np.floor(row - height / 2 + shift_y + 0.5))
    x = int(np.floor(column - width / 2 + shift_x + 0.5))
    return min(max(y, 0, row - height + 1), h - height, row), min(max(x, 0, column - width + 1), w - width, column)


@njit(cache=True, fastmath=True)
def _best_source(
    small: F32,
    character: F32,
    filled: Bool,
    used: F32,
    y: int,
    x: int,
    rows: Ints,
    columns: Ints,
    size: Ints,
    variance: float,
    luck: F32,
    climb: float,
    turn: int,
) -> tuple[int, float]:
    """The source that agrees best with what is filled under a block of that size at (y, x), and how badly it does."""
    height, width = size[0], size[1]
    ly = np.empty(height * width, np.int32)
    lx = np.empty(height * width, np.int32)
    n = 0
    for a in range(height):
        for b in range(width):
            if filled[y + a, x + b]:
                ly[n], lx[n] = a, b
                n += 1
    step = 1 if n < 140 else 2 if n < 280 else 3
    samples = max(1, (n + step - 1) // step)
    cy, cx = y + height // 2, x + width // 2
    best, found = np.inf, size[2]
    tall = 1.0 / small.shape[0]
    for i in range(size[2], size[3]):
        sy, sx = rows[i], columns[i]
        rise = (sy - y) * tall
        cost = variance * (climb * rise * rise + REUSE * used[sy, sx])
        for c in range(character.shape[2]):
            e = character[sy + height // 2, sx + width // 2, c] - character[cy, cx, c]
            cost += ALIKE * e * e
        lucky = luck[(i + turn * 7919) % rows.size]
        limit = best / lucky
        cost *= samples
        if cost >= limit:
            continue
        for k in range(0, n, step):
            for c in range(3):
                e = small[y + ly[k], x + lx[k], c] - small[sy + ly[k], sx + lx[k], c]
                cost += e * e
            if cost >= limit:
                break
        if cost < limit:
            best, found = cost * lucky, i
    return found, best / samples


@njit(cache=True, fastmath=True)
def _fit(
    texture: F32, filled: Bool, total: Ints, y: int, x: int, sy: int, sx: int, height: int, width: int, cell: int
) -> tuple[int, int]:
    """The source's corner in px, within a cell of (sy, sx), that agrees best in full size."""
    h, w = filled.shape
    ty, tx, bh, bw = y * cell, x * cell, height * cell, width * cell
    found_y, found_x, best = sy * cell, sx * cell, np.inf
    for dy in range(-cell, cell + 1):
        for dx in range(-cell, cell + 1):
            fy, fx = sy * cell + dy, sx * cell + dx
            if fy < 0 or fx < 0 or fy + bh > h or fx + bw > w:
                continue
            inside = total[fy + bh, fx + bw] - total[fy, fx + bw] - total[fy + bh, fx] + total[fy, fx]
            if inside != bh * bw:
                continue
            cost = 0.0
            for a in range(1, bh, 3):
                for b in range(1 + a % 2, bw, 3):
                    if filled[ty + a, tx + b]:
                        for c in range(3):
                            e = texture[ty + a, tx + b, c] - texture[fy + a, fx + b, c]
                            cost += e * e
                if cost >= best:
                    break
            if cost < best:
                best, found_y, found_x = cost, fy, fx
    return found_y, found_x
