"""Telea's inpainting looks only round the hole, and paints what it would paint if it looked at everything."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server.engines.contract import InpaintRequest
from infinite_parallax.inpaint_server.engines.telea import RADIUS_PX, TeleaEngine
from infinite_parallax.inpaint_server.layering.cutout import lay_over


@pytest.mark.parametrize("seed", range(12))
def test_only_the_hole_s_neighbourhood_is_looked_at(seed: int) -> None:
    random = np.random.default_rng(seed)
    picture = random.integers(0, 256, (90, 160, 3), np.uint8)
    mask = np.zeros((90, 160), np.uint8)
    for _ in range(3):
        y, x, height, width = random.integers((0, 0, 1, 1), (60, 110, 30, 30))
        mask[y : y + height, x : x + width] = 255
    mask[:, : seed % 4] = 255
    whole = cv2.inpaint(picture, mask, RADIUS_PX, cv2.INPAINT_TELEA)
    np.testing.assert_array_equal(TeleaEngine().inpaint(picture, mask, InpaintRequest(), lambda: False), whole)


def test_less_is_handed_over_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    inpaint = cv2.inpaint

    def seen(picture: np.ndarray, *rest: object) -> np.ndarray:
        sizes.append(picture.shape[:2])
        return inpaint(picture, *rest)

    monkeypatch.setattr(cv2, "inpaint", seen)
    mask = np.zeros((200, 300), np.uint8)
    mask[90:100, 290:] = 255
    TeleaEngine().inpaint(np.full((200, 300, 3), 90, np.uint8), mask, InpaintRequest(), lambda: False)
    assert sizes[0][0] * sizes[0][1] < 2000


def test_laying_over_is_the_formula_it_is_said_to_be() -> None:
    a, over = (values.ravel() for values in np.meshgrid(np.arange(256), np.arange(256)))
    for below in (0, 1, 127, 254, 255):
        shape = (256, 256)
        got = lay_over(
            np.full((*shape, 3), below, np.uint8),
            np.repeat(over.reshape(shape).astype(np.uint8)[..., None], 3, 2),
            a.reshape(shape).astype(np.uint8),
        )
        expected = ((over * a + below * (255 - a) + 127) // 255).reshape(shape)
        np.testing.assert_array_equal(got, np.repeat(expected[..., None], 3, 2))
