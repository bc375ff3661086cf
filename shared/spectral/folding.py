"""Where motion is too strong, the picture folds over itself; the guard says how far it may go.

A place and its neighbour must not change sides: 1 + du/dx and 1 + dv/dy stay above a least value at every moment. As
the displacement is linear in the gain, the largest gain follows from one look at the period. Warping all the same and
filling the holes was the other road; leaves then tear.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from .volume import SpectralVolume, Swing

LEAST_STRETCH = 0.25
MOMENTS = 96
AT_ONCE = 16


def least_stretch(*quarters: SpectralVolume) -> float:
    """The smallest of 1 + du/dx and 1 + dv/dy over the grid and the period; below 0 the picture folds. Several volumes
    are the quarters of a wind that turns."""
    return 1 - float(falls(*quarters).max(initial=0))


def falls(*quarters: SpectralVolume) -> NDArray[np.float32]:
    """How steeply a motion ever falls from a cell to the one on its right, x, and below, y: float32 [2, h, w], px per
    px, 0 where it only rises and at the last cells.

    Several volumes are the quarters of a wind that turns: those next to each other, in a circle, share the motion by
    the cosine and the sine of an angle, and what counts is the worst of all angles.
    """
    first = quarters[0]
    rows, columns = first.fields.shape[2:]
    swings, out = [Swing(volume) for volume in quarters], np.zeros((2, rows, columns), np.float32)
    times = np.arange(MOMENTS) * first.period_s / MOMENTS
    for begin in range(0, MOMENTS, AT_ONCE):
        moved = [swing.frames(list(times[begin : begin + AT_ONCE])) for swing in swings]
        for axis, cell in ((0, first.width / columns), (1, first.height / rows)):
            steps = [np.maximum(-np.diff(one[:, axis], axis=2 - axis), 0) for one in moved]
            both = [np.hypot(a, b) for a, b in itertools.pairwise([*steps, steps[0]])] if len(steps) > 1 else steps
            found = np.max(both, axis=(0, 1)) / np.float32(cell)
            inside = out[axis, : found.shape[0], : found.shape[1]]
            np.maximum(inside, found, out=inside)
    return out


def guarded(volume: SpectralVolume, least: float = LEAST_STRETCH) -> tuple[SpectralVolume, float]:
    """The volume, where need be with a smaller gain, so that it never folds; and that gain, 1 where it was well."""
    found = least_stretch(volume)
    if found >= least:
        return volume, 1.0
    gain = (1 - least) / (1 - found)
    return volume.scaled(gain), gain
