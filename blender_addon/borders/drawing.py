"""The handlers that draw over the picture in the image editor and in the sequencer's preview.

It draws in px of the screen after everything else, so that lines are as thin at every zoom. Without a window there is
nothing to draw on, and Blender's `gpu` module refuses to be used: then there is no handler.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import blf
import bpy

from ...shared import overlay_shapes
from ...shared import plan as plans
from ...shared.border_editing import Hit
from ...shared.errors import ParallaxError
from ...shared.overlay_shapes import Dots, Fill, Label, Line, Shape
from ...shared.plan import Plan
from ...shared.project import Project
from .. import properties, scene_project
from . import tinting
from .views import View, view_of

TEXT_PX = 12
DOT_PX = 9.0


@dataclass
class Live:
    """What an operator at work wants to be seen: what lies under the mouse, and shapes of its own."""

    under_mouse: Hit | None = None
    shapes: list[Shape] = field(default_factory=list)


live = Live()
SPACES = ((bpy.types.SpaceImageEditor, "WINDOW"), (bpy.types.SpaceSequenceEditor, "PREVIEW"))
_handles: list[tuple[Any, str, Any]] = []


def register() -> None:
    """Begin to draw."""
    if not bpy.app.background:
        for space, region in SPACES:
            _handles.append((space, region, space.draw_handler_add(draw, (), region, "POST_PIXEL")))


def unregister() -> None:
    """Draw no longer."""
    while _handles:
        space, region, handle = _handles.pop()
        space.draw_handler_remove(handle, region)
    tinting.free()


def drawn_project(scene: Any) -> tuple[Project, Plan] | None:
    """The project that is drawn, with the layers that it has by default; None while its settings allow no plan."""
    try:
        project, plan = scene_project.plan_of(scene)
    except ParallaxError:
        return None
    return (project if project.layers else replace(project, layers=plans.default_layers(plan.height))), plan


def draw() -> None:
    """Draw over the picture, called by Blender for every image editor and every preview."""
    context = bpy.context
    group = properties.of_scene(context.scene)
    view = view_of(context) if group.show_borders or group.show_mattes else None
    if view is None:
        return
    import gpu

    drawn = drawn_project(context.scene)
    gpu.state.blend_set("ALPHA")
    shapes = overlay_shapes.of_project(*drawn, live.under_mouse, group.layer_index) if drawn else []
    if drawn is not None and group.show_mattes and tinting.has_mattes(drawn[0]):
        tinting.draw(drawn[0], view, group.layer_index)
        shapes = [shape for shape in shapes if not isinstance(shape, Fill)]
    for shape in (*shapes, *live.shapes):
        if group.show_mattes if isinstance(shape, Fill) else group.show_borders:
            _draw_shape(shape, view)
    gpu.state.blend_set("NONE")


def _draw_shape(shape: Shape, view: View) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    if isinstance(shape, Label):
        _draw_label(shape, view)
        return
    if isinstance(shape, Fill):
        both = [point for pair in zip(shape.upper, shape.lower, strict=True) for point in pair]
        kind, shader, points = "TRI_STRIP", gpu.shader.from_builtin("UNIFORM_COLOR"), both
    elif isinstance(shape, Dots):
        kind, shader, points = "POINTS", gpu.shader.from_builtin(_dot_shader()), list(shape.points)
        gpu.state.point_size_set(DOT_PX)
    else:
        kind, shader, points = "LINE_STRIP", gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR"), list(shape.points)
    # three coordinates: the shader of lines takes no other since 4.5
    places = [(*view.to_region(point), 0.0) for point in points]
    batch = batch_for_shader(shader, kind, {"pos": places})
    shader.bind()
    if isinstance(shape, Line):
        shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
        shader.uniform_float("lineWidth", shape.width * bpy.context.preferences.system.ui_scale)
    shader.uniform_float("color", shape.colour)
    batch.draw(shader)


def _dot_shader() -> str:
    return "POINT_UNIFORM_COLOR" if bpy.app.version >= (4, 5) else "UNIFORM_COLOR"


def _draw_label(label: Label, view: View) -> None:
    x, y = view.to_region(label.at)
    scale = bpy.context.preferences.system.ui_scale
    blf.size(0, TEXT_PX * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 3, 0.0, 0.0, 0.0, 1.0)
    blf.position(0, max(x, 0) + 8 * scale, y - (TEXT_PX + 5) * scale, 0)
    blf.color(0, *label.colour)
    blf.draw(0, label.text)
    blf.disable(0, blf.SHADOW)
