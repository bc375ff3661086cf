"""Editing borders, hints and strokes over the picture: what a pull of the mouse does to the layers, as plain data.

A border is the upper edge of a layer: level along its first row, or a line through the points of its skyline. Whoever
draws or drags, an operator with a mouse or a script with numbers, calls the same functions, which never leave a layer
without a row. Doing it inside the operator was the other road: nothing of it could be tried without a window.

Points are (x, y) in px of the picture, y down; borders are numbered by the layer below them, so from 1.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .errors import UsageError
from .sections import Layer

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Layers = tuple[Layer, ...]

LEAST_BOX_PX = 2.0
MOST_STROKE_POINTS = 256


@dataclass(frozen=True)
class Hit:
    """What lies under the mouse: a border, and the number of its point or None for the line between points."""

    border: int
    point: int | None


def tops(layers: Sequence[Layer], height: int) -> list[int]:
    """First row of every layer, and the picture's height behind the last."""
    out = [0]
    for i, layer in enumerate(layers):
        rest = len(layers) - i - 1
        given = layer.height if layer.height is not None else height - out[-1] - rest
        out.append(min(out[-1] + max(1, given), height - rest))
    out[-1] = height
    return out


def line(layers: Sequence[Layer], border: int, width: int, height: int) -> list[Point]:
    """A border from the left edge to the right: level, or through its skyline's points and level beyond them."""
    points = sorted(layers[border].skyline)
    if not points:
        row = float(tops(layers, height)[border])
        return [(0.0, row), (float(width), row)]
    first = [(0.0, points[0][1])] if points[0][0] > 0 else []
    last = [(float(width), points[-1][1])] if points[-1][0] < width else []
    return [*first, *points, *last]


def lines(layers: Sequence[Layer], width: int, height: int) -> list[list[Point]]:
    """All borders, of the layers 1 to the last."""
    return [line(layers, border, width, height) for border in range(1, len(layers))]


def hit(layers: Sequence[Layer], at: Point, reach_px: float, width: int, height: int) -> Hit | None:
    """What lies within `reach_px` of a place; a point wins over a line, the nearest over the others."""
    found: list[tuple[float, int, Hit]] = []
    for border in range(1, len(layers)):
        for number, point in enumerate(sorted(layers[border].skyline)):
            found.append((math.dist(point, at), 0, Hit(border, number)))
        found.append((_away(line(layers, border, width, height), at), 1, Hit(border, None)))
    near = [entry for entry in found if entry[0] <= reach_px]
    return min(near, key=lambda entry: (entry[1], entry[0], -entry[2].border))[2] if near else None


