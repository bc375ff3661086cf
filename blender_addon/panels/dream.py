"""The panel of a dream: its sound, its settings, the button, and the frames as they are painted."""

from typing import Any

from ...shared.dream_document import OF_JOURNEYS
from ...shared.dream_settings import Dream
from ...shared.model_settings import Diffusers
from .. import properties, sound_files
from ..refusals import job_state
from ..sentences import draw_sentence, share_of_names
from . import drawing, job

THE_SCENES = ("fps",)
"""Settings of a dream that follow from the scene."""


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    group, state = properties.of_scene(context.scene), job_state()
    share = share_of_names(context, ("Sound", "Begins at"))
    row = drawing.named(layout.column(), "Sound", share)
    row.prop(group, "dream_sound", text="")
    row.operator("infinite_parallax.dream_from_strip", text="", icon="SEQ_SEQUENCER")
    if said := sound_files.missing(group.dream_sound):
        drawing.draw_warning(context, layout, said)
    drawing.named(layout.column(), "Begins at", share).prop(group, "dream_frame", text="")
    if group.picture:
        layout.prop(group, "dream_picture")
    those = [d for d in drawing.main_settings(Dream) if d.name not in THE_SCENES]
    drawing.draw_settings(context, layout, group.dream, those)
    if state.running:
        job.draw_progress(layout, state)
        return
    row = layout.row()
    row.scale_y = 1.5
    row.operator("infinite_parallax.dream", icon="PLAY_SOUND")
    if state.status and not state.error:
        draw_sentence(context, layout, state.status, "CHECKMARK")
    job.draw_error(context, layout, state)


def draw_advanced(context: Any, layout: Any) -> None:
    """Draw the rarely needed settings."""
    group = properties.of_scene(context.scene).dream
    drawing.draw_settings(context, layout, group, drawing.advanced_settings(Dream))


def draw_model(context: Any, layout: Any) -> None:
    """Draw which model paints: the settings of the engine diffusers, but for those of journeys."""
    group = properties.of_scene(context.scene).diffusers
    every = [*drawing.main_settings(Diffusers), *drawing.advanced_settings(Diffusers)]
    drawing.draw_settings(context, layout, group, [d for d in every if d.name not in OF_JOURNEYS])
