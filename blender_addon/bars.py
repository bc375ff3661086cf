"""The black bars round a picture that does not fill the frame: colour strips above the planes, cropped to what is left.

Plates reach beyond the picture, so without bars they would be seen in what is to stay empty. Cropping every tile's
strip was the other road: a crop moves with its strip, and takes whole px only.
"""

from typing import Any

from ..shared.scene import Key, Plane, SceneSpec
from . import compat
from .timeline import Place

Box = tuple[int, int, int, int]


def bars(spec: SceneSpec) -> dict[str, Box]:
    """The bars of a scene by name: left, top, right, bottom in px of the frame."""
    if spec.window is None:
        return {}
    left, top, right, bottom = spec.window
    found = {
        "bar top": (0, 0, spec.width, top),
        "bar bottom": (0, bottom, spec.width, spec.height),
        "bar left": (0, top, left, bottom),
        "bar right": (right, top, spec.width, bottom),
    }
    return {name: box for name, box in found.items() if box[0] < box[2] and box[1] < box[3]}


def planes(spec: SceneSpec) -> tuple[Plane, ...]:
    """The bars as planes without a file, before all others, for the targets that have no colour strips."""
    channel = 1 + max((shown.channel for shown in spec.visuals), default=0)
    return tuple(
        Plane(name, 0, channel, "", right - left, bottom - top, 0, spec.frames, 1.0, _still(spec, left, top))
        for name, (left, top, right, bottom) in bars(spec).items()
    )


def _still(spec: SceneSpec, x: int, y: int) -> tuple[Key, Key]:
    return Key(0, x, y), Key(spec.frames, x, y)


def lay(home: Any, spec: SceneSpec, name: str, strip: Any, place: Place) -> Any:
    """Make or update the strip of a bar at a place; the strip."""
    if strip is None:
        strip = compat.new_effect(home, name, "COLOR", place.channel, place.first, place.frames)
        strip.color, strip.blend_type = (0, 0, 0), "ALPHA_OVER"
    strip.channel = place.channel
    compat.place(strip, place.first, place.frames)
    crop = strip.crop
    left, top, right, bottom = bars(spec)[name]
    crop.min_x, crop.max_x = left, spec.width - right
    crop.min_y, crop.max_y = spec.height - bottom, top
    return strip
