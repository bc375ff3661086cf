"""Where jobs are worked off: on this machine, as ever, or by a farm that takes turns.

An executor is asked two things: whether a job has room beside those at work, and for its sitting. Everything else, the
queue, the records, cancelling, is the worker's and the same for all. Handing the whole queue to the farm's scheduler
was the other road; it would own the order of jobs, and lose it when it is started anew.
"""

import threading
from collections.abc import Sequence
from typing import Protocol

from ...shared.errors import UsageError
from ..engines.contract import RGB
from ..jobs import Job
from ..sitting import Assignment, Loop, Sitting
from .turn import Order, take_turn
from .watching import DistantSitting, SentTurn

DASK = "dask://"


class AnySitting(Protocol):
    """A job at work, here or elsewhere; `canvas` is the frame as last seen, if it is at hand."""

    canvas: RGB | None

    def run(self, loop: Loop) -> None:
        """Work until the end; raises what stops it."""
        ...


class Executor(Protocol):
    """Where jobs are worked off."""

    def room(self, job: Job, at_work: Sequence[Job]) -> bool:
        """Whether a job may begin now, beside those at work; told at once, without waiting for anybody."""
        ...

    def sitting(self, assignment: Assignment) -> AnySitting:
        """The sitting of a job, which has not begun."""
        ...

    def close(self) -> None:
        """Let go of the farm."""
        ...


class Here:
    """One job at a time, in this process: the default."""

    sitting = Sitting

    def room(self, job: Job, at_work: Sequence[Job]) -> bool:  # noqa: ARG002
        """For one: the step loop uses every core by itself, and two of them would only take twice the memory."""
        return not at_work

    def close(self) -> None:
        """Nothing is held."""


class TurnsHere:
    """Turns in threads of this process: how one machine works on a store that lies elsewhere."""

    def __init__(self, room: int = 1, loop: Loop | None = None) -> None:
        self._room, self._loop = room, loop

    def room(self, job: Job, at_work: Sequence[Job]) -> bool:  # noqa: ARG002
        """For as many as it was made for."""
        return len(at_work) < self._room

    def send(self, order: Order, job: Job) -> SentTurn:  # noqa: ARG002
        """Begin a turn in a thread."""
        return _Thread(order, self._loop)

    def sitting(self, assignment: Assignment) -> AnySitting:
        """The sitting of a job whose turn another thread takes."""
        return DistantSitting(assignment, self.send)

    def close(self) -> None:
        """Nothing is held: turns end with their sittings."""


class _Thread:
    def __init__(self, order: Order, loop: Loop | None) -> None:
        with_loop = {} if loop is None else {"loop": loop}
        self._thread = threading.Thread(target=take_turn, args=(order,), kwargs=with_loop, name="turn", daemon=True)
        self._thread.start()

    def lost(self, address: str) -> bool:  # noqa: ARG002
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    def drop(self) -> None:
        """Wait for its end; that it is not wanted any more the lease has told it."""
        self._thread.join()


def executor(name: str, elsewhere: bool) -> Executor:
    """The executor of a name: "" is this process, `dask://host:port` a scheduler of Dask. `elsewhere` tells that the
    store is behind a URL."""
    if name.startswith(DASK):
        from .dask_executor import DaskExecutor

        return DaskExecutor(name.removeprefix(DASK))
    if name:
        raise UsageError(f"There is no executor {name[:80]!r}.", f"Give {DASK}host:port, or none.")
    return TurnsHere() if elsewhere else Here()
