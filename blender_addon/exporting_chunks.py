"""An export by several Blenders beside this one, which stays free for other work.

They render the saved file, or a copy of it as it is now. A thread of its own waits for them; it never touches `bpy`.
Blender's own render job was the other road: it takes one process, and the interface along with it.
"""

import json
import sys
import threading
from pathlib import Path
from typing import Any

import bpy

from ..shared.chunks import rendering, store
from ..shared.chunks.ranges import of_chunk
from ..shared.chunks.rendering import Task
from ..shared.errors import Cancelled, ParallaxError
from ..shared.formats import Export, check_suffix
from . import export, output_settings, passes

BOOT = Path(__file__).absolute().with_name("boot.py")


class InChunks:
    """An export in chunks, from its start until the video is joined; `workers` Blenders, 0 for as many as fit."""

    def __init__(self, scene: Any, wish: Export, path: Path, workers: int) -> None:
        check_suffix(path, wish)
        with export.restored(scene):
            output_settings.configure(scene, of_chunk(wish))  # refuses what this Blender cannot write
        self.path = path
        self.done, self.frames = 0, scene.frame_end - scene.frame_start + 1
        folder = store.folder_of(path)
        blend = _file(folder, path)
        words = ("serve", "--blend", str(blend), "--scene", scene.name, "--wish", json.dumps(store.as_document(wish)))
        program = passes.ffmpeg("What several Blenders render is joined")
        self._task = Task((*command(), *words), path, wish, folder, (blend,), program, workers)
        self._cancelled = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            rendering.render(self._task, self._tell, self._stop)
        except BaseException as e:
            self._error = e

    def _tell(self, what: str, value: Any) -> None:
        if what == "frame":
            self.done, self.frames = value

    def _stop(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled("The export was cancelled.", "Export again: what is rendered is kept.")

    def cancel(self) -> None:
        """Ask the other Blenders to end; `ended` tells when they have."""
        self._cancelled.set()

    @property
    def ended(self) -> bool:
        """Whether all is over, whichever way."""
        return not self._thread.is_alive()

    def step(self) -> None:
        """The others go on by themselves."""

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, or so long."""
        self._thread.join(seconds)

    def finish(self) -> None:
        """End the others if they are still at it; Cancelled or ParallaxError where there is no video."""
        self.cancel()
        self._thread.join()
        if isinstance(self._error, OSError):
            raise ParallaxError(f"{self.path} cannot be written: {self._error.strerror}.", "Choose another folder.")
        if self._error is not None:
            raise self._error


def command() -> tuple[str, ...]:
    """What starts another Blender like this one with our headless entry."""
    if not bpy.app.binary_path:  # the module
        return (sys.executable, str(BOOT))
    return (bpy.app.binary_path, "-b", "--python-exit-code", "1", "--python", str(BOOT), "--")


def _file(folder: Path, path: Path) -> Path:
    """The saved file, or a copy as it is now; what is rendered of a copy is not found again after an end."""
    if unchanged():
        return Path(bpy.data.filepath)
    copy = folder / "scene.blend"
    with export.writing(path):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(copy.resolve()), copy=True, check_existing=False)
    except RuntimeError as e:
        raise ParallaxError(f"{copy} cannot be saved: {e}", "Choose another folder.") from e
    return copy


def unchanged() -> bool:
    """Whether the saved file is what is open. Without an interface Blender does not know, and a script may forget."""
    return bool(bpy.data.filepath) and not bpy.data.is_dirty and not bpy.app.background
