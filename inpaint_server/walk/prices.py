"""What the columns of an exemplar and the jumps between them cost, as far as that never changes while a walk goes on.

All of it is derived once from the picture and the settings, in one currency: 1 is a jump whose overlap differs by the
reference. A state is a cell column of one orientation, number q * n + i for cell i of orientation q. What changes with
the walk, how recently a column was shown, is added in `column_walk`. Learning the prices from pictures that look good
was the other road; there are twelve of them, and a price that can be explained can be mended.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .exemplar import Cells, Exemplar
from .ground import Ground
from .heights import outline, step_prices
from .planning import FORBIDDEN
from .settings import WalkSettings
from .transitions import UNKNOWN, Transitions, premultiplied

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
FOLD_WIDTHS = 0.22  # of the picture: so near to its own mirror image a thing is seen to be one
STEP, STEP_PX = 5.0, 30.0  # price of a high step of the skyline at the source's edge, and the px that cost half of it
LIKE = 0.5  # columns that differ by less, in reference levels, are alike


def source_cells(cells: Cells, orientations: int) -> NDArray[np.int64]:
    """The source's cell that every state shows, int64 [orientations * n]."""
    column = np.arange(cells.columns)
    return np.concatenate([column, cells.columns - 1 - column])[: orientations * cells.columns]


def border_mismatch(ground: Ground, exemplar: Exemplar) -> F64:
    """How badly each cell column's border rows fit what may stand across the border, grey levels [columns].

    0 for a cut-out: it has no rows that end, only a skyline, and any sky may stand behind that.
    """
    cells, source, top, height = exemplar.cells, ground.picture, ground.top, ground.height
    cost = np.zeros(cells.columns)
    if ground.has_matte:
        return cost
    soft = cv2.GaussianBlur(source, (0, 0), max(cells.width / 2, 0.5))[:, exemplar.left :].astype(np.float32)
    for row, other in ((top, top - 1), (top + height - 1, top + height)):
        if 0 <= other < source.shape[0]:
            own, across = (soft[r].reshape(cells.columns, cells.width, 3).mean(1) for r in (row, other))
            cost += np.sqrt(((own[:, None] - across[None]) ** 2).mean(2)).mean(1)
    return np.asarray(cost - cost.min(), np.float64)


def structure(exemplar: Exemplar, reference: float) -> F64:
    """How much there is to recognise in a mirror round every cell column of the layer, 0..1, float64 [columns]: the
    rms difference of columns an overlap apart, colours premultiplied, over `reference` grey levels."""
    cells = exemplar.cells
    layer = exemplar.pictures[0][exemplar.first_row :][: exemplar.height]
    shown = premultiplied(layer) if layer.shape[2] == 4 else np.asarray(layer, np.uint8)
    seen = max(1e-6, float(exemplar.seen.sum()))
    narrow = cv2.resize(shown, (cells.columns, layer.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32)
    wide = cv2.blur(narrow, (max(1, cells.overlap_cells // 2), 1)).reshape(layer.shape[0], cells.columns, 3)
    reach = max(1, min(cells.overlap_cells, cells.columns - 1))
    difference = ((wide[:, reach:] - wide[:, :-reach]) ** 2).mean(2)
    rms = np.sqrt((difference * exemplar.seen[:, None]).sum(0) / seen) / reference
    around = np.pad(rms, (reach // 2, reach - reach // 2), mode="edge")
    return np.clip(around - LIKE, 0, 1).astype(np.float64)


def distinction(transitions: Transitions, cells: Cells, reference: float) -> F64:
    """How much every column differs from whatever else there is in the layer, 0..1, float64 [columns].

    What differs from all else is recognised when it comes again; grass is not.
    """
    n, run, overlap = cells.columns, cells.run_cells, cells.overlap_cells
    rms = np.where(np.abs(np.subtract.outer(range(n), range(n))) < run, UNKNOWN, transitions.rms[:n, :n])
    nearest = rms[: n - overlap + 1].min(axis=1) / reference
    over = np.convolve(np.pad(nearest, overlap - 1, mode="edge"), np.full(overlap, 1 / overlap), "valid")
    usual = max(float(np.median(over)), LIKE)
    return np.asarray(np.clip(over - LIKE, 0, 1) * np.clip(over / usual - 0.5, 0, 1), np.float64)


def jump_prices(transitions: Transitions, exemplar: Exemplar, settings: WalkSettings, reference: float) -> F32:
    """The price of jumping from any state to any other, float32 [N, N]; FORBIDDEN where there is no room."""
    cells = exemplar.cells
    overlap, run = cells.overlap_cells, cells.run_cells
    place = source_cells(cells, len(exemplar.pictures))
    mirrored = np.arange(len(place)) >= cells.columns
    price = (transitions.rms / reference) ** 2 + settings.jump
    price += settings.skyline * _skyline_prices(exemplar)
    price += settings.mirror_jump * (~mirrored[:, None] & mirrored[None])
    turned = mirrored[:, None] != mirrored[None]
    ahead = np.where(mirrored, overlap, -overlap)
    fold = np.abs(place[None] - place[:, None] + ahead[:, None])
    reach = max(2.0 * run, FOLD_WIDTHS * cells.columns)
    price += np.where(turned, settings.fold * np.clip(2 * (1 - fold / reach), 0, 1), 0)
    near = np.abs(place[None] - place[:, None]) < run
    last = np.arange(len(place)) % cells.columns > cells.columns - overlap
    price[(near & ~turned) | last[:, None] | last[None]] = FORBIDDEN
    return np.ascontiguousarray(price, dtype=np.float32)


def _skyline_prices(exemplar: Exemplar) -> F32 | float:
    """What the steps cost that the skyline would make at jumps, [N, N]; 0 for a band."""
    cells = exemplar.cells
    if exemplar.pictures[0].shape[2] == 3:
        return 0.0
    lines = [outline(p[..., 3]).reshape(cells.columns, cells.width).mean(1) for p in exemplar.pictures]
    rows = -exemplar.first_row, exemplar.pictures[0].shape[0] - exemplar.first_row - exemplar.height
    return step_prices(lines, cells.overlap_cells, rows)


def edge_steps(exemplar: Exemplar, column: int) -> F32:
    """The price, per landing, of the step that the skyline would make at the end of the overlap that begins at px
    `column`, float32 [N]."""
    cells, picture = exemplar.cells, exemplar.pictures[0]
    states = len(exemplar.pictures) * cells.columns
    if picture.shape[2] == 3:
        return np.zeros(states, np.float32)
    width, height, last = exemplar.columns, exemplar.height, cells.overlap - 1
    alpha = picture[..., 3].astype(np.float32) / 255
    own = alpha[exemplar.first_row :][:height, min(column + last, width - 1), None]
    at = np.minimum(np.arange(cells.columns) * cells.width + last, width - 1)
    landings = np.concatenate([at, width - 1 - at])[:states]
    rows = range(picture.shape[0] - height + 1)
    step = np.min([np.abs(alpha[r : r + height, landings] - own).sum(0) for r in rows], axis=0)
    return np.asarray(STEP * step / (step + STEP_PX), np.float32)
