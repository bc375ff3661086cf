"""A dream from the outside: the sound and the document sent, the frames watched, the video fetched.

The command line and the add-on tell the same story, as `painting` does for a journey. A dream that was asked for before
goes on where it was; one that differs only in how its frames are joined and written is not painted again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from . import dream_document, wire
from .client import Client
from .dream_document import DreamDocument
from .errors import ParallaxError, UsageError
from .formats import FORMATS
from .painting import Tell, watch

FRAME = "frame"


@dataclass(frozen=True)
class DreamWish:
    """What is to be dreamt: the document, the sound's bytes, and those of a picture to begin with."""

    document: DreamDocument
    sound: bytes
    picture: bytes | None = None

    @classmethod
    def read(cls, document: DreamDocument, sound: Path, picture: Path | None = None) -> "DreamWish":
        """Read the files; UsageError for one that is not there."""
        return cls(document, _bytes(sound, "sound"), None if picture is None else _bytes(picture, "picture"))

    @property
    def job(self) -> str:
        """The id of the job that dreams this."""
        return dream_document.digest(self.document, self.sound, self.picture, __version__)[:24]


def dream(
    client: Client,
    wish: DreamWish,
    path: Path,
    tell: Tell,
    stop: Callable[[], bool] = lambda: False,
    canvas_px: int = 0,
) -> wire.JobInfo:
    """Dream, and fetch the video to `path`, or the picture where it is one; Cancelled when stopped.

    With `canvas_px` the frames are told as well, so many px wide, once a second at most.
    """
    info = client.create_dream(wish.document, wish.sound, wish.picture, wish.job)
    if info.cancelling or info.state in (wire.FAILED, wire.CANCELLED):
        info = client.resume(info.id)
    info = watch(client, info, tell, stop, canvas_px, FRAME)
    there = dream_document.from_json(info.project)
    if replace(wish.document, name=there.name) != there:
        info = client.redo(info.id, info.steps + 1, wish.document)
        info = watch(client, info, tell, stop, canvas_px, FRAME)
    if wish.document.dream.still:
        client.download_frame(info.id, 1, path)
    else:
        client.download_video(info.id, path)
    return info


def suffix(document: DreamDocument) -> str:
    """What the name of its file ends in: `.mp4`, or `.png` for one picture."""
    return ".png" if document.dream.still else FORMATS[document.output.format].suffix


def _bytes(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as e:
        raise UsageError(f"There is no {what} file at {path}.", "Check the path.") from e
    except OSError as e:
        raise ParallaxError(f"{path} cannot be read: {e.strerror}.", f"Choose another {what}.") from e
