"""The pictures that come with a project, decoded and checked against the source: how bytes become `Assets`.

All of them may have another size than the source as long as the proportions agree; they are scaled. Refusing every
other size was the other road, and depth estimators and painters hardly ever give the picture's own.
"""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..shared.attachments import DEPTH, SEGMENTATION, attached, matte_part, object_part
from ..shared.errors import UsageError
from ..shared.project import Project
from .layering.assets import Assets
from .limits import Limits
from .pictures import decode_image

WIDE = ("I", "I;16", "I;16B", "I;16L")
"""Pillow's modes of more than 8 bits a pixel."""
SAME_SHAPE = 0.02
"""Share by which the proportions of two pictures may differ and still be the same."""


def check_parts(project: Project, parts: Mapping[str, bytes]) -> None:
    """Refuse a project that names a picture which was not sent, or pictures that it does not name."""
    named = attached(project)
    missing = sorted(named.keys() - parts.keys())
    if missing:
        raise UsageError(
            f"The project names a picture for {missing[0]}, which was not sent.",
            f"Send it as a file named {missing[0]}, or leave the setting empty.",
        )
    extra = sorted(parts.keys() - named.keys())
    if extra:
        raise UsageError(
            f"The form has a file '{extra[0]}' that the project does not name.", "Leave it away, or name it."
        )


def decode(project: Project, parts: Mapping[str, bytes], width: int, height: int, caps: Limits) -> Assets:
    """The pictures of a project, as arrays of the source's size."""

    def grey(part: str, numbers: bool = False) -> NDArray[np.uint16]:
        values = (read_numbers if numbers else read_grey)(parts[part], caps)
        ratio = values.shape[1] / values.shape[0] * height / width
        if abs(ratio - 1) > SAME_SHAPE:
            raise UsageError(
                f"The picture for {part} is {values.shape[1]}x{values.shape[0]} px, the source {width}x{height}.",
                "Give one with the source's proportions.",
            )
        if values.shape == (height, width):
            return values
        way = cv2.INTER_NEAREST if numbers else cv2.INTER_AREA if values.shape[1] > width else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(values, (width, height), interpolation=way), np.uint16)

    def matte(part: str) -> NDArray[np.uint8]:
        return (grey(part) >> 8).astype(np.uint8)

    depth = (grey(DEPTH) / np.float32(65535)).astype(np.float32) if DEPTH in parts else None
    numbers = grey(SEGMENTATION, numbers=True).clip(0, 32767).astype(np.int16) if SEGMENTATION in parts else None
    mattes = {i: matte(matte_part(i)) for i in range(len(project.layers)) if matte_part(i) in parts}
    objects = {i: matte(object_part(i)) for i in range(len(project.objects)) if object_part(i) in parts}
    return Assets(depth, numbers, mattes, objects)


def read_grey(data: bytes, caps: Limits) -> NDArray[np.uint16]:
    """A picture of one quantity as uint16 [H, W], 65535 = white; 8 bits are stretched."""
    image = decode_image(data, caps)
    if image.mode in WIDE:
        return np.asarray(np.clip(np.asarray(image), 0, 65535), np.uint16)
    values = np.asarray(image if image.mode == "L" else _no_floats(image).convert("RGB").convert("L"), np.uint16)
    return np.asarray(values * np.uint16(257))


def read_numbers(data: bytes, caps: Limits) -> NDArray[np.uint16]:
    """A picture of whole numbers as uint16 [H, W]: grey values or a palette's indices, as they are."""
    image = decode_image(data, caps)
    if image.mode in WIDE:
        return np.asarray(np.clip(np.asarray(image), 0, 65535), np.uint16)
    return np.asarray(image if image.mode in ("L", "P") else _no_floats(image).convert("RGB").convert("L"), np.uint16)


def _no_floats(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise UsageError("The picture holds fractions, whose white is not known.", "Save it with 8 or 16 bits.")
    return image
