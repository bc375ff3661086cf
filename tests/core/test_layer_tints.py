"""What belongs to each layer, as a colour over the picture."""

import numpy as np
import pytest
from infinite_parallax.shared import layer_tints, overlay_shapes
from infinite_parallax.shared import project as projects

W, H = 60, 40
LAYERS = projects.from_json(
    {"layers": [{"height": 10}, {"height": 20, "skyline": [[0, 10], [60, 20]]}, {"distance": 5}]}
).layers


def test_every_pixel_is_some_layer_s() -> None:
    matte = np.zeros((H, W), np.uint8)
    matte[5:, 40:] = 255
    matte[30:] = 128
    own = layer_tints.coverage(LAYERS, {2: matte}, W, H)
    np.testing.assert_allclose(sum(own), 1)
    assert [part[2, 50] for part in own] == [1, 0, 0]
    assert [part[12, 3] for part in own] == [0, 1, 0], "the skyline has begun at the left"
    assert [part[12, 35] for part in own] == [1, 0, 0], "but not yet there"
    assert [part[12, 50] for part in own] == [0, 0, 1], "a matte reaches over a farther layer's border"
    assert own[2][35, 3] == pytest.approx(128 / 255)
    assert own[1][35, 3] == pytest.approx(127 / 255)


def test_large_pictures_are_tinted_small() -> None:
    assert layer_tints.size(8000, 2000) == (1024, 256)
    assert layer_tints.size(60, 40) == (60, 40)
    assert [part.shape for part in layer_tints.coverage(LAYERS, {}, 8000, 2000)] == [(256, 1024)] * 3


def test_colours_are_the_layers_and_the_chosen_one_stands_out() -> None:
    boat = np.zeros((H, W), np.uint8)
    boat[:3, :3] = 255
    shown = layer_tints.tinted(layer_tints.coverage(LAYERS, {}, W, H), [(2, boat)], 1)
    np.testing.assert_allclose(shown[5, 5], [*overlay_shapes.colour(0)[:3], layer_tints.TINT], atol=1e-5)
    np.testing.assert_allclose(shown[15, 5], [*overlay_shapes.colour(1)[:3], layer_tints.CHOSEN], atol=1e-5)
    assert shown[0, 0, 3] > layer_tints.OBJECT
    assert np.argmax(shown[0, 0, :3]) == np.argmax(overlay_shapes.colour(2)[:3])
