"""Words for layers and objects: how they are written, and when they are looked for."""

import pytest
from infinite_parallax.shared.project import from_json
from infinite_parallax.shared.words import Wanted, joined, named, parted, to_find


@pytest.mark.parametrize(
    "text",
    ["sky . red  Tower . river .", "sky, red tower, river", "Sky; red tower\nriver", " sky.red tower.river.sky. . "],
)
def test_words_are_parted_whatever_stands_between_them(text: str) -> None:
    words = parted(text)
    assert words == ("sky", "red tower", "river")
    assert parted(joined(words)) == words


def test_words_in_a_sentence() -> None:
    assert [named(words) for words in ((), ("sky",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "sky",
        "a and b",
        "a, b and c",
    ]


def test_what_is_still_to_be_found() -> None:
    segment = {"engine": "eyes", "layers": "sky . sea", "objects": "boat . sea"}
    wanted = to_find(from_json({"segment": segment}))
    assert wanted == Wanted(("sky", "sea"), ("boat", "sea"))
    assert wanted.all == ("sky", "sea", "boat")
    drawn = to_find(from_json({"segment": segment, "cut": {"segmentation": "drawn.png"}}))
    assert drawn == Wanted((), ("boat", "sea"))
    assert not to_find(from_json({"segment": segment | {"engine": ""}}))
    assert not to_find(from_json({"segment": {"engine": "eyes"}}))
