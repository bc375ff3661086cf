"""Painting ahead: what comes into the frame in the next steps, painted at once and kept beside it until then.

A diffusion model takes as long for a strip of 40 px as for one of 250, and joins eight narrow strips worse than one
wide one. So the canvas is extended in the directions of motion, at the parallax of the present step, and painted
together with what opened. Afterwards every layer takes its own rows of the margin, at its own speed: a column is shown
when its layer has moved so far, not when its neighbours have. Stretching the margin to each layer's speed was the other
road, and a picture of a wide town would become a picture of a narrow one; painting a margin for each layer alone costs
as many calls as there are layers, of painters who do not know of each other.
"""

import hashlib
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..shared import prompts
from ..shared.plan import Plan
from ..shared.project import Project
from .canvas import Canvas, Extent
from .engines.contract import RGB, InpaintEngine, Rect, RunContext, ahead
from .journal import Piece, State
from .plate_store import PlateStore

Pixels = NDArray[np.uint8]
PREFIX = "ahead."
WORDS = ("inpaint", "prompts", "mask", "caption", "depth")
"""Parts of a project that decide, beside the engine's own section, what is painted."""


class Reach:
    """How far ahead a run is painted. `key` is a digest of all that decides what is painted."""

    def __init__(self, project: Project, plan: Plan, engine: InpaintEngine, run: RunContext) -> None:
        self._project, self.plan = project, plan
        self._wish = ahead(engine, run)
        document = project.to_json()
        parts = {name: document.get(name) for name in (*WORDS, engine.name)}
        self.key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()

    def until(self, step: int) -> int:
        """The last step that may be painted together with `step`.

        Only journeys to the side: up and down, layers come out behind each other inside the frame. Not in a loop, whose
        end must see its beginning; not with masks that remember the step before.
        """
        shape, plan = self._project.mask, self.plan
        if self._wish.steps < 2 or plan.vertical or plan.loop or shape.lerp_alpha < 1 or shape.falloff > 0:
            return step
        last = step
        words = prompts.prompt_at(self._project, step)
        while (
            last + 1 < step + self._wish.steps
            and last < plan.steps
            and max(self.beside(step, last + 1)) <= self._wish.most_px
            and prompts.prompt_at(self._project, last + 1) == words
        ):
            last += 1
        return last

    def beside(self, step: int, until: int) -> tuple[int, int]:
        """Columns to the left and to the right of the frame that come into it from `step` to `until`."""
        moves = [layer.position(until)[0] - layer.position(step)[0] for layer in self.plan.layers]
        return max(0, *moves), -min(0, *moves)


class Margins:
    """What was painted beside the frame for bands: a strip on either side, of which each layer takes its own rows."""

    def __init__(self, reach: Reach) -> None:
        self._reach, self._plan = reach, reach.plan
        self._from = self._until = 0
        self._sides: tuple[RGB, RGB] = _nothing(), _nothing()

    def extent(self, step: int, until: int) -> Extent:
        """The canvas of a step with all that the steps up to `until` will show."""
        left, right = self._reach.beside(step, until)
        return Extent(-left, 0, self._plan.width + right, self._plan.height)

    def cover(self, step: int) -> bool:
        """Whether what a step shows was painted before."""
        return self._from < step <= self._until

    def keep(self, wide: Canvas, step: int, until: int) -> None:
        """Keep what stands beside the frame on a canvas that was painted at `step`."""
        left = -wide.extent.left
        self._from, self._until = step, until
        self._sides = wide.rgb[:, :left].copy(), wide.rgb[:, left + self._plan.width :].copy()

    def lay_on(self, canvas: Canvas, step: int) -> None:
        """Fill the hole of the canvas of a step, in place: each layer takes the columns that have come in."""
        for layer in self._plan.layers:
            moved = layer.position(step)[0] - layer.position(self._from)[0]
            rows, columns = np.nonzero(canvas.hole & (canvas.owner == layer.index))
            before = columns - moved  # where the pixel was on the canvas when it was painted
            right = before >= self._plan.width
            canvas.rgb[rows[right], columns[right]] = self._sides[1][rows[right], before[right] - self._plan.width]
            canvas.rgb[rows[~right], columns[~right]] = self._sides[0][rows[~right], before[~right]]

    def state(self) -> State:
        """What is kept, for the journal."""
        if self._until == 0:
            return {}
        left, right = self._sides
        return _marked({"left": left, "right": right}, self._from, self._until, self._reach.key)

    def restore(self, state: State) -> State:
        """Take up what was kept, and return the rest of the state."""
        kept, rest = _parted(state, self._reach.key)
        if kept:
            self._from, self._until = (int(step) for step in kept["steps"])
            self._sides = kept["left"], kept["right"]
        return rest


