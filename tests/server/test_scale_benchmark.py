"""The benchmark of scale: its arithmetic; the measuring itself is not tested."""

import pytest
from infinite_parallax.benchmarks import scale


def test_powers_are_found_again() -> None:
    sizes = [1.0, 2.0, 4.0, 8.0]
    power, fit = scale.exponent(sizes, [3 * size**1.7 for size in sizes])
    assert power == pytest.approx(1.7)
    assert fit == pytest.approx(1.0)
    assert scale.exponent(sizes, [3, 1, 3, 1])[1] < 0.5


def test_what_cannot_be_shared_bounds_a_hundred_machines() -> None:
    film = scale.Film(painting=100.0, frames=4800, frame=0.5, opening=6.0, joining=20.0)
    assert film.lasts(1) == pytest.approx(100 + 100 * 30 + 20)
    assert film.lasts(100) == pytest.approx(100 + 30 + 20)
    assert film.lasts(300) == film.lasts(100), "no task is shared"
    assert "| 100 | 2.5 | 20.8 | 67 % | 13 % |" in scale.machines_table(film)


def test_painting_is_measured() -> None:
    found = scale._painted(120, 80, 2, 3)
    assert found.step > 0
    assert scale.painted(120, 80, 2, 3).step > 0
