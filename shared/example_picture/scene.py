"""The canvas and its coordinates: heights are fractions of the picture's height, so any size shows one composition.

x and y are world coordinates (1 = the height of the picture, x grows to the right without end). The canvas is wider
than the picture by a pad on both sides: what reaches over an edge (a stroke, a ripple, a bush) is painted whole, and
the pad is cut off at the end. Wrapping the picture around instead would make the columns beyond the edge untrue.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .noise import Coordinates, Field, at

HORIZON = 0.56
"""The far waterline, as a fraction of the height."""
NEAR_WATER = 0.655
"""Open water: above it the reflections of the far shore, below it those of the sky."""
FOREGROUND = 0.755
"""The upper row of the near shore; everything that grows there stays below it."""
RIDGES = 0.385
"""The upper row of the mountains: empty, hazy sky above their summits."""
SUN = (1.17, 0.315)
"""World coordinates of the light behind the clouds."""


@dataclass(frozen=True)
class Places:
    """Points of the world, two arrays of one shape, and the seed of the picture they belong to."""

    x: Coordinates
    y: Coordinates
    seed: int

    def noise(self, across: float, down: float, seed: int) -> Field:
        """Noise in about -1..1 at the points; across, down: lattice cells per height in both directions."""
        return at((self.x * across).astype(np.float32), (self.y * down).astype(np.float32), self.seed + seed)

    def moved(self, x: float, y: float) -> "Places":
        """The points so much further to the right and down."""
        return Places(self.x + x, self.y + y, self.seed)


@dataclass
class Scene:
    """A picture in the making. rgb: float32 [height, columns, 3] in 0..1, display values; x [columns], y [height]."""

    rgb: Field
    x: Coordinates
    y: Coordinates
    seed: int

    @property
    def height(self) -> int:
        return len(self.y)

    def places(self, top: int, bottom: int) -> Places:
        """The middles of all pixels in the rows top..bottom."""
        x, y = np.broadcast_arrays(self.x[None, :], self.y[top:bottom, None])
        return Places(x, y, self.seed)

    def row(self, y: float) -> int:
        """The first pixel row at or below the world height y."""
        return min(max(int(np.ceil(y * self.height - 0.5)), 0), self.height)

    def column(self, x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Pixel columns (fractional) of world x."""
        columns: npt.NDArray[np.float64] = (np.asarray(x, np.float64) - self.x[0]) * self.height
        return columns

    def over(self, top: int, bottom: int, cover: Field, colour: Field | npt.NDArray[np.floating]) -> None:
        """Lay a colour (anything that broadcasts to [rows, columns, 3]) over the rows with the given cover 0..1."""
        part = self.rgb[top:bottom]
        part += cover[..., None] * (np.asarray(colour, np.float32) - part)


def new_scene(height: int, width: int, pad: float, seed: int) -> Scene:
    """An empty canvas for a picture of height x width pixels with `pad` heights more on either side."""
    extra = int(np.ceil(pad * height))
    x = (np.arange(-extra, width + extra) + 0.5) / height
    y = (np.arange(height) + 0.5) / height
    return Scene(np.zeros((height, len(x), 3), np.float32), x, y, seed)


def sunward(x: Field | Coordinates) -> Field:
    """-1..1: where the sun stands as seen from x, to the left (negative) or the right."""
    away: Field = (np.float32(SUN[0]) - x).astype(np.float32)
    return away * np.reciprocal(np.abs(away) + np.float32(0.35))


def gradient(y: Coordinates, knots: list[tuple[float, tuple[float, float, float]]]) -> Field:
    """Colours [H, 3] between knots (height, colour)."""
    places = [place for place, _ in knots]
    return np.stack([np.interp(y, places, [c[k] for _, c in knots]) for k in range(3)], -1).astype(np.float32)


def mix(a: npt.ArrayLike, b: npt.ArrayLike, t: Field) -> Field:
    """Colours [..., 3] from a (t = 0) to b (t = 1); t has no colour axis."""
    low = np.asarray(a, np.float32)
    return low + (np.asarray(b, np.float32) - low) * t[..., None]
