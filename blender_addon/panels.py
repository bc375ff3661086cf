"""The Parallax tab, in the sequencer and in the 3D view: the same panels in both.

Panels only draw. What follows from the settings, the steps and the length, is the plan's arithmetic at every redraw,
so it is never out of date.
"""

from typing import Any, ClassVar

import bpy

from ..shared import project as projects
from ..shared import settings
from ..shared.errors import ParallaxError
from ..shared.sections import Layer
from . import properties, scene_project
from .refusals import job_state

SPACES = {"sequencer": "SEQUENCE_EDITOR", "view": "VIEW_3D"}
TITLES = {
    "motion": "Motion",
    "speed": "Speed",
    "cut": "Cut",
    "inpaint": "Painting",
    "walk": "Engine walk",
    "mask": "Mask",
    "plates": "Plates",
    "sound": "Sound",
    "output": "Output",
}
LINE_CHARACTERS = 44


class INFINITE_PARALLAX_UL_layers(bpy.types.UIList):
    """The layers from the top of the picture down."""

    def draw_item(
        self,
        _context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: Any,
        _active: Any,
        _property: Any,
        index: int = 0,
    ) -> None:
        """Name, rows and distance on one line."""
        row = layout.row(align=True)
        empty = {"placeholder": f"layer {index}"} if _placeholders() else {}
        row.prop(item, "name", text="", emboss=False, **empty)
        row.label(text=f"{item.height} rows" if item.use_height else "the rest")


def _placeholders() -> bool:
    return "placeholder" in bpy.types.UILayout.bl_rna.functions["prop"].parameters


def draw_setting(layout: Any, group: Any, d: settings.Declared) -> None:
    """One setting; with its tick box where it may be empty."""
    if not properties.switched(d):
        layout.prop(group, d.name)
        return
    row = layout.row(heading=properties.label(d.name))
    row.prop(group, properties.switch(d.name), text="")
    value = row.row()
    value.enabled = getattr(group, properties.switch(d.name))
    value.prop(group, d.name, text="")


def draw_sentence(layout: Any, text: str, icon: str = "NONE") -> None:
    """A sentence on as many lines as it needs; Blender's labels do not wrap."""
    column = layout.column(align=True)
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= LINE_CHARACTERS:
            column.label(text=line, icon=icon)
            line, icon = "", "BLANK1" if icon != "NONE" else icon
        line = f"{line} {word}".strip()
    column.label(text=line, icon=icon)


def draw_plan(layout: Any, scene: Any) -> None:
    """What follows from the settings, or why nothing does."""
    if not properties.of_scene(scene).picture:
        layout.label(text="Choose a picture", icon="INFO")
        return
    try:
        _, plan = scene_project.plan_of(scene)
    except ParallaxError as e:
        draw_sentence(layout, str(e), "ERROR")
        return
    column = layout.column(align=True)
    column.label(text=f"{plan.width} x {plan.height} px, {len(plan.layers)} layers", icon="IMAGE_DATA")
    column.label(text=f"{plan.steps} steps, {plan.duration_s:.1f} s, {plan.frames} frames", icon="TIME")


def draw_job(layout: Any) -> None:
    """Generate and Cancel, how far the work is, and what went wrong."""
    state = job_state()
    if state.running:
        if hasattr(layout, "progress"):
            layout.progress(factor=state.factor, text=state.status)
        else:
            layout.label(text=state.status)
        layout.operator("infinite_parallax.cancel", icon="CANCEL")
    else:
        row = layout.row()
        row.scale_y = 1.4
        row.operator("infinite_parallax.generate", icon="RENDER_ANIMATION")
        if state.status and not state.error:
            draw_sentence(layout, state.status)
    if state.error:
        box = layout.box()
        draw_sentence(box, state.error, "ERROR")
        if state.hint:
            draw_sentence(box, state.hint)


class MainPanel:
    """Picture, plan, Generate."""

    bl_label = "Infinite Parallax"
    bl_region_type = "UI"
    bl_category = "Parallax"

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        group = properties.of_scene(context.scene)
        self.layout.prop(group, "picture")
        draw_plan(self.layout, context.scene)
        draw_job(self.layout)
        row = self.layout.row(align=True)
        row.operator("infinite_parallax.build_scene")
        row.operator("infinite_parallax.export", icon="RENDER_RESULT")
        row = self.layout.row(align=True)
        row.operator("infinite_parallax.import_project", text="Import", icon="IMPORT")
        row.operator("infinite_parallax.export_project", text="Export", icon="EXPORT")


class LayersPanel:
    """The list of layers and the settings of the selected one."""

    bl_label = "Layers"
    bl_region_type = "UI"
    bl_category = "Parallax"

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        group = properties.of_scene(context.scene)
        row = self.layout.row()
        row.template_list("INFINITE_PARALLAX_UL_layers", "", group, "layers", group, "layer_index", rows=4)
        buttons = row.column(align=True)
        buttons.operator("infinite_parallax.layer_add", text="", icon="ADD")
        buttons.operator("infinite_parallax.layer_remove", text="", icon="REMOVE")
        if not group.layers:
            draw_sentence(self.layout, "Empty: the picture is cut into four layers by itself.", "INFO")
        elif group.layer_index < len(group.layers):
            column = self.layout.column()
            column.use_property_split = True
            for d in properties.generated(Layer):
                draw_setting(column, group.layers[group.layer_index], d)


def draw_speed(layout: Any, group: Any) -> None:
    """The control of the speed, which is keyframed, and the presets that write its keys."""
    row = layout.row(align=True)
    row.use_property_split, row.use_property_decorate = True, True
    row.prop(group, "pace")
    layout.operator_menu_enum("infinite_parallax.speed_preset", "preset", icon="FCURVE")


class SectionPanel:
    """The settings of one section of the project, in the order of their declaration."""

    bl_region_type = "UI"
    bl_category = "Parallax"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}
    section = ""

    def draw(self, context: Any) -> None:
        """Draw the panel."""
        group = properties.of_scene(context.scene)
        column = self.layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        for d in properties.generated(projects.SECTIONS[self.section]):
            draw_setting(column, getattr(group, self.section), d)
        if self.section == "motion":
            draw_speed(self.layout, group)
        if self.section == "output":
            column.prop(group, "video")


def _panels(space: str, kind: str) -> list[type[Any]]:
    """The panels for one kind of editor; the first is the parent of the others."""
    place = {"bl_space_type": kind, "__module__": __name__}
    head = f"INFINITE_PARALLAX_PT_{space}"
    main = type(head, (MainPanel, bpy.types.Panel), {"bl_idname": head, "__doc__": MainPanel.__doc__, **place})
    layers = type(
        f"{head}_layers", (LayersPanel, bpy.types.Panel), {"bl_idname": f"{head}_layers", "bl_parent_id": head, **place}
    )
    sections = [
        type(
            f"{head}_{section}",
            (SectionPanel, bpy.types.Panel),
            {"bl_idname": f"{head}_{section}", "bl_label": TITLES[section], "bl_parent_id": head, "section": section}
            | place,
        )
        for section in projects.SECTIONS
    ]
    return [main, layers, *sections]


CLASSES = (
    INFINITE_PARALLAX_UL_layers,
    *(panel for space, kind in SPACES.items() for panel in _panels(space, kind)),
)
