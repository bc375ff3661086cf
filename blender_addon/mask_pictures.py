"""Masks that are drawn in Blender as mattes: where a matte names a mask, a job gets a picture of it.

The scene's own setting stays the mask's name, so that the mask can be drawn on and Generate takes its new shape. A
property that points to the mask was the other road: it would mean nothing in a project file, where a name can.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..shared.attachments import matte_part, object_part
from ..shared.errors import ParallaxError, UsageError
from ..shared.png import encode
from ..shared.project import Project
from .mask_raster import Knot, MaskLayer, Spline, rasterize


def with_pictures(project: Project, width: int, height: int, folder: Path) -> Project:
    """The project with a picture, written into `folder`, in the place of each mask that a matte names.

    They lie where the plates will, so that the settled project beside the plates finds them. Masks are taken as they
    are at the current frame. Raises UsageError for a mask that cannot be drawn.
    """

    def pictured(part: str, matte: str) -> str:
        mask = named(matte)
        if mask is None:
            return matte
        path = folder / f"{part}.png"
        write_grey(path, rasterize(layers_of(mask), width, height))
        return str(path)

    layers = tuple(replace(n, matte=pictured(matte_part(i), n.matte)) for i, n in enumerate(project.layers))
    objects = tuple(replace(n, matte=pictured(object_part(i), n.matte)) for i, n in enumerate(project.objects))
    return replace(project, layers=layers, objects=objects)


def named(matte: str) -> Any | None:
    """The mask that a matte names; None where it names a file. An imported project puts its folder before names."""
    if not matte or Path(matte).is_file():
        return None
    return bpy.data.masks.get(matte) or bpy.data.masks.get(Path(matte).name)


def grey(name: str, what: str = "mask", size: tuple[int, int] = (1024, 1024)) -> NDArray[np.uint8]:
    """A mask or depth map as grey uint8 [H, W]: a picture's file, or what is drawn in Blender, then of that size."""
    mask = named(name)
    if mask is not None:
        return rasterize(layers_of(mask), *size)
    path = Path(bpy.path.abspath(name))
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError as e:
        raise UsageError(f"There is no {what} at {path}.", "Choose a picture, or the name of a mask.") from e
    try:
        image.colorspace_settings.name, image.alpha_mode = "Non-Color", "CHANNEL_PACKED"
        values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
        image.pixels.foreach_get(values)
        colours = values.reshape(image.size[1], image.size[0], 4)[::-1, :, :3]
    finally:
        bpy.data.images.remove(image)
    if not colours.size:
        raise UsageError(f"{path} is no picture that Blender can read.", "Choose another.")
    return np.asarray(np.rint(np.clip(colours.max(axis=2), 0, 1) * 255), np.uint8)


def layers_of(mask: Any) -> tuple[MaskLayer, ...]:
    """The layers of a mask that are rendered, at the current frame."""
    mask = mask.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return tuple(
        MaskLayer(
            tuple(_spline(mask, spline) for spline in layer.splines),
            layer.alpha,
            layer.blend,
            layer.invert,
            layer.falloff,
            _rule(layer),
        )
        for layer in mask.layers
        if not layer.hide_render
    )


def _rule(layer: Any) -> str:
    if not layer.use_fill_holes:
        return "UNION"
    # the only solver before 5.2 asks how many splines are round a place, the newer one which way they run
    return "NONZERO" if getattr(layer, "fill_solver", "") == "CDT" else "EVEN_ODD"


def _spline(mask: Any, spline: Any) -> Spline:
    if not spline.use_fill:
        raise UsageError(f"The mask {mask.name} has a spline that is not filled.", "Switch its Fill on.")
    if any(point.parent.id for point in spline.points):
        raise UsageError(f"The mask {mask.name} follows a track.", "Clear its parent: the picture stands still.")
    if spline.offset_mode != "EVEN" and any(point.weight for point in spline.points):
        raise UsageError(f"The mask {mask.name} has a smooth feather offset.", "Set its spline's offset to Even.")
    knots = tuple(
        Knot(
            tuple(point.co),
            tuple(point.handle_left),
            tuple(point.handle_right),
            point.weight,
            tuple(sorted((extra.u, extra.weight) for extra in point.feather_points)),
        )
        for point in spline.points
    )
    return Spline(knots, spline.use_cyclic, spline.weight_interpolation == "EASE")


def write_grey(path: Path, grey: NDArray[np.uint8]) -> None:
    """Write uint8 [h, w] as an 8-bit grey PNG. Raises ParallaxError when it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(grey))
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Choose another folder.") from e
