"""The frames of a dream in a folder: each painted out of the file of the one before, so that a kill changes nothing.

    FOLDER/dream.json        what is dreamt; another dream is refused this folder
    FOLDER/frame_00000.png   the painted frames

Every frame is a function of the sound, the settings and the picture before it, which is read as it was written; going
on after a kill gives the same bytes as if there had been none. A latent handed on in memory was the other road: it
spares the autoencoder's loss, and cannot be looked at or resumed.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared import settings
from ...shared.dream_document import SHOWN
from ...shared.dream_settings import Dream, strength_at, words_at
from ...shared.errors import Cancelled, UsageError
from ...shared.sections import Prompt
from ..pictures import encode_png, read_png
from ..tile_files import whole, write_bytes
from .conditioning import Embedding, Way, between, conditioned
from .slices import Slices

RGB = NDArray[np.uint8]
RECORD = "dream.json"


@dataclass(frozen=True)
class Stroke:
    """One picture to paint: embeddings, size, the picture that it grows out of, if any, and how far from it, 0..1. With
    `hold_colours` the autoencoder's own changes of that picture's colours are taken back."""

    words: Embedding
    negative: Embedding
    width: int
    height: int
    seed: tuple[int, ...]
    before: RGB | None = None
    strength: float = 1.0
    hold_colours: bool = False


class Painter(Protocol):
    """Who paints, as `diffusion.dreaming` does."""

    native_px: int
    grid: int

    def embed(self, prompt: str) -> Embedding:
        """A prompt as the model is told it."""
        ...

    def paint(self, stroke: Stroke) -> RGB:
        """The picture, RGB uint8 [height, width, 3]."""
        ...


@dataclass(frozen=True, eq=False)
class Wish:
    """What is dreamt: the settings, the words over time, the sound, the picture to begin with (RGB uint8 [H, W, 3]),
    and the section of the model's settings."""

    dream: Dream
    sound: Slices
    prompts: Sequence[Prompt] = ()
    picture: RGB | None = None
    model: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What two dreams have to have in common to be the same; how painted frames are joined is not among it."""
        return {
            "dream": {name: value for name, value in settings.write(self.dream).items() if name not in SHOWN},
            "prompts": [asdict(entry) for entry in self.prompts],
            "model": self.model,
            "sound": hashlib.sha256(self.sound.samples.tobytes()).hexdigest(),
            "picture": None if self.picture is None else hashlib.sha256(self.picture.tobytes()).hexdigest(),
        }


class Chain:
    """The frames of a dream in `folder`. UsageError if another dream lies there."""

    def __init__(self, folder: Path, wish: Wish) -> None:
        self.folder, self._wish = folder, wish
        self.count = wish.sound.count
        folder.mkdir(parents=True, exist_ok=True)
        record, path = wish.record(), folder / RECORD
        if path.exists() and path.read_text(encoding="utf-8") != json.dumps(record, indent=1):
            raise UsageError(f"Another dream lies in {folder}.", "Choose another folder, or remove that one.")
        write_bytes(path, json.dumps(record, indent=1).encode())

    def path(self, index: int) -> Path:
        """The file of a painted frame, counted from 0."""
        return self.file(self.folder, index)

    @staticmethod
    def file(folder: Path, index: int) -> Path:
        """The file of a painted frame of the chain in `folder`, counted from 0."""
        return folder / f"frame_{index:05d}.png"

    def frame(self, index: int) -> RGB:
        """A painted frame, RGB uint8 [height, width, 3]."""
        return read_png(self.path(index))

    def done(self) -> int:
        """How many frames are painted."""
        return next((i for i in range(self.count) if not whole(self.path(i))), self.count)

    def paint(self, painter: Painter, report: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
        """Paint what is missing; `report` is told how many frames of how many are there. Raises Cancelled."""
        done = self.done()
        before = self.frame(done - 1) if done else None
        width, height = frame_size(self._wish.dream, self._wish.picture, painter.native_px, painter.grid)
        for index in range(done, self.count):
            if cancelled():
                raise Cancelled("The dream was stopped.", "Run it again to go on.")
            before = self._next(painter, index, before, width, height)
            write_bytes(self.path(index), encode_png(before))
            report(index + 1, self.count)

    def _next(self, painter: Painter, index: int, before: RGB | None, width: int, height: int) -> RGB:
        """A frame out of the one before; the first out of the user's picture if there is one, else out of noise."""
        dream, sound = self._wish.dream, self._wish.sound
        last, coming, share = words_at(dream, self._wish.prompts, index / sound.fps)
        words = between(painter.embed(last.prompt), painter.embed(coming.prompt), share)
        negative = between(painter.embed(last.negative_prompt), painter.embed(coming.negative_prompt), share)
        way = Way(dream.mode, dream.feature, dream.statistics, dream.weight, dream.gain)
        heard = Embedding(conditioned(words, sound, index, way), words.widths, words.pooled)
        if before is None and self._wish.picture is not None:
            before = fitted(self._wish.picture, width, height)
        seed = dream.seed + (index if dream.seed_policy == "per_frame" else 0)
        strength = strength_at(dream, float(sound.onsets[index]))
        return painter.paint(Stroke(heard, negative, width, height, (seed,), before, strength, dream.hold_colours))


def drop(folder: Path, frame: int) -> None:
    """Forget `frame`, counted from 0, and those after it, the last one first; what comes may be another dream."""
    found = sorted(folder.glob("frame_*.png"), reverse=True)
    for path in found:
        if int(path.stem.partition("_")[2]) >= frame:
            path.unlink()
    (folder / RECORD).unlink(missing_ok=True)


def frame_size(dream: Dream, picture: RGB | None, native_px: int, grid: int) -> tuple[int, int]:
    """Width and height of the frames, on the model's grid: as wished, or as many px as the model was made for, in the
    shape of the user's picture."""
    ratio = 1.0 if picture is None else picture.shape[1] / picture.shape[0]
    width, height = dream.width, dream.height
    if width is None:
        width = round(height * ratio) if height else round(native_px * ratio**0.5)
    if height is None:
        height = round(width / ratio)
    return _on_grid(width, grid), _on_grid(height, grid)


def fitted(picture: RGB, width: int, height: int) -> RGB:
    """A picture that fills a frame of `width` x `height` px: scaled, and what stands over cut off on both sides."""
    rows, columns = picture.shape[:2]
    scale = max(width / columns, height / rows)
    size = max(width, round(columns * scale)), max(height, round(rows * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    large = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])


def _on_grid(px: int, grid: int) -> int:
    return max(grid, round(px / grid) * grid)
