"""A store behind a URL, by fsspec: S3 and what speaks like it, Google's and Microsoft's stores, SFTP, memory.

Credentials and addresses are those of the environment (`AWS_ACCESS_KEY_ID`, `FSSPEC_S3_ENDPOINT_URL`, …), on the
server's machine and on every worker's: a URL travels in jobs and logs, and a key must not. A client of S3 alone was
the other road; it is one of many.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ...shared.errors import ParallaxError, UsageError

T = TypeVar("T")
INSTALL = "pip install 'infinite-parallax[farm]'"


class UrlFiles:
    """`SharedFiles` below a URL."""

    def __init__(self, url: str) -> None:
        self.where = url
        try:
            import fsspec
        except ImportError as e:
            raise ParallaxError(f"The store {url} needs fsspec.", INSTALL, "not_installed") from e
        try:
            # other machines write too, so nothing that was listed before may be believed
            self._fs, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except ImportError as e:
            raise ParallaxError(f"The store {url} cannot be opened: {e}.", INSTALL, "not_installed") from e
        except ValueError as e:
            raise UsageError(f"The store {url} cannot be opened: {e}.", "Give a folder, or a URL of fsspec.") from e
        self._root = str(path).rstrip("/")

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}".rstrip("/")

    def _asked(self, ask: Callable[[], T]) -> T:
        """What `ask` answers; every fault of the store as OSError, whatever its library calls it."""
        try:
            return ask()
        except OSError:
            raise
        except asyncio.CancelledError as e:
            raise OSError(f"the store {self.where} was closed") from e
        except Exception as e:  # each kind of store has exceptions of its own
            raise OSError(f"the store {self.where} failed: {e}") from e

    def read(self, key: str) -> bytes:
        """See `SharedFiles`."""
        data: bytes = self._asked(lambda: self._fs.cat_file(self._path(key)))
        return data

    def write(self, files: Mapping[str, bytes]) -> None:
        """See `SharedFiles`."""
        named: dict[str, Any] = {self._path(key): data for key, data in files.items()}
        if not named:
            return
        try:
            self._asked(lambda: self._fs.pipe(named))
        except FileNotFoundError:
            # stores with real folders want them made first
            for path in named:
                self._asked(lambda path=path: self._fs.makedirs(path.rpartition("/")[0], exist_ok=True))  # type: ignore[misc]
            self._asked(lambda: self._fs.pipe(named))

    def keys(self, below: str) -> list[str]:
        """See `SharedFiles`."""
        try:
            found = self._asked(lambda: self._fs.find(self._path(below)))
        except FileNotFoundError:
            return []
        start = len(self._fs._strip_protocol(self._root)) + 1
        return sorted(path[start:] for path in found)

    def exists(self, key: str) -> bool:
        """See `SharedFiles`."""
        return bool(self._asked(lambda: self._fs.isfile(self._path(key))))

    def move(self, keys: Mapping[str, str]) -> None:
        """See `SharedFiles`."""
        if keys:
            old, new = [self._path(key) for key in keys], [self._path(key) for key in keys.values()]
            self._asked(lambda: self._fs.copy(old, new))
            self._asked(lambda: self._fs.rm(old))

    def remove(self, below: str) -> None:
        """See `SharedFiles`."""
        try:
            if self._asked(lambda: self._fs.exists(self._path(below))):
                self._asked(lambda: self._fs.rm(self._path(below), recursive=True))
        except FileNotFoundError:
            pass
