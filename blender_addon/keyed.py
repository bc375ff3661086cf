"""What is keyed in the panel, of overlays, grades and what moves layers, as the `keys` of the project's entries.

An overlay's amount and angle and a distortion's amplitude are read by drivers as well, and act at once; what is drawn
into pictures, added up over time or computed into several values of a modifier is read here, when the scene is built or
its project is written. Drivers for all of it were the other road: they cannot add up, and on modifiers they make
dependency cycles before 5.2.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..shared import project as projects
from ..shared import settings
from ..shared.over_time import LISTS
from ..shared.settings import Declared
from . import compat, declared, drawn_curves, timeline

ROOT = "infinite_parallax."
Points = list[list[float]]


def read(scene: Any, group: Any, fps: float) -> dict[tuple[str, int], dict[str, Points]]:
    """The keys of the entries of a scene's lists, by list and number; second 0 is the first frame of what is built."""
    # a panel asks at every redraw, and a long timeline has thousands of curves: all are looked through once
    curves = {(c.data_path, c.array_index): c for c in compat.curves(scene) if c.data_path.startswith(ROOT)}
    if not curves:
        return {}
    found: dict[tuple[str, int], dict[str, Points]] = {}
    first = timeline.first_frame(scene)
    for name in LISTS:
        for number, entry in enumerate(getattr(group, name)):
            for want in _keyed(name):
                path = f"{ROOT}{name}[{number}].{want.name}"
                its = [curves.get((path, index)) for index in range(3 if want.kind == "triple" else 1)]
                points = _points(scene, entry, want, its, first)
                if points:
                    in_seconds = [[round(frame / fps, 6), *values] for frame, *values in points]
                    found.setdefault((name, number), {})[want.name] = in_seconds
    return found


def _keyed(name: str) -> Iterator[Declared]:
    return (d for d in settings.declared(projects.LISTS[name][0]) if d.limits.keyed)


def _points(scene: Any, entry: Any, want: Declared, curves: Sequence[Any | None], first: int) -> Points:
    """What a setting's curves draw, [frames after `first`, value or values]; empty where it has none."""
    used = [curve for curve in curves if curve is not None and curve.keyframe_points]
    if not used or (declared.switched(want) and not getattr(entry, declared.switch(want.name))):
        return []
    value, limits = getattr(entry, want.name), (want.limits.low, want.limits.high)
    now = list(value) if want.kind == "triple" else [value]
    if want.kind == "int":
        at = drawn_curves.whole(used[0], first)
    else:
        at = sorted({frame for curve in used for frame in drawn_curves.corners(curve, first, scene, limits)})
    rows = []
    for frame in at:
        values = [old if c is None else c.evaluate(first + frame) for c, old in zip(curves, now, strict=True)]
        values = [drawn_curves.within(value, limits) for value in values]
        rows.append([frame, *(round(v) if want.kind == "int" else v for v in values)])
    return rows


def write(scene: Any, group: Any, entries: Mapping[str, Any], fps: float) -> None:
    """Key the entries of a scene's lists as those of a project are keyed, and nothing else in these lists."""
    ours = tuple(f"{ROOT}{name}[" for name in LISTS)
    for curve in [curve for curve in compat.curves(scene) if curve.data_path.startswith(ours)]:
        compat.curves(scene).remove(curve)
    first = timeline.first_frame(scene)
    for name in LISTS:
        kinds = {d.name: d for d in _keyed(name)}
        for entry, wanted in zip(getattr(group, name), entries[name], strict=True):
            for curve in wanted.keys:
                _write(entry, kinds[curve.setting], [(first + round(at * fps, 4), *v) for at, *v in curve.points])


def _write(entry: Any, want: Declared, keys: list[tuple[float, ...]]) -> None:
    if declared.switched(want):
        setattr(entry, declared.switch(want.name), True)
    setattr(
        entry,
        want.name,
        int(keys[0][1]) if want.kind == "int" else keys[0][1:] if want.kind == "triple" else keys[0][1],
    )
    for index, _ in enumerate(keys[0][1:]):
        part = [(key[0], key[1 + index]) for key in keys]
        if want.kind == "int":
            compat.key_steps(entry, want.name, part)
        else:
            compat.key_linear(entry, want.name, part, index)
