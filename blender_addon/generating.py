"""Generate: one operation with two drivers.

`invoke` runs beside the interface: a worker thread talks to the server, and the operator reads its messages on a
timer. `execute` reads the same messages one after the other until the last, for scripts and for Blender without a
window. Blender's data is touched here only, in the main thread.
"""

from typing import Any, ClassVar

import bpy

from . import mask_pictures, preferences, properties, refusals, scene_project
from .jobs import Failed, Finished, Message, Preparing, Progress, Warned, Worker
from .refusals import job_state, reported

PERIOD_S = 0.2


class Generating:
    """A running job and the scene that it is for."""

    def __init__(self, scene: Any) -> None:
        project, plan = scene_project.plan_of(scene)
        folder = scene_project.plates_folder(scene)
        project = mask_pictures.with_pictures(project, plan.width, plan.height, folder)
        self._scene_name = scene.name
        self.worker = Worker(preferences.server(), project, scene_project.picture_path(scene), folder)
        state = job_state()
        state.running, state.factor, state.status = True, 0.0, "Starting"

    def take(self, operator: Any, message: Message) -> set[str] | None:
        """Act on a message; the operator's result when it was the last."""
        state = job_state()
        if isinstance(message, Progress):
            state.factor = message.done / max(1, message.of)
            state.status = f"{message.what.capitalize()} {message.done} of {message.of}"
            return None
        if isinstance(message, Preparing):
            state.status = message.stage
            return None
        if isinstance(message, Warned):
            operator.report({"WARNING"}, message.message)
            return None
        state.running = False
        return self._fail(operator, message) if isinstance(message, Failed) else self._finish(operator, message)

    def _fail(self, operator: Any, failed: Failed) -> set[str]:
        if failed.code == "cancelled":
            job_state().status = "Cancelled. Generate goes on from the last step."
        else:
            job_state().status = "Failed"
            refusals.show(operator, failed.message, failed.hint)
        return {"CANCELLED"}

    def _finish(self, operator: Any, finished: Finished) -> set[str]:
        scene = bpy.data.scenes.get(self._scene_name)
        if scene is None:
            refusals.show(operator, f"The scene {self._scene_name} is gone.", "Generate again in another scene.")
            return {"CANCELLED"}
        with reported(operator):
            for note in scene_project.build(scene, finished.spec, finished.folder).notes:
                operator.report({"WARNING"}, note)
            job_state().status = f"Done: {finished.spec.frames} frames"
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_generate(bpy.types.Operator):
    """Paint the picture on and build the scene; you can go on working meanwhile"""

    bl_idname = "infinite_parallax.generate"
    bl_label = "Generate"

    running: ClassVar[Generating | None] = None
    timer: ClassVar[Any] = None

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a picture, one job at a time."""
        if running() is not None:
            cls.poll_message_set("A job is running: cancel it first")
            return False
        cls.poll_message_set("Choose a picture first")
        return bool(properties.of_scene(context.scene).picture)

    def execute(self, context: Any) -> set[str]:
        """Generate and return when it is done."""
        with reported(self):
            job = INFINITE_PARALLAX_OT_generate.running = Generating(context.scene)
            try:
                result = None
                while result is None:
                    result = job.take(self, job.worker.messages.get())
                return result
            finally:
                forget()
        return {"CANCELLED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Generate beside the interface."""
        if bpy.app.background:
            return self.execute(context)
        with reported(self):
            cls = INFINITE_PARALLAX_OT_generate
            cls.running = Generating(context.scene)
            cls.timer = context.window_manager.event_timer_add(PERIOD_S, window=context.window)
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


class INFINITE_PARALLAX_OT_cancel(bpy.types.Operator):
    """Stop the running job after its step; what is painted is kept"""

    bl_idname = "infinite_parallax.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Possible while a job runs."""
        cls.poll_message_set("No job is running")
        return running() is not None

    def execute(self, _context: Any) -> set[str]:
        """Ask the job to end; its last message ends the other operator."""
        job = running()
        if job is None:
            return {"CANCELLED"}
        job.worker.stop()
        job_state().status = "Cancelling"
        return {"FINISHED"}


def running() -> Generating | None:
    """The job that runs, if one does."""
    return INFINITE_PARALLAX_OT_generate.running


def forget() -> None:
    """Let go of a job, its thread and its timer, finished or not."""
    cls = INFINITE_PARALLAX_OT_generate
    if cls.running is not None:
        cls.running.worker.stop()
        job_state().running = False
    if cls.timer is not None:
        bpy.context.window_manager.event_timer_remove(cls.timer)
    cls.running = cls.timer = None


CLASSES = (INFINITE_PARALLAX_OT_generate, INFINITE_PARALLAX_OT_cancel)
