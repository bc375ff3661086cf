"""Objects that somebody has pointed at, with a box or a stroke of the brush, and the layer each belongs to.

GrabCut (C. Rother et al., SIGGRAPH 2004, as OpenCV has it) at reduced size, inside the padded box: it needs no weights
and a second at most. Over the whole picture it runs away, so what lies outside the box is never the object.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared import pointing
from ...shared.pointing import Box, Points
from ...shared.sections import Hint
from .edges import RGB

Bool = NDArray[np.bool_]  # [H, W]
WORK_PX = 300  # longest side of what grabCut sees
PADDING = 0.25  # of the box, on every side: what the background looks like
ROUNDS = 5
SEED = 1
LEAST_FOUND = 0.05  # of the box: less is no object
MIDDLE = 0.25  # radius, of the box's sides
LEAST_PART = 0.08  # of the largest part: smaller ones are left away
DOT = 1 / 150  # of the picture's longer side: width of a point
CALM_PX = 1.0  # width of the blur (standard deviation) under which the colours of marks are compared
SAMPLES = 40  # colours of marks that are compared with
REACH = 1 / 5  # of the picture's longer side: how far a thing goes on round the points on it


def object_mask(picture: RGB, box: Box | None, stroke: Points, stroke_px: int) -> Bool:
    """The object in the box [left, top, right, bottom] or under the stroke, px; bool [H, W].

    With both, the stroke says what is surely the object and the box where it ends. Raises UsageError as
    `pointing.area` does.
    """
    height, width = picture.shape[:2]
    inner = pointing.area(box, stroke, stroke_px, width, height)
    marks = [Mark(stroke, stroke_px, cv2.GC_FGD)] if stroke else []
    return _marked(picture, inner, box is not None, marks)


def pointed_mask(picture: RGB, box: Box | None, on: Points, beside: Points) -> Bool:
    """The object that has the points `on` and not those `beside`, inside the box if there is one; bool [H, W], px.

    Without a box it is looked for round the points, `REACH` of the picture's longer side away at most.
    """
    height, width = picture.shape[:2]
    dot = max(3, round(DOT * max(width, height)))
    if box is None:
        xs, ys = [x for x, _ in on], [y for _, y in on]
        room = REACH * max(width, height)
        box = (min(xs) - room, min(ys) - room, max(xs) + room, max(ys) + room)
    inner = pointing.area(box, (), dot, width, height, "touch")
    marks = [
        Mark((point,), dot, value) for points, value in ((on, cv2.GC_FGD), (beside, cv2.GC_BGD)) for point in points
    ]
    return _marked(picture, inner, True, marks, [(round(x), round(y)) for x, y in on])


@dataclass(frozen=True)
class Mark:
    """A line through points, or a dot, `width_px` wide, under which GrabCut's guess is `value`."""

    points: Points
    width_px: float
    value: int


def _marked(
    picture: RGB, inner: Box, probable: bool, marks: Sequence[Mark], on: Sequence[tuple[int, int]] = ()
) -> Bool:
    """The object in a part of the picture, by what is marked in it; `probable`: what is not marked may be the object.

    Of the parts of what is found those are kept that hold a point of `on`, or the largest where there is none.
    """
    height, width = picture.shape[:2]
    window = _padded(inner, width, height)
    crop = picture[window]
    shrink = min(1.0, WORK_PX / max(crop.shape[:2]))
    size = (max(2, round(crop.shape[1] * shrink)), max(2, round(crop.shape[0] * shrink)))
    small = np.ascontiguousarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)
    scale = np.array([size[0] / crop.shape[1], size[1] / crop.shape[0]])
    corner = np.array([window[1].start, window[0].start])
    left, top, right, bottom = np.round((np.array(inner).reshape(2, 2) - corner) * scale).astype(int).ravel()
    guess = np.full(size[::-1], cv2.GC_BGD, np.uint8)
    inside = guess[top : max(bottom, top + 1), left : max(right, left + 1)]
    inside[:] = cv2.GC_PR_FGD if probable else cv2.GC_PR_BGD
    for mark in marks:
        _draw(guess, (np.array(mark.points) - corner) * scale, mark.width_px * float(scale[0]), mark.value)
    if on:
        _liken(small, guess)
    spots = [tuple(np.clip(((np.array(p) - corner) * scale).astype(int), 0, np.array(size) - 1)) for p in on]
    found = _kept(grab(small, guess.copy()), spots)
    if found.sum() < LEAST_FOUND * inside.size and not on:
        # the object looks like its surroundings; then its middle has to be believed
        _believe_middle(inside)
        found = _kept(grab(small, guess), spots)
    soft = cv2.resize(found.astype(np.float32), (crop.shape[1], crop.shape[0]), interpolation=cv2.INTER_CUBIC)
    out = np.zeros((height, width), np.bool_)
    out[window] = soft > 0.5
    return out


