"""Export in two passes: frames that are mixed of several moments, and a GIF, which Blender cannot write.

The first pass renders every moment as a still, mixes those of a frame and keeps it as a lossless picture. The second
shows these pictures above everything on the same timeline, so that Blender encodes them with the timeline's own
sound; for a GIF ffmpeg reads them. The sequencer knows no moments between frames, so all keys are moved by a part of
a frame for each and put back. Building a second timeline at a multiple of the frame rate was the other road: what a
person has edited by hand would not be on it.
"""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..shared.errors import ParallaxError
from ..shared.ffmpeg_words import last_words
from ..shared.formats import PALETTE, Export, check_suffix, fits_gif, moment, unblended
from . import compat, export, preferences, server_environment, uncompressed
from .export import Progress

Picture = NDArray[np.uint8]
HELD = 4
"""Moments kept, since cross-fading needs each for three frames."""


def needed(wish: Export) -> bool:
    """Whether an export takes two passes."""
    return wish.blending != "none" or wish.format == "gif"


def write(
    scene: bpy.types.Scene,
    wish: Export,
    path: Path,
    progress: Progress = lambda frame, frames: None,  # noqa: ARG005
    part: range | None = None,
) -> None:
    """Export a scene, or the `part` of it with those frames counted from 0, into `path` in as many passes as it takes.

    It returns when the file is there. The pictures of a sequence are numbered as they are in the whole scene.
    """
    part = range(scene.frame_end - scene.frame_start + 1) if part is None else part
    if not needed(wish):
        with export.ranged(scene, part):
            export.render(scene, wish, path, progress, part.start + 1)
        return
    for done in work(scene, wish, path, part):
        progress(done - 1, len(part))


def work(scene: bpy.types.Scene, wish: Export, path: Path, part: range | None = None) -> Iterator[int]:
    """Export a scene or a part of it into `path`, a frame at each step: yields the number of frames that are mixed.

    At the ends of a part a frame is mixed with its neighbours outside. Closing it early leaves the scene as it was
    and no file.
    """
    check_suffix(path, wish)
    program = ffmpeg() if wish.format == "gif" else ""
    loop = bool(scene.get(export.LOOP, False))
    with export.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-frames-") as name:
        folder = Path(name)
        first, frames = scene.frame_start, scene.frame_end - scene.frame_start + 1
        part = range(frames) if part is None else part
        with _keys() as keys:
            shot = _Shots(scene, keys, folder / "moment.png")
            for done, n in enumerate(part, 1):
                picture = sum(
                    np.float32(share) * shot.at(first, moment(n, offset, frames, loop))
                    for offset, share in wish.weights()
                )
                uncompressed.write_tiff(folder / f"{done:06d}.tif", np.rint(picture).astype(np.uint8))
                yield done
        if program:
            _write_gif(program, scene, folder, path)
        else:
            with export.ranged(scene, part), _shown(scene, folder, len(part)):
                export.render(scene, unblended(wish), path, number=part.start + 1)


class _Keys:
    """Every key in the file, to be moved by a part of a frame; `move(0)` puts all of them back."""

    def __init__(self) -> None:
        self._saved = []
        for curve in (curve for action in bpy.data.actions for curve in compat.action_curves(action)):
            points = {}
            for prop in ("co", "handle_left", "handle_right"):
                values = np.empty(2 * len(curve.keyframe_points), np.float32)
                curve.keyframe_points.foreach_get(prop, values)
                points[prop] = values
            self._saved.append((curve, points))

    def move(self, frames: float) -> None:
        """Let every key lie `frames` before its place, so that a frame shows what would be so much later."""
        for curve, points in self._saved:
            for prop, values in points.items():
                moved = values.copy()
                moved[::2] -= np.float32(frames)
                curve.keyframe_points.foreach_set(prop, moved)
            # Blender before 4.5 shows what it has shown before until it is told
            curve.update()


@contextlib.contextmanager
def _keys() -> Iterator[_Keys]:
    keys = _Keys()
    try:
        yield keys
    finally:
        keys.move(0)


class _Shots:
    """Renders moments of a scene, and keeps the last few."""

    def __init__(self, scene: bpy.types.Scene, keys: _Keys, path: Path) -> None:
        self._scene, self._keys, self._path = scene, keys, path
        self._held: dict[float, Picture] = {}

    def at(self, first: int, when: float) -> Picture:
        """The picture at a moment counted from frame `first`: RGBA uint8 [h, w, 4]."""
        if when not in self._held:
            frame = int(when)
            self._keys.move(when - frame)
            export.still(self._scene, first + frame, self._path)
            while len(self._held) >= HELD:
                del self._held[next(iter(self._held))]
            self._held[when] = uncompressed.read_rgba(self._path)
        return self._held[when]


@contextlib.contextmanager
def _shown(scene: bpy.types.Scene, folder: Path, frames: int) -> Iterator[None]:
    """Pictures of a folder shown one after the other above all that is on the timeline."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = compat.strips(editor)
    channel = max((strip.channel for strip in strips), default=0) + 1
    files = sorted(folder.glob("*.tif"))
    strip = strips.new_image("frames", str(files[0]), channel, scene.frame_start, fit_method="ORIGINAL")
    for file in files[1:]:
        strip.elements.append(file.name)
    strip.blend_type = "REPLACE"
    compat.set_length(strip, frames)
    try:
        yield
    finally:
        compat.remove(editor, strip)


def ffmpeg(task: str = "A GIF is made") -> str:
    """The ffmpeg program: that of the package imageio-ffmpeg, the one on the PATH, or that of the installed server.

    A refusal says what the `task` was.
    """
    with contextlib.suppress(ImportError, RuntimeError):
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    found = shutil.which("ffmpeg") or server_environment.ffmpeg(preferences.environment_folder())
    if not found:
        raise ParallaxError(
            f"{task} by ffmpeg, which was not found.",
            "Install the server in the add-on's preferences, which brings it along, put ffmpeg on the PATH, "
            "or export otherwise.",
        )
    return found


def _write_gif(program: str, scene: Any, folder: Path, path: Path) -> None:
    fps = scene.render.fps / scene.render.fps_base
    part = path.with_name(f".{path.stem}.part.gif").resolve()
    source = ["-framerate", f"{fps:g}", "-start_number", "1", "-i", str(folder / "%06d.tif")]
    filters = ["-filter_complex", f"[0:v]fps={fits_gif(fps):g},{PALETTE}"]
    command = [program, "-y", "-v", "error", *source, *filters, "-loop", "0", str(part)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ParallaxError(
                f"ffmpeg could not write {path}: {last_words(done.stderr)}", "Is there room on the disk?"
            )
        with export.writing(path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
