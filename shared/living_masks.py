"""Masks and depths of living layers: pictures say how much each place of the source moves, and tiles carry it on.

Where a tile shows the source, its share is that of the mask times how near it is. Beyond it, a cell of the tile moves
as much as those cells of the source do whose colours and place are most like its own; the colours of cells are known
from the manifest, so no picture is opened. Asking a model again for each tile was the other road: it would have to be
at hand whenever a scene is built.
"""

import base64
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .colour_cells import CELL_PX, NUMBERS, Cells
from .finishing import LivingLayer
from .plan import Plan
from .plates import Plate, Tile
from .project import Project
from .spectral.fields import Field, gaussian, nearness

Places = NDArray[np.floating[Any]]
Look = Callable[[str, str], NDArray[np.uint8]]
"""Gives a picture as grey uint8 [H, W]: its name, and what it is called where there is none."""
Masks = Mapping[int, Field]
"""How much the places of the source move, 1 as declared, float32 [h, w], by the numbers of the entries."""
WIDEST = 512
"""Columns of a mask that are kept."""
SOFT_CELLS = 1.5
"""Deviation of the Gaussian that softens a share's rim, in cells of the motion."""
ROW_WEIGHT = 0.5
"""How much the whole height of a picture counts, against the whole range of a colour."""
NEAREST = 3


def read(project: Project, look: Look) -> dict[int, Field]:
    """How much moves by the masks and the depth maps that the living layers of a project name, by their numbers."""
    return {n: _read(wish, look) for n, wish in enumerate(project.living) if wanted(wish)}


def wanted(wish: LivingLayer) -> bool:
    """Whether an entry names a picture that says how much each place moves."""
    return bool(wish.mask or wish.depth)


