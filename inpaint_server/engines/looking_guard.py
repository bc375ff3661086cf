"""The contract of the engines that look, enforced once for each of them, ours and others'.

As with painting, every engine could check its own input and output; the promise would then be as strong as the most
careless of them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...shared import prompts
from ...shared.errors import Cancelled, ParallaxError, UsageError
from . import looking
from .contract import RGB
from .guard import check_picture
from .looking import CaptionEngine, DepthEngine, Disparity, Look, Segment, SegmentEngine, Share, Touch

CHOOSE = "This is a fault of the engine; choose another one."


def never() -> bool:
    """Nobody wants it to stop."""
    return False


def _shown(picture: RGB, cancelled: looking.Cancelled) -> RGB:
    check_picture(picture, "picture")
    if cancelled():
        raise Cancelled
    shown = picture.view()
    shown.flags.writeable = False
    return shown


class GuardedDepth:
    """A depth engine that keeps the contract."""

    def __init__(self, engine: DepthEngine) -> None:
        self._engine = engine
        self.name = engine.name

    def depth(self, picture: RGB, look: Look, cancelled: looking.Cancelled = never) -> Disparity:
        """See `DepthEngine.depth`; what is not finite or outside 0..1 is the engine's fault and refused."""
        found = self._engine.depth(_shown(picture, cancelled), look, cancelled)
        if cancelled():
            raise Cancelled
        right = found.shape == picture.shape[:2] and found.dtype == np.float32 and bool(np.isfinite(found).all())
        if not right or found.min() < 0 or found.max() > 1:
            raise ParallaxError(f"The engine '{self.name}' returned no depth map of the picture's size.", CHOOSE)
        return found


class GuardedSegment:
    """A segmentation engine that keeps the contract."""

    def __init__(self, engine: SegmentEngine) -> None:
        self._engine = engine
        self.name, self.finds_words = engine.name, engine.finds_words

    def segment(
        self, picture: RGB, words: Sequence[str], look: Look, cancelled: looking.Cancelled = never
    ) -> list[Segment]:
        """See `SegmentEngine.segment`; boxes are cut to the picture, and the surest come first."""
        shown = _shown(picture, cancelled)
        if not words:
            raise UsageError("There are no words to look for.", "Write some, such as: sky . mountains . river .")
        found = self._engine.segment(shown, words, look, cancelled)
        if cancelled():
            raise Cancelled
        return sorted((self._checked(one, picture) for one in found), key=lambda one: -one.score)

    def touch(self, picture: RGB, touch: Touch, look: Look, cancelled: looking.Cancelled = never) -> Share:
        """See `SegmentEngine.touch`; raises UsageError when nothing is pointed at, or what lies outside."""
        shown = _shown(picture, cancelled)
        if not touch.on and touch.box is None:
            raise UsageError("Nothing is pointed at.", "Give a point on the thing, or a box round it.")
        height, width = picture.shape[:2]
        for x, y in (*touch.on, *touch.beside):
            if not (0 <= x < width and 0 <= y < height):
                raise UsageError(f"The point ({x:g}, {y:g}) lies outside the picture.", f"It has {width}x{height} px.")
        share = self._engine.touch(shown, touch, look, cancelled)
        if cancelled():
            raise Cancelled
        self._check_share(share, picture)
        return share

    def _checked(self, one: Segment, picture: RGB) -> Segment:
        self._check_share(one.share, picture)
        height, width = picture.shape[:2]
        left, top, right, bottom = one.box
        return replace(one, box=(max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom)))

    def _check_share(self, share: Share, picture: RGB) -> None:
        if share.shape != picture.shape[:2] or share.dtype != np.bool_:
            raise ParallaxError(f"The engine '{self.name}' returned no mask of the picture's size.", CHOOSE)


class GuardedCaption:
    """A caption engine that keeps the contract."""

    def __init__(self, engine: CaptionEngine) -> None:
        self._engine = engine
        self.name = engine.name

    def caption(self, picture: RGB, look: Look, cancelled: looking.Cancelled = never) -> str:
        """See `CaptionEngine.caption`; white space is made single, and the words that `exclude` of the options names
        are left out."""
        said = self._engine.caption(_shown(picture, cancelled), look, cancelled)
        if cancelled():
            raise Cancelled
        return prompts.without(" ".join(said.split()), str(look.options.get("exclude", "")))
