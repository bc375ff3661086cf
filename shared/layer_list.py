"""Editing the list of layers: cut, joined, exchanged, taken out, and what names a layer by its number moved along.

Hints, objects, sounds, overlays, living layers and grades carry the number of their layer, because a project file is
written by hand and names may be missing or double. Whoever changes the list must therefore change them too; here that
is one operation on the project, for every editor. Leaving it to each of them was the other road, and the add-on forgot.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .border_editing import tops, with_tops
from .errors import UsageError
from .project import Project
from .sections import Hint, Object

FINISHING = ("cues", "overlays", "distortions", "living", "shimmers", "grades")
"""Lists of a project whose entries may name a layer."""


def split(project: Project, index: int) -> Project:
    """The project with layer `index` cut in two of equal height; the last one, which has no height, gets a copy above.

    What stood on it stays with the half on which its lowest point lies; with the lower one if only a matte knows.
    """
    whole, layers = project.layers[index], project.layers
    upper = replace(whole, height=max(1, (whole.height or 2) // 2))
    rest = max(1, whole.height - whole.height // 2) if whole.height else None
    # two layers along one line would leave nothing of the upper one
    lower = replace(whole, height=rest, skyline=(), matte="")
    border = sum(layer.height or 0 for layer in layers[:index]) + (upper.height or 0)

    def moved(thing: Any) -> int:
        foot = _foot(thing)
        return int(thing.layer + (thing.layer > index or (thing.layer == index and (foot is None or foot > border))))

    return _renumbered(replace(project, layers=(*layers[:index], upper, lower, *layers[index + 1 :])), moved)


def remove(project: Project, index: int) -> Project:
    """The project without layer `index`; its rows, and what stood on it, go to the one below, or above if it was the
    last."""
    layers = list(project.layers)
    gone = layers.pop(index)
    if not layers:
        return replace(project, layers=())
    if index == len(layers):
        layers[-1] = replace(layers[-1], height=None)
    elif (height := layers[index].height) is not None:
        layers[index] = replace(layers[index], height=height + (gone.height or 0))
    last = len(layers) - 1
    return _renumbered(
        replace(project, layers=tuple(layers)), lambda thing: min(thing.layer - (thing.layer > index), last)
    )


def merge(project: Project, index: int) -> Project:
    """The project with layer `index` and the one below it as one; the upper one's name, speed and border stay."""
    layers = project.layers
    if not 0 <= index < len(layers) - 1:
        raise UsageError("The last layer has none below it.", "Choose the layer above it.")
    upper, lower = layers[index], layers[index + 1]
    height = None if lower.height is None or upper.height is None else upper.height + lower.height
    joined = (*layers[:index], replace(upper, height=height), *layers[index + 2 :])
    return _renumbered(replace(project, layers=joined), lambda thing: thing.layer - (thing.layer > index))


def swap(project: Project, index: int, height: int) -> Project:
    """The project with layer `index` exchanged with the one below it, in a picture of `height` rows; heights go along,
    lines that were drawn for a place do not."""
    layers = project.layers
    if not 0 <= index < len(layers) - 1:
        raise UsageError("The layer has none in that direction.", "Choose another one.")
    rows = tops(layers, height)
    heights = [b - a for a, b in itertools.pairwise(rows)]
    order = [*range(index), index + 1, index, *range(index + 2, len(layers))]
    plain = [replace(layers[i], skyline=(), matte="") if i in (index, index + 1) else layers[i] for i in order]
    below = [plain[i] if i != index + 2 else replace(plain[i], skyline=()) for i in range(len(plain))]
    starts = [0]
    for i in order:
        starts.append(starts[-1] + heights[i])
    places = {index: index + 1, index + 1: index}
    exchanged = replace(project, layers=with_tops(below, starts))
    return _renumbered(exchanged, lambda thing: places.get(thing.layer, thing.layer))


def _renumbered(project: Project, number: Callable[[Any], int]) -> Project:
    hints = tuple(replace(hint, layer=number(hint)) for hint in project.hints)
    objects = tuple(replace(thing, layer=number(thing)) for thing in project.objects)
    others: dict[str, Any] = {
        name: tuple(entry if entry.layer is None else replace(entry, layer=number(entry)) for entry in entries)
        for name, entries in ((name, getattr(project, name)) for name in FINISHING)
    }
    return replace(project, hints=hints, objects=objects, **others)


def _foot(thing: Any) -> float | None:
    """The lowest row of what is pointed at; None if neither a box nor a stroke says it."""
    if not isinstance(thing, Hint | Object):
        return None
    if thing.box is not None:
        return max(thing.box[1], thing.box[3])
    return max((y for _, y in thing.stroke), default=None)
