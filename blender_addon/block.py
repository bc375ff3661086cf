"""The whole of what is built as one block on the timeline: select its strips, move all of it by some frames.

Blender moves keys with the strips that it moves, in every version, but not the keys of a scene, a node group or an
object, nor the frame that a driver counts from; so for the compositor and the planes, for the overlays, and for the
control of the speed, moving is done here.
"""

from typing import Any, ClassVar

import bpy

from ..shared.errors import UsageError
from . import (
    compat,
    compositing,
    drawn_rows,
    grade_groups,
    overlay_strips,
    planes,
    sheet_formulas,
    shimmer_nodes,
    timeline,
)
from .held import HELD
from .refusals import reported
from .scene_settings import RANGE


def move(scene: Any, frames: int) -> None:
    """Move all that is ours in a scene, with its keys, its speed and the frame range, by a number of frames.

    UsageError if it would begin before frame 0, which Blender does not render.
    """
    first = timeline.first_frame(scene)
    if first + frames < 0:
        raise UsageError(f"It begins on frame {first} and cannot go {-frames} frames back.", "Move it less far.")
    strips = timeline.mine(scene)
    # the last first on the way up, so that none meets another of ours that has yet to move
    for strip in sorted(strips, key=compat.start, reverse=frames > 0):
        compat.move(strip, frames)
    overlay_strips.move(scene, strips, frames)
    for shown in _scenes(scene):
        # what is keyed in this scene is read on the frame of that one
        shown.frame_end, shown.frame_start = shown.frame_end + frames, shown.frame_start + frames
    _move_formulas(scene, frames)
    # the panel's keys: those of strips Blender has moved
    _shift([curve for curve in compat.curves(scene) if curve.data_path.startswith("infinite_parallax.")], frames)
    for datablock in _datablocks(scene):
        _shift(compat.curves(datablock), frames)
    scene.frame_start, scene.frame_end = scene.frame_start + frames, scene.frame_end + frames
    scene[timeline.FIRST] = int(scene.get(timeline.FIRST, timeline.FIRST_FRAME)) + frames
    if RANGE in scene:
        scene[RANGE] = [int(n) + frames for n in scene[RANGE]]
    for strip in strips:
        if timeline.LAID in strip:
            first, length = (int(n) for n in strip[timeline.LAID])
            strip[timeline.LAID] = [first + frames, length]


def _datablocks(scene: Any) -> list[Any]:
    """Everything else of ours in a scene that has keys or drivers."""
    found: list[Any] = _groups(scene) + grade_groups.held(scene)
    found += [scene[HELD]] if HELD in scene else []
    for thing in _objects(scene):
        trees = [slot.material.node_tree for slot in thing.material_slots if slot.material is not None]
        shape = getattr(thing.data, "shape_keys", None)
        groups = [group for tree in trees if tree is not None and (group := shimmer_nodes.group_of(tree)) is not None]
        found += [thing, *trees, *groups, *([shape] if shape is not None else [])]
    return found


def _groups(scene: Any) -> list[Any]:
    groups = [compositing.group_of(scene, kind) for kind in ("compositor", "planes")]
    return [group for group in groups if group is not None]


def _objects(scene: Any) -> list[Any]:
    swaying = [thing for shown in _scenes(scene) for thing in shown.collection.objects]
    return planes.objects(scene) + drawn_rows.objects(scene) + swaying


def _scenes(scene: Any) -> list[Any]:
    """The scenes of planes whose rows move each by itself, which strips of ours show."""
    found = [strip.scene for strip in timeline.mine(scene) if strip.type == "SCENE"]
    return [shown for shown in found if shown is not None]


def _move_formulas(scene: Any, frames: int) -> None:
    """Let the drivers of nodes and planes count from so many frames later on."""
    data = [datablock.animation_data for datablock in _datablocks(scene)]
    drivers = [curve for animation in data if animation is not None for curve in animation.drivers]
    nodes = [node for group in _groups(scene) for node in group.nodes]
    sheet_formulas.move(drivers, [*nodes, *_objects(scene)], frames)


def _shift(curves: Any, frames: int) -> None:
    for curve in curves:
        for point in curve.keyframe_points:
            point.co.x += frames
            point.handle_left.x += frames
            point.handle_right.x += frames
        curve.update()


class INFINITE_PARALLAX_OT_select_strips(bpy.types.Operator):
    """Select all strips of the scene that was built, to move or trim them together"""

    bl_idname = "infinite_parallax.select_strips"
    bl_label = "Select Parallax Strips"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with strips of ours."""
        cls.poll_message_set("Generate or build the scene first")
        return bool(timeline.mine(context.scene))

    def execute(self, context: Any) -> set[str]:
        """Select ours, and nothing else."""
        for strip in compat.all_strips(context.scene.sequence_editor):
            strip.select = timeline.TAG in strip
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_move(bpy.types.Operator):
    """Move the whole scene along the timeline: strips, keyframes, speed and frame range"""

    bl_idname = "infinite_parallax.move"
    bl_label = "Move in Time"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}
    __annotations__ = {
        "frames": bpy.props.IntProperty(name="Frames", description="How far; negative is earlier", default=0)
    }

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible once something is built."""
        cls.poll_message_set("Generate or build the scene first")
        return timeline.FIRST in context.scene

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask how far."""
        result: set[str] = context.window_manager.invoke_props_dialog(self)
        return result

    def execute(self, context: Any) -> set[str]:
        """Move."""
        with reported(self):
            move(context.scene, self.frames)
            return {"FINISHED"}
        return {"CANCELLED"}


CLASSES = (INFINITE_PARALLAX_OT_select_strips, INFINITE_PARALLAX_OT_move)
