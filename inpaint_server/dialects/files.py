"""Pictures inside JSON: files in base64, and what stands in a file beside its colours.

Unlike pictures for a job these keep their colour values as they are, with profile, EXIF and transparency, because the
answer is laid over the client's own picture, pixel for pixel. Converting to sRGB, as jobs do, would shift it there.
"""

import base64
import binascii
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from ...shared.errors import ParallaxError, UsageError
from ..engines.contract import RGB
from ..limits import Limits
from ..pictures import decode_image, exif_upright, split, upright
from .fields import unprocessable

Plane = NDArray[np.uint8]  # [h, w]


@dataclass(frozen=True)
class Sent:
    """A picture as it came: RGB uint8 [h, w, 3], alpha uint8 [h, w] or None, EXIF and colour profile or b""."""

    rgb: RGB
    alpha: Plane | None = None
    exif: bytes = b""
    profile: bytes = b""


def decoded(text: Any, name: str) -> bytes:
    """The file in a field in base64, with or without `data:image/...;base64,` before it."""
    if not isinstance(text, str) or not text.strip():
        raise unprocessable(f"{name} must be a picture in base64.")
    if text.startswith(("http://", "https://")):
        raise ParallaxError("Requests not allowed", f"Send {name} itself, in base64.", "unprocessable", 422)
    plain = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(plain.split()), validate=True)
    except (binascii.Error, ValueError) as e:
        raise unprocessable(f"{name} is not in base64.") from e


def sent(text: Any, name: str, limits: Limits) -> Sent:
    """The picture in a field, upright; a refusal names the field."""
    try:
        image = decode_image(decoded(text, name), limits)
        colour, alpha = split(image)
    except UsageError as e:
        raise unprocessable(f"{name}: {e.message}", e.hint) from e
    rgb = np.ascontiguousarray(upright(np.asarray(colour.convert("RGB"), np.uint8), image))
    opacity = None if alpha is None else np.ascontiguousarray(upright(np.asarray(alpha, np.uint8), image))
    profile = image.info.get("icc_profile") or b""
    return Sent(rgb, opacity, exif_upright(image), profile if colour.mode == "RGB" else b"")


def png(rgb: RGB, like: Sent | None = None, text: dict[str, str] | None = None) -> bytes:
    """A PNG with the alpha, EXIF and profile of another picture, and with texts."""
    pixels = rgb if like is None or like.alpha is None else np.dstack([rgb, like.alpha])
    options: dict[str, Any] = {}
    if like is not None and like.exif:
        options["exif"] = like.exif
    if like is not None and like.profile:
        options["icc_profile"] = like.profile
    info = PngImagePlugin.PngInfo()
    for key, words in (text or {}).items():
        info.add_itxt(key, words) if not words.isascii() else info.add_text(key, words)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1, pnginfo=info, **options)
    return out.getvalue()


def luminance(picture: Sent) -> Plane:
    """The grey values of a picture, uint8 [h, w]."""
    return np.asarray(Image.fromarray(picture.rgb).convert("L"), np.uint8)


def over_white(picture: Sent) -> RGB:
    """The colours with white behind transparent parts."""
    if picture.alpha is None:
        return picture.rgb
    share = picture.alpha[..., None].astype(np.uint16)
    return ((picture.rgb * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)
