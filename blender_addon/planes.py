"""The planes builder: every tile of a scene spec on a plane before an orthographic camera, one unit to a pixel.

The planes lie in a collection of their own, the farther the lower, and slide by keys on their location, so that
anything a person puts between two of them is hidden and seen through as it should be. They shine with the values of
their files, and the render is converted once at the end, in the compositor: so soft rims mix as they do in the other
targets, which they would not in linear light. A light of a person's own is mixed in the same way.
"""

from pathlib import Path
from typing import Any

import bpy

from ..shared.scene import Plane, SceneSpec
from . import compat, compositing, textured
from .timeline import TAG

KIND = "planes"
APART = 1.0
"""Units between one channel and the next: an orthographic camera sees no difference."""
SEEN = f"{TAG}_seen"
"""On a camera: the size of the frame that it was set to."""


def build(scene: bpy.types.Scene, spec: SceneSpec, folder: Path, first: int) -> None:
    """Build a spec's picture from planes, from the plates in `folder`, its frame 0 on frame `first`."""
    collection = _collection(scene) or _new_collection(scene)
    textured.set_render(scene)
    scene.render.film_transparent = False
    cycles: Any = scene.cycles
    cycles.transparent_max_bounces = max(8, 2 * max((plane.channel for plane in spec.planes), default=0))
    if compositing.group_of(scene, KIND) is None:
        group = compositing.place(scene, KIND, with_input=True)
        entrance = group.nodes.new("NodeGroupInput")
        compositing.to_linear(group, entrance.outputs[0])
    ours = {thing[TAG]: thing for thing in collection.objects if TAG in thing}
    for name in ours.keys() - {plane.name for plane in spec.planes} - {"camera"}:
        textured.remove_object(ours.pop(name))
    for plane in spec.planes:
        thing = ours.get(plane.name) or _new_object(collection, plane, (folder / plane.file).resolve())
        _set(thing, spec, plane, (folder / plane.file).resolve(), first)
    _set_camera(scene, collection, spec, ours.get("camera"))


def objects(scene: bpy.types.Scene) -> list[Any]:
    """The objects that were made here in a scene."""
    collection = _collection(scene)
    return [thing for thing in collection.objects if TAG in thing] if collection is not None else []


def remove(scene: bpy.types.Scene) -> None:
    """Take what was built here away; what a person added to the collection is handed to the scene."""
    if compositing.group_of(scene, KIND) is not None:
        compositing.remove(scene)
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


def _new_object(collection: Any, plane: Plane, path: Path) -> Any:
    thing = bpy.data.objects.new(plane.name, bpy.data.meshes.new(plane.name))
    thing[TAG] = plane.name
    made = textured.material(plane.name, path, "Non-Color") if plane.file else textured.black(plane.name)
    thing.data.materials.append(made)
    collection.objects.link(thing)
    return thing


def _set(thing: Any, spec: SceneSpec, plane: Plane, path: Path, first: int) -> None:
    """Bring an object's shape, picture, way and visits up to date; modifiers and nodes of a person's own stay."""
    _set_mesh(thing, spec, plane, first)
    for slot in thing.material_slots:
        if slot.material is not None:
            textured.set_picture(slot.material, path, "Non-Color")
            _fade(slot.material, plane, first)
    thing.location.z = plane.channel * APART
    frames = [key.frame + first for key in plane.keys]
    at = [(key.x, spec.height - key.y - plane.height * plane.scale) for key in plane.keys]
    for axis in (0, 1):
        way = [0.0] * len(at) if plane.slide else [float(place[axis]) for place in at]
        if min(way) == max(way):
            compat.set_still(thing, "location", way[0], axis)
        else:
            compat.key_linear(thing, "location", list(zip(frames, way, strict=True)), axis)
    visit = [(first - 1, 1.0), (plane.start + first, 0.0), (plane.end + first, 1.0)]
    for prop in ("hide_render", "hide_viewport"):
        compat.key_steps(thing, prop, visit[1 - (plane.start > 0) : 2 + (plane.end < spec.frames)])


def _set_mesh(thing: Any, spec: SceneSpec, plane: Plane, first: int) -> None:
    """Give an object the mesh of its plane, in place of the one it has."""
    old, materials = thing.data, list(thing.data.materials)
    thing.data = textured.mesh(spec, plane) if plane.slide else textured.rectangle(plane)
    for material in materials:
        thing.data.materials.append(material)
    textured.remove_data(old)
    if plane.slide:
        textured.slide_apart(thing, plane, spec, first)


def _fade(material: Any, plane: Plane, first: int) -> None:
    """Key a material's opacity; where a plane does not fade, it is a person's to set."""
    shown = textured.opacity(material)
    if shown is not None and plane.fades:
        keys = [(key.frame + first, value) for key, value in zip(plane.keys, plane.opacity, strict=True)]
        compat.key_linear(shown, "default_value", keys)


def _set_camera(scene: bpy.types.Scene, collection: Any, spec: SceneSpec, camera: Any) -> None:
    """The camera that sees the frame. One that a person has moved or turned stays until the frame's size changes."""
    top = 10 + APART * max((plane.channel for plane in spec.planes), default=0)
    if camera is None:
        camera = textured.camera("Parallax", spec.width, (spec.width / 2, spec.height / 2), top)
        camera[TAG] = "camera"
        collection.objects.link(camera)
        scene.camera = camera
    elif list(camera.get(SEEN, ())) != [spec.width, spec.height]:
        camera.location = (spec.width / 2, spec.height / 2, top)
        camera.data.ortho_scale = spec.width
    camera.data.clip_end = max(camera.data.clip_end, 2 * top)
    camera[SEEN] = [spec.width, spec.height]
