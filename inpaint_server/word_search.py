"""Layers and objects by words: an engine asked once for all of them, and what it found made part of a project.

What was found becomes pictures that the project names, a segmentation and mattes, as if somebody had painted them.
Keeping finds as data of a kind of their own was the other road: the cut, the plates and the add-on would each have had
to learn it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..shared import plan as plans
from ..shared import settings, words
from ..shared.attachments import SEGMENTATION, object_part
from ..shared.errors import UsageError
from ..shared.png import encode
from ..shared.project import LISTS, Project
from ..shared.sections import Object
from ..shared.words import Wanted
from . import engines
from .engines.contract import RGB
from .engines.looking import Look, Segment
from .engines.looking_guard import GuardedSegment
from .layering import by_words, mattes
from .layering.assets import Assets
from .layering.resolve import wanted_rows
from .layering.stages import Begin


@dataclass(frozen=True)
class Found:
    """What was found of `words`, and where the rest of the settling keeps what it makes: `pictures`, PNG files' bytes
    by the names of their parts, and `notes` for a person. Both are added to."""

    finds: Sequence[Segment]
    words: tuple[str, ...]
    pictures: dict[str, bytes]
    notes: list[str]


def finder(name: str) -> GuardedSegment:
    """The engine that finds things by words; UsageError for one that there is not, or that cannot."""
    engine = engines.load_segment(name)
    if not engine.finds_words:
        usable = [
            other for other, why in engines.available(engines.SEGMENT).items() if not why and other != engine.name
        ]
        raise UsageError(
            f"The engine '{name}' finds nothing by words; it outlines what is pointed at.",
            f"Choose one of: {', '.join(usable)}." if usable else "Install one that does, such as grounded_sam.",
            "engine_unavailable",
        )
    return engine


def look(project: Project, picture: RGB, wanted: Wanted, begin: Begin, cancelled: Callable[[], bool]) -> list[Segment]:
    """What the project's engine finds in a picture of all that is wanted, in one look, the surest first."""
    engine = finder(project.segment.engine)
    begin(f"Looking for {words.named(wanted.all)}")
    how = Look(settings.write(project.segment), project.inpaint.seed, begin)
    return engine.segment(picture, wanted.all, how, cancelled)


def with_layers(project: Project, picture: RGB, assets: Assets, found: Found) -> tuple[Project, Assets]:
    """The project cut by the layers that were found, if there are two or more; their map goes into its pictures."""
    made = by_words.layers(picture, found.finds, found.words)
    if made.unfound:
        found.notes.append(f"No layer was found for {words.named(made.unfound)}.")
    if len(made.words) < 2:
        found.notes.append("Fewer than two layers were found, so the picture is cut without the words.")
        return replace(project, segment=replace(project.segment, layers="")), assets
    if project.layers and len(project.layers) != len(made.words):
        raise UsageError(
            f"The words gave {len(made.words)} layers ({words.named(made.words)}), but the project has "
            f"{len(project.layers)}.",
            "Empty the list of layers, or give as many as the words name.",
        )
    found.pictures[SEGMENTATION] = encode(made.numbers.astype(np.uint8))
    cut = replace(project.cut, segmentation=f"{SEGMENTATION}.png")
    # one word for each layer: by them the layers are found again in what is painted
    segment = replace(project.segment, layers=words.joined(made.words))
    return replace(project, cut=cut, segment=segment), replace(
        assets, segmentation=made.numbers, layer_names=made.words
    )


def with_objects(project: Project, picture: RGB, assets: Assets, found: Found) -> Project:
    """The project with the objects that were found, each on the layer on which it stands, with a matte."""
    finds = by_words.objects(found.finds, found.words)
    unfound = tuple(word for word in found.words if all(find.words != word for find in finds))
    if unfound:
        found.notes.append(f"No object was found for {words.named(unfound)}.")
    room = LISTS["objects"][1] - len(project.objects)
    if len(finds) > room:
        found.notes.append(f"Of {len(finds)} objects the surest {room} are taken.")
        finds = finds[:room]
    numbers = _numbers(project, picture.shape, assets)
    objects = list(project.objects)
    for find, name in zip(finds, by_words.names(finds, [thing.name for thing in objects]), strict=True):
        part = object_part(len(objects))
        found.pictures[part] = encode(mattes.soft_matte(picture, find.share))
        layer = by_words.stands_on(find.share, numbers)
        objects.append(Object(name=name, layer=layer, box=_rounded(find.box), matte=f"{part}.png"))
        found.notes.append(f"{name} (sure: {find.score:.2f}) rides layer {layer}.")
    # they are in the list now, and must not be found once more under a name that somebody has changed
    return replace(project, objects=tuple(objects), segment=replace(project.segment, objects=""))


def _numbers(project: Project, shape: tuple[int, ...], assets: Assets) -> by_words.Numbers:
    """The number of every pixel's layer as the project cuts the picture: by its segmentation, or by rows."""
    if assets.segmentation is not None and project.cut.mode == "contour":
        return assets.segmentation
    height, width = shape[:2]
    layers = project.layers or plans.default_layers(height)
    out = np.zeros((height, width), np.int16)
    for rows in wanted_rows(layers, width, height):
        out += np.arange(height)[:, None] >= rows[None]
    return out


def _rounded(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(value, 1) for value in box)
    return left, top, right, bottom
