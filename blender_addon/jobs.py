"""A job from Blender's side: a server found or started, and the work in a thread that tells the main one.

Nothing here touches `bpy`: a worker thread does the talking and tells the main thread by small messages, because
Blender's data may be touched by its main thread alone. The same function serves the command line, without a thread.
"""

import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..shared import dreaming, painting, plates, scene_building
from ..shared.client import Client
from ..shared.dream_document import DreamDocument
from ..shared.dreaming import DreamWish
from ..shared.errors import Cancelled, ParallaxError
from ..shared.finishing import Shimmer
from ..shared.gabor.plate_fitting import CellWish, fit_plates
from ..shared.painting import Begun, Canvas, Preparing, Progress, Warned, Wish
from ..shared.project import Project
from ..shared.scene import SceneSpec
from . import begun_jobs, local_server
from .begun_jobs import Note

CANVAS_PX = 256
NOTE_PERIOD_S = 1.0


@dataclass(frozen=True)
class Server:
    """Where to paint: the server at `url`, or without one the program `command`, started when it is needed."""

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


@dataclass(frozen=True)
class Dreamt:
    """The video of a dream is at `path`: so many `frames` were painted."""

    path: Path
    frames: int


@dataclass(frozen=True)
class Fitted:
    """Wavelets lie beside the plates, in so many parts."""

    parts: int


Message = Progress | Preparing | Warned | Canvas | Failed | Finished | Fitted | Dreamt
Tell = Callable[[Message], None]
Work = Callable[[Tell, Callable[[], bool]], Message]
"""What a thread does: it tells how far it is, looks whether it is to stop, and returns its last message."""


@dataclass(frozen=True)
class Task:
    """What is to be painted, from `picture` into `folder`; `begun` goes on with an earlier job.

    `key` tells this wish from others without reading any picture, for the note that is kept beside the plates.
    """

    project: Project
    picture: Path
    folder: Path
    begun: Begun | None = None
    key: str = ""


def paint(server: Server, task: Task, tell: Tell, stop: Callable[[], bool] = lambda: False) -> Finished:
    """Paint a project's plates, fetch them into its folder, and return the scene to build; Cancelled when stopped."""
    wish = Wish.read(task.project, task.picture)
    note = Note(task.begun.job if task.begun else wish.job, task.key, 0, 0)
    noted_s = -NOTE_PERIOD_S

    def told(message: Progress | Preparing | Warned | Canvas) -> None:
        nonlocal note, noted_s
        tell(message)
        if isinstance(message, Progress) and message.what == "step":
            note = replace(note, step=message.done, steps=message.of)
            if time.monotonic() - noted_s >= NOTE_PERIOD_S or note.step == note.steps:
                begun_jobs.write(task.folder, note)
                noted_s = time.monotonic()

    with connected(server) as client:
        try:
            painted = painting.paint(
                client, wish, task.folder, told, lambda: stop() or _gone(server), task.begun, CANVAS_PX
            )
        except ParallaxError as e:
            if _gone(server) and not (stop() and isinstance(e, Cancelled)):
                raise _died("Generate") from e
            raise
        finally:
            if note.steps:
                begun_jobs.write(task.folder, note)
    spec = scene_building.build(painted.project, painted.plan, painted.manifest)
    return Finished(spec, painted.project, task.folder)


@contextmanager
def connected(server: Server) -> Iterator[Client]:
    """A client of a server; one of our own is started if it does not run."""
    url, token = server.url, server.token
    if not url:
        process = local_server.connect(server.command, server.stores).process
        url, token = process.url, process.token
    with Client(url, token) as client:
        yield client


def _gone(server: Server) -> bool:
    return not server.url and local_server.running() is None


def _died(button: str) -> ParallaxError:
    return ParallaxError(
        "The server has ended in the middle of the job.",
        f"{button} starts it again and goes on where it was; the add-on's preferences show its log.",
        "server_ended",
    )


@dataclass(frozen=True)
class DreamTask:
    """What is to be dreamt of which sound, out of which picture if any, into the folder of the scene's dreams."""

    document: DreamDocument
    sound: Path
    folder: Path
    picture: Path | None = None


def dream(server: Server, task: DreamTask, tell: Tell, stop: Callable[[], bool] = lambda: False) -> Dreamt:
    """Dream, and fetch the video into the folder of the task; Cancelled when stopped."""
    wish = DreamWish.read(task.document, task.sound, task.picture)
    written = hashlib.sha256(json.dumps([wish.job, task.document.to_json()], sort_keys=True).encode()).hexdigest()
    path = task.folder / f"{task.sound.stem} {written[:8]}{dreaming.suffix(task.document)}"
    with connected(server) as client:
        try:
            info = dreaming.dream(client, wish, path, tell, lambda: stop() or _gone(server), CANVAS_PX)
        except ParallaxError as e:
            if _gone(server) and not (stop() and isinstance(e, Cancelled)):
                raise _died("Dream") from e
            raise
    return Dreamt(path, info.steps)


def fit_wavelets(
    server: Server, folder: Path, shimmers: tuple[Shimmer, ...], tell: Tell, stop: Callable[[], bool] = lambda: False
) -> Fitted:
    """Have wavelets fitted to the plates in a folder for the layers that shimmer; Cancelled when stopped."""
    manifest = plates.load(folder)
    with connected(server) as client:

        def fit(paths: tuple[Path, ...], wish: CellWish) -> str:
            return client.wavelets([path.read_bytes() for path in paths], wish)

        told = lambda done, of: tell(Progress("part", done, of))  # noqa: E731
        try:
            return Fitted(fit_plates(folder, manifest, shimmers, fit, told, stop))
        except ParallaxError as e:
            if _gone(server) and not isinstance(e, Cancelled):
                raise _died("Fit Wavelets") from e
            raise
        except OSError as e:
            raise ParallaxError(f"The plates in {folder} cannot be read: {e}.", "Generate again.") from e


class Worker:
    """Work in a thread of its own. Its `messages` end with a Failed, Finished, Fitted or Dreamt."""

    def __init__(self, work: Work) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stop = threading.Event()
        # a daemon, so that quitting Blender never waits for it; its server ends with Blender
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Work) -> None:
        try:
            last: Message = work(self.messages.put, self._stop.is_set)
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
