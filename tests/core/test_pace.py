"""The pace: the way behind at every second, and planes, visits and lengths that follow it."""

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import pace as paces
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import scene, scene_building
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.frames import opacity, placed
from infinite_parallax.shared.identity import painted_part
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.plates import ObjectPlate, Tile
from infinite_parallax.shared.ramp import Ramp

from .test_scene import built, loop, manifest_of, project

EASED = ((0.0, 0.0), (1.5, 1.0), (3.0, 1.0), (4.5, 2.0), (5.0, 2.0), (7.0, 0.25))
CURVES: dict[str, paces.Points] = {
    "eased": EASED,
    "held": ((0.0, 1.0), (1.0, 1.0), (1.5, 0.0), (2.5, 0.0), (3.0, 1.0)),
    "twice as fast": ((0.0, 2.0),),
    "from the first point on": ((1.0, 0.5), (2.0, 3.0)),
}


def paced(points: Any, **motion: Any) -> projects.Project:
    return project(motion={"steps": 9, "seconds_per_step": 0.5, "fps": 10, "pace": points} | motion)


def plan_of(points: Any, **motion: Any) -> Plan:
    return plans.plan(paced(points, **motion), 64, 48)


@pytest.mark.parametrize("points", CURVES.values(), ids=CURVES.keys())
def test_the_way_is_the_integral_of_the_factor(points: paces.Points) -> None:
    curve = paces.pace(points)
    assert curve is not None
    t = np.linspace(0, 9, 90001)
    factor = np.interp(t, *zip(*points, strict=True))
    summed = np.concatenate([[0], np.cumsum((factor[1:] + factor[:-1]) / 2 * np.diff(t))])
    for second in (0, 0.4, 1.5, 2.9, 4.4, 6.1, 9):
        assert float(curve.way(Fraction(str(second)))) == pytest.approx(np.interp(second, t, summed), abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=6), st.integers(1, 400))
def test_arrival_is_the_inverse_of_the_way(steps: list[tuple[int, int]], way_tenths: int) -> None:
    seconds = itertools.accumulate(gap for gap, _ in steps)
    points = tuple((second / 10, factor / 10) for second, (_, factor) in zip(seconds, steps, strict=True))
    curve, way = paces.pace(points), Fraction(way_tenths, 10)
    if curve is None:
        return
    at = curve.arrival(way)
    if at is None:
        assert curve.way(Fraction(10**6)) < way
    else:
        assert float(curve.way(Fraction(at))) == pytest.approx(float(way), abs=1e-6)
        assert float(curve.way(Fraction(max(0.0, at - 0.01)))) < float(way)


@pytest.mark.parametrize("points", CURVES.values(), ids=CURVES.keys())
def test_the_whole_journey_is_travelled(points: paces.Points) -> None:
    plan = plan_of(points)
    assert plan.step_at(0) == 0
    assert plan.step_at(plan.frames) == 9
    way = [plan.step_at(n) for n in range(plan.frames + 1)]
    assert way == sorted(way)
    for step in range(10):
        first = plan.first_frame_at(step)
        assert way[first] >= step
        assert first == 0 or way[first - 1] < step


def test_a_pace_of_one_changes_nothing() -> None:
    assert built(paced([[0, 1], [3, 1]])) == built(project())
    assert plan_of([[0, 2]]).frames == 22
    assert {len(p.keys) for p in built(paced([[0, 2]])).planes} == {2}


@pytest.mark.parametrize("points", CURVES.values(), ids=CURVES.keys())
def test_planes_follow_the_curve_and_take_over_from_each_other(points: paces.Points) -> None:
    wish = paced(points)
    plan, spec = plans.plan(wish, 64, 48), built(wish)
    tiles = {t.file: t for plate in manifest_of(plan).plates for t in plate.tiles}
    for layer in plan.layers:
        planes = [p for p in spec.planes if p.layer == layer.index]
        assert [n for p in planes for n in range(p.start, p.end)] == list(range(spec.frames))
        for p in planes:
            assert (p.keys[0].frame, p.keys[-1].frame) == (p.start, p.end)
            for n in range(p.start, p.end + 1):
                wanted = [float(plan.step_at(n)) * v for v in layer.velocity]
                x, y = placed(p, n)
                off = np.hypot(x - tiles[p.file].x - wanted[0], y - tiles[p.file].y - wanted[1])
                assert off <= scene_building.NEAR_PX + 1e-9
    linear = paces.pace(points) is not None and len(points) == 1
    assert any(len(p.keys) > 2 for p in spec.planes) != linear


