"""A layer's ground, as it is and mirrored, cut into cells.

Cells of `cell_width` px make about 320 columns whatever the size of the picture, so planning costs the same at any
resolution; they are counted from the right, where the first seam is cut. Keeping several scales of the picture as
further exemplars was tried and bought nothing that could be seen.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ground import Ground

RGB = NDArray[np.uint8]
CELLS = 320
SMALLEST_CONTRAST = 0.4
LOOKED_AT_PX = 2**25
NORMAL_DEVIATION = 50.0  # grey levels, luma of a picture with full contrast


def contrast_scale(picture: RGB) -> float:
    """How contrasty `picture` is, 0.4..1: its luma's standard deviation over 50 grey levels.

    Of more than `LOOKED_AT_PX` pixels every second, third, ... row and column is looked at.
    """
    every = math.ceil(math.sqrt(picture.shape[0] * picture.shape[1] / LOOKED_AT_PX))
    luma = picture[::every, ::every] @ np.array([0.299, 0.587, 0.114], np.float32)
    return float(np.clip(luma.std() / NORMAL_DEVIATION, SMALLEST_CONTRAST, 1))


@dataclass(frozen=True)
class Cells:
    """Sizes of the walk over one layer. Lengths in px unless the name says cells."""

    width: int
    height: int
    columns: int
    overlap_cells: int
    run_cells: int

    @property
    def overlap(self) -> int:
        return self.overlap_cells * self.width

    @property
    def run(self) -> int:
        return self.run_cells * self.width

    @property
    def walkable(self) -> bool:
        """Are there enough columns to jump among? A landing needs an overlap, a run and the overlap of its end."""
        return self.columns >= 2 * self.overlap_cells + self.run_cells + 8


def cells_of(width: int, height: int) -> Cells:
    """The sizes for a layer of `height` rows in a picture of `width` columns."""
    cell = max(1 if width < CELLS // 2 else 2, round(width / CELLS))
    cell = min(cell, max(1, width // 20))
    overlap = min(int(np.clip(height // 3, 24, 80)), width // 6)
    overlap_cells = max(3, overlap // cell)
    run_cells = max(2, max(overlap_cells * cell, width // 20) // cell)
    return Cells(cell, min(cell, max(1, height // 4)), width // cell, overlap_cells, run_cells)


class Exemplar:
    """The pixels a layer may be continued with, and their place in the source.

    `pictures`: uint8 [rows, columns * cell_width, 3 or 4], the second one mirrored if there is one; the layer's own
    rows are `first_row`..+`height`; column 0 is column `left` of the source. `rows`: the layer's rows in cells.
    `second`: the ground's own second picture, if it is not the first one in a mirror.
    """

    def __init__(self, ground: Ground, mirrored: bool) -> None:
        self.cells = cells_of(ground.width, ground.height)
        self.height = ground.height
        step = self.cells.height
        above, below = ground.above // step * step, ground.below // step * step
        self.first_row = above
        self.rows = ground.height // step
        self.left = ground.width - self.cells.columns * self.cells.width
        self.seen = ground.seen
        # The comparison sees whole cells only; rows that remain below stay available to the landing.
        plain = ground.picture[ground.top - above : ground.top + ground.height + below, self.left :]
        # a ground's own second picture has the layer's rows and no others
        self.second = None if ground.mirrored is None or not mirrored else ground.mirrored[:, self.left :]
        self.pictures = [plain, plain[:, ::-1] if self.second is None else self.second] if mirrored else [plain]

    @property
    def columns(self) -> int:
        """Width of the pictures in px."""
        return int(self.pictures[0].shape[1])


def seen_rows(exemplar: Exemplar) -> tuple[int, int]:
    """First and last row, in cells, between which anything of the layer is ever seen; always at least one row."""
    step, rows = exemplar.cells.height, exemplar.rows
    seen = exemplar.seen > 0
    picture = exemplar.pictures[0]
    if picture.shape[2] == 4:
        seen = seen & picture[exemplar.first_row :][: exemplar.height, :, 3].any(axis=1)
    found = np.flatnonzero(seen)
    if not found.size:
        return 0, 1
    first = min(int(found[0]) // step, rows - 1)
    return first, min(rows, max(first + 1, -(-(int(found[-1]) + 1) // step)))
