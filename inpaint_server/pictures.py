"""Any picture a person has, as plain RGB; what cannot be read is refused with a sentence, if possible undecoded.

Pillow decodes; this module decides which formats it may try, how large a picture may be, and how colours become 8-bit
sRGB. Leaving that to `Image.convert` was the other road: it clips 16-bit greys to white, drops profiles, turns
transparency into whatever lay under it, and shows the negative of some CMYK pictures.
"""

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms, UnidentifiedImageError, features

from ..shared.errors import ParallaxError, UsageError
from .engines.contract import RGB, Mask
from .limits import Limits

Pixels = NDArray[Any]  # [h, w] or [h, w, channels]
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", *(("AVIF",) if features.check("avif") else ()))
ROWS = 256
_WAY_OUT = "Export it as PNG or JPEG."
_LOOKS_LIKE = (
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"gimp xcf", "a GIMP file"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"v/1\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1aE\xdf\xa3", "a video"),
)
_BRANDS = {
    "HEIC": (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"),
    "AVIF": (b"avif", b"avis"),
}
_SRGB = ImageCms.createProfile("sRGB")
_ORIENTATIONS: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored.swapaxes(0, 1)[::-1, ::-1],
    8: lambda stored: np.rot90(stored, 1),
}
_EXIF_ORIENTATION = 0x0112
_decoding = threading.Lock()

# our own cap is checked between header and decoding; Pillow's would answer with a warning or with its own words
Image.MAX_IMAGE_PIXELS = None


def read_picture(data: bytes, limits: Limits) -> RGB:
    """The picture in a file's bytes as RGB uint8 [H, W, 3] in sRGB, upright; of an animation the first frame.

    Transparent parts are laid over the mean colour of the visible ones. UsageError for anything that is no picture,
    is damaged, is too large, or holds values that have no one meaning as colours.
    """
    image = decode_image(data, limits)
    colour, alpha = split(image)
    rgb = _pixels(_to_srgb(colour, image.info.get("icc_profile")))
    if alpha is not None:
        rgb = _flatten(rgb, np.asarray(alpha, np.uint8))
    return np.ascontiguousarray(upright(rgb, image))


def read_mask(data: bytes, limits: Limits) -> Mask:
    """A mask as uint8 [H, W], 255 = paint: whatever is not black in the picture."""
    picture = read_picture(data, limits)
    return np.where(picture.max(axis=2) > 0, np.uint8(255), np.uint8(0))


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """RGB [H, W, 3] as PNG."""
    out = io.BytesIO()
    # level 1: a fifth of the time of the default for a few per cent more bytes
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()


def encode_jpeg(picture: NDArray[np.uint8]) -> bytes:
    """RGB [H, W, 3] as JPEG, good enough to look at."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=88)
    return out.getvalue()


def read_png(path: Path) -> RGB:
    """A PNG that this program wrote, as RGB uint8 [H, W, 3]."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            return _pixels(_as_rgb(image))
    except (OSError, SyntaxError, ValueError) as e:
        raise ParallaxError(f"The job's {path.name} cannot be read.", "Delete the job and send it again.") from e


def narrow(picture: RGB, width: int) -> RGB:
    """The picture scaled down to `width` px, never up."""
    height, full = picture.shape[:2]
    if width >= full:
        return picture
    size = (width, max(1, round(height * width / full)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX), np.uint8)


def decode_image(data: bytes, limits: Limits) -> Image.Image:
    """A picture as Pillow has it, its size and its wholeness checked."""
    if not data:
        raise UsageError("The picture is empty (0 bytes).", "Choose another file.", "not_a_picture")
    try:
        with _refusing_warnings():
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(image.size, limits)
            image.load()
            return image
    except UnidentifiedImageError as e:
        raise _unidentified(data) from e
    except UsageError:
        raise
    except Exception as e:  # decoders raise whatever their format's damage leads to
        raise _damaged(str(e)) from e


@contextmanager
def _refusing_warnings() -> Iterator[None]:
    """Pillow warns of damaged and of malicious files; refuse those instead of printing a line that nobody sees.

    Damaged EXIF alone is no reason: it can only hide which way is up.
    """
    # the list of warning filters belongs to the whole process, hence one decoding at a time
    with _decoding, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    ours = [w for w in caught if "PIL" in Path(w.filename).parts and "EXIF" not in str(w.message)]
    if ours:
        raise _damaged(str(ours[0].message))


def _damaged(detail: str) -> UsageError:
    words = " ".join(detail.split())[:200].rstrip(".")
    return UsageError(
        f"The picture is damaged or incomplete{f' ({words})' if words else ''}.",
        "Open it in an image editor, look whether it is whole, and export it again.",
        "damaged_picture",
    )


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UsageError(f"The picture has no pixels ({width}x{height}).", "Choose another file.", "not_a_picture")
    if width * height > limits.picture_px or max(size) > limits.side_px:
        raise UsageError(
            f"The picture has {width}x{height} px; this server takes {limits.picture_px / 1e6:g} million pixels and "
            f"sides of up to {limits.side_px}.",
            "Scale it down.",
            "picture_too_large",
        )


