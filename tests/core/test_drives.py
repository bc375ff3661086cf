"""Drives: a sound whose beats are known, and the curves that it makes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import drives, over_time
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import Distortion
from infinite_parallax.shared.listening.following import Heard, followed
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.sound_settings import DRIVEN
from infinite_parallax.shared.sway import sways

from .clicks import clicks

SIZE = 192, 108
FPS = 24


def wish(*wanted: dict[str, Any], loop: bool = False, **sections: Any) -> projects.Project:
    """Eight seconds that listen to a click track."""
    data = {
        "motion": {"step_px": 40, "seconds_per_step": 0.5, "fps": FPS, "loop": loop},
        "layers": [{"height": 50, "velocity": [-12, 0]}, {"velocity": [-24, 0]}],
        "sound": {"file": "clicks.wav", "ambience": "none"},
        "drives": list(wanted),
    }
    return projects.from_json(data | sections)


def track(_name: str) -> Any:
    return clicks(120, 20, 1e-4, 0.5)[0]


def planned(project: projects.Project) -> Plan:
    return plans.plan(project, *SIZE)


def paced(project: projects.Project) -> Plan:
    made = drives.driven(project, planned(project), track)
    assert made.pace is not None
    return planned(replace(project, motion=replace(project.motion, pace=made.pace)))


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("feature", ["envelope", "onsets", "beats", "low", "mid", "high"])
def test_a_journey_to_a_sound_lasts_as_planned_and_arrives(feature: str, loop: bool) -> None:
    project = wish({"feature": feature, "amount": 3.0}, loop=loop)
    before, after = planned(project), paced(project)
    assert after.frames == before.frames
    assert after.step_at(0) == 0
    assert after.step_at(after.frames) == after.steps == before.steps
    steps = np.diff([float(after.step_at(n)) for n in range(after.frames + 1)])
    assert steps.min() > 0, "it never goes back"
    assert steps.max() > 1.5 * steps.min(), "and not evenly"
    if loop:
        around = np.append(steps, steps[0])
        assert abs(around[-1] - around[-2]) <= np.abs(np.diff(steps)).max() + 1e-9, "no jerk where it closes"


def test_it_is_fastest_on_the_beats() -> None:
    project = wish({"feature": "beats", "amount": 4.0, "attack_s": 0, "release_s": 0.1})
    after = paced(project)
    steps = np.diff([float(after.step_at(n)) for n in range(after.frames + 1)])
    _, moments = clicks(120, after.frames / FPS - 0.2, 0, 0.5)
    on = np.rint(moments * FPS).astype(int)
    fast = steps[on]
    assert fast.min() > 1.5 * steps.mean()
    assert set(np.flatnonzero(steps > 0.9 * fast.min())) <= {n + k for n in on for k in (-1, 0, 1)}


def test_curves_of_settings() -> None:
    project = wish(
        {"feature": "beats", "target": "brightness", "amount": 20, "attack_s": 0, "release_s": 0.1},
        {"feature": "beats", "target": "saturation", "amount": -0.5, "number": 1, "attack_s": 0, "release_s": 0.1},
        {"feature": "onsets", "target": "overlay", "amount": 9.0, "offset": 0.25},
        {"feature": "envelope", "target": "distortion", "amount": 6.0, "invert": True, "release_s": 0},
        grades=[{}, {"layer": 1}],
        overlays=[{"kind": "rain"}],
        distortions=[{}],
    )
    plan = planned(project)
    made = drives.driven(project, plan, track)
    assert made.pace is None
    bright, grey = made.curves["grades", 0, "brightness"], made.curves["grades", 1, "saturation"]
    beat, before = round(1.5 * FPS), round(1.5 * FPS) - 1
    assert len(bright) == plan.frames + 1
    assert (bright[beat], grey[beat]) == (pytest.approx(20), pytest.approx(0.5))
    assert bright[before] < 3
    assert grey[before] > 0.9
    amount = made.curves["overlays", 0, "amount"]
    assert (amount.min(), amount.max()) == (0.25, 1), "within the limits of the setting"
    wave = made.curves["distortions", 0, "amplitude_px"]
    assert wave[before] > 4
    assert wave[beat + 1] < 0.6 * wave[before]
    told = over_time.read(drives.applied(project, plan, made.curves), plan)
    assert told.grades[0][beat].brightness == bright[beat]
    assert len(told.overlays[0]) == plan.frames
    assert told.distortions[0][beat].amplitude_px == wave[beat]


@pytest.mark.parametrize("target", [target for target, place in DRIVEN.items() if place and target != "poke"])
def test_everything_that_can_be_driven_is(target: str) -> None:
    kind, name = DRIVEN[target] or ("", "")
    pulses = {"feature": "beats", "target": target, "amount": 0.4, "attack_s": 0, "release_s": 0.1}
    project = wish(pulses, **{kind: [{}]})
    plan = planned(project)
    made = drives.driven(project, plan, track)
    curve = made.curves[kind, 0, name]
    rest = drives.AT_REST.get(target, 0.0)
    assert (curve.min(), curve.max()) == (pytest.approx(rest, abs=0.01), pytest.approx(rest + 0.4, abs=0.01))
    told = getattr(over_time.read(drives.applied(project, plan, made.curves), plan), kind)[0]
    values = np.array([getattr(moment, name) for moment in told])
    wanted = curve[: plan.frames] if values.ndim == 1 else np.repeat(curve[: plan.frames, None], 3, axis=1)
    np.testing.assert_array_equal(values, wanted)
    assert ((np.flatnonzero(np.diff(curve) > 0.2) + 1) % (FPS // 2) <= 1).all(), "it rises on the beats alone"


@pytest.mark.parametrize("feature", ["envelope", "onsets", "beats", "bars", "low", "mid", "high"])
def test_what_a_sound_moves_in_a_loop_comes_round(feature: str) -> None:
    entries: dict[str, Any] = {place[0]: [{}] for place in DRIVEN.values() if place}
    targets = [target for target, place in DRIVEN.items() if place and target != "poke"]
    wanted = [{"feature": feature, "target": target, "amount": 0.4, "release_s": 3.0} for target in targets]
    project = wish(*wanted, loop=True, **entries)
    made = drives.driven(project, planned(project), track)
    assert len(made.curves) == len(targets)
    for target in targets:
        kind, name = DRIVEN[target] or ("", "")
        curve = made.curves[kind, 0, name]
        assert curve[-1] == curve[0], target
        assert abs(curve[-1] - curve[-2]) <= np.abs(np.diff(curve[:-1])).max() + 1e-6, "no jump where it closes"
        assert curve[0] > drives.AT_REST.get(target, 0.0), "the beginning knows the end"


def test_drives_of_one_setting_add_up() -> None:
    plain = {"target": "brightness", "amount": 10}
    one, both = (
        drives.driven(project, planned(project), track).curves["grades", 0, "brightness"]
        for project in (wish(plain, grades=[{}]), wish(plain, plain | {"offset": 5}, grades=[{}]))
    )
    assert both == pytest.approx(2 * one + 5, abs=1e-5)


def test_a_cue_is_heard_when_it_sounds() -> None:
    project = wish(
        {"target": "brightness", "feature": "onsets", "amount": 50, "cue": 0, "attack_s": 0},
        grades=[{}],
        cues=[{"file": "mine.wav", "start_s": 2.0}],
    )
    curve = drives.driven(project, planned(project), track).curves["grades", 0, "brightness"]
    assert np.flatnonzero(curve > 20)[0] == round(2.5 * FPS)


def test_a_tempo_that_is_given_counts() -> None:
    heard = Heard.of(track(""))
    assert heard.tempo_bpm == pytest.approx(120, rel=0.005)
    half = Heard.of(track(""), 60.0)
    assert len(half.beats) == pytest.approx(len(heard.beats) / 2, abs=1)


def test_bands_tell_low_from_high() -> None:
    t = np.arange(2 * ANALYSIS_RATE) / ANALYSIS_RATE
    sound = np.concatenate([np.sin(2 * np.pi * 80 * t), np.sin(2 * np.pi * 5000 * t)]).astype(np.float32)
    moments = np.array([1.0, 3.0, 9.0])
    heard = Heard.of(sound)
    assert heard.feature("low", moments, 24) == pytest.approx([1, 0, 0], abs=0.1)
    assert heard.feature("high", moments, 24) == pytest.approx([0, 1, 0], abs=0.1)
    assert heard.feature("mid", moments, 24)[2] == 0


def test_a_follower_rises_and_falls_at_its_own_speeds() -> None:
    values = np.array([0.0] * 5 + [1.0] * 24 + [0.0] * 48)
    smooth = followed(values, 24, 0.25, 0.5, False)
    assert smooth[5 + 6 - 1] == pytest.approx(1 - np.exp(-1), abs=1e-6)
    assert smooth[29 + 12 - 1] / smooth[28] == pytest.approx(np.exp(-1), abs=1e-6)
    assert np.array_equal(followed(values, 24, 0, 0, False), values)
    around = followed(values, 24, 0.25, 0.5, True)
    assert around[0] == pytest.approx(around[-1] * np.exp(-1 / 12), rel=1e-3)


def test_silence_leaves_everything_at_rest() -> None:
    project = wish({"target": "brightness", "amount": 10}, {"feature": "beats"}, grades=[{}])
    made = drives.driven(project, planned(project), lambda _: np.zeros(ANALYSIS_RATE, np.float32))
    assert not made.curves["grades", 0, "brightness"].any()
    assert {factor for _, factor in made.pace or ()} == {1.0}


@pytest.mark.parametrize(
    ("wanted", "sections", "said"),
    [
        ({"target": "brightness"}, {}, r"drives\.0 moves entry 0 of grades, but the project has none"),
        ({"target": "overlay", "number": 2}, {"overlays": [{}]}, "has 1, counted from 0"),
        ({"cue": 0}, {}, "listens to cue 0, but the project has 0 cues"),
        ({"cue": 0}, {"cues": [{"sound": "rain"}]}, "which has no sound file"),
        ({}, {"sound": {"file": ""}}, r"sound\.file is empty"),
        ({"offset": 0.0, "amount": -1.0}, {}, "stand still"),
    ],
)
def test_what_cannot_be_is_refused(wanted: dict[str, Any], sections: dict[str, Any], said: str) -> None:
    project = wish(wanted, **sections)
    with pytest.raises(UsageError, match=said):
        drives.driven(project, planned(project), track)


def test_a_sound_that_is_too_short_is_refused() -> None:
    project = wish({})
    with pytest.raises(UsageError, match="too short"):
        drives.driven(project, planned(project), lambda _: np.ones(1, np.float32))


def test_the_amplitude_of_a_sway_over_time() -> None:
    still = Distortion(amplitude_px=0.0, wavelength_px=40.0)
    moments = [replace(still, amplitude_px=float(a)) for a in (0, 1, 4, 2)]
    (sway,) = sways([still], 0, 2.0, 12, 4, False, {0: moments})
    assert (sway.amplitude, sway.reach) == (8, 8)
    assert sway.shares == (0, 0.25, 1, 0.5)
    heights = np.arange(40.0)
    assert np.abs(sway.moved(heights, 1)).max() == pytest.approx(2, rel=0.02)
    assert not sway.moved(heights, 0).any()


def test_beats_poke_living_layers_along_the_wind_and_leave_pokes_by_hand() -> None:
    living = [{"layer": 1, "wind_deg": 90.0, "pokes": [[1.0, 3, 0, 20, 20], [1.1, 4, 0]]}]
    project = wish({"feature": "beats", "target": "poke", "amount": 9.0}, living=living)
    made = drives.driven(project, planned(project), track)
    assert not made.curves
    seconds = np.array([second for second, _, _ in made.pokes[0]])
    assert np.abs(seconds - 0.5 * np.arange(1, len(seconds) + 1)).max() <= 1 / FPS + 1e-6
    assert {push for _, push, _ in made.pokes[0]} == {(0.0, -9.0)}
    found = drives.poked(project, made.pokes).living[0].pokes
    assert (1.0, 3.0, 0.0, 20.0, 20.0) in found
    assert (1.1, 4.0, 0.0) not in found
    assert len(found) == len(seconds) + 1
    with pytest.raises(UsageError, match=r"drives\.0: envelope has no moments"):
        drives.check(wish({"feature": "envelope", "target": "poke"}, living=living))


def reached(plan: Plan) -> np.ndarray:
    """The steps at all frames and the one after the last."""
    return np.array([float(plan.step_at(n)) for n in range(plan.frames + 1)])


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("forth", [1, 2, 3])
def test_the_direction_is_cut_on_bars_and_the_journey_still_arrives(forth: int, loop: bool) -> None:
    motion = {"step_px": 40, "seconds_per_step": 0.5, "fps": FPS, "loop": loop, "steps": 36}
    project = wish({"feature": "bars", "target": "direction", "amount": forth}, motion=motion)
    before, after = planned(project), paced(project)
    assert after.frames == before.frames
    assert (after.step_at(0), after.step_at(after.frames)) == (0, before.steps)
    way = reached(after)
    assert way.min() >= 0
    assert way.max() <= after.steps
    turns = np.flatnonzero(np.diff(np.sign(np.diff(way)))) + 1
    assert len(turns) >= 2
    bars = np.rint(np.arange(0.5, after.frames / FPS, 2.0) * FPS)
    assert np.abs(turns[:, None] - bars).min(axis=1).max() <= 2, "it turns where a bar begins"
    steps = np.diff(way)
    assert (steps < 0).sum() <= after.frames / (forth + 1) + 2
    assert steps[0] > 0
    assert steps[-1] > 0, "in a loop it goes on as it began"


def test_speed_and_direction_are_driven_together() -> None:
    direction = {"feature": "bars", "target": "direction", "amount": 2}
    project = wish({"feature": "beats", "amount": 4.0, "attack_s": 0, "release_s": 0.1}, direction)
    steps = np.diff(reached(paced(project)))
    assert steps.min() < 0
    assert np.abs(steps).max() > 2 * np.median(np.abs(steps))
    with pytest.raises(UsageError, match="Several drives cut the direction"):
        drives.driven(wish(direction, direction), planned(project), track)


def test_bars_begin_with_the_strongest_beat() -> None:
    for first in range(4):
        sound = track("")[round(ANALYSIS_RATE * 0.5 * first) :]
        heard = Heard.of(sound)
        louder = (-first % 4) * 0.5 + 0.5
        assert np.abs((heard.bars - louder) / 2 - np.rint((heard.bars - louder) / 2)).max() < 0.03, first
    assert len(Heard.of(track(""), beats_per_bar=2).bars) == pytest.approx(len(Heard.of(track("")).bars) * 2, abs=1)
    assert not len(Heard.of(np.zeros(ANALYSIS_RATE * 4, np.float32)).bars)
