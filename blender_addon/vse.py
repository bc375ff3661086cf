"""The VSE builder: a scene spec becomes strips on a timeline, and nothing is decided here.

Frame n of the spec is Blender's frame n + 1. Every strip of ours carries a custom property that says which plane or
cue it shows, so that building again finds and updates it; names were the other road, but people rename strips, and
Blender itself appends numbers to names. What a person adds, strips, modifiers, muting, is left as it is.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..shared.errors import ParallaxError
from ..shared.scene import Key, Plane, SceneSpec
from . import compat, ramp_scene, sound_strips, uncompressed

TAG = "infinite_parallax"
FIRST_FRAME = 1


@dataclass(frozen=True)
class Built:
    """What a build made: how many strips are ours, whether the spec's sound is there, and sentences for a person."""

    strips: int
    sound: bool
    notes: tuple[str, ...]


def build(scene: bpy.types.Scene, spec: SceneSpec, plates_folder: Path, sounds_folder: Path) -> Built:
    """Build a spec in a scene's sequence editor, or bring what was built there before up to date.

    Raises ParallaxError when a plate or a sound file is missing, or Cycles for ground that recedes; the scene is then
    as it was.
    """
    _check_files(spec, plates_folder)
    if any(plane.slide for plane in spec.planes):
        ramp_scene.check()
    pieces, notes = sound_strips.pieces(spec, sounds_folder)
    set_output(scene, spec)
    set_colours(scene)
    editor = scene.sequence_editor or scene.sequence_editor_create()
    ours = _ours(editor)
    wanted = {plane.name for plane in spec.planes} | {piece.name for piece in pieces}
    for name in ours.keys() - wanted:
        _remove(editor, ours.pop(name))
    base = _free_channels(editor, spec, ours, max((piece.channel for piece in pieces), default=0))
    top = base + max((plane.channel for plane in spec.planes), default=0)
    places = {p.name: (base + p.channel, p.start + FIRST_FRAME, p.end - p.start) for p in spec.planes}
    places |= {p.name: (top + p.channel, p.start + FIRST_FRAME, p.end - p.start) for p in pieces}
    _set_aside(editor, ours, places)
    for plane in spec.planes:
        strip = ours.get(plane.name)
        if strip is not None and (strip.type == "SCENE") != (plane.slide is not None):
            strip = _remove(editor, strip)
        (_lay_plane if plane.slide is None else _lay_ground)(editor, spec, plane, strip, base, plates_folder)
    for piece in pieces:
        sound_strips.lay(editor, piece, ours.get(piece.name), top, TAG)
    return Built(len(wanted), not spec.cues or bool(pieces), notes)


def set_output(scene: bpy.types.Scene, spec: SceneSpec) -> None:
    """Size, frame rate and frame range."""
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = spec.width, spec.height, 100
    render.pixel_aspect_x = render.pixel_aspect_y = 1
    render.fps, render.fps_base = frame_rate(spec.fps)
    render.use_sequencer = True
    render.use_compositing = False
    render.use_border = False
    scene.frame_start, scene.frame_end, scene.frame_step = FIRST_FRAME, spec.frames, 1


def frame_rate(fps: float) -> tuple[int, float]:
    """Blender's whole `fps` and its divisor `fps_base`: 29.97 is 30 / 1.001001."""
    whole = max(1, round(fps))
    return whole, whole / fps


def set_colours(scene: bpy.types.Scene) -> None:
    """Colours come out as they went in: no film look, no exposure, no dither."""
    scene.display_settings.display_device = "sRGB"
    view = scene.view_settings
    view.view_transform, view.look, view.exposure, view.gamma = "Standard", "None", 0, 1
    view.use_curve_mapping = False
    scene.sequencer_colorspace_settings.name = "sRGB"
    scene.render.dither_intensity = 0


def _check_files(spec: SceneSpec, folder: Path) -> None:
    for plane in spec.planes:
        if not (folder / plane.file).is_file():
            raise ParallaxError(f"The plate {folder / plane.file} is missing.", "Fetch the plates again.")


def _ours(editor: Any) -> dict[str, Any]:
    """Our strips of an earlier build by their tag.

    A strip that a person duplicated carries the same tag twice; the copy becomes an ordinary strip of theirs.
    """
    found: dict[str, Any] = {}
    for strip in sorted(compat.strips(editor), key=lambda s: (s.channel, compat.start(s), s.name)):
        name = strip.get(TAG)
        if name in found:
            del strip[TAG]
        elif name is not None:
            found[name] = strip
    return found


