"""Turns on the workers of a Dask scheduler, each on a slot that its worker offers as a resource: `GPU`, or `CPU`.

    dask scheduler
    dask worker tcp://host:8786 --nthreads 1 --resources "GPU=1"

Dask is asked to find a worker and to say whether it is still there; what a job is, how far it is and what it has made
goes through the store. Dask runs a task again whose worker died; that run finds a lease that is not its own and ends,
because which turn counts is the server's to say. A scheduler that is away has no workers: jobs wait until it is back,
and it is looked for again, since Dask's own client gives up for good after some seconds.
"""

import logging
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

from ...shared.errors import ParallaxError
from ...shared.project import Project
from ...shared.wire import DREAM
from ..engines import CAPTION, DEPTH, INPAINT, SEGMENT, cards
from ..jobs import Job
from ..sitting import Assignment
from .turn import Order, take_turn
from .url_files import INSTALL
from .watching import DistantSitting, Lost

GPU, CPU = "GPU", "CPU"
CONNECT_S = 10.0
REACH_S = 1.0
REFRESH_S = 0.5

log = logging.getLogger(__name__)


class DaskExecutor:
    """An executor whose turns the workers of a Dask scheduler take; ParallaxError if there is no scheduler."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client = _client(address)
        self._workers: dict[str, dict[str, float]] = {}
        self._away, self._answered = False, time.monotonic()
        self._closing = threading.Event()
        self._refresh()
        self._thread = threading.Thread(target=self._look, name="farm", daemon=True)
        self._thread.start()

    def room(self, job: Job, at_work: Sequence[Job]) -> bool:
        """Whether one of the slots that a job claims was free half a second ago."""
        slot = self._slot(job)
        slots = sum(int(offered.get(slot, 0)) for offered in self._workers.values())
        return sum(self._slot(other) == slot for other in at_work) < slots

    def there(self, address: str) -> bool:
        """Whether a worker was there half a second ago."""
        return address in self._workers

    def send(self, order: Order, job: Job) -> "_Sent":
        """Hand a turn to the scheduler; older jobs go first. Raises Lost if it went away this very moment."""
        try:
            future = self._client.submit(
                _turn_on_worker,
                order,
                key=f"{order.job_id}-{order.turn}-{time.time_ns()}",
                pure=False,
                priority=-job.order,
                resources={self._slot(job): 1},
            )
        except Exception as e:  # a closed client raises one that no base class tells from others
            self._workers = {}
            raise Lost(f"The scheduler at {self._address} is gone.", "The job waits until it is back.") from e
        return _Sent(self, future)

    def sitting(self, assignment: Assignment) -> DistantSitting:
        """The sitting of a job whose turn a worker of the farm takes."""
        return DistantSitting(assignment, self.send)

    def close(self) -> None:
        """Leave the scheduler; its workers stay."""
        self._closing.set()
        self._thread.join()
        self._client.close()

    def _slot(self, job: Job) -> str:
        """What a job claims: a GPU where models work and the farm has any, else the other kind of slot."""
        offered = {kind for slots in self._workers.values() for kind, count in slots.items() if count >= 1}
        models = job.kind == DREAM or has_models(job.parsed_project())
        wanted = (GPU, CPU) if models else (CPU, GPU)
        return next((kind for kind in wanted if kind in offered), wanted[0])

    def _look(self) -> None:
        while not self._closing.wait(REFRESH_S):
            try:
                self._refresh()
            except Exception as e:  # while the scheduler is away its client raises many kinds of errors
                if self._client.status == "closed" or time.monotonic() - self._answered > CONNECT_S:
                    # not at once: a scheduler that is only slow has its workers still
                    self._workers = {}
                if not self._away:
                    log.warning("the scheduler at %s does not answer: %s", self._address, e)
                self._away = True

    def _refresh(self) -> None:
        """See who is there, with a new client if the last one has given up."""
        if self._client.status == "closed":
            host, _, port = self._address.rpartition(":")
            # a client that finds nobody leaves a thread behind
            socket.create_connection((host, int(port)), REACH_S).close()
            self._client = _client(self._address)
        info = self._client.scheduler_info(n_workers=-1)
        if self._client.status != "running":
            raise OSError("the connection is lost")  # what it has told is what it remembers
        self._workers = {address: dict(worker["resources"]) for address, worker in info["workers"].items()}
        if self._away:
            log.info("the scheduler at %s is back", self._address)
        self._away, self._answered = False, time.monotonic()


def _client(address: str) -> Any:
    """A client of the scheduler at an address."""
    try:
        import distributed
    except ImportError as e:
        raise ParallaxError("Dask's distributed is not installed.", INSTALL, "not_installed") from e
    connect: Any = distributed.Client
    try:
        return connect(f"tcp://{address}", timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as e:
        raise ParallaxError(
            f"There is no Dask scheduler at {address}: {e}.", "Start it with `dask scheduler`.", "no_scheduler"
        ) from e


class _Sent:
    """A turn that was handed to the scheduler."""

    def __init__(self, farm: DaskExecutor, future: Any) -> None:
        self._farm, self._future = farm, future
        self._seen = False

    def lost(self, address: str) -> bool:
        """Whether its worker was there and is gone, or its task has ended."""
        there = self._farm.there(address)
        self._seen = self._seen or there
        return (self._seen and not there) or self._future.status != "pending"

    def drop(self) -> None:
        """Take it back, if it has not ended; a scheduler that is away has forgotten it."""
        try:
            self._future.cancel(force=True)
        except Exception as e:  # a closed client raises one that no base class tells from others
            log.info("a turn cannot be taken back: %s", e)


def has_models(project: Project) -> bool:
    """Whether an engine that a project names works with a model of its own."""
    named = {
        INPAINT: project.inpaint.engine,
        DEPTH: project.depth.engine,
        SEGMENT: project.segment.engine,
        CAPTION: project.caption.engine,
    }
    return any(card.name == named[task] and card.model and not card.remote for task in named for card in cards(task))


def _turn_on_worker(order: Order) -> str:
    """`take_turn` as a task."""
    from distributed import get_worker

    return take_turn(order, get_worker().address)
