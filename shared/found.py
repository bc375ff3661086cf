"""What a server found in a picture, as it goes over HTTP: finds with their masks, and settled projects with theirs.

Masks are PNG files as base64 text inside JSON: they compress to some kilobytes, and an answer with several of them
stays one document that a page or a script reads in one line. Multipart answers were the other road; hardly any client
reads them.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .attachments import renamed
from .errors import ParallaxError
from .project import Project, from_json


@dataclass(frozen=True)
class Find:
    """A thing in a picture: the words it was found by ("" where somebody pointed), how sure 0..1, its box [left, top,
    right, bottom] in px, and its mask, the bytes of a PNG of the picture's size, white where it is."""

    words: str
    score: float
    box: tuple[float, float, float, float]
    mask: bytes

    def to_json(self) -> dict[str, Any]:
        """The find as it is sent."""
        return {"words": self.words, "score": self.score, "box": list(self.box), "mask": to_text(self.mask)}


@dataclass(frozen=True)
class Suggestion:
    """A settled project, why in sentences, and the pictures that it names and nobody had sent: those that were found,
    PNG files' bytes by the names of their parts."""

    project: Project
    notes: tuple[str, ...]
    pictures: Mapping[str, bytes]

    def to_json(self) -> dict[str, Any]:
        """The suggestion as it is sent."""
        pictures = {part: to_text(data) for part, data in self.pictures.items()}
        return {"project": self.project.to_json(), "notes": list(self.notes), "pictures": pictures}


def to_text(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def _from_text(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as e:
        raise _strange() from e


def finds(data: Mapping[str, Any]) -> list[Find]:
    """The finds of an answer."""
    out = []
    try:
        for found in data["found"]:
            left, top, right, bottom = (float(value) for value in found["box"])
            mask = _from_text(found["mask"])
            out.append(Find(str(found["words"]), float(found["score"]), (left, top, right, bottom), mask))
    except (KeyError, TypeError, ValueError) as e:
        raise _strange() from e
    return out


def suggestion(data: Mapping[str, Any]) -> Suggestion:
    """The suggestion of an answer; a server that looks for nothing sends no pictures."""
    pictures = {str(part): _from_text(text) for part, text in data.get("pictures", {}).items()}
    return Suggestion(from_json(data["project"]), tuple(data["notes"]), pictures)


def keep(data: bytes, folder: Path, name: str) -> Path:
    """Write a picture that was found into a folder, under a name that tells it from others; the file.

    An older picture stays, for who undoes.
    """
    path = folder / f"{name}_{hashlib.sha256(data).hexdigest()[:8]}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space, or choose another.") from e
    return path


def kept(suggestion: Suggestion, folder: Path) -> Project:
    """The project of a suggestion, with the pictures that were found for it as files of a folder."""
    paths = {part: str(keep(data, folder, part)) for part, data in suggestion.pictures.items()}
    return renamed(suggestion.project, paths)


def forgotten(project: Project, folder: Path) -> Project:
    """The project without the depth map and the segmentation that were found for it, so that they are found anew."""
    cut = project.cut
    depth, segmentation = ("" if Path(path).parent == folder else path for path in (cut.depth, cut.segmentation))
    return replace(project, cut=replace(cut, depth=depth, segmentation=segmentation))


def _strange() -> ParallaxError:
    return ParallaxError("The server's answer holds no finds.", "Update the older of the two programs.", "protocol")
