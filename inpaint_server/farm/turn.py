"""A turn as the worker does it: claim, fetch, work as a single machine would, carry what comes of it, tell the end.

It is a plain function of plain values, so that any scheduler can send it anywhere. The work itself is a `Sitting` over
a store in a scratch folder; that there are other machines it does not know.
"""

import logging
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ... import __version__
from ...shared.errors import Cancelled, ParallaxError
from .. import refusals, step_loop
from ..events import Events
from ..jobs import JobStore
from ..limits import Limits
from ..sitting import Assignment, Loop, Sitting
from .carrying import Carrier, fetch
from .lease import Held, claim
from .shared_files import open_files

GRANT_S = 60.0
LOOK_EVERY_S = 0.1
LOG_CHARACTERS = 20000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What a worker is sent: which turn of which job, in which store. `version` is the server's."""

    where: str
    job_id: str
    turn: int
    limits: Limits
    version: str = __version__


def take_turn(order: Order, address: str = "", loop: Loop = step_loop) -> str:
    """Do a turn; how it ended, in a word, for logs: what counts is what it has written.

    `address` is the worker's in its farm. Raises OSError if the store cannot be reached.
    """
    files = open_files(order.where)
    held = Held(files, order.job_id, claim(files, order.job_id, order.turn, address))
    if not _granted(held):
        return "not wanted"
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as scratch, _logged() as log_text:
        store = JobStore(Path(scratch))
        folder = store.folder(order.job_id)
        fetch(files, order.job_id, folder)
        job = store.read(order.job_id)
        assignment = Assignment(job, store, Events(1), order.limits, threading.Condition(), held.stopping)
        sitting = Sitting(assignment)
        carrier = Carrier(files, held, assignment, sitting, log_text)
        carrier.brought()
        carrier.carry()
        carrier.start()
        try:
            outcome = refusals.outcome(job.id, partial(_work, order, sitting, loop))
        finally:
            carrier.close()
        if held.lost:
            return "lost"
        ended = None if outcome is None else {**outcome.to_json(), "cancelled": isinstance(outcome, Cancelled)}
        carrier.carry({"error": ended})
    return "finished" if outcome is None else outcome.code


def _work(order: Order, sitting: Sitting, loop: Loop) -> None:
    if order.version != __version__:
        raise ParallaxError(
            f"The server is version {order.version}, this worker version {__version__}.",
            "Install the same version on all machines, then resume the job.",
            "other_version",
        )
    sitting.run(loop)


def _granted(held: Held) -> bool:
    """Wait until the lease names this holder; False once it names another, or nobody for long."""
    patience = time.monotonic() + GRANT_S
    while not held.look():
        if held.lost or time.monotonic() > patience:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


@contextmanager
def _logged() -> Iterator["_Lines"]:
    """What is logged meanwhile."""
    lines = _Lines()
    ours = logging.getLogger(__package__.partition(".")[0])
    before = ours.level
    ours.addHandler(lines)
    ours.setLevel(min(before or logging.INFO, logging.INFO))
    try:
        yield lines
    finally:
        ours.removeHandler(lines)
        ours.setLevel(before)


class _Lines(logging.Handler):
    """Keeps the beginning of what is logged, to be carried as text."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        if len(self._text) < LOG_CHARACTERS:
            self._text += f"{record.levelname} {self.format(record)}\n"

    def __call__(self) -> str:
        return self._text
