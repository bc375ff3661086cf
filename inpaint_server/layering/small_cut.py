"""The cut of a huge picture, made on a small copy of it: the borders, the mattes and what is hidden, once and roughly.

Finding a border and painting what is behind it looks at all of a picture at once, and takes fifty bytes and more for
every pixel and layer. None of it needs the last pixel, so beyond `LARGE_PX` it looks at a copy; `full_size` then makes
the layers of it, a block at a time. To cut the picture itself in tiles was the other road: a skyline knows no tiles.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.project import Project
from ...shared.sections import Hint, Layer
from .assets import Assets
from .cut_out import Outline, draw_mattes, hiding, lowest_rows, settle, wished_plate
from .cutout import RGB, Alpha, Bool
from .resolve import masks_for
from .stages import Begin

LARGE_PX = 6 * 10**6
"""Pixels of a picture from which on it is cut on a small copy."""
SMALL_PX = 2**22
"""Pixels of that copy, at most."""
SPARE_PX = 5
"""Rows of the copy that are painted below what the source's own skylines reveal."""
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Painted:
    """What was painted of a layer in the small picture, from row `top` on: `rgb` uint8 [h, w, 3]; `moved` int16
    [h, w, 2]: how many rows and columns away lies what was copied, 0 where nothing was."""

    top: int
    rgb: RGB
    moved: NDArray[np.int16]


@dataclass(frozen=True)
class SmallCut:
    """The small `picture`, and by layer, far to near: `alphas` uint8 [h, w], where they are `faded`, bool [h, w],
    `outlines` of all but the farthest, what was `painted`, and the rows where it ends."""

    picture: RGB
    alphas: list[Alpha]
    faded: list[Bool]
    outlines: list[Outline]
    painted: list[Painted]
    bottoms: list[int]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.picture.shape[0], self.picture.shape[1]


def is_large(picture: RGB) -> bool:
    """Whether a picture is cut on a small copy."""
    return bool(picture.shape[0] * picture.shape[1] > LARGE_PX)


def cut_small(
    project: Project, picture: RGB, assets: Assets, kept: Sequence[tuple[int, Bool]], begin: Begin
) -> SmallCut:
    """A settled project's picture, RGB uint8 [H, W, 3], cut roughly; `kept` as for `cut_out`, in full size."""
    height, width = picture.shape[:2]
    shrink = math.sqrt(SMALL_PX / (height * width))
    size = round(width * shrink), round(height * shrink)
    begin("Finding the borders of the layers")
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    given = _assets(assets, size)
    masks = masks_for(shrunk(project, size[0] / width, size[1] / height), small, given).masks
    places = [(layer, np.asarray(_resized(place.view(np.uint8), size) > 0, np.bool_)) for layer, place in kept]
    for layer, place in places:
        masks = [mask & ~place if i >= layer else mask for i, mask in enumerate(masks)]
    return _drawn(small, masks, given, project.inpaint.seed, places, begin)


def _drawn(
    picture: RGB,
    masks: Sequence[Bool],
    assets: Assets,
    seed: int,
    kept: Sequence[tuple[int, Bool]],
    begin: Begin,
) -> SmallCut:
    """The mattes of masks, and what is hidden behind them."""
    nested, once = settle(picture, masks, assets.mattes, assets.measured)
    outlines: list[Outline] = []
    alphas, faded = draw_mattes(picture, nested, assets.mattes, begin, outlines)
    for layer, place in kept:
        for alpha in alphas[layer + 1 :]:
            alpha[place] = 0
    bottoms = lowest_rows(alphas, SPARE_PX)
    painted: list[Painted] = []
    near = np.zeros(picture.shape[:2], np.uint8)
    for i in range(len(alphas) - 1, -1, -1):
        if i + 1 < len(alphas):
            begin(f"Painting what is hidden behind layer {i + 2} of {len(alphas)}")
        alphas[i][bottoms[i] :] = 0
        moved = np.zeros((*near.shape, 2), np.int32)
        plate, hole = wished_plate(picture, alphas[i], faded[i], near, once, seed + i, moved)
        painted.insert(0, _painted(plate, hole, moved))
        near = hiding(near, alphas[i], faded[i])
    return SmallCut(picture, alphas, faded, outlines, painted, bottoms)


def _painted(plate: RGB, hole: Bool, moved: NDArray[np.int32]) -> Painted:
    """The rows of a plate in which anything is painted, and a few beside them."""
    rows = np.flatnonzero(hole.any(1))
    if not rows.size:
        return Painted(0, plate[:1].copy(), moved[:1].astype(np.int16))
    area = slice(max(0, int(rows[0]) - 4), int(rows[-1]) + 5)
    return Painted(area.start, plate[area].copy(), moved[area].astype(np.int16))


def _assets(assets: Assets, size: tuple[int, int]) -> Assets:
    """What was drawn for the picture, for its copy."""
    depth, numbers = assets.depth, assets.segmentation
    return replace(
        assets,
        depth=None if depth is None else np.asarray(cv2.resize(depth, size, interpolation=cv2.INTER_AREA), np.float32),
        segmentation=None if numbers is None else np.asarray(_resized(numbers, size), np.int16),
        mattes={i: np.asarray(cv2.resize(m, size, interpolation=cv2.INTER_AREA)) for i, m in assets.mattes.items()},
    )


def _resized(values: NDArray[np.integer], size: tuple[int, int]) -> NDArray[np.integer]:
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_NEAREST))


def shrunk(project: Project, across: float, down: float) -> Project:
    """A settled project for a copy of its picture that is `across` times as wide and `down` times as high."""

    def line(points: Points) -> Points:
        return tuple((x * across, y * down) for x, y in points)

    def hint(given: Hint) -> Hint:
        corners = line((given.box[:2], given.box[2:])) if given.box else None
        box = (*corners[0], *corners[1]) if corners else None
        return replace(given, box=box, stroke=line(given.stroke), stroke_px=max(1, round(given.stroke_px * across)))

    rows = [0, *itertools.accumulate(layer.height or 0 for layer in project.layers)]
    heights = [round(b * down) - round(a * down) for a, b in itertools.pairwise(rows)]
    layers: tuple[Layer, ...] = tuple(
        replace(layer, height=max(1, tall), skyline=line(layer.skyline))
        for layer, tall in zip(project.layers, heights, strict=True)
    )
    return replace(project, layers=layers, hints=tuple(hint(given) for given in project.hints))
