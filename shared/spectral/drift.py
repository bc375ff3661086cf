"""Motion that does not come back: clouds, water and smoke drift on, and the video loops all the same.

Two pictures of the same layer, half a period apart, are each carried along by the drift and begin again; the one is
seen while the other jumps: weights sin^2 and cos^2, which sum to 1. Making the drift itself periodic was the other
road: it would have to flow back.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """One of the two pictures: how long it has drifted, in s, and its share of what is seen."""

    drifted_s: float
    weight: float


def phases(time_s: float, period_s: float) -> tuple[Phase, Phase]:
    """The two pictures at a time. Each drifts from -T/2 to T/2, so that it is least wrong where it is seen most."""
    turn = time_s / period_s % 1.0
    other = (turn + 0.5) % 1.0
    return tuple(Phase((t - 0.5) * period_s, math.sin(math.pi * t) ** 2) for t in (turn, other))  # type: ignore[return-value]
