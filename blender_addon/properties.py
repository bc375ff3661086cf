"""A scene's Parallax settings as Blender properties, generated from the declarations of the project's settings.

Each section of the project becomes a property group with the same names, so that a new setting appears in Blender,
in the project file and on the command line by one declaration. A value that may be empty gets a tick box beside it,
since Blender's numbers cannot be. Typing the groups out by hand would read better and drift apart.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING
from typing import Any

import bpy
import numpy as np

from ..shared import attachments, settings
from ..shared import project as projects
from ..shared.errors import UsageError
from ..shared.project import Project
from ..shared.sections import Layer, Motion
from ..shared.settings import Declared
from . import compat, speed

OFF = "OFF"
"""The item of an enum that stands for an empty value."""

APART = {Motion: ("pace",)}
"""Settings that are no generated property: the pace is drawn as an F-curve of the control `pace` (`speed.py`)."""

WRITTEN = ("points", "box")
"""Kinds of settings that Blender keeps as JSON text: lists of any length, and boxes that may be empty."""

_LOWEST = {"int": -(2**31), "float": -1e9}
_HIGHEST = {"int": 2**31 - 1, "float": 1e9}


def label(name: str) -> str:
    """`seconds_per_step` as people read it, and short, for a narrow panel: Seconds/step."""
    plain = name.removesuffix("_deg").removesuffix("_px").removesuffix("_kbps").removesuffix("_s")
    return plain.upper() if plain in ("fps", "crf") else plain.replace("_per_", "/").replace("_", " ").capitalize()


def switch(name: str) -> str:
    """The name of the tick box beside a value that may be empty."""
    return f"use_{name}"


def generated(cls: type[Any]) -> Iterator[Declared]:
    """The settings of a section that are properties of their own."""
    return (d for d in settings.declared(cls) if d.name not in APART.get(cls, ()))


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
        items = [(choice, choice.capitalize().replace("_", " "), "") for choice in d.limits.choices]
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
    return compat.path_words("FILE_PATH") if d.name == "file" else {}


def _range(d: Declared) -> tuple[float, float]:
    """Limits for Blender, which has no open ones: a value that must be above 0 begins at 0.001."""
    kind = "int" if d.kind == "int" else "float"
    low = d.limits.low if d.limits.above is None else d.limits.above + 0.001
    high = d.limits.high
    return (_LOWEST[kind] if low is None else low), (_HIGHEST[kind] if high is None else high)


def _group(name: str, cls: type[Any]) -> type[Any]:
    return type(
        f"INFINITE_PARALLAX_PG_{name}",
        (bpy.types.PropertyGroup,),
        {"__doc__": cls.__doc__, "__annotations__": _annotations(cls), "__module__": __name__},
    )


GROUPS: dict[str, type[Any]] = {name: _group(name, cls) for name, cls in projects.SECTIONS.items()}
LISTS: dict[str, type[Any]] = {name: _group(name, cls) for name, (cls, _) in projects.LISTS.items()}


class INFINITE_PARALLAX_PG_project(bpy.types.PropertyGroup):
    """The whole project of a scene."""

    __annotations__ = {
        "picture": bpy.props.StringProperty(
            name="Picture", description="The still picture to travel through", **compat.path_words("FILE_PATH")
        ),
        "plates_folder": bpy.props.StringProperty(
            name="Plates", description="Folder of the plates that the scene shows", **compat.path_words("DIR_PATH")
        ),
        "video": bpy.props.StringProperty(
            name="Video",
            description="The file that is exported; empty: beside the saved file",
            **compat.path_words("FILE_PATH"),
        ),
        "pace": bpy.props.FloatProperty(
            name="Speed",
            description="Speed of the whole journey, 1 as planned: keyframe it, then build the scene again",
            default=1.0,
            min=0.0,
            soft_max=4.0,
            max=1000000.0,
            precision=3,
            options={"ANIMATABLE"},
        ),
        "show_borders": bpy.props.BoolProperty(
            name="Borders over the Picture",
            description="Draw layers, speeds and hints over the picture in the image editor",
            default=True,
        ),
    }
    __annotations__ |= {
        index_name(name): bpy.props.IntProperty(name=label(name), description="The selected entry", min=0)
        for name in projects.LISTS
    }
    __annotations__ |= {name: bpy.props.PointerProperty(type=group) for name, group in GROUPS.items()}
    __annotations__ |= {name: bpy.props.CollectionProperty(type=group) for name, group in LISTS.items()}


class INFINITE_PARALLAX_PG_job(bpy.types.PropertyGroup):
    """How far the work is; belongs to the running Blender and is never saved."""

    __annotations__ = {
        "running": bpy.props.BoolProperty(options={"SKIP_SAVE"}),
        "factor": bpy.props.FloatProperty(min=0, max=1, options={"SKIP_SAVE"}),
        "redo_step": bpy.props.IntProperty(
            name="From step",
            description="The first step that is painted again",
            min=1,
            default=1,
            options={"SKIP_SAVE"},
        ),
    }
    __annotations__ |= {
        # status of the work, what went wrong and the way out; what is being asked, and what was answered
        name: bpy.props.StringProperty(options={"SKIP_SAVE"})
        for name in ("status", "left", "error", "hint", "asking", "suggestion", "server", "engines")
    }


CLASSES = (*GROUPS.values(), *LISTS.values(), INFINITE_PARALLAX_PG_project, INFINITE_PARALLAX_PG_job)


def of_scene(scene: Any) -> Any:
    """The project's properties of a scene."""
    return scene.infinite_parallax


