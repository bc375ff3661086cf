"""The store as files under keys, which all machines see: a folder that is mounted everywhere, or anything with a URL.

Few verbs, so that an object store can have all of them: no renaming of folders, no locks, no appending. Every write is
whole or not there. Using fsspec for folders too was the other road: its local files are written in place, and a kill
would leave halves under the right name.
"""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..tile_files import PART, put_bytes

_URL = re.compile(r"[a-z][a-z0-9+.-]+://")


class SharedFiles(Protocol):
    """Files by keys, relative paths with `/`. One that is not there raises FileNotFoundError, other faults OSError."""

    where: str
    """What `open_files` is given on another machine to see the same."""

    def read(self, key: str) -> bytes:
        """The bytes of a file."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files, each of them whole or not at all, in any order."""
        ...

    def keys(self, below: str) -> list[str]:
        """The keys of all files below a key, or the key itself if that is a file, sorted."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a file of this key."""
        ...

    def move(self, keys: Mapping[str, str]) -> None:
        """Give files other keys, those that `keys` leads to; what had one of those is replaced."""
        ...

    def remove(self, below: str) -> None:
        """Delete a file, or all files below a key; none is no fault."""
        ...


class FolderFiles:
    """`SharedFiles` in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.where = str(root.absolute())

    def read(self, key: str) -> bytes:
        """See `SharedFiles`."""
        return (self.root / key).read_bytes()

    def write(self, files: Mapping[str, bytes]) -> None:
        """See `SharedFiles`."""
        for key, data in files.items():
            path = self.root / key
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            put_bytes(path, data)

    def keys(self, below: str) -> list[str]:
        """See `SharedFiles`."""
        if (self.root / below).is_file():
            return [below]
        paths = (Path(folder, name) for folder, _, names in os.walk(self.root / below) for name in names)
        return sorted(path.relative_to(self.root).as_posix() for path in paths if path.suffix != PART)

    def exists(self, key: str) -> bool:
        """See `SharedFiles`."""
        return (self.root / key).is_file()

    def move(self, keys: Mapping[str, str]) -> None:
        """See `SharedFiles`."""
        for key, to in keys.items():
            target = self.root / to
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.root / key).replace(target)

    def remove(self, below: str) -> None:
        """See `SharedFiles`."""
        path = self.root / below
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def is_url(store: str) -> bool:
    """Whether a store is given as a URL (`s3://…`, `memory://…`) and not as a folder."""
    return _URL.match(store) is not None and not store.startswith("file://")


def folder_of(store: str) -> Path:
    """The folder that a store is, given as a path or as `file://`."""
    return Path(store.removeprefix("file://"))


def open_files(where: str) -> SharedFiles:
    """The files of a store; ParallaxError if its kind of URL is unknown or what serves it is not installed."""
    if is_url(where):
        from .url_files import UrlFiles

        return UrlFiles(where)
    return FolderFiles(folder_of(where))
