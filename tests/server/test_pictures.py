"""Every kind of picture file, built here, and what becomes of its pixels."""

import struct
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.pictures import encode_jpeg, encode_png, narrow, read_mask
from PIL import Image, ImageCms, features

from .picture_files import LIMITS, Array, colours, file, read, refusal


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 100, "subsampling": 0}, 4),
    ],
)
def test_rgb_files_come_out_as_they_are(kind: str, options: dict[str, Any], tolerance: int) -> None:
    want = colours()
    got = read(file(Image.fromarray(want), kind, **options))
    assert np.abs(got.astype(int) - want).max() <= tolerance


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow is built without AVIF")
def test_avif_is_read_where_pillow_can() -> None:
    want = colours()
    got = read(file(Image.fromarray(want), "AVIF", quality=100, subsampling="4:4:4"))
    assert np.abs(got.astype(int) - want).max() <= 8


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    values = np.linspace(0, 65535, 96).round().astype(np.uint16).reshape(8, 12)
    want = np.rint(values / 257)
    for kind in (".png", ".tiff"):
        got = read(cv2.imencode(kind, values)[1].tobytes())
        assert (got == want[..., None]).all()


def test_big_endian_sixteen_bit_tiff() -> None:
    values = (np.arange(6, dtype=np.uint16) * 13000).reshape(2, 3)
    entries = [(256, 3, 3), (257, 3, 2), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 122), (277, 3, 1)]
    entries += [(278, 3, 2), (279, 4, 12)]
    ifd = struct.pack(">H", len(entries))
    for tag, kind, value in entries:
        ifd += struct.pack(">HHI", tag, kind, 1) + (
            struct.pack(">HH", value, 0) if kind == 3 else struct.pack(">I", value)
        )
    data = b"MM\0*" + struct.pack(">I", 8) + ifd + b"\0\0\0\0"
    data = data.ljust(122, b"\0") + values.astype(">u2").tobytes()
    assert (read(data)[..., 0] == np.rint(values / 257)).all()


def test_sixteen_bit_rgb_is_scaled_and_not_clipped() -> None:
    values = np.linspace(0, 65535, 288).round().astype(np.uint16).reshape(8, 12, 3)
    for kind in (".png", ".tiff"):
        got = read(cv2.imencode(kind, values[..., ::-1])[1].tobytes())
        assert np.abs(got - values / 257).max() <= 1


def test_palette() -> None:
    want = (colours() // 64) * 64
    image = Image.fromarray(want).quantize(64)
    assert (read(file(image, "PNG")) == np.asarray(image.convert("RGB"))).all()


def test_grey_and_one_bit() -> None:
    grey = colours()[..., 0]
    assert (read(file(Image.fromarray(grey), "PNG")) == grey[..., None]).all()
    bits = Image.fromarray(((grey > 100) * 255).astype(np.uint8)).convert("1")
    assert (read(file(bits, "PNG"))[..., 0] == np.asarray(bits) * 255).all()


def test_alpha_is_laid_over_the_mean_of_what_is_visible() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:, :2] = [200, 100, 50, 255]
    rgba[:, 2] = [0, 255, 0, 0]
    rgba[:, 3] = [200, 100, 50, 128]
    assert (read(file(Image.fromarray(rgba), "PNG")) == [200, 100, 50]).all()


def test_half_transparent_pixels_are_mixed() -> None:
    rgba = np.array([[[255, 0, 0, 255], [0, 0, 255, 85]]], np.uint8)
    # the mean is (255 * 255 + 0 * 85) / 340 = 191 red and 0 * 255 + 255 * 85 over 340 = 64 blue
    assert read(file(Image.fromarray(rgba), "PNG")).tolist() == [[[255, 0, 0], [127, 0, 128]]]


def test_grey_with_alpha_and_palette_with_transparency() -> None:
    la = np.dstack([np.full((4, 4), 90, np.uint8), np.tile(np.array([255, 255, 0, 0], np.uint8), (4, 1))])
    assert (read(file(Image.fromarray(la), "PNG")) == 90).all()
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putpixel((0, 0), 0)
    assert (read(file(image, "PNG", transparency=0)) == [10, 20, 30]).all()
    assert (read(file(image, "PNG", transparency=b"\x00\xff")) == [10, 20, 30]).all()


def test_a_wholly_transparent_picture_is_refused() -> None:
    assert "transparent" in refusal(file(Image.new("RGBA", (4, 4)), "PNG")).message


