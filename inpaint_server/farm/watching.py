"""A job at work elsewhere, as the server sees it: sent out, granted, watched, taken over, and closed.

It has the shape of a `Sitting`, so that the queue need not know which of both it runs. All it learns comes through the
store: the worker's record is merged into the server's, events are published from what has changed, tiles are moved to
where the routes look for them. Messages from worker to server were the other road: a second channel, and what it says
need not be what lies in the store.
"""

import json
import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ...shared import plates
from ...shared.errors import Cancelled, ParallaxError
from ...shared.wire import API, DREAM, PREVIEW, PROGRESS, STAGE, STATE, WARNING
from ..dreams import job as dream_job
from ..engines.contract import RGB
from ..jobs import Job
from ..sitting import Assignment, Loop
from .carrying import SILENCE_S
from .lease import Claim, Lease, claims, folder, read, write
from .turn import Order

EVERY_S = 0.25
WAITING = "Waiting for a worker"
MANIFEST = "manifest.json"
MOST_LOSSES = 3
"""Turns that may be lost one after the other at the same step; a job that kills its workers must not go on for ever."""
MERGED = ("step", "steps", "project", "notes", "warnings", "stage")
"""What of a job's record the worker knows better than the server."""

log = logging.getLogger(__name__)


class SentTurn(Protocol):
    """A turn that was sent out."""

    def lost(self, address: str) -> bool:
        """Whether the worker at an address, or "" before one is known, can no longer do it."""
        ...

    def drop(self) -> None:
        """It is not wanted any more, or over."""
        ...


class Lost(ParallaxError):
    """The worker is gone; the job goes back to its place in the queue."""


