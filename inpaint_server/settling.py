"""From a wish and its pictures to a settled project: what engines have to look for first, then how the picture is cut.

A job, a suggestion and the command line settle in the same way, so it is told once, here. What was found becomes
pictures that the settled project names like those that a person has drawn; from then on nobody has to ask the engine
again, and a resume or a redo cannot come out otherwise. Asking whenever depth is needed was the other road: a job that
goes on next week, with a newer model, would be cut anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ..shared import pointing, settings, words
from ..shared.attachments import DEPTH, attached
from ..shared.errors import UsageError
from ..shared.plate_sizes import needed_bytes
from ..shared.project import Project
from . import attached as received
from . import engines, limits, word_search
from .engines.contract import RGB
from .engines.looking import Disparity, Look
from .engines.looking_guard import never
from .layering.resolve import resolve
from .layering.stages import Begin, unwatched
from .limits import Limits
from .word_search import Found

WHITES = {16: (65535, np.uint16), 8: (255, np.uint8)}
"""By the bits of a pixel: the value of white, and the type of array."""


@dataclass(frozen=True)
class Settled:
    """The settled project; the pictures that were found for it, PNG files' bytes by the names of their parts; and
    sentences for a person."""

    project: Project
    pictures: Mapping[str, bytes]
    notes: tuple[str, ...]


def must_look(project: Project) -> bool:
    """Whether engines must look at the picture before a project can be settled, which may take minutes."""
    return _depth_wanted(project) or bool(words.to_find(project))


def check_engines(project: Project) -> None:
    """Refuse a project whose engines that look do not exist or cannot work here, before anything waits for them."""
    for task in (engines.DEPTH, engines.CAPTION):
        if name := getattr(project, task).engine:
            check_engine(task, name)
    if words.to_find(project):
        word_search.finder(project.segment.engine)


def check_engine(task: str, name: str) -> None:
    """Refuse an engine of a task that does not exist or cannot work here."""
    reasons = engines.available(task)
    if reasons.get(name) == "":
        return
    usable = ", ".join(sorted(known for known, why in reasons.items() if not why)) or "none"
    if name not in reasons:
        raise UsageError(f"There is no {task} engine {name[:80]!r}.", f"Choose one of: {usable}.", "unknown_engine")
    raise UsageError(
        f"The engine {name!r} cannot work here: {reasons[name]}", f"Choose one of: {usable}.", "engine_unavailable"
    )


def settle(
    project: Project,
    picture: RGB,
    parts: Mapping[str, bytes],
    caps: Limits,
    begin: Begin = unwatched,
    cancelled: Callable[[], bool] = never,
) -> Settled:
    """The project settled for a picture, RGB uint8 [H, W, 3], with the pictures `parts` that it names.

    Settling twice changes nothing more. `begin` is told what is done, and may raise Cancelled.
    """
    height, width = picture.shape[:2]
    found: dict[str, bytes] = {}
    notes: list[str] = []
    wanted = words.to_find(project)
    if must_look(project):
        pointing.check(project, width, height)
    if _depth_wanted(project):
        begin("Estimating the depth of the picture")
        found[DEPTH] = estimate(project, picture, begin, cancelled)
        notes.append(origin(project.depth.engine))
        project = replace(project, cut=replace(project.cut, depth=f"{DEPTH}.png"))
    finds = word_search.look(project, picture, wanted, begin, cancelled) if wanted else []
    if found or wanted:
        begin("Settling how the picture is cut")
    named = {part: data for part, data in {**parts, **found}.items() if part in attached(project)}
    assets = received.decode(project, named, width, height, caps)
    if wanted.layers:
        project, assets = word_search.with_layers(project, picture, assets, Found(finds, wanted.layers, found, notes))
    resolved = resolve(project, picture, assets)
    project = resolved.project
    notes.extend(resolved.notes)
    if wanted.objects:
        project = word_search.with_objects(project, picture, assets, Found(finds, wanted.objects, found, notes))
        pointing.check(project, width, height, settled=True)
    return Settled(project, found, tuple(notes))


def checked_steps(project: Project, width: int, height: int, store: Path, caps: Limits) -> int:
    """How many steps a settled project takes; refused if it is more than this server, or its disk, takes on."""
    made = limits.checked_plan(project, width, height, caps)
    limits.check_disk(store, needed_bytes(made, project.cut.mode == "contour"), caps)
    return made.steps


def estimate(project: Project, picture: RGB, begin: Begin, cancelled: Callable[[], bool]) -> bytes:
    """The depth map of a picture by the project's depth engine, as `depth_png`."""
    look = Look(settings.write(project.depth), project.inpaint.seed, begin)
    return depth_png(engines.load_depth(project.depth.engine).depth(picture, look, cancelled))


def depth_png(depth: Disparity, bits: int = 16) -> bytes:
    """A depth map 0..1 as a PNG of 16 or 8 bits, white is near; the same map always gives the same bytes."""
    white, kind = WHITES[bits]
    return cv2.imencode(".png", np.rint(depth * np.float32(white)).astype(kind))[1].tobytes()


def _depth_wanted(project: Project) -> bool:
    """Whether the depth of the picture is left to an engine."""
    return bool(project.depth.engine) and not project.cut.depth


def origin(name: str) -> str:
    """Where a depth map comes from, in a sentence."""
    if engines.stands_in(engines.DEPTH, name):
        return f"The depth is only guessed ({name}); an engine with a model would estimate it."
    return f"The depth was estimated by {name}."
