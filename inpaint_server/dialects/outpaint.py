"""IOPaint's inpaint as arithmetic: the mask, the part that is to be painted (croper), and the frame that is wider than
the picture (extender).

After Sanster, IOPaint, iopaint/schema.py and iopaint/model/base.py (behaviour, not code).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ...shared.settings import setting
from ..engines.contract import RGB, Mask
from ..limits import Limits
from .fields import unprocessable
from .files import Plane

OPAQUE = 255


@dataclass(frozen=True)
class Inpaint:
    """The fields that mean something here; the others are passed over."""

    prompt: str = setting("", "What to paint.")
    negative_prompt: str = setting("", "What not to paint.")
    use_croper: bool = setting(False, "Paint only in a rectangle.")
    croper_x: int = setting(0, "Its left edge.")
    croper_y: int = setting(0, "Its upper edge.")
    croper_width: int = setting(512, "Its width.", low=1)
    croper_height: int = setting(512, "Its height.", low=1)
    use_extender: bool = setting(False, "Paint what a rectangle has beyond the picture.")
    extender_x: int = setting(0, "Its left edge, negative beyond the picture.")
    extender_y: int = setting(0, "Its upper edge, negative beyond the picture.")
    extender_width: int = setting(640, "Its width.", low=1)
    extender_height: int = setting(640, "Its height.", low=1)
    sd_seed: int = setting(42, "-1: a random one.", low=-1, high=2**32 - 1)
    sd_steps: int = setting(50, "Denoising steps.", low=1, high=500)
    sd_guidance_scale: float = setting(7.5, "How closely the prompt is followed.", low=0, high=50)
    sd_strength: float = setting(1.0, "How much of the old colour is painted over.", above=0, high=1)


@dataclass(frozen=True)
class Canvas:
    """The whole answer before it is painted, RGB uint8 [h, w, 3], its hole [h, w], and alpha [h, w] or None.

    `spot` are the rows and columns that the engine is shown; the hole lies inside.
    """

    rgb: RGB
    hole: Mask
    alpha: Plane | None
    spot: tuple[slice, slice]

    def with_painted(self, painted: RGB) -> RGB:
        """The answer: what was painted in the spot, the rest as it was."""
        whole = self.rgb.copy()
        whole[self.spot] = painted
        return whole


def canvas(rgb: RGB, alpha: Plane | None, mask: Mask, wish: Inpaint, limits: Limits) -> Canvas:
    """What is to be painted of a picture; `mask` [h, w] is 255 or 0."""
    height, width = mask.shape
    if wish.use_extender:
        return _extended(rgb, alpha, mask, wish, limits)
    if not wish.use_croper:
        return Canvas(rgb, mask, alpha, (slice(0, height), slice(0, width)))
    top, left = max(0, wish.croper_y), max(0, wish.croper_x)
    bottom, right = min(height, wish.croper_y + wish.croper_height), min(width, wish.croper_x + wish.croper_width)
    if top >= bottom or left >= right:
        raise unprocessable("The croper lies beside the picture.")
    return Canvas(rgb, mask, alpha, (slice(top, bottom), slice(left, right)))


def _extended(rgb: RGB, alpha: Plane | None, mask: Mask, wish: Inpaint, limits: Limits) -> Canvas:
    height, width = mask.shape
    left, top = max(0, -wish.extender_x), max(0, -wish.extender_y)
    right = max(0, wish.extender_x + wish.extender_width - width)
    bottom = max(0, wish.extender_y + wish.extender_height - height)
    size = height + top + bottom, width + left + right
    if max(size) > limits.side_px or size[0] * size[1] > limits.picture_px:
        raise unprocessable(f"{size[1]}x{size[0]} px are asked for; this server paints fewer.", "Extend by less.")
    beside = (top, bottom), (left, right)
    wider = np.pad(rgb, (*beside, (0, 0)))
    hole = np.pad(mask, beside, constant_values=255)
    opaque = None if alpha is None else np.pad(alpha, beside, constant_values=OPAQUE)
    return Canvas(wider, hole, opaque, (slice(0, size[0]), slice(0, size[1])))


def black_and_white(grey: Plane) -> Mask:
    """A mask as IOPaint reads it: what is brighter than 127 is to be painted."""
    return np.where(grey > 127, np.uint8(255), np.uint8(0))


def adjusted(grey: Plane, operate: str, kernel_size: int) -> Plane:
    """A mask grown, shrunk or reversed, as the RGBA brush strokes [h, w, 4] that IOPaint's page draws."""
    mask = np.where(grey >= 127, np.uint8(255), np.uint8(0))
    if operate == "reverse":
        mask = 255 - mask
    else:
        side = 2 * kernel_size + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        mask = np.asarray((cv2.dilate if operate == "expand" else cv2.erode)(mask, kernel), np.uint8)
    strokes = np.zeros((*mask.shape, 4), np.uint8)
    strokes[mask > 0] = BRUSH
    return strokes


BRUSH = (255, 203, 0, 186)
