"""Add, remove and move the entries of any list of the project: one set of operators for all of them.

A list that is declared in the project gets its buttons by that alone. Layers have operators of their own, because
their heights have to add up to the picture.
"""

from dataclasses import replace
from typing import Any, ClassVar

import bpy

from ..shared import project as projects
from . import declared, properties, renumbering, scene_project
from .operator_parts import UNDOABLE
from .refusals import reported

PLAIN_LISTS = tuple(name for name in projects.LISTS if name != "layers")
WHICH = {"name": "List", "items": [(name, declared.label(name), "") for name in PLAIN_LISTS]}


def fresh(scene: Any, cls: type[Any]) -> Any:
    """A new entry: on the selected layer, and round the middle of the picture if it has to point at something."""
    value, given = cls(), {}
    if isinstance(getattr(value, "layer", None), int):
        given["layer"] = properties.of_scene(scene).layer_index
    if hasattr(value, "box") and properties.of_scene(scene).picture:
        width, height = scene_project.picture_size(scene_project.picture_path(scene))
        given["box"] = tuple(float(round(v)) for v in (width / 3, height / 3, 2 * width / 3, 2 * height / 3))
    return replace(value, **given)


def _kinds(name: str, entries: Any) -> list[str]:
    """The kinds of overlays; nothing of the other lists goes by them."""
    return [entry.kind for entry in entries] if name == "overlays" else []


class INFINITE_PARALLAX_OT_entry_add(bpy.types.Operator):
    """Add an entry to the list and select it"""

    bl_idname = "infinite_parallax.entry_add"
    bl_label = "Add Entry"
    bl_options: ClassVar[set[str]] = UNDOABLE
    __annotations__ = {"list": bpy.props.EnumProperty(**WHICH)}

    def execute(self, context: Any) -> set[str]:
        """Add."""
        with reported(self):
            properties.add_entry(context.scene, self.list, fresh(context.scene, projects.LISTS[self.list][0]))
            return {"FINISHED"}
        return {"CANCELLED"}


class INFINITE_PARALLAX_OT_entry_remove(bpy.types.Operator):
    """Remove the selected entry of the list"""

    bl_idname = "infinite_parallax.entry_remove"
    bl_label = "Remove Entry"
    bl_options: ClassVar[set[str]] = UNDOABLE
    __annotations__ = {"list": bpy.props.EnumProperty(**WHICH)}

    def execute(self, context: Any) -> set[str]:
        """Remove."""
        if properties.entry(context.scene, self.list) is None:
            self.report({"WARNING"}, "The list is empty: there is nothing to remove.")
            return {"CANCELLED"}
        group, index = properties.of_scene(context.scene), declared.index_name(self.list)
        entries, at = getattr(group, self.list), getattr(group, index)
        order, kinds = renumbering.removed(len(entries), at), _kinds(self.list, entries)
        entries.remove(at)
        setattr(group, index, max(0, min(at, len(entries) - 1)))
        renumbering.renumber(context.scene, self.list, order, kinds)
        return {"FINISHED"}


class INFINITE_PARALLAX_OT_entry_move(bpy.types.Operator):
    """Move the selected entry up or down the list"""

    bl_idname = "infinite_parallax.entry_move"
    bl_label = "Move Entry"
    bl_options: ClassVar[set[str]] = UNDOABLE
    __annotations__ = {
        "list": bpy.props.EnumProperty(**WHICH),
        "direction": bpy.props.EnumProperty(
            name="Direction", items=[("UP", "Up", "Up"), ("DOWN", "Down", "Down")], default="UP"
        ),
    }

    def execute(self, context: Any) -> set[str]:
        """Move."""
        group, index = properties.of_scene(context.scene), declared.index_name(self.list)
        entries, at = getattr(group, self.list), getattr(group, index)
        to = at + (-1 if self.direction == "UP" else 1)
        if properties.entry(context.scene, self.list) is None or not 0 <= to < len(entries):
            self.report({"WARNING"}, "There is no place in that direction.")
            return {"CANCELLED"}
        entries.move(at, to)
        setattr(group, index, to)
        order = renumbering.moved(len(entries), at, to)
        kinds = _kinds(self.list, [entries[order[n]] for n in range(len(entries))])
        renumbering.renumber(context.scene, self.list, order, kinds)
        return {"FINISHED"}


CLASSES = (INFINITE_PARALLAX_OT_entry_add, INFINITE_PARALLAX_OT_entry_remove, INFINITE_PARALLAX_OT_entry_move)
