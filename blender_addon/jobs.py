"""A job from Blender's side: a server found or started, and the work in a thread that tells the main one.

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

from ..shared import painting
from ..shared import scene as scenes
from ..shared.client import Client
from ..shared.errors import ParallaxError
from ..shared.painting import Preparing, Progress, Warned, Wish
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
class Failed:
    """The job ended without plates."""

    message: str
    hint: str
    code: str = "failed"


@dataclass(frozen=True)
class Finished:
    """The plates of the settled `project` are in `folder`."""

    spec: SceneSpec
    project: Project
    folder: Path


Message = Progress | Preparing | Warned | Failed | Finished
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
    wish = Wish.read(project, picture)
    with _client(server, wish.job) as client:
        painted = painting.paint(client, wish, folder, tell, stop)
    spec = scenes.build(painted.project, painted.plan, painted.manifest)
    if not server.url:
        shutil.rmtree(server.stores / wish.job, ignore_errors=True)
    return Finished(spec, painted.project, folder)


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
