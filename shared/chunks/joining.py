"""Chunks into one file: videos laid end to end as they are, pictures numbered on or encoded once, the sound under them.

Every chunk begins with a key frame and refers to nothing outside itself, so ffmpeg copies the packets and only moves
their time. The sound is one piece for the whole video and is encoded here, once: cut and joined, each joint of AAC or
Opus would click.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..ambience import RATE
from ..encoder_arguments import audio_arguments, video_arguments
from ..errors import ParallaxError
from ..ffmpeg_words import last_words
from ..formats import Export, numbered
from .ranges import in_pictures
from .store import FRAME, Store, frames_in, whole_picture

IN_ORDER = ("h264", "h265")
"""Encoded without frames that refer to later ones, as Blender does: how many of them a piece begins with would shift
the packets of the next."""
Place = Callable[[Path, Path], object]
BT601_TAGS = "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=6:video_full_range_flag=0"
"""For H.264 of a Blender before 4.5, which converts as BT.601 and does not say so."""


@dataclass(frozen=True)
class Joined:
    """What is made: `frames` frames at `fps` into `path`, `sound` under them; `untagged` as for BT601_TAGS.

    The first of them is frame `start`, counted from 0.
    """

    path: Path
    wish: Export
    frames: int
    fps: Fraction
    sound: Path | None = None
    untagged: bool = False
    start: int = 0


def join(store: Store, chunks: Sequence[range], made: Joined) -> None:
    """Join what a store holds. ParallaxError if frames are missing before or after."""
    if not in_pictures(store.wish):
        join_videos(store.ffmpeg, [store.path(chunk) for chunk in chunks], [len(chunk) for chunk in chunks], made)
    else:
        join_pictures(store.ffmpeg, store.path(chunks[0]).parent, made)


def join_videos(ffmpeg: str, videos: Sequence[Path], lengths: Sequence[int], made: Joined) -> None:
    """Lay videos of so many frames end to end; no picture is encoded again."""
    # the exact length of each, since a container rounds its own
    entries = [
        f"file {_quoted(path.resolve())}\nduration {float(n / made.fps):.9f}"
        for path, n in zip(videos, lengths, strict=True)
    ]
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-join-") as folder:
        list_file = Path(folder) / "chunks.ffconcat"
        list_file.write_text("\n".join(["ffconcat version 1.0", *entries]) + "\n", encoding="utf-8")
        tags = ["-bsf:v", BT601_TAGS] if made.untagged and made.wish.format == "h264" else []
        source = ["-f", "concat", "-safe", "0", "-i", str(list_file)]
        _write(ffmpeg, source, ["-map", "0:v", "-c:v", "copy", *tags], made)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", r"'\''") + "'"


def join_pictures(ffmpeg: str, folder: Path, made: Joined, place: Place = os.replace) -> None:
    """Give the pictures `frame_0001` and so on the names of a sequence, or encode them as the video `made` is.

    `place` moves or copies a file to its name.
    """
    kind = made.wish.kind
    suffix = kind.suffix if kind.sequence else ".png"
    numbers = range(made.start + 1, made.start + made.frames + 1)
    files = {number: numbered(folder / f"{FRAME}{suffix}", number) for number in numbers}
    lacking = [number for number, file in files.items() if not whole_picture(file)]
    if lacking:
        raise ParallaxError(
            f"{len(lacking)} of {made.frames} frames are missing, the first of them {lacking[0]}.", "Render them first."
        )
    if kind.sequence:
        made.path.parent.mkdir(parents=True, exist_ok=True)
        for number, file in files.items():
            place(file, numbered(made.path, number))
        return
    source = [
        "-framerate",
        str(made.fps),
        "-start_number",
        str(numbers[0]),
        "-i",
        str(folder / f"{FRAME}_%04d{suffix}"),
    ]
    picture = [] if made.wish.format == "gif" else ["-map", "0:v", "-frames:v", str(made.frames)]
    order = ["-bf", "0"] if made.wish.format in IN_ORDER else []
    _write(ffmpeg, source, [*picture, *video_arguments(made.wish, float(made.fps)), *order], made)


def _write(ffmpeg: str, source: list[str], video: list[str], made: Joined) -> None:
    """Run ffmpeg into a temporary name and move the file into place if it holds every frame."""
    inputs, audio = audio_arguments(made.wish, made.sound)
    if audio:
        samples = round(made.frames / made.fps * RATE)
        audio += ["-af", f"aresample={RATE},apad=whole_len={samples},atrim=end_sample={samples}"]
    moving = ["-movflags", "+faststart"] if made.path.suffix in (".mp4", ".mov") else []
    made.path.parent.mkdir(parents=True, exist_ok=True)
    part = made.path.with_name(f".{made.path.stem}.part{made.path.suffix}")
    try:
        command = [ffmpeg, "-y", "-v", "error", *source, *inputs, *video, *audio, *moving, str(part)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            words = last_words(done.stderr)
            raise ParallaxError(f"ffmpeg could not join {made.path}: {words}", "Is there room on the disk?")
        found = made.frames if made.wish.format == "gif" else frames_in(ffmpeg, part)
        if found != made.frames:
            raise ParallaxError(
                f"{made.path} would have {found} of {made.frames} frames.", "Remove its .parts folder and render again."
            )
        part.replace(made.path)
    finally:
        part.unlink(missing_ok=True)
