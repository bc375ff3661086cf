"""Blender's masks in arithmetic: closed Bezier splines, filled and feathered, and their layers blended.

A filled shape is 1 inside. Along each edge of it a quadrilateral reaches out to the feather line, which is at least
one pixel away, and in it the value falls to 0; that pixel is all the anti-aliasing there is. Exact coverage of pixels
would be smoother, and would not be what the person who drew the mask sees. Letting Blender render the mask was the
other road: it takes a scene, a render and its settings, in the middle of a person's file.

Coordinates are the mask's own: 0..1 along the frame's longer side, centred on the shorter one, y up.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

LEAST_SAMPLES, MOST_SAMPLES = 4, 512
NORMAL_STEP = 0.05  # share of a segment over which Blender takes a normal


@dataclass(frozen=True)
class Knot:
    """A point of a spline with its handles. `feather` is the width of the feather here, and `widths` are
    (share of the way to the next knot, factor on the width there), in order."""

    co: tuple[float, float]
    left: tuple[float, float]
    right: tuple[float, float]
    feather: float = 0.0
    widths: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Spline:
    """A filled spline; one that is not cyclic is closed by a straight line. `ease`: widths change softly."""

    knots: tuple[Knot, ...]
    cyclic: bool = True
    ease: bool = True


@dataclass(frozen=True)
class MaskLayer:
    """Splines and how they are laid over the layers before. `blend` and `falloff` are Blender's identifiers.

    `rule` says what is inside of several splines: UNION of them, EVEN_ODD, where every other one cuts a hole, or
    NONZERO, where one that runs the other way round does.
    """

    splines: tuple[Spline, ...]
    alpha: float = 1.0
    blend: str = "MERGE_ADD"
    invert: bool = False
    falloff: str = "SMOOTH"
    rule: str = "UNION"


def rasterize(layers: tuple[MaskLayer, ...], width: int, height: int) -> NDArray[np.uint8]:
    """The mask uint8 [height, width] for a frame of that many px, sampled at the pixels' centres."""
    value = np.zeros((height, width))
    for layer in layers:
        shape = falloff(layer.falloff, _layer(layer, width, height))
        shape = shape if layer.blend == "REPLACE" else shape * layer.alpha
        value = np.clip(blend(layer, value, 1 - shape if layer.invert else shape), 0, 1)
    return np.rint(value[::-1] * 255).astype(np.uint8)


def falloff(kind: str, x: F64) -> F64:
    """The profile of a feather, x = 1 at the shape and 0 at the feather line."""
    if kind == "SMOOTH":
        return x * x * (3 - 2 * x)
    if kind == "SPHERE":
        return np.asarray(np.sqrt(2 * x - x * x))
    if kind == "ROOT":
        return np.asarray(np.sqrt(x))
    if kind == "SHARP":
        return x * x
    return x * (2 - x) if kind == "INVERSE_SQUARE" else x


def blend(layer: MaskLayer, below: F64, shape: F64) -> F64:
    """A layer's values over those of the layers before it, not yet clipped."""
    match layer.blend:
        case "MERGE_SUBTRACT":
            return below - shape * below
        case "ADD":
            return below + shape
        case "SUBTRACT":
            return below - shape
        case "LIGHTEN":
            return np.maximum(below, shape)
        case "DARKEN":
            return np.minimum(below, shape)
        case "MUL":
            return below * shape
        case "REPLACE":
            return below * (1 - layer.alpha) + shape * layer.alpha
        case "DIFFERENCE":
            return np.abs(below - shape)
    return below + shape * (1 - below)


def _layer(layer: MaskLayer, width: int, height: int) -> F64:
    """The layer's shapes before falloff, [height, width], rows from the bottom up."""
    outlines = [_outline(spline, width, height) for spline in layer.splines if len(spline.knots) > 1]
    value = np.zeros((height, width))
    if not outlines:
        return value
    value[_inside([_winding(line, width, height) for line, _ in outlines], layer.rule)] = 1
    for line, rim in outlines:
        for i in range(len(line)):
            _feather(value, np.array([line[i - 1], line[i], rim[i], rim[i - 1]]))
    return value


