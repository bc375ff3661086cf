"""The panel of the layers: the list, what can be done with it, and the settings of the selected one."""

from typing import Any

import bpy

from ...shared import arrows
from ...shared.errors import ParallaxError
from ...shared.plan import Plan
from ...shared.sections import Layer
from .. import muting, properties, scene_project
from ..refusals import job_state
from ..sentences import draw_sentence, narrow, placeholder
from .drawing import advanced_settings, draw_settings, main_settings


class INFINITE_PARALLAX_UL_layers(bpy.types.UIList):
    """The layers from the top of the picture down."""

    def draw_item(
        self,
        context: Any,
        layout: Any,
        _data: Any,
        item: Any,
        _icon: Any,
        _active: Any,
        _property: Any,
        index: int = 0,
    ) -> None:
        """Name and speed on one line, and whether it is shown."""
        empty = placeholder(f"layer {index}")
        row = layout.row(align=True)
        row.prop(item, "name", text="", emboss=False, icon_value=0, **empty)
        right = row.row()
        right.alignment = "RIGHT"
        speed, things = speed_of(index), muting.of_layer(context.scene, index)
        if not (things and narrow(context)):
            right.label(text=speed.removesuffix(" px/s") if narrow(context) else speed)
        if things:
            muted = muting.is_muted(things)
            button = row.operator(
                "infinite_parallax.layer_mute", text="", icon="HIDE_ON" if muted else "HIDE_OFF", emboss=False
            )
            button.layer = index


class _Drawn:
    """The plan of the panel that is being drawn: every line of the list wants it, and it costs some milliseconds."""

    plan: Plan | None = None


def speed_of(index: int) -> str:
    """A layer's speed as one reads it; empty where the plan cannot say."""
    plan = _Drawn.plan
    if plan is None or index >= len(plan.layers):
        return ""
    return arrows.speed(plan.layers[index].velocity, plan.seconds_per_step)


def plan_or_none(scene: Any) -> Plan | None:
    """The scene's plan, unless something in the settings forbids one."""
    try:
        return scene_project.plan_of(scene)[1]
    except ParallaxError:
        return None


def draw(context: Any, layout: Any) -> None:
    """Draw the panel."""
    group = properties.of_scene(context.scene)
    _Drawn.plan = plan_or_none(context.scene)
    row = layout.row()
    row.template_list("INFINITE_PARALLAX_UL_layers", "", group, "layers", group, "layer_index", rows=6)
    _draw_buttons(row.column(align=True))
    layout.operator("infinite_parallax.suggest_layers", icon="OUTLINER_OB_LIGHTPROBE")
    state = job_state()
    if state.asking:
        layout.label(text=f"{state.asking} ...", icon="SORTTIME")
    elif state.suggestion:
        draw_sentence(context, layout, state.suggestion, "INFO")
    if not group.layers:
        draw_sentence(context, layout, "No layers: the picture is cut by itself.", "INFO")
        return
    if context.space_data is not None and context.space_data.type in ("IMAGE_EDITOR", "SEQUENCE_EDITOR"):
        layout.operator("infinite_parallax.edit_borders", icon="CURVE_PATH")
    layer = properties.entry(context.scene, "layers")
    if layer is not None:
        draw_settings(context, layout, layer, main_settings(Layer))


def _draw_buttons(buttons: Any) -> None:
    buttons.operator("infinite_parallax.layer_add", text="", icon="ADD")
    buttons.operator("infinite_parallax.layer_remove", text="", icon="REMOVE")
    buttons.separator()
    buttons.operator("infinite_parallax.layer_merge", text="", icon="AUTOMERGE_ON")
    buttons.separator()
    for direction, icon in (("UP", "TRIA_UP"), ("DOWN", "TRIA_DOWN")):
        buttons.operator("infinite_parallax.layer_move", text="", icon=icon).direction = direction


def draw_advanced(context: Any, layout: Any) -> None:
    """The rarely needed settings of the selected layer."""
    layer = properties.entry(context.scene, "layers")
    if layer is None:
        layout.label(text="No layer is selected", icon="INFO")
        return
    draw_settings(context, layout, layer, advanced_settings(Layer))


CLASSES = (INFINITE_PARALLAX_UL_layers,)
