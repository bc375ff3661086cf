"""Loops from the step loop to the frames: two copies of the video, one behind the other, show no jump at the joint."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.shared import frames, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled
from infinite_parallax.shared.plates import Manifest

from .plate_files import digest, read_tile

WIDTH, HEIGHT = 160, 96
FPS = 4


def landscape() -> RGB:
    """Sky, hills and grass, with texture in each, that look different everywhere along the width."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    rgb = np.stack([120 + y // 3 + x // 8, 150 + y // 4, 220 - y // 6], axis=2).astype(np.int64)
    hills = 44 + 5 * np.sin(x / 17) + 3 * np.sin(x / 5.3)
    rgb[y >= hills] = (70, 96, 60)
    rgb[y >= 72 + 2 * np.sin(x / 9)] = (150, 130, 60)
    rgb += random.integers(-14, 15, (HEIGHT // 2, WIDTH // 2, 1)).repeat(2, 0).repeat(2, 1)
    return rgb.clip(0, 255).astype(np.uint8)


def document(engine: str, cut: str, sign: int = -1) -> dict[str, Any]:
    speeds = (5, 8, 13)
    layers = [
        {"velocity": [sign * v, 0]} | extra
        for v, extra in zip(speeds, ({"height": 44}, {"height": 28}, {}), strict=True)
    ]
    return {
        "layers": layers,
        "motion": {"loop": True, "fps": FPS},
        "cut": {"mode": cut},
        "inpaint": {"engine": engine, "warn_divergence": 10},
        "plates": {"tile_px": 256},
    }


def video(folder: Path, wish: dict[str, Any], manifest: Manifest) -> list[RGB]:
    project = projects.from_json(wish)
    spec = scene_building.build(project, plans.plan(project, WIDTH, HEIGHT), manifest)
    read = read_tile(folder)
    return [frames.render(spec, n, read) for n in range(spec.frames)]


def change(a: RGB, b: RGB) -> float:
    return float(np.abs(a.astype(int) - b).mean())


CASES = [("walk", "contour", -1), ("walk", "contour", 1), ("walk", "straight", -1), ("telea", "straight", -1)]


@pytest.mark.parametrize(("engine", "cut", "sign"), CASES)
def test_two_copies_of_a_loop_join_without_a_jump(tmp_path: Path, engine: str, cut: str, sign: int) -> None:
    wish, source = document(engine, cut, sign), landscape()
    manifest = step_loop.run(tmp_path, projects.from_json(wish), source, load(engine), lambda _: None, lambda: False)
    shown = video(tmp_path, wish, manifest)
    np.testing.assert_array_equal(shown[0], source)
    changes = [change(a, b) for a, b in itertools.pairwise(shown)]
    # to or from a whole step, as at the joint: the frames between them are softer
    alike = [value for n, value in enumerate(changes) if n % FPS in (0, FPS - 1)]
    joint = change(shown[-1], shown[0])
    # the source is what is most in view at the joint, and a few per cent more textured than what continues it
    assert joint <= 1.06 * max(alike)


def test_a_loop_is_resumed_with_the_same_bytes(tmp_path: Path) -> None:
    project, source = projects.from_json(document("walk", "contour")), landscape()
    steps = plans.plan(project, WIDTH, HEIGHT).steps

    def go(folder: Path, until: int) -> None:
        seen = [0]

        def report(progress: step_loop.Progress) -> None:
            seen[0] = progress.step

        step_loop.run(folder, project, source, load("walk"), report, lambda: seen[0] >= until)

    go(tmp_path / "whole", steps + 1)
    for until in (steps // 3, steps - 4, steps - 1):
        with pytest.raises(Cancelled):
            go(tmp_path / "parts", until)
    go(tmp_path / "parts", steps + 1)
    assert digest(tmp_path / "parts") == digest(tmp_path / "whole")
