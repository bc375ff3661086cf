"""Hiding a layer where it is shown: its strips on the timeline, its nodes in the compositor, its planes.

Muting changes nothing about the plates, so it is no setting of the project; whoever mutes a strip by hand sees the
same in the list of layers, and building again leaves it as it is.
"""

from collections.abc import Iterator
from typing import Any

import bpy

from . import compat, compositing, compositor, drawn_rows, planes, timeline

HIDDEN = ("hide_render", "hide_viewport")
"""What the planes have keyed: each is seen only during its tile's steps."""


def shown(scene: Any) -> Iterator[tuple[str, Any]]:
    """Everything that shows a plane of ours, with the plane's name: strips, nodes and objects."""
    yield from ((str(strip[timeline.TAG]), strip) for strip in timeline.mine(scene))
    group = compositing.group_of(scene, compositor.KIND)
    if group is not None:
        for node in group.nodes:
            tag = str(node.get(timeline.TAG, ""))
            if tag.startswith("over "):
                yield tag.removeprefix("over "), node
    things = planes.objects(scene) + drawn_rows.objects(scene)
    yield from ((str(thing[timeline.TAG]), thing) for thing in things)


def of_layer(scene: Any, layer: int) -> list[Any]:
    """What shows a layer."""
    head = f"{layer:02d} "
    return [thing for name, thing in shown(scene) if name.startswith(head)]


def is_muted(things: list[Any]) -> bool:
    """Whether all of them are hidden."""
    return all(_is_muted(thing) for thing in things)


def _is_muted(thing: Any) -> bool:
    if not isinstance(thing, bpy.types.Object):
        return bool(thing.mute)
    curve = compat.f_curve(thing, HIDDEN[0])
    return thing.hide_render and (curve is None or curve.mute)


def mute(things: list[Any], muted: bool) -> None:
    """Hide them, or show them again."""
    for thing in things:
        if isinstance(thing, bpy.types.Object):
            _hide(thing, muted)
        else:
            thing.mute = muted


def _hide(thing: Any, muted: bool) -> None:
    """Hide an object, or let its keys say again when it is seen."""
    for name in HIDDEN:
        curve = compat.f_curve(thing, name)
        if curve is not None:
            curve.mute = muted
        at = thing.users_scene[0].frame_current if thing.users_scene else 0
        setattr(thing, name, muted or (curve is not None and curve.evaluate(at) > 0.5))
