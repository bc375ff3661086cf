"""Depth without a model: what the rows, the borders and the haze of a landscape let one guess. A stand-in.

Level ground under the horizon grows nearer row by row; what stands on it is as near as its foot, however high it
rises; sky is the farthest; what has the colour of the air over the horizon is far. The borders come from the same
search that suggests layers. Learning a small regression from colours was the other road: it knows its few pictures
and nothing else, and looks as sure of itself as a model. This one sees no depth indoors, and none in a portrait.

D. Hoiem, A. Efros, M. Hebert, Automatic Photo Pop-up, SIGGRAPH 2005, for ground, upright things and sky; K. He,
J. Sun, X. Tang, Single Image Haze Removal Using Dark Channel Prior, CVPR 2009, for haze.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled
from ..layering import edges, suggest
from .card import DEPTH, Card
from .contract import RGB
from .looking import Cancelled as IsCancelled
from .looking import Disparity, Look

CARD = Card(
    "prior",
    DEPTH,
    "A guess from rows, borders and haze, for landscapes; no model.",
    stand_in=True,
)
WIDTH = 640  # px: a guess has no finer detail of its own; edges come from the picture
REACH = 0.22  # of the height, as in the cut
SURE = 0.3  # a border that is less sure than that says nothing about depth
HORIZON = 80  # percentile of the skyline's rows: most things rise over the horizon, little lies under it
HIGHEST, LOWEST = 0.12, 0.85  # of the height: where a horizon may be
FARTHEST = 0.12  # disparity of the ground at the horizon; only sky is farther
UPRIGHT = 0.55  # how much of a layer stands, and how much lies
FOOT = 1 / 12  # of the height: how far below a layer's middle its things have their feet at most
HAZE = 0.3  # share of the disparity that full haze takes away
AIR = 22.0  # Lab distance from the colour of the air after which haze is e times thinner
EDGE_EPS = 0.0006  # of the guided filter, for grey 0..1
F32 = NDArray[np.float32]


class PriorEngine:
    """The guess."""

    name = "prior"

    def depth(self, picture: RGB, look: Look, cancelled: IsCancelled) -> Disparity:  # noqa: ARG002
        """See `DepthEngine.depth`."""
        height, width = picture.shape[:2]
        across = min(width, WIDTH)
        small = cv2.resize(picture, (across, max(2, round(height * across / width))), interpolation=cv2.INTER_AREA)
        borders = _borders(np.asarray(small, np.uint8))
        if cancelled():
            raise Cancelled
        guess = guessed(np.asarray(small, np.uint8), borders)
        large = cv2.resize(guess, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.clip(_led(np.asarray(large, np.float32), picture), 0, 1).astype(np.float32)


def _borders(small: RGB) -> list[NDArray[np.float64]]:
    """The borders that are sure enough, far to near, as rows per column."""
    height, width = small.shape[:2]
    if height < 24 or width < 24:
        return []
    found = suggest.suggest(small, None, REACH)
    pairs = zip(found.wanted, found.contours, strict=True)
    return [np.asarray(rows, np.float64) for rows, contour in pairs if contour.confidence >= SURE]


def guessed(small: RGB, borders: Sequence[NDArray[np.float64]]) -> F32:
    """The disparity of a small picture, float32 [h, w] 0..1, from its borders far to near, the first the skyline."""
    height, width = small.shape[:2]
    horizon = float(np.percentile(borders[0], HORIZON)) if borders else 0.0
    horizon = float(np.clip(horizon, HIGHEST * height, LOWEST * height))
    y = np.arange(height, dtype=np.float64)[:, None] + np.zeros((1, width))
    out = np.zeros((height, width)) if borders else _ground(y, horizon, height)
    for border, nearer in itertools.pairwise([*borders, np.full(width, float(height))]):
        top, foot = float(np.median(border)), float(np.median(nearer))
        # nothing of a layer is farther than the ground at its usual upper edge; what stands is as near as its foot
        lying = _ground(np.maximum(y, top), horizon, height)
        standing = _ground(np.full(y.shape, min(foot, (top + foot) / 2 + FOOT * height)), horizon, height)
        layer = (y >= border[None]) & (y < nearer[None])
        out[layer] = (UPRIGHT * np.maximum(standing, lying) + (1 - UPRIGHT) * lying)[layer]
    sky = y < borders[0][None] if borders else np.zeros((height, width), np.bool_)
    out *= 1 - HAZE * _haze(small, sky, horizon)
    out[sky] = 0
    return (out / max(float(out.max()), 1e-6)).astype(np.float32)


def _ground(y: NDArray[np.float64], horizon: float, height: int) -> NDArray[np.float64]:
    """The disparity of level ground at rows: none at the horizon, 1 at the lower edge, in proportion between."""
    return FARTHEST + (1 - FARTHEST) * np.clip((y - horizon) / max(1.0, height - 1 - horizon), 0, 1)


def _haze(small: RGB, sky: NDArray[np.bool_], horizon: float) -> NDArray[np.float64]:
    """How much of the colour of the air over the horizon each pixel has, 0..1."""
    lab = edges.lab_of(small)
    rows = np.arange(len(lab))[:, None]
    air = sky & (rows > horizon - len(lab) / 5)
    if np.count_nonzero(air) < air.size / 200:
        return np.zeros(air.shape)
    away = np.sqrt(((lab - np.median(lab[air], axis=0)) ** 2).sum(2))
    return np.asarray(np.exp(-cv2.GaussianBlur(away.astype(np.float64), (0, 0), 2) / AIR))


def _led(values: F32, picture: RGB) -> F32:
    """`values` led along the edges of the picture (K. He, J. Sun, X. Tang, Guided Image Filtering, ECCV 2010)."""
    guide = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) / np.float32(255), np.float32)
    side = 2 * max(1, picture.shape[1] // 160) + 1

    def mean(a: NDArray[Any]) -> F32:
        return np.asarray(cv2.blur(a, (side, side)), np.float32)

    guide_mean, mean_values = mean(guide), mean(values)
    slope = (mean(guide * values) - guide_mean * mean_values) / (mean(guide * guide) - guide_mean**2 + EDGE_EPS)
    return np.asarray(mean(slope) * guide + mean(mean_values - slope * guide_mean), np.float32)


def create() -> PriorEngine:
    """The engine of this module."""
    return PriorEngine()
