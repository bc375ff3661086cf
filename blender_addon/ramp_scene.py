"""Planes whose rows slide apart: a small scene of its own for each, shown on the timeline by a scene strip.

The sequencer moves pictures and cannot shear them. So the tile lies on a mesh with a line along the middle of every
row; its shape key moves each line to where it is at the plane's last key, and the key's value runs from 0 to 1. An
orthographic camera looks at it, one unit to a pixel. Cycles renders it with one sample in the middle of each pixel,
which is the tile bilinearly sampled; it is there in every Blender and needs no graphics card. The compositor's
Displace node was the other road: it filters, and differs from version to version.
"""

import math
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..shared.errors import ParallaxError
from ..shared.scene import Plane, SceneSpec
from . import compat

Vertices = NDArray[np.float32]
Shares = NDArray[np.float64]
SHARPEST_FILTER_PX = 0.01
"""The narrowest pixel filter that Cycles has: the sample lies in the middle of the pixel."""


def check() -> None:
    """Raise ParallaxError when this Blender has no Cycles."""
    if not hasattr(bpy.types.Scene, "cycles"):
        raise ParallaxError(
            "Ground that recedes is drawn by Cycles, and this Blender has it switched off.",
            "Switch the add-on Cycles Render Engine on, or take the ramp away.",
        )


def build(
    timeline: bpy.types.Scene, spec: SceneSpec, plane: Plane, path: Path, first: int, scene: bpy.types.Scene | None
) -> bpy.types.Scene:
    """The scene that shows a plane of a spec, from the picture `path`; `scene`, made here before, is built anew.

    Size and rate are those of the scene `timeline`, on which the plane is to be shown, its frame 0 on frame `first`.
    """
    if scene is None:
        scene = bpy.data.scenes.new(plane.name)
    else:
        _clear(scene)
    _set_render(scene, timeline, spec, plane, first)
    ground = bpy.data.objects.new(plane.name, _mesh(spec, plane))
    ground.data.materials.append(_material(plane.name, path))
    scene.collection.objects.link(ground)
    _move(ground, spec, plane, first)
    scene.camera = _camera(spec, plane)
    scene.collection.objects.link(scene.camera)
    return scene


def remove(scene: bpy.types.Scene) -> None:
    """Take a scene that was made here away, with all that it holds."""
    _clear(scene)
    bpy.data.scenes.remove(scene)


def _clear(scene: bpy.types.Scene) -> None:
    for thing in list(scene.collection.objects):
        data, materials = thing.data, [slot.material for slot in thing.material_slots]
        keys = getattr(data, "shape_keys", None)
        action = keys.animation_data.action if keys is not None and keys.animation_data else None
        bpy.data.objects.remove(thing)
        if action is not None:
            bpy.data.actions.remove(action)
        kinds = {bpy.types.Mesh: bpy.data.meshes, bpy.types.Camera: bpy.data.cameras}
        kinds[type(data)].remove(data)
        for material in materials:
            images = [node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]
            bpy.data.materials.remove(material)
            for image in images:
                if not image.users:
                    bpy.data.images.remove(image)


def visible_rows(spec: SceneSpec, plane: Plane) -> tuple[int, int]:
    """The rows of the frame, from..to, that a plane lies on: all that its scene renders."""
    top = max(0, math.floor(min(key.y for key in plane.keys)))
    bottom = math.ceil(max(key.y for key in plane.keys) + plane.height * plane.scale)
    return top, max(top + 1, min(spec.height, bottom))


def _set_render(scene: bpy.types.Scene, timeline: bpy.types.Scene, spec: SceneSpec, plane: Plane, first: int) -> None:
    render, shown = scene.render, timeline.render
    render.engine = "CYCLES"
    top, bottom = visible_rows(spec, plane)
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, bottom - top, 100
    render.fps, render.fps_base = shown.fps, shown.fps_base
    render.film_transparent, render.dither_intensity = True, 0
    render.use_persistent_data = True
    render.use_sequencer = render.use_compositing = False
    scene.frame_start, scene.frame_end = first + plane.start, first + plane.end - 1
    cycles: Any = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling, cycles.use_denoising = "CPU", 1, False, False
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", SHARPEST_FILTER_PX
    cycles.max_bounces, cycles.film_exposure = 0, 1


