"""Which edges of which plate a run will ever look beyond: found by playing the motion through without pictures.

Preparing a walk in every direction for every layer would be simpler and cost four times the set-up; and a seam cut
through an edge behind which nothing is ever shown would change known pixels for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...shared import geometry
from ..engines.contract import LayerView


@dataclass(frozen=True)
class Demand:
    """The edges of a layer's plate beyond which new picture appears, and the farthest that it reaches there, px."""

    left: bool = False
    right: bool = False
    above: bool = False
    below: bool = False

    @property
    def any(self) -> bool:
        """Whether new picture appears at all."""
        return self.left or self.right or self.above or self.below


def positions(velocity: float, steps: int) -> NDArray[np.int64]:
    """Integer positions at steps 0..steps, px."""
    return np.array([geometry.position((velocity, 0.0), k)[0] for k in range(steps + 1)], np.int64)


def demand_sideways(layers: Sequence[LayerView], steps: int) -> list[Demand]:
    """One Demand per cut-out: they move along x alone and may show any of their rows at any time."""
    moved = [positions(layer.velocity[0], steps) for layer in layers]
    return [Demand(left=bool((x > 0).any()), right=bool((x < 0).any())) for x in moved]


def demand_of(layers: Sequence[LayerView], steps: int, height: int) -> list[Demand]:
    """One Demand per layer, far to near, for a canvas of `height` rows.

    Layer i shows plate rows from its top down to where the nearest of the layers in front begins; layer 0 also what
    comes in above.
    """
    down = [positions(layer.velocity[1], steps) for layer in layers]
    found = []
    cover = np.full(steps + 1, height, np.int64)  # first canvas row that a nearer layer covers
    for index in range(len(layers) - 1, -1, -1):
        layer, y = layers[index], down[index]
        x = positions(layer.velocity[0], steps)
        first = np.zeros_like(y) if index == 0 else np.maximum(layer.top + y, 0)
        seen = first < cover
        found.append(
            Demand(
                left=bool((seen & (x > 0)).any()),
                right=bool((seen & (x < 0)).any()),
                above=index == 0 and bool((seen & (y + layer.top > 0)).any()),
                below=bool((seen & (cover > layer.top + layer.height + y)).any()),
            )
        )
        cover = np.minimum(cover, layer.top + y)
    return found[::-1]
