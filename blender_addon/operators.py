"""Operators: they gather, call a plain function, and report. What they do, a script can do by the same call.

Generating and exporting have two drivers over one operation: `invoke` runs beside the interface on a timer, `execute`
blocks, for scripts and for Blender without a window. A refusal is a sentence in the report and in the panel.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared import legacy
from ..shared import plan as plans
from ..shared import plates as plate_files
from ..shared import project as projects
from ..shared import scene as scenes
from ..shared.errors import ParallaxError, UsageError
from ..shared.plan import Plan
from ..shared.project import Project
from . import compat, export, preferences, properties, vse
from .jobs import Failed, Finished, Message, Progress, Warned, Worker

PERIOD_S = 0.2


def job_state() -> Any:
    """What the panel shows of the work."""
    return bpy.context.window_manager.infinite_parallax


@contextlib.contextmanager
def reported(operator: Any) -> Iterator[None]:
    """Turn a refusal into the operator's report and the panel's line."""
    try:
        yield
    except ParallaxError as e:
        show_error(operator, e.message, e.hint)


def show_error(operator: Any, message: str, hint: str) -> None:
    """Report an error and keep it in the panel."""
    state = job_state()
    state.error, state.hint = message, hint
    operator.report({"ERROR"}, f"{message} {hint}".strip())


def clear_error() -> None:
    """Forget the last error: a new try begins."""
    state = job_state()
    state.error = state.hint = ""


def picture_path(scene: Any) -> Path:
    """The picture of a scene's project."""
    name = properties.of_scene(scene).picture
    if not name:
        raise UsageError("No picture is chosen.", "Choose one in the Parallax panel.")
    path = Path(bpy.path.abspath(name))
    if not path.is_file():
        raise UsageError(f"There is no picture at {path}.", "Choose another.")
    return path


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture in px, as Blender reads it."""
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as e:
        raise UsageError(f"{path} is not a picture that Blender can read.", "Choose another.") from e
    try:
        width, height = image.size
    finally:
        bpy.data.images.remove(image)
    if not width or not height:
        raise UsageError(f"{path} is not a picture that Blender can read.", "Choose another.")
    return width, height


def plan_of(scene: Any) -> tuple[Project, Plan]:
    """A scene's project and what follows from it."""
    project = properties.project(scene)
    return project, plans.plan(project, *picture_size(picture_path(scene)))


def plates_folder(scene: Any) -> Path:
    """Where a scene's plates go: beside the saved .blend, else into the cache."""
    if bpy.data.filepath:
        blend = Path(bpy.data.filepath)
        return blend.with_name(f"{blend.stem}_files")
    return preferences.cache_folder() / "plates" / bpy.path.clean_name(scene.name)


def place_spec(scene: Any, finished: Finished) -> tuple[str, ...]:
    """Build the scene of finished plates and remember where they lie; returns sentences for the person."""
    built = vse.build(scene, finished.spec, finished.folder, finished.folder)
    if bpy.data.filepath:
        compat.make_paths_relative()
        properties.of_scene(scene).plates_folder = bpy.path.relpath(str(finished.folder))
    else:
        properties.of_scene(scene).plates_folder = str(finished.folder)
    return built.notes