def document(scene: Any) -> dict[str, Any]:
    """The project document of a scene, not yet checked; `projects.from_json` does that."""
    group = of_scene(scene)
    body = {name: _read(getattr(group, name), cls) for name, cls in projects.SECTIONS.items()}
    lists = {name: _entries(group, name) for name in projects.LISTS}
    body["motion"]["pace"] = speed.points(scene, group, body["motion"]["fps"])
    head = {"schema": projects.SCHEMA, "version": projects.VERSION, "name": group.name or scene.name}
    whole = head | {"picture": group.picture} | body | lists
    for place, key in attachments.paths(whole):
        place[key] = bpy.path.abspath(place[key]) if str(place[key]).startswith("//") else place[key]
    return whole


def project(scene: Any) -> Project:
    """The project of a scene; what cannot be is a UsageError that names the setting."""
    return projects.from_json(document(scene))


def _read(group: Any, cls: type[Any]) -> dict[str, Any]:
    return {d.name: _value(group, d) for d in generated(cls)}


def _value(group: Any, d: Declared) -> Any:
    value = getattr(group, d.name)
    if d.kind in WRITTEN:
        return projects.parse(value, label(d.name)) if value else d.default
    if switched(d) and not getattr(group, switch(d.name)):
        return None
    if d.optional and value in (OFF, ""):
        return None
    if d.kind in ("pair", "triple"):
        return [_decimal(v) for v in value]
    return _decimal(value) if d.kind == "float" else value


def _decimal(value: float) -> float:
    """The decimal that a person typed: Blender keeps 29.97 as the nearest number of 32 bits, 29.9699993."""
    return float(str(np.float32(value)))


def fill(scene: Any, wanted: Project) -> None:
    """Set a scene's properties to a project."""
    group = of_scene(scene)
    group.name, group.picture = wanted.name, wanted.picture
    for name in projects.SECTIONS:
        _write(getattr(group, name), getattr(wanted, name))
    for name in projects.LISTS:
        _fill_list(getattr(group, name), getattr(wanted, name))
    speed.write(scene, group, wanted.motion.pace, wanted.motion.fps)
    for name in projects.LISTS:
        setattr(group, index_name(name), 0)


def _fill_list(collection: Any, entries: Iterable[Any]) -> None:
    collection.clear()
    for entry in entries:
        _write(collection.add(), entry)


def layers_of(scene: Any) -> tuple[Layer, ...]:
    """The scene's list of layers, checked."""
    return tuple(
        settings.read(Layer, _read(layer, Layer), f"layers.{i}") for i, layer in enumerate(of_scene(scene).layers)
    )


def entry(scene: Any, name: str) -> Any:
    """The selected entry of a list; None where there is none."""
    group = of_scene(scene)
    entries, index = getattr(group, name), getattr(group, index_name(name))
    return entries[index] if 0 <= index < len(entries) else None


def edit_layers(scene: Any, edit: Callable[[Project], Project]) -> None:
    """Change a scene's list of layers, and with it what names a layer by its number."""
    group = of_scene(scene)
    changed = edit(projects.from_json({name: _entries(group, name) for name in projects.LISTS}))
    for name in projects.LISTS:
        _fill_list(getattr(group, name), getattr(changed, name))


def _entries(group: Any, name: str) -> list[dict[str, Any]]:
    """A list of the project's document, with its paths as they stand in the scene."""
    return [_read(entry, projects.LISTS[name][0]) for entry in getattr(group, name)]


def add_entry(scene: Any, name: str, value: Any) -> None:
    """Add an entry to the end of a list and select it; UsageError when the list is full."""
    group, (_, most) = of_scene(scene), projects.LISTS[name]
    entries = getattr(group, name)
    if len(entries) >= most:
        raise UsageError(f"There are {most} {name}, which is the most.", "Remove one first.")
    _write(entries.add(), value)
    setattr(group, index_name(name), len(entries) - 1)


def fill_cut(scene: Any, wanted: Project) -> None:
    """Set how the picture is cut, into which layers, and what their speeds follow from; the rest stays."""
    group = of_scene(scene)
    _write(group.cut, wanted.cut)
    _write(group.speed, wanted.speed)
    fill_layers(scene, wanted.layers)


def fill_layers(scene: Any, layers: Iterable[Layer]) -> None:
    """Set a scene's list of layers."""
    group = of_scene(scene)
    _fill_list(group.layers, layers)
    group.layer_index = 0


def _write(group: Any, values: Any) -> None:
    data: Mapping[str, Any] = settings.write(values)
    for d in generated(type(values)):
        value = data[d.name]
        if d.kind in WRITTEN:
            value = json.dumps(value) if value else ""
        if switched(d):
            setattr(group, switch(d.name), value is not None)
        if value is not None:
            setattr(group, d.name, value)
        elif d.limits.choices:
            setattr(group, d.name, OFF)
