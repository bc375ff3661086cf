"""ffmpeg as a process: frames in through a pipe, one sound laid under them, a video, a GIF or a sequence out.

What each format is stands in `shared/formats.py`; here it becomes arguments.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..shared.errors import ParallaxError
from ..shared.formats import AUDIO_ENCODERS, PALETTE, Export, fits_gif
from ..shared.scene import SceneSpec
from .ffmpeg import WORDS, ffmpeg


def audio_arguments(spec: SceneSpec, sound: Path | None) -> tuple[list[str], list[str]]:
    """Input arguments for the sound after one of pictures, and how it is encoded: exactly as long as the video."""
    if sound is None or spec.export.audio == "none":
        return [], []
    rate = [] if spec.export.audio == "pcm" else ["-b:a", f"{spec.export.audio_kbps}k"]
    return ["-i", str(sound)], ["-map", "1:a", "-c:a", AUDIO_ENCODERS[spec.export.audio], *rate]


def video_arguments(spec: SceneSpec) -> list[str]:
    """Encoder arguments as the scene asks for them, its colours tagged and converted as BT.709."""
    out, kind = spec.export, spec.export.kind
    if out.format == "gif":
        return [
            "-filter_complex",
            f"[0:v]fps={fits_gif(spec.fps):g},{PALETTE}[v]",
            "-map",
            "[v]",
            "-loop",
            "0",
        ]
    if kind.sequence:
        return ["-c:v", *kind.encoder, "-start_number", "1", "-f", "image2"]
    # set on the frames, not as encoder options: a filter's own answer would win over those
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    convert = ["-vf", f"scale=in_range=pc:out_range=tv:out_color_matrix=bt709,format={kind.pixels},{tags}"]
    return ["-c:v", *kind.encoder, *_rate(out), *convert]


def _rate(out: Export) -> list[str]:
    """Quality or bitrate, and key frames; ProRes has neither: each of its frames is one."""
    if out.kind.worst_crf is None:
        return []
    rate = ["-b:v", f"{out.bitrate_kbps}k"] if out.bitrate_kbps else ["-crf", str(out.crf)]
    constant = ["-b:v", "0"] if out.format == "webm" and not out.bitrate_kbps else []
    return [*rate, *constant, "-g", str(out.keyframe_group)]


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
    inputs, audio = audio_arguments(spec, sound)
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
            *video_arguments(spec),
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


def _failure(task: str, words: str) -> ParallaxError:
    """ffmpeg's last words, and what they point to."""
    words = words.strip()[-WORDS:] or "it ended without a word."
    hint = "Run: infinite-parallax doctor"
    if "No space left" in words:
        hint = "Free some disk space, then run the same command again."
    elif "Unknown encoder" in words:
        hint = "This ffmpeg was built without that codec: choose another output.format."
    return ParallaxError(f"ffmpeg could not {task}: {words}", hint)


BT601_TAGS = "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=6:video_full_range_flag=0"


def complete(video: Path, spec: SceneSpec, sound: Path | None, untagged: bool) -> None:
    """Give a video what its Blender could not, in place; the picture is copied, not encoded again.

    `sound` is to be laid under it. `untagged` says that it was converted as BT.601 without saying so, as Blender
    before 4.5 does: players take such a video for BT.709 and shift its hues. Only H.264 can be tagged afterwards.
    """
    inputs, audio = audio_arguments(spec, sound)
    tags = ["-bsf:v", BT601_TAGS] if untagged and spec.export.format == "h264" else []
    with moved_into_place(video) as part:
        command = [ffmpeg(), "-y", "-v", "error", "-i", str(video), *inputs, "-map", "0:v", "-c:v", "copy", *tags]
        command += [*(audio or ["-map", "0:a?", "-c:a", "copy"]), str(part)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise _failure(f"complete {video}", done.stderr)
