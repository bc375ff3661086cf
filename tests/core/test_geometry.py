"""Directions, exact positions and steps."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import geometry

tenths = st.integers(-5000, 5000).map(lambda n: n / 10)


@pytest.mark.parametrize(
    ("degrees", "vector"),
    [(0, (1, 0)), (90, (0, -1)), (180, (-1, 0)), (270, (0, 1)), (-90, (0, 1)), (540, (-1, 0)), (720.0, (1, 0))],
)
def test_directions_at_multiples_of_90_are_exact(degrees: float, vector: tuple[int, int]) -> None:
    assert geometry.direction_vector(degrees) == vector


def test_a_direction_near_90_is_not_snapped_to_it() -> None:
    x, y = geometry.direction_vector(90.7)
    assert x == pytest.approx(math.cos(math.radians(90.7)))
    assert y == pytest.approx(-math.sin(math.radians(90.7)))


def test_30_degrees_points_right_and_up() -> None:
    assert geometry.direction_vector(30) == pytest.approx((math.sqrt(3) / 2, -0.5))


@pytest.mark.parametrize(("velocity", "step", "expected"), [(0.5, 1, 0), (0.5, 3, 2), (1.5, 1, 2), (-0.5, 3, -2)])
def test_positions_round_half_to_even(velocity: float, step: int, expected: int) -> None:
    assert geometry.position((velocity, 0.0), step) == (expected, 0)


@pytest.mark.parametrize(("velocity", "step", "expected"), [(0.7, 45, 32), (2.3, 25, 58), (4.1, 15, 62)])
def test_positions_do_not_inherit_binary_errors(velocity: float, step: int, expected: int) -> None:
    assert round(velocity * step) != expected
    assert geometry.position((velocity, 0), step) == (expected, 0)


@given(tenths, st.integers(0, 10000))
def test_positions_stay_within_half_a_pixel_of_the_playback(v: float, step: int) -> None:
    assert abs(geometry.position((v, 0), step)[0] - geometry.offset(v, step)) <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("velocity", "expected"),
    [((-50, 0), 32), ((0, 10), 95), ((-50, 10), 32), ((0.1, 0), 16000), ((0, 0), None), ((3.0, 0), 534)],
)
def test_steps_until_a_layer_has_left(velocity: tuple[float, float], expected: int | None) -> None:
    assert geometry.steps_to_leave(velocity, 1600, 949) == expected
