"""The video of a dream: painted frames at their seconds, what lies between them, and the sound, as long as each other.

It is written when every frame is painted, so another rate, format or way between costs no painting. To write while
painting was the other road: a kill would leave half a video that nothing can go on with.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...shared.ambience import RATE, Samples, write_wav
from ...shared.dream_settings import Dream
from ...shared.errors import Cancelled
from ...shared.formats import Export
from ...shared.scene import SceneSpec
from ..encoding import encode
from .between import Between
from .chain import Chain

RGB = NDArray[np.uint8]


def frame_count(samples: Samples, fps: float) -> int:
    """Frames of a video that is as long as its sound, float32 [n, channels] at RATE."""
    return max(1, math.ceil(len(samples) * fps / RATE - 1e-9))


def write(
    chain: Chain, dream: Dream, samples: Samples, out: Export, path: Path, cancelled: Callable[[], bool]
) -> SceneSpec:
    """Write the painted frames of a chain and their sound, float32 [n, channels] at RATE, as one video; Cancelled."""
    height, width = chain.frame(0).shape[:2]
    frames = frame_count(samples, dream.fps)
    spec = SceneSpec("dream", width, height, dream.fps, frames, (), (), out)
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
        sound = Path(folder) / "sound.wav"
        silence = np.zeros((max(0, round(frames / spec.fps * RATE) - len(samples)), samples.shape[1]), np.float32)
        write_wav(sound, np.concatenate([samples, silence]), RATE)
        encode(spec, joined(chain, dream, frames, cancelled), sound, path)
    return spec


def joined(chain: Chain, dream: Dream, frames: int, cancelled: Callable[[], bool]) -> Iterator[RGB]:
    """Every frame of the video: painted ones at their seconds, and what lies between."""
    between = Between(dream.between)
    at = 0
    pair = _pair(chain, at)
    for n in range(frames):
        if cancelled():
            raise Cancelled
        moment = n * dream.painted_fps / dream.fps
        if int(moment + 1e-9) != at:
            at = int(moment + 1e-9)
            pair = _pair(chain, at)
        yield between.at(*pair, max(0.0, moment - at))


def _pair(chain: Chain, index: int) -> tuple[RGB, RGB]:
    """A painted frame and the next; after the last one comes itself."""
    before = chain.frame(min(index, chain.count - 1))
    return before, chain.frame(index + 1) if index + 1 < chain.count else before
