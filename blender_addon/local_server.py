"""The one server that this Blender has started, kept between jobs: start it, look at it, end it.

Painting, suggesting layers and asking for the engines all talk to it; it ends with Blender, even with a killed one. A
server for each job was the other road: every question would have cost its start again, and a finished job, whose later
steps one may want painted anew, would have gone with it. Nothing here touches `bpy`.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..shared.client import Client
from ..shared.errors import ParallaxError
from ..shared.server_process import ServerProcess

LOG = "server.log"
MOST_STORES = 8
KEPT_JOBS = 6
"""Finished jobs that stay for another look or a redo; older ones go when a server starts."""


@dataclass(frozen=True)
class Running:
    """A server at work, how it was started, and its folder."""

    process: ServerProcess
    command: tuple[str, ...]
    stores: Path
    store: Path


_lock = threading.Lock()


class _Kept:
    """The one server."""

    running: Running | None = None


def connect(command: Sequence[str], stores: Path) -> Running:
    """The server, started by `command` if none runs, with its jobs in a folder of `stores`. Waits until it is ready."""
    with _lock:
        kept = _Kept.running
        if kept is not None and kept.process.alive() and (kept.command, kept.stores) == (tuple(command), stores):
            return kept
        if kept is not None:
            kept.process.stop()
        _Kept.running = None
        _Kept.running = _start(tuple(command), stores)
        return _Kept.running


def _start(command: tuple[str, ...], stores: Path) -> Running:
    """Start a server on the first folder that no other Blender's server holds."""
    for number in range(MOST_STORES):
        store = stores / f"server{number or ''}"
        try:
            store.mkdir(parents=True, exist_ok=True)
            process = ServerProcess([*command, "--port", "0", "--store", str(store)], log=store / LOG)
        except OSError as e:
            raise ParallaxError(f"{store} cannot be made: {e.strerror}.", "Choose another cache folder.") from e
        except ParallaxError as e:
            if "Another server is at work" in e.message and number < MOST_STORES - 1:
                continue
            raise
        _forget_old(process)
        return Running(process, command, stores, store)
    raise AssertionError("the last folder either serves or raises")


def _forget_old(process: ServerProcess) -> None:
    with Client(process.url, process.token) as client:
        finished = [job for job in client.jobs() if job.state == "succeeded"]
        for job in finished[:-KEPT_JOBS]:
            client.delete(job.id)


def running() -> Running | None:
    """The server, if it runs."""
    return _Kept.running if _Kept.running is not None and _Kept.running.process.alive() else None


def ended_by_itself() -> Running | None:
    """The server, if it has ended without being told to."""
    return _Kept.running if _Kept.running is not None and not _Kept.running.process.alive() else None


def stop() -> bool:
    """End the server; whether there was one. A job at work goes on when it is started again."""
    with _lock:
        was, _Kept.running = _Kept.running, None
        if was is not None:
            was.process.stop()
        return was is not None


def last_lines(stores: Path, count: int = 12) -> list[str]:
    """The end of the newest log below `stores`; empty where there is none."""
    logs = sorted(stores.glob(f"server*/{LOG}"), key=lambda path: path.stat().st_mtime)
    if not logs:
        return []
    return logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