def _read(wish: LivingLayer, look: Look) -> Field:
    if not wish.depth:
        return shrunk(look(wish.mask, "mask"))
    depth = shrunk(look(wish.depth, "depth map"))
    mask = shrunk(look(wish.mask, "mask")) if wish.mask else np.ones_like(depth)
    rows, columns = (np.arange(n) * m // n for n, m in zip(mask.shape, depth.shape, strict=True))
    return np.asarray(mask * nearness(depth[np.ix_(rows, columns)], mask), np.float32)


def shrunk(grey: NDArray[np.uint8]) -> Field:
    """A picture uint8 [H, W] as shares of squares as small as are kept, float32 [h, w]."""
    step = max(1, -(-grey.shape[1] // WIDEST))
    edges = [np.arange(0, length, step) for length in grey.shape]
    sums = np.add.reduceat(np.add.reduceat(grey.astype(np.float64), edges[0], 0), edges[1], 1)
    sizes = [np.diff([*edge, length]) for edge, length in zip(edges, grey.shape, strict=True)]
    return np.asarray(sums / (sizes[0][:, None] * sizes[1]) / 255, np.float32)


@dataclass(frozen=True)
class _Known:
    """Cells of the source, as a plate's tiles show them: what they look like, float64 [n, 7], and their shares [n]."""

    looks: NDArray[np.float64]
    shares: NDArray[np.float64]


def of_tiles(mask: Field, plate: Plate, plan: Plan, cell_px: float) -> dict[str, str]:
    """How much each cell of a plate's tiles moves, as text (`decoded`), by the tiles' files; a cell is `cell_px` wide
    and high."""
    known, around = _known(mask, plate, plan), plan.circumference(plate.index)
    return {tile.file: encoded(_share(mask, tile, plan, known, around, cell_px)) for tile in plate.tiles}


def _share(mask: Field, tile: Tile, plan: Plan, known: _Known, around: int | None, cell_px: float) -> Field:
    y, x = (
        corner + (np.arange(max(2, math.ceil(side / cell_px))) + 0.5) * cell_px
        for corner, side in ((tile.y, tile.height), (tile.x, tile.width))
    )
    share = np.zeros((len(y), len(x)))
    if tile.colours and len(known.shares):
        guessed = _guessed(tile, plan, known)
        rows, columns = (
            np.clip((places - corner) // CELL_PX, 0, count - 1).astype(int)
            for places, corner, count in zip((y, x), (tile.y, tile.x), guessed.shape, strict=True)
        )
        share = guessed[np.ix_(rows, columns)]
    if not tile.home_px:
        home = x % around if around else x
        inside = (home >= 0) & (home < plan.width)
        share[:, inside] = _sampled(mask, home[inside], y, plan)
    return gaussian(np.asarray(share, np.float32), SOFT_CELLS, SOFT_CELLS)


def _sampled(mask: Field, x: Places, y: Places, plan: Plan) -> Field:
    """The mask at places of the source, float32 [len(y), len(x)]; above and below it goes on as at its rim."""
    rows, columns = (
        np.clip(places * count / side, 0, count - 1).astype(int)
        for places, count, side in ((y, mask.shape[0], plan.height), (x, mask.shape[1], plan.width))
    )
    return np.asarray(mask[np.ix_(rows, columns)])


def _looks(tile: Tile, plan: Plan) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a tile's cells look like, float64 [rows, columns, 7], and their middles on the plate, x and y."""
    numbers = Cells.read(tile.colours, tile.width, tile.height).numbers
    y, x = (
        corner + np.minimum((np.arange(count) + 0.5) * CELL_PX, side)
        for corner, count, side in ((tile.y, numbers.shape[0], tile.height), (tile.x, numbers.shape[1], tile.width))
    )
    middles = np.stack(np.meshgrid(x, y), axis=-1)
    height = middles[..., 1:] * (ROW_WEIGHT * 255 / plan.height)
    return np.concatenate([numbers[..., 1:], height], axis=-1), middles


def _known(mask: Field, plate: Plate, plan: Plan) -> _Known:
    looks, shares = [np.zeros((0, NUMBERS))], [np.zeros(0)]
    for tile in plate.body:
        if not tile.colours or tile.home_px or tile.x >= plan.width or tile.x + tile.width <= 0:
            continue
        look, middles = _looks(tile, plan)
        inside = (middles[0, :, 0] >= 0) & (middles[0, :, 0] < plan.width)
        parts = np.linspace(-CELL_PX / 2, CELL_PX / 2, 5)
        found = [
            _sampled(mask, middles[0, inside, 0] + dx, middles[:, 0, 1] + dy, plan) for dx in parts for dy in parts
        ]
        looks.append(look[:, inside].reshape(-1, NUMBERS))
        shares.append(np.mean(found, axis=0).reshape(-1))
    return _Known(np.concatenate(looks), np.concatenate(shares))


def _guessed(tile: Tile, plan: Plan, known: _Known) -> NDArray[np.float64]:
    """The shares of a tile's cells by those of the source that are most like them, float64 [rows, columns]."""
    look, _ = _looks(tile, plan)
    out = np.zeros(look.shape[:2])
    for column in range(look.shape[1]):
        away = ((look[:, column, None] - known.looks) ** 2).sum(-1)
        nearest = np.argsort(away, axis=1)[:, :NEAREST]
        weight = 1 / (np.take_along_axis(away, nearest, 1) + 1)
        out[:, column] = (known.shares[nearest] * weight).sum(1) / weight.sum(1)
    return out


def encoded(share: Field) -> str:
    """Shares as text: their rows and columns, what the greatest byte stands for, and their bytes, compressed."""
    most = max(1.0, round(float(share.max()), 4))
    values = np.rint(np.clip(share / most, 0, 1) * 255).astype(np.uint8)
    packed = base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")
    return f"{len(values)}x{values.shape[1]}:{most:g}:{packed}"


@lru_cache(maxsize=64)
def decoded(text: str) -> Field:
    """Shares out of their text, float32 [h, w]."""
    size, most, packed = text.split(":")
    rows, columns = (int(number) for number in size.split("x"))
    values = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).reshape(rows, columns)
    return np.asarray(values * np.float32(float(most) / 255), np.float32)
