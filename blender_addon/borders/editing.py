"""Edit Borders: drag a layer's upper border as a row, or bend it by points, over the picture.

One operator with two drivers: `invoke` follows the mouse until Return, `execute` does one thing that a script names.
"""

from typing import Any, ClassVar

import bpy

from ...shared import border_editing
from ...shared import plan as plans
from ...shared.border_editing import Hit, Layers, Point
from ...shared.errors import ParallaxError
from .. import properties, refusals, scene_project
from ..operator_parts import OnPicture
from ..refusals import reported
from . import drawing
from .views import view_of

REACH_PX = 12
PASSED_ON = {"MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADPAN", "TRACKPADZOOM", "HOME", "N", "F"}
HELP = "Drag a border · Ctrl+click: add or remove a point · X: remove the point · Return: done · Esc: as before"
NOT_SHOWN = "Show the picture first: in the image editor, or in the sequencer's preview on the first frame."
ACTIONS = [
    ("ROW", "Row", "Move the whole border to the row y"),
    ("ADD", "Add", "Bend the border through x, y"),
    ("MOVE", "Move", "Move a point of the border to x, y"),
    ("REMOVE", "Remove", "Take a point of the border away"),
]


def size_of(scene: Any) -> tuple[int, int]:
    """Width and height of the scene's picture in px."""
    return scene_project.picture_size(scene_project.picture_path(scene))


def layers_to_edit(scene: Any) -> Layers:
    """The layers of the list, or the default cut where it is empty."""
    return properties.layers_of(scene) or tuple(plans.default_layers(size_of(scene)[1]))


def edited(layers: Layers, action: str, hit: Hit, at: Point, size: tuple[int, int]) -> Layers:
    """The layers after one action."""
    if action == "ROW":
        return border_editing.move_row(layers, hit.border, at[1], size[1])
    if action == "ADD":
        return border_editing.add_point(layers, hit.border, at, *size)
    if action == "MOVE":
        return border_editing.move_point(layers, hit.border, hit.point or 0, at, *size)
    return border_editing.remove_point(layers, hit.border, hit.point or 0, *size)


def put(scene: Any, layers: Layers, index: int) -> None:
    """Write layers into the scene and select one."""
    properties.fill_layers(scene, layers)
    properties.of_scene(scene).layer_index = index


class INFINITE_PARALLAX_OT_edit_borders(OnPicture, bpy.types.Operator):
    """Drag the layers' borders over the picture, as rows or as lines with points"""

    bl_idname = "infinite_parallax.edit_borders"
    bl_label = "Edit Borders"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "action": bpy.props.EnumProperty(name="Action", items=ACTIONS, default="ROW"),
        "border": bpy.props.IntProperty(
            name="Border", description="The layer below the border, counted from 0", default=1, min=1
        ),
        "point": bpy.props.IntProperty(name="Point", description="Counted from 0, from the left", default=0, min=0),
        "x": bpy.props.FloatProperty(name="X", description="Column of the picture, in px"),
        "y": bpy.props.FloatProperty(name="Y", description="Row of the picture, in px, from the top"),
    }

    def execute(self, context: Any) -> set[str]:
        """Do one action."""
        with reported(self):
            layers, hit = layers_to_edit(context.scene), Hit(self.border, self.point)
            at = (self.x, self.y)
            put(context.scene, edited(layers, self.action, hit, at, size_of(context.scene)), self.border)
            return {"FINISHED"}
        return {"CANCELLED"}

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Follow the mouse."""
        view = view_of(context)
        if view is None:
            self.report({"WARNING"}, NOT_SHOWN)
            return {"CANCELLED"}
        self._view = view
        with reported(self):
            self._size = size_of(context.scene)
            self._before = properties.layers_of(context.scene)
            put(context.scene, layers_to_edit(context.scene), 1)
            self._held: Hit | None = None
            context.area.header_text_set(HELP)
            context.window_manager.modal_handler_add(self)
            self._look(context, event)
            return {"RUNNING_MODAL"}
        return {"CANCELLED"}

    def _at(self, event: Any) -> Point:
        region = self._view.region
        return self._view.to_picture(event.mouse_x - region.x, event.mouse_y - region.y)

    def _inside(self, event: Any) -> bool:
        region = self._view.region
        x, y = event.mouse_x - region.x, event.mouse_y - region.y
        return 0 <= x < region.width and 0 <= y < region.height

    def _look(self, context: Any, event: Any) -> None:
        """Find what lies under the mouse."""
        here, region = self._at(event), self._view.region
        aside = self._view.to_picture(event.mouse_x - region.x + REACH_PX, event.mouse_y - region.y)
        layers = properties.layers_of(context.scene)
        drawing.live.under_mouse = border_editing.hit(layers, here, abs(aside[0] - here[0]), *self._size)

    def modal(self, context: Any, event: Any) -> set[str]:
        """Follow the mouse."""
        if event.type in ("ESC", "RIGHTMOUSE"):
            put(context.scene, self._before, 0)
            return self._end(context, {"CANCELLED"})
        if event.type in ("RET", "NUMPAD_ENTER"):
            return self._end(context, {"FINISHED"})
        if event.type in PASSED_ON or (self._held is None and not self._inside(event)):
            return {"PASS_THROUGH"}
        try:
            self._take(context, event)
        except ParallaxError as e:
            self.report({"WARNING"}, str(e))
        refusals.redraw(context)
        return {"RUNNING_MODAL"}

    def _take(self, context: Any, event: Any) -> None:
        """Act on one event of the mouse or the keyboard."""
        if event.type == "MOUSEMOVE" and self._held is not None:
            self._do(context, "ROW" if self._held.point is None else "MOVE", self._held, event)
        elif event.type == "MOUSEMOVE":
            self._look(context, event)
        elif event.type == "LEFTMOUSE" and event.value == "PRESS":
            self._look(context, event)
            hit = drawing.live.under_mouse
            if hit is not None and event.ctrl:
                self._do(context, "ADD" if hit.point is None else "REMOVE", hit, event)
                self._look(context, event)
                self._held = drawing.live.under_mouse if hit.point is None else None
            else:
                self._held = hit
        elif event.type == "LEFTMOUSE":
            self._held = None
            self._look(context, event)
        elif event.type in ("X", "DEL") and event.value == "PRESS":
            hit = drawing.live.under_mouse
            if hit is not None and hit.point is not None:
                self._do(context, "REMOVE", hit, event)
                self._look(context, event)

    def _do(self, context: Any, action: str, hit: Hit, event: Any) -> None:
        layers = properties.layers_of(context.scene)
        put(context.scene, edited(layers, action, hit, self._at(event), self._size), hit.border)

    def _end(self, context: Any, result: set[str]) -> set[str]:
        self._held = drawing.live.under_mouse = None
        if context.area is not None:
            context.area.header_text_set(None)
        refusals.redraw(context)
        return result

    def cancel(self, context: Any) -> None:
        """Blender ends the operator: another file is opened, or it quits."""
        drawing.live.under_mouse = None
        if context.area is not None:
            context.area.header_text_set(None)


CLASSES = (INFINITE_PARALLAX_OT_edit_borders,)
