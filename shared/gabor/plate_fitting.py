"""Which wavelets the plates of a folder need, and the files in which they lie, cell by cell, for layers that shimmer.

Who fits a cell is given: this program where it has torch, or a server; so the command line and Blender fill a folder
in one way. A group whose tiles and settings have not changed is passed over, and a fit that was stopped goes on with
the cell that it was at. Fitting each tile by itself was the other road (`patchwork.py`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import Cancelled, ParallaxError, UsageError
from ..finishing import Shimmer
from ..plates import Manifest, Tile
from ..settings import setting
from ..shimmering import groups, wish_of
from . import patchwork
from .patchwork import CELL_PX, Cell, Patchwork

FITTED_PX = 256
"""The longer side that a cell is fitted at: a shimmer has no finer waves."""
FEWEST, MOST = 8, 100_000
ITERATIONS, MULTIPLE = 30, 1.0
FITTED = "detail"
"""What of a plate is fitted; part of the digest, so that plates fitted in another way are fitted again."""


@dataclass(frozen=True)
class CellWish:
    """A cell to be fitted: a rectangle of a plate, how many wavelets, and where the tiles lie that reach into it."""

    x: int = setting(0, "Left side of the cell in the plate.", unit="px")
    y: int = setting(0, "Upper side of the cell in the plate.", unit="px")
    width: int = setting(512, "Width of the cell.", low=1, high=4096, unit="px")
    height: int = setting(512, "Height of the cell.", low=1, high=4096, unit="px")
    wavelets: int = setting(256, "How many wavelets.", low=1, high=MOST)
    seed: int = setting(0, "Same seed, same wavelets.", low=0, high=2**32)
    tiles: tuple[tuple[float, float], ...] = setting((), "Upper left corner of each tile in the plate.", unit="px")


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
        return patchwork.key(of_tiles, self.wish.wavelets, self.wish.seed, FITTED_PX, ITERATIONS, MULTIPLE, FITTED)

    def cell(self, number: int, cell: Cell) -> tuple[tuple[Tile, ...], CellWish]:
        """The tiles that reach into a cell, and the wish for it."""
        near = tuple(
            t
            for t in self.tiles
            if t.x < cell.x + cell.width
            and cell.x < t.x + t.width
            and t.y < cell.y + cell.height
            and cell.y < t.y + t.height
        )
        count = min(MOST, max(FEWEST, round(self.wish.wavelets * cell.height * cell.width / CELL_PX**2)))
        places = tuple((t.x, t.y) for t in near)
        return near, CellWish(cell.x, cell.y, cell.width, cell.height, count, self.wish.seed + number, places)


FitCell = Callable[[tuple[Path, ...], CellWish], str]
"""Fits a cell to the pictures of its tiles; the text file of the wavelets, empty where nothing is seen."""
Tell = Callable[[int, int], None]
"""Hears how many cells are done, and of how many."""


def wanted(manifest: Manifest, shimmers: tuple[Shimmer, ...]) -> Iterator[Group]:
    """The groups of a manifest that shimmer; UsageError where one of them recedes."""
    tiles = {tile.file: tile for tile in manifest.files}
    for name, (layer, files) in groups(manifest).items():
        number = wish_of(shimmers, layer)
        if number is None or not files:
            continue
        if any(tiles[file].ramp is not None for file in files):
            raise UsageError(
                f"The layer {layer} recedes, and such ground cannot shimmer.", "Name other layers by their numbers."
            )
        yield Group(name, tuple(tiles[file] for file in files), shimmers[number])


def fit_plates(
    folder: Path,
    manifest: Manifest,
    shimmers: tuple[Shimmer, ...],
    fit: FitCell,
    tell: Tell = lambda _done, _of: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Fit what is to shimmer in a folder of plates; how many cells there are. Cancelled when it is stopped."""
    work = [(group, tuple(patchwork.cells(*group.bounds))) for group in wanted(manifest, shimmers)]
    total, done = sum(len(cells) for _, cells in work), 0
    _make(folder / patchwork.FOLDER)
    for group, cells in work:
        tell(done, total)
        if not _is_fitted(folder, group):
            fitted = []
            for cell in _fitted(folder, group, cells, fit, cancelled):
                fitted.append(cell)
                tell(done + len(fitted), total)
            _write(folder, group, tuple(cell for cell in fitted if cell.file))
        done += len(cells)
    tell(total, total)
    return total


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as e:
        raise ParallaxError(f"{folder} cannot be made: {e.strerror}.", "Choose a folder that can be written.") from e


def _is_fitted(folder: Path, group: Group) -> bool:
    path = patchwork.index_of(folder, group.name)
    if not path.is_file():
        return False
    try:
        known = patchwork.load(folder, group.name)
    except ParallaxError:
        return False
    there = all((path.parent / cell.file).is_file() for cell in known.cells)
    return known.digest == group.digest and there


def _fitted(
    folder: Path, group: Group, cells: tuple[Cell, ...], fit: FitCell, cancelled: Callable[[], bool]
) -> Iterator[Cell]:
    """Each cell with its file, written; without one where nothing is seen of it."""
    for number, cell in enumerate(cells):
        if cancelled():
            raise Cancelled
        path = folder / patchwork.FOLDER / f"{group.name}_{group.digest[:8]}_{number:03d}.txt"
        if not path.is_file():
            tiles, wish = group.cell(number, cell)
            text = fit(tuple(folder / tile.file for tile in tiles), wish) if tiles else ""
            if not text:
                yield cell
                continue
            _put(path, text)
        yield replace(cell, file=path.name)


def _put(path: Path, text: str) -> None:
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space, then fit again.") from e


def _write(folder: Path, group: Group, cells: tuple[Cell, ...]) -> None:
    """Tell the cells of a group in its index, and take away what was fitted before."""
    path = patchwork.index_of(folder, group.name)
    _put(path, json.dumps(Patchwork(group.digest, cells).to_json(), indent=1))
    kept = {cell.file for cell in cells}
    for other in path.parent.glob(f"{group.name}_*.txt"):
        if other.name not in kept:
            other.unlink()
