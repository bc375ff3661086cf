"""Painting ahead: what comes into the frame in the next steps, painted at once and kept beside it until then.

A diffusion model takes as long for a strip of 40 px as for one of 250, and joins eight narrow strips worse than one
wide one. So the canvas is extended in the directions of motion, at the parallax of the present step, and painted
together with what opened. Afterwards every layer takes its own rows of the margin, at its own speed: a column is shown
when its layer has moved so far, not when its neighbours have. In a loop every layer's last way home is painted at once,
with its home in sight: painted step by step, a layer would meet its own beginning at a hard edge. Stretching the margin
to each layer's speed was the other road, and a picture of a wide town would become a picture of a narrow one; painting
a margin for each layer alone costs as many calls as there are layers, of painters who do not know of each other.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..shared import prompts
from ..shared.plan import Plan
from ..shared.project import Project
from .canvas import Canvas
from .engines.contract import RGB, InpaintEngine, Rect, RunContext, ahead, continues_plates
from .journal import Piece, State
from .plate_store import PlateStore

Pixels = NDArray[np.uint8]
PREFIX = "ahead."
WORDS = ("inpaint", "prompts", "mask", "caption", "depth")
"""Parts of a project that decide, beside the engine's own section, what is painted."""
LAST_WAY = 8
"""The last so-many-th of a frame's width before a layer is home is painted at once, with as much of home in sight."""
FORM = b"layer by layer"
"""Of what is kept: what an older form kept is painted anew."""


@dataclass(frozen=True)
class Span:
    """What is painted together at a step: what comes in `until` a later one, with columns to the `left` and `right` of
    the frame. `ends` say of each layer until which step it has then got its picture: one that is led home has all."""

    until: int
    left: int
    right: int
    ends: tuple[int, ...]


