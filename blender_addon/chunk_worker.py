"""One of several Blenders that render a video together: opens the scene once, then renders what its stdin asks for.

Each line of stdin is a job as JSON: `{"start", "stop", "path"}` renders these frames, counted from 0, without sound;
`{"sound"}` mixes the sound of the whole into a WAV. The end of stdin is the end. It answers `ready` when the file is
open, `frame` for each frame, `done` for each job (`shared/chunks/crew.py` reads them).
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import bpy

from ..shared.chunks.ranges import of_chunk
from ..shared.formats import Export
from . import compat, export, output_settings, passes

Say = Callable[..., None]


def serve(scene: bpy.types.Scene, wish: Export, lines: IO[str], say: Say) -> None:
    """Do what `lines` ask for until they end."""
    say("ready", **about(scene))
    for line in lines:
        do(scene, wish, json.loads(line), say)
        say("done")


def do(scene: bpy.types.Scene, wish: Export, job: dict[str, Any], say: Say) -> None:
    """Do one job."""
    if "sound" in job:
        mixdown(scene, wish, Path(job["sound"]))
        return
    part = range(job["start"], job["stop"])
    passes.write(scene, of_chunk(wish), Path(job["path"]), lambda n, of: say("frame", frame=n, frames=of), part)


def mixdown(scene: bpy.types.Scene, wish: Export, path: Path) -> None:
    """Mix the sound of a scene's whole length into the WAV file `path`: floats, 48 kHz, stereo."""
    part = path.with_name(f".{path.stem}.part.wav")
    with export.restored(scene), export.writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        output_settings.configure_sound(scene.render.ffmpeg, wish)
        with bpy.context.temp_override(scene=scene, **compat.in_sequencer(scene)):
            bpy.ops.sound.mixdown(
                filepath=str(part.resolve()), check_existing=False, container="WAV", codec="PCM", format="F32"
            )
        try:
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def about(scene: bpy.types.Scene) -> dict[str, Any]:
    """What the other side has to know of the opened scene."""
    render = scene.render
    share = render.resolution_percentage / 100
    return {
        "version": list(bpy.app.version),
        "build": f"{bpy.app.version_string} {bpy.app.build_hash.decode()}",
        "first": scene.frame_start,
        "frames": scene.frame_end - scene.frame_start + 1,
        "fps": rate(render),
        "width": round(render.resolution_x * share),
        "height": round(render.resolution_y * share),
        "sound": bool(bpy.app.build_options.audaspace),
        "memory": memory(),
        "files": sorted({str(path) for path in files()}),
    }


def rate(render: Any) -> list[int]:
    """Frames per second as a fraction."""
    # fps_base is a float of 32 bits; 1.001 is meant where it says 1.00100004
    base = round(render.fps_base * 100000)
    return [render.fps * 100000, base]


def files() -> Iterator[Path]:
    """The files that the open one shows or plays; of a picture that is one of a sequence all beside it."""
    sequences = {bpy.path.abspath(image.filepath) for image in bpy.data.images if image.source in ("SEQUENCE", "TILED")}
    for name in bpy.utils.blend_paths(absolute=True):
        path = Path(os.path.abspath(name))
        if name in sequences:
            yield from (beside for beside in path.parent.glob(f"*{path.suffix}") if beside.is_file())
        elif path.is_file():
            yield path


def memory() -> int:
    """Bytes of memory that this Blender takes; a guess where the system does not say (Linux does)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):
        return 600_000_000
    return pages * os.sysconf("SC_PAGE_SIZE")
