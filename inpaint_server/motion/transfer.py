"""Motion of one picture put to work in another: in the same framing, from box to box, or by its statistics alone.

Statistics carry over to anything, because they ask for no likeness of shape: how strong each frequency is, and in
which direction. Warping one clip's motion by correspondences found between the two pictures was the other road; between
a birch in a clip and a painted oak there are none.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import UsageError
from ...shared.spectral.volume import SpectralVolume

Box = tuple[float, float, float, float]


def same_framing(volume: SpectralVolume, width: int, height: int) -> SpectralVolume:
    """The volume stretched to a picture of another size; ways grow with it."""
    scale = np.array([width / volume.width, height / volume.height], np.float32)[None, :, None, None]
    return replace(volume, fields=(volume.fields * scale).astype(np.complex64), width=width, height=height)


def box_to_box(
    volume: SpectralVolume, source: Box, target: Box, mask: NDArray[np.float32], width: int, height: int
) -> SpectralVolume:
    """What moves in the box `source` [left, top, right, bottom] of the clip, in the box `target` of a picture.

    `mask` float32 [h, w] covers that picture of `width` x `height` px and says what moves there. Raises UsageError for
    a box without area, or outside.
    """
    _check(source, volume.width, volume.height, "clip")
    _check(target, width, height, "picture")
    rows, columns = mask.shape
    x = (np.arange(columns, dtype=np.float32) + 0.5) * (width / columns)
    y = (np.arange(rows, dtype=np.float32) + 0.5) * (height / rows)
    wide, tall = ((source[i + 2] - source[i]) / (target[i + 2] - target[i]) for i in (0, 1))
    from_x = (source[0] + (x - target[0]) * wide) * volume.fields.shape[3] / volume.width - 0.5
    from_y = (source[1] + (y - target[1]) * tall) * volume.fields.shape[2] / volume.height - 0.5
    inside = ((x >= target[0]) & (x < target[2]))[None] & ((y >= target[1]) & (y < target[3]))[:, None]
    at_x, at_y = np.meshgrid(from_x.astype(np.float32), from_y.astype(np.float32))
    ways = (1 / wide, 1 / tall)
    fields = np.empty((len(volume.fields), 2, rows, columns), np.complex64)
    for j, field in enumerate(volume.fields):
        for axis in (0, 1):
            parts = [
                cv2.remap(np.ascontiguousarray(part), at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                for part in (field[axis].real, field[axis].imag)
            ]
            fields[j, axis] = (parts[0] + 1j * parts[1]) * ways[axis]
    return SpectralVolume((fields * (mask * inside)).astype(np.complex64), width, height, volume.period_s)


def by_statistics(volume: SpectralVolume, confidence: NDArray[np.float32], onto: SpectralVolume) -> SpectralVolume:
    """The volume `onto`, made by a rule, with the strength and the direction per frequency that the clip has.

    Both are taken where `confidence` float32 [h, w] says that motion could be seen. Strength carries over as a share
    of the picture's width.
    """
    if not float(confidence.sum()) > 0:
        raise UsageError("The clip shows no texture to see motion by.", "Film something with structure, in focus.")
    found = _strengths(volume.fields, confidence) * (onto.width / volume.width)
    own = _strengths(onto.fields, (onto.rms_px() > 0).astype(np.float32))
    count = min(len(found), len(own))
    scale = found[:count] / np.maximum(own[:count], 1e-9)
    fields = (onto.fields[:count] * scale[:, :, None, None]).astype(np.complex64)
    return replace(onto, fields=fields, period_s=volume.period_s)


def _strengths(fields: NDArray[np.complex64], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square per frequency and axis, float32 [K, 2]."""
    total = max(float(weight.sum()), 1e-9)
    return np.asarray(np.sqrt((np.abs(fields) ** 2 * weight).sum((2, 3)) / total), np.float32)


def _check(box: Box, width: int, height: int, what: str) -> None:
    left, top, right, bottom = box
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise UsageError(
            f"The box {[round(value, 1) for value in box]} does not lie in the {what} of {width}x{height} px.",
            "Give [left, top, right, bottom] inside it.",
        )
