"""The journal: what every step painted, one file per step, and the engine's state where it changed.

A step's record holds the painted pixels of every layer and nothing else, so writing it costs as much as the new
picture is large; resuming plays the records back through the very code that made the plates the first time, which
is why a resumed job ends with the same bytes, and redoing from step k is deleting the records from k on. Snapshots
of the whole state at every step were the other road: two hundred times the bytes, and a second way to rebuild.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..shared.errors import ParallaxError
from . import array_files
from .engines.contract import Mask, Rect
from .tile_files import write_bytes

Bool = NDArray[np.bool_]
State = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Piece:
    """What one step set on one plate: the pixels `which` [h, w] of a rectangle, and their values.

    `values` uint8 [n, 3] are colours; [n, 4], for a layer with a contour, colours and straight alpha.
    """

    layer: int
    rect: Rect
    which: Bool
    values: NDArray[np.uint8]

    def picture(self) -> NDArray[np.uint8]:
        """The rectangle [h, w, 3 or 4]; 0 where nothing was set."""
        shape = (*self.which.shape, self.values.shape[1])
        if len(self.values) == self.which.size:
            return self.values.reshape(shape)
        pixels = np.zeros(shape, np.uint8)
        pixels[self.which] = self.values
        return pixels


@dataclass(frozen=True)
class Record:
    """One step: its pieces, the engine that painted it, the state it left, and the mask if the next step needs it;
    `caption` is what the canvas was last seen to show, if it was interrogated."""

    step: int
    engine: str
    pieces: Sequence[Piece]
    state: State = field(default_factory=dict)
    mask: Mask | None = None
    caption: str | None = None


class Damaged(ParallaxError):
    """A step's file is there and cannot be read: what a power cut leaves."""

    def __init__(self, step: int, why: Exception) -> None:
        super().__init__(f"What step {step} painted cannot be read ({why}); it is painted again, with all that follow.")


class Journal:
    """The records of a job, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._saved: dict[str, State] = {}

    def begin(self, run: Mapping[str, Any]) -> None:
        """Tie the journal to a run; a folder that belongs to another run is refused."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "run.json"
        if not path.exists():
            write_bytes(path, json.dumps(run, indent=1).encode())
        elif json.loads(path.read_text(encoding="utf-8")) != json.loads(json.dumps(run)):
            raise ParallaxError(
                "The steps in this folder belong to another picture, or to other layers, velocities, tiles or masks.",
                "Start a new job for the changed project.",
                code="other_run",
                status=409,
            )

    def path(self, step: int) -> Path:
        """The file of a step."""
        return self.folder / f"{step:07d}.step"

    def done(self) -> int:
        """The last step up to which every record is there."""
        step = 0
        while self.path(step + 1).exists():
            step += 1
        return step

    def write(self, record: Record) -> None:
        """Keep a step. Of the engine's state only what changed since the last record is written."""
        arrays: State = {"engine": np.array(record.engine)}
        places = [(p.layer, *(getattr(p.rect, f.name) for f in fields(Rect))) for p in record.pieces]
        arrays["places"] = np.array(places, np.int64).reshape(-1, 1 + len(fields(Rect)))
        for number, piece in enumerate(record.pieces):
            if len(piece.values) < piece.which.size:
                arrays[f"which/{number}"] = np.packbits(piece.which)
            arrays[f"values/{number}"] = piece.values
        saved = self._saved.setdefault(record.engine, {})
        for key, value in record.state.items():
            before = saved.get(key)
            if before is not value and (before is None or not np.array_equal(before, value)):
                arrays[f"state/{key}"] = value
            saved[key] = value
        if record.mask is not None:
            arrays["mask"] = record.mask
        if record.caption is not None:
            arrays["caption"] = np.array(record.caption)
        write_bytes(self.path(record.step), array_files.pack(arrays))

    def state(self, engine: str) -> State:
        """The latest state of an engine in the records read and written so far."""
        return dict(self._saved.get(engine, {}))

    def read(self, step: int) -> Record:
        """A step as it was kept; `state` holds only what had changed."""
        path = self.path(step)
        try:
            return self._record(step, array_files.unpack(path.read_bytes()))
        except (OSError, ValueError, KeyError) as e:
            raise Damaged(step, e) from e

    def _record(self, step: int, arrays: State) -> Record:
        state = {k.removeprefix("state/"): v for k, v in arrays.items() if k.startswith("state/")}
        engine = str(arrays["engine"])
        self._saved.setdefault(engine, {}).update(state)
        pieces = [_piece(arrays, number, place) for number, place in enumerate(arrays["places"].tolist())]
        caption = str(arrays["caption"]) if "caption" in arrays else None
        return Record(step, engine, pieces, state, arrays.get("mask"), caption)

    def drop(self, step: int) -> None:
        """Forget `step` and everything after it, the last one first, so that a stop in between leaves no gap."""
        paths = sorted(p for p in self.folder.glob("*.step") if p.stem.isdigit() and int(p.stem) >= step)
        for path in reversed(paths):
            path.unlink()


def _piece(arrays: State, number: int, place: list[int]) -> Piece:
    layer, rect = place[0], Rect(*place[1:])
    which = np.ones((rect.height, rect.width), np.bool_)
    if f"which/{number}" in arrays:
        bits = np.unpackbits(arrays[f"which/{number}"], count=which.size)
        which = bits.astype(np.bool_).reshape(which.shape)
    values = arrays[f"values/{number}"]
    if len(values) != np.count_nonzero(which):
        raise ValueError(f"{len(values)} values for {np.count_nonzero(which)} pixels")
    return Piece(layer, rect, which, values)
