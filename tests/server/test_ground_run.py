"""Ground that recedes, in whole runs: resuming, tiles aligned anew, loops, and engines that paint pictures."""

import functools
import hashlib
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server import engines, step_loop
from infinite_parallax.inpaint_server.composites import Composites
from infinite_parallax.inpaint_server.cutouts import Cutouts
from infinite_parallax.inpaint_server.engines.contract import Rect
from infinite_parallax.shared import frames, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.ramp import travel
from infinite_parallax.shared.tiling import BLEED_PX
from numpy.typing import NDArray

from .contoured_run import Painter


def document(direction: float, **extra: Any) -> dict[str, Any]:
    return {
        "motion": {"direction_deg": direction, "step_px": 40, "steps": 24, "seconds_per_step": 0.5, "fps": 4},
        "cut": {"mode": "contour"},
        "plates": {"tile_px": 500},
        "sound": {"ambience": "none"},
        "layers": [
            {"name": "sky", "height": 90, "distance": 60},
            {"name": "meadow", "distance": 340, "ramp": 0.6},
        ],
    } | extra


Pixels = NDArray[np.uint8]


def gradient(picture: Pixels) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


@functools.cache
def picture() -> Pixels:
    return np.ascontiguousarray(paint(240, 150, 2)[..., :3])


def journey(folder: Path, direction: float, stop_at: int | None = None) -> Manifest:
    stopped = iter(range(10**9))
    return step_loop.run(
        folder,
        projects.from_json(document(direction)),
        picture(),
        engines.load("walk"),
        lambda _: None,
        lambda: stop_at is not None and next(stopped) >= stop_at,
    )


def tiles(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted((folder / "plates").glob("*.png"))}


