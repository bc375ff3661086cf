"""Wavelets: the drawing against the plain formula, the file both ways, the shimmer that closes."""

import numpy as np
import pytest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.gabor import Wavelets, drawing, shimmer
from infinite_parallax.shared.gabor.wavelets import LIMITS, from_text, to_text

from ..wavelets_by_hand import plainly


def some(count: int = 40, seed: int = 0) -> Wavelets:
    random = np.random.default_rng(seed)
    rows = random.uniform(LIMITS[:, 0], LIMITS[:, 1], (count, 12))
    rows[:, 3:5] = np.exp(random.uniform(np.log(0.03), np.log(0.4), (count, 2)))
    rows[:, 5] = random.uniform(-3, 0, count)
    rows[:, 9:] *= 0.4
    return Wavelets(rows)


@pytest.mark.parametrize("size", [(64, 48), (33, 70), (1, 5)])
def test_drawing_is_the_formula(size: tuple[int, int]) -> None:
    wavelets = some()
    drawn = drawing.summed(wavelets, wavelets.coefficients, *size)
    np.testing.assert_allclose(drawn, plainly(wavelets, *size), atol=0.01)


def test_a_picture_is_the_same_at_another_size() -> None:
    wavelets = some()
    small, large = (drawing.summed(wavelets, wavelets.coefficients, n, n) for n in (33, 65))
    np.testing.assert_allclose(small, large[:, ::2, ::2], atol=0.01)


def test_black_and_white_are_the_ends() -> None:
    rows = np.zeros((1, 12))
    rows[0, 3:6] = 1, 1, 5
    rows[0, 9:12] = 1
    picture = drawing.draw(Wavelets(rows), 9, 9)
    assert picture[4, 4].tolist() == [255, 255, 255]
    rows[0, 6:9] = 0.5
    assert drawing.draw(Wavelets(rows), 9, 9)[4, 4].tolist() == [0, 0, 0]


def test_what_passes_the_limits_of_the_format_is_cut_as_its_readers_do() -> None:
    rows = some().rows.copy()
    rows[:8, 9:] = 1.5
    rows[8:12, 6] = -1.3
    rows[12:16, 3] = 3.0
    wild = Wavelets(rows)
    assert (wild.rows != wild.limited.rows).any()
    np.testing.assert_array_equal(drawing.draw(wild, 32, 24), drawing.draw(wild.limited, 32, 24))


def test_a_file_gives_its_wavelets_back() -> None:
    wavelets = some()
    text = to_text(wavelets)
    assert len(text.splitlines()) == 40
    np.testing.assert_allclose(from_text(text).rows, wavelets.rows, atol=1e-6)
    assert to_text(from_text(text)) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no wavelets"),
        ("1,2,3", "Line 1 has 3 numbers, not 12"),
        (to_text(some(1)) + "a,b\n", "Line 2 is not numbers"),
        (",".join(["nan"] * 12), "no number"),
    ],
)
def test_other_files_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        from_text(text)


def test_seven_pictures_hold_every_frame_of_the_loop() -> None:
    wavelets = some()
    turning = shimmer.turns(len(wavelets), seed=3)
    assert set(turning) == {0, 1, 2, 3}
    cosines, sines = shimmer.basis(wavelets, turning, 40, 30)
    for t in (0.0, 0.13, 0.5, 0.99):
        turned = wavelets.turned(turning * t)
        direct = drawing.summed(turned, turned.coefficients, 40, 30)
        np.testing.assert_allclose(shimmer.frame(cosines, sines, t), direct, atol=1e-5)
    np.testing.assert_array_equal(shimmer.frame(cosines, sines, 0.0), shimmer.frame(cosines, sines, 1.0))


def test_without_strength_nothing_shimmers() -> None:
    wavelets = some()
    cosines, sines = shimmer.basis(wavelets, shimmer.turns(len(wavelets)), 20, 20)
    still = drawing.summed(wavelets, wavelets.coefficients, 20, 20)
    np.testing.assert_allclose(shimmer.frame(cosines, sines, 0.3, strength=0), still, atol=1e-5)
    assert np.abs(shimmer.frame(cosines, sines, 0.3) - still).max() > 0.1
