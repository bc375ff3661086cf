"""The words of each step: prompts over time, captions of the canvas, and that another sitting uses the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines, step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask
from infinite_parallax.inpaint_server.engines.looking import Disparity
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedCaption, GuardedDepth
from infinite_parallax.shared.errors import Cancelled

from .painted_run import HEIGHT, WIDTH, Painter, go, picture, project
from .plate_files import digest


class Reading(Painter):
    """An engine that reads, and writes down what it was asked."""

    imagines = True

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[InpaintRequest] = []

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        self.asked.append(request)
        out = super().inpaint(canvas, mask, request, cancelled)
        # what is painted depends on the words, as it should
        out[mask > 0, 1] = sum(request.prompt.encode()) % 256
        return out

    @property
    def words(self) -> list[str]:
        return [request.prompt for request in self.asked]


class Speaking:
    """A caption engine that tells how bright the canvas is."""

    name = "speaking"

    def __init__(self) -> None:
        self.shown: list[RGB] = []

    def caption(self, picture: RGB, _look: Any, _cancelled: Any) -> str:
        self.shown.append(picture.copy())
        return f"a picture {len(np.unique(picture))} {picture.mean():.3f}"


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Speaking:
    engine = Speaking()
    monkeypatch.setattr(engines, "load_caption", lambda _name: GuardedCaption(engine))
    return engine


CAPTION = {"engine": "speaking", "every_steps": 2, "exclude": "picture"}
WISH = {"inpaint": {"prompt": "a meadow"}, "caption": CAPTION, "prompts": [{"at_s": 3, "prompt": "snow"}]}


def test_captions_are_made_every_so_many_steps_and_join_the_prompt(tmp_path: Path, speaking: Speaking) -> None:
    engine = Reading()
    go(tmp_path, project(**WISH), engine)
    assert len(speaking.shown) == 3
    assert engine.words[0].startswith("a meadow, a ")
    assert "picture" not in engine.words[0]
    assert [words.split(",")[0] for words in engine.words] == ["a meadow"] * 3 + ["snow"] * 3
    captions = [words.split(", ")[1] for words in engine.words]
    assert captions[0] == captions[1] != captions[2] == captions[3]
    # nobody is shown a hole
    assert all((shown > 0).any(2).mean() > 0.99 for shown in speaking.shown)


@pytest.mark.usefixtures("speaking")
def test_another_sitting_goes_on_with_the_same_words(tmp_path: Path) -> None:
    whole = Reading()
    go(tmp_path / "whole", project(**WISH), whole)
    words: dict[int, str] = {}
    for stop in (2, 3, 10):
        engine = Reading()
        if stop < 6:
            with pytest.raises(Cancelled):
                go(tmp_path / "parts", project(**WISH), engine, stop_at=stop)
        else:
            go(tmp_path / "parts", project(**WISH), engine)
        words |= {request.context.step: request.prompt for request in engine.asked if request.context}
    assert list(words.values()) == whole.words
    assert digest(tmp_path / "parts") == digest(tmp_path / "whole")


@pytest.mark.usefixtures("speaking")
def test_a_redo_with_other_prompts_keeps_what_was_before(tmp_path: Path) -> None:
    go(tmp_path, project(**WISH), Reading())
    step_loop.redo(tmp_path, 4)
    again = Reading()
    go(tmp_path, project(**WISH | {"prompts": [{"at_s": 4, "prompt": "desert"}]}), again)
    assert [words.split(",")[0] for words in again.words] == ["a meadow", "desert", "desert"]


def test_engines_that_read_nothing_are_told_no_captions(tmp_path: Path, speaking: Speaking) -> None:
    go(tmp_path, project(**WISH), Painter())
    assert speaking.shown == []


class Flat:
    """A depth engine that knows of rows only."""

    name = "flat"

    def depth(self, picture: RGB, _look: Any, _cancelled: Any) -> Disparity:
        return np.repeat(np.linspace(0, 1, len(picture), dtype=np.float32)[:, None], picture.shape[1], 1)


@pytest.mark.parametrize("controlnet", ["", "a/model"])
def test_depth_is_given_to_who_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, controlnet: str) -> None:
    monkeypatch.setattr(engines, "load_depth", lambda _name: GuardedDepth(Flat()))
    engine = Reading()
    engine.name = "diffusers"
    go(tmp_path, project(depth={"engine": "flat"}, diffusers={"controlnet": controlnet}), engine)
    for request in engine.asked:
        assert (request.depth is not None) == bool(controlnet)
        if request.depth is not None:
            assert request.depth.shape == (HEIGHT, WIDTH)
            assert request.depth.dtype == np.float32


def test_it_is_the_canvas_of_a_slanted_journey_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "load_depth", lambda _name: GuardedDepth(Flat()))
    engine = Reading()
    engine.name = "diffusers"
    wish = project(210.0, depth={"engine": "flat"}, diffusers={"controlnet": "a/model"}, caption=CAPTION)
    monkeypatch.setattr(engines, "load_caption", lambda _name: GuardedCaption(Speaking()))
    go(tmp_path, wish, engine)
    for request, mask in zip(engine.asked, engine.masks, strict=True):
        assert request.depth is not None
        assert request.depth.shape == mask.shape
    assert picture().shape == (HEIGHT, WIDTH, 3)
