"""How far a living layer may move before its picture folds over itself, where some places move more than others.

From a place to the next a share m of a way u falls by at most m |du| + u |dm|, at whatever moment. Both are looked up
where a tile lies, so that the steep rim of a mask or of a depth counts as far as something swings there. Following the
tiles through a period was the other road: it finds a little more room, and takes a transform for each of them.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .living import Body, motion, resonances
from .living_masks import decoded
from .plates import Plate, Tile
from .spectral import folding, modes

STRONGEST = 20.0
"""What a gain is at most, whatever would fold."""
Maps = NDArray[np.float32]  # [2, h, w], x and y


class Ways(NamedTuple):
    """At most, whatever the moment: how steeply a motion of gain 1 `falls` from each cell of its field to the next, px
    per px, and how far it `goes`, px."""

    falls: Maps
    goes: Maps


@lru_cache(maxsize=32)
def swinging(*quarters: Body) -> Ways:
    """The ways of a plate, whose wind is one or turns through all quarters."""
    volumes = [motion(body) for body in quarters]
    goes = np.max([np.abs(volume.fields).sum(0) for volume in volumes], axis=0)
    # two quarters next to each other share a wind by its cosine and sine
    return Ways(folding.falls(*volumes), goes * np.float32(math.sqrt(2) if len(quarters) > 1 else 1))


@lru_cache(maxsize=16)
def ringing(body: Body) -> tuple[Ways, ...]:
    """The ways of each mode of a plate, per px that it is out."""
    rows, columns = motion(body).fields.shape[2:]
    cell = body.width / columns, body.height / rows
    return tuple(Ways(modes.falls(mode, cell), np.abs(mode.shape)) for mode in resonances(body))


def most_gain(*quarters: Body) -> float:
    """The gain beyond which a plate would fold over itself that moves everywhere alike."""
    return gain(float(swinging(*quarters).falls.max()))


def gain(steepest: float) -> float:
    """The gain beyond which would fold what falls so steeply at gain 1."""
    return min(STRONGEST, (1 - folding.LEAST_STRETCH) / max(steepest, 1e-9))


def steepest(ways: Ways, body: Body, plate: Plate, shares: Mapping[str, str]) -> float:
    """The steepest that a motion falls on a plate whose tiles move by `shares`, texts by their files; without any they
    move everywhere alike."""
    if not shares:
        return float(ways.falls.max())
    return max(_on_tile(ways, body, tile, shares[tile.file]) for tile in plate.tiles)


def _on_tile(ways: Ways, body: Body, tile: Tile, text: str) -> float:
    share, cell = decoded(text), body.cell_px
    rows, columns = ways.falls.shape[1:]
    down, across = ((np.arange(count) + 0.5) * cell for count in share.shape)
    row = np.floor((tile.y - body.top + down) * (rows / body.height)).astype(int)
    column = np.floor((tile.x + across) * (columns / body.width)).astype(int)
    # the cells of a tile lie between those of the field, and where the ground recedes, anywhere along it
    near = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    falls, goes = (np.broadcast_to(part.max(axis=2, keepdims=True), part.shape) if tile.ramp else part for part in ways)
    falls, goes = (
        np.max([part[:, np.clip(row + dy, 0, rows - 1)[:, None], (column + dx) % columns] for dy, dx in near], axis=0)
        for part in (falls, goes)
    )
    found = 0.0
    for axis in (0, 1):
        steps = np.abs(np.diff(share, axis=1 - axis)) / np.float32(cell)
        most = np.maximum(share, _beside(share, 1 - axis))
        steep = np.pad(steps, [(0, axis), (0, 1 - axis)])
        found = max(found, float((most * falls[axis] + steep * goes[axis]).max()))
    return found


def _beside(share: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """The next cell's share along an axis; at the end its own."""
    return np.concatenate([np.delete(share, 0, axis), np.take(share, [-1], axis)], axis)
