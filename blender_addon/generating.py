"""Generate: one operation with two drivers.

`invoke` runs beside the interface: a worker thread talks to the server, and the operator reads its messages on a
timer. `execute` reads the same messages one after the other until the last, for scripts and for Blender without a
window. Blender's data is touched here only, in the main thread.
"""

import time
from functools import partial
from typing import Any, ClassVar

import bpy

from ..shared.errors import UsageError
from ..shared.painting import Begun, Canvas
from ..shared.time_left import Pace, words
from . import (
    begun_jobs,
    exporting,
    mask_pictures,
    preferences,
    properties,
    refusals,
    scene_project,
    sound_files,
    thumbnails,
)
from .jobs import Failed, Finished, Fitted, Message, Preparing, Progress, Task, Warned, Work, Worker, paint
from .refusals import job_state, reported
from .targets import Built

PERIOD_S = 0.2


class Job:
    """Work in a thread for a scene, and what the panel shows of it. `button` goes on with it."""

    button = ""

    def __init__(self, scene: Any, work: Work) -> None:
        self._scene_name, self._pace, self._what = scene.name, Pace(), ""
        self.worker = Worker(work)
        state = job_state()
        state.running, state.factor, state.status, state.left = True, 0.0, "Starting", ""

    def take(self, operator: Any, message: Message) -> set[str] | None:
        """Act on a message; the operator's result when it was the last."""
        state = job_state()
        if isinstance(message, Progress):
            self._progress(message)
            return None
        if isinstance(message, Canvas):
            thumbnails.show_canvas(message.png)
            return None
        if isinstance(message, Preparing):
            state.status = message.stage
            return None
        if isinstance(message, Warned):
            operator.report({"WARNING"}, message.message)
            return None
        state.running = False
        return self._fail(operator, message) if isinstance(message, Failed) else self._finish(operator, message)

    def _progress(self, message: Progress) -> None:
        state = job_state()
        if message.what != self._what or not message.done:  # the preparation before the first step tells nothing
            self._what, self._pace = message.what, Pace()
        self._pace.note(time.monotonic(), message.done)
        left = self._pace.left_s(message.of)
        state.factor = message.done / max(1, message.of)
        state.status = f"{message.what.capitalize()} {message.done} of {message.of}"
        state.left = words(left) if left is not None and message.done < message.of else ""

    def _fail(self, operator: Any, failed: Failed) -> set[str]:
        if failed.code == "cancelled":
            job_state().status = f"Cancelled. {self.button} goes on where it was."
        else:
            job_state().status = "Failed"
            refusals.show(operator, failed.message, failed.hint)
        return {"CANCELLED"}

    def _finish(self, operator: Any, message: Finished | Fitted) -> set[str]:
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            refusals.show(operator, f"The scene {self._scene_name} is gone.", f"{self.button} again in another scene.")
            return {"CANCELLED"}
        with reported(operator):
            for note in self.build(scene, message).notes:
                operator.report({"WARNING"}, note)
            return {"FINISHED"}
        return {"CANCELLED"}

    def build(self, scene: Any, message: Any) -> Built:
        """Take what was made over into the scene, and say so in the panel."""
        raise NotImplementedError


class Generating(Job):
    """Plates that are being painted."""

    button = "Generate"

    def __init__(self, scene: Any, redo_from: int | None = None) -> None:
        project, plan = scene_project.plan_of(scene)
        picture, folder = scene_project.picture_path(scene), scene_project.plates_folder(scene)
        key, note = begun_jobs.key(project, picture), begun_jobs.read(folder)
        begun = None
        if redo_from is not None:
            if note is None:
                raise UsageError("No job was begun for this scene.", "Generate first.")
            begun = Begun(note.job, redo_from)
        elif note is not None and note.key == key:
            begun = Begun(note.job)
        project = mask_pictures.with_pictures(project, plan.width, plan.height, folder)
        super().__init__(scene, partial(paint, preferences.server(), Task(project, picture, folder, begun, key)))

    def build(self, scene: Any, message: Finished) -> Built:
        """Build the scene from the plates."""
        built = scene_project.build_painted(scene, message.spec, message.folder)
        job_state().status = f"Done: {message.spec.frames} frames"
        return built


