"""Turns at work that a request waits for: a few at one time, a few more in line, whoever comes beyond is sent away.

Decoding and cutting a large picture takes seconds of every core and a gigabyte, and a server answers many requests at
once. Letting them all begin was the other road: each would take as long as all of them, and the memory be gone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..shared.errors import ParallaxError


class Turns:
    """`at_once` turns at one time; `waiting` more requests may stand in line, each for `longest_s` at most."""

    def __init__(self, at_once: int, waiting: int, longest_s: float = 60.0) -> None:
        self._inside = threading.BoundedSemaphore(at_once + waiting)
        self._at_work = threading.BoundedSemaphore(at_once)
        self._longest_s = longest_s

    @contextmanager
    def turn(self, busy: str) -> Iterator[None]:
        """Wait for a turn and hold it; ParallaxError with the sentence `busy` if it does not come."""
        refusal = ParallaxError(busy, "Try again in a moment.", "busy", 503)
        if not self._inside.acquire(blocking=False):
            raise refusal
        try:
            if not self._at_work.acquire(timeout=self._longest_s):
                raise refusal
            try:
                yield
            finally:
                self._at_work.release()
        finally:
            self._inside.release()
