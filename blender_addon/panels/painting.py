"""The panel of the painting: the engine, from what the server says it has, and the words for it."""

import json
from typing import Any

import bpy

from ...shared.sections import Inpaint
from .. import properties
from ..refusals import job_state
from ..sentences import draw_sentence
from .drawing import draw_settings, main_settings


def known_engines() -> dict[str, dict[str, Any]]:
    """The engines as the server last told them, by name; empty while it was not asked."""
    text = job_state().engines
    return json.loads(text) if text else {}


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    group = properties.of_scene(context.scene).inpaint
    draw_settings(context, layout, group, main_settings(Inpaint), {"engine": lambda row: _draw_engine(row, group)})
    known = known_engines()
    reason = known.get(group.engine, {"reason": "" if not known else "The server has no such engine."})["reason"]
    if reason:
        box = layout.box()
        box.alert = True
        draw_sentence(context, box, f"{group.engine}: {reason}", "ERROR")


def _draw_engine(row: Any, group: Any) -> None:
    row.prop(group, "engine", text="")
    if known_engines():
        row.menu("INFINITE_PARALLAX_MT_engines", text="", icon="DOWNARROW_HLT")
    row.operator("infinite_parallax.ask_engines", text="", icon="FILE_REFRESH")


class INFINITE_PARALLAX_MT_engines(bpy.types.Menu):
    """The engines that the server has"""

    bl_label = "Engines"

    def draw(self, _context: Any) -> None:
        """One line each; what is missing is said by those that are grey."""
        for name, engine in known_engines().items():
            row = self.layout.row()
            row.enabled = engine["available"]
            text = name if engine["available"] else f"{name} ({engine['reason']})"
            row.operator("infinite_parallax.choose_engine", text=text).name = name


CLASSES = (INFINITE_PARALLAX_MT_engines,)