def read(folder: Path) -> Any:
    def tile(file: str) -> frames.Texture:
        return frames.Texture.of(
            cv2.cvtColor(cv2.imread(str(folder / file), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
        )

    return tile


@pytest.fixture(scope="module", params=[180.0, 0.0], ids=["left", "right"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float, Manifest]:
    """A whole journey: its folder, its direction and its plates."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, request.param, journey(folder, request.param)


def test_a_whole_journey(whole: tuple[Path, float, Manifest]) -> None:
    folder, direction, manifest = whole
    project = projects.from_json(document(direction))
    spec = scene_building.build(project, plans.plan(project, 240, 150), manifest)
    assert len([p for p in spec.planes if p.slide]) > 3
    source = picture()
    assert np.array_equal(frames.render(spec, 0, read(folder)), source)
    for n in range(0, spec.frames, 5):
        rows = frames.render(spec, n, read(folder))[120:]
        assert rows.std() > 5
        assert gradient(rows) > 0.5 * gradient(source[120:]), "no hole, no streaks"


def test_tiles_hold_what_the_canvas_showed_where_their_rows_are_aligned(tmp_path: Path) -> None:
    project = projects.from_json(document(180.0))
    loop = step_loop.StepLoop(tmp_path, project, picture(), engines.load("walk"))
    assert isinstance(loop.painting, Cutouts)
    windows = {0: loop.painting.window(loop.stores[1], 0)[1]}
    while loop.step < loop.plan.steps:
        loop.paint(lambda: False)
        windows[loop.step] = loop.painting.window(loop.stores[1], loop.step)[1]
    aligned = [tile for tile in loop.manifest(wait=True).plates[1].tiles if not tile.is_cover]
    loop.close()
    assert len(aligned) > 3
    for tile in aligned[1:]:
        pixels = cv2.cvtColor(cv2.imread(str(tmp_path / tile.file), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA)
        inside = pixels[BLEED_PX:-BLEED_PX, BLEED_PX : BLEED_PX + 240]
        assert np.array_equal(inside, windows[tile.first])


def test_a_stopped_job_ends_with_the_same_bytes(tmp_path: Path, whole: tuple[Path, float, Manifest]) -> None:
    folder, direction, _ = whole
    with pytest.raises(Cancelled):
        journey(tmp_path, direction, stop_at=9)
    journey(tmp_path, direction)
    assert tiles(tmp_path) == tiles(folder)


def looping(direction: float) -> dict[str, Any]:
    sign = -1 if direction == 180 else 1
    layers: list[dict[str, Any]] = [{"height": 90, "velocity": [sign * 6, 0]}, {"velocity": [sign * 14, 0]}]
    layers[1]["ramp"] = 0.6
    motion = {"loop": True, "seconds_per_step": 0.5, "fps": 4}
    return document(direction) | {"layers": layers, "motion": motion}


@pytest.mark.parametrize("direction", [180.0, 0.0], ids=["left", "right"])
def test_two_copies_of_a_loop_with_ground_join_without_a_jump(tmp_path: Path, direction: float) -> None:
    project = projects.from_json(looping(direction))
    plan = plans.plan(project, 240, 150)
    manifest = step_loop.run(tmp_path, project, picture(), engines.load("walk"), lambda _: None, lambda: False)
    spec = scene_building.build(project, plan, manifest)
    shown = [frames.render(spec, n, read(tmp_path)) for n in range(spec.frames)]
    assert np.array_equal(shown[0], picture())
    # the frame that would come after the last is the first
    planes = tuple(replace(p, end=p.end + (p.end == spec.frames)) for p in spec.planes)
    after = frames.render(replace(spec, planes=planes, frames=spec.frames + 1), spec.frames, read(tmp_path))
    assert np.array_equal(after, shown[0])
    ground = [frame[100:].astype(int) for frame in shown]
    changes = [np.abs(a - b).mean() for a, b in itertools.pairwise(ground)]
    assert np.abs(ground[-1] - ground[0]).mean() <= 1.06 * max(changes)


RED = [200, 10, 10]


def red(wish: dict[str, Any], folder: Path, stop_at: int = 10**9) -> Manifest:
    done = [0]
    return step_loop.run(
        folder,
        projects.from_json(wish),
        picture(),
        Painter(),
        lambda progress: done.append(progress.step),
        lambda: done[-1] >= stop_at,
    )


@pytest.mark.parametrize("direction", [180.0, 0.0], ids=["left", "right"])
def test_an_engine_that_paints_pictures_paints_every_row_as_it_comes_in(tmp_path: Path, direction: float) -> None:
    wish = projects.from_json(document(direction))
    loop = step_loop.StepLoop(tmp_path, wish, picture(), Painter())
    assert isinstance(loop.painting, Composites)
    meadow, ramp = loop.stores[1], loop.plan.layers[1].ramp
    assert ramp is not None
    top, bottom = meadow.rows or (0, 0)

    def window(step: int) -> Pixels:
        shown = np.zeros((bottom - top, 240, 4), np.uint8)
        meadow.copy(Rect(-meadow.layer.position(step)[0], top, 240, bottom - top, step), shown)
        return shown

    before = window(0)
    while loop.step < loop.plan.steps:
        loop.paint(lambda: False)
        now, ways = window(loop.step), [travel(meadow.layer.velocity, k) for k in (loop.step - 1, loop.step)]
        moves = np.subtract(*(ramp.positions(way, top, bottom - top) for way in reversed(ways)))
        for row, (old, new, move) in enumerate(zip(before, now, moves, strict=True)):
            stay, come = (new[:move], new[move:]) if move < 0 else (new[move:], new[:move])
            assert np.array_equal(stay, old[-move:] if move < 0 else old[: 240 - move]), "what is known stays"
            if row + top >= 130:
                assert (come[:, :3] == RED).all(), "what comes in is the engine's"
        before = now
    assert abs(int(moves[0])) < abs(int(moves[-1])), "rows come in at paces of their own"
    loop.close()


@pytest.mark.parametrize("direction", [180.0, 0.0], ids=["left", "right"])
def test_a_painted_loop_with_ground_comes_home(tmp_path: Path, direction: float) -> None:
    manifest = red(looping(direction), tmp_path / "run")
    project = projects.from_json(looping(direction))
    spec = scene_building.build(project, plans.plan(project, 240, 150), manifest)
    planes = tuple(replace(p, end=p.end + (p.end == spec.frames)) for p in spec.planes)
    around = replace(spec, planes=planes, frames=spec.frames + 1)
    shown = {n: frames.render(around, n, read(tmp_path / "run")) for n in (0, spec.frames // 2, spec.frames)}
    assert np.array_equal(shown[0], picture())
    assert np.array_equal(shown[spec.frames], picture())
    assert (shown[spec.frames // 2][130:] == RED).all(2).mean() > 0.5
    for stop in (2, 30):
        with pytest.raises(Cancelled):
            red(looping(direction), tmp_path / "again", stop)
    red(looping(direction), tmp_path / "again")
    assert tiles(tmp_path / "again") == tiles(tmp_path / "run")
