"""What a layer looks like where nearer layers hide it, painted from the layer's own picture.

The picture is parted into smooth colours, which are spread into the hole as they are (a sky goes on paling towards the
horizon, row by row where rows tell its colours), and texture, which is copied in whole blocks (`patch_fill`). Copying
the picture as it is shows every block; spreading all of it is fog.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from ..walk.donor_fill import spread
from .cutout import RGB
from .patch_fill import quilt

F32 = NDArray[np.float32]
Bool = NDArray[np.bool_]  # [h, w]
Moved = NDArray[np.int32]  # [h, w, 2], rows and columns
CELL_SHARE = 400  # cells over the picture's longer side
SMOOTH_SHARE, ROUGH_SHARE = 1 / 40, 1 / 14  # of the picture's size: what counts as smooth in a calm and a rough texture
CALM, ROUGH = 4.0, 12.0  # grey levels rms: texture of a sky, texture of rock or leaves
CALM_SHARE, ROUGH_SHARE_KEPT = 0.85, 0.7  # how much of the smooth colours is spread rather than copied
KIND_SHARE = 1 / 60  # of the width: how far round a pixel its kind of texture is judged
KIND_CONTRAST = 2.0  # weight of the contrast of a texture against its colour
EDGE_SHARE = 0.25  # what is continued into a hole is judged that much closer to its border
ROWS_SHARE = 1 / 50  # of the height: standard deviation of the rows next to a row
LITTLE, MUCH = 0.4, 0.65  # of the variance of colours, that is explained by rows
FEW = 0.1  # of the width: fewer sure cells say little about their row
REACH = 0.5  # of the picture's height: nothing is copied from farther above the hole


def paint(picture: RGB, known: Bool, hole: Bool, seed: int, moved: Moved | None = None) -> RGB:
    """`picture`, RGB uint8 [h, W, 3], with `hole` painted from the pixels where `known`; both bool [h, W].

    All other pixels are returned as they are and nothing is taken from them. `moved` int32 [h, W, 2], zeros, becomes
    how many rows and columns away lies what was copied to a pixel.
    """
    if not hole.any():
        return picture
    if not known.any():
        out = picture.copy()
        out[hole] = 128
        return out
    rows = np.flatnonzero(hole.any(1))
    top = max(0, int(rows[0]) - int(REACH * picture.shape[1]))
    seen = np.flatnonzero(known[top:].any(1))
    top += int(min(seen[0], rows[0] - top)) if seen.size else 0
    bottom = max(int(rows[-1]), top + int(seen[-1]) if seen.size else 0) + 1
    if not known[top:bottom].any():
        top, bottom = 0, len(picture)
    area = slice(top, bottom)
    out = picture.copy()
    out[area] = _paint_area(picture[area], known[area], hole[area], seed, None if moved is None else moved[area])
    return out


def _paint_area(picture: RGB, known: Bool, hole: Bool, seed: int, moved: Moved | None) -> RGB:
    height, width = hole.shape
    cell = max(1, round(width / CELL_SHARE))
    margin = ((0, -height % cell), (0, -width % cell))
    wide = np.pad(picture, (*margin, (0, 0)), mode="edge")
    known, hole = np.pad(known, margin), np.pad(hole, margin)
    cells = _shrunk(wide, known, cell)
    calm = _calmness(*cells, max(1.0, width * SMOOTH_SHARE / cell / 2))
    sigma = width * (ROUGH_SHARE + (SMOOTH_SHARE - ROUGH_SHARE) * calm) / 2
    smooth = _smooth_colours(*cells, sigma / cell)
    share = np.float32(ROUGH_SHARE_KEPT + (CALM_SHARE - ROUGH_SHARE_KEPT) * calm)
    base = np.asarray(cv2.resize(smooth, wide.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    texture = np.asarray(cv2.copyTo(wide - share * base, known.view(np.uint8)), np.float32)
    kind = _kind(*cells, width * KIND_SHARE / cell)
    away = None if moved is None else np.zeros((*hole.shape, 2), np.int32)
    _, by_rows = _of_rows(cells[0], _sure(cells[1]))
    copied = quilt(texture, known, hole, kind, cell, seed, away, by_rows)
    if moved is not None and away is not None:
        moved[:] = away[:height, :width]
    painted = texture[hole] + share * base[hole] if copied else base[hole]
    wide[hole] = np.rint(painted).clip(0, 255).astype(np.uint8)
    return np.asarray(wide[:height, :width])


def _shrunk(picture: RGB, known: Bool, cell: int) -> tuple[F32, F32]:
    """Mean colour of the known pixels per cell, and their share."""
    size = known.shape[1] // cell, known.shape[0] // cell
    share = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    seen = cv2.copyTo(picture, known.view(np.uint8)).astype(np.float32)
    colours = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
    return np.asarray(colours / np.maximum(share, 1e-3)[..., None], np.float32), np.asarray(share, np.float32)


def _blurred(colours: F32, share: F32, sigma: float) -> F32:
    weighted = cv2.GaussianBlur(colours * share[..., None], (0, 0), sigma)
    return np.asarray(weighted / np.maximum(cv2.GaussianBlur(share, (0, 0), sigma), 1e-4)[..., None], np.float32)


def _calmness(colours: F32, share: F32, sigma: float) -> float:
    """1 where the texture is as calm as a sky's, 0 where it is as rough as leaves."""
    rest = colours - _blurred(colours, share, sigma)
    rms = float(np.sqrt((rest[share > 0.99] ** 2).mean())) if (share > 0.99).any() else ROUGH
    return float(np.clip((ROUGH - rms) / (ROUGH - CALM), 0, 1))


