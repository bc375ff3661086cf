"""Choosing an engine: its name as a field, beside it a menu of what the server says it has, and what is missing.

The same for who paints and for who looks. An enum was the other road: its items would be the server's, and a saved
file would lose its choice whenever it is opened while no server answers.
"""

import json
from collections.abc import Callable
from typing import Any

import bpy

from ...shared import project as projects
from .. import properties
from ..refusals import job_state
from ..sentences import draw_sentence
from .drawing import draw_settings, main_settings

PAINTING, DEPTH, SEGMENT, CAPTION = "inpaint", "depth", "segment", "caption"
MENUS = {
    PAINTING: "INFINITE_PARALLAX_MT_engines",
    DEPTH: "INFINITE_PARALLAX_MT_depth_engines",
    SEGMENT: "INFINITE_PARALLAX_MT_segment_engines",
    CAPTION: "INFINITE_PARALLAX_MT_caption_engines",
}
"""By the section of the project in which the engine stands: the menu of its engines."""
TITLES = {PAINTING: "Engines", DEPTH: "Depth Engines", SEGMENT: "Engines for Words", CAPTION: "Caption Engines"}
NOBODY = "nobody"


def known_engines(section: str) -> dict[str, dict[str, Any]]:
    """The engines of a section as the server last told them, by name; empty while it was not asked."""
    state = job_state()
    if section == PAINTING:
        return json.loads(state.engines) if state.engines else {}
    return json.loads(state.looking).get(section, {}) if state.looking else {}


def drawer(section: str) -> Callable[[Any, Any], None]:
    """The function that draws the panel of a section in which an engine is chosen."""

    def draw(context: Any, layout: Any) -> None:
        group = getattr(properties.of_scene(context.scene), section)
        those = main_settings(projects.SECTIONS[section])
        draw_settings(context, layout, group, those, {"engine": lambda row: _draw_engine(row, group, section)})
        _draw_reason(context, layout, group.engine, section)

    return draw


def _draw_engine(row: Any, group: Any, section: str) -> None:
    row.prop(group, "engine", text="")
    if known_engines(section):
        row.menu(MENUS[section], text="", icon="DOWNARROW_HLT")
    row.operator("infinite_parallax.ask_engines", text="", icon="FILE_REFRESH")


def _draw_reason(context: Any, layout: Any, name: str, section: str) -> None:
    """Why the chosen engine cannot work, if it cannot."""
    known = known_engines(section)
    if not known or not name:
        return
    reason = known.get(name, {"reason": "The server has no such engine."})["reason"]
    if reason:
        box = layout.box()
        box.alert = True
        draw_sentence(context, box, f"{name}: {reason}", "ERROR")


def _menu(section: str) -> type[Any]:
    """The menu of a section's engines."""

    def draw(self: Any, _context: Any) -> None:
        known = known_engines(section)
        if section != PAINTING and known:
            button = self.layout.operator("infinite_parallax.choose_engine", text=NOBODY)
            button.name, button.section = "", section
        for name, engine in known.items():
            row = self.layout.row()
            row.enabled = engine["available"]
            text = name if engine["available"] else f"{name} ({engine['reason']})"
            button = row.operator("infinite_parallax.choose_engine", text=text)
            button.name, button.section = name, section

    words = {"__doc__": "The engines that the server has", "__module__": __name__, "bl_label": TITLES[section]}
    return type(MENUS[section], (bpy.types.Menu,), words | {"draw": draw})


CLASSES = tuple(_menu(section) for section in MENUS)
