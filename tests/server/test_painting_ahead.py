"""Several steps painted at once: which ones, whose columns, and what a stop or a redo makes of what was kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, Ahead, InpaintRequest, Mask, RunContext
from infinite_parallax.inpaint_server.journal import Journal
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared.sections import Motion

from .painted_run import HEIGHT, WIDTH, Painter, go, picture, project
from .plate_files import digest

STEPS = 10


class Wide(Painter):
    """Paints each pixel by its column on the canvas it is given, left of the frame's edge at 100; wants four steps."""

    name = "wide"

    def __init__(self, steps: int = 4, most_px: int = 1000) -> None:
        super().__init__()
        self.wish = Ahead(steps, most_px)
        self.asked: list[int] = []
        self.canvases: list[RGB] = []

    def ahead(self, run: RunContext) -> Ahead:  # noqa: ARG002
        return self.wish

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        assert request.context is not None
        assert request.context.owner.shape == mask.shape == canvas.shape[:2]
        out = super().inpaint(canvas, mask, request, cancelled)
        self.asked.append(request.context.step)
        self.canvases.append(canvas.copy())
        out[mask > 0, 0] = np.broadcast_to(np.arange(canvas.shape[1]), mask.shape)[mask > 0]
        return out


def wish(**document: Any) -> Any:
    return project(motion={"steps": STEPS, "step_px": 20}, plates={"tile_px": 600, "overlap_px": 3}, **document)


def painted(folder: Path, steps: int) -> list[Any]:
    journal = Journal(folder / "steps")
    return [journal.read(step).pieces for step in range(1, steps + 1)]


def test_four_steps_are_painted_with_one_call(tmp_path: Path) -> None:
    engine = Wide()
    go(tmp_path, wish(), engine)
    assert engine.asked == [1, 5, 9]


def test_every_layer_takes_its_own_columns_one_after_the_other(tmp_path: Path) -> None:
    go(tmp_path, wish(), Wide())
    plan = plans.plan(wish(), WIDTH, HEIGHT)
    for step, pieces in enumerate(painted(tmp_path, STEPS), 1):
        first = step - (step - 1) % 4
        assert {piece.layer for piece in pieces} == {0, 1, 2}
        for piece in pieces:
            layer = plan.layers[piece.layer]
            start, above = layer.position(first)[0], layer.top - piece.rect.y
            seen = piece.picture()[above : above + layer.height, :, 0]
            wanted = np.arange(piece.rect.x, piece.rect.x + piece.rect.width) + start
            np.testing.assert_array_equal(seen, np.broadcast_to(wanted, seen.shape))


def test_what_is_known_stands_on_the_wide_canvas_too(tmp_path: Path) -> None:
    engine = Wide()
    go(tmp_path, wish(), engine)
    first = engine.canvases[0]
    fastest = min(layer.velocity[0] for layer in plans.plan(wish(), WIDTH, HEIGHT).layers)
    assert first.shape[1] == WIDTH + round(3 * -fastest)
    assert (first[:, WIDTH:] == 0).all()
    shift = round(-fastest)
    np.testing.assert_array_equal(first[30:, : WIDTH - shift], picture()[30:, shift:])


def test_to_the_other_side_and_to_both_at_once(tmp_path: Path) -> None:
    there, both = Wide(), Wide()
    go(tmp_path / "there", wish(direction=0.0), there)
    layers = [{"height": 20, "velocity": [-4, 0]}, {"height": 10, "velocity": [0, 0]}, {"velocity": [6, 0]}]
    go(tmp_path / "both", wish(layers=layers), both)
    assert there.asked == both.asked == [1, 5, 9]
    assert both.canvases[0].shape[1] == WIDTH + 3 * 4 + 3 * 6
    for step, pieces in enumerate(painted(tmp_path / "both", STEPS), 1):
        first = step - (step - 1) % 4
        (near,) = (piece for piece in pieces if piece.layer == 2)
        beside = 18 if first < 9 else 6
        wanted = np.arange(near.rect.x, near.rect.x + near.rect.width) + 6 * first + beside
        np.testing.assert_array_equal(near.picture()[3:, :, 0], np.broadcast_to(wanted, near.which[3:].shape))


@pytest.mark.parametrize(
    ("engine", "document", "asked"),
    [
        (Wide(steps=1), {}, list(range(1, STEPS + 1))),
        (Wide(most_px=25), {}, [1, 4, 7, 10]),
        (Wide(most_px=3), {}, list(range(1, STEPS + 1))),
        (Wide(), {"direction": 150.0}, list(range(1, STEPS + 1))),
        (Wide(), {"mask": {"lerp_alpha": 0.5}}, list(range(1, STEPS + 1))),
        (Wide(), {"prompts": [{"at_s": 2 * Motion().seconds_per_step, "prompt": "night"}]}, [1, 3, 7]),
    ],
    ids=["one at a time", "narrower", "narrow", "diagonal", "remembering", "words"],
)
def test_where_it_is_not_right_each_step_is_painted_by_itself(
    tmp_path: Path, engine: Wide, document: dict[str, Any], asked: list[int]
) -> None:
    go(tmp_path, wish(**document), engine)
    assert engine.asked == asked


@pytest.mark.parametrize("kill_at", range(1, 8))
def test_a_resumed_run_ends_with_the_same_bytes(tmp_path: Path, kill_at: int) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    document = wish(inpaint={"seed_policy": "per_step"}, mask={"feather_px": 4})
    go(whole, document, Wide())
    loop = step_loop.StepLoop(parts, document, picture(), Wide())
    for _ in range(kill_at):
        loop.paint(lambda: False)
    del loop  # nothing is closed or flushed, as by a kill
    engine = Wide()
    go(parts, document, engine)
    assert digest(parts) == digest(whole)
    assert engine.asked == [step for step in (1, 5, 9) if step > kill_at]


def test_a_redo_with_other_words_paints_at_once_and_with_the_same_changes_nothing(tmp_path: Path) -> None:
    go(tmp_path, wish(), Wide())
    before = digest(tmp_path)
    step_loop.redo(tmp_path, 3)
    go(tmp_path, wish(), again := Wide())
    assert (digest(tmp_path), again.asked) == (before, [5, 9])
    step_loop.redo(tmp_path, 3)
    other = wish()
    go(tmp_path, replace(other, inpaint=replace(other.inpaint, seed=9)), anew := Wide())
    assert anew.asked == [3, 7]
    seeds = {int(seed) for pieces in painted(tmp_path, 2) for piece in pieces for seed in piece.values[:, 1]}
    assert 9 not in seeds