def _lines(spec: SceneSpec, plane: Plane, index: int) -> Vertices:
    """Both ends of a line along the middle of each row, and along the upper and the lower edge, at a key of the plane:
    float32 [(h + 2) * 2, 3], px, y up."""
    key = plane.keys[index]
    assert plane.slide is not None
    leads = plane.slide.leads(plane.slide.travel_px[index], plane.height)
    left = key.x + plane.scale * np.pad(leads, 1, mode="edge")
    y = spec.height - key.y - plane.scale * plane.height * _down(plane)
    ends = [np.stack([x, y, np.zeros_like(x)], axis=1) for x in (left, left + plane.width * plane.scale)]
    return np.stack(ends, axis=1).reshape(-1, 3).astype(np.float32)


def _down(plane: Plane) -> Shares:
    """How far down the tile each line lies, 0..1, float64 [h + 2]."""
    return np.concatenate([[0.0], (np.arange(plane.height) + 0.5) / plane.height, [1.0]])


def _mesh(spec: SceneSpec, plane: Plane) -> bpy.types.Mesh:
    """The rows of a plane where they are at its first key."""
    mesh = bpy.data.meshes.new(plane.name)
    upper = np.arange(plane.height + 1) * 2
    faces = np.stack([upper + 2, upper + 3, upper + 1, upper], axis=1)
    mesh.from_pydata(_lines(spec, plane, 0).tolist(), [], faces.tolist())
    up = 1 - np.repeat(_down(plane), 2)
    corners = np.stack([np.tile([0.0, 1.0], plane.height + 2), up], axis=1)[faces.reshape(-1)]
    mesh.uv_layers.new(name="UVMap").data.foreach_set("uv", corners.reshape(-1).astype(np.float32))
    mesh.update()
    return mesh


def _move(ground: bpy.types.Object, spec: SceneSpec, plane: Plane, first_frame: int) -> None:
    """Let every row move from the first key to the last: all of them are as far on their way at the same time."""
    ground.shape_key_add(name="Basis")
    key = ground.shape_key_add(name="moved")
    key.data.foreach_set("co", _lines(spec, plane, -1).reshape(-1))
    frames = [at.frame + first_frame for at in plane.keys]
    assert plane.slide is not None
    first, *_, last = plane.slide.travel_px
    shares = [(way - first) / (last - first) if last != first else 0.0 for way in plane.slide.travel_px]
    compat.key_linear(key, "value", list(zip(frames, shares, strict=True)))


def _material(name: str, path: Path) -> bpy.types.Material:
    """The tile as light of its own colour, through which one sees where it is transparent."""
    material = bpy.data.materials.new(name)
    if material.node_tree is None:  # always there since 5.0, where asking for it is deprecated
        material.use_nodes = True
    tree: Any = material.node_tree
    tree.nodes.clear()
    texture, light, clear, mix, output = (
        tree.nodes.new(f"ShaderNode{kind}")
        for kind in ("TexImage", "Emission", "BsdfTransparent", "MixShader", "OutputMaterial")
    )
    image = bpy.data.images.load(str(path), check_existing=True)
    image.colorspace_settings.name = "sRGB"
    image.alpha_mode = "CHANNEL_PACKED"
    texture.image, texture.interpolation, texture.extension = image, "Linear", "EXTEND"
    tree.links.new(texture.outputs["Color"], light.inputs["Color"])
    tree.links.new(texture.outputs["Alpha"], mix.inputs[0])
    tree.links.new(clear.outputs[0], mix.inputs[1])
    tree.links.new(light.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    material.cycles.emission_sampling = "NONE"
    return material


def _camera(spec: SceneSpec, plane: Plane) -> bpy.types.Object:
    """A camera that sees the plane's rows of the frame, one unit to a pixel."""
    data = bpy.data.cameras.new(plane.name)
    data.type, data.sensor_fit, data.ortho_scale = "ORTHO", "HORIZONTAL", spec.width
    camera = bpy.data.objects.new(f"{plane.name} camera", data)
    camera.location = (spec.width / 2, spec.height - sum(visible_rows(spec, plane)) / 2, 10)
    return camera
