"""Mattes and depth pictures that come with a project: upright, cut out of transparency, of the right proportions."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.attached import decode, read_grey, read_matte, read_numbers
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.project import Project, from_json
from numpy.typing import NDArray
from PIL import Image

LIMITS = Limits()
WIDTH, HEIGHT = 24, 16
PROJECT = from_json({"layers": [{"height": 8}, {"matte": "m.png"}], "objects": [{"matte": "o.png"}]})


def shape() -> NDArray[np.uint8]:
    """A soft blob in the upper left, uint8 [HEIGHT, WIDTH], so that every turn of it is another picture."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.clip(300 - 30 * np.hypot(y - 5, x - 8), 0, 255).astype(np.uint8)


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def cut_out(colour: Any, alpha: NDArray[np.uint8]) -> bytes:
    """A picture of `colour`, one or [h, w, 3], with an alpha channel."""
    rgb = np.broadcast_to(np.asarray(colour, np.uint8), (*alpha.shape, 3))
    return file(Image.fromarray(np.dstack([rgb, alpha])))


def turned(upright: NDArray[np.uint8], orientation: int) -> Image.Image:
    """The picture as a camera stores it that writes `orientation`."""
    back = {3: lambda a: a[::-1, ::-1], 5: lambda a: a.T, 6: lambda a: np.rot90(a, 1), 8: lambda a: np.rot90(a, -1)}
    return Image.fromarray(np.ascontiguousarray(back[orientation](upright)))


@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
@pytest.mark.parametrize("read", [read_grey, read_matte, read_numbers])
def test_all_of_them_are_turned_upright(read: Callable[..., Any], orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    got = read(file(turned(shape(), orientation), exif=exif), LIMITS)
    np.testing.assert_array_equal(got, shape().astype(np.uint16) * (1 if read is read_numbers else 257))


@pytest.mark.parametrize("colour", [[255, 255, 255], [0, 0, 0], [180, 40, 90]])
def test_a_silhouette_in_transparency_is_a_matte(colour: list[int]) -> None:
    got = read_matte(cut_out(colour, shape()), LIMITS)
    np.testing.assert_array_equal(got, shape().astype(np.uint16) * 257)


def test_a_thing_cut_out_of_a_photograph_is_a_matte() -> None:
    photograph = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    got = read_matte(cut_out(photograph, shape()), LIMITS)
    np.testing.assert_array_equal(got >> 8, shape())


def test_a_palette_with_a_transparent_colour_is_a_matte() -> None:
    image = Image.fromarray((shape() > 128).view(np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 255, 255])
    got = read_matte(file(image, transparency=0), LIMITS)
    np.testing.assert_array_equal(got > 0, shape() > 128)


@pytest.mark.parametrize("alpha", [255, 90])
def test_a_matte_of_grey_whose_alpha_tells_nothing_is_its_grey(alpha: int) -> None:
    image = Image.merge("LA", [Image.fromarray(shape()), Image.new("L", (WIDTH, HEIGHT), alpha)])
    np.testing.assert_array_equal(read_matte(file(image), LIMITS) >> 8, shape())


def test_grey_and_transparency_together_are_refused() -> None:
    both = cut_out(np.repeat(shape()[:, ::-1, None], 3, axis=2), np.where(shape() > 60, np.uint8(255), np.uint8(0)))
    with pytest.raises(UsageError, match="shades of grey and transparency") as told:
        read_matte(both, LIMITS)
    assert "without transparency" in told.value.hint


def test_sixteen_bits_stay_sixteen() -> None:
    deep = np.linspace(0, 65535, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
    for read in (read_grey, read_matte, read_numbers):
        np.testing.assert_array_equal(read(file(Image.fromarray(deep)), LIMITS), deep)


def opened(matte: bytes, thing: bytes, project: Project = PROJECT) -> Any:
    return decode(project, {"matte.1": matte, "object.0": thing}, WIDTH, HEIGHT, LIMITS)


def test_what_does_not_fit_is_refused_by_the_name_of_its_part() -> None:
    good = file(Image.fromarray(shape()))
    assert opened(good, good).mattes[1].shape == (HEIGHT, WIDTH)
    twice = file(Image.fromarray(shape()).resize((2 * WIDTH, 2 * HEIGHT)))
    assert opened(twice, good).mattes[1].shape == (HEIGHT, WIDTH)
    tall = file(Image.fromarray(np.ascontiguousarray(shape().T)))
    with pytest.raises(UsageError, match=r"for matte\.1 is 16x24 px, the source 24x16") as told:
        opened(tall, good)
    assert "proportions" in told.value.hint
    with pytest.raises(UsageError, match=r"for object\.0 cannot be used\. The picture is damaged") as told:
        opened(good, good[:60])
    assert told.value.code == "damaged_picture"
    with pytest.raises(UsageError, match=r"for object\.0 is white nowhere"):
        opened(good, file(Image.new("L", (WIDTH, HEIGHT), 90)))
