"""Speed presets: an operator that writes keyframes on the control of the speed, on top of those that are there."""

from typing import Any, ClassVar

import bpy

from ..shared import pace_presets as presets
from ..shared.pace import Points
from . import properties, scene_project, speed, timeline
from .refusals import reported

PRESETS = (
    ("EASE_IN", "Ease In", "Set off from rest"),
    ("EASE_OUT", "Ease Out", "Come to rest where the journey ends"),
    ("EASE_BOTH", "Ease In and Out", "Set off from rest and come to rest"),
    ("HOLD", "Hold", "From the current frame on, brake, stand still and set off again"),
    ("RAMP", "Speed Ramp", "From the current frame on, go over to another speed"),
    ("CONSTANT", "Constant", "Take all keyframes of the speed away"),
)


class INFINITE_PARALLAX_OT_speed_preset(bpy.types.Operator):
    """Write keyframes on the speed; build the scene again to apply them"""

    bl_idname = "infinite_parallax.speed_preset"
    bl_label = "Speed Preset"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "preset": bpy.props.EnumProperty(name="Preset", items=PRESETS),
        "seconds": bpy.props.FloatProperty(
            name="Duration", description="Seconds of the ease, the standstill or the ramp", default=2.0, min=0.01
        ),
        "factor": bpy.props.FloatProperty(name="To", description="Speed after a ramp", default=2.0, min=0.0),
    }

    def execute(self, context: Any) -> set[str]:
        """Change the curve that is there."""
        with reported(self):
            scene = context.scene
            group = properties.of_scene(scene)
            fps = properties.project(scene).motion.fps
            now = speed.in_frames(speed.points(scene, group, fps), fps)
            points = () if self.preset == "CONSTANT" else self._changed(scene, now, fps)
            speed.write(scene, group, [(frame / fps, factor) for frame, factor in points], fps)
            return {"FINISHED"}
        return {"CANCELLED"}

    def _changed(self, scene: Any, points: Points, fps: float) -> Points:
        frames = max(1, round(self.seconds * fps))
        at = max(0, scene.frame_current - timeline.first_frame(scene))
        if self.preset == "RAMP":
            return presets.ramp(points, at, frames, self.factor)
        if self.preset == "HOLD":
            return presets.hold(points, at, frames, max(1, frames // 4))
        if self.preset != "EASE_OUT":
            points = presets.ease_in(points, frames)
        return presets.ease_out(points, frames, scene_project.way_frames(scene)) if self.preset != "EASE_IN" else points


CLASSES = (INFINITE_PARALLAX_OT_speed_preset,)
