"""Matching of painted to source colours: the drift is measured, taken back by a share, and nothing happens at the
source."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import colour_match, frames, scene_building, tiling
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared.colour_cells import CELL_PX, Cells, measure
from infinite_parallax.shared.colour_match import Drift
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from infinite_parallax.shared.scene import SceneSpec

from .test_scene import project

WIDTH, HEIGHT = 256, 160
SOURCE, PAINTED = np.array([120, 110, 90]), np.array([150, 100, 60])


def drifting(x: Any, y: Any) -> Any:
    """A plate that goes from the source's colours to others within two frames' width: RGB [..., 3]."""
    share = np.clip((x - WIDTH) / (2 * WIDTH), 0, 1)[..., None]
    noise = 18 * np.sin(0.9 * x + 0.5 * y)[..., None]
    return np.rint(SOURCE + share * (PAINTED - SOURCE) + (1 - 0.4 * share) * noise).astype(np.uint8)


def scene(**document: Any) -> tuple[SceneSpec, dict[str, Texture]]:
    """Two layers that drift."""
    motion = {"steps": 12, "seconds_per_step": 0.5, "fps": 8} | document.pop("motion", {})
    layers = [{"height": 60, "velocity": [-40, 0]}, {"velocity": [-80, 0]}]
    wish = project(motion=motion, layers=layers, plates={"tile_px": 384}, **document)
    plan = plans.plan(wish, WIDTH, HEIGHT)
    plates, textures = [], {}
    for layer in plan.layers:
        tiles = []
        for place in tiling.tiles(plan, layer.index):
            y, x = np.mgrid[place.y : place.y + place.height, place.x : place.x + place.width]
            around = plan.circumference(layer.index)
            rgb = drifting(x if around is None else np.minimum(x % around, (-x) % around), y)
            rgba = np.dstack([rgb, np.full(x.shape, 255, np.uint8)])
            file = f"{layer.index}_{place.first}"
            textures[file] = Texture.of(rgba)
            box = place.x, place.y, place.width, place.height
            tiles.append(Tile(file, place.first, place.last, *box, "", colours=measure(rgba)))
        plates.append(Plate(layer.index, layer.name, tuple(tiles)))
    manifest = Manifest(WIDTH, HEIGHT, plan.steps, plan.steps, tuple(plates))
    return scene_building.build(wish, plan, manifest), textures


def shown(spec: SceneSpec, textures: dict[str, Texture], frame: int) -> Any:
    return frames.render(spec, frame, textures.__getitem__).astype(int)


def test_cells_tell_mean_deviation_and_how_opaque() -> None:
    rng = np.random.default_rng(1)
    rgba = rng.integers(0, 256, (100, 150, 4), np.uint8)
    rgba[..., 3] = np.where(np.arange(150) < 80, 255, 51)
    cells = Cells.read(measure(rgba), 150, 100)
    assert cells.numbers.shape == (2, 3, 7)
    weight = rgba[:CELL_PX, CELL_PX : 2 * CELL_PX, 3] / 255
    part = rgba[:CELL_PX, CELL_PX : 2 * CELL_PX, 0]
    mean = (part * weight).sum() / weight.sum()
    assert cells.numbers[0, 1, 0] == pytest.approx(255 * weight.mean(), abs=0.51)
    assert cells.numbers[0, 1, 1] == pytest.approx(mean, abs=0.51)
    assert cells.numbers[0, 1, 4] == pytest.approx(
        np.sqrt(((part - mean) ** 2 * weight).sum() / weight.sum()), abs=0.51
    )
    whole = cells.seen(np.zeros(2), np.full(2, 150.0), 0.0, 100.0)
    share = rgba[..., 3:] / 255
    told = (rgba[..., :3] * share).sum(axis=(0, 1)) / share.sum() / 255
    assert whole.weight == pytest.approx(share.sum(), rel=0.01)
    assert whole.spread()[0] == pytest.approx(told, abs=0.003)
    assert cells.seen(np.full(2, 150.0), np.full(2, 300.0), 0.0, 100.0).weight == 0


def test_a_correction_takes_mean_and_contrast_back() -> None:
    drift = Drift(np.array([[0.5, 0.4, 0.3], [0.1, 0.1, 0.1]]), np.array([[0.6, 0.4, 0.2], [0.08, 0.1, 0.12]]))
    for share in (1.0, 0.5, 0.0):
        lift, gain = (np.array(values) for values in drift.correction(share))
        at_mean = ((drift.now[0] - 1) * (2 - lift) + 1) * gain
        assert at_mean == pytest.approx(drift.now[0] + share * (drift.source[0] - drift.now[0]), abs=1e-5)
    assert Drift(drift.source, drift.source).correction(1.0) == ((1.0,) * 3, (1.0,) * 3)
    assert drift.correction(0.0) == ((1.0,) * 3, (1.0,) * 3)


@pytest.mark.parametrize("layer", [None, 0, 1])
def test_what_has_drifted_comes_back_and_the_first_frame_stays(layer: int | None) -> None:
    plain, textures = scene()
    spec, _ = scene(grades=[{"match": 1.0, "layer": layer}])
    half, _ = scene(grades=[{"match": 0.5, "layer": layer}])
    assert np.array_equal(shown(spec, textures, 0), shown(plain, textures, 0))
    rows = {None: slice(0, HEIGHT), 0: slice(0, 50), 1: slice(62, HEIGHT)}[layer]
    last = spec.frames - 1
    before, middle, after = (shown(s, textures, last)[rows].mean(axis=(0, 1)) for s in (plain, half, spec))
    assert np.abs(before - SOURCE).max() > 15
    assert np.abs(after - SOURCE).max() < 3
    assert np.abs(middle - (before + after) / 2).max() < 1
    if layer is not None:
        other = slice(62, HEIGHT) if layer == 0 else slice(0, 50)
        assert np.array_equal(shown(spec, textures, last)[other], shown(plain, textures, last)[other])
    contrast = [shown(s, textures, last)[rows, :, 2].std() for s in (plain, spec)]
    assert contrast[1] > 1.15 * contrast[0]


def test_nothing_is_asked_of_plates_without_a_grade_that_matches() -> None:
    assert scene(grades=[{"match": 0.0}])[0] == scene()[0]
    plan = plans.plan(project(), 64, 60)
    manifest = Manifest(64, 60, plan.steps, plan.steps, (Plate(0, "a", (Tile("a", 0, 9, 0, 0, 9, 9, ""),)),))
    told = colour_match.drifts(plan, manifest)
    with pytest.raises(ParallaxError, match="do not tell their colours"):
        told(0)
    with pytest.raises(ParallaxError, match="not told"):
        Cells.read("AAAA", 9, 9)


def test_in_a_loop_the_correction_comes_round() -> None:
    spec, textures = scene(grades=[{"match": 1.0, "layer": 1}], motion={"loop": True})
    steps = spec.grades[0].all_moments
    assert len(steps) == spec.frames
    gains = np.array([moment.steps[0].gain for moment in steps])
    assert gains[0].tolist() == [1, 1, 1]
    jumps = np.abs(np.diff(np.concatenate([gains, gains[:1]]), axis=0))
    assert jumps[-1].max() <= 1.5 * jumps.max(axis=1)[:-1].max()
    assert np.abs(gains - 1).max() > 0.05
    plain = replace(spec, grades=())
    assert np.array_equal(shown(spec, textures, 0), shown(plain, textures, 0))


def test_with_a_pace_the_correction_belongs_to_the_place_not_to_the_time() -> None:
    even, _ = scene(grades=[{"match": 1.0, "layer": 1}])
    paced, _ = scene(grades=[{"match": 1.0, "layer": 1}], motion={"pace": [[0, 0.5], [100, 0.5]]})
    assert paced.frames == 2 * even.frames
    for n in (0, 10, 30):
        slow, fast = (s.grades[0].at(k).steps[0].gain for s, k in ((paced, 2 * n), (even, n)))
        assert slow == pytest.approx(fast, abs=1e-6)
