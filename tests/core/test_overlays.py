"""Overlays: pictures that meet themselves, motion that is a function of the frame's number, loops that close."""

import json
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import frames, overlays, scene
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import KINDS, Overlay
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.overlays import Sheet, pictures
from infinite_parallax.shared.overlays.sheet import Stage
from infinite_parallax.shared.scene import Export, Key, Plane, SceneSpec

from .test_scene import built, project

STAGE = Stage(320, 200, 24.0, 96, True)
MOVING = ("rain", "snow", "mist", "moonlight", "flicker")
GREY = 90


def sheets(kind: str, stage: Stage = STAGE, **settings: Any) -> tuple[Sheet, ...]:
    found = overlays.sheets([Overlay(kind=kind, **settings)], stage)
    return tuple(replace(s, channel=i + 2) for i, s in enumerate(found))


def over_grey(kind: str, stage: Stage = STAGE, **settings: Any) -> SceneSpec:
    keys = (Key(0, 0, 0), Key(stage.frames, 0, 0))
    plane = Plane("p", 0, 1, "p", stage.width, stage.height, 0, stage.frames, 1.0, keys)
    export = Export(20, None, 18, 192)
    shown = sheets(kind, stage, **settings)
    return SceneSpec(
        "s", stage.width, stage.height, stage.fps, stage.frames, (plane,), (), export, stage.loop, sheets=shown
    )


def rendered(spec: SceneSpec, frame: int) -> Any:
    grey = Texture.of(np.full((spec.height, spec.width, 4), (GREY, GREY, GREY, 255), np.uint8))
    return frames.render(spec, frame, lambda _: grey).astype(int)


@pytest.mark.parametrize("kind", ["rain", "snow"])
@pytest.mark.parametrize("angle", [0.0, 45.0, -45.0])
def test_what_falls_repeats_along_its_way(kind: str, angle: float) -> None:
    for sheet in sheets(kind, replace(STAGE, loop=False), angle_deg=angle, seed=4, size=2.0):
        alpha = overlays.draw(sheet)[..., 3].astype(int)
        down, across = round(sheet.slide[1]), round(sheet.slide[0])
        assert sheet.slide == pytest.approx((across, down), abs=1e-9)
        below = alpha[down:, max(0, across) : alpha.shape[1] + min(0, across)]
        above = alpha[: alpha.shape[0] - down, max(0, -across) : alpha.shape[1] - max(0, across)]
        # the dither of the two places differs
        assert np.abs(below - above).max() <= 1
        assert (alpha > 40).mean() > 0.0005


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speed", [1.0, 0.37, 2.6])
def test_the_frame_after_the_last_is_the_first(kind: str, speed: float) -> None:
    for sheet in sheets(kind, speed=speed):
        if sheet.jump == (0, 0):
            assert sheet.corner(96, 96) == pytest.approx(sheet.corner(0, 96), abs=1e-6)
            assert sheet.opacity(96, 96) == pytest.approx(sheet.opacity(0, 96), abs=1e-9)


@pytest.mark.parametrize("kind", MOVING)
def test_the_step_over_the_seam_is_as_small_as_any(kind: str) -> None:
    spec = over_grey(kind, amount=1.0)
    steps = [np.abs(rendered(spec, (n + 1) % 96) - rendered(spec, n)).mean() for n in (40, 60, 95)]
    assert steps[2] < 1.6 * max(steps[:2])


def test_the_way_of_the_fall_has_no_seam_either() -> None:
    for sheet in sheets("rain", amount=1.0):
        n = next(n for n in range(1, 96) if sheet.way(n, 96) < sheet.way(n - 1, 96))
        spec = replace(over_grey("rain", amount=1.0), sheets=(replace(sheet, channel=2),))
        turn = 96 / sheet.turns
        # a whole turn apart, the frame is the same wherever the picture has been put back
        away = replace(spec, sheets=(replace(sheet, channel=2, phase=sheet.phase - n / turn + 0.999),))
        back = replace(spec, sheets=(replace(sheet, channel=2, phase=sheet.phase - n / turn + 1.001),))
        apart = np.abs(rendered(away, n) - rendered(back, n)).mean()
        assert apart < 0.5 * np.abs(rendered(spec, n) - rendered(spec, n + 3)).mean()


@pytest.mark.parametrize("kind", ["rain", "snow", "mist"])
def test_nothing_pulses(kind: str) -> None:
    spec = over_grey(kind, amount=1.0)
    light = [rendered(spec, n).mean() - GREY for n in range(0, 96, 8)]
    assert np.std(light) < 0.2 * np.mean(light)
    if kind == "mist":
        total = [sum(s.opacity(n, 96) for s in spec.sheets) for n in range(96)]
        assert np.ptp(total) < 1e-9


