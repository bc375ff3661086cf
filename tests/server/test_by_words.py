"""What was found by words becomes the number of every pixel's layer, and objects with a place to stand."""

import numpy as np
import pytest
from infinite_parallax.inpaint_server.layering import by_words

from .fake_eyes import found

H, W = 90, 120
Y, X = np.mgrid[0:H, 0:W]
WORDS = ("sky", "mountains", "river")
RIDGE = 30 + 8 * np.sin(X / 11)
SKY, HILLS, WATER = RIDGE > Y, (RIDGE <= Y) & (Y < 60), Y >= 60


def picture() -> np.ndarray:
    out = np.zeros((H, W, 3), np.uint8)
    for share, colour in ((SKY, (200, 220, 250)), (HILLS, (60, 90, 50)), (WATER, (40, 70, 130))):
        out[share] = colour
    return out


def truth() -> np.ndarray:
    return (HILLS + 2 * WATER).astype(np.int16)


def test_finds_become_layers_in_the_order_of_the_words() -> None:
    finds = [found("river", 0.5, WATER), found("sky", 0.9, SKY), found("mountains", 0.6, HILLS)]
    made = by_words.layers(picture(), finds, WORDS)
    assert (made.words, made.unfound) == (WORDS, ())
    np.testing.assert_array_equal(made.numbers, truth())
    turned = by_words.layers(picture(), finds, ("river", "mountains", "sky"))
    np.testing.assert_array_equal(turned.numbers, 2 - truth())


def test_gaps_are_flooded_as_far_as_the_pictures_edges() -> None:
    apart = [
        found("sky", 0.9, SKY & (RIDGE - 12 > Y)),
        found("mountains", 0.6, HILLS & (RIDGE + 9 < Y) & (Y < 52)),
        found("river", 0.5, Y >= 66),
    ]
    made = by_words.layers(picture(), apart, WORDS)
    wrong = made.numbers != truth()
    assert wrong.mean() < 0.02
    # a level border through the middle of each gap would be wrong where the ridge is not
    assert (made.numbers >= 0).all()


def test_overlaps_go_to_the_nearer_unless_the_farther_is_much_surer() -> None:
    both = found("sky", 0.5, Y < 50), found("mountains", 0.4, (Y >= 30) & (Y < 60))
    made = by_words.layers(picture(), [*both, found("river", 0.5, WATER)], WORDS)
    assert (made.numbers[31:49] == 1).all()
    sure = found("sky", 0.9, Y < 50)
    made = by_words.layers(picture(), [sure, both[1], found("river", 0.5, WATER)], WORDS)
    assert (made.numbers[31:49] == 0).all()


def test_a_word_without_a_find_has_no_layer() -> None:
    speck = (Y == 70) & (X == 5)
    made = by_words.layers(picture(), [found("sky", 0.9, SKY), found("river", 0.5, WATER), found("boat", 1, speck)],
                           ("sky", "mountains", "river", "boat"))  # fmt: skip
    assert (made.words, made.unfound) == (("sky", "river"), ("mountains", "boat"))
    assert set(np.unique(made.numbers)) == {0, 1}
    assert by_words.layers(picture(), [], WORDS).words == ()


def test_a_word_that_was_found_in_specks_alone_has_no_layer() -> None:
    specks = SKY & (Y % 9 == 4) & (X % 9 == 4)
    assert specks.sum() > H * W * by_words.LEAST_LAYER
    finds = [found("birds", 0.9, specks), found("sky", 0.6, SKY), found("river", 0.5, ~SKY)]
    made = by_words.layers(picture(), finds, ("birds", "sky", "river"))
    assert (made.words, made.unfound) == (("sky", "river"), ("birds",))
    np.testing.assert_array_equal(made.numbers, (~SKY).astype(np.int16))


def test_specks_go_to_what_is_round_them() -> None:
    spotted = SKY.copy()
    spotted[5, 5] = False
    finds = [found("sky", 0.5, spotted), found("mountains", 0.6, HILLS | ~(spotted | WATER)), found("river", 1, WATER)]
    assert by_words.layers(picture(), finds, WORDS).numbers[5, 5] == 0


def test_what_was_painted_belongs_to_what_was_found_in_it() -> None:
    new = X >= 90
    owner = np.where(new, 0, truth()).astype(np.int16)  # who owns what was painted is a guess
    finds = [found("mountains", 0.6, HILLS & (RIDGE + 2 < Y) & (X < 110)), found("river", 0.5, WATER & (Y > 64))]
    numbers = by_words.continued(picture(), finds, WORDS, owner, new)
    assert (numbers == truth()).mean() > 0.98
    # what was known stays with its owner, whatever was found there
    other = by_words.continued(picture(), [found("river", 0.9, Y >= 0)], WORDS, owner, new)
    np.testing.assert_array_equal(other[:, :90], truth()[:, :90])


def test_objects_are_the_surest_once_and_neither_specks_nor_everything() -> None:
    tower, roof = (abs(X - 40) < 5) & (Y > 10) & (Y < 55), (abs(X - 40) < 4) & (Y > 12) & (Y < 30)
    tree = (abs(X - 90) < 8) & (Y > 50) & (Y < 80)
    finds = [
        found("tower", 0.7, roof),
        found("tower", 0.8, tower),
        found("tree", 0.9, tree),
        found("tree", 0.95, Y > 5),
        found("tower", 0.6, (X < 2) & (Y < 3)),
        found("boat", 0.9, (X > 110) & (Y > 70)),
    ]
    kept = by_words.objects(finds, ("tower", "tree"))
    assert [(one.words, one.score) for one in kept] == [("tree", 0.9), ("tower", 0.8)]
    assert by_words.names(kept, ["tree", "tree 2"]) == ["tree 3", "tower"]


@pytest.mark.parametrize(("bottom", "layer"), [(20, 0), (45, 1), (60, 1), (61, 2), (H, 2)])
def test_an_object_stands_on_what_is_beside_its_foot(bottom: int, layer: int) -> None:
    tower = (abs(X - 40) < 5) & (bottom - 15 <= Y) & (bottom > Y)
    tower |= (abs(X - 40) < 9) & (bottom - 15 <= Y) & (bottom - 9 > Y)  # what sticks out above has no foot
    assert by_words.stands_on(tower, truth()) == layer
