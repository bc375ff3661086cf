"""A picture of wavelets that shimmers: every phase turns at a whole number of turns per loop.

All wavelets that turn j times share one pair of pictures: frame t is the sum over j of cos(2 pi j t) A_j +
sin(2 pi j t) B_j, t from 0 to 1. Seven pictures thus hold every frame of the loop, which closes exactly; in Blender
they are textures and a few sums. Drawing each frame was the other road: a file for every one of them.
"""

import numpy as np
from numpy.typing import NDArray

from .drawing import Sum, summed
from .wavelets import Wavelets

MOST_TURNS = 3


def turns(count: int, most: int = MOST_TURNS, seed: int = 0) -> NDArray[np.int64]:
    """How often each of `count` wavelets turns in a loop, 0 to `most`, by chance."""
    return np.random.default_rng(seed).integers(0, most + 1, count)


def basis(
    wavelets: Wavelets, turning: NDArray[np.int64], width: int, height: int, level: bool = False
) -> tuple[list[Sum], list[Sum]]:
    """The pictures A_j and B_j, j from 0 to the most turns, float32 [3, height, width] each; B_0 is zero.

    `level` is that of `drawing.summed`: for what is added to a picture that is there.
    """
    own = wavelets.coefficients
    groups = [np.where((turning == j)[:, None], own, 0) for j in range(int(turning.max(initial=0)) + 1)]
    cosines = [summed(wavelets, group, width, height, level) for group in groups]
    sines = [summed(wavelets, 1j * group, width, height, level) for group in groups[1:]]
    return cosines, [np.zeros_like(cosines[0]), *sines]


def frame(cosines: list[Sum], sines: list[Sum], loop_share: float, strength: float = 1.0) -> Sum:
    """The sum at a share of the loop from 0 to 1. `strength` fades from the still picture at 0 to the full shimmer."""
    still = np.sum(cosines, axis=0, dtype=np.float32)
    return still + np.float32(strength) * change(cosines, sines, loop_share)


def change(cosines: list[Sum], sines: list[Sum], loop_share: float) -> Sum:
    """How far the sum is from the still picture at a share of the loop; what does not turn has no part in it."""
    out = np.zeros_like(cosines[0])
    for j, (cosine, sine) in enumerate(zip(cosines, sines, strict=True)):
        of_cosine, of_sine = factors(j, loop_share)
        if j:
            out += np.float32(of_cosine) * cosine + np.float32(of_sine) * sine
    return out


def factors(turns: int, loop_share: float) -> tuple[float, float]:
    """What the two pictures of wavelets that turn so often count in the change: cos - 1 and sin of their angle."""
    angle = 2 * np.pi * (turns * loop_share % 1.0)
    return float(np.cos(angle)) - 1, float(np.sin(angle))