def _unidentified(data: bytes) -> UsageError:
    """The refusal of a file that none of the decoders knows, with its kind if that can be told."""
    brand = data[8:12] if data[4:8] == b"ftyp" else b""
    for name, brands in _BRANDS.items():
        if brand in brands:
            return UsageError(f"The picture is {name}, which this server cannot read.", _WAY_OUT, "not_a_picture")
    kind = next((words for start, words in _LOOKS_LIKE if data.startswith(start)), "")
    if not kind and b"<svg" in data[:1000].lower():
        kind = "an SVG drawing"
    if kind:
        return UsageError(f"The file is {kind}, which this server cannot read.", _WAY_OUT, "not_a_picture")
    if (
        data[:8] == b"\x89PNG\r\n\x1a\n"
        or data[:2] in (b"\xff\xd8", b"BM")
        or data[:4] in (b"II*\0", b"MM\0*", b"RIFF")
    ):
        return UsageError(
            "The picture is damaged, or of a rare kind that cannot be read.",
            "Open it in an image editor and export it as PNG or JPEG.",
            "damaged_picture",
        )
    return UsageError("The file is not a picture.", "Choose a PNG, JPEG, WebP, TIFF, BMP or GIF.", "not_a_picture")


def split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colour (mode L, RGB or CMYK) and alpha (mode L, or None) of a decoded picture."""
    mode = image.mode
    keyed = "transparency" in image.info and mode in ("1", "L", "RGB", "P")
    if keyed or mode in ("PA", "RGBa"):
        image = image.convert("RGBA")
    elif mode == "La":
        image = image.convert("LA")
    if image.mode in ("RGBA", "LA"):
        return image.convert("RGB" if image.mode == "RGBA" else "L"), image.getchannel("A")
    if image.mode == "CMYK":
        return _positive(image), None
    if image.mode == "L":
        return image, None
    if image.mode == "1":
        return image.convert("L"), None
    if image.mode.startswith("I"):
        return _eight_bits(image), None
    if image.mode == "F":
        raise UsageError(
            "The picture holds floating-point values, which have no one meaning as colours.",
            "Export it with 8 or 16 bits per channel.",
            "unclear_picture",
        )
    return image if image.mode == "RGB" else image.convert("RGB"), None


def _positive(image: Image.Image) -> Image.Image:
    """CMYK with 0 = no ink. Pillow takes every CMYK JPEG for one of Adobe's, which store the negative."""
    if image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        return ImageChops.invert(image)
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits scaled to 8: value / 257, rounded. Modes I;16, I;16B, and I where it holds 16 bits."""
    values = np.asarray(image)
    if image.mode == "I" and (image.format != "PNG" or values.min() < 0 or values.max() > 65535):
        raise UsageError(
            "The picture holds 32-bit values, which have no one meaning as colours.",
            "Export it with 8 or 16 bits per channel.",
            "unclear_picture",
        )
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _to_srgb(colour: Image.Image, profile: bytes | None) -> Image.Image:
    """8-bit RGB in sRGB. A profile that is broken or meant for another kind of picture is passed over."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            space = source.profile.xcolor_space.strip()
            known = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}[colour.mode]
            # pictures that are sRGB already keep their exact values
            if space == known and "srgb" not in ImageCms.getProfileDescription(source).lower():
                converted = ImageCms.profileToProfile(
                    colour,
                    source,
                    _SRGB,
                    renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                    outputMode="RGB",
                    flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
                )
                if converted is not None:
                    return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return _as_rgb(colour)


def _as_rgb(image: Image.Image) -> Image.Image:
    """An image as RGB: Pillow holds four bytes for a pixel, and would convert even RGB to a copy."""
    return image if image.mode == "RGB" else image.convert("RGB")


def _pixels(image: Image.Image) -> RGB:
    """The pixels of an RGB image, uint8 [H, W, 3], some rows at a time: of a whole one two more copies were made."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, ROWS):
        pixels[top : top + ROWS] = np.asarray(image.crop((0, top, width, min(height, top + ROWS))), np.uint8)
    return pixels


def _flatten(rgb: RGB, alpha: NDArray[np.uint8]) -> RGB:
    """Lay [H, W, 3] with alpha [H, W] over the mean colour of what is visible.

    White or black behind a cut-out would flow into everything that is painted beside it; the mean is the least
    conspicuous neighbour.
    """
    weight = int(alpha.sum(dtype=np.int64))
    if weight == 0:
        raise UsageError("The picture is wholly transparent.", "Choose one that shows something.", "not_a_picture")
    out = np.empty_like(rgb)
    # row by row: products of the whole picture would need many times its memory
    sums = sum((row * a[:, None].astype(np.int64)).sum(axis=0) for row, a in zip(rgb, alpha, strict=True))
    mean = np.rint(np.asarray(sums) / weight).astype(np.int64)
    for row, a, target in zip(rgb, alpha, out, strict=True):
        share = a[:, None].astype(np.int64)
        target[:] = (row * share + mean * (255 - share) + 127) // 255
    return out


def upright(stored: Pixels, image: Image.Image) -> Pixels:
    """The pixels of an image turned as its EXIF says (CIPA DC-008, tag 274); unreadable EXIF counts as none."""
    with _decoding, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            turn = _ORIENTATIONS.get(image.getexif().get(_EXIF_ORIENTATION, 1))
        except Exception:  # EXIF is written by cameras, and its parser raises many kinds of errors
            turn = None
    return stored if turn is None else np.ascontiguousarray(turn(stored))


def exif_upright(image: Image.Image) -> bytes:
    """The EXIF of an image for its pixels once they are upright; b"" if there is none, or none that can be read."""
    with _decoding, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exif = image.getexif()
            exif.pop(_EXIF_ORIENTATION, None)
            return exif.tobytes() if len(exif) else b""
        except Exception:  # as above
            return b""
