"""Operators over the list of layers: they gather, call a plain function, and report."""

from typing import Any, ClassVar

import bpy

from ..shared import layer_list
from ..shared import plan as plans
from ..shared.errors import UsageError
from ..shared.project import MOST_LAYERS
from . import muting, properties, scene_project
from .operator_parts import UNDOABLE, OnPicture
from .refusals import reported


def height_of(scene: Any) -> int:
    """Rows of the scene's picture."""
    return scene_project.picture_size(scene_project.picture_path(scene))[1]


def _selected(group: Any) -> int:
    """The number of the selected layer."""
    return min(int(group.layer_index), len(group.layers) - 1)


class INFINITE_PARALLAX_OT_layer_add(OnPicture, bpy.types.Operator):
    """Cut the selected layer in two; the first time, take the default cut over into the list"""

    bl_idname = "infinite_parallax.layer_add"
    bl_label = "Split Layer"
    bl_options: ClassVar[set[str]] = UNDOABLE

    def execute(self, context: Any) -> set[str]:
        """Add."""
        with reported(self):
            group = properties.of_scene(context.scene)
            if not group.layers:
                properties.fill_layers(context.scene, plans.default_layers(height_of(context.scene)))
                return {"FINISHED"}
            if len(group.layers) >= MOST_LAYERS:
                raise UsageError(f"There are {MOST_LAYERS} layers, which is the most.", "Remove one first.")
            index = _selected(group)
            properties.edit_layers(context.scene, lambda project: layer_list.split(project, index))
            group.layer_index = index + 1
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_layer_remove(bpy.types.Operator):
    """Remove the selected layer; its rows go to the next one"""

    bl_idname = "infinite_parallax.layer_remove"
    bl_label = "Remove Layer"
    bl_options: ClassVar[set[str]] = UNDOABLE

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a layer."""
        cls.poll_message_set("The list is empty: the picture is cut by itself")
        return len(properties.of_scene(context.scene).layers) > 0

    def execute(self, context: Any) -> set[str]:
        """Remove."""
        with reported(self):
            group = properties.of_scene(context.scene)
            index = _selected(group)
            properties.edit_layers(context.scene, lambda project: layer_list.remove(project, index))
            group.layer_index = max(0, min(index, len(group.layers) - 1))
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_layer_merge(bpy.types.Operator):
    """Join the selected layer with the one below it; the upper one's name and speed stay"""

    bl_idname = "infinite_parallax.layer_merge"
    bl_label = "Merge with Next Layer"
    bl_options: ClassVar[set[str]] = UNDOABLE

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with a layer below the selected one."""
        group = properties.of_scene(context.scene)
        cls.poll_message_set("The selected layer has none below it")
        return group.layer_index < len(group.layers) - 1

    def execute(self, context: Any) -> set[str]:
        """Merge."""
        with reported(self):
            index = properties.of_scene(context.scene).layer_index
            properties.edit_layers(context.scene, lambda project: layer_list.merge(project, index))
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_layer_move(bpy.types.Operator):
    """Exchange the selected layer with its neighbour; its height, name and speed go along"""

    bl_idname = "infinite_parallax.layer_move"
    bl_label = "Move Layer"
    bl_options: ClassVar[set[str]] = UNDOABLE
    __annotations__ = {
        "direction": bpy.props.EnumProperty(
            name="Direction", items=[("UP", "Up", "Farther"), ("DOWN", "Down", "Nearer")], default="UP"
        )
    }

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible with two layers."""
        cls.poll_message_set("There are not two layers in the list")
        return len(properties.of_scene(context.scene).layers) > 1

    def execute(self, context: Any) -> set[str]:
        """Move."""
        with reported(self):
            scene, group = context.scene, properties.of_scene(context.scene)
            index = group.layer_index
            upper, goes_to = (index - 1, index - 1) if self.direction == "UP" else (index, index + 1)
            height = height_of(scene)
            properties.edit_layers(scene, lambda project: layer_list.swap(project, upper, height))
            group.layer_index = goes_to
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_layer_mute(bpy.types.Operator):
    """Hide a layer where it is built, or show it again"""

    bl_idname = "infinite_parallax.layer_mute"
    bl_label = "Mute Layer"
    bl_options: ClassVar[set[str]] = UNDOABLE
    __annotations__ = {
        "layer": bpy.props.IntProperty(name="Layer", description="Counted from 0; -1: the selected one", default=-1)
    }

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Possible once something is built."""
        cls.poll_message_set("Generate first: muting hides a layer where it is built")
        return next(muting.shown(context.scene), None) is not None

    def execute(self, context: Any) -> set[str]:
        """Mute, or no longer."""
        with reported(self):
            layer = self.layer if self.layer >= 0 else properties.of_scene(context.scene).layer_index
            things = muting.of_layer(context.scene, layer)
            if not things:
                raise UsageError(f"Layer {layer} is not built.", "Generate or build the scene again.")
            muting.mute(things, not muting.is_muted(things))
            return {"FINISHED"}
        return {"CANCELLED"}


CLASSES = (
    INFINITE_PARALLAX_OT_layer_add,
    INFINITE_PARALLAX_OT_layer_remove,
    INFINITE_PARALLAX_OT_layer_merge,
    INFINITE_PARALLAX_OT_layer_move,
    INFINITE_PARALLAX_OT_layer_mute,
)
