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
from .ramp import Ramp

SCHEMA = "infinite-parallax/plates"
VERSION = 1


@dataclass(frozen=True)
class Tile:
    """One RGBA tile (straight alpha, 8 bit, PNG), on show from step `first` to step `last`.

    `x`, `y` is its upper left corner in plate coordinates (px; at step 0 plate and canvas coincide); `sha256` is of
    the file's bytes. `opacity` is how opaque it is shown at its first and its last step, linear between: a tile that
    fades is a cover, which lies above the other tiles of its plate. With a `ramp`, in rows of the plate, the rows of
    the tile stand as the screen shows them when the lower edge has moved `home_px`; `x` is the lower edge's. `colours`
    tells how its colours are spread (`colour_cells.py`).
    """

    file: str
    first: int
    last: int
    x: int
    y: int
    width: int
    height: int
    sha256: str
    opacity: tuple[float, float] = (1.0, 1.0)
    ramp: Ramp | None = None
    home_px: float = 0.0
    colours: str = ""

    @property
    def is_cover(self) -> bool:
        """Whether it lies over the other tiles of its plate for a while."""
        return self.opacity != (1.0, 1.0)


@dataclass(frozen=True)
class Plate:
    """The tiles of one layer, in the order of time."""

    index: int
    name: str
    tiles: tuple[Tile, ...]

    @property
    def body(self) -> tuple[Tile, ...]:
        """The tiles that make up the plate; at any step one of them is on show."""
        return tuple(tile for tile in self.tiles if not tile.is_cover)

    @property
    def covers(self) -> tuple[Tile, ...]:
        """The tiles that lie over the others and fade."""
        return tuple(tile for tile in self.tiles if tile.is_cover)


@dataclass(frozen=True)
class ObjectPlate:
    """A thing that was lifted out of the picture: one tile, at its place in the source at step 0.

    It lies directly before layer `layer`, moves by `velocity` (px per step, y down) and is shown `scale` times as
    large about its foot, the middle of the tile's lower edge. Its steps in the frame follow from that; the tile's own
    `first` and `last` are the whole journey's.
    """

    name: str
    layer: int
    velocity: tuple[float, float]
    scale: float
    tile: Tile


@dataclass(frozen=True)
class Manifest:
    """All plates of a job. `steps` are planned, `done` are painted; the picture is `width` x `height` px."""

    width: int
    height: int
    steps: int
    done: int
    plates: tuple[Plate, ...]
    objects: tuple[ObjectPlate, ...] = ()

    @property
    def files(self) -> tuple[Tile, ...]:
        """Every tile of the job."""
        return (*(t for plate in self.plates for t in plate.tiles), *(thing.tile for thing in self.objects))

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
    plates = tuple(Plate(int(p["index"]), str(p["name"]), tuple(_tile(t) for t in p["tiles"])) for p in data["plates"])
    objects = tuple(_object(o) for o in data.get("objects", ()))
    return Manifest(int(data["width"]), int(data["height"]), int(data["steps"]), int(data["done"]), plates, objects)


def _tile(data: Mapping[str, Any]) -> Tile:
    first, last = data.get("opacity", (1.0, 1.0))
    ramp = Ramp(**data["ramp"]) if data.get("ramp") else None
    return Tile(**{**data, "opacity": (float(first), float(last)), "ramp": ramp})


def _object(data: Mapping[str, Any]) -> ObjectPlate:
    vx, vy = data["velocity"]
    velocity, scale = (float(vx), float(vy)), float(data["scale"])
    return ObjectPlate(str(data["name"]), int(data["layer"]), velocity, scale, _tile(data["tile"]))


def load(folder: Path) -> Manifest:
    """The manifest of a folder of plates."""
    path = folder / "manifest.json"
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise ParallaxError(f"{path} cannot be read as a plate manifest: {e}.", "Make the plates again.") from e
