"""Textured planes before an orthographic camera, one unit to a pixel, as Cycles renders them with one sample.

The sample lies in the middle of the pixel and the picture is its own light, so a frame is the tile bilinearly sampled;
Cycles is there in every Blender and needs no graphics card. EEVEE was the other road: it does, and draws nothing on a
machine without one.
"""

from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..shared import living_mesh
from ..shared.errors import ParallaxError
from ..shared.overlays import Sheet
from ..shared.scene import Plane, SceneSpec
from . import compat, held, living_keys, shimmer_nodes, unused

Vertices = NDArray[np.float32]
SHARPEST_FILTER_PX = 0.01
"""The narrowest pixel filter that Cycles has: the sample lies in the middle of the pixel."""


ASIDE_PX = 1 / 2048
"""How far a camera looks past the middle of each row, where the lines of a mesh that bends lie: a ray that met one
could meet the faces on both of its sides, and a soft rim there would count twice."""


def check() -> None:
    """Raise ParallaxError when this Blender has no Cycles."""
    if not hasattr(bpy.types.Scene, "cycles"):
        raise ParallaxError(
            "Planes and ground that recedes are drawn by Cycles, and this Blender has it switched off.",
            "Switch the add-on Cycles Render Engine on, or choose the target vse without ramps and distortions.",
        )


def set_render(scene: bpy.types.Scene) -> None:
    """Let a scene be rendered by Cycles with one sample for each pixel."""
    render = scene.render
    render.engine = "CYCLES"
    render.dither_intensity = 0
    render.use_persistent_data = True
    cycles: Any = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling, cycles.use_denoising = "CPU", 1, False, False
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", SHARPEST_FILTER_PX
    cycles.max_bounces, cycles.film_exposure = 0, 1
    cycles.min_transparent_bounces = cycles.transparent_max_bounces


def _lines(spec: SceneSpec, plane: Plane, index: int) -> Vertices:
    """The points of the lines from side to side, two of each or, where a plane lives, as many as it has columns, at a
    key of the plane: float32 [n * m, 3], px, y up."""
    key, lines = plane.keys[index], plane.lines
    left = np.full_like(lines.at, key.x - plane.scale * lines.spare)
    if plane.slide is not None:
        leads = plane.slide.leads(plane.slide.travel_px[index], plane.height)
        left += plane.scale * np.interp(lines.at, np.arange(plane.height) + 0.5, leads)
    y = spec.height - key.y - plane.scale * lines.at
    columns = plane.across
    x = left[:, None] + (columns - columns[0]) * plane.scale
    return np.stack([x, *np.broadcast_arrays(y[:, None], np.zeros_like(x))], axis=2).reshape(-1, 3).astype(np.float32)


def mesh(spec: SceneSpec, plane: Plane) -> bpy.types.Mesh:
    """The rows of a plane that move each for themselves, where they are at its first key."""
    made = bpy.data.meshes.new(plane.name)
    at, columns = plane.lines.at, plane.across
    upper = (np.arange(len(at) - 1)[:, None] * len(columns) + np.arange(len(columns) - 1)).reshape(-1)
    faces = np.stack([upper + len(columns), upper + len(columns) + 1, upper + 1, upper], axis=1)
    made.from_pydata(_lines(spec, plane, 0).tolist(), [], faces.tolist())
    right, up = np.meshgrid(columns / plane.width, 1 - at / plane.height)
    corners = np.stack([right, up], axis=2).reshape(-1, 2)[faces.reshape(-1)]
    made.uv_layers.new(name="UVMap").data.foreach_set("uv", corners.reshape(-1).astype(np.float32))
    if plane.drifting is not None:
        share = living_mesh.drifting(plane.drifting, at, columns, plane.slide)
        made.attributes.new("drift", "FLOAT", "POINT").data.foreach_set("value", share.reshape(-1).astype(np.float32))
    made.update()
    return made


def rectangle(name: str, width: float, height: float, centred: bool = False) -> bpy.types.Mesh:
    """A rectangle, its lower left corner or its centre at the origin."""
    made = bpy.data.meshes.new(name)
    x, y = (-width / 2, -height / 2) if centred else (0, 0)
    corners = [(x, y, 0), (x + width, y, 0), (x + width, y + height, 0), (x, y + height, 0)]
    made.from_pydata(corners, [], [(0, 1, 2, 3)])
    made.uv_layers.new(name="UVMap").data.foreach_set("uv", np.array([0, 0, 1, 0, 1, 1, 0, 1], np.float32))
    made.update()
    return made


