"""Refusals: a ParallaxError becomes the operator's report and a line in the panel, with the way out.

Anything else that is raised is a defect and keeps its traceback; an operator that caught everything would report a
fault of ours as if the person had made a mistake.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy

from ..shared.errors import ParallaxError


def job_state() -> Any:
    """What the panel shows of the work."""
    return bpy.context.window_manager.infinite_parallax


@contextlib.contextmanager
def reported(operator: Any) -> Iterator[None]:
    """Report a refusal and go on after the block, where the operator returns CANCELLED."""
    clear()
    try:
        yield
    except ParallaxError as e:
        show(operator, e.message, e.hint)


def show(operator: Any, message: str, hint: str) -> None:
    """Report an error and keep it in the panel."""
    state = job_state()
    state.error, state.hint = message, hint
    # in the background a report of an error is raised as a RuntimeError, which is right: a script must hear of it
    operator.report({"ERROR"}, f"{message} {hint}".strip())


def clear() -> None:
    """Forget the last error: a new try begins."""
    state = job_state()
    state.error = state.hint = ""


def forget() -> None:
    """Forget everything that was said: it belonged to another file."""
    clear()
    state = job_state()
    state.status = state.left = state.suggestion = state.heard = ""


def redraw(context: Any) -> None:
    """Let every window show the progress."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            area.tag_redraw()
