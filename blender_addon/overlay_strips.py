"""Sheets of overlays as image strips, moved and faded by the formulas of `sheet_formulas.py`.

Mute them, move them to another channel, give them modifiers: they are ordinary strips with an ordinary blend type. A
film rendered in advance and laid over the picture was the other road: it follows no slider, and is disk by the minute.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..shared.overlays import Sheet, tints
from ..shared.overlays.pictures import write
from ..shared.scene import SceneSpec
from . import centred, compat, grade_strips, sheet_formulas, uncompressed
from .sheet_formulas import FORMULAS, Driven, Formulas
from .timeline import Place

BLEND_TYPES = {"over": "ALPHA_OVER", "screen": "SCREEN", "overlay": "OVERLAY"}
PROPERTIES = {"scale": ("scale_x", "scale_y"), "rotation": ("rotation",), "x": ("offset_x",), "y": ("offset_y",)}
LOOSE = "value_of_"
PLACING = ("speed", "angle_deg")
"""Controls that say where a strip lies."""
CHANNEL = "infinite_parallax_channel"
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
    _animate(strip, sheet, spec, first)
    grade_strips.put_on(strip, tints(sheet), first)
    return strip


def _animate(strip: Any, sheet: Sheet, spec: SceneSpec, first: int) -> None:
    offset = centred.offset((spec.width, spec.height), (sheet.width, sheet.height), sheet.scale, sheet.origin)
    centre = sheet_formulas.middle(spec, sheet)
    made = Formulas(sheet, spec, first, centre, (round(offset[0] - centre[0], 6), round(offset[1] - centre[1], 6)))
    controls = made.controls(strip.id_data)
    placing = [_loose(control) for control in controls]
    # Blender itself cuts a strip's opacity to 0..1
    driven = [Driven(strip, "blend_alpha", None, made.opacity(), controls)]
    for name, expression in made.transform().items():
        driven += (Driven(strip.transform, prop, None, expression, placing) for prop in PROPERTIES[name])
    sheet_formulas.animate(strip, driven)


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
    drivers = scene.animation_data.drivers if scene.animation_data else ()
    sheet_formulas.move([curve for curve in drivers if curve.data_path.startswith(paths)], list(strips), frames)