def test_cmyk_tiff_and_adobe_jpeg_agree() -> None:
    cmyk = Image.new("CMYK", (16, 16), (200, 40, 0, 20))
    want = np.asarray(cmyk.convert("RGB"), int)
    for data in (file(cmyk, "TIFF"), file(cmyk, "JPEG", quality=100)):
        assert np.abs(read(data) - want).max() <= 3


def test_cmyk_jpeg_without_adobes_mark_is_not_a_negative() -> None:
    cmyk = Image.new("CMYK", (16, 16), (200, 40, 0, 20))
    negative = Image.new("CMYK", (16, 16), (55, 215, 255, 235))
    # Pillow writes the negative and Adobe's mark; of the negative without the mark the plain values remain
    data = file(negative, "JPEG", quality=100)
    start = data.index(b"\xff\xee")
    (length,) = struct.unpack(">H", data[start + 2 : start + 4])
    plain = data[:start] + data[start + 2 + length :]
    assert np.abs(read(plain) - np.asarray(cmyk.convert("RGB"), int)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_exif_rotation(orientation: int, kind: str) -> None:
    """The stored picture is the upright one turned back; reading turns it upright again."""
    upright = np.zeros((8, 16, 3), np.uint8)
    upright[:4, :8], upright[:4, 8:], upright[4:, :8] = [250, 0, 0], [0, 250, 0], [0, 0, 250]
    stored: dict[int, Callable[[Array], Array]] = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored[orientation](upright)))
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    got = read(file(image, kind, exif=exif, **options))
    assert got.shape == upright.shape
    assert np.abs(got.astype(int) - upright).max() <= 8


def test_broken_exif_counts_as_none() -> None:
    want = colours()
    data = file(
        Image.fromarray(want), "JPEG", quality=100, subsampling=0, exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xee" * 40
    )
    assert np.abs(read(data).astype(int) - want).max() <= 4


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (6, 5), colour) for colour in ("#102030", "#ff0000", "#00ff00")]
    gif = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (read(gif) == [0x10, 0x20, 0x30]).all()
    webp = file(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert (read(webp) == [0x10, 0x20, 0x30]).all()
    tiff = file(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    assert (read(tiff) == [0x10, 0x20, 0x30]).all()


def test_a_profile_is_converted_to_srgb() -> None:
    # a linear-light twin of sRGB: 128 in the file is 188 in sRGB
    linear = linear_profile()
    image = Image.new("RGB", (4, 4), (128, 128, 128))
    assert np.abs(read(file(image, "PNG", icc_profile=linear)).astype(int) - 188).max() <= 1


def linear_profile() -> bytes:
    """An RGB profile with sRGB's primaries and a straight tone curve, made from Pillow's own sRGB profile."""
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack(">I", raw[128:132])
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    place = len(raw)
    raw += curve
    for i in range(count):
        entry = 132 + 12 * i
        if bytes(raw[entry : entry + 4]) in (b"rTRC", b"gTRC", b"bTRC"):
            raw[entry + 4 : entry + 12] = struct.pack(">II", place, len(curve))
        if bytes(raw[entry : entry + 4]) == b"desc":
            start, size = struct.unpack(">II", raw[entry + 4 : entry + 12])
            raw[start : start + size] = bytes(raw[start : start + size]).replace(b"s\0R\0G\0B", b"l\0i\0n\0e")
    raw[0:4] = struct.pack(">I", len(raw))
    return bytes(raw)


def test_an_srgb_profile_changes_no_value_and_a_broken_one_is_passed_over() -> None:
    want = colours()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert (read(file(Image.fromarray(want), "PNG", icc_profile=srgb)) == want).all()
    assert (read(file(Image.fromarray(want), "PNG", icc_profile=b"no profile at all")) == want).all()
    grey = Image.fromarray(want[..., 0])
    assert (read(file(grey, "PNG", icc_profile=linear_profile())) == want[..., :1]).all()


def test_a_mask_is_whatever_is_not_black() -> None:
    grey = np.array([[0, 1, 128, 255]], np.uint8)
    mask = read_mask(file(Image.fromarray(grey), "PNG"), LIMITS)
    assert mask.tolist() == [[0, 255, 255, 255]]


def test_encoding_and_narrowing() -> None:
    picture = np.repeat(np.repeat(colours(), 5, axis=0), 5, axis=1)
    assert (read(encode_png(picture)) == picture).all()
    assert np.abs(read(encode_jpeg(picture)).astype(int) - picture).mean() < 3
    assert narrow(picture, 30).shape == (20, 30, 3)
    assert narrow(picture, 100) is picture