def _inside(windings: list[NDArray[np.int64]], rule: str) -> NDArray[np.bool_]:
    whole = np.sum(windings, axis=0)
    if rule == "EVEN_ODD":
        return np.asarray(whole % 2 == 1)
    return np.asarray(whole != 0 if rule == "NONZERO" else np.any(np.array(windings) != 0, axis=0))


def _outline(spline: Spline, width: int, height: int) -> tuple[F64, F64]:
    """Points of the outline and of its feather line, [n, 2] each, 0..1 along each side of the frame."""
    count = len(spline.knots) if spline.cyclic else len(spline.knots) - 1
    samples = _samples(spline, count, max(width, height))
    t = np.arange(count * samples + (not spline.cyclic)) / samples
    line = _curve(spline, t)
    before, after = line - _curve(spline, t - NORMAL_STEP), _curve(spline, t + NORMAL_STEP) - line
    rim = line + _left(_unit(before) + _unit(after)) * _widths(spline, t)[:, None]
    size = np.array([width, height])
    line, rim = ((points - 0.5) * max(width, height) / size + 0.5 for points in (line, rim))
    # Blender takes the direction at the point before, so that its pixel of feather lags by one sample
    along = np.roll(line, 1, 0) - np.roll(line, 2, 0)
    outset = line + _left(_unit(along) + _unit(line - np.roll(line, 1, 0))) / min(width, height)
    thin = np.hypot(*(rim - line).T) < 1 / min(width, height)
    return line, np.where(thin[:, None], outset, rim)


def _samples(spline: Spline, count: int, longer_px: int) -> int:
    """Samples for each segment: one for every four px of the longest, more where the feather changes fast."""
    knots = spline.knots
    after = (*knots[1:], knots[0])
    length = max(
        float(np.sum(np.hypot(*np.diff([a.co, a.right, b.left, b.co], axis=0).T)))
        for a, b in list(zip(knots, after, strict=True))[:count]
    )
    jumps = [
        abs(w - w0) / (u - u0)
        for k in knots
        for (u0, w0), (u, w) in zip(((0.0, k.feather), *k.widths), k.widths, strict=False)
        if u > u0
    ]
    return min(max(int(length * longer_px + max(jumps, default=0.0) / 0.005) // 4, LEAST_SAMPLES), MOST_SAMPLES)


def _curve(spline: Spline, t: F64) -> F64:
    """Points [n, 2] of a spline; `t` counts knots, the share of the way to the next in its decimals."""
    knots = spline.knots
    number = len(knots)
    t = t % number if spline.cyclic else np.clip(t, 0, number - 1)
    first = np.minimum(t.astype(int), number - 1 if spline.cyclic else number - 2)
    u = (t - first)[:, None]
    after = (first + 1) % number
    co, left, right = (np.array([getattr(k, name) for k in knots]) for name in ("co", "left", "right"))
    a, b, c, d = co[first], right[first], left[after], co[after]
    return np.asarray((1 - u) ** 3 * a + 3 * u * (1 - u) ** 2 * b + 3 * u * u * (1 - u) * c + u**3 * d)


def _widths(spline: Spline, t: F64) -> F64:
    """The feather's width at each of the samples `t`, [n]."""
    out = np.empty(len(t))
    knots = spline.knots
    for i, u in enumerate(t):
        a = knots[int(u)]
        b = knots[(int(u) + 1) % len(knots)]
        u -= int(u)  # noqa: PLW2901
        nodes = [(x, w * (a.feather * (1 - x) + b.feather * x)) for x, w in ((0.0, 1.0), *a.widths, (1.0, 1.0))]
        (u0, w0), (u1, w1) = next(pair for pair in itertools.pairwise(nodes) if u <= pair[1][0])
        share = (u - u0) / (u1 - u0) if u1 > u0 else 0.0
        share = share * share * (3 - 2 * share) if spline.ease else share
        out[i] = w0 + (w1 - w0) * share
    return out


def _unit(vectors: F64) -> F64:
    length = np.hypot(*vectors.T)[:, None]
    return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))


