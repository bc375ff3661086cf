"""Export Video: one operation with two drivers, like generating.

`execute` renders and returns when the file is there. `invoke` starts Blender's own render job, which shows its
progress and can be stopped with Esc, and puts the scene's settings back and the file into place when it ends. With
`workers` other than 1 both have other Blenders do it (`exporting_chunks.py`).
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import bpy

from ..shared import formats
from ..shared.errors import Cancelled, ParallaxError
from ..shared.formats import FORMATS, Export
from . import compat, export, output_settings, passes, properties, refusals, timeline
from .exporting_chunks import InChunks
from .refusals import job_state, reported

PERIOD_S = 0.2
BESIDE = "Render the scene by several Blenders at once, while you go on working"
SUFFIXES = {kind.suffix for kind in FORMATS.values()}


class Exporting:
    """A render job of Blender's interface, from its start until everything is put back."""

    def __init__(self, scene: Any, wish: Export, path: Path) -> None:
        self.path = path
        self._ended = ""
        self._stack = contextlib.ExitStack()
        with self._stack:
            self._stack.enter_context(export.restored(scene))
            self._stack.enter_context(export.into_place(scene, wish, path))
            self.count = self._stack.enter_context(export.FrameCount(scene, self._progress))
            for handlers, how in (
                (bpy.app.handlers.render_complete, "complete"),
                (bpy.app.handlers.render_cancel, "cancelled"),
            ):
                self._stack.enter_context(listening(handlers, scene, lambda how=how: self._end(how)))
            output_settings.configure(scene, wish)
            bpy.ops.render.render("INVOKE_DEFAULT", animation=True, scene=scene.name)
            self._stack = self._stack.pop_all()
        self.done, self.frames = 0, scene.frame_end - scene.frame_start + 1

    def _progress(self, frame: int, _frames: int) -> None:
        # called from the thread that renders: only a number is set
        self.done = frame + 1

    def _end(self, how: str) -> None:
        self._ended = how

    @property
    def ended(self) -> bool:
        """Whether Blender's render job is over, whichever way."""
        return bool(self._ended)

    def finish(self) -> None:
        """Put everything back; the file goes into place only if it is whole. Cancelled or ParallaxError otherwise."""
        with self._stack:
            if self._ended != "complete":
                raise Cancelled("The export was cancelled.", "Export again.")
            if not self.count.whole:
                raise ParallaxError(f"Blender wrote only {self.count.written} frames.", "Is there room on the disk?")

    def step(self) -> None:
        """Blender's render job goes on by itself."""


class InPasses:
    """An export in two passes, a frame at each step."""

    def __init__(self, scene: Any, wish: Export, path: Path) -> None:
        self.path = path
        self.done, self.frames = 0, scene.frame_end - scene.frame_start + 1
        self.ended = False
        self._work = passes.work(scene, wish, path)

    def step(self) -> None:
        """Mix one frame; the step after the last encodes them all."""
        try:
            self.done = next(self._work)
        except StopIteration:
            self.ended = True

    def finish(self) -> None:
        """Put everything back; the file is in its place only if the last step was taken. Cancelled otherwise."""
        self._work.close()
        if not self.ended:
            raise Cancelled("The export was cancelled.", "Export again.")