class Working:
    """The part of an operator that runs a job: in one go, or beside the interface."""

    running: ClassVar[Job | None] = None
    timer: ClassVar[Any] = None

    def begin(self, context: Any) -> Job:
        """Start the job."""
        raise NotImplementedError

    def execute(self, context: Any) -> set[str]:
        """Work and return when it is done."""
        with reported(self):
            job = Working.running = self.begin(context)
            try:
                result = None
                while result is None:
                    result = job.take(self, job.worker.messages.get())
                return result
            finally:
                forget()
        return {"CANCELLED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Work beside the interface."""
        if bpy.app.background:
            return self.execute(context)
        with reported(self):
            Working.running = self.begin(context)
            Working.timer = context.window_manager.event_timer_add(PERIOD_S, window=context.window)
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        return {"CANCELLED"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Take what the worker has said since the last tick."""
        job = running()
        if job is None:
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        result = None
        while result is None and not job.worker.messages.empty():
            result = job.take(self, job.worker.messages.get())
        refusals.redraw(context)
        if result is None:
            return {"PASS_THROUGH"}
        forget()
        return result

    def cancel(self, _context: Any) -> None:
        """Blender ends the operator: another file is opened, or it quits."""
        forget()


class INFINITE_PARALLAX_OT_generate(Working, bpy.types.Operator):
    """Paint the picture on and build the scene; you can go on working meanwhile"""

    bl_idname = "infinite_parallax.generate"
    bl_label = "Generate"
    bl_options: ClassVar[set[str]] = {"UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a picture, one job at a time."""
        return _idle(cls, context)

    def begin(self, context: Any) -> Generating:
        """The job that the settings make, or what there is of it."""
        return Generating(context.scene)


class INFINITE_PARALLAX_OT_redo(Working, bpy.types.Operator):
    """Paint the last job's later steps again, with engine, prompt and seed as they are set now"""

    bl_idname = "infinite_parallax.redo"
    bl_label = "Redo from Step"
    bl_options: ClassVar[set[str]] = {"UNDO"}
    __annotations__ = {
        "step": bpy.props.IntProperty(name="Step", description="The first step that is painted again", min=1, default=1)
    }

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a job that was begun, one job at a time."""
        if not _idle(cls, context):
            return False
        cls.poll_message_set("Generate first: there are no painted steps")
        return begun_jobs.read(scene_project.plates_folder(context.scene)) is not None

    def begin(self, context: Any) -> Generating:
        """The last job, from the step on."""
        return Generating(context.scene, self.step)


def free(cls: Any) -> bool:
    """Whether no job runs; else the operator says why it is grey."""
    if running() is not None:
        cls.poll_message_set("A job is running: cancel it first")
        return False
    return True


def _idle(cls: Any, context: Any) -> bool:
    if not free(cls):
        return False
    silent = sound_files.missing_of(context.scene)
    cls.poll_message_set(silent or "Choose a picture first")
    return bool(properties.of_scene(context.scene).picture) and not silent


class INFINITE_PARALLAX_OT_cancel(bpy.types.Operator):
    """Stop the running job after its step; what is painted is kept"""

    bl_idname = "infinite_parallax.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Possible while a job or an export by other Blenders runs."""
        cls.poll_message_set("No job is running")
        return running() is not None or exporting.in_chunks() is not None

    def execute(self, _context: Any) -> set[str]:
        """Ask the job to end; its last message ends the other operator."""
        job, export = running(), exporting.in_chunks()
        if export is not None:
            export.cancel()
            job_state().status = "Cancelling"
            return {"FINISHED"}
        if job is None:
            return {"CANCELLED"}
        job.worker.stop()
        job_state().status = "Cancelling"
        return {"FINISHED"}


def running() -> Job | None:
    """The job that runs, if one does."""
    return Working.running


def forget() -> None:
    """Let go of a job, its thread and its timer, finished or not."""
    if Working.running is not None:
        Working.running.worker.stop()
        job_state().running = False
        job_state().left = ""
    if Working.timer is not None:
        bpy.context.window_manager.event_timer_remove(Working.timer)
    Working.running = Working.timer = None


CLASSES = (INFINITE_PARALLAX_OT_generate, INFINITE_PARALLAX_OT_redo, INFINITE_PARALLAX_OT_cancel)
