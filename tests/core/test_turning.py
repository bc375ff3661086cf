"""Journeys that turn back: where they may, what is on show when, and when they arrive."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import turning
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.frames import placed
from infinite_parallax.shared.pace import Pace
from infinite_parallax.shared.plan import Plan

from .test_scene import built, project

BACK = [[0, 1.0], [2, 1.0], [2.1, -1.0], [3, -1.0], [3.1, 1.0]]


def planned(pace: object) -> Plan:
    motion = {"steps": 6, "seconds_per_step": 0.5, "fps": 20, "pace": pace}
    layers = [{"height": 40, "velocity": [-16, 0]}, {"velocity": [-30, 0]}]
    return plans.plan(projects.from_json({"motion": motion, "layers": layers}), 192, 108)


def test_a_journey_that_turns_back_arrives_when_its_way_is_travelled() -> None:
    plan = planned(BACK)
    assert plan.duration_s == pytest.approx(3 + 2 * 0.95 - 0.0, abs=0.1)
    way = np.array([float(plan.step_at(n)) for n in range(plan.frames + 1)])
    assert way[-1] == plan.steps
    assert (np.diff(way) < 0).sum() == pytest.approx(20, abs=2)
    assert plan.first_frame_at(3) == int(np.flatnonzero(way >= 3)[0])
    assert Pace.of(tuple((s, f) for s, f in BACK)).arrival(Fraction(2)) == pytest.approx(2.0, abs=1e-9)


def test_it_waits_where_nothing_is_painted() -> None:
    plan = planned([[0, -1.0], [1, -1.0], [1.1, 1.0]])
    way = np.array([float(plan.step_at(n)) for n in range(plan.frames + 1)])
    assert not way[:20].any()
    assert way[-1] == plan.steps
    with pytest.raises(UsageError, match="at second -1"):
        planned([[-1, 1.0], [1, 2.0]])


@pytest.mark.parametrize("pace", [[], [[0, 0.5], [3, 2]], BACK])
def test_every_frame_lies_between_the_steps_of_one_stretch(pace: object) -> None:
    plan = planned(pace)
    cuts = [0, Fraction(5, 2), 3, 5, 6]
    shown = [frame for a, b in itertools.pairwise(cuts) for frame in _frames(plan, a, b)]
    assert sorted(shown) == list(range(plan.frames))
    assert (len(plan.between(3, 5)) > 1) == (pace == BACK)


def _frames(plan: Plan, first: Fraction | int, last: Fraction | int) -> list[int]:
    return [n for start, end in plan.between(first, last) for n in range(start, end)]


def test_stretches_that_would_lead_out_of_the_picture_go_forth() -> None:
    even = np.ones(101)
    two = turning.signs(list(range(10, 100, 10)), 2, even)
    assert [int(two[n]) for n in range(5, 100, 10)] == [1, 1, -1, 1, 1, -1, 1, 1, -1, 1]
    slow_first = np.where(np.arange(101) < 10, 0.1, 1.0)
    one = turning.signs(list(range(10, 100, 10)), 1, slow_first)
    assert one[15] == 1, "it would lead beyond the beginning"
    assert one[25] == -1, "the next one does not"
    gone = turning.way(one * slow_first)
    assert gone.min() >= 0
    assert gone[:90].max() < gone[-1]
    assert (turning.signs([], 1, even) == 1).all()


def test_marks_are_where_a_feature_rises() -> None:
    assert turning.marks(np.array([0.6, 0.7, 0.1, 0.5, 0.4, 1.0, 1.0])) == [0, 3, 5]


def test_going_back_shows_what_was_shown_before() -> None:
    pace = [[0, 1.0], [3, 1.0], [3.2, -1.0], [5, -1.0], [5.2, 1.0]]
    spec = built(project(motion={"steps": 9, "seconds_per_step": 0.5, "fps": 10, "pace": pace}))

    def seen(n: int) -> list[tuple[int, str, float, float]]:
        here = [plane for plane in spec.planes if plane.start <= n < plane.end]
        return [(p.layer, p.file, *np.round(placed(p, n), 1).tolist()) for p in here]

    # it turns in the middle between frames 30 and 32
    assert all(seen(31 - k) == seen(31 + k) for k in range(1, 18))
    assert any(" again " in plane.name for plane in spec.planes)
    assert len({plane.name for plane in spec.planes}) == len(spec.planes)
