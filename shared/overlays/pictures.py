"""The picture of a sheet, drawn in numpy: a colour, and alpha rounded with a fixed dither so that soft slopes do not
show steps. Light that is screened is the colour on black instead, without transparency: over pictures in floating
point Blender's Screen would count its alpha twice.

Drawing the files by hand once and shipping them was the other road: megabytes, one size, one seed.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ParallaxError
from ..png import encode
from . import falling, film, mist, moonlight
from .sheet import Sheet

Bytes = NDArray[np.uint8]
Field = NDArray[np.float32]

_DRAW: dict[str, Callable[[Sheet], Field]] = {
    "rain": falling.draw,
    "snow": falling.draw,
    "mist": mist.draw,
    "moonlight": moonlight.draw,
    **dict.fromkeys(("flicker", "grain", "vignette", "letterbox"), film.draw),
}


def draw(sheet: Sheet) -> Bytes:
    """The sheet's picture, uint8 [h, w, 4], straight alpha."""
    field = _DRAW[sheet.kind](sheet)
    out = np.empty((sheet.height, sheet.width, 4), np.uint8)
    if sheet.kind == "grain":
        # coloured grain is noise about the middle grey in its own proportions
        out[..., :3] = np.clip(np.rint(128 + 255 * (field[..., None] - 0.5) * np.array(sheet.colour)), 0, 255)
        out[..., 3] = 255
        return out
    if sheet.blend == "screen":
        light = 255 * field[..., None] * np.array(sheet.colour, np.float32)
        out[..., :3] = np.clip(np.floor(light + _dither(field.shape)[..., None]), 0, 255) * (light > 0)
        out[..., 3] = 255
        return out
    out[..., :3] = np.rint(255 * np.array(sheet.colour))
    out[..., 3] = np.clip(np.floor(255 * field + _dither(field.shape)), 0, 255) * (field > 0)
    return out


def _dither(shape: tuple[int, int]) -> Field:
    """Interleaved gradient noise, 0..1: frac(52.98 frac(0.067 x + 0.0058 y)) (J. Jimenez, SIGGRAPH 2014)."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    inner = (0.06711056 * x + 0.00583715 * y) % 1.0
    return np.asarray((52.9829189 * inner) % 1.0, np.float32) * np.float32(0.998)


def write(sheet: Sheet, folder: Path) -> Path:
    """The sheet's file in a folder, drawn if it is not there yet. Raises ParallaxError when it cannot be written."""
    path = folder / sheet.file
    if path.is_file():
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(encode(draw(sheet)))
        part.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space or choose another.") from e
    return path
