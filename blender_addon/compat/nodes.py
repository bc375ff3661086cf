"""The compositor's tree, and nodes whose choices were attributes and are inputs since 5.0.

What a node is set to is said by meaning, and its sockets are found by name: their order is another in every version.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import bpy

from .animation import Triple, set_series

MIX, MATH = (
    ours if hasattr(bpy.types, ours) else others
    for ours, others in (("CompositorNodeMixRGB", "ShaderNodeMix"), ("CompositorNodeMath", "ShaderNodeMath"))
)
"""Kinds of nodes that the compositor has of its own up to 4.5, and shares with materials since 5.0."""


def compositor_tree_there(scene: Any) -> Any | None:
    """A scene's compositor tree, if it has one that is in use."""
    if hasattr(scene, "compositing_node_group"):
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def compositor_tree(scene: Any) -> tuple[Any, bool]:
    """A scene's compositor tree, and whether it had to be made or was out of use."""
    found = compositor_tree_there(scene)
    if found is not None:
        return found, False
    if not hasattr(scene, "compositing_node_group"):
        scene.use_nodes = True
        return scene.node_tree, True
    tree = bpy.data.node_groups.new(f"{scene.name} compositing", "CompositorNodeTree")
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    scene.compositing_node_group = tree
    return tree, True


def compositor_output(tree: Any) -> Any:
    """The output node of a scene's compositor tree; made if there is none."""
    grouped = "compositing_node_group" in bpy.types.Scene.bl_rna.properties
    kind = "NodeGroupOutput" if grouped else "CompositorNodeComposite"
    return next((node for node in tree.nodes if node.bl_idname == kind), None) or tree.nodes.new(kind)


def remove_compositor_tree(scene: Any) -> None:
    """Take a scene's compositor tree away."""
    if hasattr(scene, "compositing_node_group"):
        bpy.data.node_groups.remove(scene.compositing_node_group)
        return
    scene.node_tree.nodes.clear()
    scene.use_nodes = False


def remove_light_group(scene: Any, layer: Any, name: str) -> None:
    """Take a light group away from a view layer of a scene."""
    if hasattr(layer.lightgroups, "remove"):
        layer.lightgroups.remove(layer.lightgroups[name])
        return
    before, layer.active_lightgroup_index = layer.active_lightgroup_index, layer.lightgroups.find(name)
    with bpy.context.temp_override(scene=scene, view_layer=layer):
        bpy.ops.scene.view_layer_remove_lightgroup()
    layer.active_lightgroup_index = max(0, min(before, len(layer.lightgroups) - 1))


def set_choice(node: Any, attribute: str, socket: str, choice: str) -> None:
    """Set one of a node's choices, which is an attribute, spelt in any case, or since 5.0 an input."""
    if hasattr(node, attribute):
        items = node.bl_rna.properties[attribute].enum_items
        setattr(node, attribute, next(i.identifier for i in items if i.identifier.lower() == choice.lower()))
    elif socket in node.inputs:
        node.inputs[socket].default_value = choice


def set_balance(
    node: Any, offsets: Sequence[Triple], powers: Sequence[Triple], slopes: Sequence[Triple], first: int
) -> None:
    """Let the compositor's Color Balance make (colour * slope + offset) ^ power, each of them by channel, and for one
    frame or for frame `first` and each after it."""
    basis = min(0.0, *(min(offset) for offset in offsets))  # the colour of an offset cannot be below 0
    colours = [tuple(part - basis for part in offset) for offset in offsets]
    if hasattr(node, "correction_method"):
        node.correction_method, node.offset_basis = "OFFSET_POWER_SLOPE", basis
        for prop, values in (("offset", colours), ("power", powers), ("slope", slopes)):
            set_series(node, prop, values, first)
        return
    set_menu(node.inputs["Type"], ("Offset/Power/Slope (ASC-CDL)", "Offset/Power/Slope"))
    sockets = {socket.identifier: socket for socket in node.inputs}
    sockets["Base Offset"].default_value = basis
    for name, values in (("Offset", colours), ("Power", powers), ("Slope", slopes)):
        set_series(sockets[f"Color {name}"], "default_value", [(*value, 1.0) for value in values], first)


def strength(node: Any) -> Any:
    """The input of a node that says how much of it there is."""
    return next(node.inputs[name] for name in ("Fac", "Factor") if name in node.inputs)


def set_menu(socket: Any, spellings: Sequence[str]) -> None:
    """Set a menu of a node to an item, which is spelt in one of these ways: a socket does not say what it takes."""
    for spelling in spellings:
        try:
            socket.default_value = spelling
            return
        except TypeError:
            continue
    raise ValueError(f"{socket.name} takes none of {spellings}")


class Mix(NamedTuple):
    """The sockets of a node that mixes colours."""

    factor: Any
    below: Any
    above: Any
    mixed: Any


def mix(node: Any, blend: str, cut: bool = False) -> Mix:
    """Let a node of the kind `MIX` blend in a way, its result cut to 0..1 if asked for; its sockets."""
    if node.bl_idname == "ShaderNodeMix":
        node.data_type, node.clamp_result = "RGBA", cut
    else:
        node.use_clamp = cut
    node.blend_type = blend
    factor = next(socket for socket in node.inputs if socket.enabled and socket.type == "VALUE")
    below, above = (socket for socket in node.inputs if socket.enabled and socket.type == "RGBA")
    return Mix(factor, below, above, next(socket for socket in node.outputs if socket.enabled))
