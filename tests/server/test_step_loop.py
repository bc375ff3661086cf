"""The step loop: known pixels, holes, tiles, and the frames that come of it."""

import hashlib
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server import canvas as canvases
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest, Mask, Rect, RunContext
from infinite_parallax.shared import frames, scene_building, tiling
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.plates import load
from numpy.typing import NDArray

from .painted_run import HEIGHT, WIDTH, Painter, go, picture, project
from .plate_files import read_tile

DIRECTIONS = [0.0, 90.0, 180.0, 270.0, 30.0, 210.0, 315.0]


def pixels(tile: frames.Texture) -> RGB:
    return tile.rgb.reshape(*tile.alpha.shape, 3)


def blank(loop: step_loop.StepLoop) -> canvases.Canvas:
    return canvases.Canvas.blank(canvases.extent(loop.plan))


def canvas_of_source(plan: Plan, source: RGB, step: int) -> tuple[RGB, NDArray[np.bool_]]:
    """By another road than the loop: where each source pixel lies at a step, far to near, and which are there."""
    out = np.zeros_like(source)
    there = np.zeros(source.shape[:2], np.bool_)
    for layer in plan.layers:
        dx, dy = layer.position(step)
        for y in range(layer.top, layer.top + layer.height):
            for x in range(WIDTH):
                if 0 <= y + dy < HEIGHT and 0 <= x + dx < WIDTH:
                    out[y + dy, x + dx], there[y + dy, x + dx] = source[y, x], True
        # a layer hides what is behind it all the way down, and new picture of its own replaces the old below
        below = layer.top + layer.height + dy
        if 0 <= below < HEIGHT and layer.index == len(plan.layers) - 1:
            there[max(below, 0) :] = False
    return out, there


@pytest.mark.parametrize("direction", [0.0, 180.0])
def test_known_pixels_are_bit_exact_through_any_number_of_steps(tmp_path: Path, direction: float) -> None:
    wish = project(direction, motion={"steps": 20})
    loop = step_loop.StepLoop(tmp_path, wish, picture(), Painter())
    while loop.step < loop.plan.steps:
        loop.paint(lambda: False)
        expected, there = canvas_of_source(loop.plan, picture(), loop.step)
        now = loop.preview()
        assert np.array_equal(now[there], expected[there])
        assert np.all(now[~there][:, 0] >= 100)  # everything else was painted
        assert np.all(now[~there][:, 0] <= 100 + loop.step)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_nothing_stays_unknown_and_only_holes_are_painted(tmp_path: Path, direction: float) -> None:
    engine = Painter()
    loop = step_loop.StepLoop(tmp_path, project(direction), picture(), engine)
    while loop.step < loop.plan.steps:
        before = canvases.compose(loop.plan, loop.stores, loop.step + 1, blank(loop))
        loop.paint(lambda: False)
        assert np.array_equal(engine.masks[-1] > 0, before.hole)
        after = canvases.compose(loop.plan, loop.stores, loop.step, blank(loop))
        assert after.frame(after.known[..., None], WIDTH, HEIGHT).all()
        # known before, unchanged after
        known, was, now = (
            before.frame(part, WIDTH, HEIGHT) for part in (before.known[..., None], before.rgb, after.rgb)
        )
        assert np.array_equal(np.where(known, was, 0), np.where(known, now, 0))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_frames_show_no_background_at_any_time(tmp_path: Path, direction: float) -> None:
    wish = project(direction, inpaint={"seed": 7})
    bright = np.maximum(picture(), 60)
    manifest = step_loop.run(tmp_path, wish, bright, Painter(), lambda _: None, lambda: False)
    plan = step_loop.StepLoop(tmp_path / "again", wish, bright, Painter()).plan
    spec = scene_building.build(wish, plan, manifest)
    read = read_tile(tmp_path)
    for n in range(spec.frames):
        # the painter's red is 101 or more, the source's at least 60: less can only be background shining through
        assert frames.render(spec, n, read)[..., 0].min() >= 60