@contextlib.contextmanager
def listening(handlers: Any, scene: Any, tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` when Blender's handlers are called for a scene.

    They are called for every scene strip on its timeline too, whenever a frame of one is rendered.
    """

    def handler(rendered: Any, *_: Any) -> None:
        if rendered == scene:
            tell()

    handlers.append(handler)
    try:
        yield
    finally:
        handlers.remove(handler)


class INFINITE_PARALLAX_OT_export(bpy.types.Operator):
    """Render the scene as a video or a sequence of pictures"""

    bl_idname = "infinite_parallax.export"
    bl_label = "Export Video"
    __annotations__ = {
        "filepath": bpy.props.StringProperty(
            name="File", description="The video; empty: the one in the panel", subtype="FILE_PATH"
        ),
        "workers": bpy.props.IntProperty(
            name="Blenders",
            description="How many Blenders render at once: 1 is this one, 0 as many as processors and memory bear",
            default=1,
            min=0,
            max=64,
            options={"SKIP_SAVE"},
        ),
    }

    running: ClassVar[Exporting | InPasses | InChunks | None] = None
    timer: ClassVar[Any] = None

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """What the button says."""
        return str(cls.__doc__) if properties.workers == 1 else BESIDE

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible once something is built, or a person has laid strips."""
        editor = context.scene.sequence_editor
        if INFINITE_PARALLAX_OT_export.running is not None:
            cls.poll_message_set("A video is being exported")
            return False
        cls.poll_message_set("Generate or build the scene first")
        return timeline.FIRST in context.scene or (editor is not None and len(compat.strips(editor)) > 0)

    def execute(self, context: Any) -> set[str]:
        """Render and return when the file is there."""
        with reported(self):
            path, wish = self._path(context.scene), formats.export(properties.project(context.scene).output)
            if self.workers == 1:
                passes.write(context.scene, wish, path)
            else:
                self._wait(InChunks(context.scene, wish, path, self.workers))
            self.report({"INFO"}, f"Wrote {path}")
            return {"FINISHED"}
        return {"CANCELLED"}

    def _wait(self, job: InChunks) -> None:
        try:
            while not job.ended:
                job.wait(PERIOD_S)
        finally:
            job.finish()

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Render in Blender's own render job, or beside it."""
        if bpy.app.background:
            return self.execute(context)
        with reported(self):
            cls = INFINITE_PARALLAX_OT_export
            path, wish = self._path(context.scene), formats.export(properties.project(context.scene).output)
            if self.workers != 1:
                cls.running = InChunks(context.scene, wish, path, self.workers)
            else:
                cls.running = (InPasses if passes.needed(wish) else Exporting)(context.scene, wish, path)
            cls.timer = context.window_manager.event_timer_add(PERIOD_S, window=context.window)
            context.window_manager.modal_handler_add(self)
            job_state().running = True
            return {"RUNNING_MODAL"}
        return {"CANCELLED"}

    def _path(self, scene: Any) -> Path:
        suffix = FORMATS[properties.of_scene(scene).output.format].suffix
        given = self.filepath or properties.of_scene(scene).video or f"//{bpy.path.clean_name(scene.name)}{suffix}"
        if given.startswith("//") and not bpy.data.filepath:
            raise ParallaxError("The file is not saved, so the video has no place.", "Save it, or name the video.")
        path = Path(bpy.path.abspath(given))
        return path if path.suffix.lower() in SUFFIXES else path.with_name(path.name + suffix)

    def modal(self, context: Any, event: Any) -> set[str]:
        """Look whether Blender has ended."""
        job = INFINITE_PARALLAX_OT_export.running
        if job is None:
            return {"CANCELLED"}
        if event.type == "ESC" and isinstance(job, InPasses):
            let_go()
            job_state().status = "The export was cancelled"
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        with reported(self):
            job.step()
            return self._after(context, job)
        let_go()
        return {"CANCELLED"}

    def _after(self, context: Any, job: Exporting | InPasses | InChunks) -> set[str]:
        """Tell how far the export is, and put everything back when it has ended."""
        state = job_state()
        state.factor, state.status = job.done / max(1, job.frames), f"Frame {job.done} of {job.frames}"
        refusals.redraw(context)
        if not job.ended:
            return {"PASS_THROUGH"}
        with reported(self):
            forget()
            state.status = f"Wrote {job.path.name}"
            self.report({"INFO"}, f"Wrote {job.path}")
            return {"FINISHED"}
        return {"CANCELLED"}

    def cancel(self, _context: Any) -> None:
        """Blender ends the operator: another file is opened, or it quits."""
        let_go()


def in_chunks() -> InChunks | None:
    """The export by other Blenders that runs, if one does; it is cancelled by its button, not by a key."""
    job = INFINITE_PARALLAX_OT_export.running
    return job if isinstance(job, InChunks) else None


def let_go() -> None:
    """Let go of an export without a word about how it ended."""
    with contextlib.suppress(ParallaxError):
        forget()


def forget() -> None:
    """Let go of an export, finished or not, with its timer and handlers; raises what `finish` raises."""
    cls = INFINITE_PARALLAX_OT_export
    job, timer = cls.running, cls.timer
    cls.running = cls.timer = None
    if timer is not None:
        bpy.context.window_manager.event_timer_remove(timer)
    if job is not None:
        job_state().running = False
        job.finish()


CLASSES = (INFINITE_PARALLAX_OT_export,)
