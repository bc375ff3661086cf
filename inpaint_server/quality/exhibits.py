"""The pictures of a report: what was cut, what is seen on the way, how plates go on, and where they repeat.

Each is an array, small enough for a page, made when the page is made: kept beside the figures they would outgrow them
a thousand times. A plate is shown over a chequered ground, because a hole on grey looks like fog.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .metrics import SAME
from .painted_job import RGB, Owners, PaintedJob
from .repetition_map import RepetitionMap

COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167))
"""Okabe and Ito's, which people tell apart whatever their eyes."""
PLAIN, MIRRORED = (230, 126, 0), (170, 80, 220)
WIDE_PX, FRAME_PX = 1200, 420
PLATE_WIDTHS = 2
CHECK_PX = 12


def colour(index: int) -> tuple[int, int, int]:
    """The colour that stands for a layer."""
    return COLOURS[index % len(COLOURS)]


def bordered(source: RGB, owners: Owners) -> RGB:
    """The source with the upper border of each layer drawn, RGB uint8 [h, n, 3]."""
    picture = narrowed(source, WIDE_PX).copy()
    height, width = picture.shape[:2]
    small = cv2.resize(owners.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    for index in range(1, int(owners.max()) + 1):
        mask = (small >= index).astype(np.uint8)
        # a rim beyond the frame, so that only borders inside of it are drawn
        wider = cv2.copyMakeBorder(mask, 8, 8, 8, 8, cv2.BORDER_REPLICATE)
        outlines = cv2.findContours(wider, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE, offset=(-8, -8))[0]
        for thickness, ink in ((4, (0, 0, 0)), (2, colour(index))):
            cv2.drawContours(picture, outlines, -1, ink, thickness, cv2.LINE_AA)
    return picture


def frames(job: PaintedJob, count: int = 8) -> dict[int, RGB]:
    """Small frames, evenly spread over the way, by step."""
    steps = np.unique(np.linspace(0, job.plan.steps, count).round().astype(int)).tolist()
    return {step: narrowed(job.frame(step), FRAME_PX) for step in steps}


def plate_beginning(job: PaintedJob, index: int) -> RGB | None:
    """The source's part of a plate and what was painted next, over a chequered ground; None if it cannot be laid out.

    A bar along the upper edge shows which part is the source's.
    """
    layer, width = job.plan.layers[index], job.plan.width
    if not job.sideways or layer.ramp is not None:
        return None
    rows = job.plate_rows(index)
    if rows.stop == rows.start:
        return None
    columns = width + min(job.painted_px(index), PLATE_WIDTHS * width)
    rgba = job.strip(index, 0, columns, rows)
    small = np.asarray(_resized(rgba, min(WIDE_PX, columns)), np.uint8)
    out = _over_checks(small)
    out[:4, : round(out.shape[1] * width / columns)] = colour(index)
    return out


def repetition(found: RepetitionMap, width: int) -> RGB:
    """A plate, greyed, with every cell in colour that stands before it: plain in orange, mirrored in violet."""
    picture = narrowed(found.picture, WIDE_PX)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    out = np.repeat((grey * 0.5 + 90)[..., None], 3, axis=2)
    rows, columns = found.plain.shape
    scale = picture.shape[1] / found.picture.shape[1]
    downs = np.linspace(0, picture.shape[0], rows + 1).round().astype(int)
    first = width * scale
    for row in range(rows):
        for column in range(columns):
            values = found.plain[row, column], found.mirrored[row, column]
            if max(values) > SAME:
                left, right = (round(first + (column + k) * found.cell_px * scale) for k in (0, 1))
                ink = np.array(PLAIN if values[0] >= values[1] else MIRRORED, np.float32)
                cell = out[downs[row] : downs[row + 1], left:right]
                cell[:] = cell * 0.35 + ink * 0.65
    out[:, max(0, round(first) - 1) : round(first) + 1] = 255
    return np.asarray(out.clip(0, 255), np.uint8)


def narrowed(picture: RGB, width: int) -> RGB:
    """The picture scaled down to a width, never up."""
    return picture if picture.shape[1] <= width else np.asarray(_resized(picture, width), np.uint8)


def _resized(picture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    size = width, max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _over_checks(rgba: NDArray[np.uint8]) -> RGB:
    y, x = np.indices(rgba.shape[:2]) // CHECK_PX
    ground = np.where((x + y) % 2 == 0, 205, 165)[..., None].astype(np.float32)
    share = rgba[..., 3:].astype(np.float32) / 255
    return np.asarray(np.rint(rgba[..., :3] * share + ground * (1 - share)), np.uint8)
