"""Outlines of things that are pointed at, without a model: GrabCut, seeded with the points and the box.

It learns the colours of the thing and of what is round it from the picture alone, so it cannot know what a word means;
it stands in for a model where somebody points. Growing a region from the points was the other road; it leaks wherever
a thing is lit like its surroundings.

C. Rother, V. Kolmogorov and A. Blake, GrabCut, SIGGRAPH 2004.
"""

from collections.abc import Sequence

from ...shared.errors import UsageError
from ..layering.hints import pointed_mask
from .card import SEGMENT, Card
from .contract import RGB
from .looking import Cancelled, Look, Segment, Share, Touch

CARD = Card("grabcut", SEGMENT, "Outlines what is pointed at by its colours; knows no words.", stand_in=True)


class GrabCut:
    """A segmentation engine that only touches up."""

    name = "grabcut"
    finds_words = False

    def segment(  # colours say nothing about any words
        self,
        picture: RGB,  # noqa: ARG002
        words: Sequence[str],  # noqa: ARG002
        look: Look,  # noqa: ARG002
        cancelled: Cancelled,  # noqa: ARG002
    ) -> Sequence[Segment]:
        """Refused."""
        raise UsageError(
            "The engine 'grabcut' finds nothing by words; it outlines what is pointed at.",
            "Choose grounded_sam, or point at the thing.",
            "engine_unavailable",
        )

    def touch(self, picture: RGB, touch: Touch, look: Look, cancelled: Cancelled) -> Share:  # noqa: ARG002
        """See `SegmentEngine.touch`."""
        return pointed_mask(picture, touch.box, touch.on, touch.beside)


def create() -> GrabCut:
    """The engine of this module."""
    return GrabCut()
