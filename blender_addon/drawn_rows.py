"""Planes that bend as a row of nodes: a scene of their own, drawn by Cycles and shown by a Render Layers node.

The planes are those of the target `planes`, before a transparent background, and the node gives the row what they look
like at every frame. Displace nodes were the other road: they filter with a soft edge of their own before 5.0, and at
the frame's borders they have nothing to show, where a mesh goes on with the mirrored tile. Blender looks for scenes to
draw in the outer tree only, so the node lies there, and leads into our group by a socket of the row's name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..shared.scene import Plane
from . import compat, compositing, drawn_scenes, node_rows, plane_objects, textured
from .node_rows import Row, Site
from .timeline import TAG

HEAD = "drawn "
"""What the names of these rows begin with."""


@dataclass(frozen=True)
class DrawnRow:
    """The row of planes that lie next to each other in depth."""

    planes: tuple[Plane, ...]
    site: Site

    @property
    def name(self) -> str:
        """After the farthest of its planes."""
        return f"{HEAD}{self.planes[0].name}"

    def put_in(self, group: Any, number: int) -> Any:
        """The scene with its node, the socket, and an Alpha Over."""
        scene = drawn_scenes.new(self.name)
        rendered, into = _render_node(self.site.timeline, self.name, scene), _group_node(self.site.timeline)
        group.interface.new_socket(self.name, in_out="INPUT", socket_type="NodeSocketColor")
        rendered.id_data.links.new(rendered.outputs["Image"], into.inputs[self.name])
        over, near = node_rows.alpha_over(group, self.name, number, straight=False)
        entrance = node_rows.new(group, "NodeGroupInput", f"entrance {self.name}", 300 * number - 150, -400)
        group.links.new(entrance.outputs[self.name], near)
        return over

    def set(self, group: Any) -> None:  # noqa: ARG002
        """What its scene holds."""
        scene = _scene(self.site.timeline, self.name)
        if scene is None:
            return
        site, render = self.site, self.site.timeline.render
        textured.set_render(scene)
        scene.render.film_transparent = True
        scene.render.use_sequencer = scene.render.use_compositing = False
        # not its size, which is that of the scene that shows it, but the shape that the camera sees
        scene.render.resolution_x, scene.render.resolution_y = render.resolution_x, render.resolution_y
        scene.render.fps, scene.render.fps_base = render.fps, render.fps_base
        scene.frame_start, scene.frame_end = site.timeline.frame_start, site.timeline.frame_end
        plane_objects.lay(scene, scene.collection, site, self.planes)


def objects(scene: Any) -> list[Any]:
    """The objects of all planes that are drawn for a scene's compositor."""
    nodes = _nodes(scene)
    return [thing for node in nodes if node.scene for thing in node.scene.collection.objects if TAG in thing]


def remove_others(scene: Any, group: Any, rows: Sequence[Row]) -> None:
    """Take away what was drawn for rows of a scene's compositor that are not among these."""
    names = [row.name for row in rows]
    for node in [node for node in _nodes(scene) if node[TAG] not in names]:
        name, shown = node[TAG], node.scene
        node_rows.take_out(group, name)
        for socket in [s for s in group.interface.items_tree if s.name == name]:
            group.interface.remove(socket)
        node.id_data.nodes.remove(node)
        if shown is not None:
            for thing in list(shown.collection.objects):
                textured.remove_object(thing)
            bpy.data.scenes.remove(shown)


def _nodes(scene: Any) -> list[Any]:
    tree = compat.compositor_tree_there(scene)
    nodes = tree.nodes if tree is not None else ()
    return [node for node in nodes if node.bl_idname == compositing.RENDERED and TAG in node]


def _scene(timeline: Any, name: str) -> Any | None:
    return next((node.scene for node in _nodes(timeline) if node[TAG] == name), None)


def _group_node(timeline: Any) -> Any:
    node = compositing.node_of(timeline)
    assert node is not None
    return node


def _render_node(timeline: Any, name: str, scene: Any) -> Any:
    into = _group_node(timeline)
    tree = into.id_data
    node = tree.nodes.new(compositing.RENDERED)
    node.scene, node.label, node[TAG] = scene, scene.name, name
    node.location = (into.location.x - 400, into.location.y - 300 * len(_nodes(timeline)))
    return node