def _away(points: Sequence[Point], at: Point) -> float:
    """Distance of a place from a line through points."""
    ends = np.asarray(points, float)
    start, along = ends[:-1], np.diff(ends, axis=0)
    share = ((np.asarray(at) - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    foot = start + along * np.clip(share, 0, 1)[:, None]
    return float(np.hypot(*(foot - np.asarray(at)).T).min())


def move_row(layers: Sequence[Layer], border: int, row: float, height: int) -> Layers:
    """Move a whole border so that its layer begins at `row`; a skyline moves along. Neighbours keep a row each."""
    _check(layers, border)
    rows = tops(layers, height)
    to = min(max(round(row), rows[border - 1] + 1), rows[border + 1] - 1)
    by = to - rows[border]
    skyline = tuple((x, min(max(y + by, 0.0), float(height))) for x, y in layers[border].skyline)
    rows[border] = to
    moved = [replace(layer, skyline=skyline) if i == border else layer for i, layer in enumerate(layers)]
    return with_tops(moved, rows)


def with_tops(layers: Sequence[Layer], rows: Sequence[int]) -> Layers:
    """The layers with heights that make them begin at `rows`; the last one gets what remains."""
    heights = [b - a for a, b in itertools.pairwise(rows)]
    return tuple(replace(layer, height=None if i == len(layers) - 1 else heights[i]) for i, layer in enumerate(layers))


def add_point(layers: Sequence[Layer], border: int, at: Point, width: int, height: int) -> Layers:
    """Bend a border through a place. A level one gets its two ends as points as well, so that it bends only there."""
    _check(layers, border)
    given = list(layers[border].skyline) or line(layers, border, width, height)
    inside = _inside(at, width, height)
    kept = [point for point in given if abs(point[0] - inside[0]) >= 1]
    return _with_skyline(layers, border, [*kept, inside], width, height)


def move_point(layers: Sequence[Layer], border: int, point: int, to: Point, width: int, height: int) -> Layers:
    """Move a point of a skyline; it stays between its neighbours."""
    points = _points(layers, border, point)
    x, y = _inside(to, width, height)
    low = points[point - 1][0] + 1 if point else 0.0
    high = points[point + 1][0] - 1 if point + 1 < len(points) else float(width)
    points[point] = (min(max(x, low), max(low, high)), y)
    return _with_skyline(layers, border, points, width, height)


def remove_point(layers: Sequence[Layer], border: int, point: int, width: int, height: int) -> Layers:
    """Take a point of a skyline away; with fewer than two left the border is level again."""
    points = _points(layers, border, point)
    del points[point]
    return _with_skyline(layers, border, points if len(points) > 1 else [], width, height)


def _points(layers: Sequence[Layer], border: int, point: int) -> list[Point]:
    _check(layers, border)
    points = sorted(layers[border].skyline)
    if not 0 <= point < len(points):
        raise UsageError(
            f"Border {border} has {len(points)} points; there is no point {point}.", "Points count from 0."
        )
    return points


def _with_skyline(layers: Sequence[Layer], border: int, points: Sequence[Point], width: int, height: int) -> Layers:
    """The layers with another skyline; the layer begins at the middle row of it."""
    changed = [
        replace(layer, skyline=tuple(sorted(points))) if i == border else layer for i, layer in enumerate(layers)
    ]
    rows = tops(layers, height)
    if points:
        through = sorted(line(changed, border, width, height))
        middle = float(np.median(np.interp(np.arange(width), *np.transpose(through))))
        rows[border] = min(max(round(middle), rows[border - 1] + 1), rows[border + 1] - 1)
    return with_tops(changed, rows)


def _check(layers: Sequence[Layer], border: int) -> None:
    if not 1 <= border < len(layers):
        raise UsageError(
            f"There is no border {border}: {len(layers)} layers have the borders 1 to {len(layers) - 1}.",
            "A border has the number of the layer below it.",
        )


def _inside(at: Point, width: int, height: int) -> Point:
    return min(max(float(at[0]), 0.0), float(width)), min(max(float(at[1]), 0.0), float(height))


def box(a: Point, b: Point, width: int, height: int) -> Box:
    """The box between two corners, inside the picture; UsageError for one that holds nothing."""
    (ax, ay), (bx, by) = _inside(a, width, height), _inside(b, width, height)
    found = min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)
    if found[2] - found[0] < LEAST_BOX_PX or found[3] - found[1] < LEAST_BOX_PX:
        raise UsageError("The box holds nothing of the picture.", "Drag from one corner of the object to the other.")
    return found


def stroke(points: Sequence[Point], width: int, height: int) -> tuple[Point, ...]:
    """A brush stroke inside the picture, thinned to what its shape needs; UsageError for fewer than two places."""
    inside = [_inside(point, width, height) for point in points]
    if len(set(inside)) < 2:
        raise UsageError("The stroke has no length.", "Draw along the object with the mouse pressed.")
    tolerance = 0.5
    kept = _simplified(inside, tolerance)
    while len(kept) > MOST_STROKE_POINTS:
        tolerance *= 2
        kept = _simplified(inside, tolerance)
    return tuple(kept)


def _simplified(points: Sequence[Point], tolerance: float) -> list[Point]:
    """Fewer points along the same way, none of those left out farther than `tolerance` from it.

    Douglas and Peucker, Cartographica 10 (1973); with a list of open parts in place of a recursion.
    """
    keep, parts = {0, len(points) - 1}, [(0, len(points) - 1)]
    while parts:
        first, last = parts.pop()
        away = [_away([points[first], points[last]], points[i]) for i in range(first + 1, last)]
        if away and max(away) > tolerance:
            middle = first + 1 + int(np.argmax(away))
            keep.add(middle)
            parts += [(first, middle), (middle, last)]
    return [points[i] for i in sorted(keep)]
