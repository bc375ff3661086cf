"""Files that are whole or not there: pictures and bytes under a temporary name, then moved into place.

A kill or a power cut at any moment leaves the old file or the new one. Writing in place and checking afterwards was
the other road; it finds the damage when the pixels are gone.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from isal import isal_zlib
from numba import njit
from numpy.typing import NDArray

from ..shared import png
from ..shared.errors import ParallaxError
from . import paged

Pixels = NDArray[np.uint8]
Level = NDArray[np.uint8]

PART = ".part"
"""The ending of a file that is being written."""
LEVEL = 2
"""How hard ISA-L tries, 0..3. A tile takes a sixth of the time of libpng's first level, and no more bytes."""

STREAMED_BYTES = 2**26
"""Pictures from this size on are written piece by piece."""


def whole(path: Path) -> bool:
    """Whether a tile is there from its beginning to its end; a power cut can leave less under the right name."""
    try:
        with path.open("rb") as file:
            file.seek(-len(png.END), 2)
            return file.read() == png.END
    except OSError:
        return False


@njit(cache=True, nogil=True)
def continue_rim(pixels: Pixels, known: Level, times: int) -> None:
    """Give every unknown pixel beside a known one that one's colour, `times` times over, in place, so that sampling
    between them meets no edge.

    `pixels` [h, w, c]; `known` [h, w] is 0 where nothing is known. Of several neighbours the one on the left counts,
    then that on the right, above, below.
    """
    height, width = known.shape
    for _ in range(times):
        before = known.copy()
        for y in range(height):
            for x in range(width):
                if before[y, x]:
                    continue
                if x > 0 and before[y, x - 1]:
                    from_y, from_x = y, x - 1
                elif x + 1 < width and before[y, x + 1]:
                    from_y, from_x = y, x + 1
                elif y > 0 and before[y - 1, x]:
                    from_y, from_x = y - 1, x
                elif y + 1 < height and before[y + 1, x]:
                    from_y, from_x = y + 1, x
                else:
                    continue
                known[y, x] = 1
                pixels[y, x] = pixels[from_y, from_x]


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write RGB or RGBA as PNG through a temporary name, so that a file under its own name is always whole."""
    if picture.nbytes < STREAMED_BYTES:
        write_bytes(path, png.encode(picture, partial(isal_zlib.compress, level=LEVEL)))
    else:
        rows = max(1, paged.STRIP_BYTES // picture[0].nbytes)
        _write(path, png.encoded(picture, isal_zlib.compressobj(level=LEVEL), rows))


def write_bytes(path: Path, data: bytes) -> None:
    """`put_bytes`, whose faults are told to people: ParallaxError."""
    _write(path, (data,))


def _write(path: Path, data: Iterable[bytes]) -> None:
    try:
        _put(path, data)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space, then resume the job.") from e


def put_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and move it into place."""
    _put(path, (data,))


def _put(path: Path, data: Iterable[bytes]) -> None:
    part = path.with_name(path.name + PART)
    with part.open("wb") as file:
        for piece in data:
            file.write(piece)
    part.replace(path)
