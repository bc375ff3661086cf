"""The contracts of the engines that look, as tests: a test class inherits one and gives the fixture `engine`.

`tests/server` holds them against the engines that need no model, `tests/neural` against those that do, with tiny ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.engines.looking import Look, Touch
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.example_picture import paint

SIZES = [(1, 1), (3, 200), (200, 3), (23, 40), (90, 140)]
HEIGHT, WIDTH = 64, 96
TOUCHES = [Touch(on=((40, 30),)), Touch(box=(20, 10, 70, 50)), Touch(on=((40, 30),), beside=((5, 5),))]


@dataclass
class Engine:
    """An engine's name, and the settings with which it works here."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def look(self) -> Look:
        return Look(self.options)


def noise(height: int, width: int) -> RGB:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def grey(height: int, width: int) -> RGB:
    return np.full((height, width, 3), 90, np.uint8)


def wishing(polls: int) -> Callable[[], bool]:
    """Somebody who wants it to stop when asked for the time after `polls`."""
    answers = iter([False] * polls)
    return lambda: next(answers, True)


class DepthContract:
    """What every depth engine keeps."""

    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("make", [noise, grey])
    def test_depth_has_the_pictures_size_its_type_and_range(
        self, engine: Engine, size: tuple[int, int], make: Callable[[int, int], RGB]
    ) -> None:
        shown = make(*size)
        before = shown.copy()
        found = engines.load_depth(engine.name).depth(shown, engine.look())
        assert (found.shape, found.dtype) == (size, np.float32)
        assert found.min() >= 0
        assert found.max() <= 1
        np.testing.assert_array_equal(shown, before)

    def test_the_same_picture_has_the_same_bytes(self, engine: Engine) -> None:
        shown = paint(WIDTH, HEIGHT, 4)
        loaded = engines.load_depth(engine.name)
        first = loaded.depth(shown, engine.look()).tobytes()
        assert loaded.depth(shown, engine.look()).tobytes() == first
        assert engines.load_depth(engine.name).depth(shown.copy(), engine.look()).tobytes() == first

    @pytest.mark.parametrize("polls", [0, 1])
    def test_looking_stops_when_it_is_wished(self, engine: Engine, polls: int) -> None:
        with pytest.raises(Cancelled):
            engines.load_depth(engine.name).depth(paint(WIDTH, HEIGHT, 1), engine.look(), wishing(polls))

    def test_what_is_no_picture_is_refused(self, engine: Engine) -> None:
        with pytest.raises(UsageError, match="not an RGB picture"):
            engines.load_depth(engine.name).depth(np.zeros((4, 4), np.uint8), engine.look())  # type: ignore[arg-type]


class SegmentContract:
    """What every segmentation engine keeps; by words only those that know any."""

    @pytest.mark.parametrize("touch", TOUCHES)
    def test_what_is_pointed_at_is_outlined_the_same_each_time(self, engine: Engine, touch: Touch) -> None:
        shown = paint(WIDTH, HEIGHT, 2)
        before = shown.copy()
        share = engines.load_segment(engine.name).touch(shown, touch, engine.look())
        assert (share.shape, share.dtype) == ((HEIGHT, WIDTH), np.bool_)
        again = engines.load_segment(engine.name).touch(shown, touch, engine.look())
        np.testing.assert_array_equal(share, again)
        np.testing.assert_array_equal(shown, before)

    def test_words_are_found_the_same_each_time_or_refused(self, engine: Engine) -> None:
        shown, words = paint(WIDTH, HEIGHT, 2), ("sky", "river")
        loaded = engines.load_segment(engine.name)
        if not loaded.finds_words:
            with pytest.raises(UsageError, match="finds nothing by words"):
                loaded.segment(shown, words, engine.look())
            return
        first, second = (loaded.segment(shown, words, engine.look()) for _ in range(2))
        assert first
        assert {find.words for find in first} <= set(words)
        for a, b in zip(first, second, strict=True):
            assert (a.words, a.score, a.box) == (b.words, b.score, b.box)
            assert (a.share.shape, a.share.dtype) == ((HEIGHT, WIDTH), np.bool_)
            np.testing.assert_array_equal(a.share, b.share)

    def test_looking_stops_when_it_is_wished(self, engine: Engine) -> None:
        loaded = engines.load_segment(engine.name)
        with pytest.raises(Cancelled):
            loaded.touch(paint(WIDTH, HEIGHT, 1), TOUCHES[0], engine.look(), wishing(0))
        with pytest.raises(Cancelled):
            loaded.segment(paint(WIDTH, HEIGHT, 1), ("sky",), engine.look(), wishing(0))

    @pytest.mark.parametrize("touch", [Touch(), Touch(beside=((3, 3),)), Touch(on=((WIDTH, 3),))])
    def test_what_points_at_nothing_is_refused(self, engine: Engine, touch: Touch) -> None:
        with pytest.raises(UsageError):
            engines.load_segment(engine.name).touch(paint(WIDTH, HEIGHT, 1), touch, engine.look())


class CaptionContract:
    """What every caption engine keeps."""

    @pytest.mark.parametrize("size", [(3, 200), (23, 40), (HEIGHT, WIDTH)])
    def test_a_caption_is_one_line_and_the_same_each_time(self, engine: Engine, size: tuple[int, int]) -> None:
        shown = noise(*size)
        loaded = engines.load_caption(engine.name)
        said = loaded.caption(shown, engine.look())
        assert said == " ".join(said.split())
        assert said == loaded.caption(shown, engine.look())
        assert said == engines.load_caption(engine.name).caption(shown, engine.look())

    @pytest.mark.parametrize("polls", [0, 1])
    def test_looking_stops_when_it_is_wished(self, engine: Engine, polls: int) -> None:
        with pytest.raises(Cancelled):
            engines.load_caption(engine.name).caption(paint(WIDTH, HEIGHT, 1), engine.look(), wishing(polls))
