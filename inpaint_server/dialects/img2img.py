"""The arithmetic of the web UI's img2img with a mask: sizes, resize modes, blurred masks, the overlay.

Two ways of its own: "only masked" (`inpaint_full_res`) gives back the picture at its size, the other way a picture of
`width` x `height`. In the first the web UI shows its model only a rectangle round the mask, made as large as that.
Here the engine sees the whole picture instead, unscaled: the engines cut out the context that they need by themselves,
and a rectangle that is all hole, which the default padding of 0 gives, would tell them nothing.

After AUTOMATIC1111, stable-diffusion-webui, modules/processing.py and modules/images.py (behaviour, not code).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ...shared.settings import setting
from ..engines.contract import RGB
from .files import Plane, Sent, luminance, over_white

STRETCH, CROP, FILL = 0, 1, 2


@dataclass(frozen=True)
class Img2Img:
    """The fields that mean something here; the others are echoed."""

    prompt: str = setting("", "What to paint.")
    negative_prompt: str = setting("", "What not to paint.")
    seed: int = setting(-1, "-1: a random one.", low=-1, high=2**32 - 1)
    sampler_name: str = setting("", "Sampler.")
    sampler_index: str = setting("Euler", "Sampler, in the older way.")
    batch_size: int = setting(1, "Pictures at a time.", low=1, high=16)
    n_iter: int = setting(1, "Times.", low=1, high=16)
    steps: int = setting(50, "Denoising steps.", low=1, high=500)
    cfg_scale: float = setting(7.0, "How closely the prompt is followed.", low=0, high=50)
    width: int = setting(512, "Width of the result.", low=8, high=16384)
    height: int = setting(512, "Height of the result.", low=8, high=16384)
    denoising_strength: float = setting(0.75, "How much of the old colour is painted over.", low=0, high=1)
    resize_mode: int = setting(0, "0 stretch, 1 crop, 2 fill, 3 stretch.", low=0, high=3)
    mask_blur: int | None = setting(None, "Blur of the mask, both ways.", low=0, high=512)
    mask_blur_x: int = setting(4, "Blur along the rows.", low=0, high=512)
    mask_blur_y: int = setting(4, "Blur along the columns.", low=0, high=512)
    mask_round: bool = setting(True, "A mask of transparency is made black and white.")
    inpainting_fill: int = setting(0, "What the hole begins with.", low=0, high=3)
    inpaint_full_res: bool = setting(True, "Only masked: keep the picture's size.")
    inpaint_full_res_padding: int = setting(0, "Context round the mask.", low=0, high=16384)
    inpainting_mask_invert: int = setting(0, "1: paint what is black.", low=0, high=1)
    include_init_images: bool = setting(False, "Echo the pictures.")
    send_images: bool = setting(True, "Answer with the pictures.")
    script_name: str = setting("", "A script.")
    override_settings_restore_afterwards: bool = setting(True, "Take the settings back afterwards.")

    @property
    def blur(self) -> tuple[int, int]:
        """Standard deviations of the mask's blur along x and y, px."""
        return (self.mask_blur_x, self.mask_blur_y) if self.mask_blur is None else (self.mask_blur, self.mask_blur)


@dataclass(frozen=True)
class Sheet:
    """What an engine is given: the picture RGB uint8 [h, w, 3], and the share [h, w] 0..255 of what it paints."""

    picture: RGB
    share: Plane

    @property
    def hole(self) -> Plane:
        """What is to be painted, 255 or 0."""
        return np.where(self.share > 0, np.uint8(255), np.uint8(0))

    def laid_over(self, painted: RGB) -> RGB:
        """The painted picture under the original, which fades out over the share."""
        share = self.share[..., None].astype(np.uint16)
        mixed = (self.picture * (255 - share) + painted * share + 127) // 255
        return np.asarray(mixed, np.uint8)


def sheet(picture: Sent, mask: Sent, wish: Img2Img) -> Sheet:
    """The picture and its mask, both at the size of the result."""
    rgb, share = over_white(picture), blurred(white_part(mask, wish), wish.blur)
    size = wish.width, wish.height
    if wish.inpaint_full_res and share.any():
        height, width = rgb.shape[:2]
        return Sheet(rgb, share if share.shape == (height, width) else resized(share, (width, height), STRETCH))
    grey = resized(share, size, wish.resize_mode).astype(np.uint16)
    return Sheet(resized(rgb, size, wish.resize_mode), np.minimum(255, 2 * grey).astype(np.uint8))


def white_part(mask: Sent, wish: Img2Img) -> Plane:
    """The mask as grey, uint8 [h, w]: its transparency if it has any, else its brightness."""
    if mask.alpha is not None and mask.alpha.min() < 255:
        grey = np.where(mask.alpha > 128, np.uint8(255), np.uint8(0)) if wish.mask_round else mask.alpha
    else:
        grey = luminance(mask)
    return 255 - grey if wish.inpainting_mask_invert else grey


def blurred(mask: Plane, blur: tuple[int, int]) -> Plane:
    """A mask [h, w] blurred by Gaussians of these standard deviations along x and y."""
    for sigma, along_x in zip(blur, (True, False), strict=True):
        if sigma:
            size = 2 * int(2.5 * sigma + 0.5) + 1
            mask = np.asarray(cv2.GaussianBlur(mask, (size, 1) if along_x else (1, size), sigma), np.uint8)
    return mask


def resized(pixels: NDArray[np.uint8], size: tuple[int, int], mode: int) -> NDArray[np.uint8]:
    """Pixels [h, w] or [h, w, 3] at `size` (width, height): stretched, cropped to fit, or fitted in.

    Fitted in, what is left on two sides is filled with the nearest row or column.
    """
    image = Image.fromarray(pixels)
    if image.size == size:
        return pixels
    if mode == CROP:
        fitted = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    elif mode == FILL:
        inner = np.asarray(ImageOps.contain(image, size, Image.Resampling.LANCZOS))
        left, top = (size[0] - inner.shape[1]) // 2, (size[1] - inner.shape[0]) // 2
        beside = (top, size[1] - inner.shape[0] - top), (left, size[0] - inner.shape[1] - left)
        return np.pad(inner, beside if pixels.ndim == 2 else (*beside, (0, 0)), "edge")
    else:
        fitted = image.resize(size, Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(fitted, np.uint8))
