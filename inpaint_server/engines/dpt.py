"""Depth by MiDaS's DPT: slow, large, good on landscapes.

It is the estimator that the original tool used; its small relatives were the other road, and are to be had by naming
them as the model.
"""

from . import transformers_models
from .card import DEPTH, Card
from .transformers_depth import TransformersDepth

MODEL = "Intel/dpt-large"
CARD = Card(
    "dpt",
    DEPTH,
    "MiDaS with a vision transformer: even, good on landscapes.",
    transformers_models.NEEDS,
    MODEL,
    "Apache-2.0",
    "1.5 GB",
    "384",
)
missing = transformers_models.missing


def create() -> TransformersDepth:
    """The engine of this module."""
    return TransformersDepth("dpt", MODEL)
