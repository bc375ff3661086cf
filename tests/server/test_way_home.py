"""Loops of engines that paint pictures: the last way home of every layer is painted with both of its sides in sight."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines.contract import RGB, Ahead, InpaintRequest, Mask, Rect, RunContext
from infinite_parallax.inpaint_server.separate import REACH_PX, follow
from infinite_parallax.shared import frames, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.project import Project

from .plate_files import digest, read_tile

WIDTH, HEIGHT = 240, 150
SPEEDS = (6, 11, 18)
ROWS = (20, 95, 140)
"""Well inside each layer."""


class Bridge:
    """Paints every row of a hole as the straight way between the known pixels on either side of it."""

    name = "bridge"
    continues_plates = False

    def __init__(self, steps: int = 1) -> None:
        self.steps, self.calls = steps, 0

    def ahead(self, run: RunContext) -> Ahead:  # noqa: ARG002
        return Ahead(self.steps, 200)

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        return [[] for _ in run.layers]

    def inpaint(self, canvas: RGB, mask: Mask, _request: InpaintRequest, _stop: Callable[[], bool]) -> RGB:
        self.calls += 1
        out, x = canvas.copy(), np.arange(canvas.shape[1])
        for row, hole in zip(out, mask > 0, strict=True):
            if hole.any() and not hole.all():
                for channel in range(3):
                    row[hole, channel] = np.interp(x[hole], x[~hole], row[~hole, channel])
        return out

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        assert state == {}


@functools.cache
def picture() -> RGB:
    return np.ascontiguousarray(paint(WIDTH, HEIGHT, 2)[..., :3])


def project(mode: str, sign: int, **extra: Any) -> Project:
    layers = [{"height": h, "velocity": [sign * v, 0]} for h, v in zip((70, 30, 50), SPEEDS, strict=True)]
    motion = {"loop": True, "seconds_per_step": 0.5, "fps": 2}
    sections = {"cut": {"mode": mode}, "plates": {"tile_px": 400}, "sound": {"ambience": "none"}, "motion": motion}
    return projects.from_json(sections | {"layers": layers} | extra)


def go(folder: Path, wish: Project, engine: Bridge, stop_at: int = 10**9) -> Manifest:
    done = [0]
    tell = lambda progress: done.append(progress.step)  # noqa: E731
    return step_loop.run(folder, wish, picture(), engine, tell, lambda: done[-1] >= stop_at)


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("sign", [-1, 1], ids=["left", "right"])
@pytest.mark.parametrize("mode", ["straight", "contour"])
def test_no_layer_meets_its_beginning_at_a_hard_edge(tmp_path: Path, mode: str, sign: int, steps: int) -> None:
    wish, engine = project(mode, sign), Bridge(steps)
    plan = plans.plan(wish, WIDTH, HEIGHT)
    manifest = go(tmp_path, wish, engine)
    if steps > 1:
        assert engine.calls < 0.7 * plan.steps
    spec = scene_building.build(wish, plan, manifest)
    planes = tuple(replace(p, end=p.end + (p.end == spec.frames)) for p in spec.planes)
    around = replace(spec, planes=planes, frames=spec.frames + 1)
    np.testing.assert_array_equal(frames.render(around, 0, read_tile(tmp_path)), picture())
    np.testing.assert_array_equal(frames.render(around, spec.frames, read_tile(tmp_path)), picture())
    for index, (row, speed) in enumerate(zip(ROWS, SPEEDS, strict=True)):
        left = WIDTH // speed - 2  # steps before the end: home is well inside the frame
        # a nearer layer may have a mast there
        alone = replace(spec, planes=tuple(plane for plane in spec.planes if plane.layer <= index))
        line = frames.render(alone, plan.steps - left, read_tile(tmp_path))[row].astype(int)
        home = left * speed if sign < 0 else WIDTH - left * speed
        source = picture()[row].astype(int)
        np.testing.assert_array_equal(
            line[home:] if sign < 0 else line[:home], source[: WIDTH - home] if sign < 0 else source[-home:]
        )
        way = line[home - WIDTH // 8 : home + 1] if sign < 0 else line[home - 1 : home + WIDTH // 8]
        steepest = np.abs(np.diff(way, axis=0)).max()
        between = np.abs(way[0] - way[-1]).max()
        assert steepest <= 3 + 3 * between / len(way), "one even way, and no edge in it"


@pytest.mark.parametrize("mode", ["straight", "contour"])
def test_a_way_home_is_resumed_with_the_same_bytes(tmp_path: Path, mode: str) -> None:
    wish = project(mode, -1)
    go(tmp_path / "run", wish, Bridge())
    steps = plans.plan(wish, WIDTH, HEIGHT).steps
    gone = [steps * speed - WIDTH for speed in SPEEDS]  # until home is in sight
    for stop in sorted({way // speed - 1 for way, speed in zip(gone, SPEEDS, strict=True)}):
        with pytest.raises(Cancelled):
            go(tmp_path / "again", wish, Bridge(), stop)
    go(tmp_path / "again", wish, Bridge())
    assert digest(tmp_path / "again") == digest(tmp_path / "run")


def test_a_border_meets_the_one_that_comes_after_it() -> None:
    columns = 30
    expected = np.full(columns, 24)
    y = np.arange(48)[:, None, None]
    picture = np.where(y < 24 + 6, [90, 140, 220], [40, 60, 30]).astype(np.uint8).repeat(columns, axis=1)
    free, led = follow(picture, expected, 0), follow(picture, expected, 0, 0)
    assert abs(int(free[-1]) - 6) <= 1, "the edge that was painted is six rows lower"
    assert np.array_equal(led[:12], free[:12])
    assert abs(int(led[-1])) <= 1
    assert np.abs(follow(picture, expected, 0, 99)).max() <= REACH_PX
