"""The formulas of `shared/overlays/sheet.py` as expressions of Blender's drivers, for whatever shows a sheet.

A driver is asked anew at every frame, so place and opacity follow from the frame's number alone, in a loop without a
seam, and amount, speed and angle in the panel act at once and can be keyed there. Keyframes with a cycles modifier were
the other road: four curves to a sheet that nobody can read, and nothing that follows the panel. The expressions use
only what Blender computes without running Python, so no file has to be trusted; where the add-on is not there, the
values of the last build count.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..shared.overlays import Sheet
from ..shared.overlays.sheet import HASH_LIFT, HASH_SCALE, HASH_STEPS, JUMP_EARLY
from ..shared.scene import SceneSpec
from . import compat, held

FORMULAS = "infinite_parallax_formulas"
"""On what shows a sheet: its formulas as they were last set, to tell what a person has changed since."""
Pair = tuple[float, float]


class Driven(NamedTuple):
    """What an expression sets: a struct, its property, which of its numbers; the expression and its controls."""

    struct: Any
    prop: str
    index: int | None
    expression: str
    controls: Sequence[compat.Control]


def animate(shows: Any, driven: Sequence[Driven]) -> None:
    """Set drivers. One that a person took away stays away until the formulas change, which `shows` remembers."""
    read = {(path, value) for one in driven for _, _, path, value in one.controls}
    written = repr(([(one.prop, one.index, one.expression) for one in driven], sorted(read)))
    if shows.get(FORMULAS) == written:
        return
    shows[FORMULAS] = written
    for struct, prop, index, expression, controls in driven:
        compat.drive(struct, prop, expression, controls, index)


def later(text: str, frames: int) -> str:
    """Expressions that count from a frame, counting from one so much later."""
    return re.sub(r"(?<=frame-)-?\d+", lambda first: str(int(first[0]) + frames), text)


def move(drivers: Any, shown: list[Any], frames: int) -> None:
    """Let drivers, and what those that show sheets remember of theirs, count from so many frames later on."""
    for curve in drivers:
        curve.driver.expression = later(curve.driver.expression, frames)
    for shows in shown:
        if FORMULAS in shows:
            shows[FORMULAS] = later(shows[FORMULAS], frames)


@dataclass(frozen=True)
class Formulas:
    """The formulas of a sheet; frame 0 of the spec is the timeline's frame `first`.

    `centre` is where the picture's centre is at the beginning of its way, from the frame's centre, px, y up; `beside`
    is added to all places after that.
    """

    sheet: Sheet
    spec: SceneSpec
    first: int
    centre: Pair
    beside: Pair = (0.0, 0.0)

    def controls(self, scene: Any) -> list[compat.Control]:
        """The settings in the panel that act at once."""
        sheet = self.sheet
        now = sheet.amounts[0] if sheet.amounts else sheet.amount
        wanted: list[tuple[str, str, float, Sequence[float]]] = [("AMOUNT", "amount", now, sheet.amounts)]
        if not sheet.clock:
            wanted.append(("SPEED", "speed", sheet.speed, ()))
        if sheet.lean_deg is not None:
            wanted.append(("ANGLE", "angle_deg", sheet.lean_deg, sheet.angles))
        panel = [
            held.control(name, scene, ("overlays", sheet.overlay, prop), value, over_time)
            for name, prop, value, over_time in wanted
        ]
        return [*panel, ("NOW", scene[held.HELD], f'["{held.clock(sheet.overlay)}"]', 0.0)] if sheet.clock else panel

    def opacity(self) -> str:
        """`Sheet.opacity`, not yet cut to 0..1."""
        waves = "".join(f"+{_number(w.depth)}*{self._wave(w.turns, w.phase)}" for w in self.sheet.waves)
        fade = f"*pow(sin({_number(math.pi)}*{self._way()}),2)" if self.sheet.fades else ""
        return f"AMOUNT*({_number(self.sheet.base)}{waves}){fade}"

    def shown(self) -> str:
        """The opacity, cut to 0..1, 0 before the sheet's first frame and after its last."""
        sheet, now = self.sheet, f"(frame-{self.first}"
        begun = f"*{now}>={sheet.start})" if sheet.start else ""
        ended = f"*{now}<{sheet.end})" if sheet.end < self.spec.frames else ""
        return f"max(0,min(1,{self.opacity()})){begun}{ended}"

    def transform(self) -> dict[str, str]:
        """`Sheet.corner` as `x` and `y` of the picture's centre from the frame's, px, y up, with `scale` and,
        where it can lean, `rotation`.

        With an angle that is not the one that was drawn, the whole turns about its pivot; without one about the
        frame's centre, and grows just enough to cover the frame still.
        """
        sheet, spec = self.sheet, self.spec
        (x, y), (right, up) = self.centre, (f"{_number(v)}+" if v else "" for v in self.beside)
        size = _number(sheet.scale)
        if sheet.lean_deg is None:
            moved = {"x": f"{right}{_number(x)}{self._moves(0)}", "y": f"{up}{_number(y)}{self._moves(1)}"}
            return {"scale": size} | moved
        lean = math.radians(sheet.lean_deg)
        turned = f"(radians(ANGLE)-{_number(lean)})"
        if sheet.pivot is not None:
            return {"scale": size, "rotation": turned} | self._about(sheet.pivot, lean)
        grown = f"(1+{_number(max(spec.width / spec.height, spec.height / spec.width))}*abs(sin{turned}))"
        far, at = _number(math.hypot(x, y)), f"({_number(math.atan2(y, x) - lean)}+radians(ANGLE))"
        way = f"{_number(math.hypot(*sheet.slide))}*{self._way()}"
        sway = f"+{_number(sheet.sway[0])}*{self._wave(sheet.sway_turns, sheet.phase)}" if sheet.sway[0] else ""
        return {
            "scale": f"{size}*{grown}",
            "rotation": turned,
            "x": f"{right}{grown}*({far}*cos{at}+sin(radians(ANGLE))*{way}{sway})",
            "y": f"{up}{grown}*({far}*sin{at}-cos(radians(ANGLE))*{way})",
        }

    def _about(self, pivot: Pair, lean: float) -> dict[str, str]:
        """`x` and `y` of what is turned about a place, in px of the frame, y down, from where it leans by `lean`."""
        out = {}
        x, y = pivot[0] - self.spec.width / 2, self.spec.height / 2 - pivot[1]
        across, up = self.centre[0] - x, self.centre[1] - y
        far, at = _number(math.hypot(across, up)), f"({_number(math.atan2(up, across) - lean)}+radians(ANGLE))"
        for axis, (name, still, wave) in enumerate((("x", x, "cos"), ("y", y, "sin"))):
            out[name] = f"{_number(still + self.beside[axis])}+{far}*{wave}{at}{self._moves(axis)}"
        return out

    def _way(self) -> str:
        """`Sheet.way`."""
        turns = f"SPEED*{_number(self.sheet.natural_turns)}"
        if self.sheet.clock:
            turns = _number(self.sheet.turns)
        elif self.sheet.whole:
            turns = f"max(SPEED>0,floor({turns}+.5))"
        return f"fmod({turns}*{self._now()}/{self.spec.frames}+{_number(self.sheet.phase)},1)"

    def _now(self) -> str:
        """`Sheet.now`."""
        return "NOW" if self.sheet.clock else f"(frame-{self.first})"

    def _wave(self, turns: float, phase: float) -> str:
        per_frame = 2 * math.pi * turns / self.spec.frames
        return f"sin({_number(per_frame)}*{self._now()}+{_number(2 * math.pi * phase)})"

    def _moves(self, axis: int) -> str:
        """What is added to the place along an axis, x to the right or y up."""
        sheet, sign, out = self.sheet, (1, -1)[axis], ""
        if sheet.slide[axis]:
            out += f"+{_number(sign * sheet.slide[axis])}*{self._way()}"
        if sheet.sway[axis] and sheet.sway_turns:
            quarter = axis / 4  # across by the sine, down by the cosine
            out += f"+{_number(sign * sheet.sway[axis])}*{self._wave(sheet.sway_turns, sheet.phase + quarter)}"
        if sheet.jump[axis]:
            speed = _number(sheet.speed) if sheet.clock else "SPEED"
            count = f"floor({speed}*{self._now()}+{JUMP_EARLY})"
            chance = f"sin(({count}+{sheet.seed % 1000 + 1})*{HASH_STEPS[axis]})*{HASH_SCALE}+{HASH_LIFT}"
            out += f"+{-sign}*floor({sheet.jump[axis]}*fmod({chance},1))"
        return out


def middle(spec: SceneSpec, sheet: Sheet) -> Pair:
    """Where a sheet's centre is at the beginning of its way, from the frame's centre, in px, y up."""
    x, y = sheet.origin
    across = x + sheet.width * sheet.scale / 2 - spec.width / 2
    return across, spec.height / 2 - y - sheet.height * sheet.scale / 2


def _number(value: float) -> str:
    return f"{value:.9g}" if value >= 0 else f"({value:.9g})"
