"""F-curves and drivers: keys on anything, whether an action holds them itself or, since 4.4, in a channel bag.

Curves are found by their paths, which Blender is asked for: those of strips are called otherwise since 4.5. Keys by
`keyframe_insert` were the other road: a call and a lookup for each, and curves with handles.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import bpy

from ...shared.pace import corners

LONGEST_EXPRESSION = 255


NEAR = 1 / 4096
"""How far the keys of colours may leave what they stand for: a sixteenth of a level."""


Triple = tuple[float, ...]


Control = tuple[str, Any, str, float]
"""A variable of a driver: its name, the datablock and the path of what it reads, and what counts where nothing lies
there, as in a Blender without the add-on."""


def f_curve(struct: Any, prop: str, index: int = 0) -> Any | None:
    """The F-curve of a property, or of one of its numbers; None if it has none."""
    path = _path(struct, prop)
    found = (c for c in curves(struct.id_data) if c.data_path == path and c.array_index == index)
    return next(found, None)


def _path(struct: Any, prop: str) -> str:
    """The path of a property from its datablock; one in brackets and quotes is the datablock's own."""
    return prop if prop.startswith("[") else str(struct.path_from_id(prop))


def key_series(struct: Any, prop: str, parts: Sequence[Sequence[float]], first: int, near: float) -> None:
    """Let each number of a property, or its only one, be what its part is at frame `first` and those after it, with as
    few keys as come near; what stays the same is not keyed."""
    for index, values in enumerate(parts):
        if min(values) == max(values):
            remove_curve(struct, prop, index)
        else:
            key_linear(struct, prop, [(first + n, values[n]) for n in corners(values, near)], index)


def set_series(struct: Any, prop: str, values: Sequence[Any], first: int) -> None:
    """Set a property to a value, a number or several, or to one for frame `first` and each after it."""
    setattr(struct, prop, values[0])
    several = isinstance(values[0], tuple)
    parts = list(zip(*values, strict=True)) if several else [values]
    key_series(struct, prop, parts, first, NEAR)


def key_linear(struct: Any, prop: str, keys: Sequence[tuple[float, float]], index: int = 0) -> None:
    """Animate a property by `keys`, (frame, value) each, linear between them and held outside."""
    _key(struct, prop, keys, index, "LINEAR")


def key_steps(struct: Any, prop: str, keys: Sequence[tuple[float, float]], index: int = 0) -> None:
    """Animate a property by `keys`, (frame, value) each, every value held until the next."""
    _key(struct, prop, keys, index, "CONSTANT")


def _key(struct: Any, prop: str, keys: Sequence[tuple[float, float]], index: int, interpolation: str) -> None:
    curve = f_curve(struct, prop, index) or _new_curve(struct.id_data, _path(struct, prop), index)
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys))
    for point, at in zip(points, keys, strict=True):
        point.co = at
        point.interpolation = interpolation
    curve.extrapolation = "CONSTANT"
    curve.update()


def remove_curve(struct: Any, prop: str, index: int = 0) -> None:
    """Take the F-curve of a property away, if it has one."""
    curve = f_curve(struct, prop, index)
    if curve is not None:
        curves(struct.id_data).remove(curve)


def set_still(struct: Any, prop: str, value: float, index: int | None = None) -> None:
    """Give a property, or one of its numbers, one value for all frames."""
    remove_curve(struct, prop, index or 0)
    if index is None:
        setattr(struct, prop, value)
    else:
        getattr(struct, prop)[index] = value


PLACES_ARE_THE_SCENE_S = bpy.app.version < (5, 2, 0)
"""Whether the place of a strip counts as a setting of its scene, so that driving it by another one is a cycle."""


def drive(struct: Any, prop: str, expression: str, controls: Sequence[Control], index: int | None = None) -> None:
    """Let an expression set a property, or one of its numbers; those controls become its variables whose names occur
    in it."""
    if len(expression) > LONGEST_EXPRESSION:
        raise ValueError(f"{len(expression)} characters: Blender would cut {expression}")
    remove_curve(struct, prop, index or 0)
    at = () if index is None else (index,)
    struct.driver_remove(prop, *at)
    driver = struct.driver_add(prop, *at).driver
    for name, owner, path, value in (control for control in controls if control[0] in expression):
        variable = driver.variables.new()
        variable.name = name
        target = variable.targets[0]
        target.id_type, target.id, target.data_path = owner.id_type, owner, path
        target.use_fallback_value, target.fallback_value = True, value
    driver.type, driver.expression = "SCRIPTED", expression


def curves(datablock: Any) -> Any:
    """The collection of a datablock's F-curves: its action's own, or since 4.4 a channel bag's; () without any."""
    data = datablock.animation_data
    if data is None or data.action is None:
        return ()
    if not hasattr(data.action, "layers"):
        return data.action.fcurves
    bags = (s.channelbag(data.action_slot) for layer in data.action.layers for s in layer.strips if data.action_slot)
    return next((bag.fcurves for bag in bags if bag is not None), ())


def action_curves(action: Any) -> Iterator[Any]:
    """All F-curves of an action, whatever they animate."""
    if not hasattr(action, "layers"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves


def _new_curve(datablock: Any, path: str, index: int) -> Any:
    data = datablock.animation_data or datablock.animation_data_create()
    if data.action is None:
        data.action = bpy.data.actions.new(f"{datablock.name} motion")
    if hasattr(data.action, "fcurve_ensure_for_datablock"):
        return data.action.fcurve_ensure_for_datablock(datablock, path, index=index)
    return data.action.fcurves.new(path, index=index)
