"""What is drawn over the picture: layers tinted, borders, speeds, hints and objects, as lines and texts in its px.

Whoever draws, Blender's image editor or a test, only carries it out. Colours are RGBA 0..1; a layer has the same one in
every shape.
"""

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass

from . import arrows, border_editing
from .border_editing import Hit, Point
from .plan import Plan
from .project import Project
from .sections import Hint, Object

Colour = tuple[float, float, float, float]

TINT = 0.08
FAINT, STRONG = 0.85, 1.0
HEAD_SHARE = 0.012  # of the picture's width, and no longer than the arrow
GOLDEN_TURN = 0.381966  # hues of neighbours lie far apart, however many layers there are


@dataclass(frozen=True)
class Line:
    """A line through points, `width` in px of the screen."""

    points: tuple[Point, ...]
    colour: Colour
    width: float = 2.0


@dataclass(frozen=True)
class Fill:
    """The area between two lines from left to right, given at the same columns."""

    upper: tuple[Point, ...]
    lower: tuple[Point, ...]
    colour: Colour


@dataclass(frozen=True)
class Dots:
    """Points that can be dragged."""

    points: tuple[Point, ...]
    colour: Colour


@dataclass(frozen=True)
class Label:
    """A text that begins at a place, below it."""

    at: Point
    text: str
    colour: Colour


Shape = Line | Fill | Dots | Label


def colour(layer: int, alpha: float = FAINT) -> Colour:
    """The colour of a layer."""
    red, green, blue = colorsys.hsv_to_rgb((0.55 + GOLDEN_TURN * layer) % 1, 0.6, 1.0)
    return red, green, blue, alpha


def of_project(project: Project, plan: Plan, under_mouse: Hit | None = None, layer: int = -1) -> list[Shape]:
    """Everything that is drawn over a project's picture, far to near; the selected layer and a border stand out."""
    shapes: list[Shape] = []
    width, height = plan.width, plan.height
    edges = [[(0.0, 0.0), (float(width), 0.0)], *border_editing.lines(project.layers, width, height)]
    ends = [*edges[1:], [(0.0, float(height)), (float(width), float(height))]]
    for i, (upper, lower) in enumerate(zip(edges, ends, strict=True)):
        shapes.append(_fill(upper, lower, colour(i, 2 * TINT if i == layer else TINT)))
    for border, points in enumerate(edges[1:], 1):
        strong = under_mouse is not None and under_mouse.border == border
        if project.layers[border].matte and not strong:
            continue  # the matte wins, and is tinted
        shapes.append(Line(tuple(points), colour(border, STRONG if strong else FAINT), 4.0 if strong else 2.0))
        if project.layers[border].skyline:
            shapes.append(Dots(tuple(sorted(project.layers[border].skyline)), colour(border, STRONG)))
    if under_mouse is not None and under_mouse.point is not None:
        held = sorted(project.layers[under_mouse.border].skyline)[under_mouse.point]
        shapes.append(Dots((held,), (1.0, 1.0, 1.0, 1.0)))
    shapes += _marks(project)
    shapes += _speeds(plan)
    return shapes


def _fill(upper: Sequence[Point], lower: Sequence[Point], tint: Colour) -> Fill:
    columns = sorted({x for x, _ in (*upper, *lower)})
    return Fill(_at(upper, columns), _at(lower, columns), tint)


def _at(points: Sequence[Point], columns: Sequence[float]) -> tuple[Point, ...]:
    out = []
    for x in columns:
        right = next((i for i, point in enumerate(points) if point[0] >= x), len(points) - 1)
        (xa, ya), (xb, yb) = points[max(0, right - 1)], points[right]
        share = (x - xa) / (xb - xa) if xb > xa else 1.0
        out.append((x, ya + (yb - ya) * min(max(share, 0.0), 1.0)))
    return tuple(out)


def _marks(project: Project) -> list[Shape]:
    """Boxes and strokes of the hints and of the objects, in the colour of their layer."""
    shapes: list[Shape] = []
    hints: list[tuple[str, Hint | Object]] = [("hint", hint) for hint in project.hints]
    for title, mark in (*hints, *((thing.name or "object", thing) for thing in project.objects)):
        if mark.box is not None:
            shapes.append(Line(rectangle(mark.box), colour(mark.layer, STRONG)))
            shapes.append(Label((mark.box[0], mark.box[1]), title, colour(mark.layer, STRONG)))
        if mark.stroke:
            shapes.append(Line(mark.stroke, colour(mark.layer, 0.6), 5.0))
            shapes.append(Label(mark.stroke[0], title, colour(mark.layer, STRONG)))
    return shapes


def rectangle(box: border_editing.Box) -> tuple[Point, ...]:
    """The outline of a box."""
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom), (left, top)


def _speeds(plan: Plan) -> list[Shape]:
    """Names at the left, and arrows in the middle of the layers."""
    shapes: list[Shape] = []
    for layer, arrow in zip(plan.layers, arrows.over(plan), strict=True):
        white = (1.0, 1.0, 1.0, 0.9)
        shapes.append(Label((0.0, float(layer.top)), f"{layer.name}   {arrow.text}", white))
        (ax, ay), (bx, by) = arrow.tail, arrow.head
        if (ax, ay) != (bx, by):
            long = math.hypot(bx - ax, by - ay)
            share = min(HEAD_SHARE * plan.width, long) / long
            dx, dy = (bx - ax) * share, (by - ay) * share
            wings = ((bx - dx - dy / 2, by - dy + dx / 2), (bx, by), (bx - dx + dy / 2, by - dy - dx / 2))
            shapes += [Line(((ax, ay), (bx, by)), white), Line(wings, white)]
    return shapes
