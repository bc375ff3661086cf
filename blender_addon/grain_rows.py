"""Grain before a layer on planes as a row of nodes: laid over what lies behind it, seen through all that is nearer.

What `grain_lights.py` marks gives the colour behind, bare; grain is laid over that by Blender's blend overlay, and what
it changes is added to the picture as far as it is seen. So the picture itself goes through untouched, and what no light
group knows of, like a thing of a person's own before the planes, is not touched either.
"""

from dataclasses import dataclass
from typing import Any

import bpy

from ..shared.overlays import Sheet
from . import compat, grain_lights, node_rows, unused
from .sheet_rows import BLENDS, SheetRow
from .timeline import TAG

KIND = "grain"
SOCKETS = (("Image", "Color"), ("Grain", "Color"), ("Opacity", "Float"), ("Before", "Color"), ("Through", "Color"))


@dataclass(frozen=True)
class GrainRow(SheetRow):
    """The row of a grain; `nearer` are those that lie before it, far to near."""

    nearer: tuple[Sheet, ...] = ()

    @property
    def name(self) -> str:
        """The sheet's and another: the same sheet over all has nodes of another kind."""
        return f"{self.sheet.name} before a layer"

    def lay_over(self, group: Any, number: int) -> tuple[Any, Any]:
        """A node group that lays grain over what is behind it."""
        node = node_rows.new(group, "CompositorNodeGroup", f"over {self.name}", 300 * number + 150, -50)
        node.node_tree, node.label = _made(self.sheet.name), self.sheet.name
        entrance = node_rows.new(group, "NodeGroupInput", f"entrance {self.name}", 300 * number - 150, -900)
        group.links.new(entrance.outputs[grain_lights.through(self.sheet.name)], node.inputs["Through"])
        return node, node.inputs["Grain"]

    def set(self, group: Any) -> None:
        """Its picture and its drivers, and the light of all that lies before it."""
        super().set(group)
        over, entrance = (node_rows.tagged(group, f"{part} {self.name}") for part in ("over", "entrance"))
        lights = [grain_lights.before(sheet.name) for sheet in (self.sheet, *self.nearer)]
        if over is None or entrance is None or list(over.get(KIND, ())) == lights:
            return
        over[KIND] = lights
        for node in [node for node in group.nodes if node.get(TAG) == f"sum {self.name}"]:
            group.nodes.remove(node)
        light = entrance.outputs[lights[0]]
        for number, name in enumerate(lights[1:]):
            x, y = entrance.location
            added = node_rows.new(group, compat.MIX, f"sum {self.name}", x + 150, y - 200 * (number + 1))
            mixed = _mix(group, added, "ADD", light, entrance.outputs[name])
            light = mixed
        group.links.new(light, over.inputs["Before"])


def rows(site: node_rows.Site, grains: list[Sheet]) -> list[GrainRow]:
    """The rows of all grains that lie before layers, far to near."""
    return [GrainRow(sheet, site, tuple(grains[number + 1 :])) for number, sheet in enumerate(grains)]


def tidy() -> None:
    """Take away the node groups of grains that are no longer there."""
    for group in [g for g in bpy.data.node_groups if g.get(TAG) == KIND and not g.users]:
        unused.remove_actions(group)
        bpy.data.node_groups.remove(group)


def _made(name: str) -> Any:
    """What is seen plus how far grain changes what is behind: image + (overlay(bare) - bare) through, where bare is
    (image - before - mark) / through."""
    made = bpy.data.node_groups.new(f"Parallax {name}", "CompositorNodeTree")
    made[TAG] = KIND
    for socket, kind in SOCKETS:
        made.interface.new_socket(socket, in_out="INPUT", socket_type=f"NodeSocket{kind}")
    made.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    entrance, leaving = made.nodes.new("NodeGroupInput"), made.nodes.new("NodeGroupOutput")
    image, grain, opacity, before, mark = (entrance.outputs[socket] for socket, _ in SOCKETS)

    def step(blend: str, below: Any, above: Any) -> Any:
        node = made.nodes.new(compat.MIX)
        node.location = 200 * len(made.nodes), -60 * len(made.nodes)
        return _mix(made, node, blend, below, above)

    behind = step("SUBTRACT", step("SUBTRACT", image, before), mark)
    whole = 1 / grain_lights.FAINT
    seen = step("MULTIPLY", mark, (whole, whole, whole, 1.0))
    bare = step("DIVIDE", behind, seen)
    grained = step(BLENDS["overlay"], bare, grain)
    overlay = grained.node
    made.links.new(opacity, node_rows.opacity(overlay))
    end = step("ADD", image, step("MULTIPLY", step("SUBTRACT", grained, bare), seen))
    leaving.location = 200 * len(made.nodes), 0
    made.links.new(end, leaving.inputs[0])
    return made


def _mix(tree: Any, node: Any, blend: str, below: Any, above: Any) -> Any:
    """Link a mix of two sockets, or of one and a colour, all of it; the socket that gives it."""
    sockets = compat.mix(node, blend)
    sockets.factor.default_value = 1.0
    for socket, given in ((sockets.below, below), (sockets.above, above)):
        if isinstance(given, tuple):
            socket.default_value = given
        else:
            tree.links.new(given, socket)
    return sockets.mixed
