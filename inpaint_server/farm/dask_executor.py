"""Turns on the workers of a Dask scheduler, each on a slot that its worker offers as a resource: `GPU`, or `CPU`.

    dask scheduler
    dask worker tcp://host:8786 --nthreads 1 --resources "GPU=1"

Dask is asked to find a worker and to say whether it is still there; what a job is, how far it is and what it has made
goes through the store. Dask runs a task again whose worker died; that run finds a lease that is not its own and ends,
because which turn counts is the server's to say.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ...shared.errors import ParallaxError
from ...shared.project import Project
from ...shared.wire import DREAM
from ..engines import CAPTION, DEPTH, INPAINT, SEGMENT, cards
from ..events import Events
from ..jobs import Job, JobStore
from ..limits import Limits
from .turn import Order, take_turn
from .url_files import INSTALL
from .watching import DistantSitting

GPU, CPU = "GPU", "CPU"
CONNECT_S = 10.0
REFRESH_S = 0.5

log = logging.getLogger(__name__)


class DaskExecutor:
    """An executor whose turns the workers of a Dask scheduler take; ParallaxError if there is no scheduler."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError as e:
            raise ParallaxError("Dask's distributed is not installed.", INSTALL, "not_installed") from e
        self._address = f"tcp://{address}"
        try:
            connect: Any = distributed.Client
            self._client = connect(self._address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as e:
            raise ParallaxError(
                f"There is no Dask scheduler at {address}: {e}.", "Start it with `dask scheduler`.", "no_scheduler"
            ) from e
        self._workers: dict[str, dict[str, float]] = {}
        self._closing = threading.Event()
        self._refresh()
        self._thread = threading.Thread(target=self._look, name="farm", daemon=True)
        self._thread.start()

    def room(self) -> int:
        """The slots of all workers as they were half a second ago."""
        return sum(int(slots.get(GPU, 0) + slots.get(CPU, 0)) for slots in self._workers.values())

    def there(self, address: str) -> bool:
        """Whether a worker was there half a second ago."""
        return address in self._workers

    def send(self, order: Order, job: Job) -> "_Sent":
        """Hand a turn to the scheduler; older jobs go first."""
        slot = self._slot(job.kind == DREAM or has_models(job.parsed_project()))
        future = self._client.submit(
            _turn_on_worker,
            order,
            key=f"{order.job_id}-{order.turn}-{time.time_ns()}",
            pure=False,
            priority=-job.order,
            resources={slot: 1},
        )
        return _Sent(self, future)

    def sitting(
        self,
        job: Job,
        store: JobStore,
        events: Events,
        caps: Limits,
        lock: threading.Condition,
        stopping: Callable[[], bool],
    ) -> DistantSitting:
        """The sitting of a job whose turn a worker of the farm takes."""
        return DistantSitting(job, store, events, caps, lock, stopping, self.send)

    def close(self) -> None:
        """Leave the scheduler; its workers stay."""
        self._closing.set()
        self._thread.join()
        self._client.close()

    def _slot(self, models: bool) -> str:
        """What a job claims: a GPU where models work and the farm has any, else the other kind of slot."""
        offered = {kind for slots in self._workers.values() for kind, count in slots.items() if count >= 1}
        wanted = (GPU, CPU) if models else (CPU, GPU)
        return next((kind for kind in wanted if kind in offered), wanted[0])

    def _look(self) -> None:
        while not self._closing.wait(REFRESH_S):
            try:
                self._refresh()
            except Exception:  # while the scheduler is away its client raises many kinds of errors
                log.warning("the scheduler at %s does not answer", self._address)

    def _refresh(self) -> None:
        info = self._client.scheduler_info()
        self._workers = {address: dict(worker["resources"]) for address, worker in info["workers"].items()}


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
        """Take it back, if it has not ended."""
        self._future.cancel(force=True)


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
