"""Box and Stroke: mark an object over the picture, as a hint for the active layer or as an object that is lifted out.

Each is one operator with two drivers: `invoke` follows one drag of the mouse, `execute` takes the places from a script.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

import bpy

from ...shared import border_editing, overlay_shapes, settings
from ...shared import project as projects
from ...shared.border_editing import Point
from ...shared.overlay_shapes import Line
from ...shared.sections import Hint
from .. import properties, refusals
from ..operator_parts import OnPicture
from ..refusals import reported
from . import drawing
from .editing import NOT_SHOWN, PASSED_ON, size_of
from .views import View, view_of

LISTS = [("hints", "Hint", "It belongs whole to the layer"), ("objects", "Object", "It is lifted out of the picture")]
LAYER = bpy.props.IntProperty(name="Layer", description="Counted from 0; -1: the selected one", default=-1, min=-1)


class Marking(OnPicture):
    """The part of both operators that follows the mouse; `shape` says what is drawn meanwhile, `take` keeps it."""

    help = ""

    def take(self, size: tuple[int, int], places: Sequence[Point]) -> None:
        """Keep the places of a drag as the operator's own properties."""
        raise NotImplementedError

    def outline(self, places: Sequence[Point]) -> Line:
        """What is drawn while dragging."""
        raise NotImplementedError

    def seen(self, context: Any) -> View | None:
        """The picture that is marked."""
        return view_of(context)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Wait for the drag."""
        view = self.seen(context)
        if view is None:
            self.report({"WARNING"}, NOT_SHOWN)
            return {"CANCELLED"}
        self._view = view
        with reported(self):
            self._size, self._places, self._down = size_of(context.scene), [], False
            context.area.header_text_set(self.help)
            context.window.cursor_modal_set("CROSSHAIR")
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        return {"CANCELLED"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Follow the drag."""
        if event.type in ("ESC", "RIGHTMOUSE"):
            return self._end(context, {"CANCELLED"})
        if event.type in PASSED_ON:
            return {"PASS_THROUGH"}
        region = self._view.region
        here = self._view.to_picture(event.mouse_x - region.x, event.mouse_y - region.y)
        if event.type == "LEFTMOUSE" and event.value == "PRESS":
            self._down = True
        if self._down:
            self._places.append(here)
            drawing.live.shapes = [self.outline(self._places)]
            refusals.redraw(context)
        if event.type == "LEFTMOUSE" and event.value == "RELEASE" and self._down:
            with reported(self):
                self.take(self._size, self._places)
                return self._end(context, self.execute(context))
            return self._end(context, {"CANCELLED"})
        return {"RUNNING_MODAL"}

    def _end(self, context: Any, result: set[str]) -> set[str]:
        self.cancel(context)
        refusals.redraw(context)
        return result

    def cancel(self, context: Any) -> None:
        """Draw nothing more; also when Blender ends the operator."""
        drawing.live.shapes = []
        if context.area is not None:
            context.area.header_text_set(None)
        if context.window is not None:
            context.window.cursor_modal_restore()

    def keep(self, context: Any, **values: Any) -> set[str]:
        """Add an entry with the values to the list."""
        scene = context.scene
        layer = self.layer if self.layer >= 0 else properties.of_scene(scene).layer_index
        properties.add_entry(scene, self.list, projects.LISTS[self.list][0](layer=layer, **values))
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_hint_box(Marking, bpy.types.Operator):
    """Drag a box round an object of the picture and give it to the selected layer"""

    bl_idname = "infinite_parallax.hint_box"
    bl_label = "Mark with a Box"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    help = "Drag from one corner of the object to the other · Esc: as before"
    __annotations__ = {
        "list": bpy.props.EnumProperty(name="As", items=LISTS),
        "layer": LAYER,
        "box": bpy.props.FloatVectorProperty(name="Box", description="Left, top, right, bottom, in px", size=4),
    }

    def outline(self, places: Sequence[Point]) -> Line:
        """The box by now."""
        (ax, ay), (bx, by) = places[0], places[-1]
        return Line(overlay_shapes.rectangle((ax, ay, bx, by)), (1.0, 1.0, 1.0, 1.0))

    def take(self, size: tuple[int, int], places: Sequence[Point]) -> None:
        """The corners of the drag."""
        self.box = border_editing.box(places[0], places[-1], *size)

    def execute(self, context: Any) -> set[str]:
        """Add the entry."""
        with reported(self):
            left, top, right, bottom = self.box
            box = border_editing.box((left, top), (right, bottom), *size_of(context.scene))
            return self.keep(context, box=tuple(round(v, 1) for v in box))
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_hint_stroke(Marking, bpy.types.Operator):
    """Draw a brush stroke over an object of the picture and give it to the selected layer"""

    bl_idname = "infinite_parallax.hint_stroke"
    bl_label = "Mark with a Stroke"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    help = "Draw along the object with the mouse pressed · Esc: as before"
    __annotations__ = {
        "list": bpy.props.EnumProperty(name="As", items=LISTS),
        "layer": LAYER,
        "points": bpy.props.StringProperty(name="Points", description="[[x, y], ...] in px of the picture"),
    }

    def outline(self, places: Sequence[Point]) -> Line:
        """The stroke by now."""
        return Line(tuple(places), (1.0, 1.0, 1.0, 0.8), 5.0)

    def take(self, size: tuple[int, int], places: Sequence[Point]) -> None:
        """The way of the drag."""
        self.points = json.dumps(border_editing.stroke(places, *size))

    def execute(self, context: Any) -> set[str]:
        """Add the entry."""
        with reported(self):
            given = {"stroke": projects.parse(self.points or "[]", "points")}
            stroke = border_editing.stroke(settings.read(Hint, given, "").stroke, *size_of(context.scene))
            return self.keep(context, stroke=tuple((round(x, 1), round(y, 1)) for x, y in stroke))
        return {"CANCELLED"}


CLASSES = (INFINITE_PARALLAX_OT_hint_box, INFINITE_PARALLAX_OT_hint_stroke)