@pytest.mark.parametrize("seed", range(40))
def test_no_random_journey_shows_background(tmp_path: Path, seed: int) -> None:
    chance = np.random.default_rng(seed)
    width, height, count = int(chance.integers(8, 80)), int(chance.integers(8, 60)), int(chance.integers(1, 5))
    cuts = np.sort(chance.choice(np.arange(1, height), count - 1, replace=False))
    heights = np.diff([0, *cuts, height]).tolist()
    reach = np.array([width * chance.choice([0.05, 0.3, 0.9]), height * chance.choice([0.05, 0.3])])
    moves = np.round(chance.uniform(-1, 1, (count, 2)) * reach * chance.choice([0, 1], (1, 2), p=[0.2, 0.8]), 1)
    if not moves.any():
        moves[0, 0] = 2.5
    layers = [{"height": int(h), "velocity": v} for h, v in zip(heights, moves.tolist(), strict=True)]
    motion = {"steps": int(chance.integers(1, 9)), "fps": 10, "seconds_per_step": float(chance.choice([0.1, 0.7, 1]))}
    plates = {"tile_px": int(chance.choice([64, 100, 4096])), "overlap_px": int(chance.choice([0, 3, 40]))}
    wish = projects.from_json({"layers": layers, "motion": motion, "plates": plates})
    bright = chance.integers(60, 256, (height, width, 3), np.uint8)
    manifest = step_loop.run(tmp_path, wish, bright, Painter(), lambda _: None, lambda: False)
    spec = scene_building.build(wish, plans.plan(wish, width, height), manifest)
    read = read_tile(tmp_path)
    for n in range(spec.frames):
        assert frames.render(spec, n, read)[..., 0].min() >= 60


def test_the_first_frame_is_the_picture(tmp_path: Path) -> None:
    wish = project()
    manifest = go(tmp_path, wish)
    plan = step_loop.StepLoop(tmp_path / "again", wish, picture(), Painter()).plan
    assert np.array_equal(frames.render(scene_building.build(wish, plan, manifest), 0, read_tile(tmp_path)), picture())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_whole_steps_show_the_canvas_of_the_loop(tmp_path: Path, direction: float) -> None:
    layers = [{"height": 14}, {"height": 12}, {}]
    moves = {0.0: (3, 0), 90.0: (0, -2), 180.0: (-3, 0), 270.0: (0, 2), 30.0: (3, -2), 210.0: (-3, 2), 315.0: (2, 2)}
    vx, vy = moves[direction]
    layers = [layer | {"velocity": [vx * n, vy * n]} for layer, n in zip(layers, (1, 2, 3), strict=True)]
    wish = project(layers=layers, plates={"tile_px": 4096, "overlap_px": 0})
    loop = step_loop.StepLoop(tmp_path, wish, picture(), Painter())
    canvases_seen = []
    while loop.step < loop.plan.steps:
        loop.paint(lambda: False)
        canvases_seen.append(loop.preview())
    spec = scene_building.build(wish, loop.plan, loop.manifest(wait=True))
    for step, seen in enumerate(canvases_seen[:-1], 1):
        frame = frames.render(spec, step * 10, read_tile(tmp_path))
        assert np.array_equal(frame, seen)


@pytest.mark.parametrize("direction", [180.0, 270.0, 210.0])
def test_tiles_agree_where_they_meet_however_wide_the_mask(tmp_path: Path, direction: float) -> None:
    layers = [{"height": 24, "velocity": [-6, 0]}, {"velocity": [-6, 1]}]
    wish = project(direction, layers=layers, mask={"grow_px": 6, "feather_px": 5}, motion={"steps": 14})
    manifest = go(tmp_path, wish)
    read = read_tile(tmp_path)
    plan = plans.plan(wish, WIDTH, HEIGHT)
    for plate in manifest.plates:
        for a, b in itertools.pairwise(tile for tile in plate.tiles if not tile.is_cover):
            box = tiling.visible(plan, plate.index, b.first)
            assert box is not None
            x, y, w, h = box
            parts = [pixels(read(t.file))[y - t.y : y - t.y + h, x - t.x : x - t.x + w] for t in (a, b)]
            assert np.array_equal(*parts)


def test_heads_are_painted_once_at_the_first_step(tmp_path: Path) -> None:
    head = Rect(WIDTH - 10, 0, 10, HEIGHT)
    engine = Painter([head])
    loop = step_loop.StepLoop(tmp_path, project(), picture(), engine)
    holes = [canvases.compose(loop.plan, loop.stores, 1, blank(loop)).hole.sum()]
    loop.paint(lambda: False)
    assert (engine.masks[0] > 0).sum() == holes[0] + 10 * HEIGHT
    hole = canvases.compose(loop.plan, loop.stores, 2, blank(loop)).hole
    loop.paint(lambda: False)
    assert np.array_equal(engine.masks[1] > 0, hole)


