"""Files that are whole or not there: pictures and bytes under a temporary name, then moved into place.

A kill or a power cut at any moment leaves the old file or the new one. Writing in place and checking afterwards was
the other road; it finds the damage when the pixels are gone.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shared.errors import ParallaxError

Pixels = NDArray[np.uint8]
Bool = NDArray[np.bool_]

PNG_END = b"IEND\xaeB`\x82"


def whole(path: Path) -> bool:
    """Whether a tile is there from its beginning to its end; a power cut can leave less under the right name."""
    try:
        with path.open("rb") as file:
            file.seek(-len(PNG_END), 2)
            return file.read() == PNG_END
    except OSError:
        return False


def continue_rim(rgb: Pixels, known: Bool) -> tuple[Pixels, Bool]:
    """Give every unknown pixel beside a known one that one's colour, so that sampling between them meets no edge."""
    if known.all():
        return rgb, known
    out, done = rgb.copy(), known.copy()
    for axis, sign in ((1, 1), (1, -1), (0, 1), (0, -1)):
        target: list[slice] = [slice(None), slice(None)]
        origin: list[slice] = [slice(None), slice(None)]
        target[axis] = slice(1, None) if sign > 0 else slice(None, -1)
        origin[axis] = slice(None, -1) if sign > 0 else slice(1, None)
        to, source = tuple(target), tuple(origin)
        fresh = known[source] & ~done[to]
        out[to][fresh] = rgb[source][fresh]
        done[to] |= fresh
    return out, done


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write RGB or RGBA as PNG through a temporary name, so that a file under its own name is always whole."""
    code = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
    # level 1: a fifth of the time of the default for a few per cent more bytes
    ok, data = cv2.imencode(".png", cv2.cvtColor(picture, code), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not ok:
        raise ParallaxError(f"{path.name} could not be encoded as PNG.", "Lower plates.tile_px.")
    write_bytes(path, data.tobytes())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and move it into place."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space, then resume the job.") from e