class Stock:
    """What was painted beside the frame for layers with contours: of each plate the columns that come in later."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._from = self._until = 0
        self._parts: dict[int, tuple[int, Pixels]] = {}

    def covers(self, step: int) -> bool:
        """Whether what a step shows was painted before."""
        return self._from < step <= self._until

    def keep(self, stores: Sequence[PlateStore], pieces: Sequence[Piece], step: int, until: int) -> list[Piece]:
        """Keep what of the pieces that were painted at `step` comes into the frame later; the rest of them."""
        self._from, self._until, self._parts = step, until, {}
        now = []
        for piece in pieces:
            start = -stores[piece.layer].layer.position(step)[0]
            x = np.arange(piece.rect.x, piece.rect.x + piece.rect.width)
            inside = (x >= start) & (x < start + self._reach.plan.width)
            if not inside.all():
                later = np.flatnonzero(~inside)
                self._parts[piece.layer] = int(x[later[0]]), piece.picture()[:, later]
            if inside.any():
                here = np.flatnonzero(inside)
                which = piece.which[:, here]
                rect = Rect(int(x[here[0]]), piece.rect.y, here.size, piece.rect.height)
                now.append(Piece(piece.layer, rect, which, piece.picture()[:, here][which]))
        return now

    def take(self, stores: Sequence[PlateStore], step: int) -> list[Piece]:
        """What comes into the frame at a step."""
        pieces = []
        for index, (x, pixels) in self._parts.items():
            store = stores[index]
            was, now = (-store.layer.position(k)[0] for k in (step - 1, step))
            width = self._reach.plan.width
            first, last = (was + width, now + width) if now > was else (now, was)
            if first < last:
                part = pixels[:, first - x : last - x]
                rect = Rect(first, store.rows[0] if store.rows else 0, last - first, len(part))
                pieces.append(Piece(index, rect, np.ones(part.shape[:2], np.bool_), part.reshape(-1, 4)))
        return pieces

    def state(self) -> State:
        """What is kept, for the journal."""
        if self._until == 0:
            return {}
        places = np.array([(index, x) for index, (x, _) in self._parts.items()], np.int64).reshape(-1, 2)
        arrays: State = {f"part.{index}": pixels for index, (_, pixels) in self._parts.items()}
        return _marked(arrays | {"places": places}, self._from, self._until, self._reach.key)

    def restore(self, state: State) -> State:
        """Take up what was kept, and return the rest of the state."""
        kept, rest = _parted(state, self._reach.key)
        if kept:
            self._from, self._until = (int(step) for step in kept["steps"])
            self._parts = {int(index): (int(x), kept[f"part.{index}"]) for index, x in kept["places"]}
        return rest


def _nothing() -> RGB:
    return np.zeros((0, 0, 3), np.uint8)


def _marked(arrays: State, first: int, until: int, key: bytes) -> State:
    """Arrays under their names in the journal, with the steps they serve and what they were painted for."""
    steps = np.array([first, until], np.int64)
    named = {f"{PREFIX}{name}": value for name, value in arrays.items()}
    return named | {f"{PREFIX}steps": steps, f"{PREFIX}key": np.frombuffer(key, np.uint8)}


def _parted(state: State, key: bytes) -> tuple[State, State]:
    """What was kept, and the rest of a state.

    What was painted for other words or settings is not taken: who redoes a step wants it painted anew.
    """
    kept = {name.removeprefix(PREFIX): value for name, value in state.items() if name.startswith(PREFIX)}
    rest = {name: value for name, value in state.items() if not name.startswith(PREFIX)}
    return (kept if kept and kept["key"].tobytes() == key else {}), rest
