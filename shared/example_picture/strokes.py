"""Everything that is laid on with a brush: stamps of bristle strokes, leaves and blades, and the pass that repaints.

A stroke is a small alpha patch in one colour with the tone of its bristles; position, colour and order come from a
hash of its cell in the world, so two overlapping strokes lie in the same order in every width of the picture. A
filter (Kuwahara, line integral convolution) was not used: it smooths, but leaves no visible stroke.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .noise import Field, Integers, grid, uniform
from .scene import Places, Scene

TURNS = 24
"""Directions of a stroke over half a turn."""
WARMTH = np.array([1.0, 0.1, -1.0], np.float32)
"""The colour that is added to make a tone warmer."""


@dataclass(frozen=True)
class Stamp:
    """One brush mark. alpha: float32 [h, w, 1] in 0..1; tone: float32 [h, w, 1], added where the mark lies."""

    alpha: Field
    tone: Field


def _frame(length_px: float, width_px: float, angle: float) -> tuple[Field, Field]:
    """Coordinates along and across a mark, in its half lengths and half widths, on the patch that holds it."""
    c, s = math.cos(angle), math.sin(angle)
    half_w = math.ceil((abs(c) * length_px + abs(s) * width_px) / 2 + 0.5)
    half_h = math.ceil((abs(s) * length_px + abs(c) * width_px) / 2 + 0.5)
    v, u = np.mgrid[-half_h : half_h + 1, -half_w : half_w + 1].astype(np.float32)
    return (u * c + v * s) * np.float32(2 / length_px), (v * c - u * s) * np.float32(2 / width_px)


def bristle_stroke(length_px: float, width_px: float, angle: float, seed: int) -> Stamp:
    """A stroke with streaks along it, soft at the start and ragged at the end."""
    along, across = _frame(length_px, width_px, angle)
    lanes = max(2.0, width_px / 1.6)
    u = np.linspace(-1.5, 1.5, 48)
    streak = grid(u * 1.2, u * lanes / 2, seed)
    row, column = (np.clip((axis + 1.5) * 15.667, 0, 47).astype(np.int64) for axis in (across, along))
    hair = streak[row, column]
    edge = np.clip((1 - np.abs(across)) * width_px / 2 + 0.5, 0, 1)
    ends = np.clip((1 - np.abs(along) + 0.25 * hair) * 4, 0, 1)
    alpha = edge * ends * np.clip(0.75 + 0.5 * hair, 0.15, 1)
    return Stamp(alpha[..., None].astype(np.float32), (0.05 * hair * alpha)[..., None].astype(np.float32))


def leaf(length_px: float, width_px: float, angle: float) -> Stamp:
    """A pointed leaf with one light and one dark half."""
    along, across = _frame(length_px, width_px, angle)
    outline = np.clip(1 - along * along, 0, 1)
    alpha = np.clip((outline - np.abs(across)) * width_px / 2 + 0.5, 0, 1) * (np.abs(along) < 1.15)
    tone = np.where(across < 0, 0.035, -0.035) * alpha
    return Stamp(alpha[..., None].astype(np.float32), tone[..., None].astype(np.float32))


def blade(height_px: float, width_px: float, lean_px: float, curl: float) -> Stamp:
    """A blade of grass that grows from the middle of the patch's last row, dark at the foot, light at the tip."""
    rows = max(2, round(height_px))
    t = (np.arange(rows, 0, -1) / rows)[:, None]
    middle = lean_px * t ** (1 + curl)
    reach = math.ceil(abs(lean_px) + width_px + 1)
    half = (width_px / 2) * (1 - t) ** 0.6 + 0.25
    distance = np.abs(np.arange(-reach, reach + 1)[None, :] - middle)
    slope = 1 + np.abs(np.gradient(middle[:, 0]))[:, None]
    alpha = np.clip(half * slope + 0.5 - distance, 0, 1) * np.minimum(1, 2 * half)
    tone = (0.16 * t - 0.09) * alpha
    return Stamp(alpha[..., None].astype(np.float32), tone[..., None].astype(np.float32))


@dataclass(frozen=True)
class Scatter(Places):
    """One chance point in every cell of a part of the world, all arrays [n]; ix, iy: its cell."""

    ix: Integers
    iy: Integers

    def chance(self, seed: int) -> Field:
        """A number in [0, 1) for every point."""
        return uniform(self.ix, self.iy, self.seed + seed)

    def choice(self, count: int, seed: int) -> Integers:
        """One of `count` kinds for every point."""
        return np.floor(self.chance(seed) * count).astype(np.int64)

    def at(self, order: npt.NDArray[np.bool_ | np.int64]) -> "Scatter":
        """Those points that a mask keeps, or all of them in another order."""
        return Scatter(self.x[order], self.y[order], self.seed, self.ix[order], self.iy[order])

    def downwards(self) -> "Scatter":
        """The points from far to near, as things that stand before each other are painted."""
        return self.at(np.lexsort((self.ix, self.y)))