class Generating:
    """One running job and the scene that it is for."""

    def __init__(self, scene: Any) -> None:
        clear_error()
        project, _ = plan_of(scene)
        self.scene_name = scene.name
        self.worker = Worker(preferences.server(), project, picture_path(scene), plates_folder(scene))
        state = job_state()
        state.running, state.factor, state.status = True, 0.0, "Starting"

    def take(self, operator: Any, message: Message) -> set[str] | None:
        """Act on a message; the operator's result when it was the last."""
        state = job_state()
        if isinstance(message, Progress):
            state.factor = message.done / max(1, message.of)
            state.status = f"{message.what.capitalize()} {message.done} of {message.of}"
            return None
        if isinstance(message, Warned):
            operator.report({"WARNING"}, message.message)
            return None
        state.running = False
        if isinstance(message, Failed):
            state.status = "Cancelled" if message.code == "cancelled" else "Failed"
            if message.code != "cancelled":
                show_error(operator, message.message, message.hint)
            return {"CANCELLED"}
        return self._finish(operator, message)

    def _finish(self, operator: Any, finished: Finished) -> set[str]:
        scene = bpy.data.scenes.get(self.scene_name)
        if scene is None:
            show_error(operator, f"The scene {self.scene_name} is gone.", "Build it from the plates again.")
            return {"CANCELLED"}
        with reported(operator):
            for note in place_spec(scene, finished):
                operator.report({"WARNING"}, note)
            job_state().status = f"Done: {finished.spec.frames} frames"
            return {"FINISHED"}
        return {"CANCELLED"}

    def stop(self) -> None:
        """Ask for the end; the last message still comes."""
        self.worker.stop()
        job_state().status = "Cancelling"


