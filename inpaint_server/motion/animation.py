"""A still picture that moves: what the mask shows is a layer of its own, warped before a painted background.

Warping the whole picture by a motion that fades at the mask's rim was the other road; it needs no painting, and pulls
the sky along with every branch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.poking import Ringing
from ...shared.spectral import SpectralVolume, drift
from ...shared.spectral.modes import Mode
from ...shared.spectral.volume import Displacement, Swing
from ..engines.contract import RGB, RGBA, InpaintEngine, InpaintRequest, Mask
from .warp import Warp, over, premultiplied

Share = NDArray[np.float32]  # [H, W], 0 to 1
CELL_PX = 4
LARGEST_GRID = 480
HALF = 0.5
RIM_SHARE = 0.25
"""Of how far is looked for what a mask has missed: how far beside it is painted, for soft rims."""
WIDE_REACHES = 3
"""How far what moves, and what does not, is looked at to compare, in parts of the same."""


def grid(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of the coarse grid for a picture: a cell for 4 px, on large pictures fewer."""
    cell = max(CELL_PX, max(width, height) / LARGEST_GRID)
    return max(1, round(height / cell)), max(1, round(width / cell))


def coarse(share: Share, rows: int, columns: int) -> Share:
    """A share of each pixel on the coarse grid."""
    return np.asarray(cv2.resize(share, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def behind(picture: RGB, share: Share, reach_px: int, engine: InpaintEngine) -> RGB:
    """The picture without what moves, nor what its mask has missed of it within `reach_px`; all else stays as it is."""
    gone = (share > HALF) | missed(picture, share, reach_px)
    mask: Mask = _grown(gone, max(1, round(RIM_SHARE * reach_px))).astype(np.uint8) * 255
    return engine.inpaint(picture, mask, InpaintRequest(), lambda: False)


def missed(picture: RGB, share: Share, reach_px: int) -> NDArray[np.bool_]:
    """Where, up to `reach_px` beside what moves, the picture looks more like it than like what is farther off, bool
    [H, W]. Painting all that lies so near, or where the mask fades out, was the other road: it takes away who sits at
    the water's edge."""
    moving = share > HALF
    near = _grown(moving, reach_px)
    side = (2 * WIDE_REACHES * reach_px + 1,) * 2
    away = []
    for there in (moving, ~near):
        weight = there.astype(np.float32)
        total = cv2.boxFilter(weight, -1, side, normalize=False)
        mean = cv2.boxFilter(picture * weight[..., None], -1, side, normalize=False) / np.maximum(total, 1)[..., None]
        away.append(np.where(total > 0.5, ((picture - mean) ** 2).sum(2), np.inf))
    return np.asarray(near & ~moving & (away[0] < away[1]) & np.isfinite(away[1]))


def _grown(there: NDArray[np.bool_], reach_px: int) -> NDArray[np.bool_]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1,) * 2)
    return np.asarray(cv2.dilate(there.astype(np.uint8), kernel) > 0)


def taken_apart(picture: RGB, alpha: Mask, far: RGB) -> tuple[RGBA, RGB]:
    """A premultiplied layer, and what is behind it, such that the one over the other is the picture again.

    A rim that took the picture's colours whole would be mixed with what is behind twice: leaves before a bright
    background would begin to glow, at rest too. What is behind is `far`, changed only where the layer is more than
    half there: changed farther out it would show what the mask has missed once more.
    """
    share = alpha[..., None] / np.float32(255)
    near = np.clip(picture - (1 - share) * far, 0, alpha[..., None])
    left = np.clip((picture - near) / np.maximum(1 - share, 1 / 255), 0, 255)
    behind = np.where((share > HALF) & (share < 1), left, far)
    return np.dstack([np.rint(near).astype(np.uint8), alpha]), np.rint(behind).astype(np.uint8)


@dataclass
class Animation:
    """The frames of a moving still. Without `share` the whole picture moves and nothing is behind it.

    `drift_px_s` is where the moving part goes on to beside swinging, (x, y), each place as far as `nearness` says,
    float32 [h, w] on the motion's grid; `ringing` are pokes, of the modes `shapes`.
    """

    picture: RGB
    volume: SpectralVolume
    share: Share | None = None
    background: RGB | None = None
    drift_px_s: tuple[float, float] = (0.0, 0.0)
    ringing: Ringing | None = None
    shapes: Sequence[Mode] = ()
    nearness: Share | None = None
    _layer: RGBA = field(init=False)
    _behind: RGB | None = field(init=False)
    _swing: Swing = field(init=False)
    _warp: Warp = field(init=False)
    _moving: Share = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what every frame needs."""
        height, width = self.picture.shape[:2]
        self._swing, self._warp = Swing(self.volume), Warp(width, height)
        rows, columns = self.volume.fields.shape[2:]
        self._moving = np.ones((rows, columns), np.float32) if self.nearness is None else self.nearness
        self._layer, self._behind = premultiplied(self.picture), self.background
        if self.share is not None:
            self._moving = self._moving * coarse(self.share, rows, columns)
            alpha = np.rint(self.share * 255).astype(np.uint8)
            far = np.zeros_like(self.picture) if self.background is None else self.background
            self._layer, behind = taken_apart(self.picture, alpha, far)
            self._behind = None if self.background is None else behind

    def frame(self, time_s: float) -> RGB:
        """The frame at a time, RGB uint8 [H, W, 3]."""
        moved = self._swing.at(time_s)
        if self.ringing is not None:
            moved = moved + self.ringing.moved(self.shapes, time_s * self.ringing.fps).astype(np.float32)
        if self.drift_px_s == (0.0, 0.0):
            return self._laid(self._warp(self._layer, moved))
        first, second = drift.phases(time_s, self.volume.period_s)
        seen = [self._warp(self._layer, moved + self._drifted(phase.drifted_s)) for phase in (first, second)]
        mixed = cv2.addWeighted(seen[0], first.weight, seen[1], second.weight, 0)
        return self._laid(np.asarray(mixed, np.uint8))

    def _drifted(self, seconds: float) -> Displacement:
        way = np.array(self.drift_px_s, np.float32) * np.float32(seconds)
        return np.asarray(way[:, None, None] * self._moving[None], np.float32)

    def _laid(self, seen: RGBA) -> RGB:
        if self._behind is None:
            return np.ascontiguousarray(seen[..., :3])
        return over(self._behind, seen)
