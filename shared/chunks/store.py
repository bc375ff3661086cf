"""The folder of a video's chunks: finished ones are found again, whatever stopped the last run.

The name of a chunk holds its range and a digest of all that decides its pictures, so that one of an older scene is
never taken for one of this; nothing else has to be remembered. Every file is written under another name and moved to
its own when it is whole; a disk that filled or a file cut short is found by counting the frames.
"""

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..formats import Export, numbered
from .ranges import in_pictures, of_chunk, runs

PNG_END = b"IEND\xaeB`\x82"
FRAME = "frame"


def folder_of(out: Path) -> Path:
    """Where the chunks of a video lie until it is joined: beside it."""
    return out.with_name(f"{out.name}.parts")


def digest(files: Iterable[Path], settings: Mapping[str, Any]) -> str:
    """What tells one scene from another: the contents of its files and the settings that it is rendered with."""
    whole = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for path in files:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:16]


@dataclass(frozen=True)
class Store:
    """The chunks of one video in `folder`, told from those of other scenes by `key`; `ffmpeg` is the program."""

    folder: Path
    key: str
    wish: Export
    ffmpeg: str

    def path(self, chunk: range) -> Path:
        """The file of a chunk; of pictures the name that `numbered` numbers."""
        suffix = of_chunk(self.wish).kind.suffix
        if in_pictures(self.wish):
            return self.folder / self.key / f"{FRAME}{suffix}"
        return self.folder / f"{chunk.start:06d}-{chunk.stop - 1:06d}.{self.key}{suffix}"

    @property
    def sound(self) -> Path:
        """The file of the sound of the whole video."""
        return self.folder / f"sound.{self.key}.wav"

    def missing(self, chunk: range) -> tuple[range, ...]:
        """What of a chunk is still to be rendered; a part that is not whole is removed."""
        if in_pictures(self.wish):
            return runs(n for n in chunk if not whole_picture(numbered(self.path(chunk), n + 1)))
        path = self.path(chunk)
        if path.is_file() and frames_in(self.ffmpeg, path) == len(chunk):
            return ()
        path.unlink(missing_ok=True)
        return (chunk,)

    def clear(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def whole_picture(path: Path) -> bool:
    """Whether a picture is there to its end; a PNG that is cut short is removed, as is an empty file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - len(PNG_END)))
            whole = file.read() == PNG_END if path.suffix == ".png" else size > 0
    except FileNotFoundError:
        return False
    if not whole:
        path.unlink()
    return whole


def frames_in(ffmpeg: str, path: Path) -> int:
    """How many frames a video file holds, counted without decoding them; 0 where it cannot be read."""
    command = [ffmpeg, "-v", "error", "-i", str(path), "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return len(re.findall(r"^0,", done.stdout, re.MULTILINE)) if done.returncode == 0 else 0


def as_document(wish: Export) -> dict[str, Any]:
    """An export as plain data; `Export(**data)` is the way back."""
    return asdict(wish)
