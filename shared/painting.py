"""A job from the outside: the picture and the project sent, the steps watched, the plates fetched.

The command line and the add-on tell the same story, the one with bars and the other in a panel; it is told here once,
to whoever listens. The project that comes back is the settled one: where the wish left open how the picture is cut,
the server has looked at the picture.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from . import scene_building, wire
from .attachments import attached, read_attached, renamed
from .client import Client
from .errors import Cancelled, ParallaxError, UsageError
from .identity import job_id, painted_part
from .plan import Plan, plan
from .plates import Manifest
from .project import Project, settled

PROJECT_FILE = "project.json"
"""The settled project, beside the plates that were painted for it; the picture that it names lies there too."""


@dataclass(frozen=True)
class Progress:
    """So many of so many are done, of `what`: step or tile."""

    what: str
    done: int
    of: int


@dataclass(frozen=True)
class Warned:
    """A sentence that a person should read; the job goes on."""

    message: str


@dataclass(frozen=True)
class Preparing:
    """What the server does before the first step, in a sentence without a full stop."""

    stage: str


@dataclass(frozen=True)
class Canvas:
    """How the canvas looks by now, a PNG file's bytes."""

    png: bytes


@dataclass(frozen=True)
class Begun:
    """A job that is there already: its id, and the step from which it is to be painted again, if it is."""

    job: str
    redo_from: int | None = None


Tell = Callable[[Progress | Preparing | Warned | Canvas], None]
CANVAS_PERIOD_S = 1.0


@dataclass(frozen=True)
class Wish:
    """What is to be painted: the project, its picture's bytes, and the other pictures that it names.

    `suffix` is that of the picture's file, such as `.jpg`.
    """

    project: Project
    picture: bytes
    attachments: dict[str, bytes]
    suffix: str

    @classmethod
    def read(cls, project: Project, picture: Path) -> "Wish":
        """Read the files that a project names."""
        try:
            data = picture.read_bytes()
        except OSError as e:
            raise ParallaxError(f"{picture} cannot be read: {e.strerror}.", "Choose another picture.") from e
        return cls(project, data, read_attached(project), picture.suffix.lower())

    @property
    def job(self) -> str:
        """The id of the job that paints this."""
        return job_id(self.project, self.picture, __version__, self.attachments)


@dataclass(frozen=True)
class Painted:
    """A finished job: the settled project, its plan, and the manifest of the plates that were fetched."""

    project: Project
    plan: Plan
    manifest: Manifest


def paint(
    client: Client,
    wish: Wish,
    folder: Path,
    tell: Tell,
    stop: Callable[[], bool] = lambda: False,
    begun: Begun | None = None,
    canvas_px: int = 0,
) -> Painted:
    """Paint a project's plates and fetch them into `folder`; Cancelled when stopped.

    What of the project could not be shown once the plates are there is refused before they are painted.
    With `begun`, an earlier job goes on that has the same geometry. With `canvas_px` the canvas is told as well, so
    many px wide, once a second at most.
    """
    info = _begin(client, wish, begun)
    if info.steps:
        _check(client, wish, info)
    if info.cancelling or info.state in (wire.FAILED, wire.CANCELLED):
        info = client.resume(info.id)
    info = watch(client, info, tell, stop, canvas_px, settled=lambda info: _check(client, wish, info))

    def fetched(done: int, of: int) -> None:
        if stop():
            raise Cancelled()
        tell(Progress("tile", done, of))

    manifest = client.download_plates(info.id, folder, fetched)
    project = settled(wish.project, info.project)
    source = f"source{wish.suffix}"
    (folder / source).write_bytes(wish.picture)
    beside = {part: f"{part}{Path(path).suffix}" for part, path in attached(project).items()}
    for part, name in beside.items():
        # what did not come with the wish was found by the server
        known = wish.attachments.get(part)
        (folder / name).write_bytes(client.attached(info.id, part) if known is None else known)
    kept = renamed(replace(project, picture=source), beside)
    text = json.dumps(kept.to_json(), indent=1) + "\n"
    (folder / PROJECT_FILE).write_text(text, encoding="utf-8")
    return Painted(project, plan(project, info.width, info.height), manifest)


def _begin(client: Client, wish: Wish, begun: Begun | None) -> wire.JobInfo:
    """The job of a wish: the one that was begun, if the server still has it, else the one that the wish makes."""
    if begun is not None and begun.redo_from is not None:
        return client.redo(begun.job, begun.redo_from, painted_part(wish.project))
    if begun is not None and begun.job != wish.job:
        try:
            return client.job(begun.job)
        except ParallaxError as e:
            if e.code != "not_found":
                raise
    return client.create_job(painted_part(wish.project), wish.picture, wish.job, wish.attachments)


def _check(client: Client, wish: Wish, info: wire.JobInfo) -> None:
    """Refuse now, with the layers that the server has settled, what building the scene would refuse."""
    project = settled(wish.project, info.project)
    try:
        scene_building.check(project, plan(project, info.width, info.height))
    except UsageError:
        if not info.ended:
            client.cancel(info.id)
        raise


def watch(
    client: Client,
    info: wire.JobInfo,
    tell: Tell,
    stop: Callable[[], bool],
    canvas_px: int = 0,
    what: str = "step",
    settled: Callable[[wire.JobInfo], None] = lambda info: None,  # noqa: ARG005
) -> wire.JobInfo:
    """Follow a job until it has succeeded; it is cancelled, and Cancelled raised, when `stop` says so.

    A step of it is called `what`. `settled` is called once a job is settled whose steps were not known at first.
    """
    if info.steps:
        tell(Progress(what, info.step, info.steps))
    shown_s = -CANVAS_PERIOD_S
    for event in client.events(info.id, stop):
        if event.kind == wire.PROGRESS:
            tell(Progress(what, event.data["step"], event.data["steps"]))
        elif event.kind == wire.STAGE:
            tell(Preparing(event.data["message"]))
        elif event.kind == wire.PREVIEW and canvas_px and time.monotonic() - shown_s >= CANVAS_PERIOD_S:
            tell(Canvas(client.preview(info.id, canvas_px)))
            shown_s = time.monotonic()
        elif event.kind == wire.WARNING:
            tell(Warned(event.data["message"]))
        elif event.kind == wire.STATE:
            unsettled, info = not info.steps, wire.job_info(event.data)
            if unsettled and info.steps and not info.ended:
                settled(info)
                tell(Progress(what, info.step, info.steps))
    if stop():
        if not info.ended:
            client.cancel(info.id)
        raise Cancelled()
    if info.state != wire.SUCCEEDED:
        error = info.error or {"error": f"The job was {info.state}.", "hint": "Ask for it again to go on."}
        raise ParallaxError(error["error"], error.get("hint", ""), error.get("code", "failed"))
    return info
