"""The first landings of all layers, chosen together.

Every layer leaves the source at its own right edge and may land anywhere; each by itself picks the place that joins
best, and the picture falls apart there: snow from here over meadow from there. So every layer offers its best places,
what stands across each border is compared with what stands there in the source, and the cheapest combination is found
by dynamic programming along the chain of layers (A. Viterbi, 1967: a layer borders on its neighbours alone). Later
landings are not chosen together: layers have different speeds, and what is side by side at one step is not at the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from .exemplar import Exemplar

if TYPE_CHECKING:
    from .tape import Tape

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
CHOICES = 4  # the seed chooses among so many combinations
OFFERED = 64  # places that a layer offers
AGAIN = 8.0  # price of a place that a better combination has taken
OUTSIDE_PX, INSIDE_PX = 4, 5  # rows from a border at which its two sides are looked at


@dataclass(frozen=True)
class Offer:
    """Where a layer would land: `states`, `costs` (the join and the way ahead, in the walk's currency) and the row
    shifts in px, [k] each; two offers closer than `apart` columns of a cell are the same place."""

    states: I64
    costs: F64
    shifts: I64
    columns: int
    apart: int

    def same_place(self, chosen: int) -> NDArray[np.bool_]:
        """Which offers are the place of number `chosen`."""
        n = self.columns
        column = self.states % n
        near = np.abs(column - column[chosen]) < self.apart
        return np.asarray((self.states // n == self.states[chosen] // n) & near, np.bool_)


def cheapest_chain(costs: Sequence[F64], pairs: Sequence[F64]) -> list[int]:
    """The number of one entry of each of `costs` such that their sum and that of `pairs[i][a, b]`, the price of entry
    a of costs[i] beside entry b of costs[i + 1], is least."""
    total, back = costs[0], []
    for own, pair in zip(costs[1:], pairs, strict=True):
        ways = total[:, None] + pair
        back.append(ways.argmin(axis=0))
        total = ways.min(axis=0) + own
    chain = [int(total.argmin())]
    for came_from in reversed(back):
        chain.append(int(came_from[chain[-1]]))
    return chain[::-1]


def choose(offers: Sequence[Offer], pairs: Sequence[F64], choice: int) -> list[int]:
    """The `choice`-th best combination, 0..: every further one makes the places of those before dearer."""
    costs = [offer.costs.copy() for offer in offers]
    chain = cheapest_chain(costs, pairs)
    for _ in range(choice):
        for offer, cost, chosen in zip(offers, costs, chain, strict=True):
            cost[offer.same_place(chosen)] += AGAIN
        chain = cheapest_chain(costs, pairs)
    return chain


class Brink:
    """What a layer shows along its upper border and along that of the next nearer one, by source column of a cell.

    `pixels` float32 [rows, n, 3 or 4]: the exemplar, one column per cell; `skyline` [n]: its first opaque row in the
    layer's own rows, 0 for a band.
    """

    def __init__(self, exemplar: Exemplar) -> None:
        picture = exemplar.pictures[0]
        n = exemplar.cells.columns
        small = cv2.resize(picture, (n, picture.shape[0]), interpolation=cv2.INTER_AREA)
        self.pixels = cv2.blur(small, (1, 3)).reshape(picture.shape[0], n, -1).astype(np.float32)
        self.first_row, self.height = exemplar.first_row, exemplar.height
        self.columns, self.overlap = n, exemplar.cells.overlap_cells
        self.skyline = np.zeros(n, np.int64)
        self.has_matte = picture.shape[2] == 4
        if self.has_matte:
            opaque = small[self.first_row :][: self.height, :, 3] > 127
            self.skyline = np.where(opaque.any(axis=0), opaque.argmax(axis=0), self.height)

    def places(self, offer: Offer, cells: int) -> I64:
        """The source column that each offer shows at the source's edge and the `cells` behind it, [k, cells]."""
        n = self.columns
        at = (offer.states % n + self.overlap)[:, None] + np.arange(cells)[None]
        at = np.minimum(at, n - 1)
        return np.asarray(np.where((offer.states // n == 1)[:, None], n - 1 - at, at), np.int64)

    def at(self, rows: I64, columns: I64) -> F32:
        """Colours at rows of the layer and columns of cells; alpha as well, 255 where there is none."""
        rows = np.clip(rows + self.first_row, 0, self.pixels.shape[0] - 1)
        found = self.pixels[rows, columns]
        if found.shape[-1] == 3:
            found = np.concatenate([found, np.full((*found.shape[:-1], 1), 255, np.float32)], axis=-1)
        return found


def land_together(tapes: Sequence["Tape"], tops: Sequence[int], weight: float, reference: float, choice: int) -> None:
    """Choose the first landings of the tapes of neighbouring layers, far to near, whose first rows are `tops`.

    A border that looks strange by `reference` grey levels costs `weight`.
    """
    offers = [tape.offer() for tape in tapes]
    chain: list[tuple[Tape, int, Offer]] = []
    for tape, top, offer in zip(tapes, tops, offers, strict=True):
        if offer is not None:
            chain.append((tape, top, offer))
    brinks = [tape.brink() for tape, _, _ in chain]
    pairs = []
    for i in range(len(chain) - 1):
        (_, top, far), (_, near_top, near) = chain[i : i + 2]
        cells = brinks[i].overlap
        pairs.append(
            weight * (strangeness(brinks[i], brinks[i + 1], near_top - top, far, near, cells) / reference) ** 2
        )
    if chain:
        found = choose([offer for _, _, offer in chain], pairs, choice)
        for (tape, _, offer), number in zip(chain, found, strict=True):
            tape.land_first(int(offer.states[number]))


def strangeness(far: Brink, near: Brink, offset: int, far_offer: Offer, near_offer: Offer, cells: int) -> F64:
    """How strange two neighbouring layers would look beside each other just behind the source's edge, rms grey levels,
    for every pair of their offers [k, l]: the distance of the two colours at the border to the nearest two colours
    that meet there in the source. `offset`: rows from the far layer's top to the near one's.
    """
    n = far.columns
    everywhere = np.arange(n)
    above = far.at(offset + near.skyline - OUTSIDE_PX, everywhere)
    below = near.at(near.skyline + INSIDE_PX, everywhere)
    meet = above[:, 3] > 127
    if not meet.any():
        return np.zeros((len(far_offer.states), len(near_offer.states)))
    known = np.concatenate([above[meet, :3], below[meet, :3]], axis=1)[:: max(1, int(meet.sum()) // 160)]
    far_at, near_at = far.places(far_offer, cells), near.places(near_offer, cells)
    line, shift = near.skyline[near_at], near_offer.shifts[:, None]
    if near.has_matte:  # the rows' shift moves the skyline, but not the border of a band
        under, line = near.at(line + INSIDE_PX, near_at), line - shift
    else:
        under = near.at(line + INSIDE_PX + shift, near_at)
    over = far.at(
        offset + line[None] - OUTSIDE_PX + far_offer.shifts[:, None, None],
        np.broadcast_to(far_at[:, None], (len(far_at), *line.shape)),
    )
    return _distances(np.ascontiguousarray(over), np.ascontiguousarray(under[..., :3]), np.ascontiguousarray(known))


@njit(cache=True, fastmath=True)
def _distances(over: F32, under: F32, known: F32) -> F64:
    """Mean distance of (over[a, b, t], under[b, t]) to the nearest of `known` [m, 6]; 0 where `over` is clear."""
    found = np.zeros((over.shape[0], over.shape[1]))
    for a in range(over.shape[0]):
        for b in range(over.shape[1]):
            total = 0.0
            for t in range(over.shape[2]):
                if over[a, b, t, 3] < 128:
                    continue
                least = np.float32(1e9)
                for m in range(known.shape[0]):
                    d = np.float32(0)
                    for c in range(3):
                        d += (over[a, b, t, c] - known[m, c]) ** 2 + (under[b, t, c] - known[m, 3 + c]) ** 2
                    least = min(least, d)
                total += np.sqrt(least / 6)
            found[a, b] = total / over.shape[2]
    return found
