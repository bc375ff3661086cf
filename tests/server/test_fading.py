"""A border in nothing fades, one along an edge or through texture does not, and the layers still give the picture."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering.cut_out import cut_out
from infinite_parallax.inpaint_server.layering.cutout import flatten
from infinite_parallax.inpaint_server.layering.fading import DEEP, fade
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Bool = NDArray[np.bool_]
WIDTH, HEIGHT, BORDER = 480, 300, 150


def haze() -> RGB:
    """A sky that grows lighter downwards, with a little grain."""
    rows = np.arange(HEIGHT)[:, None, None] / HEIGHT
    light = 110 + rows * np.float32([90, 60, 20]) + np.zeros((1, WIDTH, 1))
    return (light + np.random.default_rng(1).normal(0, 0.4, light.shape)).clip(0, 255).astype(np.uint8)


def below() -> Bool:
    return np.arange(HEIGHT)[:, None] + np.zeros(WIDTH, int) >= BORDER


def faded(picture: RGB, near: Bool) -> tuple[NDArray[np.uint8], Bool]:
    return fade(picture, near, ~near, near.astype(np.uint8) * np.uint8(255))


def test_a_border_in_a_haze_fades_from_row_to_row() -> None:
    alpha, where = faded(haze(), below())
    deep = round(DEEP * HEIGHT)
    assert np.abs(where.sum(0) - deep).max() <= 2
    column = alpha[:, 200].astype(int)
    assert (np.diff(column) >= 0).all()
    assert np.diff(column).max() < 255 * 2.2 / deep
    assert column[BORDER - deep] == 0
    assert column[BORDER + deep] == 255


@pytest.mark.parametrize("what", ["edge", "texture"])
def test_a_border_along_an_edge_or_through_texture_stays_as_it_is(what: str) -> None:
    picture, near = haze(), below()
    if what == "edge":
        picture[near] -= 25
    else:
        rough = np.random.default_rng(3).normal(0, 12, picture.shape)
        picture = (picture + rough).clip(0, 255).astype(np.uint8)
    alpha, where = faded(picture, near)
    assert not where.any()
    assert np.array_equal(alpha, near.astype(np.uint8) * 255)


def test_only_the_calm_stretch_fades_and_rises_to_it_gently() -> None:
    picture, near = haze(), below()
    picture[near & (np.arange(WIDTH) < 200)] -= 25
    _, where = faded(picture, near)
    assert not where[:, :200].any()
    rows = where.sum(0)
    assert rows[260:].min() >= round(DEEP * HEIGHT) - 2
    assert np.abs(np.diff(rows[200:])).max() <= 3


def test_the_other_border_of_a_layer_is_none_of_it() -> None:
    near = below() & (np.arange(HEIGHT)[:, None] < 230)
    _, where = fade(haze(), near, ~below(), near.astype(np.uint8) * np.uint8(255))
    assert where.any()
    assert not where[190:].any()


def test_layers_whose_border_fades_give_the_picture_and_show_no_step_when_they_part() -> None:
    picture = haze()
    far, near = cut_out(picture, [below()], 40)
    assert np.array_equal(flatten([far, near], HEIGHT), picture)
    # both keep what the source shows, so one of them a little lighter shows no edge
    lighter = near.rgb.astype(int) + 12
    alpha = near.alpha.astype(int)[..., None]
    under = far.rgb[near.top : near.top + len(alpha)].astype(int)
    shown = (lighter[: len(under)] * alpha[: len(under)] + under * (255 - alpha[: len(under)])) // 255
    step = np.abs(np.diff(shown[10 : len(under) - 10].mean((1, 2))))
    assert step.max() < 2.5
