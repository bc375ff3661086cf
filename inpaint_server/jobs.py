"""Jobs as folders: one job, one folder, and nothing anywhere else that could disagree with it.

    jobs/ID/job.json      what the job is and how far it is
    jobs/ID/source        the picture as it was sent
    jobs/ID/picture.png   the same as plain RGB, which the step loop paints from
    jobs/ID/attached/     the other pictures that the project names, as they were sent or found
    jobs/ID/preview.png   the canvas at the last stop
    jobs/ID/run/          the step loop's own: steps, plates, manifest; of a dream its frames and its video
    jobs/ID/report.json   the quality report, once somebody has asked for it; report.html the same as a page

Of a dream, `source` is the sound as it was sent, `picture.png` what there is to see before its first frame, and
`attached/picture` the picture that it begins with, if one was sent.

A folder is made under another name and renamed, every file likewise, so that a kill at any moment leaves either the
old or the new. A database was the other road: it would hold half of the truth, and could not be looked into.
"""

import errno
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from ..shared import dream_document as dreams
from ..shared import project as projects
from ..shared.attachments import attached
from ..shared.dream_document import DreamDocument
from ..shared.errors import ParallaxError
from ..shared.project import Project
from ..shared.wire import DREAM, JOURNEY, KINDS, QUEUED, RUNNING, STATES, JobInfo, is_job_id
from .engines.contract import RGB
from .farm.shared_files import FolderFiles, SharedFiles
from .pictures import encode_png, read_png
from .tile_files import write_bytes

VERSION = 1
MOST_WARNINGS = 200


