"""What a worker makes, carried into the store while it works.

A thread beside the work looks every half second what is new in the worker's own folder and writes it under the turn's
name: steps and tiles as they are finished, the manifest after the tiles that it names, and last the record of the job,
which is also the sign of life. Writing straight into the store was the other road: a step of the walk takes some
milliseconds, a file on the other side of a network ten times as long.
"""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..jobs import Job, JobStore
from ..pictures import encode_png
from ..sitting import Sitting
from ..tile_files import write_bytes
from .lease import Held, folder
from .shared_files import PART, SharedFiles

EVERY_S = 0.5
SHOW_EVERY_S = 2.0
SHOW_SHARE = 10
"""A preview that takes long to write waits ten times as long for the next one."""
SILENCE_S = 60.0
"""A worker that has not reached the store for so long stops, and one that has not been heard of for so long is lost."""
AT_ONCE = 64
"""Files that are read into memory for one write."""

log = logging.getLogger(__name__)


class Carrier:
    """Carries a sitting's folder into the store until it is closed."""

    def __init__(
        self, files: SharedFiles, held: Held, store: JobStore, job: Job, sitting: Sitting, log_text: Callable[[], str]
    ) -> None:
        self._files, self._held, self._store, self._job, self._sitting = files, held, store, job, sitting
        self._log_text = log_text
        self._to = folder(job.id, held.holder)
        self._there: dict[str, tuple[int, int]] = {}
        self._beats = 0
        self._shown_step, self._show_after = -1, 0.0
        self._reached = time.monotonic()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="carrier", daemon=True)

    def brought(self) -> None:
        """What lies in the folder now is in the store already."""
        self._there = self._files_here()

    def start(self) -> None:
        """Begin to carry."""
        self._thread.start()

    def close(self) -> None:
        """Stop carrying beside the work."""
        self._closing.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._closing.wait(EVERY_S):
            try:
                self.carry()
            except OSError as e:
                log.warning("the store cannot be reached: %s", e)
                if time.monotonic() - self._reached > SILENCE_S:
                    self._held.lost = True
            if self._held.lost:
                return

    def carry(self, ended: dict[str, object] | None = None) -> None:
        """Write what is new, then the sign of life; nothing if the turn is lost. OSError if the store fails."""
        if not self._held.look():
            return
        self._reached = time.monotonic()
        manifest = self._store.run_folder(self._job.id) / "manifest.json"
        # as it is before the tiles are looked for: it must not name one that is not carried yet
        named = manifest.read_bytes() if manifest.exists() else None
        here = self._files_here()
        new = [key for key, seen in here.items() if self._there.get(key) != seen and key != "run/manifest.json"]
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            self._files.write({f"{self._to}/{key}": (self._root / key).read_bytes() for key in part})
            self._there |= {key: here[key] for key in part}
        if named is not None:
            self._files.write({f"{self._to}/run/manifest.json": named})
        self._show(ended is not None)
        self._beat(hashlib.sha256(named).hexdigest() if named is not None else "", ended)

    @property
    def _root(self) -> Path:
        return self._store.folder(self._job.id)

    def _files_here(self) -> dict[str, tuple[int, int]]:
        """The files that the work has made so far, and by what a change of each would be seen."""
        found = {}
        for below in ("run", "attached"):
            for path in sorted((self._root / below).rglob("*")):
                if path.is_file() and path.suffix != PART:
                    seen = path.stat()
                    found[path.relative_to(self._root).as_posix()] = seen.st_mtime_ns, seen.st_size
        return found

    def _show(self, last: bool) -> None:
        canvas, step = self._sitting.canvas, self._job.step
        now = time.monotonic()
        if canvas is None or step == self._shown_step or (now < self._show_after and not last):
            return
        self._files.write({f"{self._to}/preview.png": encode_png(canvas)})
        spent = time.monotonic() - now
        self._shown_step, self._show_after = step, now + max(SHOW_EVERY_S, SHOW_SHARE * spent)

    def _beat(self, manifest: str, ended: dict[str, object] | None) -> None:
        self._beats += 1
        beat = {
            "beat": self._beats,
            "job": self._job.to_json(),
            "manifest": manifest,
            "shown": self._shown_step,
            "log": self._log_text(),
            "ended": ended,
        }
        self._files.write({f"{self._to}/beat.json": json.dumps(beat).encode()})


def fetch(files: SharedFiles, job_id: str, root: Path) -> None:
    """Bring a job as it stands in the store into a folder: what it is, what came with it, and its last checkpoint."""
    for key in files.keys(job_id):
        name = key.removeprefix(f"{job_id}/")
        if name.startswith(("run/", "attached/")) or name in ("job.json", "picture.png", "source"):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, files.read(key))
