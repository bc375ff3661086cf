"""What the engines are that look at a picture and do not paint: depth, segmentation, caption.

One small protocol per task. A single one that returns whatever it finds would have to be asked what it found; so the
arrays and their units are fixed here, and `looking_guard` holds every engine to them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...shared.pointing import Touch
from .contract import RGB, Told, untold

__all__ = ["CaptionEngine", "DepthEngine", "Look", "Segment", "SegmentEngine", "Touch"]

Disparity = NDArray[np.float32]  # [H, W], 0 at the farthest to 1 at the nearest
Share = NDArray[np.bool_]  # [H, W], True where the thing is
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Look:
    """How to look: the settings of the task's section of the project by name, a seed, and whom to tell what goes on
    (a download, a smaller size for want of memory) in sentences."""

    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    tell: Told = untold


@dataclass(frozen=True)
class Segment:
    """One thing that was found: the words it was found by, how sure, its box [left, top, right, bottom] in px, and
    its pixels."""

    words: str
    score: float
    box: tuple[float, float, float, float]
    share: Share


class DepthEngine(Protocol):
    """Estimates how near things are."""

    name: str

    def depth(self, picture: RGB, look: Look, cancelled: Cancelled) -> Disparity:
        """Disparity float32 [H, W] of an RGB picture, 0 the farthest to 1 the nearest."""
        ...


class SegmentEngine(Protocol):
    """Finds things by words, or by pointing; `finds_words` is False where it can only be pointed at."""

    name: str
    finds_words: bool

    def segment(self, picture: RGB, words: Sequence[str], look: Look, cancelled: Cancelled) -> Sequence[Segment]:
        """What was found of `words`, the surest first; [] when nothing was."""
        ...

    def touch(self, picture: RGB, touch: Touch, look: Look, cancelled: Cancelled) -> Share:
        """The thing pointed at, bool [H, W]."""
        ...


class CaptionEngine(Protocol):
    """Says in words what a picture shows."""

    name: str

    def caption(self, picture: RGB, look: Look, cancelled: Cancelled) -> str:
        """One line of text."""
        ...
