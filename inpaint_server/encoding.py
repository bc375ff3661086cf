"""ffmpeg as a process: frames in through a pipe, one sound laid under them, a video, a GIF or a sequence out.

What each format is stands in `shared/formats.py`; `shared/encoder_arguments.py` makes arguments of it.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..shared.encoder_arguments import audio_arguments, video_arguments
from ..shared.errors import ParallaxError
from ..shared.ffmpeg_words import last_words
from ..shared.scene import SceneSpec
from .ffmpeg import ffmpeg


@contextlib.contextmanager
def moved_into_place(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, moved there when the block ends well and removed when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def encode(spec: SceneSpec, frames: Iterator[NDArray[np.uint8]], sound: Path | None, path: Path) -> None:
    """Encode frames, RGB uint8 [height, width, 3], with a sound under them, into `path`; for a sequence into
    `path` numbered from 1."""
    kind = spec.export.kind
    layout = kind.pixels if spec.export.format == "exr" else "rgb24"
    size = f"{spec.width}x{spec.height}"
    source = ["-f", "rawvideo", "-pix_fmt", layout, "-s", size, "-r", f"{spec.fps:g}", "-i", "pipe:0"]
    inputs, audio = audio_arguments(spec.export, sound)
    faststart = ["-movflags", "+faststart"] if kind.suffix in (".mp4", ".mov") else []
    picture = [] if spec.export.format == "gif" else ["-map", "0:v"]
    values = map(linear_planes, frames) if spec.export.format == "exr" else frames
    with sequence_into_place(path) if kind.sequence else moved_into_place(path) as part:
        command = [
            ffmpeg(),
            "-y",
            "-v",
            "error",
            *source,
            *inputs,
            *picture,
            *video_arguments(spec.export, spec.fps),
            *audio,
            *faststart,
        ]
        command += [*([] if spec.export.format == "gif" else ["-frames:v", str(spec.frames)]), str(part)]
        # a file for its words: a pipe that nobody reads while frames are written would fill and stop both
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as process:
                whole = _feed(process, values)
            if process.returncode != 0 or not whole:
                said.seek(0)
                raise _failure(f"write {path}", said.read().decode(errors="replace"))


def linear_planes(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A frame in linear light, as EXR keeps it: float32 [3, height, width], planes in the order G, B, R.

    IEC 61966-2-1, section 5.2.
    """
    values = np.arange(256) / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return light[np.moveaxis(frame, 2, 0)[[1, 2, 0]]]


@contextlib.contextmanager
def sequence_into_place(path: Path) -> Iterator[Path]:
    """A pattern of temporary names for a sequence, each moved to its name when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}.part", dir=path.parent) as folder:
        yield Path(folder.replace("%", "%%")) / f"%04d{path.suffix}"
        for file in sorted(Path(folder).iterdir()):
            file.replace(path.with_name(f"{path.stem}_{file.name}"))


def _feed(process: subprocess.Popen[bytes], frames: Iterator[Any]) -> bool:
    """Write the frames into a process; False if it ended before it had them all."""
    assert process.stdin is not None
    pipe = process.stdin
    try:
        return all(_written(pipe, frame) for frame in frames)
    finally:
        # what is left in the buffer of a broken pipe cannot be written; the pipe is closed all the same
        with contextlib.suppress(OSError):
            pipe.close()


def _written(pipe: IO[bytes], frame: Any) -> bool:
    try:
        pipe.write(np.ascontiguousarray(frame).data.cast("B"))
        pipe.flush()
    except OSError:  # a broken pipe; Windows calls it an invalid argument
        return False
    return True


def _failure(task: str, said: str) -> ParallaxError:
    """ffmpeg's last words, and what they point to."""
    hint = "Run: infinite-parallax doctor"
    if "No space left" in said:
        hint = "Free some disk space, then run the same command again."
    elif "Unknown encoder" in said:
        hint = "This ffmpeg was built without that codec: choose another output.format."
    return ParallaxError(f"ffmpeg could not {task}: {last_words(said)}", hint)
