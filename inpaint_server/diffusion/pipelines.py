"""The one pipeline that is loaded, kept between steps and between jobs until another model is wanted.

Loading takes as long as painting many steps, and two models rarely fit on one GPU. So the process keeps one, and
whoever paints with it has it alone: a pipeline holds the state of its scheduler and must not be called twice at once.
One for each engine object was the other road; a job and a single picture would load the same weights twice.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...shared.errors import Cancelled
from .loading import Loaded, free_memory, load
from .options import Wish

POLL_S = 0.2


class Shelf:
    """Room for one loaded pipeline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None

    @contextmanager
    def take(self, wish: Wish, tell: Callable[[str], None], cancelled: Callable[[], bool]) -> Iterator[Loaded]:
        """The pipeline for `wish`, for as long as the block runs; loaded if it is not the one that is here.

        Raises Cancelled while another one has it, ParallaxError if it cannot be loaded.
        """
        while not self._lock.acquire(timeout=POLL_S):
            if cancelled():
                raise Cancelled
        try:
            if self._loaded is None or self._loaded.wish != wish:
                self._release()
                self._loaded = load(wish, tell)
            yield self._loaded
        finally:
            self._lock.release()

    def release(self) -> None:
        """Forget the pipeline, so that its memory is free."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._loaded is not None:
            self._loaded = None
            free_memory()


SHELF = Shelf()
"""The process's own: a GPU belongs to a process, not to a server or a job in it."""