def _smooth_colours(colours: F32, share: F32, sigma: float) -> F32:
    """Colours without texture, per cell, continued where nothing is known."""
    continued = _continued(_blurred(colours, share, max(0.7, sigma * EDGE_SHARE)), share)
    return np.asarray(cv2.GaussianBlur(continued, (0, 0), max(1.0, sigma)), np.float32)


def _kind(colours: F32, share: F32, sigma: float) -> F32:
    """The kind of texture per cell, float32 [h, w, 4]: colour and contrast; in the hole that of its surroundings."""
    rest = (colours - _blurred(colours, share, sigma)) ** 2
    mean, variance = (_blurred(np.asarray(part, np.float32), share, sigma * EDGE_SHARE) for part in (colours, rest))
    contrast = np.repeat(KIND_CONTRAST * np.sqrt(variance.mean(2))[..., None], 3, 2).astype(np.float32)
    kind = np.dstack([_continued(mean, share), _continued(contrast, share)[..., :1]])
    return np.asarray(cv2.GaussianBlur(kind, (0, 0), sigma), np.float32)


def _continued(values: F32, share: F32) -> F32:
    """`values` [h, w, 3] as they are where something is known, spread to where nothing is."""
    sure = _sure(share)
    _, labels = cv2.distanceTransformWithLabels(
        (~sure).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros((int(labels.max()) + 1, 3), np.float32)
    table[labels[sure]] = values[sure]
    # Where not even the coarsest level of the pyramid knows anything, the nearest value counts, ever so little.
    weight = np.maximum(sure, 1e-4).astype(np.float32)
    of_rows, _ = _of_rows(values, sure)
    return np.asarray(np.where(sure[..., None], values, spread(table[labels] - of_rows, weight) + of_rows), np.float32)


def _sure(share: F32) -> Bool:
    """The cells of which enough is known."""
    return np.asarray(share > min(0.5, float(share.max()) / 2), np.bool_)


def _of_rows(values: F32, sure: Bool) -> tuple[F32, float]:
    """By how much a row and those next to it differ from the mean of the sure `values` [h, w, 3], float32 [h, 1, 3],
    and how far rows tell what is seen, 0..1.

    A sky has the same colours all along, and a wide hole shows them. Where rows explain little (by the correlation
    ratio, K. Pearson, 1905), on slopes and water, both are 0; and the first near to it where little of a row is sure.
    """
    height, width = sure.shape
    sums = np.asarray((values * sure[..., None]).sum(1, keepdims=True), np.float32)
    count = np.asarray(sure.sum(1)[:, None, None], np.float32)
    mean = sums.sum(0, keepdims=True) / np.maximum(count.sum(), 1)
    near = max(1.0, ROWS_SHARE * height)
    sums, count = (
        np.asarray(cv2.GaussianBlur(some, (0, 0), sigmaX=1e-3, sigmaY=near), np.float32).reshape(some.shape)
        for some in (sums, count)
    )
    rows = (sums + FEW * width * mean) / (count + FEW * width)
    whole, rest = (float(((values - part)[sure] ** 2).sum()) for part in (mean, rows))
    explained = 1 - rest / max(whole, 1e-6)
    by_rows = float(np.clip((explained - LITTLE) / (MUCH - LITTLE), 0, 1))
    return np.asarray(by_rows * (rows - mean), np.float32), by_rows