class Reach:
    """How far ahead a run is painted. `key` is a digest of all that decides what is painted."""

    def __init__(self, project: Project, plan: Plan, engine: InpaintEngine, run: RunContext) -> None:
        self._project, self.plan = project, plan
        self._wish = ahead(engine, run)
        self._closes = plan.loop and not plan.vertical and not continues_plates(engine)
        document = project.to_json()
        parts = {name: document.get(name) for name in (*WORDS, engine.name)}
        self.key = hashlib.sha256(FORM + json.dumps(parts, sort_keys=True).encode()).digest()

    def until(self, step: int) -> int:
        """The last step that may be painted together with `step`.

        Only journeys to the side: up and down, layers come out behind each other inside the frame. Not with ground that
        recedes, whose rows come in at paces of their own; not with masks that remember the step before.
        """
        shape, plan = self._project.mask, self.plan
        recedes = any(layer.ramp for layer in plan.layers)
        if self._wish.steps < 2 or plan.vertical or recedes or shape.lerp_alpha < 1 or shape.falloff > 0:
            return step
        last = step
        words = prompts.prompt_at(self._project, step)
        while (
            last + 1 < step + self._wish.steps
            and last < plan.steps
            and max(self._moves(step, last + 1)) <= self._wish.most_px
            and prompts.prompt_at(self._project, last + 1) == words
        ):
            last += 1
        return last

    def span(self, step: int) -> Span:
        """What is painted together at a step: what comes in until a later one, and the last way home of each layer that
        is so near."""
        until = self.until(step)
        sides, ends = self._moves(step, until), [until] * len(self.plan.layers)
        last_way = self.plan.width // LAST_WAY if self._closes else 0
        for index, layer in enumerate(self.plan.layers):
            if layer.ramp is None and self.gap(index, step - 1) > 0 and self.gap(index, until) <= last_way:
                ends[index] = self.plan.steps
                side = int(layer.velocity[0] < 0)
                sides[side] = max(sides[side], self.gap(index, step) + last_way)
        return Span(until, sides[0], sides[1], tuple(ends))

    def gap(self, index: int, step: int) -> int:
        """The columns that a layer's plate still lacks after a step before it is home; outside loops there are none,
        nor where a layer rests or is home."""
        around = self.plan.circumference(index) if self._closes else None
        return (
            0 if around is None else max(0, around - self.plan.width - abs(self.plan.layers[index].position(step)[0]))
        )

    def last_way(self, index: int, step: int) -> Rect | None:
        """Where on a layer's plate the columns lie that it still lacks after a step before it is home."""
        gap, position = self.gap(index, step), self.plan.layers[index].position(step)[0]
        x = self.plan.width - position if position < 0 else -position - gap
        return Rect(x, 0, gap, 0) if gap else None

    def is_home(self, index: int, x: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which columns x of a layer's plate show the source again, so that they are known."""
        around = self.plan.circumference(index) if self._closes else None
        if around is None:
            return np.zeros(x.shape, np.bool_)
        return np.asarray(x >= around if self.plan.layers[index].velocity[0] < 0 else x < self.plan.width - around)

    def _moves(self, step: int, until: int) -> list[int]:
        """Columns to the left and to the right of the frame that come into it from `step` to `until`."""
        moves = [layer.position(until)[0] - layer.position(step)[0] for layer in self.plan.layers]
        return [max(0, *moves), -min(0, *moves)]


@dataclass
class Sheet:
    """What was painted beside the frame at a step, and for each layer until which one it serves, 0 for none."""

    step: int
    ends: tuple[int, ...]
    left: RGB
    right: RGB


class Margins:
    """What was painted beside the frame for bands: strips on either side, of which each layer takes its own rows."""

    def __init__(self, reach: Reach) -> None:
        self._reach, self._plan = reach, reach.plan
        self._sheets: list[Sheet] = []

    def keep(self, wide: Canvas, step: int, span: Span) -> None:
        """Keep what stands beside the frame on a canvas that was painted at `step`."""
        served = self._served(step)
        ends = tuple(0 if i in served else end for i, end in enumerate(span.ends))
        left, right = wide.rgb[:, : span.left].copy(), wide.rgb[:, span.left + self._plan.width :].copy()
        self._sheets = [s for s in self._sheets if max(s.ends) > step] + [Sheet(step, ends, left, right)]

    def lay_on(self, canvas: Canvas, step: int) -> None:
        """Fill the hole of the canvas of a step, in place, as far as it was painted before: each layer takes the
        columns that have come in, or that stand beside the frame."""
        for sheet in self._sheets:
            for layer, end in zip(self._plan.layers, sheet.ends, strict=True):
                if not sheet.step < step <= end:
                    continue
                moved = layer.position(step)[0] - layer.position(sheet.step)[0]
                rows, columns = np.nonzero(canvas.hole & (canvas.owner == layer.index))
                before = columns + canvas.extent.left - moved  # its place on the frame when it was painted
                for side, at in ((sheet.left, before + sheet.left.shape[1]), (sheet.right, before - self._plan.width)):
                    there = (at >= 0) & (at < side.shape[1])
                    spot = rows[there], columns[there]
                    canvas.rgb[spot] = side[spot[0] + canvas.extent.top, at[there]]
                    canvas.hole[spot], canvas.known[spot] = False, True

    def _served(self, step: int) -> set[int]:
        return {i for sheet in self._sheets for i, end in enumerate(sheet.ends) if sheet.step < step <= end}

    def state(self) -> State:
        """What is kept, for the journal."""
        if not self._sheets:
            return {}
        arrays: State = {"steps": np.array([(s.step, *s.ends) for s in self._sheets], np.int64)}
        for i, sheet in enumerate(self._sheets):
            arrays |= {f"left.{i}": sheet.left, f"right.{i}": sheet.right}
        return _marked(arrays, self._reach.key)

    def restore(self, state: State) -> State:
        """Take up what was kept, and return the rest of the state."""
        kept, rest = _parted(state, self._reach.key)
        self._sheets = [
            Sheet(int(steps[0]), tuple(int(end) for end in steps[1:]), kept[f"left.{i}"], kept[f"right.{i}"])
            for i, steps in enumerate(kept.get("steps", ()))
        ]
        return rest


class Stock:
    """What was painted beside the frame for layers with contours: of each plate the columns that come in later."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._ends: dict[int, int] = {}
        self._parts: dict[int, tuple[int, Pixels]] = {}

    def covers(self, step: int) -> bool:
        """Whether all that a step shows was painted before."""
        return all(self._ends.get(layer.index, 0) >= step for layer in self._reach.plan.layers)

    def keep(self, stores: Sequence[PlateStore], pieces: Sequence[Piece], step: int, span: Span) -> list[Piece]:
        """Keep what of the pieces that were painted at `step` comes into the frame later; the rest of them."""
        fresh = {store.layer.index for store in stores if self._ends.get(store.layer.index, 0) < step}
        for index in fresh:
            self._ends[index] = span.ends[index]
            self._parts.pop(index, None)
        now = []
        for piece in pieces:
            start = -stores[piece.layer].layer.position(step)[0]
            x = np.arange(piece.rect.x, piece.rect.x + piece.rect.width)
            inside = (x >= start) & (x < start + self._reach.plan.width)
            inside |= piece.rect.step > 0  # rows that slide apart are painted as they come in
            later = np.flatnonzero(~inside & ~self._reach.is_home(piece.layer, x))
            if later.size and piece.layer in fresh:
                self._parts[piece.layer] = int(x[later[0]]), piece.picture()[:, later]
            if inside.any():
                here = np.flatnonzero(inside)
                which = piece.which[:, here]
                rect = replace(piece.rect, x=int(x[here[0]]), width=here.size)
                now.append(Piece(piece.layer, rect, which, piece.picture()[:, here][which]))
        return now

    def take(self, stores: Sequence[PlateStore], step: int, later: bool = False) -> list[Piece]:
        """What was painted before and comes into the frame at a step; with `later` what comes after it, too."""
        pieces = []
        for index, (x, pixels) in self._parts.items():
            store, end = stores[index], x + pixels.shape[1]
            was, now = (-store.layer.position(k)[0] for k in (step - 1, step))
            width = self._reach.plan.width
            first, last = (was + width, end if later else now + width) if now > was else (x if later else now, was)
            first, last = max(first, x), min(last, end)
            if step <= self._ends[index] and first < last:
                part = pixels[:, first - x : last - x]
                rect = Rect(first, store.rows[0] if store.rows else 0, last - first, len(part))
                pieces.append(Piece(index, rect, np.ones(part.shape[:2], np.bool_), part.reshape(-1, part.shape[2])))
        return pieces

    def state(self) -> State:
        """What is kept, for the journal."""
        if not self._ends:
            return {}
        places = [(index, end, self._parts.get(index, (0,))[0]) for index, end in sorted(self._ends.items())]
        arrays: State = {f"part.{index}": pixels for index, (_, pixels) in self._parts.items()}
        return _marked(arrays | {"places": np.array(places, np.int64)}, self._reach.key)

    def restore(self, state: State) -> State:
        """Take up what was kept, and return the rest of the state."""
        kept, rest = _parted(state, self._reach.key)
        places = [(int(index), int(end), int(x)) for index, end, x in kept.get("places", ())]
        self._ends = {index: end for index, end, _ in places}
        self._parts = {index: (x, kept[f"part.{index}"]) for index, _, x in places if f"part.{index}" in kept}
        return rest


def _marked(arrays: State, key: bytes) -> State:
    """Arrays under their names in the journal, with what they were painted for."""
    named = {f"{PREFIX}{name}": value for name, value in arrays.items()}
    return named | {f"{PREFIX}key": np.frombuffer(key, np.uint8)}


def _parted(state: State, key: bytes) -> tuple[State, State]:
    """What was kept, and the rest of a state.

    What was painted for other words or settings is not taken: who redoes a step wants it painted anew.
    """
    kept = {name.removeprefix(PREFIX): value for name, value in state.items() if name.startswith(PREFIX)}
    rest = {name: value for name, value in state.items() if not name.startswith(PREFIX)}
    return (kept if kept and kept["key"].tobytes() == key else {}), rest