def slide_apart(ground: bpy.types.Object, plane: Plane, spec: SceneSpec, first_frame: int) -> None:
    """Let every row move from the first key to the last: all of them are as far on their way at the same time.

    Frame 0 of the spec is frame `first_frame`.
    """
    ground.shape_key_add(name="Basis")
    key = ground.shape_key_add(name="moved")
    key.data.foreach_set("co", _lines(spec, plane, -1).reshape(-1))
    frames = [at.frame + first_frame for at in plane.keys]
    way = plane.slide.travel_px if plane.slide is not None else _longest(plane)
    start, *_, end = way
    shares = [(at - start) / (end - start) if end != start else 0.0 for at in way]
    compat.key_linear(key, "value", list(zip(frames, shares, strict=True)))


def _longest(plane: Plane) -> list[float]:
    """Where a plane is at its keys, along the axis on which it goes the farther."""
    ways = [key.x for key in plane.keys], [key.y for key in plane.keys]
    return max(ways, key=lambda way: abs(way[-1] - way[0]))


def sway_rows(
    ground: bpy.types.Object, spec: SceneSpec, plane: Plane, timeline: bpy.types.Scene, first_frame: int
) -> None:
    """Let the rows sway by A sin(a - b), a by their height and b by the frame: shape keys sin a and cos a, whose values
    are drivers, cos b and sin b. Where the plane itself moves up or down, they run through the wave as far as it has
    gone. The amplitude in the panel of `timeline` acts at once.
    """
    heights = plane.keys[0].y + plane.lines.at * plane.scale
    for sway in (sway for sway in plane.sways if sway.amplitude):
        angle = sway.angle(heights)
        per_frame = sway.turned(1)
        risen = float(sway.angle(np.array(plane.keys[-1].y - plane.keys[0].y)))
        turned = f"{per_frame:.12g}*(frame-{first_frame})" + (f"-({risen:.9g})*SHARE" if risen else "")
        setting = sway.amplitude / sway.per_px
        now = setting * sway.shares[0] if sway.shares else setting
        controls = [
            held.control("AMPLITUDE", timeline, ("distortions", sway.distortion, "amplitude_px"), now, sway.shares),
            ("SHARE", ground.data.shape_keys, 'key_blocks["moved"].value', 0.0),
        ]
        for name, wave, of_time in (("sin", np.sin(angle), "cos"), ("cos", -np.cos(angle), "sin")):
            key = ground.shape_key_add(name=f"sway {sway.distortion} {name}")
            away = np.zeros((len(heights), len(plane.across), 3))
            away[..., 0 if sway.axis == "x" else 1] = (sway.amplitude * wave * (1 if sway.axis == "x" else -1))[:, None]
            key.data.foreach_set("co", (_lines(spec, plane, 0) + away.reshape(-1, 3)).reshape(-1).astype(np.float32))
            key.slider_min, key.slider_max = -10, 10
            compat.drive(key, "value", f"AMPLITUDE*{1 / setting:.9g}*{of_time}({turned})", controls)


def let_live(
    ground: bpy.types.Object, spec: SceneSpec, plane: Plane, timeline: bpy.types.Scene, first_frame: int
) -> None:
    """Let every place of a plane move for itself, if it lives."""
    living_keys.let_live(ground, _lines(spec, plane, 0), plane, timeline, first_frame)


def show_during(thing: Any, shown: Plane | Sheet, spec: SceneSpec, first: int) -> None:
    """Let an object be seen only during the frames of what it shows."""
    visit = [(first - 1, 1.0), (shown.start + first, 0.0), (shown.end + first, 1.0)]
    for prop in ("hide_render", "hide_viewport"):
        compat.key_steps(thing, prop, visit[1 - (shown.start > 0) : 2 + (shown.end < spec.frames)])


def remove_object(thing: bpy.types.Object) -> None:
    """Take an object of ours away, with its mesh or camera, its materials and their pictures, unless used elsewhere."""
    data, materials = thing.data, [slot.material for slot in thing.material_slots if slot.material is not None]
    unused.remove_actions(thing)
    bpy.data.objects.remove(thing)
    remove_data(data)
    for used in materials:
        if used.users:
            continue
        images = [node.image for node in used.node_tree.nodes if node.type == "TEX_IMAGE"]
        shimmer_nodes.remove(used.node_tree)
        unused.remove_actions(used.node_tree)
        bpy.data.materials.remove(used)
        for image in images:
            unused.remove_picture(image)


def remove_data(data: Any) -> None:
    """Remove a mesh, with its shape keys' action, or a camera, unless it is used elsewhere."""
    if data.users:
        return
    unused.remove_actions(getattr(data, "shape_keys", None))
    kinds = {bpy.types.Mesh: bpy.data.meshes, bpy.types.Camera: bpy.data.cameras}
    kinds[type(data)].remove(data)


def camera(name: str, width: int, middle: tuple[float, float], height: float = 10) -> bpy.types.Object:
    """A camera above a point, looking down, that sees `width` units across, one to a pixel."""
    data = bpy.data.cameras.new(name)
    data.type, data.sensor_fit, data.ortho_scale = "ORTHO", "HORIZONTAL", width
    made = bpy.data.objects.new(f"{name} camera", data)
    made.location = (*middle, height)
    return made
