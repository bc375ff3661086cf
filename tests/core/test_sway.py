"""Oscillating distortion: rows are where the formula says, no border opens, and a loop closes."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import frames, scene
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import Distortion
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.scene import Export, Key, Plane, SceneSpec
from infinite_parallax.shared.sway import Sway, rows, sways

from .test_scene import built, loop, project

WIDTH, HEIGHT, FRAMES = 120, 80, 48


def waves(loop: bool = True, **settings: Any) -> tuple[Sway, ...]:
    wish = Distortion(**{"amplitude_px": 3.0, "wavelength_px": 40.0, "period_s": 1.3} | settings)
    return tuple(sways([wish], 0, 1.0, 24.0, FRAMES, loop))


def spec(swaying: tuple[Sway, ...]) -> SceneSpec:
    keys = (Key(0, 0, 0), Key(FRAMES, 0, 0))
    plane = Plane("p", 0, 1, "p", WIDTH, HEIGHT, 0, FRAMES, 1.0, keys, sways=swaying)
    return SceneSpec("s", WIDTH, HEIGHT, 24.0, FRAMES, (plane,), (), Export(20, None, 18, 192))


def picture() -> Any:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.dstack([x * 2, y * 3, 90 + 60 * np.sin(x / 9 + y / 7), np.full_like(x, 255)]).astype(np.uint8)


def rendered(swaying: tuple[Sway, ...], frame: int) -> Any:
    texture = Texture.of(picture())
    return frames.render(spec(swaying), frame, lambda _: texture).astype(float)


@pytest.mark.parametrize("frame", [0, 5, 31])
def test_rows_are_moved_sideways_by_the_formula(frame: int) -> None:
    (wave,) = swaying = waves()
    out = rendered(swaying, frame)
    assert wave.turns == 2
    for y in (0, 17, 53, 79):
        away = 3.0 * np.sin(2 * np.pi * ((y + 0.5) / 40 - 2 * frame / FRAMES))
        x = np.arange(10, 110)
        assert out[y, x, 0] == pytest.approx((x - away) * 2, abs=1.1)


def test_rows_are_moved_up_and_down_by_the_formula() -> None:
    out = rendered(waves(direction="y"), 7)
    for y in (10, 33, 60):
        at = next(v for v in np.arange(0, 80, 0.01) if v + 3.0 * np.sin(2 * np.pi * (v / 40 - 2 * 7 / 48)) >= y + 0.5)
        assert out[y, 60, 1] == pytest.approx((at - 0.5) * 3, abs=1.5)


@pytest.mark.parametrize("direction", ["x", "y"])
def test_no_border_opens(direction: str) -> None:
    for frame in range(0, FRAMES, 5):
        assert rendered(waves(direction=direction), frame)[..., 2].min() >= 29


def test_a_loop_holds_whole_periods_and_other_journeys_the_one_asked_for() -> None:
    assert [w.turns for w in waves()] == [2]
    assert [w.turns for w in waves(loop=False)] == pytest.approx([2 / 1.3])
    (wave,) = waves()
    heights = np.arange(80.0)
    assert wave.moved(heights, 0) == pytest.approx(wave.moved(heights, FRAMES), abs=1e-9)


def test_rows_that_would_cross_are_refused() -> None:
    with pytest.raises(UsageError, match=r"distortions\.0: rows that move 9 px"):
        waves(direction="y", amplitude_px=9.0)
    assert waves(direction="x", amplitude_px=9.0)


def test_what_lies_behind_a_layer_that_sways_up_and_down_goes_on_below_its_rim() -> None:
    shown = built(project(distortions=[{"layer": 1, "direction": "y", "amplitude_px": 2.0}]))
    reach = {p.layer: [(s.amplitude, s.reach) for s in p.sways] for p in shown.planes}
    assert reach == {0: [(0.0, 2.0)], 1: [(2.0, 2.0)]}
    assert rows(shown.planes[0].sways, 30, 1.0, True).at[-1] == 33
    sideways = built(project(distortions=[{"layer": 1, "amplitude_px": 2.0}]))
    assert not any(p.sways for p in sideways.planes if p.layer == 0)


def test_nothing_sways_without_amplitude_and_all_layers_without_a_layer() -> None:
    assert waves(amplitude_px=0.0) == ()
    shown = built(project(distortions=[{}]))
    assert all(len(p.sways) == 1 for p in shown.planes)
    assert scene.from_json(json.loads(json.dumps(shown.to_json()))) == shown
    assert built(replace(loop(), distortions=(Distortion(),))).planes[0].sways[0].turns >= 1
    with pytest.raises(UsageError, match=r"distortions\.0\.layer is 5"):
        built(project(distortions=[{"layer": 5}]))
