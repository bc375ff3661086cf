"""The mesh of a plane that lives: where its lines and columns lie, and how far its points are moved.

Lines and columns lie along the cells of the plate's field, so that the mesh, which is linear between its points, shows
all of the motion. A point for every px was the other road: Blender moves them all at every frame, once for each key.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .living import Life, motion, resonances
from .living_masks import decoded
from .ramp import Slide
from .sway import Heights, Rows

Columns = NDArray[np.float64]


def lines(living: Sequence[Life], moved_alone: bool, height: int, swaying: Rows) -> Rows:
    """The lines of rows of a plane, given those that it has because it sways; fewer where no row has to be
    `moved_alone`."""
    if moved_alone:
        return swaying
    inner: list[float] = []
    if living:
        body = living[0].body
        inner = _lattice(living[0].y - body.top, height, body.height / motion(body).fields.shape[2])
    ends = {float(swaying.at[0]), 0.0, float(height), float(swaying.at[-1])}
    return Rows(np.array(sorted({*inner, *ends})), swaying.spare)


def across(living: Sequence[Life], width: int, spare: int) -> Columns:
    """Where the columns of a plane's mesh lie, in px of the tile: its edges, and between them the field's cells."""
    inner: list[float] = []
    if living:
        body = living[0].body
        inner = _lattice(living[0].x, width, body.width / motion(body).fields.shape[3])
    return np.array([-float(spare), *inner, float(width + spare)])


def _lattice(start: int, length: int, cell: float) -> list[float]:
    """The middles of a field's cells that lie well inside a tile which begins at `start`, in px of the tile."""
    first = math.ceil((start + cell / 4) / cell - 0.5)
    last = math.floor((start + length - cell / 4) / cell - 0.5)
    return [(i + 0.5) * cell - start for i in range(first, last + 1)]


def field(life: Life, at: Heights, columns: Columns, slide: Slide | None) -> NDArray[np.complex64]:
    """The amplitudes at gain 1 at the points of a tile's mesh, complex64 [K, 2, n, m], output px, y down."""
    parts = motion(life.body).fields
    looked = _looked_up(parts.reshape(-1, *parts.shape[2:]), life, at, columns, slide)
    looked = looked.reshape(*parts.shape[:2], len(at), len(columns))
    return np.asarray(looked * (life.scale * _masked(life, at, columns)), np.complex64)


def moved(living: Sequence[Life], at: Heights, columns: Columns, slide: Slide | None, n: float) -> NDArray[np.float64]:
    """How far the points of a tile's mesh are moved at frame n, float64 [2, n, m], output px, y down."""
    out = np.zeros((2, len(at), len(columns)))
    for life in living:
        parts = motion(life.body).fields
        phases = 2 * math.pi * (np.arange(1, len(parts) + 1) * life.turned(n) % 1.0)
        now = np.tensordot(np.cos(phases), parts.real, 1) - np.tensordot(np.sin(phases), parts.imag, 1)
        now = min(life.gain_at(n), life.most) * life.share(n) * now
        if life.ringing is not None:
            now = now + life.ringing.moved(resonances(life.body), n)
        out += life.scale * _masked(life, at, columns) * _looked_up(now, life, at, columns, slide)
    return out


def shapes(life: Life, at: Heights, columns: Columns, slide: Slide | None) -> NDArray[np.complex64]:
    """The modes of a life that rings at the points of a tile's mesh, complex64 [R, 2, n, m], output px per px."""
    parts = np.stack([mode.shape for mode in resonances(life.body)])
    looked = _looked_up(parts.reshape(-1, *parts.shape[2:]), life, at, columns, slide)
    looked = looked.reshape(*parts.shape[:2], len(at), len(columns))
    return np.asarray(looked * (life.scale * _masked(life, at, columns)), np.complex64)


def drifting(life: Life, at: Heights, columns: Columns, slide: Slide | None) -> NDArray[np.float64]:
    """How much of the drift the points of a tile's mesh have, float64 [n, m]: by the mask, and by how fast their row
    moves where the ground recedes."""
    share = np.broadcast_to(_masked(life, at, columns), (len(at), len(columns)))
    if slide is None:
        return np.array(share)
    scales = slide.ramp.scales(0, math.ceil(max(at[-1], 1)))
    return np.asarray(share * np.interp(at, np.arange(len(scales)) + 0.5, scales)[:, None])


def _masked(life: Life, at: Heights, columns: Columns) -> NDArray[np.float64]:
    """How much the points of a tile's mesh move by its mask, float64 [n, m], bilinearly; 1 without one."""
    if not life.mask:
        return np.ones((1, 1))
    share, cell = decoded(life.mask).astype(np.float64), life.body.cell_px
    down, right = (
        np.clip(places / cell - 0.5, 0, count - 1) for places, count in zip((at, columns), share.shape, strict=True)
    )
    top, left = (
        np.minimum(places.astype(int), count - 2) for places, count in zip((down, right), share.shape, strict=True)
    )
    (dy, dx), rows, posts = ((down - top)[:, None], right - left), top[:, None], left
    upper, lower = (share[rows + k, posts] * (1 - dx) + share[rows + k, posts + 1] * dx for k in (0, 1))
    return np.asarray(upper * (1 - dy) + lower * dy)


def _looked_up(parts: NDArray[Any], life: Life, at: Heights, columns: Columns, slide: Slide | None) -> NDArray[Any]:
    """Fields [k, h, w] of a plate, bilinearly, at the points of a tile's mesh, [k, n, m]."""
    rows, count = parts.shape[1:]
    y = (life.y - life.body.top + at) * (rows / life.body.height) - 0.5
    ahead = np.zeros(len(at))
    if slide is not None:
        # a place of the ground is on the screen at U + s V k: every tile finds it at its U again
        scales = slide.ramp.scales(0, math.ceil(max(at[-1], 1)))
        ahead = np.interp(at, np.arange(len(scales)) + 0.5, 1 - scales) * slide.home_px
    x = (life.x + ahead[:, None] + columns) * (count / life.body.width) - 0.5
    y = np.clip(y, 0, rows - 1)
    top, left = np.minimum(y.astype(int), rows - 2), np.floor(x).astype(int)
    down, right = (y - top)[:, None], x - left
    corners = [parts[:, (top + dy)[:, None], (left + dx) % count] for dy in (0, 1) for dx in (0, 1)]
    upper, lower = (corners[i] * (1 - right) + corners[i + 1] * right for i in (0, 2))
    return np.asarray(upper * (1 - down) + lower * down)
