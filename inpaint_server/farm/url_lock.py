"""One server for a store behind a URL: a file that the server at work writes again and again.

An object store knows no locks. Who finds the file watches whether it still changes: then another server is at work;
else that one died, and its place is taken. Two servers that start within the same second find out at their next beat,
and the one whose name the file does not have any more stops.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...shared.errors import ParallaxError
from .shared_files import SharedFiles, open_files

EVERY_S = 2.0
FILE = "server.json"

log = logging.getLogger(__name__)


@contextmanager
def url_locked(url: str, lost: Callable[[], None], every_s: float = EVERY_S) -> Iterator[None]:
    """Hold a store for this process; a second server on it is refused. `lost` is called if another takes it."""
    files = open_files(url)
    name, over = secrets.token_hex(8), threading.Event()
    try:
        if _at_work(files, 2.5 * every_s):
            raise ParallaxError(
                f"Another server is at work on {url}.", "Use that one, stop it, or give another --store.", "locked"
            )
        _write(files, name, 0)
    except OSError as e:
        raise ParallaxError(f"The store {url} cannot be used: {e}.", "Look at its address and key.", "store") from e
    thread = threading.Thread(target=_beat, args=(files, name, over, lost, every_s), name="store", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        try:
            if _name(files) == name:
                files.remove(FILE)
        except OSError as e:
            log.warning("the store cannot be reached, so the next server will wait a moment: %s", e)


def _at_work(files: SharedFiles, watch_s: float) -> bool:
    """Whether the file changes while it is watched."""
    first, until = _read(files), time.monotonic() + watch_s
    while first is not None and time.monotonic() < until:
        time.sleep(watch_s / 10)
        now = _read(files)
        if now != first:
            return now is not None
    return False


def _beat(files: SharedFiles, name: str, over: threading.Event, lost: Callable[[], None], every_s: float) -> None:
    count = 0
    while not over.wait(every_s):
        try:
            if _name(files) != name:
                log.error("another server has taken the store %s; this one stops", files.where)
                lost()
                return
            count += 1
            _write(files, name, count)
        except OSError as e:
            log.warning("the store cannot be reached: %s", e)


def _write(files: SharedFiles, name: str, count: int) -> None:
    files.write({FILE: json.dumps({"name": name, "count": count}).encode()})


def _read(files: SharedFiles) -> bytes | None:
    try:
        return files.read(FILE)
    except FileNotFoundError:
        return None


def _name(files: SharedFiles) -> str:
    data = _read(files)
    return str(json.loads(data)["name"]) if data else ""
