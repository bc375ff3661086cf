"""Gradient noise from an integer hash: the one source of chance of the example picture.

A value depends on its own coordinates and the seed alone, so a wider picture repeats a narrower one exactly and any
size shows the same world. Interpolation uses sums and products only, no transcendental function of a pixel, so that
processors and numpy versions agree. `Generator.random((h, w))` fields were not used: they change with the width.
On a grid the lattice is interpolated along x once and then along y, which costs a quarter of the general case.
Source of the noise: K. Perlin, "Improving noise", SIGGRAPH 2002 (quintic fade), with a multiplicative hash.
"""

import math

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
Coordinates = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_DIRECTIONS = np.array([(math.cos(k * math.pi / 16), math.sin(k * math.pi / 16)) for k in range(32)], np.float32)
_GAIN = 1.5  # brings the usual range of gradient noise to about -1..1
_FINEST_STEP = 0.6  # lattice cells per pixel above which an octave would only alias


def hash32(ix: Integers, iy: Integers, seed: int) -> npt.NDArray[np.uint32]:
    """Well mixed 32 bits for integer coordinates (any shapes that broadcast, at least one axis)."""
    a: npt.NDArray[np.uint32] = np.asarray(ix).astype(np.uint32) * np.uint32(0x9E3779B1)
    b = np.asarray(iy).astype(np.uint32) * np.uint32(0x85EBCA77)
    h: npt.NDArray[np.uint32] = (
        a ^ (b << np.uint32(15)) ^ (b >> np.uint32(17)) ^ np.uint32((seed * 0xC2B2AE3D + 0x27D4EB2F) & 0xFFFFFFFF)
    )
    for multiplier, shift in ((0x7FEB352D, 15), (0x846CA68B, 16), (0x9E3779B1, 14)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(multiplier)
    h ^= h >> np.uint32(16)
    return h


def uniform(ix: Integers, iy: Integers, seed: int) -> Field:
    """Chance in [0, 1) for integer coordinates, float32."""
    return (hash32(ix, iy, seed) >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def _gradients(x0: int, x1: int, y0: int, y1: int, seed: int) -> tuple[Field, Field]:
    """The gradient vectors of the lattice points x0..x1, y0..y1 (both ends included)."""
    turn = hash32(np.arange(x0, x1 + 1)[None, :], np.arange(y0, y1 + 1)[:, None], seed) >> np.uint32(27)
    return _DIRECTIONS[turn, 0], _DIRECTIONS[turn, 1]


def _fade(f: Field) -> Field:
    return f * f * f * (f * (f * 6 - 15) + 10)


def _split(values: Coordinates) -> tuple[Integers, Field]:
    whole = np.floor(values)
    return whole.astype(np.int64), (values - whole).astype(np.float32)


def grid(xs: Coordinates, ys: Coordinates, seed: int) -> Field:
    """Noise in about -1..1 at every crossing of the lattice coordinates xs [W] and ys [H]: float32 [H, W]."""
    if not len(xs):
        return np.zeros((len(ys), 0), np.float32)
    (ix, fx), (iy, fy) = _split(xs), _split(ys)
    x0, y0 = int(ix.min()), int(iy.min())
    gx, gy = _gradients(x0, int(ix.max()) + 1, y0, int(iy.max()) + 1, seed)
    ix, iy = ix - x0, iy - y0
    right = _fade(fx)
    left = 1 - right
    along = gx[:, ix] * (fx * left) + gx[:, ix + 1] * ((fx - 1) * right)
    across = gy[:, ix] * left + gy[:, ix + 1] * right
    low = (_fade(fy) * np.float32(_GAIN))[:, None]
    top = np.float32(_GAIN) - low
    out: Field = along[iy] * top
    out += along[iy + 1] * low
    out += across[iy] * (top * fy[:, None])
    out += across[iy + 1] * (low * (fy[:, None] - 1))
    return out


def fbm(xs: Coordinates, ys: Coordinates, octaves: int, seed: int, gain: float = 0.5) -> Field:
    """Octaves of `grid`, each twice as fine and `gain` times as strong; octaves finer than the pixels are left out.

    xs, ys: lattice coordinates of the columns and the rows of a picture, evenly spaced.
    """
    step = max(abs(float(axis[1] - axis[0])) if len(axis) > 1 else 0.0 for axis in (xs, ys))
    return _octaves(xs, ys, octaves, seed, gain, step)


def line(xs: Coordinates, octaves: int, seed: int, gain: float = 0.5) -> Field:
    """Noise along one axis, at any lattice coordinates in any order, all octaves: float32 [W]."""
    values: Field = _octaves(xs, np.array([0.37]), octaves, seed, gain, 0.0)[0]
    return values


def _octaves(xs: Coordinates, ys: Coordinates, octaves: int, seed: int, gain: float, step: float) -> Field:
    total = grid(xs, ys, seed)
    amplitude, scale = 1.0, 1.0
    for octave in range(1, octaves):
        amplitude, scale = amplitude * gain, scale * 2
        if step * scale > _FINEST_STEP:
            break
        total += grid(xs * scale + 7.3 * octave, ys * scale - 3.7 * octave, seed + 101 * octave) * np.float32(amplitude)
    return total


def at(x: Field, y: Field, seed: int) -> Field:
    """Noise at arbitrary lattice coordinates (two arrays of one shape): for coordinates that are themselves bent."""
    if not x.size:
        return np.zeros(x.shape, np.float32)
    whole_x, whole_y = np.floor(x), np.floor(y)
    fx, fy = x - whole_x, y - whole_y
    ix, iy = whole_x.astype(np.int64), whole_y.astype(np.int64)
    x0, y0 = int(ix.min()), int(iy.min())
    gx, gy = _gradients(x0, int(ix.max()) + 1, y0, int(iy.max()) + 1, seed)
    columns = gx.shape[1]
    gx, gy = gx.ravel(), gy.ravel()
    corner = (iy - y0) * columns + (ix - x0)
    right, low = _fade(fx), _fade(fy)

    def dot(offset: int, dx: Field, dy: Field) -> Field:
        here = corner + offset
        product: Field = gx[here] * dx + gy[here] * dy
        return product

    top = dot(0, fx, fy) * (1 - right) + dot(1, fx - 1, fy) * right
    bottom = dot(columns, fx, fy - 1) * (1 - right) + dot(columns + 1, fx - 1, fy - 1) * right
    return (top + (bottom - top) * low) * np.float32(_GAIN)


def fbm_at(x: Field, y: Field, octaves: int, seed: int, step: float, gain: float = 0.5) -> Field:
    """Octaves of `at`. `step`: lattice cells of the first octave per pixel, to leave out octaves that would alias."""
    total = at(x, y, seed)
    amplitude, scale = 1.0, 1.0
    for octave in range(1, octaves):
        amplitude, scale = amplitude * gain, scale * 2
        if step * scale > _FINEST_STEP:
            break
        shift = np.float32(5.1 * octave)
        total += at(x * np.float32(scale) + shift, y * np.float32(scale) - shift, seed + 101 * octave) * np.float32(
            amplitude
        )
    return total


def smoothstep(low: float, high: float, values: Field) -> Field:
    """0 below `low`, 1 above `high`, a cubic between; `low` may be the larger one."""
    t = np.clip((values - np.float32(low)) * np.float32(1.0 / (high - low)), 0, 1)
    eased: Field = t * t * (3 - 2 * t)
    return eased


def bell(values: Field) -> Field:
    """A bump of height 1 and half width about .64 at 0: 1 / (1 + v²)², a stand-in for a Gaussian without `exp`."""
    tail = 1 + values * values
    return np.reciprocal(tail * tail)
