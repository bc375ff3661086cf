"""What the tour knows of the add-on: its settings, what it says about its work, and its panels in the sidebar."""

import contextlib
import importlib
import signal
from collections.abc import Iterator
from typing import Any

import bpy
from screen import Steps, aside, open_panel

MODULE = "bl_ext.user_default.infinite_parallax"
WAIT_S = 0.7
PATIENCE_S = 400
PANELS = (
    "picture",
    "layers",
    "motion",
    "job",
    "inpaint",
    "overlays",
    "distortions",
    "living",
    "shimmers",
    "grades",
    "sound",
    "dream",
    "output",
)
"""In the order in which the sidebar shows them."""


def group() -> Any:
    """The scene's settings."""
    return bpy.context.scene.infinite_parallax


def state() -> Any:
    """What the add-on says about its work."""
    return bpy.context.window_manager.infinite_parallax


def until_idle() -> Steps:
    """Wait until neither a job nor a question is under way; what went wrong ends the tour."""
    for _ in range(int(PATIENCE_S / WAIT_S)):
        yield None
        if not (state().running or state().asking):
            break
    if state().running or state().asking or state().error:
        raise RuntimeError(f"{state().status} {state().error} {state().hint}")
    yield None


@contextlib.contextmanager
def server_held() -> Iterator[None]:
    """The server of ours stands still meanwhile: a small picture is painted faster than panels glide."""
    running = importlib.import_module(f"{MODULE}.blender_addon.local_server").running()
    running.process.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        running.process.process.send_signal(signal.SIGCONT)


def panel(area: Any, name: str) -> Steps:
    """Open a panel of the sidebar alone."""
    yield from open_panel(area, PANELS.index(name))


def show(area: Any, name: str) -> Steps:
    """A shot without the mouse in it."""
    yield from aside(area)
    yield name
