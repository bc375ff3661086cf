"""The colours of what a model painted, brought to those of the picture it continues.

A latent model gives back even what it was told to keep a little darker, greyer or flatter, because all of it passes
the autoencoder. The known pixels round the hole stand in both pictures, so the difference can be measured there and
taken back. It is measured in CIE Lab, as a gain and an offset per channel, by medians, so that a branch that came out
elsewhere does not count. A fit that also tilts over the area was tried on paper: a ring on one side of a strip says
nothing about the slope on the other, and a slope that is wrong grows with the distance.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Bool = NDArray[np.bool_]
RING_SHARE = 8
"""The ring round the hole is as wide as the picture's longer side divided by this."""
FEWEST_PX = 64
"""With fewer known pixels than this nothing is measured."""
GAINS = 0.8, 1.25
MOST_OFFSET = 25.0
"""Largest correction, in units of Lab: beyond it the model painted something else, and that is not ours to change."""
CALMEST = 1.0
"""Spread of a channel, in units of Lab, below which its gain means nothing."""


def matched(painted: RGB, truth: RGB, known: Bool) -> RGB:
    """`painted` [h, w, 3] with its colours corrected, so that on average it is `truth` where that is `known` [h, w].

    What is known beside the unknown counts, not what is far away. Unchanged where too little is known.
    """
    ring = known & near(~known, max(known.shape) // RING_SHARE)
    if np.count_nonzero(ring) < FEWEST_PX:
        return painted
    lab = _lab(painted)
    is_, should = lab[ring], _lab(truth)[ring]
    middle, aim = np.median(is_, axis=0), np.median(should, axis=0)
    spread, wanted = (np.median(np.abs(a - m), axis=0) for a, m in ((is_, middle), (should, aim)))
    gain = np.where(np.minimum(spread, wanted) > CALMEST, np.clip(wanted / np.maximum(spread, 1e-6), *GAINS), 1.0)
    offset = np.clip(aim - middle, -MOST_OFFSET, MOST_OFFSET)
    corrected = (lab - middle) * gain + middle + offset
    return _rgb(corrected)


def taken_back(painted: RGB, before: RGB, passed: RGB) -> RGB:
    """`painted` [h, w, 3] without what the autoencoder alone has done to the colours of `before`, which it grew out of.

    `passed` is `before` as it comes out of the autoencoder. Mean and spread of each channel of Lab are compared over
    the whole picture; what the painting changed stays. Frame out of frame the loss would add up: the original lost 15 %
    of its light in eight passes.
    """
    was, is_, lab = _lab(before).reshape(-1, 3), _lab(passed).reshape(-1, 3), _lab(painted)
    spread, wanted = is_.std(axis=0), was.std(axis=0)
    gain = np.where(np.minimum(spread, wanted) > CALMEST, np.clip(wanted / np.maximum(spread, 1e-6), *GAINS), 1.0)
    offset = np.clip(was.mean(axis=0) - is_.mean(axis=0), -MOST_OFFSET, MOST_OFFSET)
    middle = lab.reshape(-1, 3).mean(axis=0)
    return _rgb((lab - middle) * gain + middle + offset)


def near(what: Bool, reach_px: int) -> Bool:
    """The pixels within `reach_px` of `what` [h, w], in the sense of a square."""
    kernel = np.ones((2 * max(1, reach_px) + 1,) * 2, np.uint8)
    return cv2.dilate(what.view(np.uint8), kernel).astype(np.bool_)


def _lab(rgb: RGB) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab), np.float32)


def _rgb(lab: NDArray[np.floating]) -> RGB:
    rgb = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_Lab2RGB)
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255), np.uint8)
