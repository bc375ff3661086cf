"""Rectangles round the parts of an array that matter; most of a canvas is known, and work on all of it is wasted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def bounds(mask: NDArray[Any]) -> tuple[slice, slice]:
    """Rows and columns of the smallest rectangle that holds everything that is not 0; empty slices if nothing is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
