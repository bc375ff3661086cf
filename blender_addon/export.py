"""Export as H.264 in MP4: settings for the render, progress frame by frame, everything put back afterwards.

The video is written under a temporary name and moved into place when it is whole, so that a render that is killed
leaves no half file where a finished one is looked for. Rendering from a copy of the scene would spare the putting
back, but a copied sequence editor shares its action with the first, and a person's own render settings would be lost.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import bpy

from ..shared.errors import ParallaxError, UsageError
from ..shared.scene import Export
from . import compat

QUALITIES = {"LOSSLESS": 0, "PERC_LOSSLESS": 17, "HIGH": 20, "MEDIUM": 23, "LOW": 26, "VERYLOW": 29, "LOWEST": 32}
"""The CRF behind each of Blender's named qualities (its `ffmpeg` header, eFFMpegCrf)."""

Progress = Callable[[int, int], None]
"""Told the frame just written, counted from 0, and the number of frames."""


def configure(scene: bpy.types.Scene, export: Export) -> None:
    """Set a scene's output to MP4 as the export asks."""
    compat.image_output(scene.render.image_settings, "FFMPEG")
    scene.render.image_settings.color_mode = "RGB"
    scene.render.use_file_extension = True
    scene.render.use_overwrite = True
    ffmpeg = scene.render.ffmpeg
    ffmpeg.format, ffmpeg.codec, ffmpeg.ffmpeg_preset = "MPEG4", "H264", "GOOD"
    ffmpeg.use_autosplit = False
    ffmpeg.use_max_b_frames = False
    ffmpeg.gopsize = _within(ffmpeg, "gopsize", export.keyframe_group)
    if export.bitrate_kbps is not None:
        ffmpeg.constant_rate_factor = "NONE"
        ffmpeg.video_bitrate, ffmpeg.minrate = export.bitrate_kbps, 0
        ffmpeg.maxrate, ffmpeg.buffersize = export.bitrate_kbps * 3 // 2, _within(ffmpeg, "buffersize", 2000)
    elif hasattr(ffmpeg, "custom_constant_rate_factor"):
        ffmpeg.constant_rate_factor, ffmpeg.custom_constant_rate_factor = "CUSTOM", export.crf
    else:
        ffmpeg.constant_rate_factor = quality(export.crf)
    ffmpeg.audio_codec = "AAC" if bpy.app.build_options.audaspace else "NONE"
    ffmpeg.audio_bitrate = _within(ffmpeg, "audio_bitrate", export.audio_kbps)
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


@contextlib.contextmanager
def restored(scene: bpy.types.Scene) -> Iterator[None]:
    """Whatever happens inside, a scene's output settings and its current frame are afterwards as they were."""
    render = scene.render
    saved = [
        *_values(render, ("filepath", "use_file_extension", "use_overwrite", "use_placeholder", "use_lock_interface")),
        # the media type decides which file formats there are, and the format which colour modes
        *_values(render.image_settings, ("media_type", "file_format", "color_mode", "color_depth")),
        *_values(render.ffmpeg, [p.identifier for p in render.ffmpeg.bl_rna.properties if not p.is_readonly]),
    ]
    frame = scene.frame_current
    try:
        yield
    finally:
        for struct, name, value in saved:
            setattr(struct, name, value)
        if scene.frame_current != frame:
            scene.frame_set(frame)


def _values(struct: Any, names: Any) -> list[tuple[Any, str, Any]]:
    """The present values of properties. An enum that was never set reads as '' and cannot be set to that again."""
    present = [(struct, name, getattr(struct, name)) for name in names if hasattr(struct, name)]
    return [(s, name, value) for s, name, value in present if value != "" or s.bl_rna.properties[name].type != "ENUM"]


class FrameCount:
    """Counts the frames that a render has written, while it is entered."""

    def __init__(self, scene: bpy.types.Scene, progress: Progress) -> None:
        self.written = 0
        self._first = scene.frame_start
        self._frames = scene.frame_end - scene.frame_start + 1
        self._progress = progress

    def _write(self, scene: bpy.types.Scene, *_: Any) -> None:
        self.written += 1
        self._progress(scene.frame_current - self._first, self._frames)

    @property
    def whole(self) -> bool:
        """Whether every frame has been written."""
        return self.written >= self._frames

    def __enter__(self) -> "FrameCount":
        # Blender holds the bound method; it is the same object only if it is kept
        self._handler = self._write
        bpy.app.handlers.render_write.append(self._handler)
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        bpy.app.handlers.render_write.remove(self._handler)


@contextlib.contextmanager
def into_place(scene: bpy.types.Scene, path: Path) -> Iterator[None]:
    """Point a scene's output at a temporary name beside `path`; moved there when the block ends well."""
    if path.suffix.lower() != ".mp4":
        raise UsageError(f"{path.name} is not an .mp4 file.", f"Name it {path.stem}.mp4.")
    part = path.with_name(f".{path.stem}.part.mp4").resolve()
    scene.render.filepath = str(part)
    try:
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        yield
        with _writing(path):
            part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Choose another folder.") from e


def render(scene: bpy.types.Scene, export: Export, path: Path, progress: Progress = lambda frame, frames: None) -> None:  # noqa: ARG005
    """Render a scene into the MP4 file `path` and return when it is there; the scene's settings stay as they were."""
    with restored(scene), into_place(scene, path), FrameCount(scene, progress) as count:
        configure(scene, export)
        try:
            bpy.ops.render.render(animation=True, scene=scene.name)
        except RuntimeError as e:
            raise ParallaxError(f"Blender could not render: {e}", "Is there room on the disk?") from e
        if not count.whole:
            raise ParallaxError(f"Blender wrote only {count.written} frames.", "Is there room on the disk?")


def still(scene: bpy.types.Scene, frame: int, path: Path) -> None:
    """Render one frame, counted as Blender counts, into a PNG file of 8 bits without loss."""
    with restored(scene):
        compat.image_output(scene.render.image_settings, "PNG")
        scene.render.image_settings.color_mode, scene.render.image_settings.color_depth = "RGB", "8"
        scene.render.use_file_extension = False
        scene.render.use_overwrite = True
        scene.render.filepath = str(path.resolve())
        scene.frame_set(frame)
        bpy.ops.render.render(write_still=True, scene=scene.name)
