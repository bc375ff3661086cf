"""Panels of the project's lists, generated from their declarations: list, buttons, fields of the selected entry."""

from collections.abc import Callable
from typing import Any

import bpy

from ...shared import project as projects
from ...shared.settings import Declared
from .. import declared, pokes, properties
from ..sentences import draw_sentence, narrow, placeholder
from .drawing import advanced_settings, draw_settings, main_settings

ICONS = {"hints": "GREASEPENCIL", "objects": "OBJECT_DATA", "cues": "PLAY_SOUND", "prompts": "TEXT", "drives": "FCURVE"}
TITLE_SHARE = 0.5
EMPTY = {
    "hints": "Show which object belongs to which layer: draw over the picture in the image editor.",
    "objects": "Things that are lifted out of the picture and move by themselves.",
    "cues": "Sounds from a place on a layer, which pass by with it, or from the whole picture.",
    "drives": "Sounds that move the speed, overlays, distortions and colour: add some, then Listen.",
    "prompts": "Other words from a second of the video on, for engines that read.",
}


class INFINITE_PARALLAX_UL_entries(bpy.types.UIList):
    """The entries of any list of the project."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: Any,
        _active: Any,
        property_name: Any,
        index: int = 0,
    ) -> None:
        """The entry's name, or what tells it from the others, and its layer."""
        with_layer = "layer" in item.__annotations__
        whole = with_layer and not getattr(item, declared.switch("layer"), True)
        shown = with_layer and not (whole and narrow(context))
        row = layout.split(factor=TITLE_SHARE) if shown else layout.row(align=True)
        title = f"{declared.label(property_name.removesuffix('_index'))} {index + 1}"
        if "name" in item.bl_rna.properties and "name" in item.__annotations__:
            empty = placeholder(title)
            row.prop(item, "name", text="", emboss=False, **empty)
        elif "kind" in item.bl_rna.properties:
            row.label(text=declared.item_label(item.kind))
        elif "feature" in item.__annotations__:
            row.label(text=f"{declared.item_label(item.feature)}: {item.target}")
        elif "prompt" in item.__annotations__:
            words = item.prompt or "the project's"
            row.label(text=f"{item.at_s:g} s: {words}")
        else:
            row.label(text=title)
        if shown:
            right = row.row()
            right.alignment = "RIGHT"
            right.label(text="the whole" if whole else _layer_name(item.id_data, item.layer))


def _layer_name(scene: Any, layer: Any) -> str:
    if not isinstance(layer, int):
        return ""
    layers = properties.of_scene(scene).layers
    name = layers[layer].name if 0 <= layer < len(layers) else ""
    return name or f"layer {layer}"


def drawer(name: str) -> Callable[[Any, Any], None]:
    """The function that draws the panel of a list."""

    def draw(context: Any, layout: Any) -> None:
        group = properties.of_scene(context.scene)
        row = layout.row()
        index = declared.index_name(name)
        row.template_list("INFINITE_PARALLAX_UL_entries", name, group, name, group, index, rows=3)
        _draw_buttons(row.column(align=True), name)
        if name in ("hints", "objects"):
            _draw_over_picture(context, layout, name)
        entry = properties.entry(context.scene, name)
        if entry is None:
            if name in EMPTY:
                draw_sentence(context, layout, EMPTY[name], "INFO")
            return
        draw_settings(context, layout, entry, _shown(name, main_settings))
        if name == "living":
            draw_pokes(context, layout, entry)
        if name == "objects":
            layout.operator("infinite_parallax.refine_object", icon="MOD_MASK")
        if name == "shimmers":
            layout.operator("infinite_parallax.fit_wavelets", icon="RNDCURVE")

    return draw


def draw_pokes(context: Any, layout: Any, entry: Any) -> None:
    """The keys of an entry's pokes as numbers, where there are any, and the button that sets them."""
    found = len(pokes.read(context.scene, entry, properties.of_scene(context.scene).motion.fps))
    if found:
        column = layout.column(align=True)
        column.prop(entry, pokes.PUSH)
        column.prop(entry, pokes.PLACE)
    row = layout.row(align=True)
    row.operator("infinite_parallax.poke", icon="FORCE_HARMONIC")
    row.label(text=f"{found} poke{'s' * (found != 1)}")


def advanced_drawer(name: str) -> Callable[[Any, Any], None]:
    """The function that draws the rarely needed fields of a list's selected entry."""

    def draw(context: Any, layout: Any) -> None:
        entry = properties.entry(context.scene, name)
        if entry is None:
            layout.label(text="Nothing is selected", icon="INFO")
            return
        draw_settings(context, layout, entry, advanced_settings(projects.LISTS[name][0]))

    return draw


def _shown(name: str, choose: Callable[[type[Any]], list[Declared]]) -> list[Declared]:
    return choose(projects.LISTS[name][0])


def _draw_buttons(buttons: Any, name: str) -> None:
    buttons.operator("infinite_parallax.entry_add", text="", icon="ADD").list = name
    buttons.operator("infinite_parallax.entry_remove", text="", icon="REMOVE").list = name
    buttons.separator()
    for direction, icon in (("UP", "TRIA_UP"), ("DOWN", "TRIA_DOWN")):
        button = buttons.operator("infinite_parallax.entry_move", text="", icon=icon)
        button.list, button.direction = name, direction


def _draw_over_picture(context: Any, layout: Any, name: str) -> None:
    """In an editor that shows the picture: draw a new entry over it."""
    if context.space_data is None or context.space_data.type not in ("IMAGE_EDITOR", "SEQUENCE_EDITOR"):
        return
    row = layout.row(align=True)
    row.operator("infinite_parallax.hint_box", text="Box", icon="SELECT_SET").list = name
    row.operator("infinite_parallax.hint_stroke", text="Stroke", icon="GREASEPENCIL").list = name


CLASSES = (INFINITE_PARALLAX_UL_entries,)
