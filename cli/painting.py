"""Painting by the server: start one or use one that runs, hand it the job, watch it, fetch the plates.

A job's id follows from its picture and its project, so that the same command, run again after a power cut, finds the
same job in its store and goes on. The server that this starts listens on loopback, lives as long as the command, and
has a store of its own, so that two commands never wait for each other.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import __version__
from ..shared import wire
from ..shared.client import Client, read_token
from ..shared.errors import ParallaxError
from ..shared.identity import job_id, painted_part
from ..shared.plates import Manifest
from ..shared.project import Project
from ..shared.server_process import ServerProcess
from .environments import user_data_folder
from .progress import bar


def paint(
    project: Project, picture: Path, folder: Path, server: str | None = None, token: Path | None = None
) -> Manifest:
    """Paint a project's plates and fetch them into `folder`."""
    data = picture.read_bytes()
    job = job_id(project, data, __version__)
    folder.mkdir(parents=True, exist_ok=True)
    if server is not None:
        with Client(server, read_token(token) if token else "") as client:
            try:
                return _paint(client, job, project, data, folder)
            except KeyboardInterrupt:
                client.cancel(job)
                raise
    store = user_data_folder() / "jobs" / job
    with own_server(store) as client:
        manifest = _paint(client, job, project, data, folder)
    shutil.rmtree(store, ignore_errors=True)
    return manifest


@contextmanager
def own_server(store: Path) -> Iterator[Client]:
    """A server for this command alone."""
    store.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "infinite_parallax.inpaint_server", "--port", "0", "--store", str(store)]
    with ServerProcess(command, log=store / "server.log") as server, Client(server.url, server.token) as client:
        yield client


def _paint(client: Client, job: str, project: Project, data: bytes, folder: Path) -> Manifest:
    info = client.create_job(painted_part(project), data, job)
    if info.state in (wire.FAILED, wire.CANCELLED):
        info = client.resume(job)
    _watch(client, info)
    with bar("fetch", None, "tile") as shown:

        def count(done: int, total: int) -> None:
            shown.total, shown.n = total, done
            shown.refresh()

        return client.download_plates(job, folder, count)


def _watch(client: Client, info: wire.JobInfo) -> None:
    """Show a job's progress until it ends; a failure becomes the server's own sentence."""
    with bar("paint", info.steps, "step") as shown:
        for event in client.events(info.id):
            if event.kind == wire.PROGRESS:
                shown.update(event.data["step"] - shown.n)
            elif event.kind == wire.WARNING:
                shown.write(f"Note: {event.data['message']}", file=sys.stderr)
            elif event.kind == wire.STATE:
                info = wire.job_info(event.data)
        shown.update(info.step - shown.n)
    if info.state != wire.SUCCEEDED:
        raise _failure(info.error, info.state)


def _failure(error: dict[str, Any] | None, state: str) -> ParallaxError:
    if error is None:
        return ParallaxError(f"The job was {state}.", "Run the same command again to go on.")
    return ParallaxError(error["error"], error.get("hint", ""), error.get("code", "failed"))
