"""Which job was begun for a scene's plates, in a small file beside them, so that it is found again after a crash.

The id of a job follows from its wish, but to compute it every picture is read, which a panel cannot do at each redraw;
and a job whose later steps were painted anew with other settings keeps its first id. Properties of the .blend were the
other road: they are lost when Blender ends before it is saved.
"""

import functools
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..shared.identity import nameless, painted_part
from ..shared.project import Project

FILE = "job.json"


@dataclass(frozen=True)
class Note:
    """The job's id, the key of the wish that it paints, and how far it is."""

    job: str
    key: str
    step: int
    steps: int

    @property
    def finished(self) -> bool:
        """Whether every step is painted."""
        return self.step >= self.steps > 0


def write(folder: Path, note: Note) -> None:
    """Keep a note beside the plates; a disk that refuses costs only the note."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{FILE}.part"
        part.write_text(json.dumps(asdict(note)), encoding="utf-8")
        os.replace(part, folder / FILE)
    except OSError:
        return


def read(folder: Path) -> Note | None:
    """The note beside the plates in `folder`; None without one."""
    path = folder / FILE
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=8)
def _read(path: str, _changed: int) -> Note | None:
    try:
        return Note(**json.loads(Path(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def key(project: Project, picture: Path) -> str:
    """What tells one wish from another without reading a picture: its settings, and the picture's name and time."""
    wish = nameless(painted_part(project)).to_json()
    text = json.dumps([wish, str(picture), picture.stat().st_mtime_ns], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
