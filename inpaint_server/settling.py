"""What must be known of a picture before its layers can be chosen, and who is asked for it.

A project may leave the depth of its picture to an engine. The engine is asked once; what it found is kept like a
picture that came with the project, and from there on everything goes as if it had. Asking again whenever depth is
needed was the other road: a job that goes on next week, with a newer model, would be cut anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..shared import pointing, settings
from ..shared.attachments import DEPTH
from ..shared.plan import Plan, default_layers, plan
from ..shared.project import Project
from . import attached, engines
from .engines.contract import RGB
from .engines.looking import Disparity, Look
from .engines.looking_guard import never
from .layering.resolve import resolve
from .layering.stages import Begin, unwatched
from .limits import Limits

WHITE = 65535


@dataclass(frozen=True)
class Settled:
    """The settled project, and sentences for a person that say why it is so."""

    project: Project
    notes: tuple[str, ...]


def looks_first(project: Project) -> bool:
    """Whether an engine must look at the picture before a project can be settled."""
    return bool(project.depth.engine) and not project.cut.depth


def look(
    project: Project,
    picture: RGB,
    parts: Mapping[str, bytes],
    begin: Begin = unwatched,
    cancelled: Callable[[], bool] = never,
) -> dict[str, bytes]:
    """The pictures of a project by the names of their parts, with what its engines found of `picture` among them.

    What is in `parts` already is not looked for. `begin` is told what goes on, and may raise Cancelled.
    """
    found = dict(parts)
    if looks_first(project) and DEPTH not in found:
        begin("Estimating the depth of the picture")
        how = Look(settings.write(project.depth), project.inpaint.seed, begin)
        found[DEPTH] = depth_png(engines.load_depth(project.depth.engine).depth(picture, how, cancelled))
    return found


def settle(project: Project, picture: RGB, parts: Mapping[str, bytes], caps: Limits) -> Settled:
    """The project settled for a picture, RGB uint8 [H, W, 3], with all that `look` has found; see `resolve`."""
    height, width = picture.shape[:2]
    settled = resolve(project, picture, attached.decode(project, parts, width, height, caps))
    return Settled(settled.project, (*_notes(project), *settled.notes))


def provisional(project: Project, width: int, height: int) -> Plan:
    """The plan of a project whose disparities, and perhaps layers, are still to be found; raises what `plan` has
    against the rest of it."""
    pointing.check(project, width, height)
    layers = project.layers or default_layers(height)
    if project.speed.law == "depth":
        layers = tuple(replace(layer, disparity=1.0) if layer.disparity is None else layer for layer in layers)
    return plan(replace(project, layers=layers), width, height)


def _notes(project: Project) -> tuple[str, ...]:
    """Where the depth of a project comes from."""
    if not looks_first(project):
        return ()
    name = project.depth.engine
    guess = any(card.name == name and card.stand_in for card in engines.cards(engines.DEPTH))
    if guess:
        return (f"The depth is only guessed ({name}); an engine with a model would estimate it.",)
    return (f"The depth was estimated by {name}.",)


def depth_png(depth: Disparity) -> bytes:
    """A depth map 0..1 as a PNG of 16 bits, white is near; the same map always gives the same bytes."""
    values = np.rint(depth * np.float32(WHITE)).astype(np.uint16)
    return cv2.imencode(".png", values)[1].tobytes()
