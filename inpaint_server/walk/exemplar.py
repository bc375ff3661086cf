"""What a layer is continued from: its own rows, some above and below, as they are and mirrored, cut into cells.

Cells of `cell_width` px make about 320 columns whatever the size of the picture, so planning costs the same at any
resolution; they are counted from the right, where the first seam is cut. Keeping several scales of the picture as
further exemplars was tried and bought nothing that could be seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
CELLS = 320
SMALLEST_CONTRAST = 0.4
NORMAL_DEVIATION = 50.0  # grey levels, luma of a picture with full contrast


def contrast_scale(picture: RGB) -> float:
    """How contrasty `picture` is, 0.4..1: its luma's standard deviation over 50 grey levels."""
    luma = picture @ np.array([0.299, 0.587, 0.114], np.float32)
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

    `pictures`: RGB uint8 [rows, columns * cell_width, 3], the second one mirrored if there is one; the layer's own
    rows are `first_row`..+`height`; column 0 is column `left` of the source.
    """

    def __init__(self, source: RGB, top: int, height: int, reach: float, mirrored: bool) -> None:
        self.cells = cells_of(source.shape[1], height)
        self.height = height
        step = self.cells.height
        cells = int(height * reach) // step
        above = min(cells, top // step) * step
        below = min(cells, (source.shape[0] - top - height) // step) * step
        self.first_row = above
        self.rows = height // step
        self.left = source.shape[1] - self.cells.columns * self.cells.width
        # The comparison sees whole cells only; rows that remain below stay available to the landing.
        plain = np.ascontiguousarray(source[top - above : top + height + below, self.left :])
        self.pictures = [plain, np.ascontiguousarray(plain[:, ::-1])] if mirrored else [plain]

    @property
    def columns(self) -> int:
        """Width of the pictures in px."""
        return int(self.pictures[0].shape[1])
