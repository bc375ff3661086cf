"""Our node group in a scene's compositor: put between a source and the output, found again, and taken away.

All that is ours lies inside one group, so that a person's own nodes around it, a glare, a vignette, are theirs to keep.
Filling the scene's own tree with our nodes was the other road: nobody finds their own again among forty of ours, and
before 5.0 that tree cannot be shared between scenes or removed.
"""

from typing import Any

import bpy

from . import compat, unused
from .timeline import TAG

RENDERED = "CompositorNodeRLayers"
MADE = f"{TAG}_tree"
"""On a scene: its compositor's tree was made by us."""


def group_of(scene: bpy.types.Scene, kind: str) -> Any | None:
    """Our node group in a scene's compositor, of a kind; None if it is not there."""
    node = node_of(scene)
    return node.node_tree if node is not None and node.node_tree.get(TAG) == kind else None


def place(scene: bpy.types.Scene, kind: str, with_input: bool) -> Any:
    """Our node group of a kind in a scene's compositor, made and linked to the output if it is not there.

    With an input it is fed by the scene's own render.
    """
    found = group_of(scene, kind)
    if found is not None:
        return found
    remove(scene)
    group = bpy.data.node_groups.new(f"{scene.name} {kind}", "CompositorNodeTree")
    group[TAG] = kind
    sockets = ("INPUT", "OUTPUT") if with_input else ("OUTPUT",)
    for way in sockets:
        group.interface.new_socket("Image", in_out=way, socket_type="NodeSocketColor")
    tree, made = compat.compositor_tree(scene)
    if made:
        tree.nodes.clear()
        scene[MADE] = True
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree, node.label, node.width = group, "Infinite Parallax", 220
    node[TAG] = kind
    if with_input:
        rendered = next((n for n in tree.nodes if n.bl_idname == RENDERED), None)
        rendered = rendered or tree.nodes.new(RENDERED)
        rendered.location = (-400, 0)
        tree.links.new(rendered.outputs["Image"], node.inputs[0])
    output = compat.compositor_output(tree)
    output.location = (400, 0)
    tree.links.new(node.outputs[0], output.inputs[0])
    return group


def rendered(scene: bpy.types.Scene) -> Any:
    """The node that gives the scene's own render to our group; a new one where a person took it away."""
    into = node_of(scene)
    assert into is not None
    tree = into.id_data
    found = next((n for n in tree.nodes if n.bl_idname == RENDERED and n.scene in (None, scene)), None)
    return found or tree.nodes.new(RENDERED)


def remove(scene: bpy.types.Scene) -> None:
    """Take our node group out of a scene's compositor, and the tree with it if it holds nothing of a person's."""
    node = node_of(scene)
    if node is None:
        return
    tree, group = node.id_data, node.node_tree
    pictures = [inner.image for inner in group.nodes if inner.bl_idname == "CompositorNodeImage" and inner.image]
    tree.nodes.remove(node)
    unused.remove_actions(group)
    bpy.data.node_groups.remove(group)
    for picture in pictures:
        unused.remove_picture(picture)
    rest = {n.bl_idname for n in tree.nodes} - {"CompositorNodeComposite", "NodeGroupOutput", RENDERED}
    if scene.get(MADE) and not rest:
        compat.remove_compositor_tree(scene)
        del scene[MADE]


def node_of(scene: bpy.types.Scene) -> Any | None:
    """The node of our group in a scene's compositor; None if there is none."""
    tree = compat.compositor_tree_there(scene)
    nodes = [n for n in tree.nodes if TAG in n and n.bl_idname == "CompositorNodeGroup"] if tree is not None else []
    return next((node for node in nodes if node.node_tree is not None), None)


def to_linear(group: Any, source: Any) -> None:
    """Link a socket to the group's output through a conversion from sRGB to the scene's linear light."""
    convert = group.nodes.new("CompositorNodeConvertColorSpace")
    names = [item.identifier for item in convert.bl_rna.properties["to_color_space"].enum_items]
    convert.from_color_space = "sRGB"
    convert.to_color_space = "scene_linear" if "scene_linear" in names else "Linear Rec.709"
    convert[TAG] = "to linear"
    output = group.nodes.new("NodeGroupOutput")
    group.links.new(source, convert.inputs[0])
    group.links.new(convert.outputs[0], output.inputs[0])
