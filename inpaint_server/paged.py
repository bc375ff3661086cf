"""Large arrays that lie in a file of their own and are in memory only as far as they are being worked on.

The plates of a picture of 16000x9000 px take several gigabytes and a step looks at a few columns of them. What lies
here the system may put away whenever memory is short, and `put_away` says when. The file has no name, so a kill leaves
nothing behind. A cache of blocks of our own was the other road: the system has one.
"""

import math
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..shared.errors import ParallaxError

LARGE_BYTES = 2**25
"""Arrays from this size on lie in a file."""
STRIP_BYTES = 2**24
"""Of what is worked on strip by strip, the size of a strip."""


def blank(shape: tuple[int, ...], folder: Path) -> NDArray[np.uint8]:
    """Zeros uint8 that take no memory before they are written to; large ones lie in a file on the disk of `folder`.

    ParallaxError where that disk has no room for them.
    """
    size = math.prod(shape)
    if size < LARGE_BYTES:
        # numpy asks the system for huge pages, and parts that are not written yet would fill them
        return np.frombuffer(mmap.mmap(-1, size), np.uint8).reshape(shape)
    with tempfile.TemporaryFile(dir=folder) as file:
        _claim(file.fileno(), size)
        return np.frombuffer(mmap.mmap(file.fileno(), size), np.uint8).reshape(shape)


def _claim(file: int, size: int) -> None:
    """Give a file its size, with the room for it: a mapped file on a full disk ends the process without a word."""
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, size)
        else:
            os.truncate(file, size)
    except OSError as e:
        said = f"There is no room for {size / 2**20:.0f} MiB of a layer that is being worked on: {e.strerror}."
        raise ParallaxError(said, "Free disk space, then resume the job.") from e


def in_file(array: NDArray[np.generic]) -> bool:
    """Whether an array, or what it is a view of, lies in a file."""
    owner = _owner(array)
    return _mapping(array) is not None and (isinstance(owner, np.memmap) or owner.nbytes >= LARGE_BYTES)


def put_away(*arrays: NDArray[np.generic]) -> None:
    """Let the memory go that arrays take which lie in files; what they hold stays, and comes back when it is read."""
    for array in arrays:
        pages = _mapping(array)
        # of memory without a file this would be the end
        if pages is not None and in_file(array) and hasattr(pages, "madvise"):
            pages.madvise(mmap.MADV_DONTNEED)


def strips(rows: int, row_bytes: int) -> list[slice]:
    """Slices of `rows` rows, each of about `STRIP_BYTES`."""
    step = max(1, STRIP_BYTES // max(1, row_bytes))
    return [slice(top, min(rows, top + step)) for top in range(0, rows, step)]


def _owner(array: NDArray[np.generic]) -> NDArray[np.generic]:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _mapping(array: NDArray[np.generic]) -> mmap.mmap | None:
    base = _owner(array).base
    base = base.obj if isinstance(base, memoryview) else base
    return base if isinstance(base, mmap.mmap) else None
