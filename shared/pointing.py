"""What a project points at in its picture: boxes, strokes, lines and numbers of layers, held against its size.

A project is read without its picture, so the settings can only say what a box may be at all. As soon as the size is
known, in the add-on's panel or when a request comes in, whatever points at nothing is refused here, by its path.
Leaving it to who looks for the object was the other road; a job then failed minutes after it was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import UsageError
from .plan import default_layers
from .project import Project
from .sections import Hint, Object
from .settings import setting

Box = tuple[float, float, float, float]
Points = Sequence[tuple[float, float]]
LEAST_PX = 2
"""Width and height of the smallest part of the picture in which an object can be looked for."""
STROKE_ROOM = 0.6
"""Of a stroke's extent, on every side: where its object is looked for, if no box says it."""


@dataclass(frozen=True)
class Touch:
    """Where a person pointed in order to get a thing, or a better outline of one."""

    on: tuple[tuple[float, float], ...] = setting((), "Points on the thing.", low=0, high=100000, unit="px")
    beside: tuple[tuple[float, float], ...] = setting((), "Points beside it.", low=0, high=100000, unit="px")
    box: tuple[float, float, float, float] | None = setting(
        None, "A box round it, [left, top, right, bottom].", low=-100000, high=100000, unit="px"
    )


def check(project: Project, width: int, height: int, settled: bool = False) -> None:
    """Raise UsageError for the first hint, object or skyline that does not fit a picture of `width` x `height` px.

    Numbers of layers are looked at as soon as the layers are known: named by the project, or `settled` by the server.
    """
    known = bool(project.layers) or settled
    count = len(project.layers or default_layers(height))
    for i, layer in enumerate(project.layers):
        _check_line(layer.skyline, f"layers.{i}.skyline", width, height)
    for i, hint in enumerate(project.hints):
        check_layer(hint.layer if known else None, f"hints.{i}", count)
        _check_pointed(hint, f"hints.{i}", width, height)
    for i, thing in enumerate(project.objects):
        check_layer(thing.layer if known else None, f"objects.{i}", count)
        if not thing.matte:
            _check_pointed(thing, f"objects.{i}", width, height)


def area(box: Box | None, stroke: Points, stroke_px: int, width: int, height: int, path: str = "object") -> Box:
    """The part of the picture, [left, top, right, bottom] in px, in which an object is to be looked for: its box, or
    room round its stroke. UsageError, with the `path` of the setting, if that is less than 2x2 px or there is none."""
    if box is not None:
        return _inside(box, f"{path}.box", width, height)
    if not stroke:
        raise UsageError(f"{path} has neither a box nor a stroke.", "Draw a box round it, or a stroke over it.")
    left, top, right, bottom = _extent(stroke)
    room = STROKE_ROOM * max(right - left, bottom - top) + 2 * stroke_px
    return _inside((left - room, top - room, right + room, bottom + room), f"{path}.stroke", width, height)


def _check_pointed(thing: Hint | Object, path: str, width: int, height: int) -> None:
    area(thing.box, thing.stroke, thing.stroke_px, width, height, path)
    _check_line(thing.stroke, f"{path}.stroke", width, height, thing.stroke_px / 2)


def check_layer(layer: int | None, path: str, count: int) -> None:
    """Raise UsageError where the entry at `path` names a layer beyond `count`; None is no layer by itself."""
    if layer is not None and layer >= count:
        raise UsageError(
            f"{path}.layer is {layer}, but the picture has the layers 0 to {count - 1}.",
            "Give the number of one of them; they are counted from 0, the farthest.",
        )


def _check_line(points: Points, path: str, width: int, height: int, reach: float = 0.0) -> None:
    """Refuse a line of one point, or one that passes the picture by, more than `reach` px away."""
    if not points:
        return
    if len(points) < 2:
        raise UsageError(f"{path} has only one point.", "Give two points or more: a line from one to the next.")
    left, top, right, bottom = _extent(points)
    if right < -reach or left > width + reach or bottom < -reach or top > height + reach:
        raise UsageError(
            f"{path} lies outside the picture ({width}x{height} px).", "Points are [x, y] in px, from the upper left."
        )


def _inside(box: Box, path: str, width: int, height: int) -> Box:
    """The part of a box that lies inside the picture."""
    left, top = max(0.0, min(box[0], box[2])), max(0.0, min(box[1], box[3]))
    right, bottom = min(float(width), max(box[0], box[2])), min(float(height), max(box[1], box[3]))
    if right - left < LEAST_PX or bottom - top < LEAST_PX:
        shown = ", ".join(f"{v:g}" for v in box)
        raise UsageError(
            f"{path} holds no picture: [{shown}] in {width}x{height} px.",
            "Draw it over the object, at least 2x2 px of it inside the picture.",
        )
    return left, top, right, bottom


def _extent(points: Points) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
