"""ffmpeg as a process: frames in through a pipe, sounds laid under them, one MP4 out.

Under a loop the sound meets itself: ambience is made as long as a whole part of the video, and a file that goes on
after the end of the video is faded over its own beginning.

The binary comes with the package imageio-ffmpeg, so nothing has to be installed on the system. Bindings to its
libraries were the other road; they would have tied this project's Python to one build of them.
"""

import contextlib
import subprocess
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from ..shared.ambience import CROSSFADE_S, RATE, REPEATED_S, ambience, divisor, write_wav
from ..shared.errors import ParallaxError
from ..shared.scene import Cue, SceneSpec

WORDS = 400
"""Characters of ffmpeg's last words that a refusal repeats."""


@dataclass(frozen=True)
class Sound:
    """A sound file to lay under the video: `loop` repeats it to the end; what follows `length_s` is faded over the
    beginning during `crossfade_s`."""

    path: Path
    volume: float
    loop: bool
    fade_s: float
    length_s: float
    crossfade_s: float = 0.0


def sounds(spec: SceneSpec, folder: Path) -> list[Sound]:
    """The sound files of a scene's cues; ambient ones are made in `folder`."""
    return [_sound(cue, spec, folder) for cue in spec.cues]


def _sound(cue: Cue, spec: SceneSpec, folder: Path) -> Sound:
    length_s = (cue.end - cue.start) / spec.fps
    fade_s = cue.fade_frames / spec.fps
    if cue.file:
        path = Path(cue.file)
        if not path.is_file():
            raise ParallaxError(f"There is no sound file at {path}.", "Check sound.file in the project.")
        if spec.loop:
            return _meeting_itself(path, cue.volume, length_s, folder)
        return Sound(path, cue.volume, False, fade_s, length_s)
    path = folder / f"{cue.ambience}.wav"
    repeated_s = divisor(cue.end - cue.start, spec.fps) / spec.fps if spec.loop else REPEATED_S
    write_wav(path, ambience(cue.ambience, repeated_s, RATE), RATE)
    return Sound(path, cue.volume, True, fade_s, length_s)


def _meeting_itself(path: Path, volume: float, length_s: float, folder: Path) -> Sound:
    """A file of the user's own under a loop. It is decoded first: only so is it known to the sample how long it is.

    A shorter file than the loop is laid once, as it begins and ends by itself.
    """
    decoded = folder / "own.wav"
    wanted = ["-t", f"{length_s + CROSSFADE_S:.6f}", "-ar", str(RATE), "-ac", "2", "-c:a", "pcm_s16le"]
    command = [ffmpeg(), "-y", "-v", "error", "-i", str(path), "-vn", *wanted, str(decoded)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _failure("read the sound", done.stderr or str(path), [Sound(path, volume, False, 0, length_s)])
    with wave.open(str(decoded)) as file:
        beyond_s = file.getnframes() / file.getframerate() - length_s
    return Sound(decoded, volume, False, 0, length_s, max(0.0, min(beyond_s, CROSSFADE_S, length_s / 2)))


def ffmpeg() -> str:
    """The path of the ffmpeg program."""
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as e:
        raise ParallaxError(f"ffmpeg was not found: {e}", "Run: pip install imageio-ffmpeg") from e


def audio_arguments(
    found: Sequence[Sound], first_input: int, whole_s: float | None = None
) -> tuple[list[str], list[str]]:
    """Input arguments for the sounds, and the filter that mixes them to one stream called [a].

    The stream has no end, or lasts exactly `whole_s`.
    """
    inputs: list[str] = []
    parts: list[str] = []
    for i, sound in enumerate(found):
        inputs += [*(["-stream_loop", "-1"] if sound.loop else []), "-i", str(sound.path)]
        parts.append(f"[{first_input + i}:a]{_laid(sound, i)}apad[s{i}]")
    mixed = "".join(f"[s{i}]" for i in range(len(found)))
    cut = "" if whole_s is None else f",atrim=0:{whole_s:.6f}"
    parts.append(f"{mixed}amix=inputs={len(found)}:normalize=0{cut}[a]")
    return inputs, ["-filter_complex", ";".join(parts)]


def _audio(spec: SceneSpec, found: Sequence[Sound]) -> tuple[list[str], list[str], list[str]]:
    """Input arguments for the sounds after one of pictures, the filter that mixes them, and how they are encoded.

    Where the sound ends with the shortest stream, it may lack the last packet; that of a loop has to be whole.
    """
    if not found:
        return [], [], []
    inputs, mixing = audio_arguments(found, 1, spec.frames / spec.fps if spec.loop else None)
    coding = ["-map", "[a]", "-c:a", "aac", "-b:a", f"{spec.export.audio_kbps}k"]
    return inputs, mixing, coding if spec.loop else [*coding, "-shortest"]


def _laid(sound: Sound, number: int) -> str:
    """The filters that cut a sound to its length and fade it."""
    length, fade, over = sound.length_s, sound.fade_s, sound.crossfade_s
    if over:
        # quarter sines: their squares sum to 1, so that the loudness stays
        head, tail, rise, fall = (f"[{name}{number}]" for name in ("head", "tail", "rise", "fall"))
        return (
            f"volume={sound.volume:g},asplit{head}{tail};"
            f"{head}atrim=0:{length:.6f},afade=t=in:d={over:.6f}:curve=qsin{rise};"
            f"{tail}atrim={length:.6f}:{length + over:.6f},asetpts=PTS-STARTPTS,"
            f"afade=t=out:d={over:.6f}:curve=qsin{fall};{rise}{fall}amix=inputs=2:normalize=0,"
        )
    end = max(0.0, length - fade)
    # ffmpeg takes a fade of no length for one of a second
    fades = f"afade=t=in:d={fade:.6f},afade=t=out:st={end:.6f}:d={fade:.6f}," if fade else ""
    return f"atrim=0:{length:.6f},volume={sound.volume:g},{fades}"


def video_arguments(spec: SceneSpec) -> list[str]:
    """Encoder arguments for H.264 as the scene asks for it, tagged and converted as BT.709."""
    out = spec.export
    rate = ["-b:v", f"{out.bitrate_kbps}k"] if out.bitrate_kbps else ["-crf", str(out.crf)]
    # set on the frames, not as encoder options: a filter's own answer would win over those
    tags = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    convert = ["-vf", f"scale=in_range=pc:out_range=tv:out_color_matrix=bt709,format=yuv420p,{tags}"]
    group = ["-g", str(out.keyframe_group)]
    return ["-c:v", "libx264", "-preset", "medium", *rate, *group, *convert]


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


def encode(spec: SceneSpec, frames: Iterator[NDArray[np.uint8]], found: Sequence[Sound], path: Path) -> None:
    """Encode frames, RGB uint8 [height, width, 3], with sounds under them, into `path`."""
    size = f"{spec.width}x{spec.height}"
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"{spec.fps:g}", "-i", "pipe:0"]
    inputs, mixing, sound = _audio(spec, found)
    with moved_into_place(path) as part:
        command = [ffmpeg(), "-y", "-v", "error", *source, *inputs, *mixing, "-map", "0:v", *sound]
        command += [*video_arguments(spec), "-movflags", "+faststart", "-frames:v", str(spec.frames), str(part)]
        # a file for its words: a pipe that nobody reads while frames are written would fill and stop both
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as process:
                whole = _feed(process, frames)
            if process.returncode != 0 or not whole:
                said.seek(0)
                raise _failure(f"write {path}", said.read().decode(errors="replace"), found)


