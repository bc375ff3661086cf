"""What repeats itself in the source may do so in its continuation: a picture is held against itself."""

from dataclasses import replace

import numpy as np
import pytest
from infinite_parallax.benchmarks.contour_tables import missed_bars
from infinite_parallax.inpaint_server.engines.contract import RGB
from infinite_parallax.inpaint_server.quality import bars
from infinite_parallax.inpaint_server.quality.layer_figures import NOTHING, LayerFigures
from infinite_parallax.inpaint_server.quality.metrics import repeats_itself

GOOD = {"gx": 1.0, "w1": 1.0, "coh": 1.0, "comp": 1.0, "seam": 1.0, "upright": 0.0}


def noise(width: int) -> RGB:
    return np.random.default_rng(4).integers(0, 256, (80, width, 3), np.uint8)


def test_a_picture_of_its_own_everywhere_does_not_repeat_itself() -> None:
    assert repeats_itself(noise(640)) == (0, 0)


def test_a_picture_laid_twice_repeats_itself_and_one_beside_its_mirror_image_mirrors_itself() -> None:
    half = noise(320)
    assert repeats_itself(np.concatenate([half, half], axis=1)) == (1, 0)
    assert repeats_itself(np.concatenate([half, half[:, ::-1]], axis=1))[1] > 0.5


def test_an_even_picture_has_nothing_to_repeat() -> None:
    assert np.isnan(repeats_itself(np.full((80, 640, 3), 90, np.uint8))).all()


def test_plates_may_repeat_themselves_as_much_as_their_source_and_no_more() -> None:
    assert missed_bars({**GOOD, "rep": 0.5, "mir": 0.4}) == ["rep", "mir"]
    assert missed_bars({**GOOD, "rep": 0.5, "mir": 0.4, "own_rep": 0.6, "own_mir": 0.3}) == ["mir"]
    assert missed_bars({**GOOD, "rep": 0.1, "mir": 0.1, "own_rep": 0.0, "own_mir": float("nan")}) == []


def test_a_report_allows_what_the_source_does_itself() -> None:
    itself = bars.Own(rep=0.6, mir=0.3)
    assert bars.fits("rep", 0.5, False, itself)
    assert not bars.fits("rep", 0.5, False, bars.Own())
    assert bars.fits("mir", 0.25, False, itself)
    assert not bars.fits("mir", 0.35, False, itself)
    assert bars.fits("mir", 0.35, True, bars.Own(mirrors=True, mir=0.1))
    assert not bars.fits("mir", 0.45, True, bars.Own(mirrors=True, mir=0.1))
    assert bars.limits("gx", False, itself) == bars.limits("gx", False, bars.Own())


def test_how_much_layers_repeat_themselves_is_a_mean_of_what_could_be_measured() -> None:
    nan = float("nan")
    about = LayerFigures(0, "sky", 0, 9, (-1.0, 0.0), 9, NOTHING, nan, (nan, nan), ())
    assert bars.own([about]) == bars.Own()
    alike = replace(about, own_mirror=0.2, own=(0.8, 0.2))
    assert bars.own([about, alike, replace(about, own=(0.4, 0.0))]) == bars.Own(pytest.approx(0.6), 0.1, True)