def test_the_original_s_recorded_run_is_reproduced_with_whole_velocities(tmp_path: Path) -> None:
    moves = (-9, -3, -5)
    layers = [{"height": h, "velocity": [v, 0]} for h, v in zip((14, 12, None), moves, strict=True)]
    loop = step_loop.StepLoop(tmp_path, project(layers=layers), picture(), Painter())
    for _ in range(4):
        end = loop.preview()
        start = canvases.compose(loop.plan, loop.stores, loop.step + 1, blank(loop))
        for layer, v in zip(loop.plan.layers, moves, strict=True):
            rows = slice(layer.top, layer.top + layer.height)
            assert np.array_equal(start.rgb[rows, :v], end[rows, -v:])
        loop.paint(lambda: False)


def test_a_gap_that_opens_shows_nothing_of_the_layer_that_left(tmp_path: Path) -> None:
    source = picture()
    source[:20] = source[:20] // 4 + 40  # the farther layer
    source[20:] = 0  # the nearer one is black, so that every pixel of it can be told
    layers = [{"height": 20, "velocity": [0, 0]}, {"velocity": [0, 4]}]
    wish = project(270.0, layers=layers, motion={"steps": 5})
    loop = step_loop.StepLoop(tmp_path, wish, source, Painter())
    while loop.step < loop.plan.steps:
        loop.paint(lambda: False)
        gap = loop.preview()[20 : 20 + 4 * loop.step]
        assert gap[..., 0].min() >= 100


def test_engines_are_told_where_plates_lie_on_the_canvas(tmp_path: Path) -> None:
    class Asking(Painter):
        def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
            assert request.context is not None
            for layer in request.context.layers:
                x, y = layer.position
                for column, row in ((30, layer.top + 3), (40, layer.top + 5)):
                    if request.context.owner[row + y, column + x] == layer.index:
                        assert np.array_equal(canvas[row + y, column + x], picture()[row, column])
            return super().inpaint(canvas, mask, request, cancelled)

    for direction in (30.0, 210.0):
        engine = Asking()
        go(tmp_path / str(direction), project(direction, motion={"steps": 3}), engine)
        assert engine.calls[0] == 3


def test_memory_does_not_depend_on_the_number_of_steps(tmp_path: Path) -> None:
    loop = step_loop.StepLoop(tmp_path, project(motion={"steps": 120}), picture(), Painter())
    held = []
    while loop.step < loop.plan.steps:
        loop.paint(lambda: False)
        held.append(sum(t.pixels.nbytes for store in loop.stores for t in store._open))
    assert max(held[60:]) <= max(held[:40])


def test_a_run_that_ends_while_it_is_planned_writes_nothing_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unwilling(Painter):
        def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:  # noqa: ARG002
            raise Cancelled()

    ended: list[bool] = []

    class Writer(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait, cancel_futures=cancel_futures)
            ended.append(wait)

    monkeypatch.setattr(step_loop, "ThreadPoolExecutor", Writer)
    with pytest.raises(Cancelled):
        step_loop.StepLoop(tmp_path, project(), picture(), Unwilling())
    assert ended == [True]


def test_a_static_layer_never_changes(tmp_path: Path) -> None:
    layers = [{"height": 20, "velocity": [0, 0]}, {"velocity": [-4, 0]}]
    manifest = go(tmp_path, project(layers=layers, plates={"overlap_px": 0}))
    assert len(manifest.plates[0].tiles) == 1
    tile = manifest.plates[0].tiles[0]
    rgb = pixels(read_tile(tmp_path)(tile.file))
    assert np.array_equal(rgb[-tile.y : -tile.y + 20, -tile.x : -tile.x + WIDTH], picture()[:20])


def test_the_manifest_on_disk_is_the_one_returned(tmp_path: Path) -> None:
    manifest = go(tmp_path, project())
    assert load(tmp_path) == manifest
    assert manifest.complete
    for plate in manifest.plates:
        for tile in plate.tiles:
            assert hashlib.sha256((tmp_path / tile.file).read_bytes()).hexdigest() == tile.sha256


def test_divergence_warns_of_fog_and_not_of_noise(tmp_path: Path) -> None:
    wish = project(motion={"steps": 40})
    said: list[str] = []
    step_loop.run(tmp_path, wish, picture(), Painter(), lambda p: said.extend(p.warnings), lambda: False)
    assert any("sharpness" in line for line in said)
