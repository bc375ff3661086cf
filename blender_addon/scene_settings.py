"""What every target sets on the scene itself: size, rate, frame range, and colours that come out as they went in."""

from typing import Any

import bpy

from ..shared.scene import SceneSpec
from .timeline import FIRST, TAG

RANGE = f"{TAG}_range"
"""On a scene: the frame range that was set, [first, last]. Another one that is found there is a person's own."""


def set_output(scene: bpy.types.Scene, spec: SceneSpec, first: int) -> None:
    """Size, frame rate and frame range; a range that a person has set stays, moved along with what it is a part of."""
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, spec.height, 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1
    render.fps, render.fps_base = frame_rate(spec.fps)
    render.use_sequencer = True
    render.use_compositing = False
    render.use_border = False
    # Blender renders no frame before 0
    _set_range(scene, [max(0, first), max(0, first + spec.frames - 1)])
    scene[FIRST] = first


def _set_range(scene: Any, wanted: list[int]) -> None:
    now, built = [scene.frame_start, scene.frame_end], list(scene.get(RANGE, ()))
    if not built or now == built:
        scene.frame_start, scene.frame_end = wanted
        scene.frame_step = 1
    scene[RANGE] = wanted


def frame_rate(fps: float) -> tuple[int, float]:
    """Blender's whole `fps` and its divisor `fps_base`: 29.97 is 30 / 1.001001."""
    whole = max(1, round(fps))
    return whole, whole / fps


def set_colours(scene: bpy.types.Scene) -> None:
    """Colours come out as they went in: no film look, no exposure, no dither."""
    scene.display_settings.display_device = "sRGB"
    view = scene.view_settings
    view.view_transform, view.look, view.exposure, view.gamma = "Standard", "None", 0, 1
    view.use_curve_mapping = False
    scene.sequencer_colorspace_settings.name = "sRGB"
    scene.render.dither_intensity = 0
