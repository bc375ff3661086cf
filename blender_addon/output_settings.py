"""The output settings of a scene: what `shared/formats.py` says, in this Blender's own words.

They are put on the scene when it is built, so that Blender's own render, `blender -b FILE -a`, writes what Export
Video writes; what a person changes there afterwards stays until the project's own output changes.
"""

import json
from dataclasses import asdict, replace
from typing import Any

import bpy

from ..shared.errors import ParallaxError
from ..shared.formats import FORMATS, Export, Format
from . import compat
from .timeline import TAG

BUILT = f"{TAG}_output"
"""On a scene: the export that its output settings were made for, as JSON."""
QUALITIES = {"LOSSLESS": 0, "PERC_LOSSLESS": 17, "HIGH": 20, "MEDIUM": 23, "LOW": 26, "VERYLOW": 29, "LOWEST": 32}
"""The CRF behind each of Blender's named qualities (its `ffmpeg` header, eFFMpegCrf)."""
UNTOUCHED = ("", "/tmp/", "/tmp\\", "//")
"""Where Blender writes to in a scene that nobody has named an output for."""


def settle(scene: bpy.types.Scene, wish: Export, name: str) -> tuple[str, ...]:
    """Put a project's export on a scene, its output beside the file as `name`; sentences on what is not so.

    Nothing is done where the same was put on it before.
    """
    built = json.dumps(asdict(wish))
    if scene.get(BUILT) == built:
        return ()
    notes = _unlike(wish)
    try:
        configure(scene, wish)
    except ParallaxError as e:
        notes = (f"{e.message} {e.hint}",)
    ours = {output_name(replace(wish, format=other), f"//{name}") for other in FORMATS}
    if scene.render.filepath in {*UNTOUCHED, *ours}:
        scene.render.filepath = output_name(wish, f"//{name}")
    scene[BUILT] = built
    return notes


def built_wish(scene: bpy.types.Scene) -> Export:
    """The export that a scene was built for. ParallaxError where nothing of ours was built."""
    try:
        return Export(**json.loads(scene[BUILT]))
    except (KeyError, ValueError, TypeError) as e:
        raise ParallaxError(
            f"The scene {scene.name} does not say how its video is written.", "Build it with this version first."
        ) from e


def output_name(wish: Export, stem: str) -> str:
    """A render's output path, with the place of the frame's number in the names of a sequence."""
    return f"{stem}_####{wish.kind.suffix}" if wish.kind.sequence else f"{stem}{wish.kind.suffix}"


def _unlike(wish: Export) -> tuple[str, ...]:
    """What Blender's own render does otherwise than Export Video."""
    notes = []
    if wish.blending != "none":
        notes.append("Frames are blended by Export Video only: the sequencer itself has no motion blur.")
    if wish.format == "gif":
        notes.append("Blender's own render writes PNG files: a GIF is made of them by Export Video.")
    return tuple(notes)


def configure(scene: bpy.types.Scene, wish: Export) -> None:
    """Set a scene's output as the export asks; ParallaxError, and nothing set, where this Blender cannot write it."""
    kind, image = wish.kind, scene.render.image_settings
    if not can_write(scene, kind):
        raise ParallaxError(
            f"This Blender cannot write {kind.title}.",
            "Choose another output.format, use Blender 4.5 or later, or infinite-parallax preview.",
        )
    compat.image_output(image, "FFMPEG" if kind.container else kind.codec or "PNG")
    image.color_mode = "RGB"
    scene.render.use_file_extension = True
    scene.render.use_overwrite = True
    scene.render.use_placeholder = False
    if kind.container:
        _configure_video(scene.render.ffmpeg, wish)
    elif kind.codec == "OPEN_EXR":
        image.color_depth, image.exr_codec = "16", "ZIP"
    else:
        image.color_depth, image.compression = "8", 15


def can_write(scene: bpy.types.Scene, kind: Format) -> bool:
    """Whether this Blender knows a format's codec; what it knows it may still refuse when it renders."""
    return not kind.container or kind.codec in scene.render.ffmpeg.bl_rna.properties["codec"].enum_items


def _configure_video(ffmpeg: Any, wish: Export) -> None:
    kind = wish.kind
    ffmpeg.format, ffmpeg.codec, ffmpeg.ffmpeg_preset = kind.container, kind.codec, "GOOD"
    ffmpeg.use_autosplit = False
    ffmpeg.use_max_b_frames = False
    ffmpeg.gopsize = _within(ffmpeg, "gopsize", wish.keyframe_group)
    if kind.codec == "PRORES":
        ffmpeg.ffmpeg_prores_profile = "422_HQ"
    if wish.bitrate_kbps is not None:
        ffmpeg.constant_rate_factor = "NONE"
        ffmpeg.video_bitrate, ffmpeg.minrate = wish.bitrate_kbps, 0
        ffmpeg.maxrate, ffmpeg.buffersize = wish.bitrate_kbps * 3 // 2, _within(ffmpeg, "buffersize", 2000)
    elif hasattr(ffmpeg, "custom_constant_rate_factor"):
        ffmpeg.constant_rate_factor = "CUSTOM"
        ffmpeg.custom_constant_rate_factor = _within(ffmpeg, "custom_constant_rate_factor", wish.crf)
    else:
        ffmpeg.constant_rate_factor = quality(wish.crf)
    configure_sound(ffmpeg, wish)


def configure_sound(ffmpeg: Any, wish: Export) -> None:
    """Set what becomes of a scene's sound: 48 kHz, stereo, as loud as it is."""
    ffmpeg.audio_codec = wish.audio.upper() if bpy.app.build_options.audaspace else "NONE"
    ffmpeg.audio_bitrate = _within(ffmpeg, "audio_bitrate", wish.audio_kbps)
    ffmpeg.audio_mixrate, ffmpeg.audio_channels, ffmpeg.audio_volume = 48000, "STEREO", 1.0


def quality(crf: int) -> str:
    """Blender's named quality that is nearest to a CRF. Only 0 is lossless: that stream plays in few players."""
    if crf == 0:
        return "LOSSLESS"
    lossy = {name: value for name, value in QUALITIES.items() if value}
    return min(lossy, key=lambda name: abs(lossy[name] - crf))


def _within(struct: Any, prop: str, value: int) -> int:
    """A value cut to what this Blender allows for a property."""
    limits = struct.bl_rna.properties[prop]
    return min(max(value, limits.hard_min), limits.hard_max)
