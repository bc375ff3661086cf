"""Files that are no picture, are damaged, too large or mean nothing: each refused with a sentence."""

import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from .picture_files import chunk, file, png, read, refusal


@pytest.mark.parametrize(
    "data", [b"", b"hello, I am text", b"\0" * 1000, b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]
)
def test_what_is_no_picture(data: bytes) -> None:
    assert refusal(data).code in ("not_a_picture", "damaged_picture")


@pytest.mark.parametrize(
    ("start", "word"),
    [(b"\0\0\0\x18ftypheic", "HEIC"), (b"%PDF-1.7", "PDF"), (b"8BPS", "Photoshop"), (b"<?xml?><svg>", "SVG")],
)
def test_known_kinds_that_cannot_be_read_are_named(start: bytes, word: str) -> None:
    error = refusal(start.ljust(200, b"\0"))
    assert word in error.message
    assert "PNG" in error.hint


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files(kind: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 40, 3), np.uint8)
    data = file(Image.fromarray(noise), kind)
    assert refusal(data[: int(len(data) * share)]).code in ("damaged_picture", "not_a_picture")


def test_no_pixels() -> None:
    for data in (
        png(0, 0, b""),
        png(0, 7, b""),
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0),
    ):
        assert refusal(data).code in ("not_a_picture", "damaged_picture")


def test_a_gif_without_a_screen_is_as_large_as_its_frame() -> None:
    gif = bytearray(file(Image.new("P", (4, 4)), "GIF"))
    gif[6:10] = bytes(4)
    assert read(bytes(gif)).shape == (4, 4, 3)
    frame = gif.index(b"\x2c\0\0\0\0\4\0\4\0")
    gif[frame + 5 : frame + 9] = b"\x60\xea\x60\xea"
    assert refusal(bytes(gif)).code == "picture_too_large"


def test_a_huge_picture_is_refused_by_its_header() -> None:
    error = refusal(png(50_000, 50_000, b"\0" * 1000))
    assert error.code == "picture_too_large"
    assert "50000x50000" in error.message
    assert refusal(png(1, 6000, b"\0" * 24_000)).code == "picture_too_large"


def test_a_bomb_of_text_inside_a_png_is_refused() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 50_000_000))
    assert refusal(png(1, 1, b"\0\1\2\3", bomb)).code == "damaged_picture"


def test_more_data_than_the_header_says_is_not_unpacked() -> None:
    rows = (b"\0" + b"\7" * 12) * 4 + b"\0" * 50_000_000
    assert (read(png(4, 4, rows)) == 7).all()


@pytest.mark.parametrize("values", [np.float32(0.5), np.int32(70000)])
def test_values_without_one_meaning_are_refused(values: Any) -> None:
    data = file(Image.fromarray(np.full((4, 4), values)), "TIFF")
    error = refusal(data)
    assert error.code == "unclear_picture"
    assert "16 bits" in error.hint


def test_float_rgb_is_refused() -> None:
    data = cv2.imencode(".tiff", np.ones((4, 4, 3), np.float32))[1].tobytes()
    assert refusal(data).code == "damaged_picture"
