"""The way home of a loop: jumps that reach a given state after an exact number of cells, by dynamic programming.

A plate of circumference C must show the source's column 0 again at plate column C, and what flows into it is chosen
before the walk begins (the `Arrival`), so that the source's left edge looks at the first step as it will look at the
last. The walk is free until less than about a picture's width remains; from there this plan takes over. Jumps do not
change its prices as it goes, so it is solved a few times, each time with a price on the later of two places at which
the last solution showed the same. Reaching the source by an ordinary jump whose place is only known at the end was
the other road: its seam lies over the first picture of the video, which by then has long been shown.

The exact-length shortest path over (cell, state) is Bellman's; A. Schoedl et al., Video Textures, 2000, section 4.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .planning import FORBIDDEN

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
SLACK_CELLS = 3
"""Cells before a picture's end from which no jump is planned: landings are refined by a cell and a px, and what makes
no whole cell, of the way as of the picture's width, is paid by showing a piece longer."""
SOLUTIONS = 6
"""How often the way is planned; later ones hardly improve it."""


@dataclass(frozen=True)
class WayHome:
    """`jumps`: (cell, leave, land) each, cells counted from the start of the way; the last one lands on the piece
    that shows the goal after exactly all cells. `cost` is what jumps and columns cost, repetitions included."""

    cost: float
    jumps: tuple[tuple[int, int, int], ...]


@njit(cache=True)
def _running_sums(price: F32, n: int) -> F32:
    """Sums of `price` [T, N] along the diagonals, [T + 1, N]: what was paid before a cell, within one picture."""
    cells, states = price.shape
    paid = np.zeros((cells + 1, states), np.float32)
    for t in range(cells):
        for i in range(states - 1):
            if (i + 1) % n:
                paid[t + 1, i + 1] = paid[t, i] + price[t, i]
    return paid


@njit(cache=True, fastmath=True)
def _cheapest_landings(cost: F32, jump: F32, best: F32) -> None:
    """Into `best` [N] the least cost of jumping to each state from states that cost `cost` [N]."""
    best[:] = FORBIDDEN
    for i in range(len(cost)):
        here = cost[i]
        if here < FORBIDDEN:
            row = jump[i]
            for j in range(len(best)):
                best[j] = min(best[j], here + row[j])


@njit(cache=True, fastmath=True)
def _forward(jump: F32, price: F32, n: int, overlap: int, run: int, start: int) -> tuple[F32, NDArray[np.bool_], F32]:
    """Cost of going on from each state at each cell [T + 1, N], whether it was just landed on, and the running sum
    of prices along each diagonal [T + 1, N]."""
    cells, states = price.shape
    bound = overlap + run
    last = n - overlap - SLACK_CELLS
    cost = np.full((cells + 1, states), np.float32(FORBIDDEN))
    landed = np.zeros((cells + 1, states), np.bool_)
    paid = _running_sums(price, n)
    cost[0, start] = 0
    best = np.empty(states, np.float32)
    for t in range(cells):
        for i in range(states):
            if cost[t, i] < FORBIDDEN and i % n < last:
                cost[t + 1, i + 1] = min(cost[t + 1, i + 1], cost[t, i] + price[t, i])
        if t + bound > cells:
            continue
        _cheapest_landings(cost[t], jump, best)
        for j in range(states):
            if best[j] < FORBIDDEN and j % n + bound <= last:
                total = best[j] + paid[t + bound, j + bound] - paid[t, j]
                # a landing is written before anything goes on to its end, so the two do not overwrite each other
                if total < cost[t + bound, j + bound]:
                    cost[t + bound, j + bound] = total
                    landed[t + bound, j + bound] = True
    return cost, landed, paid


@njit(cache=True)
def _backward(
    cost: F32, landed: NDArray[np.bool_], jump: F32, price: F32, n: int, bound: int, cell: int, state: int
) -> list[tuple[int, int, int]]:
    """The jumps that lead to `state` at `cell`, last one first."""
    found = [(0, 0, 0)]
    t, i = cell, state
    while t > 0:
        went_on = FORBIDDEN * 2
        if i % n and cost[t - 1, i - 1] < FORBIDDEN:
            went_on = cost[t - 1, i - 1] + price[t - 1, i - 1]
        if landed[t, i] and went_on > cost[t, i]:
            j = i - bound
            t -= bound
            i = int(np.argmin(cost[t] + jump[:, j]))
            found.append((t, i, j))
        else:
            t -= 1
            i -= 1
    return found[1:]


