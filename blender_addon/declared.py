"""Blender properties made from the declarations of settings: their names, limits, tick boxes and dials.

A new setting appears in Blender by its declaration alone. A value that may be empty gets a tick box beside it, since
Blender's numbers cannot be. Typing the groups out by hand would read better and drift apart.
"""

import math
from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any

import bpy

from ..shared import settings
from ..shared.finishing import LivingLayer
from ..shared.sections import Motion
from ..shared.settings import Declared
from . import compat

OFF = "OFF"
"""The item of an enum that stands for an empty value."""

APART = {Motion: ("pace",), LivingLayer: ("pokes",)}
"""Settings that are no generated property but keys of controls: the pace (`speed.py`) and pokes (`pokes.py`). Keys are
none either: they are F-curves of the settings that they key (`keyed.py`)."""

WRITTEN = ("points", "rows", "box")
"""Kinds of settings that Blender keeps as JSON text: lists of any length, and boxes that may be empty."""

ACRONYMS = {
    "vse": "VSE",
    "h264": "H.264",
    "h265": "H.265",
    "av1": "AV1",
    "prores": "ProRes",
    "webm": "WebM",
    "png": "PNG",
    "exr": "EXR",
    "gif": "GIF",
    "aac": "AAC",
    "pcm": "PCM",
}
"""Choices whose names are no plain words."""

NAMES = {
    "audio_kbps": "Audio rate",
    "falloff_db": "Falloff dB",
    "keyframe_group": "Key frames",
    "preset_column": "Column",
    "negative_prompt": "Negative",
    "warn_divergence": "Warn above",
}
"""Names that cannot be told apart without their unit, or are too long for a narrow panel."""

FILES = "file", "sound", "mask", "depth", "motion"
"""Settings of text that name a file; Blender offers its file browser."""
_LOWEST = {"int": -(2**31), "float": -1e9}
_HIGHEST = {"int": 2**31 - 1, "float": 1e9}


def label(name: str) -> str:
    """`seconds_per_step` as people read it, and short, for a narrow panel: Seconds/step."""
    if name in NAMES:
        return NAMES[name]
    plain = name.removesuffix("_deg").removesuffix("_px").removesuffix("_kbps").removesuffix("_s")
    return plain.upper() if plain in ("fps", "crf") else plain.replace("_per_", "/").replace("_", " ").capitalize()


def item_label(choice: str) -> str:
    """An item of a choice as people write it: `room_tone` as Room tone, `h264` as H.264, `vse` as VSE."""
    return ACRONYMS.get(choice, choice.capitalize().replace("_", " "))


def switch(name: str) -> str:
    """The name of the tick box beside a value that may be empty."""
    return f"use_{name}"


def generated(cls: type[Any]) -> Iterator[Declared]:
    """The settings of a section that are properties of their own."""
    return (d for d in settings.declared(cls) if d.kind != "keys" and d.name not in APART.get(cls, ()))


def switched(d: Declared) -> bool:
    """Whether a setting has a tick box: it may be empty, and neither a text nor a choice can say so by itself."""
    return d.optional and not d.limits.choices and d.kind not in ("str", *WRITTEN)


def _annotations(cls: type[Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for d in generated(cls):
        if switched(d):
            out[switch(d.name)] = bpy.props.BoolProperty(name=label(d.name), description=d.limits.help)
        out[d.name] = _property(d)
        if dial(d):
            out[dial(d)] = _dial(d)
    return out


def dial(d: Declared) -> str:
    """The name of the angle that shows a setting in degrees as Blender's angles are shown; empty for the others.

    An angle that has limits is a number like others: it is no direction, and only the setting itself can be keyed.
    """
    turns = d.kind == "float" and d.name.endswith("_deg") and not d.optional and d.limits.low is None
    return d.name.removesuffix("_deg") if turns else ""


def _dial(d: Declared) -> Any:
    """An angle that is only another face of the setting, which stays the one that is kept."""

    def read_angle(group: Any) -> float:
        return math.radians(getattr(group, d.name))

    def write_angle(group: Any, value: float) -> None:
        # to the thousandth: a radian of 32 bits would show 180 as 180.000005
        setattr(group, d.name, round(math.degrees(value), 3))

    return bpy.props.FloatProperty(
        name=label(d.name),
        description=d.limits.help.rstrip("."),
        subtype="ANGLE",
        step=500,
        precision=1,
        get=read_angle,
        set=write_angle,
        options={"SKIP_SAVE"},
    )


def index_name(name: str) -> str:
    """The name of the number of the selected entry of a list: `hint_index` for `hints`."""
    return f"{name.removesuffix('s')}_index"


def _property(d: Declared) -> Any:
    words: dict[str, Any] = {"name": label(d.name), "description": d.limits.help.rstrip(".")}
    default = None if d.default is MISSING else d.default
    if d.limits.choices:
        items = [(choice, item_label(choice), "") for choice in d.limits.choices]
        items = [(OFF, "None", "Not set"), *items] if d.optional else items
        return bpy.props.EnumProperty(items=items, default=default or items[0][0], **words)
    if d.kind == "bool":
        return bpy.props.BoolProperty(default=bool(default), **words)
    if d.kind == "str" or d.kind in WRITTEN:
        return bpy.props.StringProperty(default=default or "", **words | _subtype(d))
    low, high = _range(d)
    if d.kind == "pair":
        return bpy.props.FloatVectorProperty(size=2, min=low, max=high, precision=2, **words)
    if d.kind == "triple":
        shown = default or (1.0, 1.0, 1.0)
        # the numbers of a picture's pixels: what one sees in the swatch is what is shown
        return bpy.props.FloatVectorProperty(
            size=3, default=shown, min=low, max=high, precision=3, subtype="COLOR_GAMMA", **words
        )
    if d.kind == "int":
        return bpy.props.IntProperty(default=default or max(0, int(low)), min=int(low), max=int(high), **words)
    return bpy.props.FloatProperty(default=default or max(0.0, low), min=low, max=high, precision=3, **words)


def _subtype(d: Declared) -> dict[str, Any]:
    return compat.path_words("FILE_PATH") if d.name in FILES else {}


def _range(d: Declared) -> tuple[float, float]:
    """Limits for Blender, which has no open ones: a value that must be above 0 begins at 0.001."""
    kind = "int" if d.kind == "int" else "float"
    low = d.limits.low if d.limits.above is None else d.limits.above + 0.001
    high = d.limits.high
    return (_LOWEST[kind] if low is None else low), (_HIGHEST[kind] if high is None else high)


def group(name: str, cls: type[Any]) -> type[Any]:
    """The property group of a section, with a property for each of its settings."""
    return type(
        f"INFINITE_PARALLAX_PG_{name}",
        (bpy.types.PropertyGroup,),
        {"__doc__": cls.__doc__, "__annotations__": _annotations(cls), "__module__": __name__},
    )
