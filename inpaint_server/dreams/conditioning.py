"""What a model is told instead of words: the embedding of a prompt, moved by a slice of a sound.

raw hands the numbers of the sound over as they are, as the original did; loud recordings then lie ten times outside
what the model has ever seen. match gives them the mean and the spread of the loaded encoder's own numbers, mix keeps a
share of the prompt. Learning a map from sound to text was the other road; it needs a model of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .slices import Slices

F32 = NDArray[np.float32]
MODES = ("mix", "match", "raw")
STATISTICS = ("channel", "whole")


@dataclass(frozen=True, eq=False)
class Embedding:
    """A prompt as a model is told it: `values` float32 [tokens, width], of one or more text encoders side by side,
    whose `widths` sum to width; `pooled` float32 [p] is the whole prompt in one vector, for models that want it."""

    values: F32
    widths: tuple[int, ...]
    pooled: F32 | None = None


@dataclass(frozen=True)
class Way:
    """How a sound becomes an embedding; the words are those of the settings."""

    mode: str = "mix"
    feature: str = "spectrum"
    statistics: str = "channel"
    weight: float = 0.5
    gain: float = 1.0


def conditioned(words: Embedding, sound: Slices, index: float, way: Way) -> F32:
    """The embedding for one slice of a sound, float32 [tokens, width].

    Each encoder hears the whole spectrum at the number of bins that it is wide. The first token marks the beginning;
    the encoder gives it numbers far outside all others', so unless raw is wished, it stays the prompt's. The pooled
    vector of a prompt is not touched: it is a summary, and a sound has none.
    """
    parts = []
    for part, width in zip(_split(words), words.widths, strict=True):
        if way.mode == "raw":
            parts.append(way.gain * sound.table(index, width, way.feature))
            continue
        matched = _matched(sound.level(index, width, way.feature), part, way)
        share = 1.0 if way.mode == "match" else way.weight
        mixed = (1 - share) * part + share * matched
        mixed[0] = part[0]
        parts.append(mixed)
    return np.concatenate(parts, axis=1).astype(np.float32)


def _matched(level: F32, part: F32, way: Way) -> F32:
    """A slice with the mean and the spread of an embedding, all but its first token: per channel or as a whole."""
    known = part[1:] if len(part) > 1 else part
    axis = 0 if way.statistics == "channel" else None
    return np.asarray(known.mean(axis=axis) + way.gain * level * known.std(axis=axis), np.float32)


def _split(words: Embedding) -> list[F32]:
    """The parts of an embedding that belong to its encoders."""
    return np.split(words.values, np.cumsum(words.widths)[:-1], axis=1)


def between(a: Embedding, b: Embedding, share: float) -> Embedding:
    """An embedding `share` of the way from one to another."""
    pooled = None if a.pooled is None or b.pooled is None else (1 - share) * a.pooled + share * b.pooled
    return Embedding((1 - share) * a.values + share * b.values, a.widths, pooled)