def _feed(process: subprocess.Popen[bytes], frames: Iterator[NDArray[np.uint8]]) -> bool:
    """Write the frames into a process; False if it ended before it had them all."""
    assert process.stdin is not None
    pipe = process.stdin
    try:
        return all(_written(pipe, frame) for frame in frames)
    finally:
        # what is left in the buffer of a broken pipe cannot be written; the pipe is closed all the same
        with contextlib.suppress(OSError):
            pipe.close()


def _written(pipe: IO[bytes], frame: NDArray[np.uint8]) -> bool:
    try:
        pipe.write(memoryview(np.ascontiguousarray(frame)).cast("B"))
        pipe.flush()
    except OSError:  # a broken pipe; Windows calls it an invalid argument
        return False
    return True


def _failure(task: str, words: str, found: Sequence[Sound]) -> ParallaxError:
    """ffmpeg's last words, and what they point to."""
    words = words.strip()[-WORDS:] or "it ended without a word."
    hint = "Run: infinite-parallax doctor"
    if "No space left" in words:
        hint = "Free some disk space, then run the same command again."
    elif any(str(sound.path) in words for sound in found):
        hint = "Check the sound file: --sound, or sound.file in the project."
    return ParallaxError(f"ffmpeg could not {task}: {words}", hint)


BT601_TAGS = "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=6:video_full_range_flag=0"


def complete(video: Path, spec: SceneSpec, found: Sequence[Sound], untagged: bool) -> None:
    """Give a video what its Blender could not, in place; the picture is copied, not encoded again.

    `found` are sounds to lay under it. `untagged` says that it was converted as BT.601 without saying so, as Blender
    before 4.5 does: players take such a video for BT.709 and shift its hues.
    """
    inputs, mixing, audio = _audio(spec, found)
    tags = ["-bsf:v", BT601_TAGS] if untagged else []
    with moved_into_place(video) as part:
        command = [
            ffmpeg(),
            "-y",
            "-v",
            "error",
            "-i",
            str(video),
            *inputs,
            *mixing,
            "-map",
            "0:v",
            "-c:v",
            "copy",
            *tags,
        ]
        command += [*(audio or ["-map", "0:a?", "-c:a", "copy"]), str(part)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise _failure(f"complete {video}", done.stderr, found)
