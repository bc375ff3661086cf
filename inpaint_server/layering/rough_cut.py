"""The borders of a picture at a few hundred pixels' width: enough to know what belongs together, and fast.

A border has one height per column. Under that rule the cheapest border is found exactly, column by column (dynamic
programming), vertical runs included, which are paid by the upright edges that they follow. First a path along edges
near the wanted row; then rounds in which both sides are learnt from the path of the round before, and the path is
found again; at last it gives way where it would tear more than the plain line that was wanted (`tearing`). A free
two-dimensional minimum cut finds the same edges, and islands and holes besides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import colour_models, edges, smaller, tearing
from .colour_models import Palette
from .edges import F32, RGB, Edges

Rows = NDArray[np.float64]  # [w], a row per column
Path = NDArray[np.int32]  # [w], 0..h: the first row of the nearer side
SKETCH_WIDTH = 480
BORDER_PRICE = 0.01  # of one pixel of border, per pixel of the picture's width, in units of one pixel's evidence
EDGE_ONLY_PULL = 1.2
UPRIGHT_DISCOUNT = 0.6
LOOSENING = (1.0, 0.9, 0.8, 0.7, 0.6, 0.55)  # of the pull to the wanted row, upwards, round by round
PULL_DOWN = 0.85
STRONGEST_PULL = 4.0
LEARNT_FROM = 0.3  # of the height, on either side of the path
LEAST_SCALE = 0.09
DRAWN = 0.5  # of the reach: a line that somebody drew is left less than a row


@dataclass(frozen=True)
class Sketch:
    """A picture made small, with its edges and clusters. `shape` is (height, width) of the large one, `lab` float32
    [h, w, 3] in 8-bit scaling."""

    shape: tuple[int, int]
    lab: F32
    edges: Edges
    palette: Palette

    @property
    def height(self) -> int:
        """Rows of the small picture."""
        return int(self.palette.labels.shape[0])

    @property
    def width(self) -> int:
        """Columns of the small picture."""
        return int(self.palette.labels.shape[1])

    def shrink(self, rows: Rows) -> Rows:
        """Rows per column of the large picture as rows per column of the small one."""
        at = (np.arange(self.width) + 0.5) * self.shape[1] / self.width - 0.5
        return np.interp(at, np.arange(len(rows)), rows) * self.height / self.shape[0]

    def enlarge(self, rows: Rows | Path) -> Rows:
        """The way back."""
        at = (np.arange(self.shape[1]) + 0.5) * self.width / self.shape[1] - 0.5
        return np.interp(at, np.arange(self.width), rows) * self.shape[0] / self.height


@dataclass(frozen=True)
class Wish:
    """Where a border should run, row per column, and after how many rows upwards and downwards a pull of 1 is felt.
    `plain`: the line that it must not tear more than; as a rule the rows, and None for a level one at its median."""

    rows: Rows
    up: float
    down: float
    plain: Rows | None

    def line(self, path: Path, above: Path) -> Path:
        """The plain line for a path, below another one."""
        rows = np.full(len(path), np.median(path)) if self.plain is None else self.plain
        return np.asarray(np.maximum(np.round(rows), above), np.int32)


def sketch(picture: RGB) -> Sketch:
    """A picture at a width of at most `SKETCH_WIDTH`."""
    size = smaller.size_of(picture.shape, SKETCH_WIDTH)
    lab = edges.lab_of(smaller.shrunk(picture, size))
    return Sketch((picture.shape[0], picture.shape[1]), lab, edges.find(lab), colour_models.palette(picture, size))


def wishes(wanted: Sequence[Rows], height: int, reach: float) -> list[Wish]:
    """A wish per border: each may leave its rows about as far as the next wanted border is, at most `reach`."""
    medians = [float(np.median(rows)) for rows in wanted]
    out = []
    for rows, row in zip(wanted, medians, strict=True):
        near = reach if np.ptp(rows) == 0 else DRAWN * reach
        above = min((row - m for m in medians if m < row), default=np.inf)
        below = min((m - row for m in medians if m > row), default=np.inf)
        up, down = (
            float(np.clip(gap, min(LEAST_SCALE, far / 2) * height, far * height))
            for gap, far in ((above, 1.4 * near), (below, near))
        )
        out.append(Wish(rows, up, down, rows))
    return out


def edge_path(sketch: Sketch, wish: Wish) -> Path:
    """The cheapest path along edges alone near the wanted rows."""
    away = np.arange(sketch.height + 1)[None] - wish.rows[:, None]
    pull = EDGE_ONLY_PULL * (away / np.where(away < 0, wish.up, wish.down)) ** 2
    first = np.zeros(sketch.width, np.int32)
    size = np.full(sketch.width, sketch.height + 1, np.int32)
    return cheapest(
        pull.astype(np.float32), sketch.edges.level, sketch.edges.upright, 1.0, UPRIGHT_DISCOUNT, first, size
    )


def start(sketch: Sketch, wish: Wish) -> Path:
    """Where the rounds begin: along edges near a level row; along a drawn line itself, which knows better."""
    if np.ptp(wish.rows) > 0:
        return np.clip(np.round(wish.rows), 0, sketch.height).astype(np.int32)
    return edge_path(sketch, wish)


@dataclass(frozen=True)
class Rough:
    """`paths` of the borders, far to near, none above the one before; `evidence` float32 [k, w] of each."""

    paths: list[Path]
    evidence: list[F32]


def cut(sketch: Sketch, wanted: Sequence[Wish], starts: Sequence[Path] = ()) -> Rough:
    """The borders near the wanted rows of the small picture, from `starts` or from paths along edges."""
    paths = [path.copy() for path in starts] or [start(sketch, wish) for wish in wanted]
    for i in range(1, len(paths)):
        paths[i] = np.maximum(paths[i], paths[i - 1])
    evidence: list[F32] = [np.empty((0, 0), np.float32)] * len(paths)
    bottom = np.full(sketch.width, sketch.height, np.int32)
    price = BORDER_PRICE * sketch.width
    for number, loose in enumerate(LOOSENING, 1):
        for i, wish in enumerate(wanted):
            above = paths[i - 1] if i else np.zeros(sketch.width, np.int32)
            below = np.maximum(paths[i + 1], paths[i]) if i + 1 < len(paths) else bottom
            evidence[i] = learn(sketch, paths[i], above, below)
            said = _say(sketch.palette.labels, evidence[i], above)
            cost = accumulate(said, wish.rows, above, bottom, loose / wish.up, max(PULL_DOWN, loose) / wish.down)
            path = cheapest(
                cost, sketch.edges.level, sketch.edges.upright, price, price, above, bottom - above + np.int32(1)
            )
            # not before the last round: who learns from a mended path learns the plain line
            paths[i] = path if number < len(LOOSENING) else _mend(sketch, path, above, wish)
    return Rough(paths, evidence)


def _mend(sketch: Sketch, path: Path, above: Path, wish: Wish) -> Path:
    """A path below another one that tears no more than its plain line does."""
    along_edges = np.maximum(edge_path(sketch, wish), above)
    return tearing.mend(sketch.lab, sketch.edges, path, wish.line(path, above), along_edges)


def learn(sketch: Sketch, path: Path, above: Path, below: Path) -> F32:
    """The evidence of the clusters for the nearer side, from both sides of a path between its neighbours."""
    far = np.int32(max(1, round(LEARNT_FROM * sketch.height)))
    clusters = len(sketch.palette.centres)
    return colour_models.evidence(
        colour_models.counts(sketch.palette.labels, np.maximum(above, path - far), path, clusters),
        colour_models.counts(sketch.palette.labels, path, np.minimum(below, path + far), clusters),
    )


@njit(cache=True)
def _say(labels: NDArray[np.uint8], table: F32, first: Path) -> F32:
    """The evidence of every pixel from row first[x] to the bottom, float32 [w, tallest]."""
    height, width = labels.shape
    out = np.zeros((width, height - np.min(first)), np.float32)
    for x in range(width):
        for y in range(first[x], height):
            out[x, y - first[x]] = table[labels[y, x], x]
    return out


@njit(cache=True)
def accumulate(said: F32, wanted: Rows, first: Path, last: Path, pull_up: float, pull_down: float) -> F32:
    """The cost of every height, float32 [w, tallest + 1]: entry [x, j] is that of the height first[x] + j.

    Pixels above the height lie on the farther side: each costs its evidence for the nearer one. A pixel above the
    wanted row speaks for the farther side, one below it for the nearer, the more the further away.
    """
    width, tallest = said.shape
    out = np.zeros((width, tallest + 1), np.float32)
    for x in range(width):
        for j in range(last[x] - first[x]):
            away = first[x] + j - wanted[x]
            pull = away * (pull_up if away < 0 else pull_down)
            out[x, j + 1] = out[x, j] + said[x, j] + min(max(pull, -STRONGEST_PULL), STRONGEST_PULL)
    return out


@njit(cache=True)
def cheapest(cost: F32, level: F32, upright: F32, price: float, upright_price: float, first: Path, size: Path) -> Path:
    """The cheapest heights, int32 [w]: in column x one of first[x] .. first[x] + size[x] - 1.

    `cost` float32 [w, tallest] of the heights; `level`, `upright` float32 [h, w] as in `Edges`. A border that leaves
    the picture at the bottom (height h) pays as in flat picture. O(w * tallest).
    """
    height, width = level.shape
    back = np.zeros((width, cost.shape[1]), np.int32)
    best = np.empty(height + 1, np.float64)
    origin = np.empty(height + 1, np.int32)
    for j in range(size[0]):
        y = first[0] + j
        best[y] = cost[0, j] + price * (level[y, 0] if y < height else 1.0)
    for x in range(1, width):
        low, high = first[x - 1], first[x - 1] + size[x - 1]
        start, stop = min(low, first[x]), max(high, first[x] + size[x])
        for y in range(start, stop):
            if y < low or y >= high:
                best[y] = 1e30
            origin[y] = y
        for y in range(start + 1, stop):
            via = best[y - 1] + upright_price * upright[y - 1, x]
            if via < best[y]:
                best[y], origin[y] = via, origin[y - 1]
        for y in range(stop - 2, start - 1, -1):
            via = best[y + 1] + upright_price * upright[y, x]
            if via < best[y]:
                best[y], origin[y] = via, origin[y + 1]
        for j in range(size[x]):
            y = first[x] + j
            back[x, j] = origin[y]
            best[y] += cost[x, j] + price * (level[y, x] if y < height else 1.0)
    out = np.empty(width, np.int32)
    end = first[width - 1]
    for y in range(first[width - 1], first[width - 1] + size[width - 1]):
        if best[y] < best[end]:
            end = y
    out[width - 1] = end
    for x in range(width - 1, 0, -1):
        out[x - 1] = back[x, out[x] - first[x]]
    return out
