"""Wavelets fitted to the plates of a folder, cell by cell, for the layers that shimmer.

The tiles of a plate are laid into one picture, because they show the same where they overlap; alpha is the weight, so
that what is never seen costs no wavelet. A group whose tiles and settings have not changed is passed over, and a fit
that was stopped goes on with the cell that it was at. Fitting each tile by itself was the other road
(`shared/gabor/patchwork.py`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...shared.finishing import Shimmer
from ...shared.gabor import patchwork
from ...shared.gabor.patchwork import CELL_PX, Cell, Patchwork
from ...shared.gabor.wavelets import to_text
from ...shared.plates import Manifest, Tile
from ...shared.shimmering import groups, wish_of
from .fitting import Fit
from .schedule import Course, fit_picture, wavelets_of

Bytes = NDArray[np.uint8]
FITTED_PX = 256
"""The longer side that a cell is fitted at: a shimmer has no finer waves."""
FEWEST = 8
ITERATIONS, MULTIPLE = 30, 1.0


@dataclass(frozen=True)
class Group:
    """What is fitted as one picture: its tiles, and how."""

    name: str
    tiles: tuple[Tile, ...]
    wish: Shimmer

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """Left, top, width and height in the plate's places, px."""
        left, top = min(t.x for t in self.tiles), min(t.y for t in self.tiles)
        right, below = max(t.x + t.width for t in self.tiles), max(t.y + t.height for t in self.tiles)
        return left, top, right - left, below - top

    @property
    def digest(self) -> str:
        """What the fit follows from."""
        of_tiles = [(t.sha256, t.x, t.y) for t in self.tiles]
        return patchwork.key(of_tiles, self.wish.wavelets, self.wish.seed, FITTED_PX, ITERATIONS, MULTIPLE)


Tell = Callable[[int, int], None]
"""Hears how many cells are done, and of how many."""


def wanted(manifest: Manifest, shimmers: tuple[Shimmer, ...]) -> Iterator[Group]:
    """The groups of a manifest that shimmer."""
    tiles = {tile.file: tile for tile in manifest.files}
    for name, (layer, files) in groups(manifest).items():
        number = wish_of(shimmers, layer)
        if number is not None and files:
            yield Group(name, tuple(tiles[file] for file in files), shimmers[number])


def fit_plates(
    folder: Path,
    manifest: Manifest,
    shimmers: tuple[Shimmer, ...],
    tell: Tell = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> int:
    """Fit what is to shimmer in a folder of plates; how many cells there are. Cancelled when it is stopped."""
    work = [(group, tuple(patchwork.cells(*group.bounds))) for group in wanted(manifest, shimmers)]
    total, done = sum(len(cells) for _, cells in work), 0
    (folder / patchwork.FOLDER).mkdir(exist_ok=True)
    for group, cells in work:
        tell(done, total)
        if not _is_fitted(folder, group):
            fitted = []
            for cell in _fitted(folder, group, cells, cancelled, device):
                fitted.append(cell)
                tell(done + len(fitted), total)
            _write(folder, group, tuple(cell for cell in fitted if cell.file))
        done += len(cells)
    tell(total, total)
    return total


def _is_fitted(folder: Path, group: Group) -> bool:
    path = patchwork.index_of(folder, group.name)
    if not path.is_file():
        return False
    known = patchwork.load(folder, group.name)
    there = all((path.parent / cell.file).is_file() for cell in known.cells)
    return known.digest == group.digest and there


def _fitted(
    folder: Path, group: Group, cells: tuple[Cell, ...], cancelled: Callable[[], bool], device: str
) -> Iterator[Cell]:
    """Each cell with its file, written; without one where nothing is seen of it."""
    left, top, _, _ = group.bounds
    whole = _joined(folder, group)
    for number, cell in enumerate(cells):
        part = whole[cell.y - top :, cell.x - left :][: cell.height, : cell.width]
        if not part[..., 3].any():
            yield cell
            continue
        file = f"{group.name}_{group.digest[:8]}_{number:03d}.txt"
        path = folder / patchwork.FOLDER / file
        if not path.is_file():
            wavelets = wavelets_of(_fit(part, group.wish, number, cancelled, device))
            unfinished = path.with_suffix(".part")
            unfinished.write_text(to_text(wavelets), encoding="utf-8")
            unfinished.replace(path)
        yield replace(cell, file=file)


def _fit(part: Bytes, wish: Shimmer, number: int, cancelled: Callable[[], bool], device: str) -> Fit:
    height, width = part.shape[:2]
    count = max(FEWEST, round(wish.wavelets * height * width / CELL_PX**2))
    scale = min(1.0, FITTED_PX / max(height, width))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    colours, alpha = (
        np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, Image.Resampling.BOX))
        for values in (part[..., :3], part[..., 3])
    )
    course = Course(count, ITERATIONS, MULTIPLE, seed=wish.seed + number, device=device)
    weight = None if alpha.min() == 255 else np.maximum(alpha, 1)
    return fit_picture(colours, course, weight, cancelled=cancelled)


def _joined(folder: Path, group: Group) -> Bytes:
    """The tiles of a group as one picture, RGBA uint8 with straight alpha."""
    left, top, width, height = group.bounds
    whole = np.zeros((height, width, 4), np.uint8)
    for tile in group.tiles:
        with Image.open(folder / tile.file) as picture:
            pixels = np.asarray(picture.convert("RGBA"))
        place = whole[tile.y - top :, tile.x - left :][: tile.height, : tile.width]
        seen = pixels[..., 3] >= place[..., 3]
        place[seen] = pixels[seen]
    return whole


def _write(folder: Path, group: Group, cells: tuple[Cell, ...]) -> None:
    """Tell the cells of a group in its index, and take away what was fitted before."""
    path = patchwork.index_of(folder, group.name)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(Patchwork(group.digest, cells).to_json(), indent=1), encoding="utf-8")
    unfinished.replace(path)
    kept = {cell.file for cell in cells}
    for other in path.parent.glob(f"{group.name}_*.txt"):
        if other.name not in kept:
            other.unlink()
