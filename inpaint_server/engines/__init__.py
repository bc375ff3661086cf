"""Engines: one file each, found by task and name, imported on use.

The table names our own; other people's are found through the entry points group `infinite_parallax.engines` for
painting, and `infinite_parallax.engines.depth`, `.segment` and `.caption` for looking, each a callable that returns
an engine of that task (`contract`, `looking`). A module here has `CARD`, `create()` and, where it needs more than the
server's own dependencies, `missing() -> str`, a sentence that says what to install. Importing all of them and letting
classes register themselves was the other road; it would load torch to list names.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from ...shared.errors import ParallaxError, UsageError
from .card import CAPTION, DEPTH, INPAINT, SEGMENT, TASKS, Card
from .guard import Guarded
from .looking_guard import GuardedCaption, GuardedDepth, GuardedSegment

__all__ = ["CAPTION", "DEFAULT", "DEPTH", "ENGINES", "GROUP", "INPAINT", "SEGMENT", "TASKS", "available", "cards"]

GROUP = "infinite_parallax.engines"
ENGINES: dict[str, dict[str, str]] = {
    INPAINT: {
        "walk": ".walk",
        "telea": ".telea",
        "diffusers": ".diffusers_engine",
        "a1111": ".a1111",
        "iopaint": ".iopaint",
        "comfyui": ".comfyui",
    },
    DEPTH: {"dpt": ".dpt", "depth_anything": ".depth_anything", "prior": ".depth_prior"},
    SEGMENT: {"grounded_sam": ".grounded_sam", "grabcut": ".grabcut"},
    CAPTION: {"blip": ".blip"},
}
DEFAULT = "walk"
DEPTH_DEFAULT, CAPTION_DEFAULT = "prior", "blip"
SEGMENT_DEFAULT, TOUCH_DEFAULT = "grounded_sam", "grabcut"
"""Who looks at a single picture if nobody is named; a project must name one, or none looks."""


def _others(task: str) -> dict[str, EntryPoint]:
    group = GROUP if task == INPAINT else f"{GROUP}.{task}"
    return {point.name: point for point in entry_points(group=group) if point.name not in ENGINES[task]}


def cards(task: str) -> list[Card]:
    """The cards of our own engines of a task, in the table's order."""
    return [import_module(module, __name__).CARD for module in ENGINES[task].values()]


def stands_in(task: str, name: str) -> bool:
    """Whether an engine of our own only guesses what a model would know."""
    return any(card.name == name and card.stand_in for card in cards(task))


def available(task: str = INPAINT) -> dict[str, str]:
    """Every engine's name with "" if it can be loaded here, else a sentence that says why not."""
    reasons = {name: _reason(module) for name, module in ENGINES[task].items()}
    for name, point in _others(task).items():
        try:
            point.load()
        except Exception as error:  # another's module may fail in any way; that must not hide the other engines
            reasons[name] = f"cannot be loaded: {error}"
        else:
            reasons[name] = ""
    return reasons


def _reason(module: str) -> str:
    missing: Callable[[], str] | None = getattr(import_module(module, __name__), "missing", None)
    return missing() if missing else ""


def load(name: str) -> Guarded:
    """The inpaint engine `name`, new and wrapped; UsageError if there is none or it is not installed."""
    return Guarded(_create(INPAINT, name))


def load_depth(name: str) -> GuardedDepth:
    """The depth engine `name`, as `load`."""
    return GuardedDepth(_create(DEPTH, name))


def load_segment(name: str) -> GuardedSegment:
    """The segmentation engine `name`, as `load`."""
    return GuardedSegment(_create(SEGMENT, name))


def load_caption(name: str) -> GuardedCaption:
    """The caption engine `name`, as `load`."""
    return GuardedCaption(_create(CAPTION, name))


def _create(task: str, name: str) -> Any:
    others = _others(task)
    if name in ENGINES[task]:
        module = ENGINES[task][name]
        reason = _reason(module)
        if reason:
            raise UsageError(f"The engine '{name}' cannot be used: {reason}", "", "engine_unavailable")
        return cast(Callable[[], Any], import_module(module, __name__).create)()
    if name in others:
        try:
            create = others[name].load()
        except Exception as error:
            raise ParallaxError(
                f"The engine '{name}' cannot be loaded: {error}", "Ask whoever made it.", "engine_unavailable"
            ) from error
        return create()
    names = ", ".join(sorted([*ENGINES[task], *others])) or "none"
    what = "engine" if task == INPAINT else f"{task} engine"
    raise UsageError(f"There is no {what} '{name}'.", f"Choose one of: {names}.", "unknown_engine")
