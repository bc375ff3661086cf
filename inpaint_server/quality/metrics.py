"""Figures for endless pictures, each of which can be fooled, together hard to fool.

A constant colour has no seams, a mirror tiling has perfect colours, a loop of one sharp motif has perfect sharpness:
so sharpness, colour, likeness in both directions, seams and repetition are measured side by side, always against the
layer's own source rows. A learned score (FID) would need thousands of pictures and says nothing about one.
"""

import math
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from .upright import upright_step

RGB = NDArray[np.uint8]
F32 = NDArray[np.float32]
PATCH_PX = 7
COMPARED_WIDTH_PX = 640
LONGEST_PX = 1500  # of a plate that is judged, if it is not one picture's width
WINDOW_PX = 64
SAME = 0.9  # normalised cross-correlation from which two windows show the same thing


@dataclass(frozen=True)
class Figures:
    """Quality of continued layers.

    gx: mean horizontal gradient against the source's (1 = as sharp, 0 = streaks). w1: Wasserstein distance of the
    colours, mean of R, G, B, 0..255. coh, comp: coherence and completeness after Simakov et al. 2008, rms grey levels
    of 7x7 patches: does everything shown look like the source, and is everything in the source shown. seam: gradient
    at step edges against elsewhere. rep, mir: share of textured 64 px windows of which a near-copy, plain or mirrored,
    stands in the W columns before. upright: the worst upright step that the source has nowhere, grey levels over as
    many rows as a tenth of W.
    """

    gx: float
    w1: float
    coh: float
    comp: float
    seam: float
    rep: float
    mir: float
    upright: float

    @classmethod
    def mean(cls, many: list["Figures"]) -> "Figures":
        """Field by field, ignoring what could not be measured (nan)."""
        values = [[v for one in many if not math.isnan(v := getattr(one, f.name))] for f in fields(cls)]
        return cls(*(float(np.mean(known)) if known else float("nan") for known in values))


