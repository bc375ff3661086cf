"""The depth of a canvas: holes filled, one scale for all steps, and layers told apart by it."""

from typing import Any

import numpy as np
from infinite_parallax.inpaint_server import canvas_depth
from infinite_parallax.inpaint_server.canvas_depth import CanvasDepth, filled, levelled, medians
from infinite_parallax.inpaint_server.engines.contract import RGB, LayerView, RunContext
from infinite_parallax.inpaint_server.engines.looking import Disparity, Look
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedDepth, never
from infinite_parallax.inpaint_server.separate import DOUBT_PX, FADE_PX, led

WIDTH, HEIGHT = 60, 40
LEVELS = [0.1, 0.4, 0.9]
OWNER = np.repeat(np.array([0, 1, 2], np.int16), [10, 14, 16])[:, None] + np.zeros((1, WIDTH), np.int16)


class Reader:
    """An engine that reads depth off the red channel, on a scale that differs from picture to picture."""

    name = "reader"

    def __init__(self, scale: float = 1.0, offset: float = 0.0) -> None:
        self.scale, self.offset = scale, offset
        self.shown: list[RGB] = []

    def depth(self, picture: RGB, _look: Any, _cancelled: Any) -> Disparity:
        self.shown.append(picture.copy())
        return np.clip(picture[..., 0] / 255 * self.scale + self.offset, 0, 1).astype(np.float32)


def picture(owner: np.ndarray = OWNER) -> RGB:
    """Layers in the red of their levels, with noise in the other channels."""
    red = np.array(LEVELS)[owner] * 255
    noise = np.random.default_rng(4).integers(0, 255, (*owner.shape, 2))
    return np.dstack([red[..., None], noise]).astype(np.uint8)


def run() -> RunContext:
    views = tuple(LayerView(i, top, height, (-1.0, 0)) for i, (top, height) in enumerate([(0, 10), (10, 14), (24, 16)]))
    return RunContext(picture(), views, 5, 0)


def measured(engine: Reader) -> CanvasDepth:
    source = Reader().depth(picture(), None, None)
    return CanvasDepth(GuardedDepth(engine), Look(), run(), source)


def test_the_scale_is_the_sources_at_every_step() -> None:
    hole = np.zeros((HEIGHT, WIDTH), np.bool_)
    hole[:, -8:] = True
    canvas = picture()
    canvas[hole] = 0
    for scale, offset in ((1.0, 0.0), (0.5, 0.0), (0.3, 0.6)):
        found = measured(Reader(scale, offset)).at(canvas, hole, OWNER, never)
        assert found.dtype == np.float32
        # the hole too: it is filled before anybody looks
        assert np.abs(found - np.array(LEVELS)[OWNER]).max() < 0.01


def test_holes_are_mirrored_from_their_own_layer_and_row() -> None:
    canvas, hole = picture(), np.zeros((HEIGHT, WIDTH), np.bool_)
    hole[:, -8:] = True
    hole[30, :] = True
    whole = canvas.copy()
    canvas[hole] = 0
    out = filled(canvas, hole, OWNER)
    np.testing.assert_array_equal(out[~hole], whole[~hole])
    np.testing.assert_array_equal(out[5, -8:], whole[5, -10:-18:-1])
    # a row without anything known is another row
    np.testing.assert_array_equal(out[30], out[29])


def test_a_layer_that_the_row_does_not_show_is_filled_from_what_there_is() -> None:
    canvas, hole, owner = picture(), np.zeros((HEIGHT, WIDTH), np.bool_), OWNER.copy()
    hole[2:6, 20:25], owner[2:6, 20:25] = True, 2
    out = filled(canvas, hole, owner)
    np.testing.assert_array_equal(out[3, 20], canvas[3, 18])
    nothing = np.ones_like(hole)
    np.testing.assert_array_equal(filled(canvas, nothing, owner), canvas)


def test_levels_keep_the_order_of_the_estimate() -> None:
    depth = np.select([OWNER == 0, OWNER == 1], [0.5, 0.2], 0.8).astype(np.float32)
    out = levelled(depth, OWNER, LEVELS)
    # the estimate has the first two layers the other way round: they are fitted as one
    second, first, third = sorted(float(m) for m in medians(out, OWNER, 3) if m is not None)
    assert second < np.mean(LEVELS[:2]) < first < third
    assert third == np.float32(LEVELS[2])
    rising = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None] + np.zeros((1, WIDTH), np.float32)
    assert (np.diff(levelled(rising, OWNER, LEVELS)[:, 0]) >= 0).all()


def test_what_shows_too_little_of_a_layer_measures_nothing() -> None:
    owner = np.full((HEIGHT, WIDTH), -1, np.int16)
    owner[0, 0] = 1
    depth = np.full((HEIGHT, WIDTH), 0.3, np.float32)
    np.testing.assert_array_equal(levelled(depth, owner, LEVELS), depth)


def test_layers_are_told_apart_in_what_was_painted() -> None:
    truth, new = OWNER.copy(), np.zeros((HEIGHT, WIDTH), np.bool_)
    new[:, -20:] = True
    truth[12:24, -14:-6] = 2  # a tower of the nearest layer
    found = measured(Reader(0.6, 0.2)).numbers(picture(truth), new, OWNER, never)
    assert found.dtype == np.int16
    assert np.mean(found == truth) > 0.97
    assert (found[14:24, -12:-8] == 2).all()


def test_the_first_owner_is_the_bands() -> None:
    np.testing.assert_array_equal(canvas_depth.first_owner(run()), OWNER)


def test_a_border_is_led_on_from_the_known_one() -> None:
    seen = np.full(2 * FADE_PX, 30)
    draft = np.full(2 * FADE_PX, 22)
    rows = led(seen, draft, 26, 30, 100)
    assert rows[0] == 26
    assert rows[-1] == 30
    assert (np.diff(rows) >= 0).all()
    assert (led(seen, draft, 30 - DOUBT_PX - 1, 30, 100) == draft).all()
    assert led(seen, draft, 30, 30, 28).max() == 28
