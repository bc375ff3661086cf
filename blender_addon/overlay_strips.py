"""Sheets of overlays as image strips: the formulas of `shared/overlays/sheet.py` as drivers.

A driver is asked anew at every frame, so a strip's place and opacity follow from the frame's number alone, in a loop
without a seam, and amount, speed and angle in the panel act at once and can be keyed there. Keyframes with a cycles
modifier were the other road: four curves to a sheet that nobody can read, and nothing that follows the panel. The
expressions use only what Blender computes without running Python, so no file has to be trusted; where the add-on is not
there, the values of the last build count. Colour and seed are drawn into the picture and change with the next build.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..shared.overlays import Sheet
from ..shared.overlays.pictures import write
from ..shared.overlays.sheet import HASH_LIFT, HASH_SCALE, HASH_STEPS
from ..shared.scene import SceneSpec
from . import centred, compat, uncompressed
from .timeline import Place

BLEND_TYPES = {"over": "ALPHA_OVER", "screen": "SCREEN", "overlay": "OVERLAY"}
LOOSE = "value_of_"
PLACING = ("speed", "angle_deg")
"""Controls that say where a strip lies."""
CHANNEL, FORMULAS = "infinite_parallax_channel", "infinite_parallax_formulas"
"""What a strip remembers of its last build, to tell what a person has changed since."""


def put_elsewhere(strip: Any) -> bool:
    """Whether a strip is a sheet's and a person has put it into another channel."""
    return bool(strip.get(CHANNEL, strip.channel) != strip.channel)


def where_put(ours: dict[str, Any], places: dict[str, Place]) -> dict[str, Place]:
    """The places, those of sheets in the channel that a person has put them into."""
    out = dict(places)
    for name, strip in ours.items():
        if name in places and put_elsewhere(strip):
            out[name] = replace(places[name], channel=strip.channel)
    return out


def lay(
    home: Any, spec: SceneSpec, sheet: Sheet, strip: Any, place: Place, channel: int, first: int, folder: Path
) -> Any:
    """Make or update the strip of a sheet at a place; its own channel is `channel`. The strip.

    Its picture is drawn into `folder`; frame 0 of the spec is the timeline's frame `first`.
    """
    path = uncompressed.fast(write(sheet, folder.resolve()))
    if strip is None:
        strips = compat.strips(home)
        strip = strips.new_image(sheet.name, str(path), place.channel, place.first, fit_method="ORIGINAL")
        strip.blend_type = BLEND_TYPES[sheet.blend]
        strip[CHANNEL] = channel
    else:
        compat.set_image(strip, path)
        strip.channel = place.channel
        if place.channel == channel or CHANNEL not in strip:
            strip[CHANNEL] = channel
    compat.place(strip, place.first, place.frames)
    strip.transform.filter = "AUTO"
    _animate(strip, _Formulas(sheet, spec, first))
    return strip


def _animate(strip: Any, made: "_Formulas") -> None:
    """Set drivers where something moves. A driver that a person took away stays away until the overlay changes."""
    formulas = {"blend_alpha": made.opacity()} | made.transform()
    controls = made.controls(strip.id_data)
    placing = [_loose(control) for control in controls]
    written = repr((formulas, [(path, value) for _, _, path, value in (*controls, *placing)]))
    if strip.get(FORMULAS) == written:
        return
    strip[FORMULAS] = written
    for prop, expression in formulas.items():
        struct, held = (strip, controls) if prop == "blend_alpha" else (strip.transform, placing)
        compat.drive(struct, prop, expression, held)


def _loose(control: compat.Control) -> compat.Control:
    """A control for what places a strip, which no driver may take from the scene in a Blender where that is a cycle.

    Its path leads nowhere, so that its value is the fallback, which `follow` keeps up to date. Where the control is
    keyed there is no other way, and Blender warns of the cycle.
    """
    name, scene, path, value = control
    group, _, prop = path.rpartition(".")
    keyed = compat.PLACES_ARE_THE_SCENE_S and any(curve.data_path == path for curve in compat.curves(scene))
    return control if keyed or not compat.PLACES_ARE_THE_SCENE_S else (name, scene, f"{group}.{LOOSE}{prop}", value)


def follow(overlay: Any, prop: str) -> None:
    """Let the strips of an overlay take over a control that was changed in the panel."""
    scene, path = overlay.id_data, f"{overlay.path_from_id()}.{LOOSE}{prop}"
    for curve in scene.animation_data.drivers if scene.animation_data else ():
        for variable in curve.driver.variables:
            if variable.targets[0].data_path == path:
                variable.targets[0].fallback_value = getattr(overlay, prop)


def move(scene: Any, strips: Sequence[Any], frames: int) -> None:
    """Let the formulas of strips that were moved by a number of frames count from so much later on."""
    paths = tuple(f"{strip.path_from_id()}." for strip in strips if FORMULAS in strip)
    for curve in scene.animation_data.drivers if scene.animation_data else ():
        if curve.data_path.startswith(paths):
            curve.driver.expression = _later(curve.driver.expression, frames)
    for strip in strips:
        if FORMULAS in strip:
            strip[FORMULAS] = _later(strip[FORMULAS], frames)