def test_covers_fade_and_rows_slide_with_the_curve() -> None:
    wish = paced(EASED)
    plan = plans.plan(wish, 64, 48)
    whole = manifest_of(plan)
    cover = Tile("plates/cover.png", 0, 2, 40, 20, 24, 28, "", (1.0, 0.0), Ramp(0.5, 24, 47), 0.0)
    plates = (*whole.plates[:1], replace(whole.plates[1], tiles=(*whole.plates[1].tiles, cover)))
    spec = scene_building.build(wish, plan, replace(whole, plates=plates))
    assert scene.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    plane = next(p for p in spec.planes if p.name.endswith("cover 0"))
    assert len(plane.keys) == len(plane.opacity) > 2
    assert plane.slide is not None
    for n in range(plane.start, plane.end):
        step = float(plan.step_at(n))
        # a fade ends between two frames, and its last key is where it has ended
        assert n > plane.keys[-2].frame or opacity(plane, n) == pytest.approx(
            max(0.0, 1 - step / 2), abs=1 / scene_building.LEVELS
        )
        assert plane.at(n, plane.slide.travel_px) == pytest.approx(-8 * step, abs=scene_building.NEAR_PX)


def test_objects_come_and_go_with_the_curve() -> None:
    wish = paced(EASED)
    plan = plans.plan(wish, 64, 48)
    thing = ObjectPlate("boat", 0, (-20.0, 0.0), 1.0, Tile("plates/o.png", 0, 9, 80, 10, 8, 6, ""))
    spec = scene_building.build(wish, plan, replace(manifest_of(plan), objects=(thing,)))
    plane = next(p for p in spec.planes if "boat" in p.name)
    for n in range(spec.frames):
        inside = -8 < 80 - 20 * float(plan.step_at(n)) < 64
        assert (plane.start <= n < plane.end) == inside
        if inside:
            assert placed(plane, n)[0] == pytest.approx(80 - 20 * float(plan.step_at(n)), abs=scene_building.NEAR_PX)


def test_a_loop_is_one_round_exactly() -> None:
    for points in CURVES.values():
        wish = replace(loop(), motion=replace(loop().motion, pace=points))
        plan, spec = plans.plan(wish, 64, 48), built(wish)
        assert plan.steps == plans.plan(loop(), 64, 48).steps
        tiles = {t.file: t for plate in manifest_of(plan).plates for t in plate.tiles}
        for layer in plan.layers:
            last = max((p for p in spec.planes if p.layer == layer.index), key=lambda p: p.end)
            end = tiles[last.file].x - placed(last, spec.frames)[0]
            assert end == pytest.approx(plan.circumference(layer.index), abs=1e-9)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[0, 1], [2, 0]], "stands still from second 2 on, when 1 of the 4.5 seconds"),
        ([[0, 0]], "stands still from second 0 on"),
        ([[0, 1], [2, 0.5], [2, 1]], r"motion\.pace\.2 is at second 2"),
    ],
)
def test_a_pace_that_cannot_be_is_refused(points: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        plan_of(points)


def test_the_pace_asks_for_no_other_plates() -> None:
    assert painted_part(paced(EASED)) == painted_part(project())


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=60), st.floats(0.01, 5))
def test_corners_stay_near_all_values(values: list[float], tolerance: float) -> None:
    found = paces.corners(values, tolerance)
    assert (found[0], found[-1]) == (0, len(values) - 1)
    lines = np.interp(np.arange(len(values)), found, [values[i] for i in found])
    assert np.abs(lines - values).max() <= tolerance * (1 + 1e-6)
