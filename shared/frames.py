"""Arithmetic frames: what a frame is by definition, computed in numpy from the tiles and the scene spec.

The tests compare Blender's frames with these, and `preview` encodes them without Blender. Each plane is sampled
bilinearly at its sub-pixel position (`textures.py`) and laid over what is behind it, far to near. Colour and alpha are
sampled apart, straight as they are stored: colours are continued under the transparent side of every rim, so nothing
foreign mixes in, and what the tiles hold comes out exactly at whole positions. Premultiplied sampling would need a
division per pixel and would round twice.
"""

from collections.abc import Callable

import numpy as np

from .formats import moment
from .receding_rows import sampled
from .scene import Plane, SceneSpec
from .textures import Axis, Bytes, Texture, patches, sample

__all__ = ["Bytes", "ReadTile", "Texture", "blended", "opacity", "placed", "render"]

ReadTile = Callable[[str], Texture]


def placed(plane: Plane, frame: float) -> tuple[float, float]:
    """The plane's upper left corner in output px at a frame counted from 0."""
    return plane.at(frame, [key.x for key in plane.keys]), plane.at(frame, [key.y for key in plane.keys])


def opacity(plane: Plane, frame: float) -> float:
    """How opaque a plane is shown at a frame counted from 0: its alpha is multiplied by this."""
    return plane.at(frame, plane.opacity)


def render(spec: SceneSpec, frame: float, read_tile: ReadTile) -> Bytes:
    """Frame `frame` (from 0, also between frames) as RGB uint8 [height, width, 3]; blending is not in it.

    `read_tile(file)` gives a tile of the plates.
    """
    out = np.zeros((spec.height, spec.width, 3), np.uint8)
    for plane in spec.planes:
        if plane.start <= frame < plane.end:
            strength = round(256 * opacity(plane, frame))
            if plane.slide is None:
                _lay_over(out, read_tile(plane.file), *placed(plane, frame), plane.scale, strength)
            else:
                _lay_rows(out, read_tile(plane.file), plane, frame, strength)
    if spec.window is not None:
        left, top, right, bottom = spec.window
        out[:top] = out[bottom:] = out[:, :left] = out[:, right:] = 0
    return out


def blended(spec: SceneSpec, frame: int, shot: Callable[[float], Bytes]) -> Bytes:
    """Frame `frame` of the video, mixed of the moments that `shot(moment)` gives as the export asks for it.

    The mean is taken of the stored values, as a dissolve in the sequencer is.
    """
    weights = spec.export.weights()
    if len(weights) == 1:
        return shot(frame)
    total = np.zeros((spec.height, spec.width, 3), np.float32)
    for offset, share in weights:
        total += np.float32(share) * shot(moment(frame, offset, spec.frames, spec.loop))
    return np.rint(total).astype(np.uint8)


def _lay_over(out: Bytes, tile: Texture, x: float, y: float, scale: float, strength: int) -> None:
    """Lay a tile over `out`, in place, with its corner at output position x, y.

    Sampled alpha times `strength` / 256, rounded, is the alpha that counts.
    """
    down, across = Axis(y, scale), Axis(x, scale)
    flat = out.reshape(out.shape[0], -1)
    for patch in patches(tile, down, across, out.shape[:2]) if strength else ():
        below = flat[patch.rows, patch.columns.start * 3 : patch.columns.stop * 3]
        if patch.opaque and strength == 256:
            sample(tile.rgb, 3, down, across, patch, below)
            continue
        colours, alpha = sample(tile.rgb, 3, down, across, patch), sample(tile.alpha, 1, down, across, patch)
        _blend(below, colours, _faded(alpha, strength))


def _lay_rows(out: Bytes, tile: Texture, plane: Plane, frame: float, strength: int) -> None:
    """Lay a tile over `out`, in place, whose rows slide apart."""
    assert plane.slide is not None
    x, y = placed(plane, frame)
    leads = plane.slide.leads(plane.at(frame, plane.slide.travel_px), plane.height)
    flat = out.reshape(out.shape[0], -1)
    for rows, colours, alpha in sampled(tile, x + plane.scale * leads, y, plane.scale, out.shape[:2]):
        _blend(flat[rows], colours, _faded(alpha, strength))


def _faded(alpha: Bytes, strength: int) -> Bytes:
    """Alpha times `strength` / 256, rounded."""
    return alpha if strength == 256 else ((alpha.astype(np.uint16) * np.uint16(strength) + 128) >> 8).astype(np.uint8)


def _blend(below: Bytes, colours: Bytes, alpha: Bytes) -> None:
    """(colours * alpha + below * (255 - alpha) + 127) // 255, in place; every sum fits into 16 bits."""
    wide = np.empty_like(colours)
    for channel in range(3):
        wide[:, channel::3] = alpha
    mixed = np.multiply(colours, wide, dtype=np.uint16)
    mixed += np.multiply(below, 255 - wide, dtype=np.uint16)
    mixed += 127
    mixed //= 255
    below[:] = mixed
