"""The handler that draws over the picture in the image editor.

It draws in px of the screen after everything else, so that lines are as thin at every zoom. Without a window there is
nothing to draw on, and Blender's `gpu` module refuses to be used: then there is no handler.
"""

from dataclasses import dataclass, field
from typing import Any

import blf
import bpy

from ...shared import overlay_shapes
from ...shared import plan as plans
from ...shared.border_editing import Hit, Point
from ...shared.errors import ParallaxError
from ...shared.overlay_shapes import Dots, Fill, Label, Line, Shape
from .. import picture_sources, properties, scene_project

TEXT_PX = 12
DOT_PX = 9.0


@dataclass
class Live:
    """What an operator at work wants to be seen: what lies under the mouse, and shapes of its own."""

    under_mouse: Hit | None = None
    shapes: list[Shape] = field(default_factory=list)


live = Live()
_handle: list[Any] = []


def register() -> None:
    """Begin to draw."""
    if not bpy.app.background:
        _handle.append(bpy.types.SpaceImageEditor.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL"))


def unregister() -> None:
    """Draw no longer."""
    while _handle:
        bpy.types.SpaceImageEditor.draw_handler_remove(_handle.pop(), "WINDOW")


def shapes_of(scene: Any) -> list[Shape]:
    """What is drawn over a scene's picture; nothing while its settings allow no plan."""
    try:
        project, plan = scene_project.plan_of(scene)
    except ParallaxError:
        return list(live.shapes)
    if not project.layers:
        project = _with_default_layers(project, plan.height)
    layer = properties.of_scene(scene).layer_index
    return [*overlay_shapes.of_project(project, plan, live.under_mouse, layer), *live.shapes]


def _with_default_layers(project: Any, height: int) -> Any:
    return type(project)(**{**vars(project), "layers": plans.default_layers(height)})


def shows_picture(context: Any) -> bool:
    """Whether the area is an image editor with the scene's picture in it."""
    space = context.space_data
    if space is None or space.type != "IMAGE_EDITOR" or space.image is None:
        return False
    return bool(space.image == picture_sources.image_of(context.scene))


def draw() -> None:
    """Draw over the picture, called by Blender for every image editor."""
    context = bpy.context
    if not properties.of_scene(context.scene).show_borders or not shows_picture(context):
        return
    import gpu

    size = context.space_data.image.size
    if not size[0] or not size[1]:
        return
    gpu.state.blend_set("ALPHA")
    for shape in shapes_of(context.scene):
        _draw_shape(shape, context.region, size)
    gpu.state.blend_set("NONE")


def to_region(region: Any, size: Any, at: Point) -> tuple[float, float]:
    """Px of the picture to px of the region."""
    x, y = region.view2d.view_to_region(at[0] / size[0], 1 - at[1] / size[1], clip=False)
    return float(x), float(y)


def to_picture(region: Any, size: Any, x: float, y: float) -> Point:
    """Px of the region to px of the picture."""
    u, v = region.view2d.region_to_view(x, y)
    return u * size[0], (1 - v) * size[1]


def _draw_shape(shape: Shape, region: Any, size: Any) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    if isinstance(shape, Label):
        _draw_label(shape, region, size)
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
    places = [(*to_region(region, size, point), 0.0) for point in points]
    batch = batch_for_shader(shader, kind, {"pos": places})
    shader.bind()
    if isinstance(shape, Line):
        shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
        shader.uniform_float("lineWidth", shape.width * bpy.context.preferences.system.ui_scale)
    shader.uniform_float("color", shape.colour)
    batch.draw(shader)


def _dot_shader() -> str:
    return "POINT_UNIFORM_COLOR" if bpy.app.version >= (4, 5) else "UNIFORM_COLOR"


def _draw_label(label: Label, region: Any, size: Any) -> None:
    x, y = to_region(region, size, label.at)
    scale = bpy.context.preferences.system.ui_scale
    blf.size(0, TEXT_PX * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 3, 0.0, 0.0, 0.0, 1.0)
    blf.position(0, max(x, 0) + 8 * scale, y - (TEXT_PX + 5) * scale, 0)
    blf.color(0, *label.colour)
    blf.draw(0, label.text)
    blf.disable(0, blf.SHADOW)
