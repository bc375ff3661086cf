"""Depth by Depth Anything V2: small, quick, sharp at edges.

Its large sisters are better and not free for every use, so the small one is the default; any of them can be named.
"""

from . import transformers_models
from .card import DEPTH, Card
from .transformers_depth import TransformersDepth

MODEL = "depth-anything/Depth-Anything-V2-Small-hf"
CARD = Card(
    "depth_anything",
    DEPTH,
    "Depth Anything V2, small: sharp edges, quick.",
    transformers_models.NEEDS,
    MODEL,
    "Apache-2.0",
    "0.4 GB",
    "518",
)
missing = transformers_models.missing


def create() -> TransformersDepth:
    """The engine of this module."""
    return TransformersDepth("depth_anything", MODEL)
