"""Where to jump and where to land: value iteration over the columns of an exemplar.

Standing at a column, the walk either goes on by one column and pays that column's price, or jumps, pays the jump and
is then bound to a run of `run` columns. The value of a column is what the cheapest endless future from it costs, so a
jump is never taken into a dead end or away from a better one. Choosing greedily at each jump was tried before and
falls into loops from which no good jump leads out.

R. Bellman, Dynamic Programming, 1957; for video textures: Schoedl et al. 2000, section 3.2.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
DISCOUNT = 0.998
FORBIDDEN = 1e6  # the price of a jump that must not be taken
_HUGE = 1e9


@njit(cache=True, fastmath=True, nogil=True)
def _cheapest(jump: F32, landed: F32) -> np.float32:
    """The least sum of both, [N] each. Four chains of comparisons, because one waits for itself at every step."""
    a = b = c = d = np.float32(_HUGE)
    whole = len(landed) // 4 * 4
    for j in range(0, whole, 4):
        a = min(a, jump[j] + landed[j])
        b = min(b, jump[j + 1] + landed[j + 1])
        c = min(c, jump[j + 2] + landed[j + 2])
        d = min(d, jump[j + 3] + landed[j + 3])
    for j in range(whole, len(landed)):
        a = min(a, jump[j] + landed[j])
    return min(a, b, c, d)


@njit(cache=True, fastmath=True, nogil=True)
def value_iteration(jump: F32, price: F64, value: F64, n: int, overlap: int, run: int, sweeps: int) -> F32:
    """Improve `value` [N] in place by at most `sweeps` sweeps; return the cost of having landed at each state [N].

    `jump` float32 [N, N] prices of jumps, `price` float64 [N] prices of showing a column, N a multiple of n (the
    columns of one orientation). A landing at j shows `overlap` + `run` columns before it may jump again.
    """
    states = value.shape[0]
    landed = np.empty(states, np.float32)
    far = DISCOUNT**run
    cumulated = np.zeros(states + 1)
    for i in range(states):
        cumulated[i + 1] = cumulated[i] + price[i]
    for sweep in range(sweeps + 1):
        for j in range(states):
            end = j + overlap + run
            landed[j] = (
                _HUGE if j % n + overlap + run > n - overlap - 1 else cumulated[end] - cumulated[j] + far * value[end]
            )
        if sweep == sweeps:
            break
        change = 0.0
        for i in range(states - 1, -1, -1):
            column = i % n
            least = float(_cheapest(jump[i], landed)) if column <= n - overlap else _HUGE
            if column < n - overlap:
                least = min(least, price[i] + DISCOUNT * value[i + 1])
            change = max(change, abs(value[i] - least))
            value[i] = least
        if change < 1e-3:
            for j in range(states):
                end = j + overlap + run
                if j % n + overlap + run <= n - overlap - 1:
                    landed[j] = cumulated[end] - cumulated[j] + far * value[end]
            break
    return landed


@njit(cache=True, fastmath=True, nogil=True)
def settled(jump: F32, landed: F32, price: F64, value: F64, n: int, overlap: int) -> F64:
    """What the cheapest future from every state costs when it costs `landed` [N] to have landed, float64 [N].

    Few sweeps leave `value` behind what has been landed on, while prices rise; against such values every jump looks
    dear, and the walk goes on into what it ought to leave.
    """
    found = value.copy()
    for i in range(len(value) - 1, -1, -1):
        column = i % n
        least = float(_cheapest(jump[i], landed)) if column <= n - overlap else _HUGE
        if column < n - overlap:
            least = min(least, price[i] + DISCOUNT * found[i + 1])
        found[i] = least
    return found


@njit(cache=True)
def next_jump(
    jump: F32, landed: F32, price: F64, value: F64, start: int, n: int, overlap: int, longest: int = 1 << 30
) -> tuple[int, int]:
    """Walk on from state `start` until jumping is no dearer than going on; returns (leave, land).

    If that is not so within `longest` cells, the jump on the way there that is least dearer.
    """
    i = start
    least, leave, land = np.float64(_HUGE), start, 0
    while True:
        j = 0
        best = np.float32(_HUGE)
        for k in range(landed.shape[0]):
            cost = jump[i, k] + landed[k]
            if cost < best:
                best = cost
                j = k
        if i % n >= n - overlap:
            return i, j
        dearer = best - (price[i] + DISCOUNT * value[i + 1])
        if dearer <= 0:
            return i, j
        if dearer < least:
            least, leave, land = dearer, i, j
        if i - start >= longest:
            return leave, land
        i += 1
