"""The canvas and its coordinates: heights are fractions of the picture's height, so any size shows one composition.

x and y are world coordinates (1 = the height of the picture, x grows to the right without end). The canvas is wider
than the picture by a pad on both sides: what reaches over an edge (a stroke, a ripple, a bush) is painted whole, and
the pad is cut off at the end. Wrapping the picture around instead would make the columns beyond the edge untrue.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .noise import Coordinates, Field

HORIZON = 0.56
"""The far waterline, as a fraction of the height."""
NEAR_WATER = 0.67
FOREGROUND = 0.755
RIDGES = 0.39
SUN = (1.17, 0.315)
"""World coordinates of the light behind the clouds."""


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


def gradient(y: Coordinates, knots: list[tuple[float, tuple[float, float, float]]]) -> Field:
    """Colours [H, 3] between knots (height, colour)."""
    places = [place for place, _ in knots]
    return np.stack([np.interp(y, places, [c[k] for _, c in knots]) for k in range(3)], -1).astype(np.float32)


def mix(a: npt.ArrayLike, b: npt.ArrayLike, t: Field) -> Field:
    """Colours [..., 3] from a (t = 0) to b (t = 1); t has no colour axis."""
    low = np.asarray(a, np.float32)
    return low + (np.asarray(b, np.float32) - low) * t[..., None]
