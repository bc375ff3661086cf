"""Mattes over the picture: read from their files or from Blender's masks, and tinted as one texture.

What was read and what was drawn is kept until something of it changes, since every move of the mouse draws anew.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...shared import layer_tints
from ...shared.errors import ParallaxError
from ...shared.layer_tints import Grey
from ...shared.project import Project
from .. import mask_pictures
from ..mask_raster import rasterize
from .views import View


@dataclass
class _Kept:
    """The texture, and what it was made of."""

    key: object = None
    texture: Any = None


_kept = _Kept()
_rasterized = functools.lru_cache(maxsize=8)(rasterize)


def has_mattes(project: Project) -> bool:
    """Whether a layer or an object names a matte."""
    return any(thing.matte for thing in (*project.layers, *project.objects))


def matte_of(name: str, width: int, height: int) -> Grey | None:
    """The matte of a name, uint8 [h, w] in `layer_tints.size`; None where it cannot be read."""
    w, h = layer_tints.size(width, height)
    mask = mask_pictures.named(name)
    try:
        if mask is not None:
            return _rasterized(mask_pictures.layers_of(mask), w, h)
        return _read(name, Path(name).stat().st_mtime_ns, w, h)
    except (ParallaxError, OSError):
        return None


@functools.lru_cache(maxsize=16)
def _read(path: str, _changed: int, width: int, height: int) -> Grey | None:
    try:
        image = bpy.data.images.load(path, check_existing=False)
    except RuntimeError:
        return None
    try:
        if not all(image.size):
            return None
        image.scale(width, height)
        pixels = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    rgba = pixels.reshape(height, width, 4)[::-1]
    # as the server reads them: what is cut out of transparency is the matte, else how light it is
    grey = rgba[..., 3] if rgba[..., 3].min() < 1 else rgba[..., :3] @ np.float32([0.299, 0.587, 0.114])
    return np.rint(grey.clip(0, 1) * 255).astype(np.uint8)


def mattes(project: Project, width: int, height: int) -> tuple[dict[int, Grey], list[tuple[int, Grey]]]:
    """The mattes that can be read: of layers, by their number, and of objects, with the number of their layer."""

    def found(things: Iterable[tuple[int, str]]) -> list[tuple[int, Grey]]:
        read = ((number, matte_of(name, width, height)) for number, name in things if name)
        return [(number, matte) for number, matte in read if matte is not None]

    of_layers = found((i, layer.matte) for i, layer in enumerate(project.layers))
    return dict(of_layers), found((thing.layer, thing.matte) for thing in project.objects)


def draw(project: Project, view: View, chosen: int) -> None:
    """Draw the tints over the picture."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    layers, objects = mattes(project, *view.size)
    key = project.layers, view.size, chosen, *((n, id(matte)) for n, matte in (*layers.items(), *objects))
    if _kept.key != key:
        values = layer_tints.tinted(layer_tints.coverage(project.layers, layers, *view.size), objects, chosen)
        height, width = values.shape[:2]
        data = gpu.types.Buffer("FLOAT", values.size, np.ascontiguousarray(values[::-1]).ravel())
        _kept.texture = gpu.types.GPUTexture((width, height), format="RGBA16F", data=data)
        _kept.key = key
    shader = gpu.shader.from_builtin("IMAGE")
    (left, top), (right, bottom) = view.to_region((0, 0)), view.to_region(view.size)
    corners = ((left, bottom), (right, bottom), (left, top), (right, top))
    places = ((0, 0), (1, 0), (0, 1), (1, 1))
    batch = batch_for_shader(shader, "TRI_STRIP", {"pos": corners, "texCoord": places})
    shader.bind()
    shader.uniform_sampler("image", _kept.texture)
    batch.draw(shader)


def free() -> None:
    """Let go of the texture and of what was read."""
    _kept.key = _kept.texture = None
    _read.cache_clear()
    _rasterized.cache_clear()
