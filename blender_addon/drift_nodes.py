"""A drift as a node group behind a tile's texture: two more looks at it, each carried along, fade into each other.

The mesh stays, and with it the matte: what moves on is where the colours are looked up. How far, and how much of each
look is seen, are values that drivers set by the frame. A second mesh that is carried along was the other road: its rim
would travel over what lies behind.
"""

import json
import math
from dataclasses import asdict
from typing import Any

from ..shared.living_rows import REST
from ..shared.scene import Plane
from . import living_keys, shimmer_nodes
from .compat import drive
from .grade_strips import MADE
from .shimmer_nodes import DRIFT
from .timeline import TAG

SHARE = "drift"
"""The attribute of a mesh that says how much of the drift each point has."""


def put_in(material: Any, plane: Plane, timeline: Any, first: int) -> None:
    """Let the colours of a material of ours drift as its plane's do, or not. What a person changed in the group stays
    until the drift changes."""
    tree = material.node_tree
    texture, node = (next((n for n in tree.nodes if n.get(TAG) == tag), None) for tag in ("tile", DRIFT))
    life = plane.drifting
    if life is None or texture is None:
        if node is not None:
            shimmer_nodes.take_out(node, texture)
        return
    wanted = json.dumps([asdict(life), plane.width, plane.height, first, texture.image.filepath])
    if node is None:
        node = shimmer_nodes.insert(material, texture, f"Parallax drift {plane.name}", "Drift", DRIFT)
    group = node.node_tree
    if group is None or group.get(MADE) == wanted:
        return
    group.nodes.clear()
    if group.animation_data is not None:
        group.animation_data_clear()
    _Drift(group, plane, texture.image).fill(timeline, first)
    group[MADE] = wanted


class _Drift:
    """The nodes of a group."""

    def __init__(self, group: Any, plane: Plane, image: Any) -> None:
        self._group, self._plane, self._image = group, plane, image

    def _node(self, kind: str, operation: str, *inputs: Any) -> Any:
        """A node with what its inputs are linked to or set to; its first output."""
        node = self._group.nodes.new(f"ShaderNode{kind}")
        node.location = (200 * (len(self._group.nodes) % 8), -250 * (len(self._group.nodes) // 8))
        node.operation = operation
        for socket, given in zip((s for s in node.inputs if s.enabled), inputs, strict=False):
            if hasattr(given, "links"):
                self._group.links.new(given, socket)
            else:
                socket.default_value = given
        return next(s for s in node.outputs if s.enabled)

    def fill(self, timeline: Any, first: int) -> None:
        """Make the nodes: out = (sum of weight alpha colour + a trace of rest) / (sum of weight alpha + that trace)."""
        life, nodes, links = self._plane.drifting, self._group.nodes, self._group.links
        assert life is not None
        turned, controls = living_keys.turned(life, timeline, first)
        entrance, leaving = nodes.new("NodeGroupInput"), nodes.new("NodeGroupOutput")
        share = nodes.new("ShaderNodeAttribute")
        share.attribute_name = SHARE
        uv = nodes.new("ShaderNodeTexCoord").outputs["UV"]
        way = -life.drift[0] / self._plane.width, life.drift[1] / self._plane.height, 0.0
        total: Any = REST
        colours = self._node("VectorMath", "SCALE", entrance.outputs[0], REST)
        for name, later in (("first", "0"), ("second", ".5")):
            at = f"({turned}+{later})"
            gone = self._value(f"{name} way", f"fmod({at},1)-.5", controls)
            seen = self._value(f"{name} share", f"pow(sin({math.pi:.9g}*{at}),2)", controls)
            far = self._node("Math", "MULTIPLY", share.outputs["Fac"], gone)
            carried = self._node("VectorMath", "ADD", uv, self._node("VectorMath", "SCALE", way, far))
            look = nodes.new("ShaderNodeTexImage")
            look.image, look.interpolation, look.extension = self._image, "Linear", "MIRROR"
            links.new(carried, look.inputs["Vector"])
            weight = self._node("Math", "MULTIPLY", look.outputs["Alpha"], seen)
            total = self._node("Math", "ADD", weight, total)
            part = self._node("VectorMath", "SCALE", look.outputs["Color"], weight)
            colours = self._node("VectorMath", "ADD", colours, part)
        links.new(
            self._node("VectorMath", "SCALE", colours, self._node("Math", "DIVIDE", 1.0, total)), leaving.inputs[0]
        )

    def _value(self, label: str, expression: str, controls: list[Any]) -> Any:
        node = self._group.nodes.new("ShaderNodeValue")
        node.label = label
        drive(node.outputs[0], "default_value", expression, controls)
        return node.outputs[0]
