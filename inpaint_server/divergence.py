"""Divergence: how far new plate has departed from the source, measured while the loop runs.

An engine that feeds on its own output fades: colours drift and texture turns to fog, a little at every step. Per
layer, the newest third of what is seen is compared with thirds of the layer's rows in the source: sharpness as the
mean gradient of luma, colour as the 1-Wasserstein distance of the three channels. The nearest third counts, because a
picture whose left is dark water and whose right is bright sky must not be called faded for continuing as either. A
score against the previous step would see nothing, since every single step looks like the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shared import tiling
from ..shared.plan import LayerPlan, Plan
from . import paged
from .engines.contract import RGB, Rect
from .layering.cutout import Cutout
from .plate_store import PlateStore

SHARE = 3
"""The newest 1 / SHARE of the picture's extent is measured."""
WINDOWS = 7
"""Places in the source that it is compared with."""
LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)


@dataclass(frozen=True)
class Texture:
    """What is compared: mean absolute luma gradient (grey levels per px) and 33 quantiles per channel [33, 3]."""

    gradient: float
    quantiles: NDArray[np.float64]


def texture(rgb: RGB) -> Texture:
    """The texture of a part of a picture, RGB uint8 [h, w, 3] with at least 2x2 px."""
    height, width = rgb.shape[:2]
    across = down = 0.0
    for rows in paged.strips(height, 16 * width):
        # with the row below, to which the last one is compared
        luma = cv2.transform(rgb[rows.start : rows.stop + 1].astype(np.float32), LUMA)
        own = luma[: rows.stop - rows.start]
        across += cv2.norm(own[:, 1:], own[:, :-1], cv2.NORM_L1) / (height * (width - 1))
        if len(luma) > 1:
            down += cv2.norm(luma[1:], luma[:-1], cv2.NORM_L1) / ((height - 1) * width)
    # one pixel in 23: looking at them all would cost more than painting them, and an odd stride meets every column
    return Texture(across + down, quantiles(rgb.reshape(-1, 3)[::23]))


def quantiles(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """33 quantiles, minimum and maximum among them, of each column of `values` [n, c], linear between two: [33, c].

    By counting, since there are only 256 values.
    """
    at = np.linspace(0, len(values) - 1, 33)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, len(values) - 1)
    found = np.empty((33, values.shape[1]))
    for c in range(values.shape[1]):
        counted = np.cumsum(np.bincount(values[:, c], minlength=256))
        low, high = (np.searchsorted(counted, place, side="right") for place in (below, above))
        found[:, c] = low + (at - below) * (high - low)
    return found


def departure(new: Texture, source: Sequence[Texture]) -> tuple[float, float]:
    """Sharpness beyond the source's range as a share of it, and the least colour distance in units of 64 levels."""
    gradients = [part.gradient for part in source]
    nearest = min(max(new.gradient, min(gradients)), max(gradients))
    # one grey level per px of noise is not texture: flat skies would otherwise divide by nothing
    sharpness = abs(new.gradient - nearest) / max(nearest, 1.0)
    colour = min(float(np.abs(new.quantiles - part.quantiles).mean()) for part in source) / 64.0
    return sharpness, colour


def windows(band: RGB, along_rows: bool) -> list[Texture]:
    """Textures of overlapping thirds of a layer's rows, across its width or, for vertical motion, its height."""
    axis = 0 if along_rows else 1
    extent = band.shape[axis]
    length = max(2, extent // SHARE)
    starts = np.unique(np.linspace(0, extent - length, WINDOWS).astype(int))
    found = [texture(band[:, s : s + length] if axis else band[s : s + length]) for s in starts]
    paged.put_away(band)
    return found


def _mostly_opaque(cutout: Cutout) -> tiling.Rows:
    """The rows of the source, from..to, in which a cut-out is more picture than hole."""
    full = np.flatnonzero((cutout.alpha == 255).mean(1) >= 0.5)
    paged.put_away(cutout.alpha)
    return (cutout.top + int(full[0]), cutout.top + int(full[-1]) + 1) if full.size else (cutout.top, cutout.top)


class Divergence:
    """Measures each layer whenever half of a sample is new again; warns once per layer and kind."""

    def __init__(self, plan: Plan, source: RGB, cutouts: Sequence[Cutout], limit: float) -> None:
        self.plan, self.limit = plan, limit
        self.latest: dict[int, tuple[float, float]] = {}
        self._rows = [_mostly_opaque(cutout) for cutout in cutouts]
        bands = [
            cutout.rgb[rows[0] - cutout.top : rows[1] - cutout.top]
            for cutout, rows in zip(cutouts, self._rows, strict=True)
        ] or [source[layer.top : layer.top + layer.height] for layer in plan.layers]
        self._source = {
            layer.index: windows(band, not layer.velocity[0])
            for layer, band in zip(plan.layers, bands, strict=True)
            if min(band.shape[:2]) >= 2
        }
        self._measured = dict.fromkeys(self._source, 0)
        self._warned: set[tuple[int, str]] = set()

    def measure(self, step: int, stores: Sequence[PlateStore]) -> tuple[str, ...]:
        """The new warnings at a step."""
        warnings: list[str] = []
        for store in stores:
            layer = store.layer
            if layer.index not in self._source or (part := self._newest(layer, step)) is None:
                continue
            travelled = max(abs(p) for p in layer.position(step))
            length = part.width if layer.velocity[0] else part.height
            if travelled < max(length, self._measured[layer.index] + length // 2):
                continue
            self._measured[layer.index] = travelled
            rgb, known = store.read(part)
            if known.all():
                self.latest[layer.index] = departure(texture(rgb), self._source[layer.index])
                warnings += self._warn(layer, step)
        return tuple(warnings)

    def _newest(self, layer: LayerPlan, step: int) -> Rect | None:
        """The newest columns of what is visible, or the newest rows if the layer only moves up or down."""
        rows = self._rows[layer.index] if self._rows else None
        box = tiling.visible(self.plan, layer.index, step, rows)
        if box is None or not any(layer.velocity):
            return None
        x, y, width, height = box
        vx, vy = layer.velocity
        if vx:
            sample = max(2, self.plan.width // SHARE)
            rect = Rect(x + width - sample if vx < 0 else x, y, sample, height, step)
        else:
            sample = max(2, min(layer.height // SHARE, height))
            rect = Rect(x, y + height - sample if vy < 0 else y, width, sample)
        return rect if min(rect.width, rect.height) >= 2 else None

    def _warn(self, layer: LayerPlan, step: int) -> list[str]:
        said = []
        for kind, value in zip(("sharpness", "colour"), self.latest[layer.index], strict=True):
            if value > self.limit and (layer.index, kind) not in self._warned:
                self._warned.add((layer.index, kind))
                said.append(
                    f"The {kind} of {layer.name} departs from the source by {value:.0%} at step {step}; "
                    "another engine, seed or a shorter run keeps closer."
                )
        return said
