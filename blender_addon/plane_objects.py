"""The objects that show planes before an orthographic camera, in a collection of whatever scene is to draw them.

The farther lie the lower, and slide by keys on their location. They are the target `planes`, and what the compositor
has drawn of layers that bend.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..shared.grading import Graded
from ..shared.overlays import Sheet
from ..shared.scene import Plane, SceneSpec
from . import compat, drift_nodes, grade_groups, grain_lights, materials, sheet_planes, shimmer_nodes, textured
from .node_rows import Site
from .timeline import TAG

APART = 1.0
"""Units between one channel and the next: an orthographic camera sees no difference."""
Shown = Plane | Sheet | Graded
SEEN = f"{TAG}_seen"
"""On a camera: the size of the frame that it was set to."""


def lay(scene: bpy.types.Scene, collection: Any, site: Site, shown: Sequence[Shown]) -> None:
    """Bring the planes and sheets that are to be in a collection of a scene up to date, and the scene's camera."""
    cycles: Any = scene.cycles
    most = max(8, 2 * max((one.channel for one in shown), default=0))
    # fewer at least than at most, and Cycles ends rays by chance: noise
    cycles.transparent_max_bounces = cycles.min_transparent_bounces = most
    ours = {thing[TAG]: thing for thing in collection.objects if TAG in thing}
    for name in ours.keys() - {one.name for one in shown} - {"camera"}:
        textured.remove_object(ours.pop(name))
    light = ""
    for one in shown:
        if isinstance(one, Plane):
            path = (site.folder / one.file).resolve()
            thing = ours.get(one.name) or _new_object(collection, one, path)
            _set(thing, site, one, path)
            thing.lightgroup = light
        elif isinstance(one, Sheet):
            height = one.channel * APART
            if grain_lights.is_grain(one):
                grain_lights.lay_mark(collection, site, one, ours.get(one.name), height)
                light = grain_lights.before(one.name)
            else:
                sheet_planes.lay(collection, site, one, ours.get(one.name), height).lightgroup = light
    _set_camera(scene, collection, site.spec, ours.get("camera"), max((one.channel for one in shown), default=0))


def _new_object(collection: Any, plane: Plane, path: Path) -> Any:
    thing = bpy.data.objects.new(plane.name, bpy.data.meshes.new(plane.name))
    thing[TAG] = plane.name
    thing.data.materials.append(materials.tile(plane.name, path, "Non-Color"))
    collection.objects.link(thing)
    return thing


def _set(thing: Any, site: Site, plane: Plane, path: Path) -> None:
    """Bring an object's shape, picture, way and visits up to date; modifiers and nodes of a person's own stay."""
    spec, first = site.spec, site.first
    _set_mesh(thing, site, plane)
    grade = grade_groups.of_layer(site.timeline, grade_groups.SHADER, plane.layer, spec.grades_of(plane.layer), first)
    for slot in thing.material_slots:
        if slot.material is not None:
            materials.set_picture(slot.material, path, "Non-Color")
            shimmer_nodes.put_in(slot.material, plane, spec, site.folder, site.timeline, first)
            drift_nodes.put_in(slot.material, plane, site.timeline, first)
            materials.set_grade(slot.material, grade, "MIRROR" if plane.mirrors else "EXTEND")
            _fade(slot.material, plane, first)
    thing.location.z = plane.channel * APART
    frames = [key.frame + first for key in plane.keys]
    at = [(key.x, spec.height - key.y - plane.height * plane.scale) for key in plane.keys]
    for axis in (0, 1):
        # a mesh that bends is where it is by itself
        still = (0.0, -textured.ASIDE_PX)[axis]
        way = [still] * len(at) if plane.shears else [float(place[axis]) for place in at]
        if min(way) == max(way):
            compat.set_still(thing, "location", way[0], axis)
        else:
            compat.key_linear(thing, "location", list(zip(frames, way, strict=True)), axis)
    textured.show_during(thing, plane, spec, first)


def _set_mesh(thing: Any, site: Site, plane: Plane) -> None:
    """Give an object the mesh of its plane, in place of the one it has."""
    old, materials = thing.data, list(thing.data.materials)
    size = plane.width * plane.scale, plane.height * plane.scale
    thing.data = textured.mesh(site.spec, plane) if plane.shears else textured.rectangle(plane.name, *size)
    for material in materials:
        thing.data.materials.append(material)
    textured.remove_data(old)
    if plane.shears:
        textured.slide_apart(thing, plane, site.spec, site.first)
        textured.sway_rows(thing, site.spec, plane, site.timeline, site.first)
        textured.let_live(thing, site.spec, plane, site.timeline, site.first)


def _fade(material: Any, plane: Plane, first: int) -> None:
    """Key a material's opacity; where a plane does not fade, it is a person's to set."""
    shown = materials.opacity(material)
    if shown is not None and plane.fades:
        keys = [(key.frame + first, value) for key, value in zip(plane.keys, plane.opacity, strict=True)]
        compat.key_linear(shown, "default_value", keys)


def _set_camera(scene: bpy.types.Scene, collection: Any, spec: SceneSpec, camera: Any, highest: int) -> None:
    """The camera that sees the frame. One that a person has moved or turned stays until the frame's size changes."""
    top = 10 + APART * highest
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
