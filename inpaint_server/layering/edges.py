"""Where a picture changes from one pixel to the next, measured against how much it changes round about.

A border may run anywhere, but it pays less where it runs along an edge. Dividing by the gradient of the neighbourhood
makes a dark shore as cheap as a bright roof, and an edge in leaves no cheaper than one in a calm sky. In a picture of
flat facets the mean gradient is next to nothing, and every crease would be as good as the outline of a mountain; there
the usual edge is the measure. A learnt edge detector would need weights; an absolute threshold lets the darkest third
of an evening picture have no edges at all.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

RGB = NDArray[np.uint8]  # [h, w, 3]
F32 = NDArray[np.float32]
SMOOTHING_PX = 0.8
NEIGHBOURHOOD = 1 / 25  # standard deviation of the neighbourhood, of the picture's width
EDGE = 2.2  # this many times the neighbourhood's gradient makes a border cheaper by e
SHARE = 0.25  # of the usual edge; where everything has texture, the mean gradient is more than that
LEAST = 0.15  # in Lab: so that nothing divides by zero


@dataclass(frozen=True)
class Edges:
    """What a border pays per pixel of its length, 1 in flat picture to 0 on a strong edge; float32 [h, w].

    `level[y, x]`: to pass between the rows y - 1 and y; row 0 is 1. `upright[y, x]`: to pass between the columns
    x - 1 and x; column 0 is 1. `step[y, x]`: the difference of colour between the rows y - 1 and y, in Lab.
    """

    level: F32
    upright: F32
    step: F32


def lab_of(picture: RGB) -> F32:
    """CIE Lab in OpenCV's 8-bit scaling, float32 [h, w, 3]."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)


def find(lab: F32) -> Edges:
    """The edges of a picture in Lab, float32 [h, w, 3]."""
    smooth = np.asarray(cv2.GaussianBlur(lab, (0, 0), SMOOTHING_PX), np.float32)
    down, right = _differences(smooth)
    mean, usual = _neighbourhood(np.maximum(down, right))
    return Edges(_price(down, mean, usual), _price(right, mean, usual), down)


def _neighbourhood(gradient: F32) -> tuple[F32, F32]:
    """Round every pixel, the mean gradient and the usual edge: the mean of all gradients, each counted by its size."""
    mean = _around(gradient) + np.float32(LEAST)
    return mean, np.asarray(_around(gradient * gradient) / mean + np.float32(LEAST), np.float32)


def _around(gradient: F32) -> F32:
    """The mean round every pixel, drawn towards that of the whole picture."""
    height, width = gradient.shape
    # so wide a blur needs no pixels finer than this
    shrink = max(1, width // 200)
    small = cv2.resize(gradient, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(0.5, small.shape[1] * NEIGHBOURHOOD))
    wide = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(0.6 * wide + np.float32(0.4 * gradient.mean()), np.float32)


def _price(difference: F32, mean: F32, usual: F32) -> F32:
    # a lonely outline, far stronger than what is usual, is as cheap as ever
    weak = np.clip(2 - difference / usual, 0, 1)
    around = mean + weak * np.maximum(np.float32(SHARE) * usual - mean, 0)
    return np.asarray(np.exp(difference / (around * np.float32(-EDGE))), np.float32)


@njit(cache=True)
def _differences(lab: F32) -> tuple[F32, F32]:
    """The distance in Lab to the pixel above and to the pixel on the left, float32 [h, w]; 0 where there is none."""
    height, width, _ = lab.shape
    down, right = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            if y:
                a, b, c = (
                    lab[y, x, 0] - lab[y - 1, x, 0],
                    lab[y, x, 1] - lab[y - 1, x, 1],
                    lab[y, x, 2] - lab[y - 1, x, 2],
                )
                down[y, x] = np.sqrt(a * a + b * b + c * c)
            if x:
                a, b, c = (
                    lab[y, x, 0] - lab[y, x - 1, 0],
                    lab[y, x, 1] - lab[y, x - 1, 1],
                    lab[y, x, 2] - lab[y, x - 1, 2],
                )
                right[y, x] = np.sqrt(a * a + b * b + c * c)
    return down, right
