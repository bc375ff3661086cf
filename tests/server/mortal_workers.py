"""Workers that die, or wait, at a chosen step; each paints with the real step loop."""

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.farm.sending import TurnsHere
from infinite_parallax.inpaint_server.farm.turn import Order, take_turn
from infinite_parallax.inpaint_server.jobs import Job

DEADLINE_S = 30.0


class Mortal(TurnsHere):
    """Turns in threads whose first holders die at a step, or are only thought dead."""

    def __init__(self, deaths: int, step: int = 3, gate: Any = None) -> None:
        super().__init__()
        self.deaths, self.step, self.gate = deaths, step, gate
        self.threads: list[threading.Thread] = []

    def send(self, order: Order, job: Job) -> "Mortal.Sent":
        del job
        sent = Mortal.Sent(self, order, len(self.threads) < self.deaths)
        self.threads.append(sent.thread)
        return sent

    class Sent:
        def __init__(self, farm: "Mortal", order: Order, dies: bool) -> None:
            self.farm, self.order, self.dies = farm, order, dies
            self.thread = threading.Thread(target=self.work)
            self.thread.start()

        def work(self) -> None:
            if self.dies and self.farm.gate:
                take_turn(self.order, loop=self.farm.gate)
            else:
                with contextlib.suppress(Dead):
                    take_turn(self.order, loop=Dying(self.farm.step) if self.dies else step_loop)

        def lost(self, address: str) -> bool:
            assert address == ""
            if self.dies and self.farm.gate:
                return bool(self.farm.gate.reached.is_set())
            return not self.thread.is_alive()

        def drop(self) -> None:
            if not (self.dies and self.farm.gate):
                self.thread.join(DEADLINE_S)


class Dead(BaseException):
    """What a killed worker does not survive; nothing on the way catches it."""


class Dying:
    """The step loop of a worker that is killed at a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def run(self, folder: Path, project: Any, picture: Any, engine: Any, report: Any, *rest: Any) -> Any:
        def deadly(progress: Any) -> None:
            report(progress)
            if progress.step == self.step and not progress.stage:
                raise Dead

        return step_loop.run(folder, project, picture, engine, deadly, *rest)

    def redo(self, folder: Path, step: int) -> None:
        step_loop.redo(folder, step)


class Patient(Dying):
    """The step loop, which waits at a step until somebody wants it to stop; the next time it goes through."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.reached = threading.Event()

    def run(
        self, folder: Path, project: Any, picture: Any, engine: Any, report: Any, cancelled: Any, assets: Any = None
    ) -> Any:
        def waiting(progress: Any) -> None:
            report(progress)
            if progress.step == self.step and not progress.stage and not self.reached.is_set():
                self.reached.set()
                patience = time.monotonic() + DEADLINE_S
                while not cancelled() and time.monotonic() < patience:
                    time.sleep(0.01)

        return step_loop.run(folder, project, picture, engine, waiting, cancelled, assets)