@pytest.mark.parametrize("kind", KINDS)
def test_amount_nought_changes_nothing_and_more_changes_more(kind: str) -> None:
    assert (rendered(over_grey(kind, amount=0.0), 5) == GREY).all()
    at = range(0, 96, 16)
    little, much = (sum(np.abs(rendered(over_grey(kind, amount=a), n) - GREY).mean() for n in at) for a in (0.2, 1.0))
    assert much > 1.5 * little > 0


def test_grain_leaves_light_and_black_as_they_are_and_is_another_at_every_frame() -> None:
    spec = over_grey("grain", amount=1.0)
    assert abs(rendered(spec, 3).mean() - GREY) < 1
    assert len({sheet.corner(n, 96) for sheet in spec.sheets for n in range(48)}) == 48
    black = Texture.of(np.full((200, 320, 4), (0, 0, 0, 255), np.uint8))
    assert frames.render(spec, 3, lambda _: black).max() == 0


def test_letterbox_has_its_ratio() -> None:
    shown = rendered(over_grey("letterbox", Stage(320, 200, 24.0, 10, False), ratio=2.0), 0)
    assert (shown[:20] == 0).all()
    assert (shown[180:] == 0).all()
    assert (shown[20:180] == GREY).all()


def test_same_seed_same_bytes_and_another_seed_another_file() -> None:
    for kind in KINDS:
        one, same, other = (sheets(kind, seed=seed)[0] for seed in (5, 5, 6))
        assert np.array_equal(overlays.draw(one), overlays.draw(same))
        assert one.file == same.file != other.file
    assert (overlays.draw(sheets("rain", seed=5)[1]) != overlays.draw(sheets("rain", seed=6)[1])).any()
    assert sheets("rain", colour=(1.0, 0.5, 0.0))[0].file != sheets("rain")[0].file
    assert sheets("rain", amount=0.9)[0].file == sheets("rain")[0].file


def test_frames_do_not_depend_on_what_was_rendered_before() -> None:
    spec = over_grey("snow", amount=1.0)
    alone = rendered(spec, 50)
    for n in (3, 90, 49):
        rendered(spec, n)
    assert np.array_equal(rendered(spec, 50), alone)


def test_overlays_lie_over_all_or_directly_before_a_layer() -> None:
    spec = built(project(overlays=[{"kind": "mist", "layer": 0}, {"kind": "grain"}]))
    order = [(kind, layer) for (kind, layer), _ in groupby(spec.visuals, lambda v: (type(v).__name__, v.layer))]
    assert order == [("Plane", 0), ("Sheet", 0), ("Plane", 1), ("Sheet", None)]
    channels = [s.channel for s in spec.sheets]
    assert len({v.channel for v in spec.visuals}) == 2 + len(channels)
    assert scene.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_when_it_is_on_show() -> None:
    spec = built(project(overlays=[{"kind": "rain", "start_s": 1.0, "end_s": 2.5}]))
    assert {(s.start, s.end) for s in spec.sheets} == {(10, 25)}
    assert built(project(overlays=[{"kind": "rain", "start_s": 99.0}])).sheets == ()


def test_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"overlays\.0\.layer is 7"):
        built(project(overlays=[{"kind": "rain", "layer": 7}]))


def test_a_picture_that_is_there_is_not_drawn_again(tmp_path: Any) -> None:
    sheet = sheets("vignette")[0]
    path = pictures.write(sheet, tmp_path)
    path.write_bytes(b"kept")
    assert pictures.write(sheet, tmp_path).read_bytes() == b"kept"


def test_what_is_turned_to_where_it_was_drawn_is_what_it_was() -> None:
    spec = over_grey("snow", angle_deg=-20.0)
    turned = tuple(replace(sheet, angles=(-20.0,) * 30 + (15.0,) * 66) for sheet in spec.sheets)
    keyed = replace(spec, sheets=turned)
    assert scene.from_json(json.loads(json.dumps(keyed.to_json()))) == keyed
    assert np.abs(rendered(keyed, 7) - rendered(spec, 7)).max() <= 2
    later, still = rendered(keyed, 40), rendered(spec, 40)
    assert np.abs(later - still).mean() > 1
    corners = [
        later[rows, columns]
        for rows in (slice(0, 60), slice(-60, None))
        for columns in (slice(0, 60), slice(-60, None))
    ]
    assert all((corner > GREY + 8).any() for corner in corners), "it covers the frame still"
