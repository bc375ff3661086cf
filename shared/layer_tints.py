"""Every layer's own part of the picture as a translucent colour: what its matte covers and no nearer layer's does.

A layer without a matte covers what lies below its border. Areas between lines (`overlay_shapes.Fill`) are drawn anew
at every zoom and stay sharp, but cannot show a tree that a matte takes in; so a picture is made, and only where a matte
is there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from . import border_editing, overlay_shapes
from .sections import Layer

LONGEST_PX = 1024
TINT, CHOSEN = 0.2, 0.36
OBJECT = 0.5
Grey = NDArray[np.uint8]


def size(width: int, height: int) -> tuple[int, int]:
    """Width and height in px in which a picture is tinted: enough for a screen, however large it is."""
    share = min(1.0, LONGEST_PX / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def coverage(layers: Sequence[Layer], mattes: Mapping[int, Grey], width: int, height: int) -> list[NDArray[np.float32]]:
    """How much of each pixel is each layer's, float32 [h, w] 0..1 in `size`; they add up to 1.

    `mattes` uint8 [h, w] by layer: white is the layer and all nearer ones.
    """
    w, h = size(width, height)
    x, y = (np.arange(w) + 0.5) * width / w, (np.arange(h) + 0.5) * height / h
    nearer: NDArray[np.float32] = np.zeros((h, w), np.float32)
    own: list[NDArray[np.float32]] = []
    for i in range(len(layers) - 1, 0, -1):
        if i in mattes:
            mask = np.asarray(mattes[i] / 255, np.float32)
        else:
            columns, rows = zip(*border_editing.line(layers, i, width, height), strict=True)
            mask = np.asarray(y[:, None] >= np.interp(x, columns, rows), np.float32)
        mask = np.maximum(mask, nearer)
        own.append(mask - nearer)
        nearer = mask
    return [1 - nearer, *reversed(own)]


def tinted(own: Sequence[NDArray[np.float32]], objects: Sequence[tuple[int, Grey]], chosen: int) -> NDArray[np.float32]:
    """The layers' colours, RGBA float32 [h, w, 4] 0..1 with straight alpha, the chosen layer's stronger.

    `objects` are tinted over them, each with the number of its layer, in that layer's colour.
    """
    strength = [CHOSEN if i == chosen else TINT for i in range(len(own))]
    alpha = sum((part * s for part, s in zip(own, strength, strict=True)), np.zeros_like(own[0]))
    colour = np.zeros((*alpha.shape, 3), np.float32)
    for i, part in enumerate(own):
        colour += (part * strength[i])[..., None] * np.array(overlay_shapes.colour(i)[:3], np.float32)
    for layer, matte in objects:
        over = matte.astype(np.float32) / 255 * OBJECT
        colour = colour * (1 - over[..., None]) + over[..., None] * np.array(
            overlay_shapes.colour(layer)[:3], np.float32
        )
        alpha = alpha + over * (1 - alpha)
    return np.dstack([colour / np.maximum(alpha, 1e-6)[..., None], alpha]).astype(np.float32)
