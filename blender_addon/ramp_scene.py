"""Planes that bend, as their rows slide apart or sway, live or shimmer: a scene of its own for each, and a scene strip.

The sequencer moves pictures and cannot shear them. So the tile lies on a mesh with a line along the middle of every
row; its shape key moves each line to where it is at the plane's last key, and the key's value runs from 0 to 1. An
orthographic camera looks at it (`textured.py`). The compositor's Displace node was the other road: it filters, and
differs from version to version.
"""

import math
from pathlib import Path

import bpy

from ..shared.scene import Plane, SceneSpec
from . import drift_nodes, grade_groups, materials, shimmer_nodes, textured


def build(
    timeline: bpy.types.Scene, spec: SceneSpec, plane: Plane, folder: Path, first: int, scene: bpy.types.Scene | None
) -> bpy.types.Scene:
    """The scene that shows a plane of a spec, from the plates in `folder`; `scene`, made here before, is built anew.

    Size and rate are those of the scene `timeline`, on which the plane is to be shown, its frame 0 on frame `first`.
    """
    if scene is None:
        scene = bpy.data.scenes.new(plane.name)
    else:
        _clear(scene)
    _set_render(scene, timeline, spec, plane, first)
    ground = bpy.data.objects.new(plane.name, textured.mesh(spec, plane))
    path = (folder / plane.file).resolve()
    beyond, layer = "MIRROR" if plane.mirrors else "EXTEND", plane.layer
    grade = grade_groups.of_layer(timeline, grade_groups.SHADER, layer, spec.grades_of(layer), first)
    recoloured = plane.shimmer is not None or plane.drifting is not None
    material = materials.tile(plane.name, path, beyond=beyond, grade=grade, values=recoloured)
    shimmer_nodes.put_in(material, plane, spec, folder, timeline, first)
    drift_nodes.put_in(material, plane, timeline, first)
    ground.data.materials.append(material)
    scene.collection.objects.link(ground)
    textured.slide_apart(ground, plane, spec, first)
    textured.sway_rows(ground, spec, plane, timeline, first)
    textured.let_live(ground, spec, plane, timeline, first)
    middle = spec.width / 2, spec.height - sum(visible_rows(spec, plane)) / 2 + textured.ASIDE_PX
    scene.camera = textured.camera(plane.name, spec.width, middle)
    scene.collection.objects.link(scene.camera)
    return scene


def remove(scene: bpy.types.Scene) -> None:
    """Take a scene that was made here away, with all that it holds."""
    _clear(scene)
    bpy.data.scenes.remove(scene)


def _clear(scene: bpy.types.Scene) -> None:
    for thing in list(scene.collection.objects):
        textured.remove_object(thing)


def visible_rows(spec: SceneSpec, plane: Plane) -> tuple[int, int]:
    """The rows of the frame, from..to, that a plane lies on: all that its scene renders."""
    lines = plane.lines
    away = sum(sway.reach for sway in plane.sways if sway.axis == "y") + sum(life.reach[1] for life in plane.lives)
    top = max(0, math.floor(min(key.y for key in plane.keys) + lines.at[0] * plane.scale - away))
    bottom = math.ceil(max(key.y for key in plane.keys) + lines.at[-1] * plane.scale + away)
    return top, max(top + 1, min(spec.height, bottom))


def _set_render(scene: bpy.types.Scene, timeline: bpy.types.Scene, spec: SceneSpec, plane: Plane, first: int) -> None:
    render, shown = scene.render, timeline.render
    textured.set_render(scene)
    top, bottom = visible_rows(spec, plane)
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, bottom - top, 100
    render.fps, render.fps_base = shown.fps, shown.fps_base
    render.film_transparent = True
    render.use_sequencer = render.use_compositing = False
    scene.frame_start, scene.frame_end = first + plane.start, first + plane.end - 1
