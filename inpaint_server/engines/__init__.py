"""Engines: one file each, found by name, imported on use.

The table names our own; other people's are found through the entry points group `infinite_parallax.engines`, each a
callable that returns an `InpaintEngine`. A module here has `create() -> InpaintEngine` and, where it needs more than
the server's own dependencies, `missing() -> str`, a sentence that says what to install. Importing all of them and
letting classes register themselves was the other road; it would load torch to list names.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from ...shared.errors import ParallaxError, UsageError
from .contract import InpaintEngine
from .guard import Guarded

GROUP = "infinite_parallax.engines"
ENGINES = {"walk": ".walk", "telea": ".telea"}
DEFAULT = "walk"


def _others() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in ENGINES}


def available() -> dict[str, str]:
    """Every engine's name with "" if it can be loaded here, else a sentence that says why not."""
    reasons = {name: _reason(module) for name, module in ENGINES.items()}
    for name, point in _others().items():
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
    """The engine called `name`, new and wrapped in `Guarded`; UsageError if there is none or it is not installed."""
    others = _others()
    if name in ENGINES:
        reason = _reason(ENGINES[name])
        if reason:
            raise UsageError(f"The engine '{name}' cannot be used: {reason}", "", "engine_unavailable")
        create: Callable[[], InpaintEngine] = import_module(ENGINES[name], __name__).create
    elif name in others:
        try:
            create = others[name].load()
        except Exception as error:
            raise ParallaxError(
                f"The engine '{name}' cannot be loaded: {error}", "Ask whoever made it.", "engine_unavailable"
            ) from error
    else:
        names = ", ".join(sorted([*ENGINES, *others]))
        raise UsageError(f"There is no engine '{name}'.", f"Choose one of: {names}.", "unknown_engine")
    return Guarded(create())
