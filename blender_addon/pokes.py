"""Pokes as keyframes: two controls of a living entry, the push and the place, one key for each poke.

They are moved, copied and deleted like any keys, and read as the entry's pokes; what lies between two of them means
nothing. A push without a key of its place hits where the layer swings farthest. A list of pokes beside the timeline
was the other road: nobody hears a drum in a list.
"""

from collections.abc import Iterable
from typing import Any

import bpy

from ..shared.errors import UsageError
from ..shared.poking import Poke
from . import compat, timeline

PUSH, PLACE = "poke_px", "poke_place"
SAME = 0.01
"""Frames within which two keys belong to the same poke."""
CONTROLS = {
    PUSH: bpy.props.FloatVectorProperty(
        name="Push",
        description="A key of it pokes the layer: so far, to the right and down, in px",
        size=2,
        precision=1,
    ),
    PLACE: bpy.props.FloatVectorProperty(
        name="Place",
        description="Where a poke that has a key of it pushes, in px of the frame; others push what swings farthest",
        size=2,
        precision=1,
    ),
}
"""The properties of an entry of the living layers that are keyed."""


def is_control(path: str) -> bool:
    """Whether a path is that of a control."""
    return path.rpartition(".")[2] in (PUSH, PLACE)


def read(scene: Any, entry: Any, fps: float) -> list[Poke]:
    """The pokes that an entry's keys are; those before the first frame are none."""
    first, out = timeline.first_frame(scene), []
    places = _frames(entry, PLACE)
    for frame in _frames(entry, PUSH):
        push = _at(entry, PUSH, frame)
        if frame >= first and any(push):
            placed = any(abs(frame - at) < SAME for at in places)
            out.append((round((frame - first) / fps, 6), push, _at(entry, PLACE, frame) if placed else None))
    return out


def write(scene: Any, entry: Any, pokes: Iterable[Poke], fps: float) -> None:
    """Let an entry's keys be these pokes."""
    first = timeline.first_frame(scene)
    found = sorted(pokes, key=lambda poke: poke[0])
    _key(entry, PUSH, [(first + second * fps, push) for second, push, _ in found])
    _key(entry, PLACE, [(first + second * fps, place) for second, _, place in found if place is not None])


def add(scene: Any, entry: Any, push: tuple[float, float], place: tuple[float, float] | None, fps: float) -> None:
    """Poke at the current frame, in place of a poke that is there."""
    second = (scene.frame_current - timeline.first_frame(scene)) / fps
    if second < 0:
        raise UsageError("The journey has not begun at this frame.", "Go to one on which its picture is seen.")
    others = [poke for poke in read(scene, entry, fps) if abs(poke[0] - second) * fps >= SAME]
    write(scene, entry, [*others, (second, push, place)], fps)


def _key(entry: Any, prop: str, keys: list[tuple[float, tuple[float, float]]]) -> None:
    for axis in (0, 1):
        if keys:
            compat.key_steps(entry, prop, [(frame, values[axis]) for frame, values in keys], axis)
        else:
            compat.remove_curve(entry, prop, axis)
    if keys:
        setattr(entry, prop, keys[0][1])


def _frames(entry: Any, prop: str) -> list[float]:
    """The frames at which either number of a control has a key."""
    curves = (compat.f_curve(entry, prop, axis) for axis in (0, 1))
    found: list[float] = []
    for frame in sorted(key.co[0] for curve in curves if curve is not None for key in curve.keyframe_points):
        if not found or frame - found[-1] >= SAME:
            found.append(frame)
    return found


def _at(entry: Any, prop: str, frame: float) -> tuple[float, float]:
    values = []
    for axis in (0, 1):
        curve = compat.f_curve(entry, prop, axis)
        values.append(round(getattr(entry, prop)[axis] if curve is None else curve.evaluate(frame), 3))
    return values[0], values[1]
