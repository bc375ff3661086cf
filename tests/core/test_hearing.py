"""How cues are heard: the model's numbers, and keys that follow the motion."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import cues, hearing
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.cues import Cue
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.hearing import Listener
from infinite_parallax.shared.plan import Plan

EAR = Listener(200, 100, 8.0, 6.0206, 90.0)


def test_level_falls_by_six_decibels_per_doubling() -> None:
    gains = EAR.gain(np.array([8.0, 16.0, 32.0]))
    assert gains == pytest.approx([1, 0.5, 0.25], rel=1e-4)
    soft = Listener(200, 100, 8.0, 3.0, 90.0)
    assert 20 * np.log10(soft.gain(np.array([32.0])))[0] == pytest.approx(-6)


def test_what_is_slower_is_farther() -> None:
    assert [hearing.distance_units(v, 40.0) for v in (40.0, 20.0, 5.0)] == [1, 2, 8]
    assert hearing.distance_units(0.0, 40.0) == hearing.distance_units(0.1, 40.0) == hearing.FARTHEST_UNITS


def test_distance_and_delay() -> None:
    assert EAR.focal_px == pytest.approx(100)
    middle, aside = EAR.distance_m(2.0, np.array([100.0, 200.0]), np.array([50.0, 50.0]))
    assert (middle, aside) == (pytest.approx(16), pytest.approx(16 * 2**0.5))
    assert hearing.delay_s(np.array([343.0]))[0] == 1


def test_pan_is_the_angle_and_full_at_the_edges() -> None:
    pans = EAR.pan(np.array([-300.0, 0.0, 100.0, 100 + 100 * np.tan(np.pi / 8), 200.0, 900.0]))
    assert pans == pytest.approx([-1, -1, 0, 0.5, 1, 1])
    left, right = hearing.pan_gains(np.linspace(-1, 1, 9))
    assert left**2 + right**2 == pytest.approx(np.ones(9))
    assert (left[0], right[0]) == (pytest.approx(1), pytest.approx(0))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.floats(0.01, 1))
def test_thinned_keys_stay_within_the_tolerance(values: list[float], tolerance: float) -> None:
    keys = hearing.thinned(7, np.array(values), tolerance)
    back = hearing.at(keys, np.arange(7, 7 + len(values)))
    assert np.abs(back - values).max() <= tolerance + 1e-9
    assert (keys[0][0], keys[-1][0]) == (7, 6 + len(values))


def test_a_straight_line_needs_two_keys() -> None:
    assert len(hearing.thinned(0, np.linspace(3, 9, 500), 1e-6)) == 2


def planned(*wanted: dict[str, Any], **sections: Any) -> tuple[projects.Project, Plan]:
    motion = {"steps": 20, "seconds_per_step": 0.5, "fps": 10} | sections.pop("motion", {})
    layers = [{"height": 20, "velocity": [-4, 0]}, {"height": 20, "velocity": [-16, 0]}, {"velocity": [0, 0]}]
    document = {"motion": motion, "layers": layers, "cues": list(wanted), "sound": {"ambience": "none"}} | sections
    project = projects.from_json(document)
    return project, plans.plan(project, 64, 60)


def built(*wanted: dict[str, Any], **sections: Any) -> tuple[Cue, ...]:
    return cues.build(*planned(*wanted, **sections))


def test_a_cue_of_the_whole_is_in_stereo_and_where_it_is() -> None:
    (cue,) = built({"kind": "music", "file": "a.ogg", "volume": 0.5, "start_s": 2, "fade_in_s": 1, "fade_out_s": 3})
    assert (cue.start, cue.end, cue.pan, cue.delay, cue.repeat) == (20, 100, (), (), False)
    frames = np.array([20, 25, 30, 50, 85, 100.0])
    assert cue.level_at(frames, 100) == pytest.approx([0, 0.25, 0.5, 0.5, 0.25, 0])
    assert cue.level_at(np.array([45.0]), 60) == pytest.approx([0.25])
    assert [n for n, _ in cue.keys(20, 100, 100)] == [20, 30, 70, 100]


def test_all_three_follow_the_layer() -> None:
    (cue,) = built({"sound": "birds", "layer": 1, "place": [64, 30]})
    # 16 px per step of 5 frames, from the right edge over the middle at frame 10 to the left edge at frame 20
    assert hearing.at(cue.pan, [0, 10, 20]) == pytest.approx([1, 0, -1], abs=0.02)
    assert hearing.at(cue.pan, [30, 100]) == pytest.approx([-1, -1])
    focal = 32 / np.tan(np.radians(30))
    away = 8 * np.sqrt(1 + (np.array([32, 0, -288]) / focal) ** 2)
    assert hearing.at(cue.level, [0, 10, 100]) == pytest.approx(
        (away / 8) ** (-6 / 6.0206), abs=2 * cues.LEVEL_TOLERANCE
    )
    assert hearing.at(cue.delay, [0, 10, 100]) == pytest.approx(away / 343, abs=2 * cues.DELAY_TOLERANCE_S)
    assert len(cue.level) < 30
    assert len(cue.pan) < 15


def test_nearer_layers_are_louder_earlier_and_pass_faster() -> None:
    far, near, still = built(*({"layer": n, "place": [32, 30]} for n in range(3)))
    assert hearing.at(near.level, [0])[0] == pytest.approx(4 * hearing.at(far.level, [0])[0], rel=0.05)
    assert hearing.at(far.delay, [0])[0] > 3.9 * hearing.at(near.delay, [0])[0]
    assert abs(hearing.at(near.pan, [10])[0]) > 3 * abs(hearing.at(far.pan, [10])[0])
    assert (len(still.level), len(still.pan), len(still.delay)) == (2, 2, 2)
    assert hearing.at(still.level, [0])[0] < hearing.at(far.level, [0])[0]


def test_metres_and_falloff_are_the_projects() -> None:
    (small,) = built({"layer": 0, "place": [32, 30]})
    (large,) = built(
        {"layer": 0, "place": [32, 30]}, sound={"ambience": "none", "metres_per_unit": 80, "falloff_db": 0}
    )
    assert hearing.at(large.delay, [0])[0] == pytest.approx(10 * hearing.at(small.delay, [0])[0], rel=1e-6)
    assert hearing.at(large.level, [0, 60]) == pytest.approx([1, 1])


def test_in_a_loop_a_cue_leaves_falls_silent_and_comes_back() -> None:
    (cue,) = built({"layer": 1, "kind": "ambience"}, motion={"loop": True, "steps": None})
    _, plan = planned(motion={"loop": True, "steps": None})
    frames = np.arange(plan.frames + 1)
    level, pan = hearing.at(cue.level, frames), hearing.at(cue.pan, frames)
    assert level[0] == pytest.approx(level[-1])
    assert pan[0] == pytest.approx(pan[-1], abs=0.02)
    jump = int(np.abs(np.diff(pan)).argmax())
    assert abs(pan[jump + 1] - pan[jump]) > 1.5  # from the one side to the other
    assert level[jump : jump + 2].max() < 0.05
    assert (cue.repeat, cue.start, cue.end) == (True, 0, plan.frames)


def test_a_cue_on_the_whole_may_have_a_side() -> None:
    (cue,) = built({"place": [0, 0]})
    assert [value for _, value in cue.pan] == pytest.approx([-1, -1])
    assert cue.delay == ()
    assert cue.spatial


def test_a_cue_on_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"cues\.0\.layer is 3, but the picture has the layers 0 to 2"):
        built({"layer": 3})


def test_cues_are_json() -> None:
    for cue in built({"layer": 1}, {"file": "a.wav"}, {"kind": "ambience", "start_s": 3}):
        assert cues.from_json(json.loads(json.dumps(vars(cue)))) == cue


def test_what_is_repeated_follows_the_kind_unless_it_is_said() -> None:
    kinds = ("foley", "music", "effects", "ambience", "voice")
    assert [cue.repeat for cue in built(*({"kind": kind} for kind in kinds))] == [False, False, False, True, False]
    assert [cue.repeat for cue in built({"kind": "ambience", "play": "once"}, {"play": "loop"})] == [False, True]


def test_ground_that_recedes_carries_its_cues_row_by_row() -> None:
    layers = [{"height": 20, "velocity": [-4, 0]}, {"velocity": [-16, 0], "ramp": 0.5}]
    near, far = built({"layer": 1, "place": [64, 59]}, {"layer": 1, "place": [64, 20]}, layers=layers)
    assert hearing.at(near.pan, [10])[0] == pytest.approx(0, abs=0.02)
    assert hearing.at(far.pan, [20])[0] == pytest.approx(0, abs=0.02)
    assert hearing.at(far.delay, [20])[0] == pytest.approx(
        2 * 8 / 343 * np.hypot(1, 10 / (32 / np.tan(np.radians(30)))), rel=0.02
    )
    assert hearing.at(near.delay, [10])[0] < 0.6 * hearing.at(far.delay, [20])[0]
