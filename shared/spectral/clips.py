"""Motion that was kept in a file, laid on a plate: where the plate shows the source it is the file's, then mirrored.

A plate is longer than the picture whose motion is known. Mirrored copies of it, as many as fit and the last one such
that it meets the first, let it go on without a jump. Letting it die away was the other road: all that is painted later
would stand still.
"""

import hashlib
import math
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import UsageError
from .volume import Fields, SpectralVolume, from_bytes


@lru_cache(maxsize=8)
def _kept(path: str, _changed: int) -> tuple[SpectralVolume, str]:
    data = Path(path).read_bytes()
    return from_bytes(data), hashlib.sha256(data).hexdigest()[:16]


def kept(path: str) -> tuple[SpectralVolume, str]:
    """The volume in a file, and what its bytes are known by; UsageError where there is none."""
    try:
        return _kept(path, Path(path).stat().st_mtime_ns)
    except OSError as e:
        raise UsageError(f"The motion {path} cannot be read: {e.strerror}.", "Check its path.") from e


def period_s(path: str) -> float:
    """After how many seconds the motion in a file repeats."""
    return kept(path)[0].period_s


def digest(path: str) -> str:
    """What a file of motion is known by."""
    return kept(path)[1]


def on_plate(
    path: str, known_as: str, width: int, top: int, height: int, unit_px: int, most: int, cells: int
) -> SpectralVolume:
    """The motion in a file as that of rows `top`..`top + height` of a plate that repeats after `width` px, whose first
    `unit_px` columns are the picture, on at most so many `cells` of it; its `most` lowest frequencies. UsageError if
    the file is no longer the same."""
    volume, digest = kept(path)
    if digest != known_as:
        raise UsageError(f"The motion {path} has changed.", "Build the scene again.")
    fields = _coarser(volume.fields[:most], cells)
    rows, columns = fields.shape[2:]
    cell, scale = unit_px / columns, np.float32(unit_px / volume.width)
    y = (np.arange(max(2, math.ceil(height / cell))) + 0.5) * (height / max(2, math.ceil(height / cell))) + top
    row = np.clip(y / (volume.height * scale) * rows - 0.5, 0, rows - 1)
    x = (np.arange(max(4, math.ceil(width / cell))) + 0.5) * (width / max(4, math.ceil(width / cell)))
    column = np.clip(_home(x, width, unit_px) / unit_px * columns - 0.5, 0, columns - 1)
    upper, left = (np.minimum(at.astype(int), max(0, n - 2)) for at, n in ((row, rows), (column, columns)))
    lower, right = (np.minimum(at + 1, n - 1) for at, n in ((upper, rows), (left, columns)))
    down, ahead = (row - upper)[:, None].astype(np.float32), (column - left).astype(np.float32)
    first, second = (
        fields[..., at[:, None], left] * (1 - ahead) + fields[..., at[:, None], right] * ahead for at in (upper, lower)
    )
    return SpectralVolume(
        ((first * (1 - down) + second * down) * scale).astype(np.complex64), width, height, volume.period_s
    )


def _coarser(fields: Fields, cells: int) -> Fields:
    """Fields whose cells are the means of as many as leave at most `cells` across."""
    step = -(-fields.shape[3] // cells)
    edges = [np.linspace(0, length, -(-length // step), endpoint=False).astype(int) for length in fields.shape[2:]]
    sums = np.add.reduceat(np.add.reduceat(fields, edges[0], 2), edges[1], 3)
    counts = [np.diff([*edge, length]) for edge, length in zip(edges, fields.shape[2:], strict=True)]
    return np.asarray(sums / (counts[0][:, None] * counts[1]), np.complex64)


def _home(x: np.ndarray, width: int, unit: int) -> np.ndarray:
    """The column of the picture that columns of the plate move like: beyond it an odd number of mirrored copies."""
    rest = width - unit
    if rest <= 0:
        return x * (unit / max(width, 1))
    copies = max(1, 2 * round((rest / unit - 1) / 2) + 1)
    along = (x - unit) / (rest / copies)
    share = along % 1.0
    mirrored = np.where(along.astype(int) % 2 == 0, 1 - share, share)
    return np.where(x < unit, x, mirrored * unit)