def _later(text: str, frames: int) -> str:
    return re.sub(r"(?<=frame-)-?\d+", lambda first: str(int(first[0]) + frames), text)


def _number(value: float) -> str:
    return f"{value:.9g}" if value >= 0 else f"({value:.9g})"


@dataclass(frozen=True)
class _Formulas:
    """The formulas of a sheet as expressions; frame 0 of the spec is the timeline's frame `first`."""

    sheet: Sheet
    spec: SceneSpec
    first: int

    def controls(self, scene: Any) -> list[compat.Control]:
        """The settings in the panel that act at once."""
        sheet = self.sheet
        names = {"AMOUNT": ("amount", sheet.amount), "SPEED": ("speed", sheet.speed)}
        if sheet.lean_deg is not None:
            names["ANGLE"] = ("angle_deg", sheet.lean_deg)
        group = f"infinite_parallax.overlays[{sheet.overlay}]"
        return [(name, scene, f"{group}.{prop}", value) for name, (prop, value) in names.items()]

    def opacity(self) -> str:
        """`Sheet.opacity`; Blender itself cuts it to 0..1."""
        waves = "".join(f"+{_number(w.depth)}*{self._wave(w.turns, w.phase)}" for w in self.sheet.waves)
        fade = f"*pow(sin({_number(math.pi)}*{self._way()}),2)" if self.sheet.fades else ""
        return f"AMOUNT*({_number(self.sheet.base)}{waves}){fade}"

    def transform(self) -> dict[str, str]:
        """`Sheet.corner` as offset of the picture's centre from the frame's, y up.

        The whole turns about the frame's centre with an angle that is not the one that was drawn, and grows just
        enough to cover the frame still.
        """
        sheet, spec = self.sheet, self.spec
        x, y = self._centre()
        size = _number(sheet.scale)
        if sheet.lean_deg is None:
            moved = {"offset_x": f"{_number(x)}{self._moves(0)}", "offset_y": f"{_number(y)}{self._moves(1)}"}
            return {"scale_x": size, "scale_y": size} | moved
        lean = math.radians(sheet.lean_deg)
        turned = f"(radians(ANGLE)-{_number(lean)})"
        grown = f"(1+{_number(max(spec.width / spec.height, spec.height / spec.width))}*abs(sin{turned}))"
        far, at = _number(math.hypot(x, y)), f"({_number(math.atan2(y, x) - lean)}+radians(ANGLE))"
        way = f"{_number(math.hypot(*sheet.slide))}*{self._way()}"
        sway = f"+{_number(sheet.sway[0])}*{self._wave(sheet.sway_turns, sheet.phase)}" if sheet.sway[0] else ""
        return {
            "scale_x": f"{size}*{grown}",
            "scale_y": f"{size}*{grown}",
            "rotation": turned,
            "offset_x": f"{grown}*({far}*cos{at}+sin(radians(ANGLE))*{way}{sway})",
            "offset_y": f"{grown}*({far}*sin{at}-cos(radians(ANGLE))*{way})",
        }

    def _way(self) -> str:
        """`Sheet.way`."""
        turns = f"SPEED*{_number(self.sheet.natural_turns)}"
        if self.sheet.whole:
            turns = f"max(SPEED>0,floor({turns}+.5))"
        return f"fmod({turns}*(frame-{self.first})/{self.spec.frames}+{_number(self.sheet.phase)},1)"

    def _wave(self, turns: float, phase: float) -> str:
        per_frame = 2 * math.pi * turns / self.spec.frames
        return f"sin({_number(per_frame)}*(frame-{self.first})+{_number(2 * math.pi * phase)})"

    def _centre(self) -> tuple[float, float]:
        """Where the picture's centre is, at the beginning of its way, as Blender counts it."""
        sheet, frame = self.sheet, (self.spec.width, self.spec.height)
        return centred.offset(frame, (sheet.width, sheet.height), sheet.scale, sheet.origin)

    def _moves(self, axis: int) -> str:
        """What is added to the offset along an axis, x to the right or y up."""
        sheet, sign, out = self.sheet, (1, -1)[axis], ""
        if sheet.slide[axis]:
            out += f"+{_number(sign * sheet.slide[axis])}*{self._way()}"
        if sheet.sway[axis] and sheet.sway_turns:
            quarter = axis / 4  # across by the sine, down by the cosine
            out += f"+{_number(sign * sheet.sway[axis])}*{self._wave(sheet.sway_turns, sheet.phase + quarter)}"
        if sheet.jump[axis]:
            chance = f"sin((frame-{self.first}+{sheet.seed % 1000 + 1})*{HASH_STEPS[axis]})*{HASH_SCALE}+{HASH_LIFT}"
            out += f"+{-sign}*floor({sheet.jump[axis]}*fmod({chance},1))"
        return out
