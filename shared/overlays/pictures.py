"""The picture of a sheet, drawn in numpy: a colour, and alpha rounded with a fixed dither so that soft slopes do not
show steps. Light that is screened is the colour on black instead, without transparency: over pictures in floating
point Blender's Screen would count its alpha twice.

Drawing the files by hand once and shipping them was the other road: megabytes, one size, one seed.
"""

from collections.abc import Callable
from dataclasses import replace
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


def enlarged(sheet: Sheet) -> Sheet:
    """The sheet as one whose picture is as large as it is shown, linearly between its px."""
    if sheet.scale == 1:
        return sheet
    width, height = round(sheet.width * sheet.scale), round(sheet.height * sheet.scale)
    file = f"{sheet.file.removesuffix('.png')}_large.png"
    return replace(sheet, width=width, height=height, scale=1.0, file=file)


def _grown(rgba: Bytes, width: int, height: int) -> Bytes:
    """A picture with `width` x `height` px, each what lies there between its own."""
    out = rgba.astype(np.float32)
    for axis, length in enumerate((height, width)):
        at = np.clip((np.arange(length) + 0.5) * out.shape[axis] / length - 0.5, 0, out.shape[axis] - 1)
        first = np.minimum(at.astype(int), out.shape[axis] - 2)
        share = np.expand_dims(at - first, tuple(other for other in range(3) if other != axis))
        out = out.take(first, axis) * (1 - share) + out.take(first + 1, axis) * share
    return np.rint(out).astype(np.uint8)


def write(sheet: Sheet, folder: Path, shown: Sheet | None = None) -> Path:
    """The sheet's file in a folder, or that of the sheet as it is to be `shown`, drawn if it is not there yet.

    Raises ParallaxError when it cannot be written.
    """
    shown = shown or sheet
    path = folder / shown.file
    if path.is_file():
        return path
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw(sheet)
        part.write_bytes(encode(drawn if shown is sheet else _grown(drawn, shown.width, shown.height)))
        part.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space or choose another.") from e
    return path
