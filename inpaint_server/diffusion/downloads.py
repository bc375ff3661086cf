"""How far the download of a model is, told while the libraries fetch it.

They draw bars on a terminal that nobody sees. What lies in the hub's cache tells the same, whatever fetches it; so a
thread looks there every few seconds. Fetching the files here, one by one, was the other road: which of a repository's
files a pipeline needs is diffusers' own knowledge.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_S = 3.0
LEAST_BYTES = 10 * 2**20
"""Growth that is worth a sentence."""


class Growth:
    """A folder that grows; `sentence` says how much has come since the beginning, where that is worth it."""

    def __init__(self, folder: Path, model: str) -> None:
        self._folder, self._model = folder, model
        self._begun = self._told = _size(folder)

    def sentence(self) -> str:
        """How much has come, or "" while nothing new is to be said."""
        now = _size(self._folder)
        if now - self._told < LEAST_BYTES:
            return ""
        self._told = now
        return f"Fetching {self._model}: {(now - self._begun) / 1e9:.2f} GB so far"


@contextmanager
def told(model: str, tell: Callable[[str], None], every_s: float = EVERY_S) -> Iterator[None]:
    """While the block runs, tell how much of `model`, a hub id, has come; a local folder is not watched."""
    folder = cache_folder(model)
    if folder is None:
        yield
        return
    growth, ended = Growth(folder, model), threading.Event()

    def watch() -> None:
        while not ended.wait(every_s):
            if sentence := growth.sentence():
                tell(sentence)

    thread = threading.Thread(target=watch, name="download", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def cache_folder(model: str) -> Path | None:
    """Where the hub's cache keeps a model; None for a folder of one's own."""
    if Path(model).expanduser().exists() or model.count("/") != 1:
        return None
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}"


def _size(folder: Path) -> int:
    """Bytes of what came and of what is coming; links, of which the cache is full, count nothing."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += 0 if path.is_symlink() or not path.is_file() else path.stat().st_size
        except OSError:
            continue  # a file that was being fetched has just got its own name
    return total
