"""Overlays whose values are keyed: which of them each kind answers to, and that it is what the value asks for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import overlays
from infinite_parallax.shared.finishing import KINDS, Overlay
from infinite_parallax.shared.scene import SceneSpec

from .test_overlays import STAGE, over_grey, rendered

CHANGED = {"amount": 0.9, "speed": 3.0, "angle_deg": 30.0, "colour": (0.9, 0.2, 0.1), "seed": 9}
BEFORE: dict[str, Any] = {"amount": 0.4, "angle_deg": -10.0, "colour": (0.6, 0.7, 0.9), "seed": 1}
ANSWERS = {
    "amount": KINDS,
    "speed": ("rain", "snow", "mist", "moonlight", "flicker", "grain"),
    "angle_deg": ("rain", "snow", "moonlight"),
    "colour": KINDS,
    "seed": ("rain", "snow", "mist", "moonlight", "flicker", "grain"),
}
"""A vignette and a letterbox do not move and are not thrown by chance; only what falls or shines has a way."""
TURN = 40
"""The frame from which on the value is another."""


def keyed(kind: str, value: str) -> SceneSpec:
    """An overlay of a value that jumps."""
    plain = Overlay(kind=kind, **BEFORE)
    moments = [plain] * TURN + [replace(plain, **{value: CHANGED[value]})] * (STAGE.frames - TURN)
    spec = over_grey(kind)
    found = overlays.sheets([plain], STAGE, {0: moments})
    return replace(spec, sheets=tuple(replace(sheet, channel=n + 2) for n, sheet in enumerate(found)))


@pytest.mark.parametrize("value", ANSWERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_answers_to_the_keys_of_a_value(kind: str, value: str) -> None:
    spec, plain = keyed(kind, value), over_grey(kind, **BEFORE)
    changed = np.abs(rendered(spec, 70) - rendered(plain, 70)).mean()
    assert (changed > 0.05) == (kind in ANSWERS[value])
    if value != "speed":
        # a speed is added up, so it is another from the first frame on where the loop has to close
        assert np.abs(rendered(spec, TURN - 5) - rendered(plain, TURN - 5)).max() <= 2


@pytest.mark.parametrize(("speed", "stays"), [(0.0, 8), (0.25, 4), (0.5, 2), (1.0, 1), (2.0, 1)])
def test_grain_is_another_as_often_as_its_speed_says(speed: float, stays: int) -> None:
    (sheet,) = over_grey("grain", speed=speed).sheets
    places = [(sheet.jumped(n, 0), sheet.jumped(n, 1)) for n in range(8)]
    assert [places[n] == places[n - 1] for n in range(1, 8)] == [n % stays != 0 for n in range(1, 8)]


@pytest.mark.parametrize("place", [None, (0.1, 0.3), (-0.2, -0.3)])
def test_beams_that_are_turned_are_those_that_are_drawn_there(place: tuple[float, float] | None) -> None:
    drawn, other = (over_grey("moonlight", amount=1.0, angle_deg=angle, place=place) for angle in (35.0, -25.0))
    fans = tuple(sheet for sheet in drawn.sheets if sheet.part < 2)
    turned = tuple(replace(s, angles=(35.0,) * STAGE.frames) for s in other.sheets if s.part < 2)
    for frame in (0, 50):
        there = rendered(replace(drawn, sheets=fans), frame)
        assert np.ptp(there) > 25, "there is light"
        off = np.abs(rendered(replace(drawn, sheets=turned), frame) - there)
        # at a quarter of its size a beam has other px when it is drawn at another angle
        assert (off.mean(), np.quantile(off, 0.99)) < (0.6, 5)


def test_dust_that_is_turned_glints_in_the_beams() -> None:
    spec = over_grey("moonlight", amount=1.0, angle_deg=-25.0)
    dust = tuple(replace(s, angles=(35.0,) * STAGE.frames) for s in spec.sheets if s.part >= 2)
    light = np.zeros((STAGE.height, STAGE.width))
    for frame in range(0, STAGE.frames, 12):
        light += rendered(replace(spec, sheets=dust), frame).mean(axis=2) - 90
    fans = tuple(s for s in over_grey("moonlight", amount=1.0, angle_deg=35.0).sheets if s.part < 2)
    beams = rendered(replace(spec, sheets=fans), 0).mean(axis=2)
    lit = beams > np.median(beams)
    assert light[lit].sum() > 4 * light[~lit].sum() > 0
