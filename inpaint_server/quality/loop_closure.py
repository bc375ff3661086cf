"""Does a loop close? The change from the last frame to the first, against the change from frame to frame elsewhere.

Two copies of the video, one after the other, must not show where they meet. All frames change, because everything
moves; so the change at the joint is compared with those elsewhere, stripe by stripe, since a layer that jumps may be
a tenth of the frame. Comparing the last frame with the first alone would call every motion a fault.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...shared import frames as arithmetic
from ...shared import scene_building
from ...shared.finishing import Output
from .metrics import luma
from .painted_job import PaintedJob

STRIPES = 8
SAMPLES = 12
LEAST_CHANGE = 0.5
"""Grey levels of change that nobody sees: a stripe that stands still is not compared with nothing."""


@dataclass(frozen=True)
class Closure:
    """Mean changes from frame to frame, grey levels; `ratio`: joint to greatest other, in the worst stripe."""

    joint: float
    typical: float
    ratio: float


def measure(job: PaintedJob) -> Closure | None:
    """The closure of a loop; None for a journey that is none."""
    if not job.plan.loop or job.plan.frames < 2:
        return None
    spec = scene_building.build(replace(job.project, output=Output(), living=()), job.plan, job.manifest)

    def change(frame: int) -> NDArray[np.float64]:
        now, after = (luma(arithmetic.render(spec, n % spec.frames, job.read)) for n in (frame, frame + 1))
        rows = np.abs(after - now).mean(1)
        return np.array([part.mean() for part in np.array_split(rows, min(STRIPES, rows.size))])

    others = np.unique(np.linspace(0, spec.frames - 2, SAMPLES).round().astype(int)).tolist()
    elsewhere = np.array([change(frame) for frame in others])
    joint = change(spec.frames - 1)
    ratio = joint / np.maximum(elsewhere.max(0), LEAST_CHANGE)
    return Closure(float(joint.mean()), float(np.median(elsewhere.mean(1))), float(ratio.max()))
