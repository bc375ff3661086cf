"""Motion taken from a short clip: optical flow from one frame to all others, what drifts taken away, transformed.

T. Kroeger and others, Fast optical flow using dense inverse search, 2016, in its medium preset: the fast one loses
a third of the high frequencies' shapes. Flow from each frame to the next, summed, was the other road; its errors add
up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled, UsageError
from ...shared.spectral.volume import FREQUENCIES, SpectralVolume
from ..engines.contract import RGB

COARSER = 4
LEAST_FRAMES = 8
TEXTURE_SIGMA_PX = 3.0


@dataclass(frozen=True)
class Extracted:
    """The motion found in a clip.

    `drift` float32 [2, h, w] is the steady part in px per s; `confidence` float32 [h, w] from 0 to 1 says where there
    was texture to see motion by.
    """

    volume: SpectralVolume
    drift: NDArray[np.float32]
    confidence: NDArray[np.float32]


def extract(
    frames: Sequence[RGB],
    fps: float,
    frequencies: int = FREQUENCIES,
    reference: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Extracted:
    """The motion of a clip's frames, RGB uint8 [H, W, 3], about its frame `reference`.

    The period of the volume is the clip's duration; frequencies above half the frame rate do not exist. Raises
    UsageError for fewer than eight frames, frames of several sizes and a frame rate that is none.
    """
    _check(frames, fps, reference)
    height, width = frames[0].shape[:2]
    size = max(1, width // COARSER), max(1, height // COARSER)
    grey = [np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in frames]
    flow_of: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    moved = np.zeros((len(grey), size[1], size[0], 2), np.float32)
    for i, frame in enumerate(grey):
        if cancelled():
            raise Cancelled
        if i != reference:
            moved[i] = cv2.resize(flow_of.calc(grey[reference], frame, None), size, interpolation=cv2.INTER_AREA)
    fields, slope = transformed(moved.transpose(0, 3, 1, 2), frequencies)
    volume = SpectralVolume(fields, width, height, len(frames) / fps)
    return Extracted(volume, slope * np.float32(fps), _confidence(grey[reference], size))


def transformed(moved: NDArray[np.float32], frequencies: int) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """The fields complex64 [K, 2, h, w] of displacements float32 [N, 2, h, w], and their slope per frame [2, h, w].

    The straight line that fits each place best is taken away first; it does not loop.
    """
    count = len(moved)
    n = np.arange(count, dtype=np.float32) - np.float32((count - 1) / 2)
    slope = np.tensordot(n, moved, 1) / np.float32((n**2).sum())
    swinging = moved - moved.mean(0) - slope[None] * n[:, None, None, None]
    most = min(frequencies, (count - 1) // 2)
    found = np.fft.rfft(swinging, axis=0)[1 : most + 1] * (2 / count)
    return found.astype(np.complex64), np.asarray(slope, np.float32)


def _check(frames: Sequence[RGB], fps: float, reference: int) -> None:
    if len(frames) < LEAST_FRAMES:
        raise UsageError(
            f"The clip has {len(frames)} frames, too few to see a motion in.", f"Give at least {LEAST_FRAMES}."
        )
    if len({frame.shape for frame in frames}) > 1:
        raise UsageError("The clip's frames differ in size.", "Give frames of one clip.")
    if not (np.isfinite(fps) and fps > 0):
        raise UsageError(f"The clip has {fps:g} frames per second.", "Say how many there are.")
    if not 0 <= reference < len(frames):
        raise UsageError(f"The clip has no frame {reference}.", f"It has {len(frames)}, counted from 0.")


def _confidence(grey: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    slopes = [cv2.Sobel(grey, cv2.CV_32F, dx, 1 - dx) for dx in (1, 0)]
    texture = cv2.resize(cv2.GaussianBlur(np.hypot(*slopes), (0, 0), TEXTURE_SIGMA_PX), size)
    return np.asarray(np.clip(texture / max(float(np.percentile(texture, 75)), 1e-6), 0, 1), np.float32)
