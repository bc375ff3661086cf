"""The queue and the thread that works it off.

Where a job is worked off, and how many at one time, an executor says (`farm.sending`); by itself it is one, in this
process. All changes of a job's state go through here, under one lock, and are written to its folder before they are
told to anyone, so that what a client has heard is true after a kill as well. Leaving the queue to a task queue such as
Celery was the other road; it wants a broker beside a program that one person starts on one machine.
"""

import logging
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..shared.errors import Cancelled, ParallaxError
from ..shared.wire import CANCELLED, DREAM, ENDED, FAILED, QUEUED, RUNNING, STATE, SUCCEEDED
from . import refusals
from .engines.contract import RGB
from .events import Events
from .farm.sending import AnySitting, Executor, Here
from .farm.watching import Lost
from .jobs import Job, JobStore, now
from .limits import Limits
from .sitting import Assignment, Loop

log = logging.getLogger(__name__)

ROOM_EVERY_S = 0.5
"""How often a waiting queue asks whether there is room for another job: a farm grows and shrinks by itself."""


class Worker:
    """All jobs of a store, their queue, and the thread that hands them to an executor."""

    def __init__(
        self, store: JobStore, events: Events, caps: Limits, loop: Loop, executor: Executor | None = None
    ) -> None:
        self._store, self._events, self._limits, self._loop = store, events, caps, loop
        self._executor: Executor = executor or Here()
        self._changed = threading.Condition()
        self._stopping = False
        self._running: dict[str, tuple[AnySitting, threading.Thread]] = {}
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        jobs, self.damaged = store.open()
        for job_id, reason in self.damaged.items():
            log.error("job %s: %s", job_id, reason)
        self._jobs = {job.id: job for job in jobs}
        for job in jobs:
            self._take_up(job)
        store.sweep()

    def _take_up(self, job: Job) -> None:
        """Bring a job that a kill or a stop left in the middle back into a state to go on from."""
        if job.deleted:
            self._hide(job.id)
        elif job.cancelling:
            self._end(job, CANCELLED)
        elif job.state == RUNNING:
            job.state = QUEUED
            self._keep(job)

    def start(self) -> None:
        """Begin to work off the queue."""
        self._thread.start()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Let go of the running job between two steps; it stays queued and goes on at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            sitting = [thread for _, thread in self._running.values()]
        deadline = time.monotonic() + timeout_s
        for thread in (self._thread, *sitting):
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        self._executor.close()

    @property
    def stopping(self) -> bool:
        """Whether the server is going down."""
        return self._stopping

    def busy(self) -> tuple[bool, int]:
        """Whether a job is running, and how many wait."""
        with self._changed:
            return bool(self._running), sum(job.state == QUEUED for job in self._visible())

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._changed:
            return sorted(self._visible(), key=lambda job: (job.created_at, job.order))

    def _visible(self) -> list[Job]:
        return [job for job in self._jobs.values() if not job.deleted]

    def job(self, job_id: str) -> Job:
        """One job."""
        with self._changed:
            return self._find(job_id)

    def _find(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None or job.deleted:
            if job_id in self.damaged:
                raise refusals.damaged(job_id, self.damaged[job_id])
            raise refusals.not_found(job_id)
        return job

    def known(self, job_id: str, digest: str) -> Job | None:
        """The job that the same request has made before, if it has."""
        with self._changed:
            job = self._jobs.get(job_id)
            return job if job is not None and not job.deleted and job.digest == digest else None

    def submit(
        self, job: Job, source: bytes, picture: bytes, attachments: Mapping[str, bytes] | None = None
    ) -> tuple[Job, bool]:
        """Queue a new job, with its picture as sent and as PNG; the job, and whether it is new.

        The same request again is not: the job it made is returned.
        """
        with self._changed:
            known = self._jobs.get(job.id)
            if known is not None and not known.deleted and known.digest == job.digest:
                return known, False
            if known is not None or job.id in self.damaged:
                raise refusals.conflict(
                    f"There is another job {job.id} already.", "Choose another id, or delete that job."
                )
            self.check_room()
            job.order = self._next_order()
            self._store.create(job, source, picture, attachments or {})
            self._jobs[job.id] = job
            self._tell(job)
            self._changed.notify_all()
            return job, True

    def check_room(self) -> None:
        """Refuse another job when as many as may wait or run already."""
        with self._changed:
            waiting = sum(job.state not in ENDED for job in self._visible())
        if waiting >= self._limits.unfinished_jobs:
            raise refusals.queue_full(waiting)

    def _next_order(self) -> int:
        return 1 + max((job.order for job in self._jobs.values()), default=0)

    def cancel(self, job_id: str) -> Job:
        """Stop a job; one that has ended stays as it is. A running one ends at its next step."""
        with self._changed:
            job = self._find(job_id)
            if job.state == QUEUED:
                self._end(job, CANCELLED)
            elif job.state == RUNNING and not job.cancelling:
                job.cancelling = True
                self._keep(job)
            return job

    def resume(self, job_id: str) -> Job:
        """Put a cancelled or failed job at the end of the queue; it goes on after its last step.

        One that has succeeded stays as it is: whoever asks for it saw it stopping, and it was finished first.
        """
        with self._changed:
            job = self._find(job_id)
            if job.state == RUNNING and job.cancelling:
                # not let go yet: what its thread finds when it does is that nobody wants the stop any more
                job.cancelling = False
                self._keep(job)
            elif job.state in ENDED and job.state != SUCCEEDED:
                self._enqueue(job)
            return job

    def redo(self, job_id: str, from_step: int, project: dict[str, Any] | None) -> Job:
        """Queue a job that is not running again, from a step on, with the settings of `project` if one is given."""
        with self._changed:
            job = self._find(job_id)
            if job.state == RUNNING:
                raise refusals.conflict(f"The job {job_id} is running.", "Cancel it first, then redo it.")
            if not job.steps:
                raise refusals.conflict(f"The job {job_id} has not begun to paint.", "Resume it.")
            # beyond the last frame of a dream lies its video, which can be written again by itself
            last = job.steps + (job.kind == DREAM)
            if not 1 <= from_step <= min(job.step + 1, last):
                raise refusals.wrong_step(from_step, job.step, job.steps, last)
            # a job that still waits for an earlier redo must not keep the steps which that one meant to drop
            job.redo_from = min(from_step, job.redo_from or from_step)
            job.step = job.redo_from - 1
            job.project = project or job.project
            job.warnings = []
            self._enqueue(job)
            return job

    def _enqueue(self, job: Job) -> None:
        job.state, job.order = QUEUED, self._next_order()
        job.error, job.finished_at = None, None
        self._keep(job)
        self._tell(job)
        self._changed.notify_all()

    def delete(self, job_id: str) -> None:
        """Delete a job and its folder; a running one is stopped first, out of sight."""
        with self._changed:
            if job_id not in self.damaged:
                job = self._find(job_id)
                job.deleted = True
                self._keep(job)
                if job.state == RUNNING:
                    self._events.forget(job_id)
                    return
            self._hide(job_id)
        self._store.sweep()

    def _hide(self, job_id: str) -> None:
        try:
            self._store.hide(job_id)
        except OSError as e:
            # its record says that it is deleted, so the next start tries again
            log.error("job %s cannot be removed: %s", job_id, e)
            return
        self._jobs.pop(job_id, None)
        self.damaged.pop(job_id, None)
        self._events.forget(job_id)

    def preview(self, job_id: str) -> RGB:
        """The canvas of a job as it was last seen, RGB uint8 [H, W, 3]."""
        with self._changed:
            self._find(job_id)
            running = self._running.get(job_id)
            canvas = running[0].canvas if running else None
            if canvas is not None:
                return canvas
        return self._store.preview(job_id)

    def _work(self) -> None:
        while self._begin_next():
            pass

    def _begin_next(self) -> bool:
        """Wait for the next job of the queue and for room, and begin with it; False when the server stops."""
        with self._changed:
            while not self._stopping and (job := self._next()) is None:
                self._changed.wait(ROOM_EVERY_S if self._queue() else None)
            if self._stopping or job is None:
                return False
            job.state, job.stage, job.started_at = RUNNING, "", job.started_at or now()
            sitting = self._executor.sitting(
                Assignment(job, self._store, self._events, self._limits, self._changed, lambda: self._stopping)
            )
            thread = threading.Thread(target=self._sit, args=(job, sitting), name=f"job {job.id}", daemon=True)
            self._running[job.id] = sitting, thread
            self._keep(job)
            self._tell(job)
            thread.start()
            return True

    def _sit(self, job: Job, sitting: AnySitting) -> None:
        outcome = refusals.outcome(job.id, partial(sitting.run, self._loop))
        self._keep_canvas(job, sitting.canvas)
        with self._changed:
            self._settle(job, outcome)
            del self._running[job.id]
            self._changed.notify_all()
        self._store.sweep()

    def _queue(self) -> list[Job]:
        """The jobs that wait, in their order."""
        return sorted((job for job in self._visible() if job.state == QUEUED), key=lambda job: job.order)

    def _next(self) -> Job | None:
        """The first job of the queue that there is room for: one that waits for a GPU holds up none that needs none."""
        at_work = [self._jobs[job_id] for job_id in self._running]
        return next((job for job in self._queue() if self._executor.room(job, at_work)), None)

    def _settle(self, job: Job, outcome: ParallaxError | None) -> None:
        """Write down how a sitting ended."""
        if job.deleted:
            self._hide(job.id)
        elif outcome is None:
            self._end(job, SUCCEEDED)
        elif not isinstance(outcome, Cancelled | Lost):
            log.warning("job %s: %s", job.id, outcome)
            self._end(job, FAILED, outcome)
        elif job.cancelling:
            self._end(job, CANCELLED)
        else:
            # stopped with the server, lost with its worker, or the wish to cancel was taken back: it keeps its place
            job.state = QUEUED
            self._keep(job)
            self._tell(job)

    def _keep(self, job: Job) -> None:
        """Write a job's record; on a full disk the job still ends as it should in this process."""
        try:
            self._store.save(job)
        except ParallaxError as e:
            log.error("job %s: %s", job.id, e)

    def _keep_canvas(self, job: Job, canvas: RGB | None) -> None:
        try:
            if canvas is not None and not job.deleted:
                self._store.save_preview(job.id, canvas)
        except ParallaxError as e:
            log.error("job %s: %s", job.id, e)

    def _end(self, job: Job, state: str, error: ParallaxError | None = None) -> None:
        job.finished_at, job.cancelling, job.error = now(), False, error.to_json() if error else None
        # last, because others read the record while it is written
        job.state = state
        self._keep(job)
        self._tell(job)

    def _tell(self, job: Job) -> None:
        self._events.publish(job.id, STATE, job.info().to_json())
