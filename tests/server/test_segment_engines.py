"""The contract of the engines that find things, held against the one without a model and one that breaks its word."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines.looking import Look, Segment, Touch
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedSegment
from infinite_parallax.shared.errors import ParallaxError, UsageError

from .fake_eyes import FakeEyes, found

W, H = 160, 110
Y, X = np.mgrid[0:H, 0:W]
TOWER = (abs(X - 70) < 12) & (Y > 30) & (Y < 90)
TREE = (abs(X - 130) < 14) & (Y > 40) & (Y < 80)


def picture() -> np.ndarray:
    out = np.full((H, W, 3), (150, 180, 220), np.uint8)
    out[Y > 60] = (90, 130, 70)
    out[TOWER], out[TREE] = (200, 90, 60), (30, 60, 30)
    return out + np.random.default_rng(1).integers(0, 12, out.shape, np.uint8)


def grabcut() -> GuardedSegment:
    return engines.load_segment("grabcut")


def overlap(share: np.ndarray, truth: np.ndarray) -> float:
    return float((share & truth).sum() / (share | truth).sum())


@pytest.mark.parametrize(
    ("touch", "truth"),
    [
        (Touch(box=(50, 24, 90, 96)), TOWER),
        (Touch(on=((70, 50),)), TOWER),
        (Touch(on=((70, 50), (70, 80)), beside=((70, 100), (30, 50))), TOWER),
        (Touch(on=((130, 60),), box=(110, 35, 150, 86)), TREE),
        (Touch(on=((70, 50), (130, 60))), TOWER | TREE),
    ],
)
def test_what_is_pointed_at_is_outlined(touch: Touch, truth: np.ndarray) -> None:
    share = grabcut().touch(picture(), touch, Look())
    assert (share.shape, share.dtype) == ((H, W), np.bool_)
    assert overlap(share, truth) > 0.85
    assert all(share[round(y), round(x)] for x, y in touch.on)
    assert not any(share[round(y), round(x)] for x, y in touch.beside)
    np.testing.assert_array_equal(share, grabcut().touch(picture(), touch, Look()))


def test_the_stand_in_says_that_it_knows_no_words() -> None:
    (card,) = (card for card in engines.cards(engines.SEGMENT) if card.name == "grabcut")
    assert card.stand_in
    assert not grabcut().finds_words
    with pytest.raises(UsageError, match="finds nothing by words") as refused:
        grabcut().segment(picture(), ("tower",), Look())
    assert "grounded_sam" in refused.value.hint


def test_a_box_outside_the_picture_is_refused() -> None:
    with pytest.raises(UsageError):
        grabcut().touch(picture(), Touch(box=(500, 0, 600, 9)), Look())


def test_the_wrapper_sorts_cuts_and_protects() -> None:
    def see(shown: np.ndarray) -> Sequence[Segment]:
        assert not shown.flags.writeable
        return [Segment("tree", 0.2, (-5.0, 3.0, 900.0, 4.0), TREE), found("tower", 0.7, TOWER)]

    kept = GuardedSegment(FakeEyes(see)).segment(picture(), ("tree", "tower"), Look())
    assert [one.words for one in kept] == ["tower", "tree"]
    assert kept[1].box == (0, 3, W, 4)
    with pytest.raises(UsageError, match="no words"):
        GuardedSegment(FakeEyes(see)).segment(picture(), (), Look())


@pytest.mark.parametrize("share", [TOWER[1:], TOWER.astype(np.uint8)])
def test_the_wrapper_refuses_a_wrong_mask(share: Any) -> None:
    engine = GuardedSegment(FakeEyes(lambda _picture: [Segment("tower", 1.0, (0, 0, 1, 1), share)]))
    with pytest.raises(ParallaxError, match="'eyes' returned no mask"):
        engine.segment(picture(), ("tower",), Look())
