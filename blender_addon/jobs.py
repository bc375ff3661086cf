"""A job from Blender's side: a server found or started, the picture sent, the steps watched, the plates fetched.

Nothing here touches `bpy`: a worker thread does the talking and tells the main thread by small messages, because
Blender's data may be touched by its main thread alone. The same function serves the command line, without a thread.
A server that is started for a job keeps its store in the job's own folder, so that the same job, asked for again
after a crash, goes on where it was.
"""

import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..shared import scene as scenes
from ..shared import wire
from ..shared.client import Client
from ..shared.errors import Cancelled, ParallaxError
from ..shared.identity import job_id, painted_part
from ..shared.plan import plan
from ..shared.project import Project
from ..shared.scene import SceneSpec
from ..shared.server_process import ServerProcess


@dataclass(frozen=True)
class Server:
    """Where to paint: the server at `url`, or without one the program `command`, started for this job."""

    url: str
    token: str
    command: tuple[str, ...]
    stores: Path


@dataclass(frozen=True)
class Progress:
    """So many of so many are done, of `what`."""

    what: str
    done: int
    of: int


@dataclass(frozen=True)
class Warned:
    """A sentence that a person should read; the job goes on."""

    message: str


@dataclass(frozen=True)
class Failed:
    """The job ended without plates."""

    message: str
    hint: str
    code: str = "failed"


@dataclass(frozen=True)
class Finished:
    """The plates are in `folder`."""

    spec: SceneSpec
    folder: Path


Message = Progress | Warned | Failed | Finished
Tell = Callable[[Message], None]


def paint(
    server: Server,
    project: Project,
    picture: Path,
    folder: Path,
    tell: Tell,
    stop: Callable[[], bool] = lambda: False,
) -> Finished:
    """Paint a project's plates, fetch them into `folder`, and return the scene to build; Cancelled when stopped."""
    try:
        data = picture.read_bytes()
    except OSError as e:
        raise ParallaxError(f"{picture} cannot be read: {e.strerror}.", "Choose another picture.") from e
    job = job_id(project, data, __version__)
    with _client(server, job) as client:
        info = client.create_job(painted_part(project), data, job)
        if info.state in (wire.FAILED, wire.CANCELLED):
            info = client.resume(job)
        info = _watch(client, info, tell, stop)
        manifest = client.download_plates(job, folder, _fetched(tell, stop))
    spec = scenes.build(project, plan(project, info.width, info.height), manifest)
    if not server.url:
        shutil.rmtree(server.stores / job, ignore_errors=True)
    return Finished(spec, folder)


@contextmanager
def _client(server: Server, job: str) -> Iterator[Client]:
    if server.url:
        with Client(server.url, server.token) as client:
            yield client
        return
    store = server.stores / job
    store.mkdir(parents=True, exist_ok=True)
    command = [*server.command, "--port", "0", "--store", str(store)]
    with ServerProcess(command, log=store / "server.log") as process, Client(process.url, process.token) as client:
        yield client


def _watch(client: Client, info: wire.JobInfo, tell: Tell, stop: Callable[[], bool]) -> wire.JobInfo:
    tell(Progress("step", info.step, info.steps))
    for event in client.events(info.id, stop):
        if event.kind == wire.PROGRESS:
            tell(Progress("step", event.data["step"], event.data["steps"]))
        elif event.kind == wire.WARNING:
            tell(Warned(event.data["message"]))
        elif event.kind == wire.STATE:
            info = wire.job_info(event.data)
    if stop():
        if not info.ended:
            client.cancel(info.id)
        raise Cancelled()
    if info.state != wire.SUCCEEDED:
        error = info.error or {"error": f"The job was {info.state}.", "hint": "Generate again to go on."}
        raise ParallaxError(error["error"], error.get("hint", ""), error.get("code", "failed"))
    return info


def _fetched(tell: Tell, stop: Callable[[], bool]) -> Callable[[int, int], None]:
    def progress(done: int, of: int) -> None:
        if stop():
            raise Cancelled()
        tell(Progress("tile", done, of))

    return progress


class Worker:
    """A job in a thread of its own. The main thread reads `messages` until a Failed or Finished comes."""

    def __init__(self, server: Server, project: Project, picture: Path, folder: Path) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stop = threading.Event()
        # a daemon, so that quitting Blender never waits for it; its server ends with Blender
        self._thread = threading.Thread(target=self._run, args=(server, project, picture, folder), daemon=True)
        self._thread.start()

    def _run(self, server: Server, project: Project, picture: Path, folder: Path) -> None:
        try:
            last: Message = paint(server, project, picture, folder, self.messages.put, self._stop.is_set)
        except ParallaxError as e:
            last = Failed(e.message, e.hint, e.code)
        except BaseException as e:
            self.messages.put(Failed(f"The program has a fault: {e!r}.", "See Blender's console.", "defect"))
            raise
        self.messages.put(last)

    def stop(self) -> None:
        """Ask the job to end."""
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end."""
        self._thread.join(timeout_s)
