"""Presets of the pace: what each does to a curve that is there, and that an eased end is the end."""

from fractions import Fraction

import pytest
from infinite_parallax.shared import pace_presets as presets
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.pace import Pace, Points

from .test_pace import plan_of

FAST: Points = ((0.0, 0.5), (10.0, 2.0))


def test_ease_in_rises_to_what_was_there() -> None:
    assert presets.ease_in(presets.CONSTANT, 12) == ((0, 0), (12, 1))
    assert presets.ease_in(FAST, 5) == ((0, 0), (5, 1.25), (10, 2))


@pytest.mark.parametrize("points", [presets.CONSTANT, FAST, ((0.0, 0.0), (20.0, 1.0))])
@pytest.mark.parametrize("frames", [1, 7, 30, 500])
def test_an_eased_journey_comes_to_rest_where_it_ends(points: Points, frames: int) -> None:
    eased = presets.ease_out(points, frames, Fraction(45))
    assert float(Pace.of(eased).way(Fraction(10**4))) == pytest.approx(45)
    (begin, _), (rest, factor) = eased[-2:]
    assert factor == 0
    assert begin == round(begin)
    assert min(frames, 45) <= rest - begin or begin <= 1
    plan = plan_of([[round(n / 10, 6), v] for n, v in eased])
    assert plan.frames == round(rest)
    if frames > 5:
        last, before = (plan.step_at(n + 1) - plan.step_at(n) for n in (plan.frames - 1, plan.frames - 3))
        assert last < before


def test_hold_inserts_a_standstill() -> None:
    held = presets.hold(((0.0, 1.0), (8.0, 1.0), (12.0, 2.0)), 6, 10, 2)
    assert held == ((0, 1), (6, 1), (8, 0), (18, 0), (20, 1), (22, 1), (26, 2))


def test_ramp_goes_over_to_another_speed() -> None:
    assert presets.ramp(FAST, 4, 6, 3.0) == ((0, 0.5), (4, 1.1), (10, 3))


def test_a_journey_that_stands_still_cannot_be_eased() -> None:
    with pytest.raises(UsageError, match="stands still"):
        presets.ease_out(((0.0, 1.0), (10.0, 0.0)), 5, Fraction(45))
