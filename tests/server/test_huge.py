"""Pictures too large to be held several times: what is looked at in parts is what it would be as a whole."""

import cv2
import numpy as np
import pytest
from infinite_parallax.inpaint_server import step_loop
from infinite_parallax.inpaint_server.engines import load
from infinite_parallax.inpaint_server.walk import exemplar as exemplars
from infinite_parallax.inpaint_server.walk.exemplar import Exemplar, contrast_scale
from infinite_parallax.inpaint_server.walk.ground import Ground, of_band
from infinite_parallax.inpaint_server.walk.prices import border_mismatch
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import tiling
from infinite_parallax.shared.example_picture import paint

WIDTH, HEIGHT = 640, 200


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return paint(WIDTH, HEIGHT, 3)


@pytest.mark.parametrize(("top", "height"), [(0, 60), (60, 90), (150, 50), (3, 194)])
def test_a_band_s_borders_are_judged_by_the_rows_beside_them(picture: np.ndarray, top: int, height: int) -> None:
    slab = of_band(picture, top, height, 0.2)
    whole = Ground(picture, top, height, slab.above, slab.below, slab.seen)
    for one, other in ((slab, whole), (slab.turned(), whole.turned())):
        found = border_mismatch(one, Exemplar(one, True))
        np.testing.assert_array_equal(found, border_mismatch(other, Exemplar(other, True)))
        np.testing.assert_array_equal(Exemplar(one, True).pictures[1], Exemplar(other, True).pictures[1])
    own = Exemplar(whole, True)
    soft = cv2.GaussianBlur(picture, (0, 0), max(own.cells.width / 2, 0.5))[:, own.left :].astype(np.float32)
    expected = np.zeros(own.cells.columns)
    for row, other in ((top, top - 1), (top + height - 1, top + height)):
        if 0 <= other < HEIGHT:
            a, b = (soft[r].reshape(own.cells.columns, own.cells.width, 3).mean(1) for r in (row, other))
            expected += np.sqrt(((a[:, None] - b[None]) ** 2).mean(2)).mean(1)
    np.testing.assert_array_equal(border_mismatch(slab, own), expected - expected.min())


def test_contrast_is_that_of_a_part_of_the_pixels(picture: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contrast_scale(picture)
    monkeypatch.setattr(exemplars, "LOOKED_AT_PX", WIDTH * HEIGHT - 1)
    assert contrast_scale(picture) == contrast_scale(picture[::2, ::2])
    assert contrast_scale(picture) == pytest.approx(whole, rel=0.01)


@pytest.mark.parametrize("velocity", [[-7, 0], [-7, 3]])
def test_a_thinned_frame_is_the_frame_thinned(picture: np.ndarray, tmp_path, velocity: list[int]) -> None:
    document = {
        "motion": {"steps": 3},
        "cut": {"mode": "straight"},
        "layers": [{"height": 90, "velocity": [-3, 0]}, {"velocity": velocity}],
    }
    loop = step_loop.StepLoop(tmp_path, projects.from_json(document), picture, load("walk"))
    for _ in range(3):
        loop.paint(lambda: False)
    whole = loop.painting.frame(3)
    for thinned, values in zip(loop.painting.frame(3, 3), whole, strict=True):
        np.testing.assert_array_equal(thinned, values[::3, ::3])
    np.testing.assert_array_equal(loop.preview(), whole[0])
    loop.close()


def test_a_huge_preview_has_fewer_pixels(picture: np.ndarray, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {
        "motion": {"steps": 2},
        "cut": {"mode": "straight"},
        "layers": [{"height": 90, "velocity": [-3, 0]}, {"velocity": [-7, 0]}],
    }
    monkeypatch.setattr(step_loop, "MOST_SHOWN_PX", WIDTH * HEIGHT // 4)
    loop = step_loop.StepLoop(tmp_path, projects.from_json(document), picture, load("walk"))
    loop.paint(lambda: False)
    assert loop.preview().shape == (HEIGHT // 2, WIDTH // 2, 3)
    loop.close()


@pytest.mark.parametrize(("width", "longest"), [(1600, 4096), (10000, 15000), (16000, 24000)])
def test_tiles_are_longer_than_the_frame_however_wide_that_is(width: int, longest: int) -> None:
    document = {"motion": {"steps": 1000}, "layers": [{"height": 50, "velocity": [-20, 0]}, {"velocity": [-20, 0]}]}
    plan = plans.plan(projects.from_json(document), width, 100)
    made = list(tiling.tiles(plan, 1))
    assert max(tile.width for tile in made) <= longest
    # what is stored is the new pixels, and a frame for each tile
    assert sum(tile.width for tile in made) <= 20000 + len(made) * (width + 40)
    assert len(made) <= 1 + 20000 / (longest - width - 40)
