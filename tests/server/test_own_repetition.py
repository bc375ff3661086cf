"""What repeats itself in the source may do so in its continuation: a picture is held against itself."""

import numpy as np
from infinite_parallax.benchmarks.contour_tables import missed_bars
from infinite_parallax.inpaint_server.engines.contract import RGB
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
