"""The plate manifest: which tiles a finished (or growing) plate consists of, as plain data beside the PNG files.

A tile carries the steps during which it is on show, so that a scene can be built from the manifest and the plan
alone, without opening one picture. The other road, one endless picture per layer, meets the texture limit of every
graphics card after a few hundred steps.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .errors import ParallaxError

SCHEMA = "infinite-parallax/plates"
VERSION = 1


@dataclass(frozen=True)
class Tile:
    """One RGBA tile (straight alpha, 8 bit, PNG), on show from step `first` to step `last`.

    `x`, `y` is its upper left corner in plate coordinates (px; at step 0 plate and canvas coincide); `sha256` is of
    the file's bytes.
    """

    file: str
    first: int
    last: int
    x: int
    y: int
    width: int
    height: int
    sha256: str


@dataclass(frozen=True)
class Plate:
    """The tiles of one layer, in the order of time."""

    index: int
    name: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Manifest:
    """All plates of a job. `steps` are planned, `done` are painted; the picture is `width` x `height` px."""

    width: int
    height: int
    steps: int
    done: int
    plates: tuple[Plate, ...]

    @property
    def complete(self) -> bool:
        """Whether every planned step is painted."""
        return self.done >= self.steps

    def to_json(self) -> dict[str, Any]:
        """The document as written to disk and sent over HTTP."""
        return {"schema": SCHEMA, "version": VERSION, **asdict(self)}


def from_json(data: Mapping[str, Any]) -> Manifest:
    """A manifest out of its document."""
    if data.get("schema") != SCHEMA or data.get("version") != VERSION:
        raise ParallaxError(
            f"This is no plate manifest of version {VERSION}: {data.get('schema')!r}, {data.get('version')!r}.",
            "Make the plates again with this version of the program.",
        )
    plates = tuple(Plate(int(p["index"]), str(p["name"]), tuple(Tile(**t) for t in p["tiles"])) for p in data["plates"])
    return Manifest(int(data["width"]), int(data["height"]), int(data["steps"]), int(data["done"]), plates)


def load(folder: Path) -> Manifest:
    """The manifest of a folder of plates."""
    path = folder / "manifest.json"
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ParallaxError(f"{path} cannot be read as a plate manifest: {e}.", "Make the plates again.") from e
