"""Loops: every layer comes home after a whole number of px and of frames, in as few steps as that takes."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.geometry import exact
from infinite_parallax.shared.loop_plan import MOST_STEPS, room_px
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.ramp import Ramp


def make(velocities: list[float | list[float]], width: int = 160, height: int = 100, **motion: Any) -> Plan:
    moves = [v if isinstance(v, list) else [v, 0] for v in velocities]
    layers: list[dict[str, Any]] = [{"height": 10, "velocity": v, "name": f"no {i}"} for i, v in enumerate(moves)]
    layers[-1].pop("height")
    return plans.plan(projects.from_json({"layers": layers, "motion": {"loop": True} | motion}), width, height)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-400, 400).map(lambda v: v / 10), min_size=1, max_size=5),
    st.sampled_from([24, 25, 29.97, 23.976, 30, 60, 12.5]),
    st.sampled_from([1.0, 0.5, 0.04, 1.3, 2.25]),
    st.integers(50, 3000),
)
def test_every_layer_comes_home_and_no_fewer_steps_would_do(
    velocities: list[float], fps: float, seconds: float, width: int
) -> None:
    if not any(velocities):
        return
    try:
        plan = make(list(velocities), width, fps=fps, seconds_per_step=seconds)
    except UsageError:
        # too fast for the picture, or too slow for a loop that anybody wants; units of 5000 steps are the largest here
        speeds = sorted(abs(v) for v in velocities if v)
        assume(speeds[-1] <= width - 1 and (width + room_px(width)) / speeds[0] + 5000 <= MOST_STEPS)
        raise

    def closes(steps: int) -> bool:
        ways = [abs(exact(v)) * steps for v in velocities if v]
        whole = (steps * exact(seconds) * exact(fps)).denominator == 1
        return whole and all(w.denominator == 1 and w >= width + room_px(width) for w in ways)

    assert closes(plan.steps)
    slowest_way = min(abs(exact(v)) for v in velocities if v)
    first = int((width + room_px(width)) / slowest_way)
    assert not any(closes(n) for n in range(max(1, first - 5), plan.steps))
    assert plan.frames == plan.steps * plan.frames_per_step
    for layer, v in zip(plan.layers, velocities, strict=True):
        around = plan.circumference(layer.index)
        assert around == (abs(layer.position(plan.steps)[0]) or None)
        assert (around is None) == (v == 0)


def test_without_a_loop_nothing_changes() -> None:
    plan = make([-3.7, -8], loop=False)
    assert plan.steps == 44
    assert plan.circumference(1) is None
    assert not plan.loop


def test_a_layer_at_rest_is_home_already() -> None:
    plan = make([0, -8], width=160)
    assert (plan.steps, plan.circumference(0), plan.circumference(1)) == (30, None, 240)


def test_steps_that_close_are_taken_however_many() -> None:
    assert make([-8, 4], steps=60).steps == 60
    assert make([-8, 4], steps=60_000).circumference(1) == 240_000


@pytest.mark.parametrize(
    ("velocities", "motion", "words", "hint"),
    [
        ([-8, 2.5], {"steps": 101}, "'no 1' moves 252.5 px", "steps to 100,"),
        ([-8, 2], {"steps": 40}, "'no 1' moves 80 px; to come home it needs 240", "steps to 120,"),
        ([-8], {"steps": 41, "fps": 25, "seconds_per_step": 0.5}, "last 512.5 frames", "steps to 4[02],"),
        ([-8, [2, 1]], {}, "'no 1' moves up or down", "direction"),
        ([-8, 0.01], {}, "'no 1' moves 0.01 px per step and would need 24000", "at least 0.1"),
        ([-8, 2.00001], {}, "'no 1' moves a whole number of px only every 100000", "one decimal"),
        ([-8], {"seconds_per_step": 0.333333}, "lasts 9.99999 frames", "product"),
    ],
)
def test_what_does_not_close_is_refused_with_a_way_out(
    velocities: list[float | list[float]], motion: dict[str, Any], words: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=words) as refusal:
        make(velocities, **motion)
    assert re.search(hint, refusal.value.hint), refusal.value.hint


def receding(ramp: float, **motion: Any) -> Plan:
    layers: list[dict[str, Any]] = [{"height": 40, "velocity": [-9, 0]}, {"velocity": [-8, 0], "ramp": ramp}]
    wish = {"layers": layers, "motion": {"loop": True} | motion, "cut": {"mode": "contour"}}
    return plans.plan(projects.from_json(wish), 160, 100)


@pytest.mark.parametrize("ratio", [0.1, 0.37, 0.85])
def test_rows_that_recede_come_home_together_each_after_its_own_way(ratio: float) -> None:
    plan = receding(ratio)
    ramp, around = plan.layers[1].ramp, plan.circumference(1)
    assert ramp is not None
    assert around is not None
    assert ramp.around == around == 8 * plan.steps
    trips = ramp.trips(40, 60)
    assert trips[0] == round(Fraction(str(ratio)) * around) >= 160 + room_px(160)
    assert trips[-1] == around
    assert np.array_equal(ramp.positions(-float(around), 40, 60), -trips)
    straight = Ramp(ratio, ramp.top, ramp.bottom).scales(40, 60)
    assert np.abs(trips - straight * around).max() <= 0.5
    assert np.allclose(ramp.scales(40, 60) * around, trips, rtol=0, atol=1e-9)
    # and one step fewer would not bring the upper edge home
    assert ratio * 8 * (plan.steps - 1) < 160 + room_px(160)


def test_the_upper_edge_says_how_long_a_loop_must_be() -> None:
    with pytest.raises(UsageError, match="the upper edge of layer 'layer 1' moves 160 px; to come home it needs 240"):
        receding(0.5, steps=40)
    with pytest.raises(UsageError, match=r"The upper edge of layer 'layer 1' moves 0[.]008 px per step"):
        plans.plan(
            projects.from_json(
                {
                    "layers": [{"height": 40, "velocity": [-9, 0]}, {"velocity": [-0.1, 0], "ramp": 0.08}],
                    "motion": {"loop": True},
                    "cut": {"mode": "contour"},
                }
            ),
            160,
            100,
        )


def test_the_steps_that_a_refusal_names_are_taken() -> None:
    with pytest.raises(UsageError) as refusal:
        make([-7.3, 2.5], steps=333)
    named = int(refusal.value.hint.split("steps to ")[1].split(",")[0])
    plan = make([-7.3, 2.5], steps=named)
    assert Fraction(str(2.5)) * named == plan.circumference(1)
