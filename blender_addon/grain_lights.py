"""Grain before a layer on planes: what tells the compositor how much of what lies behind it is seen.

Blender's blend overlay follows from the colour behind, which a material cannot ask for. So at the depth of the grain
lies a mark, a clear plane whose light is too faint to be seen, in a light group of its own: what comes of it to the
camera is how much one sees through all that is nearer. The light of what is nearer is in another group. With both the
nodes (`grain_rows.py`) know the colour behind as it was there. Two view layers were the other road: everything drawn
twice, and what a person puts between the planes seen in both.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import bpy

from ..shared.overlays import Sheet
from . import compat, compositing, materials, textured
from .node_rows import Site
from .timeline import TAG

HEAD = "Parallax "
FAINT = 1 / 4096
"""The light of a mark: a sixteenth of a level."""
LIGHTS = "Combined_"
"""What the names of the sockets begin with that give the light of a group."""


def is_grain(one: Any) -> bool:
    """Whether something that is shown is grain before a layer."""
    return isinstance(one, Sheet) and one.blend == "overlay" and one.layer is not None


def through(name: str) -> str:
    """The light group of the mark of a grain."""
    return f"{HEAD}through {name}"


def before(name: str) -> str:
    """The light group of what lies before a grain, up to the next."""
    return f"{HEAD}before {name}"


def groups(shown: Sequence[Any]) -> Iterator[str]:
    """The light groups that what is shown needs, far to near."""
    for one in shown:
        if is_grain(one):
            yield from (through(one.name), before(one.name))


def offer(scene: bpy.types.Scene, group: Any, wanted: Sequence[str]) -> None:
    """Have the light groups in a scene, and their light at sockets of their names in our node group, and no others."""
    rendered, into = compositing.rendered(scene), compositing.node_of(scene)
    layer = scene.view_layers.get(rendered.layer) or scene.view_layers[0]
    for name in {entry.name for entry in layer.lightgroups if entry.name.startswith(HEAD)} - set(wanted):
        compat.remove_light_group(scene, layer, name)
    for socket in [s for s in group.interface.items_tree if s.name.startswith(HEAD) and s.name not in wanted]:
        group.interface.remove(socket)
    for name in [name for name in wanted if name not in layer.lightgroups]:
        layer.lightgroups.add(name=name)
    # gives the node the sockets of its scene's passes
    layer.update_render_passes()
    for name in wanted:
        if name not in group.interface.items_tree:
            group.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketColor")
        if into is not None and not into.inputs[name].is_linked:
            rendered.id_data.links.new(rendered.outputs[f"{LIGHTS}{name}"], into.inputs[name])


def lay_mark(collection: Any, site: Site, sheet: Sheet, thing: Any, height: float) -> None:
    """Make or update the mark of a grain, `height` units above the farthest."""
    spec = site.spec
    if thing is None:
        mesh = textured.rectangle(sheet.name, spec.width, spec.height)
        thing = bpy.data.objects.new(sheet.name, mesh)
        thing[TAG] = sheet.name
        mesh.materials.append(materials.faint(sheet.name, FAINT))
        collection.objects.link(thing)
    corners = [(x, y, 0.0) for y in (0, spec.height) for x in (0, spec.width)]
    for vertex, at in zip(thing.data.vertices, (corners[0], corners[1], corners[3], corners[2]), strict=True):
        vertex.co = at
    thing.data.update()
    thing.location.z = height
    thing.lightgroup = through(sheet.name)
