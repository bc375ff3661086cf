"""Where motion is too strong, the picture folds over itself; the guard says how far it may go.

A place and its neighbour must not change sides: 1 + du/dx and 1 + dv/dy stay above a least value at every moment. As
the displacement is linear in the gain, the largest gain follows from one look at the period. Warping all the same and
filling the holes was the other road; leaves then tear.
"""

import numpy as np
from numpy.typing import NDArray

from .volume import SpectralVolume, Swing

LEAST_STRETCH = 0.25
MOMENTS = 96
AT_ONCE = 16


def least_stretch(volume: SpectralVolume) -> float:
    """The smallest of 1 + du/dx and 1 + dv/dy over the grid and the period; below 0 the picture folds."""
    rows, columns = volume.fields.shape[2:]
    cell = volume.width / columns, volume.height / rows
    swing, least = Swing(volume), 1.0
    times = np.arange(MOMENTS) * volume.period_s / MOMENTS
    for begin in range(0, MOMENTS, AT_ONCE):
        moved = swing.frames(list(times[begin : begin + AT_ONCE]))
        for axis, part in ((0, moved[:, 0]), (1, moved[:, 1])):
            least = min(least, 1 + _steepest_fall(part, 2 - axis) / cell[axis])
    return least


def _steepest_fall(part: NDArray[np.float32], axis: int) -> float:
    return float(np.diff(part, axis=axis).min()) if part.shape[axis] > 1 else 0.0


def guarded(volume: SpectralVolume, least: float = LEAST_STRETCH) -> tuple[SpectralVolume, float]:
    """The volume, where need be with a smaller gain, so that it never folds; and that gain, 1 where it was well."""
    found = least_stretch(volume)
    if found >= least:
        return volume, 1.0
    gain = (1 - least) / (1 - found)
    return volume.scaled(gain), gain