def _left(vectors: F64) -> F64:
    """Unit vectors to the left of directions, [n, 2]."""
    return _unit(np.stack([-vectors[:, 1], vectors[:, 0]], 1))


def _winding(line: F64, width: int, height: int) -> NDArray[np.int64]:
    """How often a closed line winds round each pixel's centre, [height, width]."""
    start = line * (width, height) - 0.5  # the centre of pixel 0 at 0
    end = np.roll(start, -1, 0)
    low, high = (np.clip(np.ceil(f(start[:, 1], end[:, 1])), 0, height).astype(int) for f in (np.minimum, np.maximum))
    edge = np.repeat(np.arange(len(line)), high - low)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(high - low) - (high - low), high - low) + low[edge]
    (x0, y0), (x1, y1) = start[edge].T, end[edge].T
    column = np.clip(np.ceil(x0 + (row - y0) / (y1 - y0) * (x1 - x0)), 0, width).astype(int)
    winding = np.zeros((height, width + 1), np.int64)
    np.add.at(winding, (row, column), np.where(y1 > y0, 1, -1))
    return np.asarray(np.cumsum(winding, axis=1)[:, :width])


def _feather(value: F64, quad: F64) -> None:
    """Raise `value`, in place, to 1 at the first two corners of a quadrilateral falling to 0 at the others.

    Between them by mean value coordinates (Floater, "Mean value coordinates", 2003), as Blender does.
    """
    size = np.array(value.shape[::-1])
    left, bottom = np.maximum(np.ceil(quad.min(0) * size - 0.5), 0).astype(int)
    right, top = np.minimum(np.floor(quad.max(0) * size + 0.5), size).astype(int)
    if left >= right or bottom >= top:
        return
    x, y = (np.arange(left, right) + 0.5) / size[0], ((np.arange(bottom, top) + 0.5) / size[1])[:, None]
    # the triangles first, one after the other: most of the box lies outside both
    a, b, c, d = quad
    diagonal = _area(a, c, x, y)
    upper = _same_side(_area(a, b, x, y), _area(b, c, x, y), -diagonal)
    row, column = np.nonzero(upper | _same_side(diagonal, _area(c, d, x, y), _area(d, a, x, y)))
    if not len(row):
        return
    to = quad - np.stack([x[column], y[row, 0]], -1)[:, None]
    after = np.roll(to, -1, 1)
    length = np.hypot(to[..., 0], to[..., 1])
    area = to[..., 0] * after[..., 1] - to[..., 1] * after[..., 0]
    flat = np.abs(area) < 1e-15
    half = np.roll(length, -1, 1) * length - (to * after).sum(-1)
    half = np.where(flat, 0, half) / np.where(flat, 1, area)  # tangents of half the angles between the corners
    weight = (half + np.roll(half, 1, 1)) / np.maximum(length, 1e-12)
    total = weight.sum(1)
    share = np.clip(weight[:, :2].sum(1) / np.where(total == 0, 1, total), 0, 1)
    here = value[bottom:top, left:right]
    here[row, column] = np.maximum(here[row, column], share)


def _area(a: F64, b: F64, x: F64, y: F64) -> F64:
    """Twice the signed area of the triangle from `a` to `b` to each point of a grid, [h, w]."""
    return np.asarray((a[0] - x) * (b[1] - y) - (a[1] - y) * (b[0] - x))


def _same_side(a: F64, b: F64, c: F64) -> NDArray[np.bool_]:
    """Whether a point lies in the triangle whose edges' signed areas with it are a, b and c."""
    return np.asarray(((a >= 0) & (b >= 0) & (c >= 0)) | ((a <= 0) & (b <= 0) & (c <= 0)))
