"""Engines that paint the composite of contour layers: known pixels, steps ahead, resuming, and borders parted anew."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines, step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, Ahead, InpaintRequest, Mask, Rect, RunContext
from infinite_parallax.inpaint_server.engines.looking_guard import GuardedDepth
from infinite_parallax.inpaint_server.journal import Journal
from infinite_parallax.inpaint_server.layering import prepare
from infinite_parallax.inpaint_server.layering.assets import Assets
from infinite_parallax.inpaint_server.layering.cutout import flatten
from infinite_parallax.inpaint_server.separate import REACH_PX, follow, moved, skyline
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.project import Project

from .contoured_run import (
    BOTTOMS,
    HEAD,
    HEIGHT,
    SOURCE,
    TOPS,
    WIDTH,
    Painter,
    by_definition,
    cutouts,
    frame_at,
    go,
    hill,
    project,
)
from .plate_files import digest


@pytest.fixture(autouse=True)
def cut_already(tmp_path: Path) -> None:
    """The cut-outs lie beside the steps, as a job that is resumed finds them."""
    for name in ("run", "again"):
        prepare._save(tmp_path / name / "layers", prepare.Prepared(SOURCE, cutouts=tuple(cutouts())))


def test_every_pixel_of_a_composite_that_was_known_stays(tmp_path: Path) -> None:
    engine = Painter()
    manifest = go(tmp_path / "run", engine)
    np.testing.assert_array_equal(frame_at(tmp_path / "run", manifest, 0), SOURCE)
    plan = plans.plan(project(), WIDTH, HEIGHT)
    for step in (1, 4):
        frame, known = frame_at(tmp_path / "run", manifest, step), np.zeros((HEIGHT, WIDTH), np.bool_)
        expected = by_definition(step)
        # where even the nearest layer still shows the source, nothing can have been painted
        known[:, : WIDTH - HEAD + plan.layers[2].position(step)[0]] = True
        np.testing.assert_array_equal(frame[known], expected[known])
        painted = (frame == [200, 10, 10]).all(2)
        assert painted[:, -3:].mean() > 0.8
        assert (engine.masks[step - 1] > 0)[:, -3:].mean() > 0.8


def test_a_composite_is_resumed_with_the_same_bytes(tmp_path: Path) -> None:
    go(tmp_path / "run", Painter())
    for stop in (2, 5):
        with pytest.raises(Cancelled):
            go(tmp_path / "again", Painter(), stop_at=stop)
    go(tmp_path / "again", Painter())
    assert digest(tmp_path / "again") == digest(tmp_path / "run")


class WidePainter(Painter):
    """Paints four steps at once, each pixel by its column on the canvas that it is given."""

    def ahead(self, run: RunContext) -> Ahead:  # noqa: ARG002
        return Ahead(4, 1000)

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, _: Callable[[], bool]) -> RGB:  # type: ignore[override]
        assert request.context is not None
        assert request.context.owner.shape == mask.shape
        self.masks.append(mask.copy())
        out = canvas.copy()
        out[mask > 0] = [200, 0, 10]
        out[mask > 0, 1] = np.broadcast_to(np.arange(canvas.shape[1]), mask.shape)[mask > 0]
        return out


def test_four_steps_of_a_composite_are_painted_at_once(tmp_path: Path) -> None:
    engine = WidePainter()
    manifest = go(tmp_path / "run", engine)
    assert [mask.shape[1] for mask in engine.masks] == [WIDTH + 27] * 3
    plan, journal = plans.plan(project(), WIDTH, HEIGHT), Journal(tmp_path / "run" / "steps")
    for step in range(1, 13):
        first = step - (step - 1) % 4
        pieces = {piece.layer: piece for piece in journal.read(step).pieces}
        for index, layer in enumerate(plan.layers):
            rect = pieces[index].rect
            edge = WIDTH - layer.position(step)[0]
            assert (rect.x + rect.width, rect.width) == (edge, -layer.position(step)[0] + layer.position(step - 1)[0])
            # every column that its layer shows was painted at its own place beside the frame
            seen = pieces[index].picture()
            painted = (seen[..., 0] == 200) & (seen[..., 2] == 10)
            wanted = np.arange(rect.x, rect.x + rect.width) + layer.position(first)[0]
            assert painted.mean() > 0.1
            np.testing.assert_array_equal(seen[..., 1][painted], np.broadcast_to(wanted, painted.shape)[painted])
        if step < 12:  # with the last step the video ends
            assert (frame_at(tmp_path / "run", manifest, step)[:, -3:, 0] == 200).mean() > 0.7


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_a_composite_painted_ahead_is_resumed_with_the_same_bytes(tmp_path: Path, stop: int) -> None:
    go(tmp_path / "run", WidePainter())
    with pytest.raises(Cancelled):
        go(tmp_path / "again", WidePainter(), stop_at=stop)
    go(tmp_path / "again", WidePainter())
    assert digest(tmp_path / "again") == digest(tmp_path / "run")


def test_a_border_is_found_where_it_was_painted() -> None:
    columns = 30
    drafted = 20 + np.round(2 * np.sin(np.arange(columns) / 6)).astype(int)
    painted = drafted + np.minimum(np.arange(columns), 5)
    y = np.arange(48)[:, None]
    picture = np.where(y[..., None] < painted[None, :, None], [90, 140, 220], [40, 60, 30]).astype(np.uint8)
    draft = (np.clip((y - drafted[None]) * 90 + 128, 0, 255)).astype(np.uint8)
    moves = follow(picture, skyline(draft), 0)
    assert np.abs(skyline(moved(draft, moves)) - painted)[3:].max() <= 1
    flat = np.full((48, columns, 3), 128, np.uint8)
    assert (follow(flat, skyline(draft), 0) == 0).all()
    assert np.abs(follow(picture, skyline(draft), 99)).max() <= REACH_PX


class Dreamer(Painter):
    """An engine that makes new picture: asked for what lies behind the layers as well."""

    name = "dreamer"
    imagines = True

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        return [[] for _ in run.layers]

    def inpaint(self, canvas: RGB, mask: Mask, *_: Any) -> RGB:
        out = canvas.copy()
        out[mask > 0] = [250, 5, 250]
        return out


def test_an_engine_that_imagines_paints_what_lies_behind(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    source = np.full((96, 128, 3), (90, 140, 220), np.uint8)
    source[44:] = (40, 90, 40)
    source[70:] = (150, 110, 60)
    source += np.random.default_rng(3).integers(0, 12, source.shape, np.uint8)
    layers = [{"height": 44, "velocity": [-3, 0]}, {"height": 26, "velocity": [-6, 0]}, {"velocity": [-9, 0]}]
    wish = project(layers=layers, inpaint={"engine": "dreamer"})
    step_loop.run(folder, wish, source, Dreamer(), lambda _: None, lambda: False)
    prepared = prepare.prepare(wish, source, Assets(), folder / "layers")
    np.testing.assert_array_equal(flatten(prepared.cutouts, 96), source)
    for cutout in prepared.cutouts[:-1]:
        behind = cutout.rgb[cutout.hidden & (cutout.alpha == 255)]
        assert (behind == [250, 5, 250]).all(1).mean() > 0.8


class Builder(Painter):
    """An engine that paints every layer in one colour, and the nearest far below where the draft has it."""

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, _cancelled: Callable[[], bool]) -> RGB:
        assert request.context is not None
        out, (y, x) = canvas.copy(), np.mgrid[0:HEIGHT, 0:WIDTH]
        number = np.zeros((HEIGHT, WIDTH), int)
        for layer in request.context.layers[1:]:
            sunk = 13 if layer.index == 2 else 0
            number[y >= np.minimum(hill(layer.index, x - layer.position[0]) + sunk, SUNK)] = layer.index
        out[mask > 0] = (np.dstack([40 + 70 * number, 9 + 0 * number, 9 + 0 * number]))[mask > 0]
        return out


SUNK = 42


class ByRed:
    """A depth engine that knows these layers by their red."""

    name = "by red"

    def depth(self, picture: RGB, _look: Any, _cancelled: Any) -> Any:
        return (((picture[..., 0].astype(int) - 40) // 70).clip(0, 2) / 2).astype(np.float32)


def sunk_by(folder: Path, wish: Project) -> np.ndarray:
    """How far the first new columns of the nearest layer lie below their draft, px."""
    loop = step_loop.StepLoop(folder, wish, SOURCE, Builder())
    loop.paint(lambda: False)
    # the layer has moved by nine columns
    rect = Rect(WIDTH, TOPS[2], 9, BOTTOMS[2] - TOPS[2])
    pixels = np.zeros((rect.height, rect.width, 4), np.uint8)
    loop.stores[2].copy(rect, pixels)
    loop.close()
    return TOPS[2] + skyline(pixels[..., 3]) - hill(2, np.arange(WIDTH, WIDTH + 9))


def test_the_depth_of_what_was_painted_moves_a_border_where_edges_do_not_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert np.abs(sunk_by(tmp_path / "run", project())).max() <= REACH_PX
    monkeypatch.setattr(engines, "load_depth", lambda _name: GuardedDepth(ByRed()))
    found = sunk_by(tmp_path / "again", project(depth={"engine": "by red"}))
    truth = np.minimum(hill(2, np.arange(WIDTH, WIDTH + 9)) + 13, SUNK) - hill(2, np.arange(WIDTH, WIDTH + 9))
    assert np.abs(found - truth)[1:].max() <= 1
