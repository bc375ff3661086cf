"""A plate of any length as a patchwork of cells, each with wavelets of its own, that fade into one another.

Wavelets are placed in shares of their picture, so on one that is twenty times as wide as high they would be streaks,
and on tiles of a plate, fitted each by itself, they would change when one tile takes over from the next. Cells lie in
the plate's own places: every tile draws the same ones.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ParallaxError
from .drawing import Sum
from .shimmer import basis, turns
from .wavelets import Wavelets, from_text

SCHEMA, VERSION = "infinite-parallax/wavelets", 1
FOLDER = "wavelets"
CELL_PX, LEAST_PX = 512, 96
SOFT_SHARE = 0.25
"""Of a cell's side: how wide it fades into its neighbour."""


@dataclass(frozen=True)
class Cell:
    """A rectangle of a plate, px, and over how many px it fades in or out at its left, top, right and lower side."""

    x: int
    y: int
    width: int
    height: int
    soft: tuple[int, int, int, int] = (0, 0, 0, 0)
    file: str = ""

    def window(self) -> NDArray[np.float32]:
        """How much it counts at each of its pixels, [height, width]; with its neighbours it is 1 everywhere."""
        left, top, right, below = self.soft
        return np.outer(_fading(self.height, top, below), _fading(self.width, left, right)).astype(np.float32)


def _fading(length: int, first: int, last: int) -> NDArray[np.float64]:
    at = np.arange(length) + 0.5
    rising = np.clip(at / first, 0, 1) if first else 1.0
    falling = np.clip((length - at) / last, 0, 1) if last else 1.0
    return np.ones(length) * rising * falling


def cells(x: int, y: int, width: int, height: int) -> Iterator[Cell]:
    """The cells of a rectangle of a plate, about as high as wide, row by row."""
    side = min(CELL_PX, max(LEAST_PX, min(width, height)))
    columns, rows = (_spans(start, size, side) for start, size in ((x, width), (y, height)))
    for top, tall, above, below in rows:
        for left, wide, before, after in columns:
            yield Cell(left, top, wide, tall, (before, above, after, below))


def _spans(start: int, size: int, side: int) -> list[tuple[int, int, int, int]]:
    """Beginning and length of each part along one side, and how far it fades at its two ends."""
    count = max(1, round(size / side))
    cuts = [start + round(n * size / count) for n in range(count + 1)]
    half = max(1, int(SOFT_SHARE * size / count / 2))
    out = []
    for n in range(count):
        before, after = half * (n > 0), half * (n < count - 1)
        first, last = cuts[n] - before, cuts[n + 1] + after
        out.append((first, last - first, 2 * before, 2 * after))
    return out


@dataclass(frozen=True)
class Waving:
    """The pictures by which something shimmers (`shimmer.basis`), float32 [3, height, width] each; that of what does
    not turn is zero."""

    cosines: list[Sum]
    sines: list[Sum]


@dataclass(frozen=True)
class Patchwork:
    """The cells of a group with their files; `digest` is of all that they were fitted to and how."""

    digest: str
    cells: tuple[Cell, ...]

    def to_json(self) -> dict[str, object]:
        """The document, as it lies beside the wavelets."""
        return {"schema": SCHEMA, "version": VERSION, **asdict(self)}

    def waving(self, folder: Path, x: int, y: int, width: int, height: int, most: int, seed: int) -> Waving:
        """What a rectangle of the plate shimmers by, phases turning up to `most` times."""
        parts = [np.zeros((2, 3, height, width), np.float32) for _ in range(most + 1)]
        for number, cell in enumerate(self.cells):
            left, top = max(x, cell.x), max(y, cell.y)
            right, below = min(x + width, cell.x + cell.width), min(y + height, cell.y + cell.height)
            if right <= left or below <= top:
                continue
            drawn = _drawn(folder / FOLDER / cell.file, cell, most, seed + number)
            own = np.s_[:, :, top - cell.y : below - cell.y, left - cell.x : right - cell.x]
            for part, picture in zip(parts, drawn, strict=False):
                part[:, :, top - y : below - y, left - x : right - x] += picture[own]
        parts[0][:] = 0
        return Waving([part[0] for part in parts], [part[1] for part in parts])


@lru_cache(maxsize=8)
def _drawn(path: Path, cell: Cell, most: int, seed: int) -> list[NDArray[np.float32]]:
    """A cell's pairs of pictures within its window, those of what does not turn left out as zeros."""
    wavelets = read(path)
    turning = turns(len(wavelets), most, seed)
    moving = Wavelets(wavelets.rows[turning > 0])
    cosines, sines = basis(moving, turning[turning > 0], cell.width, cell.height, level=True)
    window = cell.window()
    return [np.stack([a, b]) * window for a, b in zip(cosines, sines, strict=True)]


def read(path: Path) -> Wavelets:
    """The wavelets of a file."""
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as e:
        raise ParallaxError(f"{path} cannot be read as wavelets: {e}.", "Fit them again.") from e


def index_of(folder: Path, group: str) -> Path:
    """Where the cells of a group are told, in a folder of plates."""
    return folder / FOLDER / f"{group}.json"


def load(folder: Path, group: str) -> Patchwork:
    """The patchwork of a group; ParallaxError where it was not fitted."""
    path = index_of(folder, group)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA or data["version"] != VERSION:
            raise ValueError(f"{data['schema']!r}, {data['version']!r}")
        return Patchwork(str(data["digest"]), tuple(_cell(cell) for cell in data["cells"]))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ParallaxError(
            f"{path} holds no wavelets: {e}.", f"Fit them: infinite-parallax gabor plates {folder}"
        ) from e


def _cell(data: dict[str, Any]) -> Cell:
    x, y, width, height = (int(data[name]) for name in ("x", "y", "width", "height"))
    left, top, right, below = (int(v) for v in data["soft"])
    return Cell(x, y, width, height, (left, top, right, below), str(data["file"]))


def key(*parts: object) -> str:
    """A short name for what follows from these parts."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:24]
