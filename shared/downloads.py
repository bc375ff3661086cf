"""Files fetched from a server: each under a temporary name first, so that what lies under its own name is whole.

A tile that is there with the right content is not fetched again, so a download that broke off goes on where it was.
Ranges of half a file were the other road: tiles are small, and a part would have to be trusted.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import requests

from .connection import Connection, no_answer
from .errors import ParallaxError
from .plates import Manifest, Tile

_CHUNK = 1 << 16


def fetch(way: Connection, address: str, path: Path, sha256: str = "") -> None:
    """Fetch a file under a temporary name and move it into place; refused if it has not the digest it should.

    The folder is made if it is not there.
    """
    _make_folder(path.parent)
    part, digest = path.with_name(f"{path.name}.part"), hashlib.sha256()
    try:
        with way.send("GET", address, stream=True) as answer, part.open("wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
        if sha256 and digest.hexdigest() != sha256:
            raise ParallaxError(f"The tile {path.name} came over damaged.", "Fetch the plates again.", "damaged_tile")
        part.replace(path)
    except requests.RequestException as e:
        raise no_answer(way.url) from e
    except OSError as e:
        raise ParallaxError(f"{path} cannot be written: {e.strerror}.", "Free disk space or choose another.") from e
    finally:
        part.unlink(missing_ok=True)


def fetch_plates(
    way: Connection, address: Callable[..., str], manifest: Manifest, folder: Path, progress: Callable[[int, int], None]
) -> None:
    """Fetch a manifest's tiles, and then the manifest itself, into `folder`; `address` is that of a part of the job,
    and `progress` is told tiles done and in all."""
    tiles = manifest.files
    _make_folder(folder / "plates")
    for done, tile in enumerate(tiles, 1):
        _fetch_tile(way, address, tile, folder)
        progress(done, len(tiles))
    part = folder / "manifest.json.part"
    part.write_text(json.dumps(manifest.to_json(), indent=1), encoding="utf-8")
    part.replace(folder / "manifest.json")


def _fetch_tile(way: Connection, address: Callable[..., str], tile: Tile, folder: Path) -> None:
    name = tile.file.removeprefix("plates/")
    if tile.file != f"plates/{name}" or "/" in name or "\\" in name or name.startswith("."):
        raise ParallaxError(f"The server names a tile {tile.file!r}, which is no plain file.", "", "protocol")
    path = folder / "plates" / name
    if path.is_file() and _digest(path) == tile.sha256:
        return
    fetch(way, address("tiles", name), path, tile.sha256)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise ParallaxError(f"{folder} cannot be made: {e.strerror}.", "Choose another folder.") from e


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
