"""Matching of painted to source colours: how far what is on show has drifted from the source, and what takes it back.

Painting step by step drifts: what is painted looks at what was painted before. At every moment mean and deviation of
each channel, over a layer's matte in the window, are brought nearer to those of the window at step 0, which is the
source (Reinhard et al. 2001, in RGB). It comes out as lift and gain over time, which Blender has. Correcting the
plates was the other road: nobody could turn it down afterwards, and what is painted next would be shown what never was.
"""

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .colour_cells import CELL_PX, NOTHING, Cells, Moments
from .errors import ParallaxError
from .plan import Plan
from .plates import Manifest, Plate, Tile
from .ramp import Slide, travel

Values = NDArray[np.float64]
Triple = tuple[float, float, float]
PER_STEP, MOST = 4, 1000
"""Moments of a step at which the window is looked at, and of a journey at most; between them it goes straight."""
FLAT = 4 / 255
"""Added to deviations before they are compared: the noise of a clear sky is no contrast to be restored."""
STEEPEST = 1.6
"""How much contrast is ever raised or lowered."""
SEEN = 1 / 200
"""Share of what is seen at the source below which what is seen is too little to judge by."""


@dataclass(frozen=True)
class Drift:
    """Mean and standard deviation by channel, 0..1, of the `source` and of what is on show `now`: float64 [2, 3]."""

    source: Values
    now: Values

    def correction(self, share: float) -> tuple[Triple, Triple]:
        """Lift and gain, of Blender's balance, that take back a share of the drift, 0..1; (1, 1) at the source."""
        slope = np.clip((self.source[1] + FLAT) / (self.now[1] + FLAT), 1 / STEEPEST, STEEPEST)
        slope = 1 + share * (slope - 1)
        offset = self.now[0] * (1 - slope) + share * (self.source[0] - self.now[0])
        # v slope + offset, as ((v - 1) (2 - lift) + 1) gain
        gain = np.clip(slope + offset, 0.1, 2)
        lift = np.clip(1 + offset / gain, 0, 2)
        return _triple(lift), _triple(gain)


Drifts = Callable[[int | None], Sequence[Drift]]


def drifts(plan: Plan, manifest: Manifest) -> Drifts:
    """What has drifted at every frame, for a layer or, asked with None, for the whole picture."""

    def of(layer: int | None) -> list[Drift]:
        plates = [plate for plate in manifest.plates if layer in (None, plate.index)]
        return list(_over_frames(plan, [Window(plan, plate) for plate in plates]))

    return of


def _over_frames(plan: Plan, windows: Sequence["Window"]) -> Iterator[Drift]:
    """The drift at every frame; where hardly anything is seen it stays as it was."""
    at = np.linspace(0, plan.steps, min(plan.steps * PER_STEP, MOST) + 1)
    spreads: list[Values] = []
    least = 0.0
    for step in at:
        seen = sum((window.at(float(step)) for window in windows), NOTHING)
        least = least or SEEN * max(seen.weight, 1)
        spreads.append(seen.spread() if seen.weight > least else spreads[-1] if spreads else np.zeros((2, 3)))
    curve = np.array(spreads).reshape(len(at), 6)
    if plan.loop:
        # what little the cells of the first and of the last tile see otherwise
        curve -= (at / plan.steps)[:, None] * (curve[-1] - curve[0])
    steps = [float(plan.step_at(n)) for n in range(plan.frames)]
    now = np.stack([np.interp(steps, at, column) for column in curve.T], axis=1).reshape(-1, 2, 3)
    return (Drift(now[0], spread) for spread in now)


class Window:
    """What the frame shows of the plate of a layer."""

    def __init__(self, plan: Plan, plate: Plate) -> None:
        self.plan, self.layer, self.body = plan, plan.layers[plate.index], plate.body
        if not all(tile.colours for tile in self.body):
            raise ParallaxError(
                "These plates do not tell their colours, so nothing can be matched to them.", "Make the plates again."
            )
        self.cells = [Cells.read(tile.colours, tile.width, tile.height) for tile in self.body]
        self._firsts = [tile.first for tile in self.body]

    def at(self, step: float) -> Moments:
        """What is seen at a step, whole or not: within the frame, and not behind a nearer layer's border."""
        number = max(0, bisect.bisect_right(self._firsts, step) - 1)
        if not self.body or step > self.body[number].last:
            return NOTHING
        tile, (vx, vy) = self.body[number], self.layer.velocity
        nearer = self.plan.layers[self.layer.index + 1 :]
        bottom = min([self.plan.height, *(other.top + other.velocity[1] * step for other in nearer)])
        y = tile.y + vy * step
        left = -(tile.x + vx * step + self._leads(tile, step))
        return self.cells[number].seen(left, left + self.plan.width, max(0.0, -y), bottom - y)

    def _leads(self, tile: Tile, step: float) -> Values:
        """By how many px each row of cells lies right of the lower edge's, [rows of cells]."""
        rows = -(-tile.height // CELL_PX)
        if tile.ramp is None:
            return np.zeros(rows)
        slide = Slide(tile.ramp.raised(tile.y), tile.home_px, ())
        leads = slide.leads(travel(self.layer.velocity, step), tile.height)
        return np.asarray(leads[np.minimum(np.arange(rows) * CELL_PX + CELL_PX // 2, tile.height - 1)])


def _triple(values: Values) -> Triple:
    r, g, b = (round(float(value), 6) for value in values)
    return r, g, b
