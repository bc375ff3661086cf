"""The pictures that are being painted while a client waits: how far they are, and the wish to stop.

One is painted at a time (`turns`), so one record is enough. It also holds which engine clients get that name none;
the web UI and IOPaint both have a "loaded model", and theirs, too, is forgotten when the server stops.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .. import engines


@dataclass
class Shot:
    """One request at work on `count` pictures; `number` of them are finished."""

    count: int
    sampling_steps: int
    number: int = 0
    interrupted: bool = False
    skipped: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def stopped(self) -> bool:
        """Whether the present picture is not wanted any more."""
        return self.interrupted or self.skipped

    def finish_one(self) -> None:
        """Go on to the next picture."""
        self.number += 1
        self.skipped = False


class Shots:
    """What is at work, and the engine that is used where none is named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Shot | None = None
        self.engine = engines.DEFAULT

    @contextmanager
    def shot(self, count: int, sampling_steps: int) -> Iterator[Shot]:
        """Record a request while it is at work."""
        now = Shot(count, sampling_steps)
        with self._lock:
            self._now = now
        try:
            yield now
        finally:
            with self._lock:
                self._now = None

    def interrupt(self) -> None:
        """Stop what is at work."""
        with self._lock:
            if self._now is not None:
                self._now.interrupted = True

    def skip(self) -> None:
        """Stop the picture that is at work, and go on with the next."""
        with self._lock:
            if self._now is not None:
                self._now.skipped = True

    def progress(self) -> dict[str, Any]:
        """How far it is, as the web UI tells it."""
        with self._lock:
            now = self._now
        if now is None:
            return _told(0.0, 0.0, Shot(0, 0))
        done = min(1.0, 0.01 + now.number / now.count)
        spent = time.monotonic() - now.began
        return _told(done, spent / done - spent, now)


def _told(done: float, left_s: float, now: Shot) -> dict[str, Any]:
    state = {
        "skipped": now.skipped,
        "interrupted": now.interrupted,
        "stopping_generation": now.interrupted,
        "job": "img2img" if now.count else "",
        "job_count": now.count,
        "job_timestamp": "0",
        "job_no": now.number,
        "sampling_step": 0,
        "sampling_steps": now.sampling_steps,
    }
    return {"progress": done, "eta_relative": left_s, "state": state, "current_image": None, "textinfo": None}


def offered() -> list[str]:
    """The engines that clients of other dialects can choose: those that work here and do the work themselves.

    An engine that asks another server would need an address, and might be asked by that very server.
    """
    remote = {card.name for card in engines.cards(engines.INPAINT) if card.remote}
    return [name for name, reason in engines.available().items() if not reason and name not in remote]