class DistantSitting:
    """A job whose turn somebody else takes; `send` sends it out."""

    def __init__(self, assignment: Assignment, send: Callable[[Order, Job], SentTurn]) -> None:
        self._job, self._store, self._events = assignment.job, assignment.store, assignment.events
        self._limits, self._lock, self._unwanted = assignment.limits, assignment.lock, assignment.unwanted
        self._files, self._send = self._store.files, send
        self.canvas: RGB | None = None
        self._seen: dict[str, Any] = {"beat": 0, "manifest": "", "shown": -1, "log": ""}
        self._received: set[str] = set()
        self._heard = time.monotonic()
        self._claim: Claim | None = None

    def run(self, loop: Loop) -> None:
        """See `Sitting.run`; this loop only drops steps, the worker has its own. Raises Lost if the worker goes."""
        try:
            lease = self._begin(loop)
            sent = self._send(Order(self._files.where, self._job.id, lease.turn, self._limits), self._job)
            try:
                ended = self._watch(lease, sent)
            finally:
                self._close()
                sent.drop()
        except OSError as e:
            raise ParallaxError(f"The store cannot be used: {e}.", "Look at it, then resume the job.", "store") from e
        error = ended["error"]
        if error is None:
            return
        if error["cancelled"]:
            raise Cancelled()
        raise ParallaxError(error["error"], error["hint"], error["code"])

    def _begin(self, loop: Loop) -> Lease:
        """Take over what the last turn has left, and begin a new one that nobody holds yet."""
        job = self._job
        self._close()
        if job.redo_from is not None:
            self._drop(job.redo_from, loop)
            with self._lock:
                job.redo_from = None
                self._store.save(job)
        before = read(self._files, job.id)
        lease = replace(before, turn=before.turn + 1, holder="", stop=False, closed=False)
        write(self._files, job.id, lease)
        with self._lock:
            job.stage = WAITING
        self._events.publish(job.id, STAGE, {"message": WAITING})
        return lease

    def _drop(self, step: int, loop: Loop) -> None:
        """What a redo drops from a folder, dropped from the store: names alone tell, so files without content do."""
        run = f"{self._job.id}/run"
        names = [key.removeprefix(f"{run}/") for key in self._files.keys(run)]
        with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
            for name in names:
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            (dream_job.redo if self._job.kind == DREAM else loop.redo)(Path(folder), step)
            gone = [name for name in names if not Path(folder, name).exists()]
        # as in a folder: first what names the others, then the last one first, so that a stop leaves no gap
        for name in sorted(gone, key=lambda name: (name == MANIFEST, name), reverse=True):
            self._files.remove(f"{run}/{name}")
        self._store.changed(self._job.id, "run")

    def _watch(self, lease: Lease, sent: SentTurn) -> dict[str, Any]:
        """Wait for a worker, then for its end; what it says of that."""
        self._heard = time.monotonic()
        while True:
            if not lease.holder:
                lease = self._grant(lease)
                self._hear(lease)
            if not lease.stop and self._unwanted():
                lease = replace(lease, stop=True)
                write(self._files, self._job.id, lease)
                if not lease.holder:
                    raise Cancelled()
            ended = self._hear(lease)
            if ended is not None:
                return ended
            address = self._claim.address if self._claim else ""
            silent = bool(lease.holder) and time.monotonic() - self._heard > SILENCE_S
            if sent.lost(address) or silent:
                # its last words may have come since
                ended = self._hear(lease)
                if ended is not None:
                    return ended
                self._note_loss(lease)
            time.sleep(EVERY_S)

    def _grant(self, lease: Lease) -> Lease:
        """Give the turn to the first who wants it."""
        for holder, claim in claims(self._files, self._job.id, lease.turn)[:1]:
            lease = replace(lease, holder=holder)
            write(self._files, self._job.id, lease)
            self._claim, self._heard = claim, time.monotonic()
            log.info("job %s: turn %d is taken by %s (%d)", self._job.id, lease.turn, claim.host, claim.pid)
        return lease

    def _hear(self, lease: Lease) -> dict[str, Any] | None:
        """Take over what the holder has told since the last time; what it says of its end, if it has come."""
        if not lease.holder:
            return None
        try:
            beat = json.loads(self._files.read(f"{folder(self._job.id, lease.holder)}/beat.json"))
        except FileNotFoundError:
            return None
        if beat["beat"] == self._seen["beat"]:
            return None
        self._heard = time.monotonic()
        if beat["manifest"] != self._seen["manifest"]:
            self._receive(lease.holder)
        if self._job.kind == DREAM and beat["job"]["step"] != self._job.step:
            self._take(folder(self._job.id, lease.holder), "run/frames")
        self._merge(beat, lease.holder)
        self._seen = beat
        ended: dict[str, Any] | None = beat["ended"]
        return ended

    def _merge(self, beat: dict[str, Any], holder: str) -> None:
        """Take over a worker's record, and tell what is new in it."""
        job, told = self._job, beat["job"]
        before = {name: getattr(job, name) for name in MERGED}
        settled = told["steps"] != before["steps"]
        if settled:
            self._take(folder(job.id, holder), "attached")
        with self._lock:
            for name in MERGED:
                setattr(job, name, told[name])
            if any(told[name] != before[name] for name in MERGED):
                self._store.save(job)
        for line in beat["log"][len(self._seen["log"]) :].splitlines():
            log.info("job %s: %s", job.id, line)
        if job.deleted:
            return
        shown = beat["shown"] != self._seen["shown"]
        if shown:
            self._take(folder(job.id, holder), "preview.png")
        self._publish(before, settled, beat["shown"] if shown else None)

    def _publish(self, before: dict[str, Any], settled: bool, shown: int | None) -> None:
        """Tell what is new; `shown` is the step of a preview that is."""
        job, tell = self._job, self._events.publish
        for message in (*(job.notes if settled else ()), *job.warnings[len(before["warnings"]) :]):
            tell(job.id, WARNING, {"message": message, "step": job.step})
        if settled:
            tell(job.id, STATE, job.info().to_json())
        if job.stage and job.stage != before["stage"]:
            tell(job.id, STAGE, {"message": job.stage})
        if job.step != before["step"]:
            tell(job.id, PROGRESS, {"step": job.step, "steps": job.steps})
        if shown is not None:
            tell(job.id, PREVIEW, {"step": shown, "url": f"{API}/jobs/{job.id}/preview?step={shown}"})

    def _receive(self, holder: str) -> None:
        """Put the tiles that are new in a holder's manifest where the routes look for them, then the manifest."""
        run, theirs = f"{self._job.id}/run", f"{folder(self._job.id, holder)}/run"
        data = self._files.read(f"{theirs}/{MANIFEST}")
        names = [tile.file for tile in plates.from_json(json.loads(data)).files]
        new = [name for name in names if name not in self._received and self._files.exists(f"{theirs}/{name}")]
        self._files.move({f"{theirs}/{name}": f"{run}/{name}" for name in new})
        self._files.write({f"{run}/{MANIFEST}": data})
        self._received.update(names)
        self._store.changed(self._job.id, f"run/{MANIFEST}")

    def _take(self, theirs: str, below: str) -> None:
        """Move a file, or all below a name, from the folder of a turn to the job's own."""
        keys = {key: f"{self._job.id}{key.removeprefix(theirs)}" for key in self._files.keys(f"{theirs}/{below}")}
        self._files.move(keys)
        self._store.changed(self._job.id, below)

    def _note_loss(self, lease: Lease) -> None:
        """Count a turn that was lost, and raise what comes of it."""
        job = self._job
        again = lease.losses + 1 if lease.lost_at == job.step else 1
        write(self._files, job.id, replace(lease, losses=again, lost_at=job.step))
        where = self._claim.host if self._claim else "nobody"
        log.warning("job %s: turn %d is lost, which %s had", job.id, lease.turn, where)
        if again >= MOST_LOSSES:
            raise ParallaxError(
                f"{again} workers were lost over it, one after the other, at step {job.step}.",
                "Look at their memory and logs, then resume the job.",
                "workers_lost",
            )
        raise Lost(f"The worker on {where} is gone.", "The job is taken up by another.")

    def _close(self) -> None:
        """End the last turn, whoever has it, and take over its checkpoint; once more does no harm."""
        job_id, lease = self._job.id, read(self._files, self._job.id)
        if not lease.turn:
            return
        if not lease.closed:
            lease = replace(lease, closed=True)
            write(self._files, job_id, lease)
        if lease.holder and not self._job.deleted:
            theirs = folder(job_id, lease.holder)
            self._take(theirs, "attached")
            # the manifest goes last: it names the tiles
            keys = sorted(self._files.keys(f"{theirs}/run"), key=lambda key: key.endswith(f"/{MANIFEST}"))
            for part in (keys[:-1], keys[-1:]):
                self._files.move({key: f"{job_id}{key.removeprefix(theirs)}" for key in part})
            self._store.changed(job_id, "run")
        self._files.remove(f"{job_id}/turns")
        # whatever it still writes is not taken over the next time either
        write(self._files, job_id, replace(lease, holder=""))
