"""Objects lifted out of a picture: their mattes, what they leave behind, and that nothing is lost by it."""

from dataclasses import replace

import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering.cutout import RGB, lay_over
from infinite_parallax.inpaint_server.layering.objects import Lifted, behind, kept_before, lift
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.sections import Object
from infinite_parallax.shared.tiling import BLEED_PX

HEIGHT, WIDTH = 150, 240
BALL = Object(name="ball", layer=1, box=(88, 48, 142, 102))
PILLAR = Object(name="pillar", layer=0, box=(196, 60, 224, 150))


def water() -> RGB:
    """A background that is known everywhere."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = 8 * np.sin(x / 7 + 0.3 * np.sin(y / 5)) * np.cos(y / 6)
    return np.dstack([60 + y * 0.3 + waves, 90 + y * 0.3 + waves, 150 - y * 0.2 + waves]).astype(np.uint8)


def disc(x: float, y: float, radius: float) -> np.ndarray:
    """The share of every pixel that a disc covers, float [H, W]."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1)


def picture() -> RGB:
    out = water().astype(float)
    ball = disc(115, 75, 20)[..., None]
    out = out * (1 - ball) + np.array([230.0, 120.0, 40.0]) * ball
    out[70:, 203:217] = (240, 235, 90)
    return np.rint(out).astype(np.uint8)


def laid(background: RGB, things: list[Lifted]) -> RGB:
    """The objects over their background, far to near."""
    out = background.copy()
    for thing in sorted(things, key=lambda t: t.layer):
        here, there = thing.spots(out.shape)
        out[here] = lay_over(out[here], thing.rgba[there][..., :3], thing.rgba[there][..., 3])
    return out


def test_an_object_has_a_soft_matte_in_its_own_colour() -> None:
    (ball,), occupied = lift(picture(), [BALL], {})
    truth = disc(115, 75, 20)
    alpha = np.zeros((HEIGHT, WIDTH))
    here, there = ball.spots(alpha.shape)
    alpha[here] = ball.rgba[there][..., 3] / 255
    assert np.abs(alpha - truth).mean() < 0.004
    assert occupied[alpha > 0].all()
    assert occupied.sum() < 1.6 * (truth > 0).sum()
    colours = ball.rgba[ball.rgba[..., 3] > 0][:, :3].astype(int)
    off = np.abs(colours - (230, 120, 40)).max(axis=1)
    assert off.mean() < 1
    assert off.max() < 30, "unmixed, the outermost pixels would be up to 170 off"
    rim = np.ones(ball.rgba.shape[:2], bool)
    rim[BLEED_PX:-BLEED_PX, BLEED_PX:-BLEED_PX] = False
    assert ball.rgba[rim][:, 3].max() == 0


def test_the_objects_over_what_was_behind_them_are_the_picture() -> None:
    source = picture()
    things, occupied = lift(source, [BALL, PILLAR], {})
    background, settled = behind(source, things, occupied, 0)
    assert np.array_equal(laid(background, settled), source)
    assert np.array_equal(background[~occupied], source[~occupied])
    assert [(t.layer, t.x, t.y, t.rgba.shape) for t in settled] == [(t.layer, t.x, t.y, t.rgba.shape) for t in things]


def test_what_was_behind_is_painted_without_a_trace_of_the_object() -> None:
    source = picture()
    things, occupied = lift(source, [BALL, PILLAR], {})
    background, _ = behind(source, things, occupied, 0)
    off = np.abs(background.astype(int) - water())
    assert off[occupied].mean() < 9
    assert np.percentile(off[occupied], 99) < 45
    # red against blue, as only the objects have it
    assert (background[..., 0].astype(int) - background[..., 2]).max() < 0


def test_objects_that_overlap_give_the_picture_too() -> None:
    source = picture().astype(float)
    other = disc(138, 80, 14)[..., None]
    source = np.rint(source * (1 - other) + np.array([40.0, 200.0, 60.0]) * other).astype(np.uint8)
    mattes = {n: np.rint(255 * disc(*at)).astype(np.uint8) for n, at in enumerate([(115, 75, 20), (138, 80, 14)])}
    things, occupied = lift(source, [BALL, replace(BALL, layer=2)], mattes)
    background, settled = behind(source, things, occupied, 0)
    assert np.array_equal(laid(background, settled), source)


def test_an_object_at_the_edge_of_the_picture() -> None:
    source = picture()
    (pillar,), occupied = lift(source, [PILLAR], {})
    assert pillar.y + pillar.rgba.shape[0] > HEIGHT
    assert pillar.rgba[HEIGHT - pillar.y :, :, 3].max() == 0
    assert occupied[-1, 204:216].all()
    background, settled = behind(source, [pillar], occupied, 0)
    assert np.array_equal(laid(background, settled), source)


def test_a_matte_of_ones_own_wins() -> None:
    mine = np.rint(255 * disc(40, 40, 10)).astype(np.uint8)
    (thing,), _ = lift(picture(), [BALL], {0: mine})
    here, there = thing.spots(mine.shape)
    assert np.array_equal(thing.rgba[there][..., 3], mine[here])
    assert mine.sum() == thing.rgba[..., 3].sum()


def test_no_nearer_layer_hides_an_object() -> None:
    things, _ = lift(picture(), [BALL], {})
    below = np.zeros((HEIGHT, WIDTH), np.bool_)
    below[60:] = True
    kept = kept_before([below, below, below], things)
    assert np.array_equal(kept[0], below)
    for mask in kept[1:]:
        assert not mask[75, 115]
        assert np.array_equal(mask[:, 150:], below[:, 150:])
        assert not (mask & ~below).any()


def test_an_object_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"objects.1 \(ghost\) was not found"):
        lift(picture(), [BALL, replace(BALL, name="ghost")], {1: np.zeros((HEIGHT, WIDTH), np.uint8)})
    with pytest.raises(UsageError, match="neither a box nor a stroke"):
        lift(picture(), [Object(name="nothing")], {})


def test_the_same_picture_gives_the_same_objects() -> None:
    source = picture()
    both = [behind(source, *lift(source, [BALL, PILLAR], {}), 3) for _ in range(2)]
    assert np.array_equal(both[0][0], both[1][0])
    for a, b in zip(both[0][1], both[1][1], strict=True):
        assert np.array_equal(a.rgba, b.rgba)


def test_a_stroke_is_enough() -> None:
    (ball,), _ = lift(picture(), [Object(layer=1, stroke=((108, 75), (122, 75)), stroke_px=10)], {})
    alpha = np.zeros((HEIGHT, WIDTH))
    here, there = ball.spots(alpha.shape)
    alpha[here] = ball.rgba[there][..., 3] / 255
    assert np.abs(alpha - disc(115, 75, 20)).mean() < 0.01