def way_home(
    jump: F32, last_jump: F32, price: F32, n: int, overlap: int, run: int, start: int, goal: int, settling: int = 0
) -> WayHome | None:
    """The cheapest way from `start` to showing `goal` after exactly T cells with at least one jump; None if none is.

    `jump` [N, N] prices of jumps, `last_jump` [N, N] of the last one, `price` [T, N] of showing state i at cell t,
    N a multiple of n (the columns of one orientation). Jumps may be made from `start` on, and otherwise `overlap` +
    `run` cells after a landing; FORBIDDEN ones never are. The last piece begins and ends SLACK_CELLS inside, and goes
    on for `settling` cells behind its overlap, if that is more than a run.
    """
    cells, bound = len(price), overlap + run
    cost, landed, paid = _forward(jump, price, n, overlap, run, start)
    total, found = float(FORBIDDEN), None
    for t in range(max(0, cells - goal % n + SLACK_CELLS), cells - overlap - max(run, settling) + 1):
        land = goal - (cells - t)
        arrived = cost[t] + last_jump[:, land]
        leave = int(arrived.argmin())
        whole = float(arrived[leave]) + float(paid[cells, goal] - paid[t, land])
        if whole < total:
            total, found = whole, (t, leave, land)
    if found is None:
        return None
    earlier = _backward(cost, landed, jump, price, n, bound, found[0], found[1])
    return WayHome(total, (*reversed(earlier), found))


def shown(way: WayHome, cells: int, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells and states that a way shows, in order; overlaps count for the piece that comes."""
    ends = [t for t, _, _ in way.jumps]
    pieces = zip([0, *ends], [*ends, cells], [start, *(land for _, _, land in way.jumps)], strict=True)
    parts = [(np.arange(a, b), state + np.arange(b - a)) for a, b, state in pieces]
    return np.concatenate([t for t, _ in parts]), np.concatenate([s for _, s in parts])


def best_goal(cost: F64, n: int, overlap: int, run: int) -> int:
    """The state with the least `cost` [N] of arriving from it that has room for the longest shortest landing."""
    column = np.arange(len(cost)) % n
    room = (column >= overlap + run + SLACK_CELLS) & (column <= n - overlap - SLACK_CELLS)
    return int(np.where(room, cost, np.inf).argmin())


def varied_way_home(
    jump: F32,
    last_jump: F32,
    price: F32,
    place: NDArray[np.int64],
    repeat: float | F64,
    n: int,
    overlap: int,
    run: int,
    start: int,
    goal: int,
    settling: int = 0,
) -> WayHome | None:
    """The best of a few ways home, where showing a column of the source once more costs `repeat` per cell.

    `repeat`: [n], or the same for all; `place` [N]: the source's cell that a state shows.
    """
    best: WayHome | None = None
    extra = np.zeros_like(price)
    for _ in range(SOLUTIONS):
        way = way_home(jump, last_jump, price + extra, n, overlap, run, start, goal, settling)
        if way is None:
            return best
        cells, states = shown(way, len(price), start)
        twice = np.maximum(np.bincount(place[states], minlength=n) - 1, 0)
        honest = way.cost - float(extra[cells, states].sum()) + float((repeat * twice).sum())
        if best is None or honest < best.cost:
            best = WayHome(honest, way.jumps)
        if not twice.any():
            break
        # were both places dearer, the next way would show neither, and something else twice
        first, last = np.zeros(n, np.int64), np.zeros(n, np.int64)
        first[place[states[::-1]]], last[place[states]] = cells[::-1], cells
        later = np.arange(len(price))[:, None] > ((first + last) // 2)[place]
        extra += later * (repeat * np.minimum(twice, 1))[place].astype(np.float32)
    return best
