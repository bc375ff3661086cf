"""How engines are found, and that the wrapper catches an engine that breaks its word."""

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, LayerView, Mask, Rect, RunContext
from infinite_parallax.inpaint_server.engines.guard import Guarded
from infinite_parallax.shared.errors import ParallaxError, UsageError


class Careless:
    """An engine of somebody else: paints the whole canvas."""

    name = "careless"
    answer: Callable[[RGB], Any] = staticmethod(lambda canvas: canvas)

    def begin(self, _run: RunContext) -> Sequence[Sequence[Rect]]:
        return []

    def inpaint(self, canvas: RGB, _mask: Mask, _request: InpaintRequest, _cancelled: Callable[[], bool]) -> RGB:
        return type(self).answer(np.full_like(canvas, 9))

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, _state: dict[str, Any]) -> None:
        pass


def entry_point(value: str) -> Callable[..., list[EntryPoint]]:
    return lambda group: [EntryPoint("theirs", value, group)]


def test_every_engine_of_the_table_loads_under_its_name() -> None:
    for name in engines.ENGINES[engines.INPAINT]:
        if not engines.available()[name]:
            assert engines.load(name).name == name


def test_unknown_name_lists_the_names() -> None:
    with pytest.raises(UsageError, match=r"no engine 'wlak'.*telea.*walk"):
        engines.load("wlak")


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed here")
def test_without_torch_the_engine_diffusers_says_what_to_install() -> None:
    assert "torch" in engines.available()["diffusers"]
    with pytest.raises(UsageError, match=r"cannot be used: not installed: torch, .*pip install .*\[diffusion\]"):
        engines.load("diffusers")


def test_another_packages_engine_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "entry_points", entry_point("infinite_parallax.inpaint_server.engines.telea:create"))
    assert engines.available()["theirs"] == ""
    assert isinstance(engines.load("theirs"), Guarded)


def test_another_packages_broken_engine_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "entry_points", entry_point("no_such_module_anywhere:create"))
    reasons = engines.available()
    assert "no_such_module_anywhere" in reasons["theirs"]
    assert reasons["walk"] == ""
    with pytest.raises(ParallaxError, match="cannot be loaded"):
        engines.load("theirs")


def test_the_wrapper_protects_canvas_and_known_pixels() -> None:
    canvas = np.full((4, 5, 3), 100, np.uint8)
    mask = np.zeros((4, 5), np.uint8)
    mask[1, 2] = 1
    painted = Guarded(Careless()).inpaint(canvas, mask, InpaintRequest())
    assert (canvas == 100).all()
    assert (painted[1, 2] == 9).all()
    assert (painted == 9).sum() == 3


@pytest.mark.parametrize("answer", [lambda c: c[:-1], lambda c: c.astype(float)])
def test_the_wrapper_refuses_a_wrong_answer(answer: Callable[[RGB], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Careless, "answer", staticmethod(answer))
    with pytest.raises(ParallaxError, match="careless"):
        Guarded(Careless()).inpaint(np.zeros((4, 5, 3), np.uint8), np.ones((4, 5), np.uint8), InpaintRequest())


def test_the_wrapper_refuses_missing_heads() -> None:
    run = RunContext(np.zeros((4, 5, 3), np.uint8), (LayerView(0, 0, 4, (1.0, 0.0)),), 1, 0)
    with pytest.raises(ParallaxError, match="heads for 0 of 1"):
        Guarded(Careless()).begin(run)
