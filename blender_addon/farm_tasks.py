"""What a render farm has a Blender do: some frames of a scene as pictures, or its sound.

A farm may run a task twice, stop it anywhere, or give it to another machine, so a picture that is there and whole is
never rendered again, and none is seen under its name before it is whole. Blender's own `--render-frames` with
`use_overwrite` off was the other road: a picture that was cut short counts as there, and nothing blends frames.
"""

from pathlib import Path

import bpy

from ..shared.chunks import pictures
from ..shared.chunks.ranges import as_pictures, runs
from ..shared.chunks.store import FRAME, whole_picture
from ..shared.errors import UsageError
from ..shared.formats import Export, numbered
from . import chunk_worker, output_settings, passes
from .export import Progress


def frames(scene: bpy.types.Scene, first: int, last: int, folder: Path, progress: Progress) -> None:
    """Render the frames `first` to `last`, numbered as Blender does, into `folder`, those that are not there yet."""
    start, stop, number = first - scene.frame_start, last - scene.frame_start + 1, _length(scene)
    if not 0 <= start < stop <= number:
        raise UsageError(
            f"The frames {first} to {last} are not all within {scene.frame_start} to {scene.frame_end}.",
            "Give a range of the scene's own frames.",
        )
    wish = output_settings.built_wish(scene)
    pictures.write_about(folder, _about(scene, wish, number))
    shown = as_pictures(wish)
    path = folder / f"{FRAME}{shown.kind.suffix}"
    for part in runs(n for n in range(start, stop) if not whole_picture(numbered(path, n + 1))):
        passes.write(scene, shown, path, progress, part)


def sound(scene: bpy.types.Scene, path: Path) -> None:
    """Mix the sound of a scene into a WAV file; in a Blender without sound there will be none."""
    if bpy.app.build_options.audaspace:
        chunk_worker.mixdown(scene, output_settings.built_wish(scene), path)


def _about(scene: bpy.types.Scene, wish: Export, number: int) -> pictures.About:
    return pictures.About(wish, number, tuple(chunk_worker.rate(scene.render)), int(scene.frame_start))


def _length(scene: bpy.types.Scene) -> int:
    return int(scene.frame_end - scene.frame_start + 1)
