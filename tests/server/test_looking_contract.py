"""The contracts of the engines that look, held against those that need no model, and what the wrapper holds all to."""

from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines import depth_prior, extra
from infinite_parallax.inpaint_server.engines.looking import Look
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedCaption, GuardedDepth
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError

from ..engine_contract import engines_of
from ..looking_contract import DepthContract, Engine, SegmentContract, noise


class TestDepth(DepthContract):
    @pytest.fixture(params=engines_of(engines.DEPTH, with_packages=False))
    def engine(self, request: pytest.FixtureRequest) -> Engine:
        return Engine(request.param)


class TestSegment(SegmentContract):
    @pytest.fixture(params=engines_of(engines.SEGMENT, with_packages=False))
    def engine(self, request: pytest.FixtureRequest) -> Engine:
        return Engine(request.param)


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
