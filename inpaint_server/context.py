"""What the routes work with, hung on the Flask application.

Module globals would tie one process to one server; tests start several.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from .access import Access
from .dialects.shots import Shots
from .events import Events
from .farm.sending import Executor
from .jobs import JobStore
from .limits import Limits
from .sitting import Loop
from .turns import Turns
from .worker import Worker

KEY = "infinite_parallax"


@dataclass(frozen=True)
class Config:
    """How a server is set up. `hosts` are names it answers to besides loopback, `origins` pages that may use it.

    `store` is the folder of the jobs; with a `url` they lie there, and the folder holds copies. Without an `executor`
    jobs are worked off in this process.
    """

    store: Path
    token: str
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    loop: Loop | None = None
    url: str = ""
    executor: Executor | None = None


@dataclass(frozen=True)
class Context:
    """The parts of one server. A single picture is painted, or a job judged, in a turn of `painting`; a picture that
    comes in is decoded and looked at in a turn of `looking`. `shots` tells how far the single pictures are."""

    limits: Limits
    access: Access
    store: JobStore
    events: Events
    worker: Worker
    painting: Turns
    looking: Turns
    shots: Shots

    def stop(self) -> None:
        """End the streams, let go of the running job."""
        self.events.close()
        self.worker.stop()


def context() -> Context:
    """The parts of the server that handles the present request."""
    return cast(Context, current_app.extensions[KEY])
