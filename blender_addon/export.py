"""Export: settings for the render, progress frame by frame, everything put back afterwards.

The video is written under a temporary name and moved into place when it is whole, so that a render that is killed
leaves no half file where a finished one is looked for. Rendering from a copy of the scene would spare the putting
back, but a copied sequence editor shares its action with the first, and a person's own render settings would be lost.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import bpy

from ..shared.errors import ParallaxError
from ..shared.formats import Export, check_suffix, numbered
from . import compat
from .output_settings import configure
from .timeline import TAG

LOOP = f"{TAG}_loop"
"""On a scene: whether the frame after the last is the first."""

Progress = Callable[[int, int], None]
"""Told the frame just written, counted from 0, and the number of frames."""


@contextlib.contextmanager
def restored(scene: bpy.types.Scene) -> Iterator[None]:
    """Whatever happens inside, a scene's output settings and its current frame are afterwards as they were."""
    render = scene.render
    saved = [
        *_values(render, ("filepath", "use_file_extension", "use_overwrite", "use_placeholder", "use_lock_interface")),
        # the media type decides which file formats there are, and the format which colour modes
        *_values(
            render.image_settings,
            ("media_type", "file_format", "color_mode", "color_depth", "compression", "exr_codec"),
        ),
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
def into_place(scene: bpy.types.Scene, wish: Export, path: Path, number: int = 1) -> Iterator[None]:
    """Point a scene's output into a temporary folder beside `path`; moved there when the block ends well.

    A sequence becomes `NAME_0001.png` and so on, counted from the first frame as `number`.
    """
    check_suffix(path, wish)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.stem}.part", dir=path.parent.resolve()))
    suffix = wish.kind.suffix
    scene.render.filepath = str(folder / (f"########{suffix}" if wish.kind.sequence else f"video{suffix}"))
    try:
        yield
        with writing(path):
            for n, file in enumerate(sorted(folder.iterdir()), number):
                file.replace(numbered(path, n) if wish.kind.sequence else path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system refuses about a file, as a sentence."""
    try:
        yield
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Choose another folder.") from e


@contextlib.contextmanager
def ranged(scene: bpy.types.Scene, part: range) -> Iterator[None]:
    """Inside, a scene is as long as a part of it, whose frames are counted from 0; afterwards as it was."""
    first, last = scene.frame_start, scene.frame_end
    # the start can never be behind the end, so the one that goes outwards is set first
    try:
        scene.frame_end = first + part.stop - 1
        scene.frame_start = first + part.start
        yield
    finally:
        scene.frame_start = first
        scene.frame_end = last


def render(
    scene: bpy.types.Scene,
    wish: Export,
    path: Path,
    progress: Progress = lambda frame, frames: None,  # noqa: ARG005
    number: int = 1,
) -> None:
    """Render a scene into the file `path`, or a sequence named after it, and return when it is there.

    Frames are not blended here; those of a sequence are counted from `number`. The scene's settings stay as they were.
    """
    with restored(scene), into_place(scene, wish, path, number), FrameCount(scene, progress) as count:
        configure(scene, wish)
        try:
            bpy.ops.render.render(animation=True, scene=scene.name)
        except RuntimeError as e:
            raise ParallaxError(
                f"Blender could not render: {e}", "Choose another output.format, or free some disk space."
            ) from e
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
