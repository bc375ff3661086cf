"""A scene's Parallax settings as Blender properties, generated from the declarations of the project's settings.

Each section of the project becomes a property group with the same names (`declared.py`), so that a new setting appears
in Blender, in the project file and on the command line by one declaration. The properties are read as a project's
document and checked like any file; a second set of checks in Blender was the other road, and would say other things.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import bpy

from ..shared import attachments, poking, settings
from ..shared import project as projects
from ..shared.dream_settings import Dream
from ..shared.errors import UsageError
from ..shared.project import Project
from ..shared.sections import Layer
from ..shared.settings import Declared
from . import compat, declared, drawn_curves, keyed, overlay_strips, pokes, speed

GROUPS: dict[str, type[Any]] = {name: declared.group(name, cls) for name, cls in projects.SECTIONS.items()}
DREAM = declared.group("dream", Dream)
LISTS: dict[str, type[Any]] = {name: declared.group(name, cls) for name, (cls, _) in projects.LISTS.items()}
LISTS["living"].__annotations__.update(pokes.CONTROLS)


def _following(prop: str) -> Callable[[Any, Any], None]:
    return lambda overlay, _context: overlay_strips.follow(overlay, prop)


if compat.PLACES_ARE_THE_SCENE_S:
    for _name in overlay_strips.PLACING:
        LISTS["overlays"].__annotations__[_name].keywords["update"] = _following(_name)


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
            description=(
                "Speed of the whole journey, 1 as planned, below 0 back over what it has passed: keyframe it, then "
                "build the scene again"
            ),
            default=1.0,
            min=-1000000.0,
            soft_min=0.0,
            soft_max=4.0,
            max=1000000.0,
            precision=3,
            options={"ANIMATABLE"},
        ),
        "dream_sound": bpy.props.StringProperty(
            name="Sound", description="The sound that is dreamt", **compat.path_words("FILE_PATH")
        ),
        "dream_strip": bpy.props.StringProperty(
            name="Strip", description="The sound strip that is dreamt; its sound is on the timeline already"
        ),
        "dream_frame": bpy.props.IntProperty(
            name="Begins at", description="The frame of the timeline on which the dream begins", default=1
        ),
        "dream_picture": bpy.props.BoolProperty(
            name="Begin with the picture", description="Paint the first frame out of the picture, not out of noise"
        ),
        "show_borders": bpy.props.BoolProperty(
            name="Borders over the Picture",
            description="Draw borders, speeds and hints over the picture, in the image editor and in the preview",
            default=True,
        ),
        "show_mattes": bpy.props.BoolProperty(
            name="Mattes over the Picture",
            description="Tint what belongs to each layer, in the image editor and in the preview",
            default=True,
        ),
    }
    __annotations__ |= {
        declared.index_name(name): bpy.props.IntProperty(
            name=declared.label(name), description="The selected entry", min=0
        )
        for name in projects.LISTS
    }
    __annotations__ |= {name: bpy.props.PointerProperty(type=group) for name, group in GROUPS.items()}
    __annotations__["dream"] = bpy.props.PointerProperty(type=DREAM)
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
        for name in ("status", "left", "error", "hint", "asking", "suggestion", "server", "engines", "looking", "heard")
    }


CLASSES = (*GROUPS.values(), DREAM, *LISTS.values(), INFINITE_PARALLAX_PG_project, INFINITE_PARALLAX_PG_job)


def of_scene(scene: Any) -> Any:
    """The project's properties of a scene."""
    return scene.infinite_parallax


def document(scene: Any) -> dict[str, Any]:
    """The project document of a scene, not yet checked; `projects.from_json` does that."""
    group = of_scene(scene)
    body = {name: _read(getattr(group, name), cls) for name, cls in projects.SECTIONS.items()}
    lists = {name: _entries(group, name) for name in projects.LISTS}
    fps = body["motion"]["fps"]
    body["motion"]["pace"] = speed.points(scene, group, fps)
    for (name, number), keys in keyed.read(scene, group, fps).items():
        lists[name][number]["keys"] = keys
    for entry, data in zip(group.living, lists["living"], strict=True):
        data["pokes"] = [poking.row(poke) for poke in pokes.read(scene, entry, fps)]
    head = {"schema": projects.SCHEMA, "version": projects.VERSION, "name": group.name or scene.name}
    whole = head | {"picture": group.picture} | body | lists
    for place, key in attachments.paths(whole):
        place[key] = bpy.path.abspath(place[key]) if str(place[key]).startswith("//") else place[key]
    return whole


