"""A folder of pictures that a farm has rendered, with a note of what is to become of them.

The machine that joins them has no Blender and may not read the scene, so whoever renders the first frame writes down
how many there will be and how the video is written. All write the same.
"""

import json
import secrets
import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import UsageError
from ..formats import FORMATS, Export, check_suffix, numbered
from .joining import Joined, join_pictures, join_videos
from .ranges import in_pictures
from .store import FRAME, as_document, frames_in

FILE = "about.json"
SOUND = "sound.wav"
PIECES = "pieces"


@dataclass(frozen=True)
class About:
    """`frames` pictures at `rate` (frames, seconds) for an export; Blender's number of the first is `first`."""

    wish: Export
    frames: int
    rate: tuple[int, ...]
    first: int = 1


def write_about(folder: Path, about: About) -> None:
    """Leave the note in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {"export": as_document(about.wish), "frames": about.frames, "rate": list(about.rate), "first": about.first}
    # not a file of `tempfile`: nobody else on the farm might read it
    part = folder / f".{FILE}.{secrets.token_hex(4)}"
    part.write_text(json.dumps(data), encoding="utf-8")
    part.replace(folder / FILE)


def read_about(folder: Path) -> About:
    """The note in a folder. UsageError without one."""
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return About(Export(**data["export"]), int(data["frames"]), tuple(data["rate"]), int(data["first"]))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise UsageError(f"{folder} holds no rendered frames: {e}.", "Name the folder that frames went to.") from e


def encode(ffmpeg: str, folder: Path, first: int, last: int) -> Path | None:
    """Encode the frames `first` to `last`, numbered as Blender does, as a piece of the video that `join` copies.

    One machine would be long at a video whose frames a hundred have rendered. A piece that is there and newer than its
    pictures stays. None where the export is pictures, or a GIF, whose colours are those of all frames.
    """
    about = read_about(folder)
    if in_pictures(about.wish):
        return None
    part = range(first - about.first, last - about.first + 1)
    path = folder / PIECES / f"{part.start:06d}-{part.stop - 1:06d}{about.wish.kind.suffix}"
    if not _current(ffmpeg, folder, path, part):
        join_pictures(ffmpeg, folder, Joined(path, about.wish, len(part), Fraction(*about.rate), start=part.start))
    return path


def _current(ffmpeg: str, folder: Path, path: Path, part: range) -> bool:
    """Whether a piece holds its frames as they are."""
    try:
        made = path.stat().st_mtime_ns
        newest = max(numbered(folder / f"{FRAME}.png", n + 1).stat().st_mtime_ns for n in part)
    except OSError:
        return False
    return newest <= made and frames_in(ffmpeg, path) == len(part)


def _pieces(ffmpeg: str, folder: Path, frames: int) -> dict[range, Path]:
    """The pieces in order, if together they are the whole video; else none."""
    found: dict[range, Path] = {}
    for path in sorted((folder / PIECES).glob("*-*.*")):
        start, _, last = path.stem.partition("-")
        part = range(int(start), int(last) + 1)
        if part.start == sum(map(len, found)) and _current(ffmpeg, folder, path, part):
            found[part] = path
    return found if sum(map(len, found)) == frames else {}


def join(ffmpeg: str, folder: Path, out: Path) -> Path:
    """Make the video, or name the sequence, of the pictures in a folder; the path of what is made.

    Pieces that are encoded already are copied, else all pictures are encoded here. A name without the ending of its
    format gets it. The sound is the file SOUND in the folder, if there is one. What is in the folder stays, so that a
    farm may do this twice. ParallaxError if a picture is missing.
    """
    about = read_about(folder)
    suffixes = {kind.suffix for kind in FORMATS.values()}
    path = out if out.suffix.lower() in suffixes else out.with_name(out.name + about.wish.kind.suffix)
    check_suffix(path, about.wish)
    sound = folder / SOUND
    made = Joined(path, about.wish, about.frames, Fraction(*about.rate), sound if sound.is_file() else None)
    pieces = _pieces(ffmpeg, folder, about.frames)
    if pieces:
        join_videos(ffmpeg, list(pieces.values()), [len(part) for part in pieces], made)
    else:
        join_pictures(ffmpeg, folder, made, shutil.copyfile)
    return path
