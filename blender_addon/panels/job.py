"""The panel of the work: Generate, how far it is, how the canvas looks, what went wrong and what to do."""

from typing import Any

from ...shared.errors import ParallaxError
from .. import begun_jobs, properties, proxies, scene_project, sound_files, thumbnails
from ..begun_jobs import Note
from ..refusals import job_state
from ..sentences import draw_sentence, narrow
from .drawing import draw_warning

CANVAS_SCALE = 8.0


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    state = job_state()
    if state.running:
        draw_progress(layout, state)
    else:
        _draw_nothing(layout)
        _draw_begin(context, layout)
        if state.status and not state.error:
            draw_sentence(context, layout, state.status, "CHECKMARK")
    draw_error(context, layout, state)
    if silent := sound_files.missing_of(context.scene):
        draw_warning(context, layout, silent)
    column = layout.column(align=True)
    column.operator("infinite_parallax.build_scene", icon="FILE_REFRESH")
    column.operator("infinite_parallax.export", icon="RENDER_RESULT")
    column.operator("infinite_parallax.export", text="Export on All Cores", icon="RENDER_ANIMATION").workers = 0
    row = layout.column(align=True) if narrow(context) else layout.row(align=True)
    row.operator("infinite_parallax.select_strips", text="Select Strips", icon="RESTRICT_SELECT_OFF")
    row.operator("infinite_parallax.move", text="Move in Time", icon="TIME")
    if proxies.any_ours(context.scene):
        layout.operator("infinite_parallax.show_proxies", icon="SEQ_PREVIEW")
    row = layout.row(align=True)
    row.operator("infinite_parallax.import_project", text="Import", icon="IMPORT")
    row.operator("infinite_parallax.export_project", text="Export", icon="EXPORT")


def draw_error(context: Any, layout: Any, state: Any) -> None:
    """What went wrong, if anything did, and the way out."""
    if not state.error:
        return
    box = layout.box()
    column = box.column()
    column.alert = True
    draw_sentence(context, column, state.error, "ERROR")
    if state.hint:
        draw_sentence(context, box, state.hint, "FORWARD")


def _draw_nothing(layout: Any) -> None:
    """Draw a label without height: the first one after a progress bar that the mouse rests on looks like the bar."""
    row = layout.row()
    row.scale_y = 0.01
    row.label(text="")


def draw_progress(layout: Any, state: Any) -> None:
    """How far the running job is, how it looks by now, and the button that stops it."""
    if hasattr(layout, "progress"):
        layout.progress(factor=state.factor, text=state.status)
    else:
        layout.label(text=state.status)
    if state.left:
        layout.label(text=state.left, icon="TIME")
    canvas = thumbnails.icon(thumbnails.CANVAS, thumbnails.canvas_file())
    if canvas:
        layout.template_icon(canvas, scale=CANVAS_SCALE)
    layout.operator("infinite_parallax.cancel", icon="CANCEL")


def _draw_begin(context: Any, layout: Any) -> None:
    note, same = _begun(context.scene)
    row = layout.row()
    row.scale_y = 1.5
    if note is not None and same and not note.finished:
        row.operator("infinite_parallax.generate", text=f"Continue at Step {note.step + 1}", icon="PLAY")
        layout.label(text=f"{note.step} of {note.steps} steps are painted", icon="INFO")
    else:
        row.operator("infinite_parallax.generate", icon="RENDER_ANIMATION")
    if note is not None and note.step:
        row = layout.row(align=True)
        row.prop(job_state(), "redo_step", text="Step")
        row.operator("infinite_parallax.redo", text="Redo", icon="LOOP_BACK").step = job_state().redo_step


def _begun(scene: Any) -> tuple[Note | None, bool]:
    """The job that was begun for the scene, and whether the settings are still those that it paints."""
    if not properties.of_scene(scene).picture:
        return None, False
    note = begun_jobs.read(scene_project.plates_folder(scene))
    if note is None:
        return None, False
    try:
        return note, note.key == begun_jobs.key(properties.project(scene), scene_project.picture_path(scene))
    except (ParallaxError, OSError):
        return note, False
