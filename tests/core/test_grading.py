"""Grades: what is neutral is nothing, what is asked happens, and curves are smooth and monotone."""

import json
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import grading, scene
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import Grade
from infinite_parallax.shared.grading import Graded

from .test_scene import built, project

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).reshape(1, -1)


def of(**settings: Any) -> tuple[Graded, ...]:
    return tuple(grading.graded([Grade(**settings)], 10))


def applied(**settings: Any) -> Any:
    return grading.apply(of(**settings), GREYS).reshape(256, 3).astype(int)


def test_neutral_is_nothing() -> None:
    assert of() == ()
    assert grading.apply((), GREYS) is GREYS
    assert built(project(grades=[{}])) == built(project())


def test_white_balance_parts_the_channels_and_keeps_the_light_of_grey() -> None:
    warm, green = applied(temperature=1.0), applied(tint=-1.0)
    assert warm[128, 0] > 140
    assert warm[128, 2] < 120
    assert green[128, 1] > 128 > green[128, 0]
    for values in (warm, green):
        assert values[128] @ np.array(grading.LUMA) == pytest.approx(128, abs=1)
    cold = applied(temperature=-1.0)
    assert cold[128, 2] > 140
    assert cold[128, 0] < 120


def test_lift_moves_the_shadows_gain_the_lights_and_gamma_the_middle() -> None:
    lift, gain, gamma = (applied(**{name: (1.2, 1.2, 1.2)}) for name in ("lift", "gain", "gamma"))
    assert (lift[0, 0], lift[255, 0]) == (51, 255)
    assert (gain[0, 0], gain[100, 0]) == (0, 120)
    assert (gamma[0, 0], gamma[255, 0]) == (0, 255)
    assert gamma[128, 0] > 140


def test_contrast_turns_about_the_middle() -> None:
    for contrast in (40, -40):
        values = applied(contrast=contrast)[:, 0]
        assert values[128] == pytest.approx(128, abs=1)
        assert (values[200] > 200) == (contrast > 0)
    assert applied(brightness=10)[100, 0] == pytest.approx(125.5, abs=1)


def test_saturation_scales_about_the_lightest_channel() -> None:
    colours = np.array([[200, 100, 50]], np.uint8)
    assert grading.apply(of(saturation=0.0), colours).tolist() == [[200, 200, 200]]
    assert grading.apply(of(saturation=0.5), colours).tolist() == [[200, 150, 125]]


def test_a_curve_goes_through_its_points_and_is_monotone_between() -> None:
    wanted = ((0.1, 0.3), (0.5, 0.32), (0.6, 0.9))
    points = grading.smooth(wanted)
    assert len(points) <= 32
    at, to = np.array(points).T
    assert np.interp([0, 0.1, 0.5, 0.6, 1], at, to) == pytest.approx([0, 0.3, 0.32, 0.9, 1])
    assert (np.diff(to) >= -1e-12).all()
    assert (np.diff(applied(curve=wanted)[:, 1]) >= 0).all()


def test_soft_pixels_are_corrected_multiplied_with_alpha_as_blender_does() -> None:
    colours, alpha = np.array([[100, 100, 100]], np.uint8), np.array([[128]], np.uint8)
    share, value = 128 / 255, 100 / 255
    lifted = grading.apply(of(lift=(1.1, 1.1, 1.1)), colours, alpha)[0, 0]
    assert lifted == pytest.approx(255 * ((value * share - 1) * 0.9 + 1) / share, abs=0.6)
    assert grading.apply(of(brightness=10), colours, alpha)[0, 0] == pytest.approx(125.5, abs=1)


def test_grades_lie_below_the_film_and_above_all_else() -> None:
    overlays = [{"kind": "letterbox"}, {"kind": "rain"}, {"kind": "mist", "layer": 0}]
    shown = built(project(grades=[{"contrast": 9}, {"layer": 1, "saturation": 0.5}], overlays=overlays))
    names = [v.name for v in shown.visuals]
    assert names[-2:] == ["grade 0", "overlay letterbox 0 0"]
    assert [g.number for g in shown.grades_of(1)] == [1]
    assert scene.from_json(json.loads(json.dumps(shown.to_json()))) == shown
    with pytest.raises(UsageError, match=r"grades\.0\.layer is 9"):
        built(project(grades=[{"layer": 9, "contrast": 4}]))


def test_a_curve_of_more_points_than_blender_takes_is_followed_nearly() -> None:
    drawn = [(n / 50, (n / 50) ** 1.5) for n in range(51)]
    points = grading.smooth(tuple(drawn))
    assert len(points) <= 32
    assert max(abs(y - x**1.5) for x, y in points) < 0.01
