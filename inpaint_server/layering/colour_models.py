"""What two sides of a border look like: clusters of colour and texture, and how often each occurs on either side.

Histograms over a few dozen clusters, half of them of the whole border and half of the surroundings in x, tell a dark
forest from a dark cloud with what this one picture shows. Mixtures of Gaussians, as grabCut has them, were the other
road: they take a block of dark sky for the tower before it, and cost more.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .edges import F32, RGB, lab_of

CLUSTERS = 40
SAMPLES = 8000
SEED = 1
TEXTURE_WIDTH = 800  # px; finer grain says more about the lens than about the thing
CONTRAST = 45.0  # the standard deviation of lightness that pictures are brought to
LOCAL = 0.5  # share of the histogram of the surroundings
SURROUNDINGS = 0.12  # standard deviation of the surroundings in x, of the width
RARE = 0.004  # a cluster that was never met has this share
HESITATION = 0.3  # what is nearly as likely on both sides says nothing, and leaves it to the edges
MOST = 2.2  # the most that one pixel can say


@dataclass(frozen=True)
class Palette:
    """Clusters of a picture: `centres` float32 [k, 4] (Lab and texture, weighted), `weights` float32 [4] of the
    features, `texture` float32 [h, w] unweighted, `labels` uint8 [h, w] of the size it was made at."""

    centres: F32
    weights: F32
    texture: F32
    labels: NDArray[np.uint8]


def palette(picture: RGB, size: tuple[int, int]) -> Palette:
    """The clusters of a picture, found at `size` (width, height); the texture is measured on finer pixels."""
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = calm(small)
    spread = max(12.0, float(lab_of(small)[..., 0].std()))
    colour = 1.4 * CONTRAST / max(spread, 30.0) if spread >= 30 else 1.4 * CONTRAST / spread
    weights = np.array([CONTRAST / spread, colour, colour, 8.0], np.float32)
    texture = _texture(picture, size, CONTRAST / spread)
    features = np.dstack([lab, texture]) * weights
    centres = _centres(features.reshape(-1, 4))
    return Palette(centres, weights, texture, _nearest(features, centres))


def calm(picture: RGB) -> F32:
    """The colours in 8-bit Lab without grain, float32 [h, w, 3]: what is clustered."""
    return cv2.bilateralFilter(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB), 5, 18, 2).astype(np.float32)


def _texture(picture: RGB, size: tuple[int, int], gain: float) -> F32:
    """log(1 + local standard deviation), the least of it round about: texture, and not a lonely edge."""
    width = min(picture.shape[1], max(size[0], TEXTURE_WIDTH))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(
        grey, (width, max(1, round(picture.shape[0] * width / picture.shape[1]))), interpolation=cv2.INTER_AREA
    )
    grey = grey.astype(np.float32)
    sigma = max(1.0, width / 500)
    mean = cv2.GaussianBlur(grey, (0, 0), sigma)
    deviation = np.sqrt(np.maximum(cv2.GaussianBlur(grey * grey, (0, 0), sigma) - mean * mean, 0))
    side = 2 * round(1.5 * sigma) + 1
    deviation = cv2.GaussianBlur(cv2.erode(deviation, np.ones((side, side), np.uint8)), (0, 0), sigma)
    deviation = cv2.resize(deviation, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.log1p(np.maximum(deviation, 0) * gain), np.float32)


def _centres(features: F32) -> F32:
    """k-means of a sample of the pixels, float32 [k, 4]; the same for the same picture."""
    at = np.random.default_rng(SEED).permutation(len(features))[:SAMPLES]
    count = min(CLUSTERS, len(at))
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 0.5)
    _, _, centres = cv2.kmeans(features[at], count, np.empty(0, np.int32), stop, 2, cv2.KMEANS_PP_CENTERS)
    return np.asarray(centres, np.float32)


@njit(cache=True)
def _nearest(features: F32, centres: F32) -> NDArray[np.uint8]:
    """The number of the nearest centre of every pixel, uint8 [h, w]."""
    height, width, _ = features.shape
    out = np.empty((height, width), np.uint8)
    for y in range(height):
        for x in range(width):
            out[y, x] = _nearest_of(features[y, x, 0], features[y, x, 1], features[y, x, 2], features[y, x, 3], centres)
    return out


@njit(cache=True, inline="always")
def _nearest_of(a: float, b: float, c: float, d: float, centres: F32) -> int:
    best, least = 0, 1e30
    for k in range(len(centres)):
        da, db, dc, dd = a - centres[k, 0], b - centres[k, 1], c - centres[k, 2], d - centres[k, 3]
        distance = da * da + db * db + dc * dc + dd * dd
        if distance < least:
            best, least = k, distance
    return best


@njit(cache=True)
def counts(labels: NDArray[np.uint8], first: NDArray[np.int32], last: NDArray[np.int32], clusters: int) -> F32:
    """How often each cluster occurs in every column in the rows first[x] .. last[x] - 1, float32 [clusters, w]."""
    out = np.zeros((clusters, labels.shape[1]), np.float32)
    for x in range(labels.shape[1]):
        for y in range(first[x], last[x]):
            out[labels[y, x], x] += 1
    return out


def evidence(above: F32, below: F32) -> F32:
    """log P(cluster | below) - log P(cluster | above) per cluster and column from two `counts`, float32 [k, w]."""
    shares = []
    for count in (above, below):
        near = blurred_rows(count, SURROUNDINGS * count.shape[1])
        near /= np.maximum(near.sum(0, keepdims=True), 1e-9)
        whole = count.sum(1, keepdims=True)
        share = LOCAL * near + (1 - LOCAL) * whole / max(float(whole.sum()), 1e-9)
        shares.append(share)
    ratio = np.log(shares[1] + RARE) - np.log(shares[0] + RARE)
    ratio = np.sign(ratio) * np.maximum(np.abs(ratio) - HESITATION, 0)
    return np.asarray(np.clip(ratio, -MOST, MOST), np.float32)


def blurred_rows(values: F32, sigma: float) -> F32:
    """Every row [w] of `values` [k, w] under a Gaussian, its ends going on beyond it; most rows are empty."""
    out = np.zeros_like(values)
    there = values.any(1)
    out[there] = gaussian_filter1d(values[there], sigma, axis=1, mode="nearest")
    return out


@njit(cache=True)
def speak(
    lab: F32,
    palette_texture: F32,
    weights: F32,
    centres: F32,
    table: F32,
    first: NDArray[np.int32],
    last: NDArray[np.int32],
) -> F32:
    """The evidence of every pixel of a tube at full size, float32 [w, tallest]: entry [x, j] is row first[x] + j.

    `palette_texture` and `table` may be smaller in x and y than `lab`; they are smooth.
    """
    height, width, _ = lab.shape
    small_height, small_width = palette_texture.shape
    out = np.zeros((width, np.max(last - first)), np.float32)
    for x in range(width):
        sx = x * small_width // width
        for y in range(first[x], last[x]):
            texture = palette_texture[y * small_height // height, sx]
            label = _nearest_of(
                lab[y, x, 0] * weights[0],
                lab[y, x, 1] * weights[1],
                lab[y, x, 2] * weights[2],
                texture * weights[3],
                centres,
            )
            out[x, y - first[x]] = table[label, sx]
    return out
