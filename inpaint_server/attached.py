"""The pictures that come with a project, decoded and checked against the source: how bytes become `Assets`.

All of them are turned upright as their EXIF says, like the source, and may have another size than the source as long
as the proportions agree; they are scaled. Refusing every other size was the other road, and depth estimators and
painters hardly ever give the picture's own. A matte may be drawn in white on black or cut out of transparency.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..shared.ambience import RATE
from ..shared.attachments import DEPTH, SEGMENTATION, SOUND, attached, matte_part, object_part
from ..shared.errors import UsageError
from ..shared.project import Project
from .dreams.slices import mono
from .layering.assets import Assets
from .layering.mattes import SURE
from .limits import Limits
from .pictures import decode_image, split, upright
from .sound_files import read_sound

WIDE = ("I", "I;16", "I;16B", "I;16L")
"""Pillow's modes of more than 8 bits a pixel."""
SAME_SHADE = 16
"""Grey levels by which what is one colour may differ after a lossy format."""
MOST_SOUND_S = 1800.0
"""Seconds of a sound that are heard; it is in memory as a whole."""
SAME_SHAPE = 0.02
"""Share by which the proportions of two pictures may differ and still be the same."""


def check_parts(project: Project, parts: Mapping[str, bytes]) -> None:
    """Refuse a project that names a picture which was not sent, or pictures that it does not name."""
    named = attached(project)
    missing = sorted(named.keys() - parts.keys())
    if missing:
        raise UsageError(
            f"The project names a file for {missing[0]}, which was not sent.",
            f"Send it as a file named {missing[0]}, or leave the setting empty.",
        )
    extra = sorted(parts.keys() - named.keys())
    if extra:
        raise UsageError(
            f"The form has a file '{extra[0]}' that the project does not name.", "Leave it away, or name it."
        )


def decode(project: Project, parts: Mapping[str, bytes], width: int, height: int, caps: Limits) -> Assets:
    """The pictures of a project, as arrays of the source's size."""

    def fitted(part: str, read: Callable[[bytes, Limits], NDArray[np.uint16]]) -> NDArray[np.uint16]:
        try:
            values = read(parts[part], caps)
        except UsageError as e:
            raise UsageError(f"The picture for {part} cannot be used. {e.message}", e.hint, e.code) from e
        ratio = values.shape[1] / values.shape[0] * height / width
        if abs(ratio - 1) > SAME_SHAPE:
            raise UsageError(
                f"The picture for {part} is {values.shape[1]}x{values.shape[0]} px, the source {width}x{height}.",
                "Give one with the source's proportions.",
            )
        if values.shape == (height, width):
            return values
        way = (
            cv2.INTER_NEAREST
            if read is read_numbers
            else cv2.INTER_AREA
            if values.shape[1] > width
            else cv2.INTER_LINEAR
        )
        return np.asarray(cv2.resize(values, (width, height), interpolation=way), np.uint16)

    def matte(part: str) -> NDArray[np.uint8]:
        return (fitted(part, read_matte) >> 8).astype(np.uint8)

    depth = (fitted(DEPTH, read_grey) / np.float32(65535)).astype(np.float32) if DEPTH in parts else None
    numbers = fitted(SEGMENTATION, read_numbers).clip(0, 32767).astype(np.int16) if SEGMENTATION in parts else None
    mattes = {i: matte(matte_part(i)) for i in range(len(project.layers)) if matte_part(i) in parts}
    objects = {i: matte(object_part(i)) for i in range(len(project.objects)) if object_part(i) in parts}
    for index, found in objects.items():
        if found.max() < SURE:
            raise UsageError(
                f"The picture for {object_part(index)} is white nowhere.",
                "Give one that is white where the object is.",
            )
    sound = mono(read_sound(parts[SOUND], RATE, MOST_SOUND_S)) if SOUND in parts else None
    return Assets(depth, numbers, mattes, objects, sound=sound)


def read_grey(data: bytes, caps: Limits) -> NDArray[np.uint16]:
    """A picture of one quantity as uint16 [H, W], 65535 = white; 8 bits are stretched, transparency is passed over."""
    image = decode_image(data, caps)
    return upright(_brightness(image), image)


def read_matte(data: bytes, caps: Limits) -> NDArray[np.uint16]:
    """A matte as uint16 [H, W], 65535 = belongs to it: the brightness of a picture, or the opacity of a cut-out.

    UsageError where both tell something and it cannot be known which is meant.
    """
    image = decode_image(data, caps)
    alpha = None if image.mode in WIDE else split(_no_floats(image))[1]
    if alpha is None or len(set(alpha.getextrema())) == 1:
        return upright(_brightness(image), image)
    opacity = np.asarray(alpha, np.uint16)
    if _drawn_in_grey(np.asarray(image.convert("RGBA"), np.uint8)):
        raise UsageError(
            "It has shades of grey and transparency, and either could be the matte.",
            "Save it without transparency to use the grey, or fill what shows with one colour to use the transparency.",
        )
    return upright(np.asarray(opacity * np.uint16(257)), image)


def _drawn_in_grey(rgba: NDArray[np.uint8]) -> bool:
    """Whether what shows of a picture [H, W, 4] is grey, of more than one shade: neither a silhouette nor a photo."""
    seen = rgba[rgba[..., 3] >= SURE][:, :3].astype(np.int16)
    if not len(seen):
        return False
    colourless = np.ptp(seen, axis=1).max() <= SAME_SHADE
    return bool(colourless and np.ptp(seen) > SAME_SHADE)


def read_numbers(data: bytes, caps: Limits) -> NDArray[np.uint16]:
    """A picture of whole numbers as uint16 [H, W]: grey values or a palette's indices, as they are."""
    image = decode_image(data, caps)
    if image.mode in WIDE:
        values = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
    else:
        values = np.asarray(
            image if image.mode in ("L", "P") else _no_floats(image).convert("RGB").convert("L"), np.uint16
        )
    return upright(values, image)


def _brightness(image: Image.Image) -> NDArray[np.uint16]:
    if image.mode in WIDE:
        return np.asarray(np.clip(np.asarray(image), 0, 65535), np.uint16)
    values = np.asarray(image if image.mode == "L" else _no_floats(image).convert("RGB").convert("L"), np.uint16)
    return np.asarray(values * np.uint16(257))


def _no_floats(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise UsageError("It holds fractions, whose white is not known.", "Save it with 8 or 16 bits.")
    return image