class INFINITE_PARALLAX_OT_generate(bpy.types.Operator):
    """Paint the picture on and build the scene; runs beside your work"""

    bl_idname = "infinite_parallax.generate"
    bl_label = "Generate"

    running: ClassVar[Generating | None] = None
    timer: ClassVar[Any] = None

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a picture, and one at a time."""
        if INFINITE_PARALLAX_OT_generate.running is not None:
            cls.poll_message_set("A job is running: cancel it first")
            return False
        if not properties.of_scene(context.scene).picture:
            cls.poll_message_set("Choose a picture first")
            return False
        return True

    def execute(self, context: Any) -> set[str]:
        """Generate and return when it is done."""
        cls = INFINITE_PARALLAX_OT_generate
        with reported(self):
            cls.running = Generating(context.scene)
            try:
                while True:
                    result = cls.running.take(self, cls.running.worker.messages.get())
                    if result is not None:
                        return result
            finally:
                cls.running = None
        return {"CANCELLED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Generate beside the interface."""
        if bpy.app.background:
            return self.execute(context)
        cls = INFINITE_PARALLAX_OT_generate
        with reported(self):
            cls.running = Generating(context.scene)
            cls.timer = context.window_manager.event_timer_add(PERIOD_S, window=context.window)
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        return {"CANCELLED"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Take what the worker has said since the last tick."""
        job = INFINITE_PARALLAX_OT_generate.running
        if job is None:
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        result = None
        while result is None and not job.worker.messages.empty():
            result = job.take(self, job.worker.messages.get())
        redraw(context)
        if result is None:
            return {"PASS_THROUGH"}
        forget_job()
        return result

    def cancel(self, _context: Any) -> None:
        """Blender ends the operator: another file is opened, or it quits."""
        forget_job()


def forget_job() -> None:
    """Stop a running job and its timer, if there are any."""
    cls = INFINITE_PARALLAX_OT_generate
    if cls.running is not None:
        cls.running.worker.stop()
        job_state().running = False
    if cls.timer is not None:
        bpy.context.window_manager.event_timer_remove(cls.timer)
    cls.running = cls.timer = None


def redraw(context: Any) -> None:
    """Let every window show the progress."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            area.tag_redraw()


class INFINITE_PARALLAX_OT_cancel(bpy.types.Operator):
    """Stop the running job after its step; what is painted is kept"""

    bl_idname = "infinite_parallax.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Possible while a job runs."""
        cls.poll_message_set("No job is running")
        return INFINITE_PARALLAX_OT_generate.running is not None

    def execute(self, _context: Any) -> set[str]:
        """Ask the job to end."""
        assert INFINITE_PARALLAX_OT_generate.running is not None
        INFINITE_PARALLAX_OT_generate.running.stop()
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_build_scene(bpy.types.Operator):
    """Build the timeline again from plates that are there"""

    bl_idname = "infinite_parallax.build_scene"
    bl_label = "Build Scene"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a folder of plates."""
        cls.poll_message_set("Generate first, or choose a folder of plates")
        return bool(properties.of_scene(context.scene).plates_folder)

    def execute(self, context: Any) -> set[str]:
        """Build."""
        clear_error()
        with reported(self):
            project = properties.project(context.scene)
            folder = Path(bpy.path.abspath(properties.of_scene(context.scene).plates_folder))
            manifest = plate_files.load(folder)
            plan = plans.plan(project, manifest.width, manifest.height)
            for note in place_spec(context.scene, Finished(scenes.build(project, plan, manifest), folder)):
                self.report({"WARNING"}, note)
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_export(bpy.types.Operator):
    """Render the scene as an MP4 file"""

    bl_idname = "infinite_parallax.export"
    bl_label = "Export Video"

    __annotations__ = {
        "filepath": bpy.props.StringProperty(subtype="FILE_PATH"),
        "filter_glob": bpy.props.StringProperty(default="*.mp4", options={"HIDDEN"}),
    }

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible once there is a timeline."""
        cls.poll_message_set("Generate or build the scene first")
        editor = context.scene.sequence_editor
        return editor is not None and len(compat.strips(editor)) > 0

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file's name."""
        self.filepath = self.filepath or bpy.path.ensure_ext(context.scene.name, ".mp4")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Render; Blender shows its own progress."""
        clear_error()
        with reported(self):
            path = Path(bpy.path.abspath(bpy.path.ensure_ext(self.filepath, ".mp4")))
            manager = context.window_manager
            manager.progress_begin(0, 1)
            try:
                wish = scenes.export(properties.project(context.scene))
                export.render(context.scene, wish, path, lambda n, of: manager.progress_update((n + 1) / of))
            finally:
                manager.progress_end()
            self.report({"INFO"}, f"Wrote {path}")
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_import_project(bpy.types.Operator):
    """Read a project file, of this program or of the original tool"""

    bl_idname = "infinite_parallax.import_project"
    bl_label = "Import Project"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    __annotations__ = {
        "filepath": bpy.props.StringProperty(subtype="FILE_PATH"),
        "filter_glob": bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
    }

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Read the file into the scene's settings."""
        clear_error()
        with reported(self):
            project = read_project(Path(bpy.path.abspath(self.filepath)))
            properties.fill(context.scene, project)
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_export_project(bpy.types.Operator):
    """Write the settings as a project file, for the command line or another scene"""

    bl_idname = "infinite_parallax.export_project"
    bl_label = "Export Project"

    __annotations__ = {
        "filepath": bpy.props.StringProperty(subtype="FILE_PATH"),
        "filter_glob": bpy.props.StringProperty(default="*.json", options={"HIDDEN"}),
    }

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask for the file's name."""
        self.filepath = self.filepath or bpy.path.ensure_ext(context.scene.name, ".json")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: Any) -> set[str]:
        """Write the file."""
        clear_error()
        path = Path(bpy.path.abspath(bpy.path.ensure_ext(self.filepath, ".json")))
        with reported(self):
            text = json.dumps(properties.project(context.scene).to_json(), indent=1)
            try:
                path.write_text(f"{text}\n", encoding="utf-8")
            except OSError as e:
                raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Choose another folder.") from e
            return {"FINISHED"}
        return {"CANCELLED"}


def read_project(path: Path) -> Project:
    """A project out of a file of ours or of the original tool; its picture's path made whole."""
    try:
        data = projects.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{path} cannot be read: {e}.", "Choose a project file.") from e
    if isinstance(data, dict) and "layers" in data and "schema" not in data and not set(data) <= KNOWN:
        data = legacy.from_config(data)[0].to_json()
    if isinstance(data, dict) and data.get("picture"):
        data = data | {"picture": str(path.parent / str(data["picture"]))}
    return projects.from_json(data)


KNOWN = {"name", "picture", "layers", "version", *projects.SECTIONS}
