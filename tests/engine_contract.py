"""The engine contract as tests, held against every engine: a test class inherits them and gives the fixture `engine`.

`tests/server` holds it against the engines that need no model, `tests/neural` against those that do, with tiny ones.
"""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.engines.contract import (
    RGB,
    InpaintRequest,
    LayerView,
    RunContext,
    StepContext,
)
from infinite_parallax.inpaint_server.engines.guard import Guarded
from infinite_parallax.shared.errors import Cancelled, UsageError


def engines_of(task: str, with_packages: bool) -> list[str]:
    """The names of our own engines of a task: those that need packages beside the server's, or those that do not."""
    modules = {name: import_module(f"{engines.__name__}{module}") for name, module in engines.ENGINES[task].items()}
    return sorted(name for name, module in modules.items() if hasattr(module, "missing") == with_packages)


@dataclass
class Engine:
    """An engine's name, and the settings with which it works here."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Guarded:
        return load(self.name)

    def request(self, **rest: Any) -> InpaintRequest:
        return InpaintRequest(options=self.options, **rest)


def mask_of(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], np.uint8)
    if kind == "middle":
        mask[15:30, 20:40] = 255
    elif kind == "pixel":
        mask[11, 13] = 255
    elif kind == "borders":
        mask[:4], mask[-4:], mask[:, :4], mask[:, -4:] = 255, 255, 255, 255
    elif kind == "right half":
        mask[:, shape[1] // 2 :] = 255
    elif kind == "specks":
        mask[np.random.default_rng(0).random(shape[:2]) < 0.2] = 255
    elif kind == "all but one":
        mask[:] = 255
        mask[20, 20] = 0
    elif kind == "all":
        mask[:] = 255
    return mask


KINDS = ["middle", "pixel", "borders", "right half", "specks", "all but one", "all"]


class Contract:
    """What every inpaint engine keeps."""

    @pytest.fixture
    def picture(self) -> RGB:
        random = np.random.default_rng(1)
        y, x = np.mgrid[0:48, 0:72]
        waves = 90 + 60 * np.sin(x / 7.0)[..., None] * np.cos(y / 5.0)[..., None] * [1.0, 0.6, 0.3]
        return (waves + random.integers(0, 30, (48, 72, 3))).clip(0, 255).astype(np.uint8)

    @pytest.mark.parametrize("kind", KINDS)
    def test_paints_the_mask_and_nothing_else(self, engine: Engine, kind: str, picture: RGB) -> None:
        mask = mask_of(kind, picture.shape)
        holed = picture.copy()
        holed[mask > 0] = 0
        before = holed.copy()
        painted = engine.load().inpaint(holed, mask, engine.request(seed=3))
        assert painted.shape == picture.shape
        assert painted.dtype == np.uint8
        np.testing.assert_array_equal(holed, before)
        np.testing.assert_array_equal(painted[mask == 0], picture[mask == 0])
        assert not np.shares_memory(painted, holed)
        assert painted[mask > 0].mean() > 10, "the hole is still black"

    def test_what_stands_in_a_hole_does_not_matter(self, engine: Engine, picture: RGB) -> None:
        mask = mask_of("middle", picture.shape)
        white = np.where(mask[..., None] > 0, np.uint8(255), picture)
        loaded = engine.load()
        first = loaded.inpaint(white, mask, engine.request())
        np.testing.assert_array_equal(first, loaded.inpaint(picture, mask, engine.request()))

    def test_empty_mask_is_identity(self, engine: Engine, picture: RGB) -> None:
        painted = engine.load().inpaint(picture, mask_of("none", picture.shape), engine.request())
        np.testing.assert_array_equal(painted, picture)
        assert not np.shares_memory(painted, picture)

    def test_same_seed_same_bytes(self, engine: Engine, picture: RGB) -> None:
        mask = mask_of("right half", picture.shape)
        first, second = (engine.load().inpaint(picture, mask, engine.request(seed=5)) for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_cancel(self, engine: Engine, picture: RGB) -> None:
        with pytest.raises(Cancelled):
            engine.load().inpaint(picture, mask_of("middle", picture.shape), engine.request(), lambda: True)

    def test_cancel_in_the_middle_of_the_work(self, engine: Engine, picture: RGB) -> None:
        asked: list[bool] = []

        def after_the_first() -> bool:
            asked.append(True)
            return len(asked) > 1

        with pytest.raises(Cancelled):
            engine.load().inpaint(picture, mask_of("middle", picture.shape), engine.request(), after_the_first)

    @pytest.mark.parametrize(
        ("shape", "kind", "mask_shape", "mask_kind"),
        [
            ((48, 72), np.uint8, (48, 72), np.uint8),
            ((48, 72, 4), np.uint8, (48, 72), np.uint8),
            ((48, 72, 3), np.float32, (48, 72), np.uint8),
            ((0, 72, 3), np.uint8, (0, 72), np.uint8),
            ((48, 72, 3), np.uint8, (48, 71), np.uint8),
            ((48, 72, 3), np.uint8, (48, 72, 1), np.uint8),
            ((48, 72, 3), np.uint8, (48, 72), bool),
        ],
    )
    def test_wrong_shapes_are_refused_with_a_sentence(
        self, engine: Engine, shape: tuple[int, ...], kind: type, mask_shape: tuple[int, ...], mask_kind: type
    ) -> None:
        with pytest.raises(UsageError, match=r"^The (canvas|mask) is .+ Give "):
            engine.load().inpaint(np.ones(shape, kind), np.ones(mask_shape, mask_kind), engine.request())

    def test_a_step_of_a_run_and_its_state(self, engine: Engine, picture: RGB) -> None:
        layer = LayerView(0, 0, 48, (-6.0, 0.0))
        run = RunContext(picture, (layer,), 4, seed=2, options=engine.options)
        loaded = engine.load()
        heads = loaded.begin(run)
        assert len(heads) == 1
        loaded.restore(loaded.state())
        mask = np.zeros((48, 72), np.uint8)
        mask[:, 66:] = 255
        canvas = np.zeros_like(picture)
        canvas[:, :66] = picture[:, 6:]
        context = StepContext(run, 1, (replace(layer, position=(-6, 0)),), np.zeros((48, 72), np.int16))
        painted = loaded.inpaint(canvas, mask, engine.request(context=context))
        np.testing.assert_array_equal(painted[:, :66], picture[:, 6:])
        assert painted[:, 66:].mean() > 10

    def test_layers_outside_the_picture_are_refused(self, engine: Engine, picture: RGB) -> None:
        with pytest.raises(UsageError, match="Layer 0 covers rows 40 to 60"):
            engine.load().begin(RunContext(picture, (LayerView(0, 40, 20, (1.0, 0.0)),), 1, 0))
