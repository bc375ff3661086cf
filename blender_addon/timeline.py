"""What of a scene's timeline is ours: our strips, wherever they lie, and the frame on which the journey begins.

Every strip of ours carries a custom property that says what it shows, and another that says where it was laid. A
person moves the whole as they move any strips, all at once, or puts them into a meta strip. Blender moves a strip's
keys along with it and leaves them where they are when it is trimmed, so the keys tell the one from the other, and what
most of ours have been moved by is what the whole was moved by. A frame number in the panel was the other road: it
would be one more thing to keep in step by hand.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from . import compat

TAG = "infinite_parallax"
LAID = f"{TAG}_laid"
"""On a strip: where it was laid, [first frame, frames]."""
FIRST = f"{TAG}_first"
"""On a scene: the frame on which the journey begins."""
FIRST_FRAME = 1


@dataclass(frozen=True)
class Place:
    """Where a strip is to lie: its channel, the first frame on which it is on show, and how many they are."""

    channel: int
    first: int
    frames: int


@dataclass(frozen=True)
class Ours:
    """Our strips by their tags, all in one `home`: the sequence editor itself or one meta strip in it."""

    home: Any
    strips: dict[str, Any]


def ours(editor: Any) -> Ours:
    """Our strips of an earlier build, in the place where most of them lie.

    A strip that a person duplicated carries the same tag twice; the copy becomes an ordinary strip of theirs, as does
    one that lies elsewhere than the others.
    """
    places = [editor, *(strip for strip in compat.all_strips(editor) if strip.type == "META")]
    tagged = [[strip for strip in compat.strips(place) if TAG in strip] for place in places]
    home = max(range(len(places)), key=lambda i: len(tagged[i]))
    found: dict[str, Any] = {}
    for i, here in enumerate(tagged):
        for strip in sorted(here, key=lambda s: (s.channel, compat.start(s), s.name)):
            if strip[TAG] in found or i != home:
                del strip[TAG]
            else:
                found[strip[TAG]] = strip
    return Ours(places[home], found)


def mine(scene: Any) -> list[Any]:
    """All strips of ours in a scene, in meta strips too; none without a sequence editor."""
    editor = scene.sequence_editor
    return [] if editor is None else [strip for strip in compat.all_strips(editor) if TAG in strip]


def first_frame(scene: Any) -> int:
    """The frame on which a scene's journey begins, where a person has moved it."""
    return int(scene.get(FIRST, FIRST_FRAME)) + _shift(scene)


def _shift(scene: Any) -> int:
    """By how many frames most of our strips have been moved since they were laid.

    Those that tell it surely outweigh all others: a still picture that was trimmed looks like one that was moved.
    """
    strips = [strip for strip in mine(scene) if LAID in strip]
    keyed = {curve.data_path: curve for curve in compat.curves(scene)}
    surely = [moved for strip in strips if (moved := _moved(strip, keyed)) is not None]
    found = surely or [compat.start(strip) - int(strip[LAID][0]) for strip in strips]
    return Counter(found).most_common(1)[0][0] if found else 0


def _moved(strip: Any, keyed: dict[str, Any]) -> int | None:
    """By how many frames a strip has been moved, trimmed or not: its keys, or what it shows; None without either."""
    structs = [(strip, "blend_alpha"), (strip, "volume")]
    if hasattr(strip, "transform"):
        structs += [(strip.transform, "offset_x"), (strip.transform, "offset_y")]
    for struct, prop in structs:
        curve = keyed.get(struct.path_from_id(prop)) if hasattr(struct, prop) else None
        if curve is not None and curve.keyframe_points:
            return round(curve.keyframe_points[0].co[0]) - int(strip[LAID][0])
    return compat.content_start(strip) - int(strip[LAID][0]) if strip.type == "SCENE" else None


def remember(strip: Any, name: str, place: Place) -> Any:
    """Write on a strip of ours what it shows, and where it was laid; the strip."""
    strip[TAG], strip[LAID] = name, [place.first, place.frames]
    return strip


def wanted(scene: Any, strips: dict[str, Any], places: dict[str, Place]) -> dict[str, Place]:
    """Places, by name, with those that a person has trimmed left as they are, if they would be laid the same again."""
    keyed, shift, out = {curve.data_path: curve for curve in compat.curves(scene)}, _shift(scene), dict(places)
    for name, strip in strips.items():
        if LAID not in strip or name not in places:
            continue
        laid, frames = (int(v) for v in strip[LAID])
        place, now = places[name], (compat.start(strip), compat.length(strip))
        same = (laid + shift, frames) == (place.first, place.frames) and _moved(strip, keyed) in (None, shift)
        if same and place.first <= now[0] and now[0] + now[1] <= place.first + place.frames:
            out[name] = Place(place.channel, *now)
    return out


def cover_home(home: Any, before: tuple[int, int] | None) -> None:
    """Let a meta strip that showed all of what it holds, `before` a build, show all of it again."""
    inside = reach(home)
    if before is None or inside is None or not hasattr(home, "type"):
        return
    if compat.start(home) <= before[0] and compat.start(home) + compat.length(home) >= before[1]:
        compat.set_handles(home, *inside)


def reach(home: Any) -> tuple[int, int] | None:
    """First frame of the strips in a place and the one after their last; None if there are none."""
    held = [(compat.start(strip), compat.start(strip) + compat.length(strip)) for strip in compat.strips(home)]
    return (min(a for a, _ in held), max(b for _, b in held)) if held else None
