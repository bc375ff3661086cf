"""The planes builder: every tile of a scene spec on a plane before an orthographic camera, one unit to a pixel.

The planes lie in a collection of their own, the farther the lower, and slide by keys on their location, so that
anything a person puts between two of them is hidden and seen through as it should be. They shine with the values of
their files, and the render is converted once at the end, in the compositor: so soft rims mix as they do in the other
targets, which they would not in linear light. A light of a person's own is mixed in the same way.
"""

from pathlib import Path
from typing import Any

import bpy

from ..shared.grading import Graded
from ..shared.overlays import FILM, Sheet
from ..shared.scene import Plane, SceneSpec
from . import compositing, compositor, grain_lights, grain_rows, node_rows, plane_objects, textured
from .node_rows import Site
from .plane_objects import Shown
from .timeline import TAG

KIND = "planes"


def build(scene: bpy.types.Scene, spec: SceneSpec, folder: Path, first: int, drawn: Path) -> None:
    """Build a spec's picture from planes, from the plates in `folder`, its frame 0 on frame `first`.

    The pictures of overlays are drawn into `drawn`. What belongs to the film, grades of the whole, grain, bars, are
    nodes over the render; grain before a layer is a node that knows by light groups what lies behind.
    """
    collection = _collection(scene) or _new_collection(scene)
    textured.set_render(scene)
    scene.render.film_transparent = False
    site, (seen, over_it) = Site(scene, spec, folder, first, drawn), parted(spec)
    if compositing.group_of(scene, KIND) is None:
        group = compositing.place(scene, KIND, with_input=True)
        entrance = node_rows.new(group, "NodeGroupInput", "render", -300, 0)
        compositing.to_linear(group, entrance.outputs[0])
    group = compositing.group_of(scene, KIND)
    grain_lights.offer(scene, group, tuple(grain_lights.groups(seen)))
    grains = grain_rows.rows(site, [one for one in seen if isinstance(one, Sheet) and grain_lights.is_grain(one)])
    node_rows.build(group, _render(group), (*grains, *compositor.rows(site, over_it)))
    grain_rows.tidy()
    plane_objects.lay(scene, collection, site, seen)


def _render(group: Any) -> Any:
    """The socket by which the render comes into our group."""
    entrance = node_rows.tagged(group, "render") or next(n for n in group.nodes if n.bl_idname == "NodeGroupInput")
    return entrance.outputs[0]


def parted(spec: SceneSpec) -> tuple[list[Shown], list[Shown]]:
    """What a spec shows, far to near: what is seen by the camera, and what lies over the whole render."""
    everything = spec.visuals
    film = (n for n, one in enumerate(everything) if not is_seen(one))
    first = next(film, len(everything))
    return everything[:first], everything[first:]


def is_seen(one: Shown) -> bool:
    """Whether something is before the camera, and no part of the film."""
    if isinstance(one, Graded):
        return False
    return bool(one.file) if isinstance(one, Plane) else one.layer is not None or one.kind not in FILM


def objects(scene: bpy.types.Scene) -> list[Any]:
    """The objects that were made here in a scene."""
    collection = _collection(scene)
    return [thing for thing in collection.objects if TAG in thing] if collection is not None else []


def remove(scene: bpy.types.Scene) -> None:
    """Take what was built here away; what a person added to the collection is handed to the scene."""
    group = compositing.group_of(scene, KIND)
    if group is not None:
        grain_lights.offer(scene, group, ())
        compositing.remove(scene)
        grain_rows.tidy()
    collection = _collection(scene)
    if collection is None:
        return
    for thing in list(collection.objects):
        if TAG in thing:
            textured.remove_object(thing)
        elif thing.name not in scene.collection.objects:
            scene.collection.objects.link(thing)
    bpy.data.collections.remove(collection)


def _collection(scene: bpy.types.Scene) -> Any | None:
    return next((child for child in scene.collection.children_recursive if child.get(TAG) == KIND), None)


def _new_collection(scene: bpy.types.Scene) -> Any:
    made = bpy.data.collections.new("Infinite Parallax")
    made[TAG] = KIND
    scene.collection.children.link(made)
    return made
