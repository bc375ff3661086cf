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
    """The smallest of 1 + du/dx and 1 + dv/dy over the grid and the period; below 0 the picture folds.

    Several volumes are the quarters of a wind that turns: those next to each other, in a circle, share the motion by
    the cosine and the sine of an angle, and what counts is the worst of all angles.
    """
    first = quarters[0]
    rows, columns = first.fields.shape[2:]
    cell = first.width / columns, first.height / rows
    swings, steepest = [Swing(volume) for volume in quarters], 0.0
    times = np.arange(MOMENTS) * first.period_s / MOMENTS
    for begin in range(0, MOMENTS, AT_ONCE):
        moved = [swing.frames(list(times[begin : begin + AT_ONCE])) for swing in swings]
        for axis in (0, 1):
            falls = [_falls(one[:, axis], 2 - axis) for one in moved]
            if falls[0].size:
                worst = max(float(np.hypot(a, b).max()) for a, b in itertools.pairwise([*falls, falls[0]]))
                worst = worst if len(falls) > 1 else float(falls[0].max())
                steepest = max(steepest, worst / cell[axis])
    return 1 - steepest


def _falls(part: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """How far the displacement falls from a cell to the next; 0 where it rises."""
    return np.maximum(-np.diff(part, axis=axis), 0)


def guarded(volume: SpectralVolume, least: float = LEAST_STRETCH) -> tuple[SpectralVolume, float]:
    """The volume, where need be with a smaller gain, so that it never folds; and that gain, 1 where it was well."""
    found = least_stretch(volume)
    if found >= least:
        return volume, 1.0
    gain = (1 - least) / (1 - found)
    return volume.scaled(gain), gain
