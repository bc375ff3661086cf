"""Operators over the server: install, start, stop, test, log, its engines; and the cache's clearing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared.errors import ParallaxError
from . import asking, jobs, local_server, preferences, properties, server_environment
from .refusals import job_state, reported

LOG_TEXT = "Infinite Parallax server log"


def _health(server: jobs.Server) -> dict[str, Any]:
    with jobs.connected(server) as client:
        told = client.health()
        client.jobs()  # wants the token, as painting does
        return told


def _take_engines(told: dict[str, Any]) -> None:
    state = job_state()
    state.engines, state.looking = json.dumps(told.get("engines", {})), json.dumps(told.get("looking", {}))


def _sentence(told: dict[str, Any]) -> str:
    """A server's health as a person reads it."""
    engines = told.get("engines", {})
    can = [name for name, engine in engines.items() if engine["available"]]
    cannot = [f"{name} ({engine['reason']})" for name, engine in engines.items() if not engine["available"]]
    text = f"Version {told.get('version')}, {told.get('state')}. Engines: {', '.join(can)}."
    return f"{text} Not available: {'; '.join(cannot)}." if cannot else text


class AskingHealth(asking.Asking):
    """The part of an operator that asks a server how it is, and keeps its engines."""

    title = "Asking the server"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """One question at a time."""
        return asking.free(cls)

    def question(self, _context: Any) -> Callable[[], Any]:
        """Ask for its health."""
        server = preferences.server()
        return lambda: _health(server)

    def answered(self, _context: Any, answer: Any) -> None:
        """Say it."""
        _take_engines(answer)
        job_state().server = _sentence(answer)
        self.report({"INFO"}, job_state().server)


class INFINITE_PARALLAX_OT_test_server(AskingHealth, bpy.types.Operator):
    """Ask the server for its version and engines; one of our own is started for it"""

    bl_idname = "infinite_parallax.test_server"
    bl_label = "Test"


class INFINITE_PARALLAX_OT_ask_engines(AskingHealth, bpy.types.Operator):
    """Ask the server which engines it has, and what the others lack"""

    bl_idname = "infinite_parallax.ask_engines"
    bl_label = "Ask for Engines"


class INFINITE_PARALLAX_OT_start_server(AskingHealth, bpy.types.Operator):
    """Start the server on this machine now; it ends with Blender"""

    bl_idname = "infinite_parallax.start_server"
    bl_label = "Start Server"
    title = "Starting the server"


class INFINITE_PARALLAX_OT_stop_server(bpy.types.Operator):
    """Stop the server on this machine; a job at work goes on when it is started again"""

    bl_idname = "infinite_parallax.stop_server"
    bl_label = "Stop Server"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Possible while it runs."""
        cls.poll_message_set("No server of ours runs")
        return local_server.running() is not None

    def execute(self, _context: Any) -> set[str]:
        """Stop it."""
        local_server.stop()
        job_state().server = "Stopped."
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_install_server(asking.Asking, bpy.types.Operator):
    """Install the server, or bring it up to date, in a Python environment of its own; takes some minutes"""

    bl_idname = "infinite_parallax.install_server"
    bl_label = "Install Server"
    title = "Installing the server, which takes some minutes"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Possible with access to the network."""
        if not bpy.app.online_access:
            cls.poll_message_set(preferences.NO_NETWORK.rstrip("."))
            return False
        return asking.free(cls)

    def question(self, _context: Any) -> Callable[[], Any]:
        """Install."""
        folder = preferences.environment_folder()
        local_server.stop()
        return lambda: server_environment.install(folder)

    def answered(self, _context: Any, _answer: Any) -> None:
        """Say it."""
        job_state().server = "The server is installed."
        self.report({"INFO"}, job_state().server)


class INFINITE_PARALLAX_OT_show_log(bpy.types.Operator):
    """Put the end of the server's log into a text of this file, to be read in the text editor"""

    bl_idname = "infinite_parallax.show_log"
    bl_label = "Show Server Log"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, _context: Any) -> set[str]:
        """Show it."""
        lines = local_server.last_lines(preferences.cache_folder() / "jobs", 400)
        text = bpy.data.texts.get(LOG_TEXT) or bpy.data.texts.new(LOG_TEXT)
        text.from_string("\n".join(lines) or "There is no log: no server was started.")
        job_state().server = f"In the text editor, as {LOG_TEXT!r}. Its last line: {lines[-1] if lines else 'none'}"
        self.report({"INFO"}, job_state().server)
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_clear_cache(bpy.types.Operator):
    """Delete jobs, and plates of files that were never saved; those that the open file shows are kept"""

    bl_idname = "infinite_parallax.clear_cache"
    bl_label = "Clear Cache"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Not while a job runs."""
        cls.poll_message_set("A job is running: cancel it first")
        return not job_state().running

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: Any) -> set[str]:
        """Delete."""
        with reported(self):
            local_server.stop()
            cache = preferences.cache_folder()
            shown = {Path(bpy.path.abspath(properties.of_scene(s).plates_folder)) for s in bpy.data.scenes}
            doomed = [cache / "jobs", *(path for path in cache.glob("plates/*") if path not in shown)]
            for path in doomed:
                shutil.rmtree(path, ignore_errors=True)
            left = [path for path in doomed if path.exists()]
            if left:
                raise ParallaxError(f"{left[0]} cannot be deleted.", "Close the program that uses it.")
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_choose_engine(bpy.types.Operator):
    """Paint, or look, with this engine"""

    bl_idname = "infinite_parallax.choose_engine"
    bl_label = "Choose Engine"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "name": bpy.props.StringProperty(name="Engine", default="walk"),
        "section": bpy.props.EnumProperty(
            name="For",
            items=[
                ("inpaint", "Painting", ""),
                ("depth", "Depth", ""),
                ("segment", "Words", ""),
                ("caption", "Captions", ""),
            ],
            default="inpaint",
        ),
    }

    def execute(self, context: Any) -> set[str]:
        """Choose."""
        getattr(properties.of_scene(context.scene), self.section).engine = self.name
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_direction(bpy.types.Operator):
    """Let the picture move in this direction"""

    bl_idname = "infinite_parallax.direction"
    bl_label = "Direction"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "degrees": bpy.props.FloatProperty(
            name="Degrees", description="0 right, 90 up, 180 left, 270 down", default=180.0
        )
    }

    def execute(self, context: Any) -> set[str]:
        """Set it."""
        properties.of_scene(context.scene).motion.direction_deg = self.degrees
        return {"FINISHED"}


CLASSES = (
    INFINITE_PARALLAX_OT_test_server,
    INFINITE_PARALLAX_OT_ask_engines,
    INFINITE_PARALLAX_OT_start_server,
    INFINITE_PARALLAX_OT_stop_server,
    INFINITE_PARALLAX_OT_install_server,
    INFINITE_PARALLAX_OT_show_log,
    INFINITE_PARALLAX_OT_clear_cache,
    INFINITE_PARALLAX_OT_choose_engine,
    INFINITE_PARALLAX_OT_direction,
)
