"""What a border would tear once its sides drift apart, and the border put together from what tears least.

A border on the outline of a thing shows a step already, and shows little more of one when other picture comes to lie
behind it. A border through one colour shows none, and soon will: it tears. Evidence of colours cannot see that, and
cuts a beach in two where one half looks like the far shore. So a border is held against the plain line that was wanted
and against one along edges alone, and gives way in stretches to what tears less. To forbid long upright runs was the
other road, and it costs the towers.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .edges import F32, Edges

Path = NDArray[np.int32]  # [w], 0..h
Lines = NDArray[np.int32]  # [k, w]
Looks = tuple[F32, F32, F32]  # Lab [h, w, 3], and what a border pays there, as in `Edges`: level, upright
ASIDE = 2  # px: so far from the border colours are looked at
DRIFTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 3 / 8)  # of the width: what comes to lie behind a border, from either side
FAIR = 0.5  # of what a straight band tears on average: so much a piece of border may tear
LEAST_FAIR = 0.5  # in Lab: grain
CHANGE = 1 / 20  # of the width: so long a piece of fair border is worth as much as not to change lines
SEEN = 5.0  # in Lab: what tears less than that on average is hardly seen to


def mend(lab: F32, edges: Edges, path: Path, plain: Path, *others: Path) -> Path:
    """`path`, with `plain` or one of the `others` in stretches in which it tears more than they do, int32 [w].

    `lab` float32 [h, w, 3] in 8-bit scaling, and its `edges`. The least sum over all pieces of border, between rows and
    between columns, of what they tear less what is fair, which is half of what a straight band does on average; exact,
    by a dynamic program over the lines. What is given back never tears more on average than `plain`, or so little that
    it is not seen.
    """
    drifts, looks = _drifts(len(path)), (lab, edges.level, edges.upright)
    band = np.full(len(path), round(float(np.median(plain))), np.int32)
    fair = max(LEAST_FAIR, FAIR * torn(lab, edges, band))
    found = _choose(looks, np.stack([path, plain, *others]).astype(np.int32), fair, drifts)
    # each by itself, since above one line lies what comes to lie behind another
    whole = torn(lab, edges, found) <= max(SEEN, torn(lab, edges, plain))
    return found if whole else np.asarray(plain, np.int32)


def torn(lab: F32, edges: Edges, path: Path) -> float:
    """What a piece of a border tears on average, in Lab; arguments as for `mend`."""
    return float(_mean((lab, edges.level, edges.upright), path, _drifts(len(path))))


def _drifts(width: int) -> NDArray[np.int64]:
    return np.array([sign * min(width - 1, max(1, round(share * width))) for share in DRIFTS for sign in (-1, 1)])


@njit(cache=True)
def _distance(lab: F32, ay: int, ax: int, by: int, bx: int) -> float:
    a, b, c = lab[ay, ax, 0] - lab[by, bx, 0], lab[ay, ax, 1] - lab[by, bx, 1], lab[ay, ax, 2] - lab[by, bx, 2]
    return float(np.sqrt(a * a + b * b + c * c))


@njit(cache=True)
def _rise(lab: F32, path: Path, near: tuple[int, int], far: tuple[int, int], drifts: NDArray[np.int64]) -> float:
    """By how much the step between two pixels (y, x) grows on average when the farther side drifts; what is hidden of
    that is taken to go on as it is above the path."""
    width = lab.shape[1]
    now, out = _distance(lab, near[0], near[1], far[0], far[1]), 0.0
    for drift in drifts:
        x = far[1] + drift
        # mirrored at the rims
        x = -x if x < 0 else 2 * width - 2 - x if x >= width else x
        y = max(0, min(far[0], path[x] - ASIDE))
        out += max(0.0, _distance(lab, near[0], near[1], y, x) - now)
    return out / len(drifts)


@njit(cache=True)
def _level(looks: Looks, path: Path, row: int, x: int, drifts: NDArray[np.int64]) -> float:
    """What the piece between the rows row - 1 and row tears in column x, where `path` is the border round about. It
    counts as far as there is no edge, however weak that is among weak ones."""
    lab, price, _ = looks
    height = len(lab)
    if row <= 0 or row >= height:
        return 0.0
    no_edge = min(price[row - 1, x], price[row, x], price[min(height - 1, row + 1), x])
    near, far = min(height - 1, row + ASIDE - 1), max(0, row - ASIDE)
    return float(no_edge * _rise(lab, path, (near, x), (far, x), drifts))


@njit(cache=True)
def _upright(looks: Looks, path: Path, before: int, after: int, x: int, drifts: NDArray[np.int64]) -> float:
    """What all pieces between the columns x - 1 and x tear, where a border goes from row `before` to row `after`."""
    lab, _, price = looks
    width = lab.shape[1]
    left, right = max(0, x - ASIDE), min(width - 1, x + ASIDE - 1)
    near, far = (right, left) if after < before else (left, right)
    out = 0.0
    for y in range(min(before, after), max(before, after)):
        no_edge = min(price[y, x - 1], price[y, x], price[y, min(width - 1, x + 1)])
        out += no_edge * _rise(lab, path, (y, near), (y, far), drifts)
    return out


@njit(cache=True)
def _mean(looks: Looks, path: Path, drifts: NDArray[np.int64]) -> float:
    total, count = _level(looks, path, path[0], 0, drifts), len(path)
    for x in range(1, len(path)):
        total += _level(looks, path, path[x], x, drifts) + _upright(looks, path, path[x - 1], path[x], x, drifts)
        count += abs(path[x] - path[x - 1])
    return total / count


@njit(cache=True)
def _choose(looks: Looks, lines: Lines, fair: float, drifts: NDArray[np.int64]) -> Path:
    """The cheapest way from left to right along several lines, of which the first is what was found."""
    count, width = lines.shape
    best, new = np.zeros(count), np.zeros(count)
    back = np.zeros((width, count), np.int32)
    for x in range(1, width):
        for b in range(count):
            new[b] = 1e30
            for a in range(count):
                before, after = lines[a, x - 1], lines[b, x]
                run = _upright(looks, lines[0], before, after, x, drifts)
                # only what was found has its upright runs where things stand; others gain nothing by theirs
                gain = fair * abs(after - before)
                paid = best[a] + (
                    run + CHANGE * width * fair if a != b else run - gain if a == 0 else max(0, run - gain)
                )
                if paid < new[b]:
                    new[b], back[x, b] = paid, a
            new[b] += _level(looks, lines[0], lines[b, x], x, drifts) - fair
        best[:] = new
    out = np.empty(width, np.int32)
    at = int(np.argmin(best))
    for x in range(width - 1, -1, -1):
        out[x] = lines[at, x]
        at = back[x, at]
    return out
