"""What goes by the numbers of a list's entries, or by the names of layers, goes along when these become others.

Blender keeps keys and drivers by an entry's place in its list, and overlays are known by their kind and how many of it
come before. Without this the keys of one overlay would be the next one's, and what a person did to its strips. A number
in each entry that never changes was the other road: keys and drivers would go by the place all the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import bpy

from ..shared.scene import Plane
from . import compat, drawn_rows, grade_groups, node_rows, timeline, unused
from .timeline import TAG

Order = Mapping[int, int | None]
"""New numbers by old ones; None for what is gone."""
NOWHERE = 9999
"""The number of no entry: a driver that reads one that is gone keeps its fallback."""
GONE = "gone"
_PLANE = re.compile(r"(?<!\S)(\d\d) .* (\d{3,}|cover \d+)$")
"""The name of a tile's plane, at the end of a tag: the number of its layer, the layer's name, and which tile it is."""


def removed(count: int, at: int) -> Order:
    """The numbers when, of `count` entries, one is removed."""
    return {n: None if n == at else n - (n > at) for n in range(count)}


def moved(count: int, at: int, to: int) -> Order:
    """The numbers when, of `count` entries, one is moved to the place of another."""
    numbers = list(range(count))
    numbers.insert(to, numbers.pop(at))
    return {old: new for new, old in enumerate(numbers)}


def renumber(scene: Any, name: str, order: Order, kinds: Sequence[str] = ()) -> None:
    """Let keys and drivers of a scene's list follow, and with the `kinds` that overlays had what is tagged by them."""
    entry = re.compile(rf"^infinite_parallax\.{name}\[(\d+)\]")

    def path(found: re.Match[str], of_gone: int) -> str:
        to = order.get(int(found[1]), int(found[1]))
        return f"infinite_parallax.{name}[{of_gone if to is None else to}]"

    curves = compat.curves(scene)
    for curve in [curve for curve in curves if (m := entry.match(curve.data_path)) and _gone(order, m)]:
        curves.remove(curve)
    for curve in [curve for curve in curves if entry.match(curve.data_path)]:
        curve.data_path = entry.sub(lambda m: path(m, NOWHERE), curve.data_path)
    unused.remove_empty_action(scene)
    for target in _driven_by(scene):
        if entry.match(target.data_path):
            target.data_path = entry.sub(lambda m: path(m, NOWHERE), target.data_path)
    if kinds:
        _retag(scene, _names(kinds, order))


def _gone(order: Order, found: re.Match[str]) -> bool:
    return order.get(int(found[1]), 0) is None


def _driven_by(scene: Any) -> Iterator[Any]:
    """The targets of all drivers that read a scene."""
    trees = [material.node_tree for material in bpy.data.materials if material.node_tree]
    tree = compat.compositor_tree_there(scene)
    trees += [tree] if tree is not None else []
    for holder in (scene, *trees, *bpy.data.node_groups, *bpy.data.objects, *bpy.data.shape_keys):
        for curve in holder.animation_data.drivers if holder.animation_data else ():
            for variable in curve.driver.variables:
                yield from (target for target in variable.targets if target.id == scene)


def _names(kinds: Sequence[str], order: Order) -> dict[str, str]:
    """How overlays of these kinds are named after they got other numbers (`overlays/recipes.py`), by their names."""
    now = sorted((new, old) for old, new in order.items() if new is not None)
    names: dict[int, str] = {}
    for numbers in (range(len(kinds)), [old for _, old in now]):
        count: Counter[str] = Counter()
        before, names = names, {}
        for n in numbers:
            names[n] = f"overlay {kinds[n]} {count[kinds[n]]}"
            count[kinds[n]] += 1
    return {was: names.get(n, f"overlay {kinds[n]} {GONE}") for n, was in before.items()}


def _retag(scene: Any, names: Mapping[str, str]) -> None:
    tag = re.compile(r"\boverlay \w+ \d+(?= |$)")

    def renamed(text: str) -> str:
        return tag.sub(lambda m: names.get(m[0], m[0]), text)

    _rename(scene, renamed)
    held = {key: scene[key] for key in dict(scene) if key.startswith(grade_groups.HELD)}
    for key in held:
        del scene[key]
    for key, group in held.items():
        scene[renamed(key)] = group


def name_layers(scene: Any, planes: Sequence[Plane]) -> None:
    """Let what was built for these planes bear their names, where a layer was called otherwise when it was built."""
    names = {_PLANE.sub(r"\1 \2", plane.name): plane.name for plane in planes if _PLANE.search(plane.name)}

    def renamed(text: str) -> str:
        return text if "object " in text else _PLANE.sub(lambda m: names.get(f"{m[1]} {m[2]}", m[0]), text)

    _rename(scene, renamed)


def _rename(scene: Any, renamed: Callable[[str], str]) -> None:
    """Give what is tagged other tags, and the names and labels that were taken from them."""
    for thing in _tagged(scene):
        for prop in ("name", "label"):
            was = getattr(thing, prop, "")
            if was and renamed(was) != was:
                setattr(thing, prop, renamed(was))
        thing[TAG] = renamed(str(thing[TAG]))
    for group in _groups(scene):
        for socket in group.interface.items_tree:
            if renamed(socket.name) != socket.name:
                socket.name = renamed(socket.name)
        if node_rows.ORDER in group:
            group[node_rows.ORDER] = [renamed(str(row)) for row in group[node_rows.ORDER]]


def _groups(scene: Any) -> list[Any]:
    """The node groups of a scene's compositor."""
    tree = compat.compositor_tree_there(scene)
    nodes = tree.nodes if tree is not None else ()
    return [node.node_tree for node in nodes if getattr(node, "node_tree", None)]


def _tagged(scene: Any) -> list[Any]:
    """All that a build tags: strips, planes, and the nodes of the compositor and of its groups."""
    tree = compat.compositor_tree_there(scene)
    nodes = [node for group in (tree, *_groups(scene)) if group is not None for node in group.nodes]
    drawn = drawn_rows.objects(scene)
    return [thing for thing in (*timeline.mine(scene), *scene.collection.all_objects, *drawn, *nodes) if TAG in thing]
