"""Dreams without a model: a painter whose pictures are told by what it is asked, and sounds."""

import io
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from infinite_parallax.inpaint_server.dreams.chain import Stroke
from infinite_parallax.inpaint_server.dreams.conditioning import Embedding

WIDTH = 24


def tone(seconds: float, hertz: float, rate: int = 8000) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def wav(samples: np.ndarray, rate: int = 8000) -> bytes:
    """A WAV file's bytes, of float32 [n] or [n, channels]."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1] if samples.ndim > 1 else 1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def words(seed: int = 0, widths: tuple[int, ...] = (WIDTH,)) -> Embedding:
    values = np.random.default_rng(seed).normal(0, 1, (77, sum(widths))).astype(np.float32)
    values[0] *= 30
    return Embedding(values, widths)


class Brush:
    """A painter whose picture is told by what it is asked: the real chain, without a model."""

    native_px, grid = 64, 8

    def __init__(self, stop_after: int = 10**6) -> None:
        self.strokes: list[Stroke] = []
        self.left = stop_after

    def embed(self, prompt: str) -> Embedding:
        return words(len(prompt))

    def paint(self, stroke: Stroke) -> np.ndarray:
        if len(self.strokes) == self.left:
            raise KeyboardInterrupt
        self.strokes.append(stroke)
        before = np.zeros((stroke.height, stroke.width, 3)) if stroke.before is None else stroke.before
        fresh = np.random.default_rng([*stroke.seed, int(abs(stroke.words.values).sum() * 1000)])
        noise = fresh.integers(0, 256, before.shape)
        return np.rint((1 - stroke.strength) * before + stroke.strength * noise).astype(np.uint8)


Tell = Callable[[str], None]


def dreamer_of(brush: Any) -> Callable[..., Any]:
    """What stands for `diffusion.dreaming.dreamer`: it says that it loads, and gives this painter."""

    @contextmanager
    def dreamer(_options: Mapping[str, Any], tell: Tell, _cancelled: Callable[[], bool]) -> Iterator[Any]:
        tell("Loading nothing")
        yield brush

    return dreamer
