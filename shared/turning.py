"""Cuts of direction: at which of a sound's pulses a journey turns back, and that it still arrives.

A plate is painted for one direction, and what lies beyond it is not there; but what the journey has passed is. So it
goes so many stretches forth and one back. Where that would lead beyond the beginning it waits for the next, and what
would reach the end before its time goes forth. Painting the plates to both sides was the other road: twice the
painting, for picture that only those see who turn back at once.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from .listening.spectrum import Values

Signs = NDArray[np.float64]
PULSE = 0.5
"""A feature that rises above this, of 1, is a pulse."""
SPARE = 0.02
"""How far before the end, as a part of the whole way, the journey stays until its last stretch."""


def marks(values: Values) -> list[int]:
    """The frames at which a feature, 0 to 1 at each frame, rises above a half."""
    above = np.concatenate([[False], values >= PULSE])
    return [int(n) for n in np.flatnonzero(above[1:] & ~above[:-1])]


def signs(at: list[int], forth: int, speed: Values) -> Signs:
    """1 or -1 for each frame of a `speed` above 0: after every `forth` stretches one goes back, where that can be.

    A stretch reaches from one of the frames `at` to the next; the first and the last of all go forth.
    """
    edges = [0, *(n for n in at if 0 < n < len(speed) - 1), len(speed)]
    stretches = list(itertools.pairwise(edges))
    out, gone, waited, back = np.ones(len(speed)), 0.0, 0, []
    for start, end in stretches[:-1]:
        length = float(speed[start:end].sum())
        turned = waited >= forth and gone >= length
        gone, waited = (gone - length, 0) if turned else (gone + length, waited + 1)
        back += [(start, end)] if turned else []
    for start, end in back:
        out[start:end] = -1
    while back and way(speed * out)[: stretches[-1][0] + 1].max() > (1 - SPARE) * way(speed * out)[-1]:
        out[slice(*back.pop())] = 1
    return out


def way(values: Values) -> Values:
    """How far a speed at frames 0..n has led at each of them."""
    return np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2)])
