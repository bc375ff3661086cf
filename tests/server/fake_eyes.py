"""A segmentation engine for tests that finds what the test says: words and masks, no model, no chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.engines.looking import Look, Segment, Touch
from numpy.typing import NDArray

Bool = NDArray[np.bool_]


def found(words: str, score: float, share: Bool) -> Segment:
    """A find with the box of its mask."""
    rows, columns = np.flatnonzero(share.any(1)), np.flatnonzero(share.any(0))
    box = float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
    return Segment(words, score, box, share)


@dataclass
class FakeEyes:
    """Finds by `see`, a function from the picture to finds; remembers what it was asked."""

    see: Callable[[RGB], Sequence[Segment]]
    name: str = "eyes"
    finds_words: bool = True
    asked: list[tuple[str, ...]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)

    def segment(
        self, picture: RGB, words: Sequence[str], look: Look, _cancelled: Callable[[], bool]
    ) -> Sequence[Segment]:
        self.asked.append(tuple(words))
        self.looks.append(look)
        finds = self.see(picture)
        look.tell("Comparing what was seen")
        return [find for find in finds if find.words in words]

    def touch(self, picture: RGB, touch: Touch, _look: Look, _cancelled: Callable[[], bool]) -> Bool:
        out = np.zeros(picture.shape[:2], np.bool_)
        left, top, right, bottom = (round(v) for v in touch.box or (0, 0, 2, 2))
        out[top:bottom, left:right] = True
        return out


class Point:
    """An entry point that leads to an engine at hand."""

    def __init__(self, engine: Any) -> None:
        self.name, self._engine = engine.name, engine

    def load(self) -> Callable[[], Any]:
        return lambda: self._engine


def entry_points(engine: FakeEyes) -> Callable[..., list[Point]]:
    """In place of `importlib.metadata.entry_points`: one segmentation engine of somebody else."""
    return lambda group: [Point(engine)] if group.endswith(".segment") else []
