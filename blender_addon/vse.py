"""The VSE builder: a scene spec becomes strips on a timeline, and nothing is decided here.

Frame n of the spec is Blender's frame n + 1, or as many later as a person has moved the strips. Building again finds
our strips by their tags (`timeline.py`) and updates them; names were the other road, but people rename strips, and
Blender itself appends numbers to names. What a person adds, strips, modifiers, muting, is left as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.scene import Key, Plane, SceneSpec
from . import (
    bars,
    centred,
    compat,
    grade_strips,
    overlay_strips,
    proxies,
    ramp_scene,
    sound_strips,
    timeline,
    uncompressed,
)
from .sound_strips import Piece
from .timeline import Place

KEPT = ("name", "mute", "lock", "color_tag", "blend_type", "blend_alpha")
"""What a person sets on a layer's strip, and goes over to a strip of another type that takes its place."""


@dataclass(frozen=True)
class _Site:
    """Where to build: `home` holds the strips, frame 0 of the spec is the timeline's frame `first`."""

    spec: SceneSpec
    home: Any
    folder: Path
    first: int

    def frames(self, plane: Plane) -> list[int]:
        """The timeline's frames of a plane's keys."""
        return [key.frame + self.first for key in plane.keys]


def build(
    scene: bpy.types.Scene, spec: SceneSpec, folder: Path, sounds: Sequence[Piece], first: int, drawn: Path
) -> int:
    """Lay a spec's planes, overlays, grades and sounds on a scene's timeline from frame `first` on, or bring them up to
    date there. The number of strips that are ours afterwards.

    Plates are taken from `folder`, the pictures of overlays are drawn into `drawn`.
    """
    editor = scene.sequence_editor or scene.sequence_editor_create()
    found = timeline.ours(editor)
    home, ours, before = found.home, found.strips, timeline.reach(found.home)
    masks = grade_strips.masks(spec)
    wanted = (
        {shown.name for shown in spec.visuals}
        | {piece.name for piece in sounds}
        | bars.bars(spec).keys()
        | masks.keys()
    )
    for name in ours.keys() - wanted:
        _remove(home, ours.pop(name))
    heard = max((piece.channel for piece in sounds), default=0)
    base = _free_channels(home, spec, ours, heard)
    top = base + _picture_channels(spec)
    _make_room(home, ours, top + heard)
    whole = {p.name: Place(base + p.channel, p.start + first, p.end - p.start) for p in spec.visuals}
    whole |= {p.name: Place(top + p.channel, p.start + first, p.end - p.start) for p in sounds}
    whole |= {name: Place(top - n, first, spec.frames) for n, name in enumerate((*bars.bars(spec), *masks))}
    shown = overlay_strips.where_put(ours, timeline.wanted(scene, ours, whole))
    _set_aside(home, ours, shown)
    site = _Site(spec, home, folder, first)
    masked = {}
    for name, grade in masks.items():
        strip = grade_strips.lay_mask(home, name, grade, ours.get(name), shown[name], first)
        masked[grade.number] = timeline.remember(strip, name, whole[name])
    for plane in spec.planes:
        strip = ours.get(plane.name)
        lay, by_hand = (_lay_ground if plane.bends else _lay_plane), {}
        if strip is not None and (strip.type == "SCENE") != plane.bends:
            by_hand = {name: getattr(strip, name) for name in KEPT}
            strip = _remove(home, strip)
        strip = lay(site, plane, strip, shown[plane.name])
        for name, value in by_hand.items():
            setattr(strip, name, value)
        _faded(site, strip, plane)
        grade_strips.put_on(strip, () if plane.bends else spec.grades_of(plane.layer), first, masked)
        timeline.remember(strip, plane.name, whole[plane.name])
    for grade in (grade for grade in spec.grades if grade.layer is None):
        strip = grade_strips.lay(home, grade, ours.get(grade.name), shown[grade.name], first, masked)
        timeline.remember(strip, grade.name, whole[grade.name])
    for sheet in spec.sheets:
        place = shown[sheet.name], whole[sheet.name].channel
        strip = overlay_strips.lay(home, spec, sheet, ours.get(sheet.name), *place, first, drawn)
        timeline.remember(strip, sheet.name, whole[sheet.name])
    for name in bars.bars(spec):
        timeline.remember(bars.lay(home, spec, name, ours.get(name), shown[name]), name, whole[name])
    for piece in sounds:
        strip = sound_strips.lay(home, piece, ours.get(piece.name), shown[piece.name], first)
        timeline.remember(strip, piece.name, whole[piece.name])
    timeline.cover_home(home, before)
    return len(wanted)


def _free_channels(home: Any, spec: SceneSpec, ours: dict[str, Any], sounds: int) -> int:
    """The channel below ours: where they lie already, else the first from which on all that are needed are free."""
    planes = {shown.name: shown for shown in spec.visuals}
    put = overlay_strips.put_elsewhere
    lie = [(s.channel, planes[name].channel) for name, s in ours.items() if name in planes and not put(s)]
    if lie:
        # the lowest of ours, not each against its number: the numbers change when covers or objects come
        return max(0, min(channel for channel, _ in lie) - min(number for _, number in lie))
    needed = _picture_channels(spec) + sounds
    taken = {strip.channel for strip in compat.strips(home)} - {strip.channel for strip in ours.values()}
    return next(b for b in range(len(taken) * needed + 1) if not taken & set(range(b + 1, b + 1 + needed)))


