"""The panel of the sound: its settings, and listening to it, with the tempo that was heard."""

from typing import Any

from ...shared.sections import SECTIONS
from .. import properties
from ..refusals import job_state
from ..sentences import draw_sentence
from .drawing import draw_settings, main_settings


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    draw_settings(context, layout, properties.of_scene(context.scene).sound, main_settings(SECTIONS["sound"]))
    row = layout.row(align=True)
    row.operator("infinite_parallax.listen", icon="SOUND").times = 1
    for text, times in (("/2", 0.5), ("×2", 2.0)):
        part = row.row(align=True)
        part.scale_x = 0.4
        part.operator("infinite_parallax.listen", text=text).times = times
    if heard := job_state().heard:
        draw_sentence(context, layout, heard, "INFO")
