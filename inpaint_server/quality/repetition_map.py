"""Where a plate repeats itself: cell by cell, the best near-copy, plain or mirrored, within one frame width before it.

The shares in `metrics` say how much of a layer comes again; this says where, so that one can look. Cells are a third
of the plate's height, because a tree that comes again does not bring the whole height of its layer.
"""

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .layer_figures import flat_look
from .metrics import SAME, WINDOW_PX, luma
from .painted_job import RGB, PaintedJob

F32 = NDArray[np.float32]
WIDTHS = 2
"""How much of what was painted is looked at, in widths of the frame."""
SEARCHED_WIDTH_PX = 400
"""The frame's width at which near-copies are looked for; finer ones would take minutes."""
LEAST_CELL_PX = 24
SKYLINE = 64.0
"""By how many grey levels the ground behind a skyline differs from the layer: an outline is a motif too."""
TEXTURE = 2.0
"""Standard deviation, in grey levels, below which a cell shows nothing that could be recognised."""


@dataclass(frozen=True)
class RepetitionMap:
    """Likeness (normalised cross-correlation) of every cell to what stands before it, float32 [rows, columns].

    Column 0 begins where the source ends; nan where a cell shows nothing. Cells are `cell_px` wide. `picture` RGB
    uint8 [h, n, 3] is the plate from the source's first column on.
    """

    index: int
    cell_px: float
    plain: F32
    mirrored: F32
    picture: RGB

    @property
    def shares(self) -> tuple[float, float]:
        """Shares of the textured cells that stand before, plain and mirrored; nan without any."""
        known = ~np.isnan(self.plain)
        if not known.any():
            return math.nan, math.nan
        return float((self.plain[known] > SAME).mean()), float((self.mirrored[known] > SAME).mean())


def find(job: PaintedJob, index: int) -> RepetitionMap | None:
    """The map of a layer, skyline and all; None where less than a cell was painted or there is no plate to lay out."""
    layer, width = job.plan.layers[index], job.plan.width
    painted = min(job.painted_px(index), WIDTHS * width)
    rows = job.plate_rows(index)
    if not job.sideways or layer.ramp is not None or painted < WINDOW_PX or rows.stop - rows.start < LEAST_CELL_PX:
        return None
    picture = flat_look(job, index, rows, SKYLINE)(0, width + painted)
    scale = min(1.0, SEARCHED_WIDTH_PX / width)
    window = max(8, round(WINDOW_PX * scale))
    size = round(picture.shape[1] * scale), max(1, round(picture.shape[0] * scale))
    small = cv2.resize(luma(picture), size, interpolation=cv2.INTER_AREA)
    grey: F32 = np.asarray(small - small.mean(1, keepdims=True), np.float32)
    bands = min(3, max(1, (rows.stop - rows.start) // LEAST_CELL_PX))
    edges = np.linspace(0, len(grey), bands + 1).round().astype(int).tolist()
    before = round(width * scale)
    likeness = [_along(grey, slice(*edge), before, window) for edge in itertools.pairwise(edges)]
    plain, mirrored = np.array(likeness, np.float32).transpose(1, 0, 2)
    return RepetitionMap(index, window / scale, plain, mirrored, picture)


def _along(grey: F32, rows: slice, before: int, window: int) -> tuple[F32, F32]:
    """The best likeness of each window of some rows to the `before` columns on its left: plain, mirrored.

    Up to half the rows higher or lower as well: a walk shifts what it copies so that skylines meet.
    """
    slack = (rows.stop - rows.start) // 2
    around = slice(max(0, rows.start - slack), rows.stop + slack)
    starts = range(before, grey.shape[1] - window + 1, window)
    found = np.full((2, len(starts)), np.nan, np.float32)
    for column, x in enumerate(starts):
        wanted, area = grey[rows, x : x + window], grey[around, x - before : x]
        # what is flat along its rows, as behind a skyline, is no motif
        if (wanted - wanted.mean(1, keepdims=True)).std() >= TEXTURE:
            for kind, one in enumerate((wanted, np.ascontiguousarray(wanted[:, ::-1]))):
                found[kind, column] = cv2.matchTemplate(area, one, cv2.TM_CCOEFF_NORMED).max()
    return found[0], found[1]