def now() -> str:
    """This moment in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class Job:
    """The record of one job. `order` is its place in the queue, `digest` tells two requests with one id apart. `steps`
    are 0 as long as engines have yet to look at the picture; until then its `project` is what was wished.

    `redo_from` is a step from which to paint again as soon as the job has its turn; `deleted` says that the folder
    goes as soon as nothing works in it any more. Both stand in the record so that a kill cannot lose them. `stage` is
    what a running job prepares at the moment, in a sentence. `kind` says what the job makes, and what its `project` is
    the document of. `notes` say how the picture is cut and why; a redo, which
    keeps that, keeps them, and begins anew with the `warnings` of painting.
    """

    id: str
    project: dict[str, Any]
    width: int
    height: int
    steps: int
    digest: str
    order: int
    state: str = QUEUED
    step: int = 0
    created_at: str = field(default_factory=now)
    started_at: str | None = None
    finished_at: str | None = None
    cancelling: bool = False
    deleted: bool = False
    redo_from: int | None = None
    error: dict[str, str] | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stage: str = ""
    kind: str = JOURNEY

    def to_json(self) -> dict[str, Any]:
        """The record as written to disk."""
        return {"version": VERSION, **asdict(self)}

    def info(self) -> JobInfo:
        """What clients see."""
        known = {f.name for f in fields(JobInfo)} - {"name", "warnings"}
        shown = {k: v for k, v in asdict(self).items() if k in known}
        shown["stage"] = self.stage if self.state == RUNNING else ""
        return JobInfo(**shown, name=self.project.get("name", ""), warnings=(*self.notes, *self.warnings))

    def parsed_project(self) -> Project:
        """The project of a journey."""
        return projects.from_json(self.project)

    def parsed_dream(self) -> DreamDocument:
        """The document of a dream."""
        return dreams.from_json(self.project)

    def warn(self, message: str) -> None:
        """Keep a warning; of very many only the first ones."""
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(message)


def parsed(data: Any, job_id: str) -> Job:
    """A record out of its JSON; ValueError says what is wrong with it."""
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        raise ValueError(f"job.json is not of version {VERSION}")
    values = {k: v for k, v in data.items() if k != "version"}
    try:
        job = Job(**values)
    except TypeError as e:
        raise ValueError(f"job.json: {e}") from e
    for name, hint in get_type_hints(Job).items():
        kinds = tuple(get_origin(kind) or kind for kind in (get_args(hint) if isinstance(hint, UnionType) else (hint,)))
        if not isinstance(getattr(job, name), kinds):
            raise ValueError(f"job.json: {name} is {getattr(job, name)!r}")
    if job.id != job_id or job.state not in STATES or job.kind not in KINDS:
        wrong = f"its state is {job.state!r}, its kind {job.kind!r}"
        raise ValueError("job.json belongs to another job" if job.id != job_id else wrong)
    job.parsed_dream() if job.kind == DREAM else job.parsed_project()
    return job


class JobStore:
    """The folder of all jobs. It keeps no state; callers see to it that one thread at a time writes a job."""

    def __init__(self, root: Path) -> None:
        self.root = root / "jobs"
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as e:
            raise ParallaxError(f"{self.root} cannot be made: {e.strerror}.", "Give another --store.") from e
        self.files: SharedFiles = FolderFiles(self.root)

    def folder(self, job_id: str) -> Path:
        """The folder of a job; ids that are none never become a path."""
        if not is_job_id(job_id):
            raise ParallaxError(
                f"{job_id[:80]!r} cannot be the id of a job.",
                "Use 1 to 64 letters, digits, - and _, not beginning with a sign.",
                "bad_id",
                400,
            )
        return self.root / job_id

    def run_folder(self, job_id: str) -> Path:
        """Where the step loop works."""
        return self.folder(job_id) / "run"

    def near(self, job_id: str, name: str) -> Path:
        """A file of a job for reading, by its path in the job's folder; of a store elsewhere a copy, made now."""
        return self.folder(job_id) / name

    def gather(self, job_id: str) -> None:
        """Have all that a finished job is judged by in its folder; of a store elsewhere copies are made now."""

    def changed(self, job_id: str, below: str) -> None:
        """Files of a job have been changed in `files`: copies of what lies below a name count no more."""

    def open(self) -> tuple[list[Job], dict[str, str]]:
        """All jobs in queue order, and what is wrong with the folders that cannot be read. Cleans up what a kill left.

        Links are not followed: a folder that is one is reported as damaged.
        """
        jobs: list[Job] = []
        damaged: dict[str, str] = {}
        for entry in sorted(self.root.iterdir()):
            if entry.name.startswith(".") or _is_left_over(entry):
                _remove(entry)
            elif not is_job_id(entry.name):
                damaged[entry.name] = "Its name cannot be the id of a job."
            else:
                try:
                    jobs.append(self.read(entry.name))
                except (OSError, ValueError, ParallaxError) as e:
                    damaged[entry.name] = f"The job cannot be read: {_plain(e)}."
        return sorted(jobs, key=lambda job: job.order), damaged

    def read(self, job_id: str) -> Job:
        """The record of a job; OSError, ValueError or ParallaxError if it cannot be read."""
        folder = self.folder(job_id)
        if folder.is_symlink() or not folder.is_dir():
            raise ValueError("it is a link or a file, not a folder")
        if any((folder / name).is_symlink() for name in ("job.json", "picture.png", "attached", "preview.png", "run")):
            raise ValueError("a part of it is a link")
        job = parsed(json.loads((folder / "job.json").read_text(encoding="utf-8")), folder.name)
        if not job.deleted and not (folder / "picture.png").is_file():
            raise ValueError("its picture is missing")
        return job

    def create(self, job: Job, source: bytes, picture: bytes, attachments: Mapping[str, bytes]) -> None:
        """Write a new job's folder, with the picture as sent and as PNG; it appears whole or not at all."""
        folder = self.folder(job.id)
        fresh = folder.with_name(f".new-{job.id}")
        try:
            if fresh.exists():
                shutil.rmtree(fresh)
            fresh.mkdir(mode=0o700)
            (fresh / "source").write_bytes(source)
            (fresh / "picture.png").write_bytes(picture)
            (fresh / "attached").mkdir()
            for part, data in attachments.items():
                (fresh / "attached" / part).write_bytes(data)
            (fresh / "job.json").write_text(json.dumps(job.to_json(), indent=1), encoding="utf-8")
            fresh.rename(folder)
        except OSError as e:
            shutil.rmtree(fresh, ignore_errors=True)
            full = e.errno == errno.ENOSPC
            raise ParallaxError(
                f"The job cannot be written: {e.strerror}.",
                "Free disk space, then send it again." if full else "Look at the server's store.",
                "disk_full" if full else "failed",
                507 if full else 500,
            ) from e

    def save(self, job: Job) -> None:
        """Write the record of a job."""
        write_bytes(self.folder(job.id) / "job.json", json.dumps(job.to_json(), indent=1).encode())

    def hide(self, job_id: str) -> None:
        """Take a job's folder out of sight, at once and whole; `sweep` deletes it."""
        folder = self.folder(job_id)
        if os.path.lexists(folder):
            folder.rename(folder.with_name(f".gone-{job_id}-{secrets.token_hex(4)}"))

    def sweep(self) -> None:
        """Delete what is hidden. What the disk does not let go of is tried again at the next start."""
        for entry in self.root.glob(".gone-*"):
            _remove(entry)

    def picture(self, job_id: str) -> RGB:
        """The source of a job, RGB uint8 [H, W, 3]."""
        return read_png(self.near(job_id, "picture.png"))

    def source(self, job_id: str) -> bytes:
        """The picture of a job, or the sound of a dream, as it was sent."""
        return self.near(job_id, "source").read_bytes()

    def attachment(self, job_id: str, part: str) -> bytes | None:
        """A file that came with a job, by the name of its part; None if it did not."""
        path = self.near(job_id, f"attached/{part}")
        return path.read_bytes() if path.is_file() else None

    def attachments(self, job_id: str, project: Project) -> dict[str, bytes]:
        """The other pictures that a job's project names, by the names of their parts."""
        paths = [self.near(job_id, f"attached/{part}") for part in sorted(attached(project))]
        return {path.name: path.read_bytes() for path in paths if path.is_file()}

    def attach(self, job_id: str, part: str, data: bytes) -> None:
        """Keep a picture that was found for a job, as if it had come with its project."""
        folder = self.folder(job_id) / "attached"
        folder.mkdir(mode=0o700, exist_ok=True)
        write_bytes(folder / part, data)

    def preview(self, job_id: str) -> RGB:
        """The canvas of a job at its last stop; before there is one, its source."""
        path = self.near(job_id, "preview.png")
        return read_png(path) if path.exists() else self.picture(job_id)

    def save_preview(self, job_id: str, canvas: RGB) -> None:
        """Keep the canvas, RGB uint8 [H, W, 3], for `preview`."""
        write_bytes(self.folder(job_id) / "preview.png", encode_png(canvas))


def _is_left_over(folder: Path) -> bool:
    """Whether a folder holds nothing but what a worker elsewhere still wrote when its job was deleted already."""
    return folder.is_dir() and not folder.is_symlink() and [path.name for path in folder.iterdir()] == ["turns"]


def _remove(path: Path) -> None:
    """Delete a file, a link (never what it points to) or a folder with all that is in it."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def _plain(error: Exception) -> str:
    """What an error says, without paths and without the full stop."""
    text = error.strerror or "unknown fault" if isinstance(error, OSError) else str(error)
    return text.rstrip(".")
