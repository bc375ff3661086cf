"""The events of the jobs, kept for listeners that come late or come back.

Each job has a short log with running numbers. A listener is given everything after the event it saw last; when that
lies too far back, or before a restart of the server, it is given a snapshot and goes on from there. Writing every
event to disk would make them last longer than anyone asks for: what lasts is the job itself.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from ..shared.errors import ParallaxError
from ..shared.wire import ENDED, HEARTBEAT, STATE, Event

KEPT = 256
HEARTBEAT_S = 2.0
Snapshot = Callable[[], list[tuple[str, dict[str, Any]]]]
"""Gives the kinds and data of the events that together say how a job stands now."""


def _is_end(event: Event) -> bool:
    return event.kind == STATE and event.data["state"] in ENDED


class Events:
    """The event logs of all jobs."""

    def __init__(self, listeners: int, heartbeat_s: float = HEARTBEAT_S) -> None:
        # event numbers start again with the program, so its own mark in them tells old from new
        self._run = secrets.token_hex(4)
        self._changed = threading.Condition()
        self._logs: dict[str, deque[Event]] = {}
        self._counts: dict[str, int] = {}
        self._listeners = threading.BoundedSemaphore(listeners)
        self._heartbeat_s = heartbeat_s
        self._closed = False

    def publish(self, job_id: str, kind: str, data: dict[str, Any]) -> None:
        """Append an event and wake the listeners."""
        with self._changed:
            number = self._counts[job_id] = self._counts.get(job_id, 0) + 1
            log = self._logs.setdefault(job_id, deque(maxlen=KEPT))
            log.append(Event(f"{self._run}-{number}", kind, data))
            self._changed.notify_all()

    def forget(self, job_id: str) -> None:
        """Drop the log of a deleted job; its listeners end."""
        with self._changed:
            self._logs.pop(job_id, None)
            self._changed.notify_all()

    def close(self) -> None:
        """End all streams, for the shutdown."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stream(self, job_id: str, last_id: str | None, snapshot: Snapshot) -> "Stream":
        """Server-sent events of a job from after `last_id`, or from a snapshot, until the job ends.

        The place among the listeners is taken at once, so that a refusal is an answer and not a broken stream.
        """
        if not self._listeners.acquire(blocking=False):
            raise ParallaxError(
                "Too many event streams are open.", "Close one, or ask for the job instead.", "too_many_listeners", 503
            )
        try:
            number, first = self._begin(job_id, last_id, snapshot)
        except ParallaxError:
            self._listeners.release()
            raise
        return Stream(self._follow(job_id, number, first), self._listeners.release)

    def _begin(self, job_id: str, last_id: str | None, snapshot: Snapshot) -> tuple[int, list[Event]]:
        """The number of the event that a listener has, and the snapshot that it needs before the next, or []."""
        number = self._number(job_id, last_id)
        if number is not None:
            return number, []
        with self._changed:
            number = self._counts.get(job_id, 0)
        first = [Event("", kind, data) for kind, data in snapshot()]
        # only the last one has an id: who loses the connection before it gets the whole snapshot again
        return number, [*first[:-1], replace(first[-1], id=f"{self._run}-{number}")]

    def _follow(self, job_id: str, number: int, first: list[Event]) -> Generator[bytes, None, None]:
        for event in first:
            yield event.encode()
        if any(_is_end(event) for event in first):
            return
        while True:
            events, number = self._wait(job_id, number)
            if events is None:
                return
            for event in events:
                yield event.encode()
            if events and _is_end(events[-1]):
                return
            if not events:
                yield HEARTBEAT

    def _number(self, job_id: str, last_id: str | None) -> int | None:
        """The number of the event that a listener saw last; None if it needs a snapshot.

        It does when the log no longer holds everything after that event, and when that event was the end.
        """
        run, _, text = (last_id or "").partition("-")
        if run != self._run or not text.isdecimal():
            return None
        with self._changed:
            count, log = self._counts.get(job_id, 0), list(self._logs.get(job_id, ()))
            ended = bool(log) and _is_end(log[-1])
            number = int(text)
            return number if count - len(log) <= number <= count and not (ended and number == count) else None

    def _wait(self, job_id: str, number: int) -> tuple[list[Event] | None, int]:
        """The events after `number` as soon as there are any; [] after a heartbeat's time; None at the end."""
        deadline = time.monotonic() + self._heartbeat_s
        with self._changed:
            while True:
                log, count = self._logs.get(job_id), self._counts.get(job_id, 0)
                if self._closed or (log is None and count > 0):
                    return None, number
                if count > number:
                    assert log is not None
                    return list(log)[-min(count - number, len(log)) :], count
                left = deadline - time.monotonic()
                if left <= 0:
                    return [], number
                self._changed.wait(left)


class Stream:
    """An iterator that gives its place back exactly once, also when it was never begun."""

    def __init__(self, source: Generator[bytes, None, None], release: Callable[[], None]) -> None:
        self._source, self._release = source, release
        self._open = True

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> bytes:
        return next(self._source)

    def close(self) -> None:
        """Called by the WSGI server at the end of the response, whatever ended it."""
        if self._open:
            self._open = False
            self._source.close()
            self._release()
