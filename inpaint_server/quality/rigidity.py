"""Do things move whole? What stands across a border of layers is looked for again, sideways, in later frames.

A border that cuts through a tower makes its upper half travel with the sky. In the source such a place is a strong
corner near a border; a window round it is found again after some steps with a small residual if both halves moved
together, and with a large one if they did not. Segmenting things first would know their outlines and would need a
network; a window also sees a little of what rightly moves apart behind the thing, so a residual is never quite zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Owners = NDArray[np.int8]
F32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

MOST_WINDOWS = 32
NEAR_PX = 12
"""How near to a border a corner has to be."""
SLACK_PX = 2
"""How far beyond the layers' own shifts a window is looked for."""


@dataclass(frozen=True)
class Window:
    """A rectangle of the source, px; with `pixels` [height, width] only those count."""

    x: int
    y: int
    width: int
    height: int
    pixels: Bool | None = None


@dataclass(frozen=True)
class Rigidity:
    """The residuals of all windows that are still in the frame at a step: rms grey levels, 0 = moved whole.

    `contrast` is the mean standard deviation of the same windows in the source, what a lost thing would leave.
    """

    median: float
    worst: float
    contrast: float
    windows: int


def find_windows(source: RGB, owners: Owners, size_px: int = 0, most: int = MOST_WINDOWS) -> tuple[Window, ...]:
    """Windows round the strongest corners of the source near borders between layers.

    `source` is uint8 [H, W, 3], `owners` int8 [H, W] at step 0. Windows of `size_px` (default: a twentieth of the
    height, at least 16) do not overlap by more than half.
    """
    height, width = owners.shape
    size = min(size_px or max(16, height // 20), height, width)
    grey = cv2.cvtColor(source, cv2.COLOR_RGB2GRAY)
    border = np.zeros(owners.shape, np.uint8)
    border[1:] |= owners[1:] != owners[:-1]
    border[:, 1:] |= owners[:, 1:] != owners[:, :-1]
    near = cv2.dilate(border, np.ones((2 * NEAR_PX + 1, 2 * NEAR_PX + 1), np.uint8))
    # without any corner OpenCV gives None, whatever its stub says
    found = np.asarray(cv2.goodFeaturesToTrack(grey, most, 0.01, size / 2, mask=near), np.float64)
    corners = found.reshape(-1, 2).round().astype(int) if found.ndim else np.empty((0, 2), int)
    return tuple(
        Window(min(max(0, x - size // 2), width - size), min(max(0, y - size // 2), height - size), size, size)
        for x, y in corners.tolist()
    )


def residual(source: RGB, frame: RGB, window: Window, shifts: Sequence[int]) -> float:
    """Rms grey levels between a window of the source and the best place in `frame` sideways of it.

    Places between the least and the greatest of `shifts` (px, right is positive) are tried; nan if none lies in the
    frame. Both pictures are uint8 [H, W, 3].
    """
    rows = slice(window.y, window.y + window.height)
    wanted = _grey(source[rows, window.x : window.x + window.width])
    first = max(0, window.x + min(shifts) - SLACK_PX)
    last = min(frame.shape[1], window.x + max(shifts) + SLACK_PX + window.width)
    if last - first < window.width:
        return float("nan")
    area = _grey(frame[rows, first:last])
    counted = window.pixels if window.pixels is not None else np.ones(wanted.shape, np.bool_)
    error = cv2.matchTemplate(area, wanted, cv2.TM_SQDIFF, mask=counted.astype(np.float32))
    return math.sqrt(max(0.0, float(error.min())) / max(1, int(np.count_nonzero(counted))))


def measure(
    source: RGB,
    frames: Mapping[int, RGB],
    owners: Owners,
    positions: Mapping[int, Sequence[int]],
    windows: Sequence[Window] | None = None,
) -> dict[int, Rigidity]:
    """The residuals at every step in `frames` but 0; arguments as for `borders.measure`, `owners` at step 0.

    Only windows are counted that are wholly in the frame whichever layer they ride. A step without any is left out.
    """
    chosen = find_windows(source, owners) if windows is None else windows
    grey = _grey(source)
    found = {}
    for step in sorted(set(frames) - {0}):
        shifts = positions[step]
        inside = [w for w in chosen if w.x + min(shifts) >= 0 and w.x + max(shifts) + w.width <= source.shape[1]]
        if inside:
            errors = [residual(source, frames[step], w, shifts) for w in inside]
            spread = [float(_counted(grey, w).std()) for w in inside]
            found[step] = Rigidity(float(np.median(errors)), max(errors), float(np.mean(spread)), len(inside))
    return found


def _counted(grey: F32, window: Window) -> F32:
    part = grey[window.y : window.y + window.height, window.x : window.x + window.width]
    return part if window.pixels is None else part[window.pixels]


def _grey(picture: RGB) -> F32:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