def apply(picture: RGB, masks: Sequence[Bool], hints: Sequence[Hint]) -> list[Bool]:
    """`masks` (masks[i - 1]: layer i or nearer) with every hint's object whole in its layer; still nested."""
    out = [mask.copy() for mask in masks]
    for hint in hints:
        found = object_mask(picture, hint.box, hint.stroke, hint.stroke_px)
        for i in range(1, len(masks) + 1):
            out[i - 1] = out[i - 1] | found if i <= hint.layer else out[i - 1] & ~found
    return out


def _padded(inner: Box, width: int, height: int) -> tuple[slice, slice]:
    """The rows and columns of the picture round a box."""
    padding = PADDING * max(inner[2] - inner[0], inner[3] - inner[1])
    rows = slice(max(0, int(inner[1] - padding)), min(height, int(inner[3] + padding) + 1))
    return rows, slice(max(0, int(inner[0] - padding)), min(width, int(inner[2] + padding) + 1))


def _believe_middle(inside: NDArray[np.uint8]) -> None:
    """Take an ellipse in the middle of a part of a guess as surely the object, in place."""
    height, width = inside.shape
    y, x = (np.arange(n) / n + 0.5 / n - 0.5 for n in (height, width))
    inside[(y[:, None] ** 2 + x[None] ** 2) < MIDDLE**2] = cv2.GC_FGD


def _liken(small: RGB, guess: NDArray[np.uint8]) -> None:
    """Where a guess is open, let it follow the marks: probably the object is what has rather the colour of a mark on
    it than of one beside it or than what lies outside the part in which it is; in place."""
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), CALM_PX), cv2.COLOR_RGB2LAB).astype(np.float32)
    beside = lab[guess == cv2.GC_BGD]
    far = beside[:: max(1, len(beside) // SAMPLES)]
    near = lab[guess == cv2.GC_FGD]
    near = near[:: max(1, len(near) // SAMPLES)]
    if not len(far) or not len(near):
        return
    distances = [np.min([np.linalg.norm(lab - colour, axis=2) for colour in some], axis=0) for some in (near, far)]
    unlike = (distances[0] > distances[1]) & (guess == cv2.GC_PR_FGD)
    guess[unlike] = cv2.GC_PR_BGD


def _draw(guess: NDArray[np.uint8], points: NDArray[np.float64], thickness: float, value: int) -> None:
    line = np.round(points).astype(np.int32)
    if len(line) == 1:  # of which polylines draws nothing
        x, y = (int(value) for value in line[0])
        cv2.circle(guess, (x, y), max(1, round(thickness / 2)), int(value), -1)
        return
    cv2.polylines(guess, [line[:, None]], False, int(value), max(1, round(thickness)))


def grab(picture: RGB, guess: NDArray[np.uint8]) -> Bool:
    """GrabCut from a guess. A crop in which nothing is surely background, or nothing may be the object, is taken as
    the guess says: there is nothing to learn from."""
    inside = (guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)
    if inside.all() or not inside.any():
        return np.asarray(inside, np.bool_)
    cv2.setRNGSeed(SEED)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, guess, (0, 0, 0, 0), models[0], models[1], ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD), np.bool_)


def _kept(mask: Bool, spots: Sequence[tuple[int, ...]]) -> Bool:
    """The connected parts that hold one of the spots (x, y), or the largest and those not much smaller where none
    does; without holes of a few pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    held = {int(labels[y, x]) for x, y in spots} - {0}
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    parts = np.isin(np.arange(count), sorted(held)) if held else area >= LEAST_PART * area.max()
    return np.asarray(
        cv2.morphologyEx(parts[labels].astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0, np.bool_
    )