def luma(picture: RGB) -> F32:
    """Luma, float32 [h, w]."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def column_gradient(picture: RGB) -> F32:
    """Mean absolute horizontal luma gradient per column step, [w - 1]."""
    return np.asarray(np.abs(np.diff(luma(picture), axis=1)).mean(0), np.float32)


def sharpness_ratio(picture: RGB, source: RGB) -> float:
    """gx: mean horizontal gradient of `picture` against that of `source`."""
    return float(column_gradient(picture).mean() / max(float(column_gradient(source).mean()), 1e-3))


def colour_distance(a: RGB, b: RGB) -> float:
    """w1: Wasserstein distance of the colour distributions, mean over the channels.

    In one dimension it is the area between the cumulated histograms (Vallender 1974).
    """
    return float(np.mean([np.abs(_cumulated(a[..., c]) - _cumulated(b[..., c])).sum() for c in range(3)]))


def _cumulated(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    counts = cv2.calcHist([np.ascontiguousarray(values)], [0], None, [256], [0, 256])
    return np.asarray(np.cumsum(counts.ravel(), dtype=np.float64) / values.size, np.float64)


def _patches(picture: RGB, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
    windows = np.lib.stride_tricks.sliding_window_view(picture, (PATCH_PX, PATCH_PX), axis=(0, 1))
    h, w = windows.shape[:2]
    chosen = np.arange(h * w) if count >= h * w else random.choice(h * w, count, replace=False)
    return np.asarray(windows[chosen // w, chosen % w].reshape(len(chosen), -1), np.uint8)


def similarity(shown: RGB, source: RGB, queries: int = 1200, pool: int = 130000) -> tuple[float, float]:
    """(coh, comp) of `shown` against `source` and its mirror image, at a width of 640 px of the source.

    D. Simakov et al., Summarizing Visual Data Using Bidirectional Similarity, CVPR 2008.
    """
    if min(shown.shape[0], source.shape[0]) < PATCH_PX:
        return float("nan"), float("nan")
    random = np.random.default_rng(0)
    ours = _patches(shown, pool, random)
    theirs = np.concatenate([_patches(s, pool // 2, random) for s in (source, np.ascontiguousarray(source[:, ::-1]))])
    some = theirs[:4000].astype(np.float32) - theirs.mean(0)
    basis = np.linalg.eigh(some.T @ some)[1][:, -16:].astype(np.float32)  # the principal axes
    # patches stay bytes, a quarter of the memory; a shift of the origin changes no distance
    ours_low, theirs_low = (np.asarray(patches.astype(np.float32) @ basis, np.float32) for patches in (ours, theirs))

    def distance(a: NDArray[np.uint8], a_low: F32, b: NDArray[np.uint8], b_low: F32) -> float:
        chosen = random.choice(len(a), min(queries, len(a)), replace=False)
        _, near = cKDTree(b_low).query(a_low[chosen], k=4, eps=0.5)
        apart = a[chosen][:, None].astype(np.float32) - b[near]
        return float(np.sqrt((apart**2).mean(2)).min(1).mean())

    return distance(ours, ours_low, theirs, theirs_low), distance(theirs, theirs_low, ours, ours_low)


def repetition(plate: RGB, width: int) -> tuple[float, float]:
    """(rep, mir) of a plate whose first `width` columns are the source; nan where nothing is textured."""
    half = _halved(plate)
    window, before = WINDOW_PX // 2, width // 2
    hits = []
    for x in range(before, half.shape[1] - window, window):
        wanted = half[:, x : x + window]
        area = half[:, max(0, x - before) : x]
        if wanted.std() < 2 or area.shape[1] < window:
            continue
        both = (wanted, np.ascontiguousarray(wanted[:, ::-1]))
        hits.append([cv2.matchTemplate(area, one, cv2.TM_CCOEFF_NORMED).max() > SAME for one in both])
    if not hits:
        return float("nan"), float("nan")
    rep, mir = np.mean(hits, axis=0)
    return float(rep), float(mir)


def repeats_itself(picture: RGB) -> tuple[float, float]:
    """(rep, mir) of a picture by itself: its right two fifths held against the rest; nan where nothing is textured.

    No continuation can be asked to repeat less than what it continues.
    """
    return repetition(picture, picture.shape[1] * 3 // 5)


def mirrors_itself(picture: RGB) -> float:
    """Share of the textured windows of a picture that stand in it a second time, mirrored; nan without texture."""
    half = _halved(picture)
    window = WINDOW_PX // 2
    hits = []
    for x in range(0, half.shape[1] - window + 1, window):
        wanted = half[:, x : x + window]
        if wanted.std() >= 2:
            likeness = cv2.matchTemplate(half, np.ascontiguousarray(wanted[:, ::-1]), cv2.TM_CCOEFF_NORMED)
            hits.append(likeness.max() > SAME)
    return float(np.mean(hits)) if hits else float("nan")


def _halved(picture: RGB) -> F32:
    """Luma at half the size, less the mean of each row: what all of a row shares is no motif."""
    size = max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2)
    half = np.asarray(cv2.resize(luma(picture), size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(half - half.mean(1, keepdims=True), np.float32)


def _shrunk(picture: RGB, scale: float) -> RGB:
    if scale == 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def seam_ratio(shown: RGB, step_px: float) -> float:
    """seam: gradient where a step began to paint, every `step_px` columns (rounded half to even), against elsewhere."""
    gradient = column_gradient(shown)
    edge = np.zeros(gradient.size, bool)
    first = np.rint(np.arange(1, int(shown.shape[1] / step_px) + 1) * step_px).astype(int) - 1
    edge[first[(first >= 0) & (first < gradient.size)]] = True
    if not edge.any() or edge.all():
        return 1.0
    return float(gradient[edge].mean() / max(float(gradient[~edge].mean()), 1e-3))


def measure(source: RGB, top: int, height: int, shown: RGB, step_px: float) -> Figures:
    """Figures of one layer: `shown` RGB uint8 [height, n, 3] are the columns painted right of the source.

    gx, w1, coh and comp look at the last third of `shown`, and at no less of it than the source is wide: half a
    picture without the tower that stands in the other half is not another colour. coh and comp compare with the
    layer's rows and 8 more on either side.
    """
    width = source.shape[1]
    band = source[top : top + height]
    last = shown[:, -max(shown.shape[1] // 3, width) :][:, -max(width, LONGEST_PX) :]
    around = source[max(0, top - 8) : top + height + 8]
    scale = min(1.0, COMPARED_WIDTH_PX / width)
    coh, comp = similarity(_shrunk(last, scale), _shrunk(around, scale))
    rep, mir = repetition(np.concatenate([band, shown], axis=1), width)
    seam, upright = seam_ratio(shown, step_px), upright_step(band, shown)
    return Figures(sharpness_ratio(last, band), colour_distance(last, band), coh, comp, seam, rep, mir, upright)
