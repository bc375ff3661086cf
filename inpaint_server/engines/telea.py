"""Telea's fast marching inpainting, as OpenCV has it: the plain reference, good for scratches.

It is not fit for travelling: fed with its own output it streaks within a few steps and drifts to white. It is kept
because the figures of the other engines mean something only beside it. Navier-Stokes is no better, so there is one.

A. Telea, An Image Inpainting Technique Based on the Fast Marching Method, 2004.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..regions import bounds
from .card import INPAINT, Card
from .contract import RGB, InpaintRequest, Mask, Rect, RunContext

CARD = Card("telea", INPAINT, "Fast marching from the hole's border: good for scratches, a reference for the others.")
RADIUS_PX = 3.0
MID_GREY = 128
ROUND_PX = 12
"""How far round the hole pixels are handed over: colours come from within the radius, distances from twice as far."""


class TeleaEngine:
    """`cv2.inpaint` with INPAINT_TELEA."""

    name = "telea"

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """Needs no preparation."""
        return [[] for _ in run.layers]

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:  # noqa: ARG002
        """Paint by fast marching from the hole's border; mid grey where nothing is known."""
        if mask.all():
            return np.full_like(canvas, MID_GREY)
        out = canvas.copy()
        area = _neighbourhood(mask)
        out[area] = cv2.inpaint(canvas[area], mask[area], RADIUS_PX, cv2.INPAINT_TELEA)
        return out

    def state(self) -> dict[str, NDArray[Any]]:
        """Keeps nothing."""
        return {}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Keeps nothing."""


def _neighbourhood(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns round a hole that the marching looks at: beyond them nothing changes what it paints."""
    rows, columns = bounds(mask)
    top, left = max(0, rows.start - ROUND_PX), max(0, columns.start - ROUND_PX)
    return slice(top, rows.stop + ROUND_PX), slice(left, columns.stop + ROUND_PX)


def create() -> TeleaEngine:
    """The engine of this module."""
    return TeleaEngine()