def scatter(scene: Scene, top: float, bottom: float, cell: tuple[float, float], seed: int) -> Scatter:
    """Points between two heights over the whole canvas, in chance order.

    cell: width and height of a cell in heights; cells smaller than a pixel are painted as large as one.
    """
    wide, high = (max(side, 1 / scene.height) for side in cell)
    first, last = math.floor(scene.x[0] / wide), math.ceil(scene.x[-1] / wide)
    iy, ix = (a.ravel() for a in np.mgrid[math.floor(top / high) : math.ceil(bottom / high), first : last + 1])
    seed += scene.seed
    x, y = (ix + uniform(ix, iy, seed + 1)) * wide, (iy + uniform(ix, iy, seed + 2)) * high
    order = np.lexsort((ix, iy, uniform(ix, iy, seed)))
    return Scatter(x, y, scene.seed, ix, iy).at(order[(y[order] >= top) & (y[order] < bottom)])


def lay(
    rgb: Field,
    stamps: list[Stamp],
    which: npt.NDArray[np.integer],
    left: npt.NDArray[np.integer],
    top: npt.NDArray[np.integer],
    colours: Field,
    opacity: float = 1.0,
) -> None:
    """Lay marks on rgb in the given order. left, top: pixel corner of each patch; colours: [n, 3]."""
    height, width = rgb.shape[:2]
    ready = [(s.alpha * np.float32(opacity), s.tone * np.float32(opacity), *s.alpha.shape[:2]) for s in stamps]
    for kind, x, y, colour in zip(which.tolist(), left.tolist(), top.tolist(), colours, strict=True):
        alpha, tone, h, w = ready[kind]
        if x >= 0 and y >= 0 and x + w <= width and y + h <= height:
            part = rgb[y : y + h, x : x + w]
        else:
            x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
            if x0 >= x1 or y0 >= y1:
                continue
            part = rgb[y0:y1, x0:x1]
            alpha, tone = alpha[y0 - y : y1 - y, x0 - x : x1 - x], tone[y0 - y : y1 - y, x0 - x : x1 - x]
        part += alpha * (colour - part) + tone


def centred(
    stamps: list[Stamp], which: npt.NDArray[np.integer], x_px: npt.NDArray[np.floating], y_px: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Patch corners that put the middles of the patches on pixel positions."""
    sizes = np.array([s.alpha.shape[:2] for s in stamps])
    left = np.floor(np.asarray(x_px) - sizes[which, 1] / 2 + 0.5).astype(np.int64)
    top = np.floor(np.asarray(y_px) - sizes[which, 0] / 2 + 0.5).astype(np.int64)
    return left, top


def standing(
    stamps: list[Stamp], which: npt.NDArray[np.integer], x_px: npt.NDArray[np.floating], y_px: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Patch corners that put the middles of the last rows on pixel positions."""
    sizes = np.array([s.alpha.shape[:2] for s in stamps])
    left = np.floor(np.asarray(x_px) - sizes[which, 1] / 2 + 0.5).astype(np.int64)
    return left, np.floor(np.asarray(y_px)).astype(np.int64) - sizes[which, 0]


def repaint(
    scene: Scene,
    top: int,
    bottom: int,
    length: float,
    width: float,
    angle: Field,
    seed: int,
    coverage: float = 1.5,
    opacity: float = 0.7,
    jitter: float = 0.03,
) -> None:
    """Cover rows top..bottom with strokes that take their colour from what lies under their middle.

    length, width: world units; angle: [rows, columns] in half turns (0 = along the rows, .5 = upright); coverage: how
    often a point is covered on average; jitter: how far the colour of a stroke strays, in 0..1 display values.
    Strokes thinner than a pixel and a half would only blur and are left out.
    """
    if width * scene.height < 1.5 or bottom <= top:
        return
    side = math.sqrt(length * width / coverage)
    points = scatter(scene, float(scene.y[top]) - side, float(scene.y[bottom - 1]) + side, (side, side), seed)
    x_px, y_px = scene.column(points.x), points.y * scene.height - top
    part = scene.rgb[top:bottom]
    row = np.clip(y_px, 0, part.shape[0] - 1).astype(np.int64)
    column = np.clip(x_px, 0, part.shape[1] - 1).astype(np.int64)
    stray = points.chance(seed + 3) - np.float32(0.5)
    turn = np.floor((angle[row, column] + np.float32(0.06) * stray) * TURNS + 0.5).astype(np.int64) % TURNS
    which = points.choice(3, seed + 4) * TURNS + turn
    stamps = [
        bristle_stroke(length * scene.height * size, width * scene.height, math.pi * t / TURNS, seed + t)
        for size in (0.7, 1.0, 1.3)
        for t in range(TURNS)
    ]
    value = (points.chance(seed + 5) - np.float32(0.5))[:, None] * np.float32(2 * jitter)
    warmth = (points.chance(seed + 6) - np.float32(0.5))[:, None] * (WARMTH * np.float32(jitter))
    left, corner = centred(stamps, which, x_px, y_px)
    lay(part, stamps, which, left, corner, part[row, column] + value + warmth, opacity)