def _make_room(home: Any, ours: dict[str, Any], top: int) -> None:
    """Push what a person has laid above all of ours up, where ours need more channels than they did, `top` the last."""
    last = max((s.channel for s in ours.values() if not overlay_strips.put_elsewhere(s)), default=top)
    theirs = [strip for strip in compat.strips(home) if strip not in ours.values() and strip.channel > last]
    if any(strip.channel <= top for strip in theirs):
        for strip in sorted(theirs, key=lambda strip: strip.channel, reverse=True):
            strip.channel += top - last


def _picture_channels(spec: SceneSpec) -> int:
    """Channels of all that is seen and, above them, those of the bars and of masks."""
    above = len(bars.bars(spec)) + len(grade_strips.masks(spec))
    return max((shown.channel for shown in spec.visuals), default=0) + above


def _set_aside(home: Any, ours: dict[str, Any], places: dict[str, Place]) -> None:
    """Put our strips whose place changes one after the other behind everything, until each is laid where it belongs.

    Moved one by one, they would meet others of ours that are still where they were, and Blender puts a strip that
    overlaps another into a free channel, out of its order.
    """
    behind = max((compat.start(s) + compat.length(s) for s in compat.strips(home)), default=0)
    for name, strip in ours.items():
        if Place(strip.channel, compat.start(strip), compat.length(strip)) != places[name]:
            length = compat.length(strip)
            compat.place(strip, behind + 1, length)
            behind += length + 1


def _lay_plane(site: _Site, plane: Plane, strip: Any, place: Place) -> Any:
    """Make or update the image strip of a plane."""
    path = uncompressed.fast((site.folder / plane.file).resolve())
    if strip is None:
        strips = compat.strips(site.home)
        strip = strips.new_image(plane.name, str(path), place.channel, place.first, fit_method="ORIGINAL")
        strip.blend_type = "ALPHA_OVER"
    else:
        compat.set_image(strip, path)
        strip.channel = place.channel
    compat.place(strip, place.first, place.frames)
    if proxies.wanted(site.spec.proxies, plane):
        proxies.offer(strip, (site.folder / plane.file).resolve(), path)
    else:
        proxies.withdraw(strip)
    transform = strip.transform
    transform.scale_x = transform.scale_y = plane.scale
    transform.filter = "AUTO"
    ways = zip(*(offset(site.spec, plane, key) for key in plane.keys), strict=True)
    for prop, way in zip(("offset_x", "offset_y"), ways, strict=True):
        if min(way) == max(way):
            compat.set_still(transform, prop, way[0])
        else:
            compat.key_linear(transform, prop, list(zip(site.frames(plane), way, strict=True)))
    return strip


def _lay_ground(site: _Site, plane: Plane, strip: Any, place: Place) -> Any:
    """Make or update the scene strip of a plane that is no picture that slides."""
    scene = site.home.id_data
    shown = ramp_scene.build(scene, site.spec, plane, site.folder, site.first, strip and strip.scene)
    # the preview would otherwise draw meshes without their pictures
    scene.render.sequencer_gl_preview = "MATERIAL"
    if strip is None:
        strip = compat.strips(site.home).new_scene(plane.name, shown, place.channel, place.first)
        strip.blend_type = "ALPHA_OVER"
    else:
        strip.scene = shown
        strip.channel = place.channel
    compat.place(strip, place.first, place.frames, place.first - (plane.start + site.first))
    top, bottom = ramp_scene.visible_rows(site.spec, plane)
    frame = site.spec.width, site.spec.height
    _, strip.transform.offset_y = centred.offset(frame, (site.spec.width, bottom - top), 1, (0, top))
    strip.transform.filter = "AUTO"
    return strip


def _faded(site: _Site, strip: Any, plane: Plane) -> None:
    """Key a strip's opacity; where a plane does not fade, it is a person's to set."""
    if plane.fades:
        compat.key_linear(strip, "blend_alpha", list(zip(site.frames(plane), plane.opacity, strict=True)))


def _remove(home: Any, strip: Any) -> None:
    """Take one of our strips away, and the scene or the sound that was there for it."""
    shown = strip.scene if strip.type == "SCENE" else None
    sound = strip.sound if strip.type == "SOUND" else None
    grade_strips.take_mask_away(home, strip)
    compat.remove(home, strip)
    sound_strips.remove_unused(sound)
    if shown is not None:
        ramp_scene.remove(shown)


def offset(spec: SceneSpec, plane: Plane, key: Key) -> tuple[float, float]:
    """The offset of a plane's strip at a key, in px, y up."""
    return centred.offset((spec.width, spec.height), (plane.width, plane.height), plane.scale, (key.x, key.y))
