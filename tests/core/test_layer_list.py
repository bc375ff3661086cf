"""Cutting and removing layers: rows stay whole, and hints and objects stay on what they stood on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import Distortion, Grade, Overlay
from infinite_parallax.shared.layer_list import merge, remove, split, swap
from infinite_parallax.shared.plan import plan
from infinite_parallax.shared.project import Project
from infinite_parallax.shared.sections import Hint, Layer, Object
from infinite_parallax.shared.sound_settings import SoundCue

LAYERS = tuple(
    Layer(name=n, height=h, distance=100) for n, h in (("sky", 60), ("hill", 40), ("wood", 50), ("field", None))
)
HEIGHT = 200


def project() -> Project:
    """On every layer a hint and an object, on the hill a high and a low one."""
    hints = tuple(Hint(layer=i, box=(0, 0, 9, 70 + 50 * i)) for i in range(4))
    objects = (
        Object(name="high", layer=1, box=(5, 30, 20, 75)),
        Object(name="low", layer=1, stroke=((5, 70), (5, 95))),
        Object(name="painted", layer=1, matte="ball.png"),
        Object(name="near", layer=3, box=(5, 150, 20, 190)),
    )
    return Project(layers=LAYERS, hints=hints, objects=objects)


def stands_on(wish: Project) -> dict[str, str]:
    return {thing.name: wish.layers[thing.layer].name for thing in wish.objects}


def test_what_names_a_layer_follows_a_split() -> None:
    out = split(project(), 1)
    assert [layer.height for layer in out.layers] == [60, 20, 20, 50, None]
    assert [hint.layer for hint in out.hints] == [0, 2, 3, 4]
    assert [thing.layer for thing in out.objects] == [1, 2, 2, 4]


def test_what_names_a_layer_follows_a_removal() -> None:
    out = remove(project(), 1)
    assert [(layer.name, layer.height) for layer in out.layers] == [("sky", 60), ("wood", 90), ("field", None)]
    assert [hint.layer for hint in out.hints] == [0, 1, 1, 2]
    assert stands_on(out) == {"high": "wood", "low": "wood", "painted": "wood", "near": "field"}


def test_what_names_a_layer_follows_a_merge() -> None:
    out = merge(project(), 1)
    assert [(layer.name, layer.height) for layer in out.layers] == [("sky", 60), ("hill", 90), ("field", None)]
    assert [hint.layer for hint in out.hints] == [0, 1, 1, 2]
    assert stands_on(out) == {"high": "hill", "low": "hill", "painted": "hill", "near": "field"}
    with pytest.raises(UsageError, match="none below it"):
        merge(project(), 3)


@pytest.mark.parametrize("index", range(3))
def test_what_names_a_layer_follows_an_exchange(index: int) -> None:
    out = swap(project(), index, HEIGHT)
    assert stands_on(out) == stands_on(project())
    names = [layer.name for layer in out.layers]
    assert [names[hint.layer] for hint in out.hints] == [layer.name for layer in LAYERS]
    assert [hint.layer for hint in swap(out, index, HEIGHT).hints] == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="none in that direction"):
        swap(project(), 3, HEIGHT)


def test_the_last_layer_gives_what_it_has_to_the_one_above() -> None:
    out = remove(project(), 3)
    assert [layer.name for layer in out.layers] == ["sky", "hill", "wood"]
    assert out.layers[-1].height is None
    assert stands_on(out)["near"] == "wood"
    for _ in range(2):
        out = remove(out, 0)
    assert {thing.layer for thing in (*out.hints, *out.objects)} == {0}
    assert remove(out, 0).layers == ()


@given(st.integers(0, 3))
def test_a_split_taken_back_is_where_it_began(index: int) -> None:
    begun = project()
    back = remove(split(begun, index), index)
    assert [hint.layer for hint in back.hints] == [hint.layer for hint in begun.hints]
    assert stands_on(back) == stands_on(begun)
    assert [layer.height for layer in back.layers] == [layer.height for layer in begun.layers]


@pytest.mark.parametrize("index", range(4))
def test_the_rows_still_fit(index: int) -> None:
    moving = replace(project(), layers=tuple(replace(layer, velocity=(-3.0, 0.0)) for layer in LAYERS))
    for change in (split, remove):
        assert sum(layer.height for layer in plan(change(moving, index), 100, HEIGHT).layers) == HEIGHT


def test_overlays_grades_and_sounds_follow_their_layer_and_what_is_of_all_stays() -> None:
    wish = replace(
        project(),
        overlays=(Overlay(layer=2), Overlay()),
        distortions=(Distortion(layer=1),),
        grades=(Grade(layer=3),),
        cues=(SoundCue(layer=0),),
    )
    cut, gone = split(wish, 1), remove(wish, 0)
    for changed, layers in ((cut, (3, None, 2, 4, 0)), (gone, (1, None, 0, 2, 0))):
        entries = (*changed.overlays, *changed.distortions, *changed.grades, *changed.cues)
        assert tuple(entry.layer for entry in entries) == layers
