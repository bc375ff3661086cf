"""What a worker makes, carried into the store while it works.

A thread beside the work looks every half second what is new in the worker's own folder and writes it under the turn's
name: steps and tiles as they are finished, the manifest after the tiles that it names, and last the record of the job,
which is also the sign of life. Writing straight into the store was the other road: a step of the walk takes some
milliseconds, a file on the other side of a network ten times as long.
"""

import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..pictures import encode_png
from ..sitting import Assignment, Sitting
from ..tile_files import PART, put_bytes
from .lease import Held, folder
from .shared_files import SharedFiles

MANIFEST = "run/manifest.json"
EVERY_S = 0.5
SHOW_EVERY_S = 2.0
SHOW_SHARE = 10
"""A preview that takes long to write waits ten times as long for the next one."""
SILENCE_S = 60.0
"""A worker that has not reached the store for so long stops, and one that has not been heard of for so long is lost."""
AT_ONCE, AT_ONCE_BYTES = 64, 2**25
"""Files, and bytes unless one file alone has more, that are read into memory for one write."""

log = logging.getLogger(__name__)


class Carrier:
    """Carries a sitting's folder into the store until it is closed."""

    def __init__(
        self, files: SharedFiles, held: Held, assignment: Assignment, sitting: Sitting, log_text: Callable[[], str]
    ) -> None:
        self._files, self._held, self._sitting, self._log_text = files, held, sitting, log_text
        self._job = assignment.job
        self._root = assignment.store.folder(self._job.id)
        self._to = folder(self._job.id, held.holder)
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
        manifest = self._root / MANIFEST
        # as it is before the tiles are looked for: it must not name one that is not carried yet
        named = manifest.read_bytes() if manifest.exists() else None
        here = self._files_here()
        new = {key: seen for key, seen in here.items() if self._there.get(key) != seen and key != MANIFEST}
        for part in batches({key: size for key, (_, size) in new.items()}):
            self._files.write({f"{self._to}/{key}": (self._root / key).read_bytes() for key in part})
            self._there |= {key: new[key] for key in part}
        if named is not None:
            self._files.write({f"{self._to}/{MANIFEST}": named})
        self._show(ended is not None)
        self._beat(hashlib.sha256(named).hexdigest() if named is not None else "", ended)

    def _files_here(self) -> dict[str, tuple[int, int]]:
        """The files that the work has made so far, and by what a change of each would be seen."""
        return dict(sorted(found for below in ("run", "attached") for found in _seen(self._root / below, below)))

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


def _seen(folder: Path, key: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The keys of the files in a folder, whose own key is given, and the time and size of each.

    A long job has a file for each step, and all are looked at twice a second; by `Path.rglob` that takes ten times
    as long.
    """
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        below = f"{key}/{entry.name}"
        if entry.is_dir():
            yield from _seen(Path(entry.path), below)
        elif not entry.name.endswith(PART):
            seen = entry.stat()
            yield below, (seen.st_mtime_ns, seen.st_size)


def batches(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Keys of files of so many bytes, in their order, as many together as are written at once."""
    batch: list[str] = []
    held = 0
    for key, size in sizes.items():
        if batch and (len(batch) == AT_ONCE or held + size > AT_ONCE_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(key)
        held += size
    if batch:
        yield batch


def fetch(files: SharedFiles, job_id: str, root: Path) -> None:
    """Bring a job as it stands in the store into a folder: what it is, what came with it, and its last checkpoint."""
    for key in files.keys(job_id):
        name = key.removeprefix(f"{job_id}/")
        if name.startswith(("run/", "attached/")) or name in ("job.json", "picture.png", "source"):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            put_bytes(path, files.read(key))
