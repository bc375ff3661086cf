"""The contract of the engines that look: what the wrapper holds every one to, and that the guess keeps it by itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines import depth_prior, extra
from infinite_parallax.inpaint_server.engines.looking import Look
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedCaption, GuardedDepth
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint

DEPTHS = ["prior"]
"""Those that need no model; `tests/neural` asks the others the same."""
SIZES = [(1, 1), (3, 200), (200, 3), (23, 40), (90, 140), (180, 900)]


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("name", DEPTHS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", [noise, lambda h, w: np.full((h, w, 3), 90, np.uint8)])
def test_depth_has_the_pictures_size_its_type_and_range(
    name: str, size: tuple[int, int], make: Callable[[int, int], np.ndarray]
) -> None:
    shown = make(*size)
    before = shown.copy()
    found = engines.load_depth(name).depth(shown, Look())
    assert (found.shape, found.dtype) == (size, np.float32)
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_array_equal(shown, before)


@pytest.mark.parametrize("name", DEPTHS)
def test_the_same_picture_has_the_same_bytes(name: str) -> None:
    shown = paint(160, 100, 4)
    first = engines.load_depth(name).depth(shown, Look())
    assert engines.load_depth(name).depth(shown.copy(), Look()).tobytes() == first.tobytes()


@pytest.mark.parametrize("name", DEPTHS)
@pytest.mark.parametrize("polls", [0, 1])
def test_looking_stops_when_it_is_wished(name: str, polls: int) -> None:
    answers = iter([False] * polls + [True] * 9)
    with pytest.raises(Cancelled):
        engines.load_depth(name).depth(paint(96, 64, 1), Look(), lambda: next(answers))


def test_the_guess_knows_sky_ground_and_what_stands() -> None:
    height, width = 120, 200
    y, x = np.mgrid[0:height, 0:width]
    ridge = 50 + 4 * np.sin(x / 17)
    tower = (abs(x - 60) < 5) & (y > 20)
    land = (y >= ridge) | tower
    grain = np.random.default_rng(1).normal(0, 6, (height, width, 1))
    sky, ground = np.array([150, 190, 235]), np.array([70, 80, 40])
    shown = np.clip(np.where(land[..., None], ground, sky) + grain, 0, 255).astype(np.uint8)
    depth = engines.load_depth("prior").depth(shown, Look())
    assert np.median(depth[~land]) < 0.03
    assert np.all(np.diff(np.median(depth[60:], 1)) > -0.01)
    assert depth[-1].mean() > 0.9
    # the tower is as near as the ground it stands on, up to its top
    assert np.median(depth[24:45, 58:63]) > 0.1


def test_it_says_that_it_guesses() -> None:
    assert depth_prior.CARD.stand_in
    assert engines.stands_in(engines.DEPTH, "prior")
    assert not engines.stands_in(engines.DEPTH, "dpt")


class Wrong:
    """A depth engine that breaks its word."""

    name = "wrong"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def depth(self, _picture: Any, _look: Any, _cancelled: Any) -> Any:
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [
        np.zeros((4, 5), np.float32),
        np.zeros((4, 6), np.float64),
        np.full((4, 6), 1.5, np.float32),
        np.full((4, 6), np.nan, np.float32),
    ],
)
def test_an_engine_that_breaks_its_word_is_told(answer: Any) -> None:
    with pytest.raises(ParallaxError, match="'wrong' returned no depth map"):
        GuardedDepth(Wrong(answer)).depth(noise(4, 6), Look())


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UsageError, match="not an RGB picture"):
        engines.load_depth("prior").depth(np.zeros((4, 4), np.uint8), Look())  # type: ignore[arg-type]


class Verbose:
    """A caption engine with too much white space and a word too many."""

    name = "verbose"

    def caption(self, _picture: Any, _look: Any, _cancelled: Any) -> str:
        return "  a Watermark\n on a\triver "


def test_captions_are_one_line_without_the_excluded_words() -> None:
    engine = GuardedCaption(Verbose())
    assert engine.caption(noise(4, 4), Look()) == "a Watermark on a river"
    assert engine.caption(noise(4, 4), Look({"exclude": "watermark on"})) == "a a river"
    with pytest.raises(Cancelled):
        engine.caption(noise(4, 4), Look(), lambda: True)


def test_what_is_not_installed_is_told_with_the_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name != "safetensors" else object())
    told = engines.available(engines.DEPTH)
    assert told["dpt"] == "not installed: torch, transformers. Run: pip install 'infinite-parallax[diffusion]'"
    assert told["prior"] == ""
    with pytest.raises(UsageError, match="pip install") as refused:
        engines.load_caption("blip")
    assert refused.value.code == "engine_unavailable"
