"""One sitting of a job: from the moment it has the thread until it ends, is stopped, or the server goes down.

It stands between the step loop, which knows nothing of jobs, and everybody who watches. The loop may take a hundred
steps a second; events, previews and records are thinned out here, so that watching costs next to nothing.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..shared.dream_document import PICTURE
from ..shared.errors import Cancelled
from ..shared.plates import Manifest
from ..shared.project import Project
from ..shared.wire import API, DREAM, PREVIEW, PROGRESS, STAGE, STATE, WARNING
from . import attached, engines, limits, settling
from .dreams import job as dream_job
from .engines.contract import RGB, InpaintEngine
from .events import Events
from .jobs import Job, JobStore
from .layering.assets import Assets
from .limits import Limits
from .pictures import read_picture
from .step_loop import Progress

TELL_EVERY_S = 0.1
SHOW_EVERY_S = 0.5


class Loop(Protocol):
    """The step loop as a sitting uses it; `step_loop` is the one there is."""

    def run(
        self,
        folder: Path,
        project: Project,
        picture: RGB,
        engine: InpaintEngine,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        assets: Assets | None = None,
    ) -> Manifest:
        """Paint, going on from what lies in `folder`."""
        ...

    def redo(self, folder: Path, step: int) -> None:
        """Drop everything from `step` on."""
        ...


@dataclass(frozen=True)
class Assignment:
    """A job that is to be worked off, and all that its sitting needs of whoever keeps it.

    The job lies in `store`; what becomes of it is published in `events`; `limits` are the server's. `lock` guards the
    job's record; `stopping` tells that whoever keeps it goes down.
    """

    job: Job
    store: JobStore
    events: Events
    limits: Limits
    lock: threading.Condition
    stopping: Callable[[], bool]

    def unwanted(self) -> bool:
        """Whether the job is to be let go between two steps."""
        return self.job.cancelling or self.job.deleted or self.stopping()


class Sitting:
    """A job at work here.

    `canvas` is the frame as it was last looked at, RGB uint8 [H, W, 3], or None before the first step.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._job, self._store, self._events = assignment.job, assignment.store, assignment.events
        self._limits, self._lock, self._unwanted = assignment.limits, assignment.lock, assignment.unwanted
        self._told = self._shown = -float("inf")
        self.canvas: RGB | None = None

    def run(self, loop: Loop) -> None:
        """Work until the end; raises what stops it, Cancelled if somebody wants that."""
        if self._job.kind == DREAM:
            self._dream()
        else:
            self._travel(loop)

    def _dream(self) -> None:
        job, store = self._job, self._store
        folder = self._begin(dream_job.redo)
        sent = store.attachment(job.id, PICTURE)
        picture = None if sent is None else read_picture(sent, self._limits)
        dream_job.run(folder, job.parsed_dream(), store.source(job.id), picture, self._report, self._unwanted)

    def _begin(self, drop: Callable[[Path, int], None]) -> Path:
        """The folder to work in; what a redo wants dropped is dropped."""
        job, store = self._job, self._store
        folder = store.run_folder(job.id)
        folder.mkdir(exist_ok=True)
        limits.check_disk(folder, 0, self._limits)
        if job.redo_from is not None:
            # dropping twice does no harm, forgetting to drop would: the record is cleared last
            drop(folder, job.redo_from)
            with self._lock:
                job.redo_from = None
                store.save(job)
        return folder

    def _travel(self, loop: Loop) -> None:
        job, store = self._job, self._store
        picture = store.picture(job.id)
        if not job.steps:
            self._settle(picture)
        project = job.parsed_project()
        engine = engines.load(project.inpaint.engine)
        folder = self._begin(loop.redo)
        parts = store.attachments(job.id, project)
        assets = attached.decode(project, parts, job.width, job.height, self._limits) if parts else None
        loop.run(folder, project, picture, engine, self._report, self._unwanted, assets)

    def _settle(self, picture: RGB) -> None:
        """Let engines look for what the project wants, and settle how the picture is cut.

        The pictures that were found are written before the record that names them, so a kill between looks again.
        """
        job, store = self._job, self._store
        wish = job.parsed_project()

        def begin(stage: str) -> None:
            if self._unwanted():
                raise Cancelled()
            self._report(Progress(0, 0, (), picture.copy, stage))

        parts = store.attachments(job.id, wish)
        settled = settling.settle(wish, picture, parts, self._limits, begin, self._unwanted)
        steps = settling.checked_steps(settled.project, job.width, job.height, store.root, self._limits)
        for part, data in settled.pictures.items():
            store.attach(job.id, part, data)
        with self._lock:
            job.project, job.steps, job.notes = settled.project.to_json(), steps, list(settled.notes)
            store.save(job)
        if not job.deleted:
            # whoever listens already has not heard them with the job
            for note in job.notes:
                self._events.publish(job.id, WARNING, {"message": note, "step": 0})
            self._events.publish(job.id, STATE, job.info().to_json())

    def _report(self, progress: Progress) -> None:
        with self._lock:
            self._job.stage = progress.stage
        if not progress.stage:
            self._report_step(progress)
        elif not self._job.deleted:
            self._events.publish(self._job.id, STAGE, {"message": progress.stage})

    def _report_step(self, progress: Progress) -> None:
        job, moment = self._job, time.monotonic()
        last = progress.step >= progress.steps
        with self._lock:
            job.step = progress.step
            for message in progress.warnings:
                job.warn(message)
        if job.deleted:
            return
        for message in progress.warnings:
            self._events.publish(job.id, WARNING, {"message": message, "step": progress.step})
        if last or moment - self._told >= TELL_EVERY_S:
            self._told = moment
            self._events.publish(job.id, PROGRESS, {"step": progress.step, "steps": progress.steps})
        if last or moment - self._shown >= SHOW_EVERY_S:
            self._shown = moment
            self._show(progress)

    def _show(self, progress: Progress) -> None:
        job = self._job
        self.canvas = progress.preview()
        with self._lock:
            self._store.save(job)
        url = f"{API}/jobs/{job.id}/preview?step={progress.step}"
        self._events.publish(job.id, PREVIEW, {"step": progress.step, "url": url})
        limits.check_disk(self._store.root, 0, self._limits)
