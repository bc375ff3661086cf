"""Grades as node groups, one for each layer that is graded and one for each grade of the whole.

All tiles of a layer, its covers and objects share one group: what a person changes in it is changed for the layer, and
muting the node, or taking it out, shows the layer as it was. What was changed by hand stays until the grade changes in
the project. Nodes laid open beside each tile's were the other road: forty of them, each with its own values.
"""

from collections.abc import Sequence
from typing import Any

import bpy

from ..shared.grading import Graded
from ..shared.overlays import Sheet, tints
from . import grade_node_steps, grade_nodes, grade_strips, unused
from .grade_strips import MADE
from .timeline import TAG

HELD = "parallax_grade"
"""Beginning of the names under which a scene holds its groups, whatever their own names become. Short, since such a
name has 63 characters at most."""
SHADER, COMPOSITOR = "ShaderNodeTree", "CompositorNodeTree"


def of_layer(scene: Any, kind: str, layer: int, grades: Sequence[Graded], first: int) -> Any | None:
    """The group that does a layer's grades, in materials or in the compositor; None without any.

    Frame 0 of what is keyed is the frame `first` of the scene.
    """
    return _group(scene, kind, f"layer {layer}", grades, first) if grades else None


def of_sheet(scene: Any, kind: str, sheet: Sheet, first: int) -> Any | None:
    """The group that gives a sheet whose colour is keyed its colour; None for the others."""
    return _group(scene, kind, f"{sheet.name} colour", tints(sheet), first) if sheet.colours else None


def of_whole(scene: Any, kind: str, grade: Graded, first: int) -> Any:
    """The group that does a grade of the whole."""
    return _group(scene, kind, grade.name, (grade,), first)


def held(scene: Any) -> list[Any]:
    """All groups of a scene."""
    return [scene[key] for key in dict(scene) if key.startswith(HELD) and scene[key] is not None]


def key_of(kind: str, name: str) -> str:
    """The name under which a scene holds a group."""
    return f"{HELD} {kind.removesuffix('NodeTree')} {name}"


def _group(scene: Any, kind: str, name: str, grades: Sequence[Graded], first: int) -> Any:
    key = key_of(kind, name)
    group = scene.get(key)
    if group is None:
        group = bpy.data.node_groups.new(f"Parallax {name}", kind)
        group.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
        group.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        scene[key] = group
    wanted = grade_strips.wanted(grades, first)
    if group.get(MADE) != wanted:
        group.nodes.clear()
        unused.remove_actions(group)
        _fill(group, kind, grades, first)
        group[MADE] = wanted
    return group


def _fill(group: Any, kind: str, grades: Sequence[Graded], first: int) -> None:
    entrance = group.nodes.new("NodeGroupInput")
    row: Any = (grade_nodes.Chain if kind == SHADER else grade_node_steps.Chain)(group, entrance.outputs[0], first)
    row.label = "Saturation"
    row.saturate(grade_strips.saturations(grades))
    for grade in grades:
        for steps in grade.steps_over_time():
            row.label = f"{grade.number} {steps[0].name}"
            row.add(steps)
    leaving = group.nodes.new("NodeGroupOutput")
    leaving.location = (60 * len(group.nodes), -300)
    group.links.new(row.end, leaving.inputs[0])


def tidy(scene: Any) -> None:
    """Take the groups of a scene away that nothing shows any more."""
    for key in [key for key in dict(scene) if key.startswith(HELD)]:
        group = scene[key]
        # the scene itself is one of those that use it
        if group is None or group.users <= 1:
            del scene[key]
        if group is not None and not group.users:
            unused.remove_actions(group)
            bpy.data.node_groups.remove(group)


def put_behind(source: Any, group: Any | None) -> None:
    """Let what a socket gives go through a group, or through none, before it goes anywhere else.

    Where a person took the node out, it stays away until the grade changes.
    """
    behind, tree = source.node, source.id_data
    wanted = group[MADE] if group is not None else ""
    if behind.get(MADE, "") == wanted:
        return
    behind[MADE] = wanted
    tag = f"grade {behind[TAG].partition(' ')[2]}"
    node = next((node for node in tree.nodes if node.get(TAG) == tag), None)
    if group is None:
        if node is not None:
            take_out(node)
        return
    if node is None:
        node = tree.nodes.new(tree.bl_idname.replace("NodeTree", "NodeGroup"))
        node[TAG], node.location = tag, (behind.location.x, behind.location.y - 300)
        targets = [link.to_socket for link in source.links]
        node.node_tree = group
        for target in targets:
            tree.links.new(node.outputs[0], target)
        tree.links.new(source, node.inputs[0])
    node.node_tree, node.label = group, group.name


def take_out(node: Any) -> None:
    """Take a node away; what led to its first picture leads to where the node led."""
    tree, entrance = node.id_data, next(s for s in node.inputs if s.enabled and s.type == "RGBA")
    leaving = next(s for s in node.outputs if s.enabled)
    for link in list(leaving.links):
        if entrance.is_linked:
            tree.links.new(entrance.links[0].from_socket, link.to_socket)
    tree.nodes.remove(node)