def _free_channels(editor: Any, spec: SceneSpec, ours: dict[str, Any], sounds: int) -> int:
    """The channel below ours: where they lie already, else the first from which on all that are needed are free."""
    planes = {plane.name: plane for plane in spec.planes}
    lie = [(strip.channel, planes[name].channel) for name, strip in ours.items() if name in planes]
    if lie:
        # the lowest of ours, not each against its number: the numbers change when covers or objects come
        return max(0, min(channel for channel, _ in lie) - min(number for _, number in lie))
    needed = max((plane.channel for plane in spec.planes), default=0) + sounds
    taken = {strip.channel for strip in compat.strips(editor)}
    return next(b for b in range(len(taken) * needed + 1) if not taken & set(range(b + 1, b + 1 + needed)))


def _set_aside(editor: Any, ours: dict[str, Any], places: dict[str, tuple[int, int, int]]) -> None:
    """Put our strips whose place changes one after the other behind everything, until each is laid where it belongs.

    A place is a channel, a first frame and a length. Moved one by one, they would meet others of ours that are still
    where they were, and Blender puts a strip that overlaps another into a free channel, out of its order.
    """
    behind = max((compat.start(s) + compat.length(s) for s in compat.strips(editor)), default=0)
    for name, strip in ours.items():
        if (strip.channel, compat.start(strip), compat.length(strip)) != places[name]:
            length = compat.length(strip)
            compat.place(strip, behind + 1, length)
            behind += length + 1


def _lay_plane(editor: Any, spec: SceneSpec, plane: Plane, strip: Any, base: int, folder: Path) -> None:
    """Make or update the image strip of a plane."""
    path = uncompressed.fast((folder / plane.file).resolve())
    first = plane.start + FIRST_FRAME
    if strip is None:
        strip = compat.strips(editor).new_image(
            plane.name, str(path), base + plane.channel, first, fit_method="ORIGINAL"
        )
        strip[TAG] = plane.name
        strip.blend_type = "ALPHA_OVER"
    else:
        compat.set_image(strip, path)
        strip.channel = base + plane.channel
    compat.place(strip, first, plane.end - plane.start)
    transform = strip.transform
    transform.scale_x = transform.scale_y = plane.scale
    transform.filter = "AUTO"
    (xa, ya), (xb, yb) = (offset(spec, plane, key) for key in plane.keys)
    frames = [key.frame + FIRST_FRAME for key in plane.keys]
    for prop, at_a, at_b in (("offset_x", xa, xb), ("offset_y", ya, yb)):
        if at_a == at_b:
            compat.set_still(transform, prop, at_a)
        else:
            compat.key_linear(transform, prop, [(frames[0], at_a), (frames[1], at_b)])
    _fade(strip, plane)


def _lay_ground(editor: Any, spec: SceneSpec, plane: Plane, strip: Any, base: int, folder: Path) -> None:
    """Make or update the scene strip of a plane whose rows slide apart."""
    first = plane.start + FIRST_FRAME
    timeline, path = editor.id_data, (folder / plane.file).resolve()
    shown = ramp_scene.build(timeline, spec, plane, path, strip and strip.scene)
    # the preview would otherwise draw meshes without their pictures
    timeline.render.sequencer_gl_preview = "MATERIAL"
    if strip is None:
        strip = compat.strips(editor).new_scene(plane.name, shown, base + plane.channel, first)
        strip[TAG] = plane.name
        strip.blend_type = "ALPHA_OVER"
    else:
        strip.scene = shown
        strip.channel = base + plane.channel
    compat.place(strip, first, plane.end - plane.start)
    top, bottom = ramp_scene.visible_rows(spec, plane)
    # Blender centres it by whole px, cut towards zero, as in `offset`
    strip.transform.offset_y = spec.height - bottom - math.trunc((spec.height - (bottom - top)) / 2)
    strip.transform.filter = "AUTO"
    _fade(strip, plane)


def _fade(strip: Any, plane: Plane) -> None:
    """Key a strip's opacity; where a plane does not fade, it is a person's to set."""
    if plane.opacity != (1.0, 1.0):
        frames = [key.frame + FIRST_FRAME for key in plane.keys]
        compat.key_linear(strip, "blend_alpha", list(zip(frames, plane.opacity, strict=True)))


def _remove(editor: Any, strip: Any) -> None:
    """Take one of our strips away, and the scene that was made for it."""
    shown = strip.scene if strip.type == "SCENE" else None
    compat.remove(editor, strip)
    if shown is not None:
        ramp_scene.remove(shown)


def offset(spec: SceneSpec, plane: Plane, key: Key) -> tuple[float, float]:
    """The strip's offset from the centre of the frame, in px, y up, that puts the tile's corner at the key.

    Blender centres a picture by whole px, (frame - picture) / 2 cut towards zero, and scales it about its own centre
    (`sequencer_image_crop_transform_matrix` in its render.cc), so an odd difference would otherwise be half a px off.
    """
    bottom = spec.height - key.y - plane.height * plane.scale
    x, y = (
        at - math.trunc((frame - size) / 2) - size * (1 - plane.scale) / 2
        for at, frame, size in ((key.x, spec.width, plane.width), (bottom, spec.height, plane.height))
    )
    return x, y