def project(scene: Any) -> Project:
    """The project of a scene; what cannot be is a UsageError that names the setting."""
    return projects.from_json(document(scene))


def _read(group: Any, cls: type[Any]) -> dict[str, Any]:
    return {d.name: _value(group, d) for d in declared.generated(cls)}


def _value(group: Any, d: Declared) -> Any:
    value = getattr(group, d.name)
    if d.kind in declared.WRITTEN:
        return projects.parse(value, declared.label(d.name)) if value else d.default
    if declared.switched(d) and not getattr(group, declared.switch(d.name)):
        return None
    if d.optional and value in (declared.OFF, ""):
        return None
    if d.kind in ("pair", "triple"):
        return [drawn_curves.decimal(v) for v in value]
    return drawn_curves.decimal(value) if d.kind == "float" else value


def fill(scene: Any, wanted: Project) -> None:
    """Set a scene's properties to a project."""
    group = of_scene(scene)
    group.name, group.picture = wanted.name, wanted.picture
    for name in projects.SECTIONS:
        _write(getattr(group, name), getattr(wanted, name))
    for name in projects.LISTS:
        _fill_list(getattr(group, name), getattr(wanted, name))
    speed.write(scene, group, wanted.motion.pace, wanted.motion.fps)
    keyed.write(scene, group, {name: getattr(wanted, name) for name in projects.LISTS}, wanted.motion.fps)
    for entry, wish in zip(group.living, wanted.living, strict=True):
        pokes.write(scene, entry, poking.pokes(wish), wanted.motion.fps)
    for name in projects.LISTS:
        setattr(group, declared.index_name(name), 0)


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
    entries, index = getattr(group, name), getattr(group, declared.index_name(name))
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


def read_section(scene: Any, name: str, cls: type[Any]) -> Any:
    """One section of a scene's settings, checked."""
    return settings.read(cls, _read(getattr(of_scene(scene), name), cls), name)


def add_entry(scene: Any, name: str, value: Any) -> None:
    """Add an entry to the end of a list and select it; UsageError when the list is full."""
    group, (_, most) = of_scene(scene), projects.LISTS[name]
    entries = getattr(group, name)
    if len(entries) >= most:
        raise UsageError(f"There are {most} {name}, which is the most.", "Remove one first.")
    _write(entries.add(), value)
    setattr(group, declared.index_name(name), len(entries) - 1)


def fill_cut(scene: Any, wanted: Project) -> None:
    """Set how the picture is cut, into which layers, and what their speeds follow from; the rest stays."""
    group = of_scene(scene)
    _write(group.cut, wanted.cut)
    _write(group.speed, wanted.speed)
    fill_layers(scene, wanted.layers)


def fill_section(scene: Any, name: str, values: Any) -> None:
    """Set one section of a scene's project."""
    _write(getattr(of_scene(scene), name), values)


def fill_layers(scene: Any, layers: Iterable[Layer]) -> None:
    """Set a scene's list of layers."""
    group = of_scene(scene)
    _fill_list(group.layers, layers)
    group.layer_index = 0


def _write(group: Any, values: Any) -> None:
    data: Mapping[str, Any] = settings.write(values)
    for d in declared.generated(type(values)):
        value = data[d.name]
        if d.kind in declared.WRITTEN:
            value = json.dumps(value) if value else ""
        if declared.switched(d):
            setattr(group, declared.switch(d.name), value is not None)
        if value is not None:
            setattr(group, d.name, value)
        elif d.limits.choices:
            setattr(group, d.name, declared.OFF)
