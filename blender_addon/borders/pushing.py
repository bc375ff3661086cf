"""Poke: a drag over the picture pushes the selected living layer at the current frame, as a key of its push.

One operator with two drivers, like those that mark: `invoke` follows the drag, from the place that is pushed to where
it is pushed to, and asks for numbers where no picture is in view; `execute` takes them from a script.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import bpy

from ...shared.border_editing import Point
from ...shared.errors import UsageError
from ...shared.overlay_shapes import Line
from .. import pokes, properties
from ..refusals import reported
from .marking import Marking
from .views import View, view_of

ARROW = (1.0, 0.8, 0.2, 1.0)


class INFINITE_PARALLAX_OT_poke(Marking, bpy.types.Operator):
    """Push the selected living layer at the current frame and let it ring out; build the scene again to see it"""

    bl_idname = "infinite_parallax.poke"
    bl_label = "Poke"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    help = "Drag from the place that is pushed, as far as it is to go · Esc: as before"
    __annotations__ = {
        "push_px": bpy.props.FloatVectorProperty(
            name="Push", description="How far, to the right and down, in px", size=2, default=(20.0, 0.0)
        ),
        "placed": bpy.props.BoolProperty(
            name="At a place", description="Push one place of the frame; otherwise where the layer swings farthest"
        ),
        "place": bpy.props.FloatVectorProperty(
            name="Place", description="The place of the frame that is pushed, in px from its upper left corner", size=2
        ),
    }

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a living layer."""
        cls.poll_message_set("Add a living layer first")
        return properties.entry(context.scene, "living") is not None

    def seen(self, context: Any) -> View | None:
        """The frame itself: what is pushed there has travelled."""
        return view_of(context, first_only=False)

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Wait for the drag, or ask for numbers."""
        if self.seen(context) is not None:
            return super().invoke(context, event)
        return set(context.window_manager.invoke_props_dialog(self))

    def outline(self, places: Sequence[Point]) -> Line:
        """The push by now."""
        return Line((places[0], places[-1]), ARROW, 3.0)

    def take(self, _size: tuple[int, int], places: Sequence[Point]) -> None:
        """Where the drag began, and how far it went."""
        (ax, ay), (bx, by) = places[0], places[-1]
        self.placed, self.place, self.push_px = True, (ax, ay), (bx - ax, by - ay)

    def execute(self, context: Any) -> set[str]:
        """Set the keys."""
        with reported(self):
            if not any(self.push_px):
                raise UsageError("The poke goes nowhere.", "Give how far it pushes, or drag.")
            place = (self.place[0], self.place[1]) if self.placed else None
            entry, fps = properties.entry(context.scene, "living"), properties.of_scene(context.scene).motion.fps
            pokes.add(context.scene, entry, (self.push_px[0], self.push_px[1]), place, fps)
            self.report({"INFO"}, f"Poked at frame {context.scene.frame_current}. Build the scene to see it.")
            return {"FINISHED"}
        return {"CANCELLED"}


CLASSES = (INFINITE_PARALLAX_OT_poke,)
