"""The arithmetic of the web UI's img2img, and its infotexts."""

from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.dialects import infotext
from infinite_parallax.inpaint_server.dialects.files import Sent
from infinite_parallax.inpaint_server.dialects.img2img import Img2Img, blurred, resized, sheet, white_part
from infinite_parallax.inpaint_server.engines.contract import RGB, Mask

Y, X = np.mgrid[0:48, 0:64]
PICTURE = np.stack([40 + 2 * X, 220 - 3 * Y, 30 + (X * Y) % 160], axis=2).astype(np.uint8)
MASK = np.zeros((48, 64), np.uint8)
MASK[12:30, 40:] = 255


def sent(rgb: RGB, alpha: Any = None) -> Sent:
    return Sent(rgb, alpha)


def grey(mask: Mask) -> Sent:
    return sent(np.repeat(mask[..., None], 3, axis=2))


def test_masks_white_inverted_and_of_transparency() -> None:
    assert (white_part(grey(MASK), Img2Img()) == MASK).all()
    assert (white_part(grey(MASK), Img2Img(inpainting_mask_invert=1)) == 255 - MASK).all()
    cut_out = sent(PICTURE, np.where(MASK > 0, 200, 90).astype(np.uint8))
    assert (white_part(cut_out, Img2Img()) == MASK).all()
    assert set(np.unique(white_part(cut_out, Img2Img(mask_round=False)))) == {90, 200}


def test_a_blurred_mask_fades_over_the_original() -> None:
    made = sheet(sent(PICTURE), grey(MASK), Img2Img(mask_blur=3))
    assert made.share.shape == MASK.shape
    edge = made.share[20, 34:46].astype(int)
    assert (np.diff(edge) >= 0).all()
    assert 100 < made.share[20, 40] < 200
    assert (made.hole > 0).sum() > (MASK > 0).sum()
    black = made.laid_over(np.zeros_like(PICTURE))
    np.testing.assert_array_equal(black[made.share == 0], PICTURE[made.share == 0])
    assert (black[made.share == 255] == 0).all()


def test_blur_along_one_axis_only() -> None:
    soft = blurred(MASK, (4, 0))
    assert (soft[:11] == 0).all()
    assert 0 < soft[20, 38] < 255


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_resize_modes(mode: int) -> None:
    made = resized(PICTURE, (48, 48), mode)
    assert made.shape == (48, 48, 3)
    if mode == 1:
        assert np.abs(made[:, 24].astype(int) - PICTURE[:, 32]).max() < 40
    if mode == 2:
        assert (made[:6] == made[6]).all()
        assert (made[-6:] == made[-7]).all()
    assert resized(PICTURE, (64, 48), mode) is PICTURE


def test_infotexts_are_read_back() -> None:
    told = infotext.infotext(Img2Img(prompt="a, b", negative_prompt="c", seed=3), 3, "Euler a", "walk")
    parts = infotext.parsed(told)
    assert (parts["Prompt"], parts["Negative prompt"], parts["Seed"]) == ("a, b", "c", "3")
    assert (parts["Size"], parts["Sampler"], parts["Model"]) == ("512x512", "Euler a", "walk")
    assert infotext.parsed("only words")["Prompt"] == "only words"


@pytest.mark.parametrize("name", ["Euler a", "DPM++ 2M Karras", "dpm++ 2m", "UniPC", "DPM++ 2M SDE Exponential"])
def test_samplers_by_their_older_names(name: str) -> None:
    assert infotext.known_sampler(name)
