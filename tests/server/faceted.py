"""A drawn country of flat facets, without any grain: sky, far ridge, a bright peak, hills, a bank and water."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

W, H = 800, 450
FACE = 2
Colour = NDArray[np.float64]  # [n, 3]


def country(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """The picture, RGB uint8 [H, W, 3], and what is shown where, int8 [H, W]: 0 the sky to 6 the water, `FACE` the
    bright side of the peak."""
    rng = np.random.default_rng(seed)
    x, y = np.arange(W)[None], np.arange(H)[:, None]
    middle, top = rng.uniform(440, 600), rng.uniform(36, 68)
    reach = (y - top) * 0.6
    beside = x - middle
    parts = (
        (y >= 0, _mixed((110, 190, 255), (170, 235, 255), _down(0, H)), 4.0),
        (y >= _ridge(rng, 145, 27), _mixed((135, 180, 240), (60, 150, 225), _down(60, 300)), 9.0),
        ((beside >= -reach) & (beside < 0.12 * reach), _mixed((255, 245, 230), (235, 175, 75), _down(top, 240)), 9.0),
        ((beside >= 0.12 * reach) & (beside < 0.75 * reach), _mixed((45, 70, 120), (35, 90, 165), _down(0, H)), 8.0),
        (y >= _ridge(rng, 225, 36), _mixed((30, 120, 110), (40, 80, 150), _right), 9.0),
        (y >= _ridge(rng, 280, 18), _mixed((100, 110, 120), (30, 95, 120), _right), 9.0),
        (y >= 310, _mixed((80, 150, 220), (40, 100, 190), _right), 5.0),
    )
    picture, shown = np.zeros((H, W, 3)), np.zeros((H, W), np.int8)
    for number, (mask, colour, uneven) in enumerate(parts):
        where = np.broadcast_to(mask, (H, W))
        picture[where] = _facets(rng, colour, uneven)[where]
        shown[where] = number
    return np.clip(picture, 0, 255).astype(np.uint8), shown


def _facets(rng: np.random.Generator, colour: Callable[[Colour], Colour], uneven: float) -> Colour:
    """Cells round scattered points, each of one colour, float64 [H, W, 3]."""
    points = rng.uniform(0, 1, (150, 2)) * (W, H)
    colours = colour(points) + rng.normal(0, uneven, (150, 1)) + rng.normal(0, uneven / 3, (150, 3))
    at = np.stack(np.meshgrid(np.arange(W), np.arange(H)), axis=-1)
    return np.asarray(colours[cKDTree(points).query(at)[1]])


def _ridge(rng: np.random.Generator, row: float, rough: float) -> Colour:
    return np.interp(np.arange(W), np.linspace(0, W, 8), row + rng.uniform(-rough, rough, 8))


def _mixed(
    first: tuple[int, int, int], last: tuple[int, int, int], share: Callable[[Colour], Colour]
) -> Callable[[Colour], Colour]:
    def colour(points: Colour) -> Colour:
        t = np.clip(share(points), 0, 1)[:, None]
        return np.asarray((1 - t) * np.array(first) + t * np.array(last))

    return colour


def _down(first: float, last: float) -> Callable[[Colour], Colour]:
    return lambda points: np.asarray((points[:, 1] - first) / (last - first))


def _right(points: Colour) -> Colour:
    return np.asarray(points[:, 0] / W)
