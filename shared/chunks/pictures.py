"""A folder of pictures that a farm has rendered, with a note of what is to become of them.

The machine that joins them has no Blender and may not read the scene, so whoever renders the first frame writes down
how many there will be and how the video is written. All write the same.
"""

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..errors import UsageError
from ..formats import FORMATS, Export, check_suffix
from .joining import Joined, join_pictures
from .store import as_document

FILE = "about.json"
SOUND = "sound.wav"


@dataclass(frozen=True)
class About:
    """`frames` pictures at `rate` (frames, seconds) for an export."""

    wish: Export
    frames: int
    rate: tuple[int, ...]


def write_about(folder: Path, about: About) -> None:
    """Leave the note in a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {"export": as_document(about.wish), "frames": about.frames, "rate": list(about.rate)}
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".about", delete=False, encoding="utf-8") as file:
        json.dump(data, file)
    os.replace(file.name, folder / FILE)


def read_about(folder: Path) -> About:
    """The note in a folder. UsageError without one."""
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return About(Export(**data["export"]), int(data["frames"]), tuple(data["rate"]))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise UsageError(f"{folder} holds no rendered frames: {e}.", "Name the folder that frames went to.") from e


def join(ffmpeg: str, folder: Path, out: Path) -> Path:
    """Make the video, or name the sequence, of the pictures in a folder; the path of what is made.

    A name without the ending of its format gets it. The sound is the file SOUND in the folder, if there is one. What
    is in the folder stays, so that a farm may do this twice. ParallaxError if a picture is missing.
    """
    about = read_about(folder)
    suffixes = {kind.suffix for kind in FORMATS.values()}
    path = out if out.suffix.lower() in suffixes else out.with_name(out.name + about.wish.kind.suffix)
    check_suffix(path, about.wish)
    sound = folder / SOUND
    made = Joined(path, about.wish, about.frames, Fraction(*about.rate), sound if sound.is_file() else None)
    join_pictures(ffmpeg, folder, made, shutil.copyfile)
    return path
