"""Living layers: continuous from tile to tile, closed in a loop, never folded, and frames of what the mesh shows."""

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import frames, living, scene
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import LivingLayer
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.ramp import Ramp, Slide

from .test_scene import built, loop, project


def shown(*entries: dict[str, Any], **sections: Any) -> scene.SceneSpec:
    return built(project(living=list(entries), **sections))


def test_the_motion_of_a_place_is_the_same_on_every_tile_that_shows_it() -> None:
    layers = [{"height": 20, "velocity": [-8, 0]}, {"velocity": [-3, 0]}]
    planes = [p for p in shown({"layer": 0}, layers=layers).planes if p.layer == 0]
    assert len(planes) > 1
    for one, other in itertools.pairwise(planes):
        ways = []
        for plane in (one, other):
            life = plane.lives[0]
            on_plate = np.arange(other.lives[0].x + 10.0, one.lives[0].x + one.width - 10)
            rows = np.arange(2.0, plane.height - 2)
            ways.append(living.moved(plane.lives, rows, on_plate - life.x, None, one.end))
        assert ways[0].size
        assert np.abs(ways[0]).max() > 0.05
        assert ways[0] == pytest.approx(ways[1], abs=1e-4)


def test_a_loop_holds_whole_periods_and_the_motion_comes_round_with_the_plate() -> None:
    spec = built(replace(loop(), living=(LivingLayer(period_s=1.3),)))
    life = spec.planes[0].lives[0]
    assert life.turns == round(life.turns) >= 1
    at, columns = np.array([3.0, 9.0]), np.array([5.0, 17.0])
    begin, end = (living.moved([life], at, columns, None, n) for n in (0, spec.frames))
    assert begin == pytest.approx(end, abs=1e-6)
    around = living.moved([life], at, columns + life.body.width, None, 0)
    assert begin == pytest.approx(around, abs=1e-6)


def test_a_gain_that_would_fold_is_lowered_and_said() -> None:
    spec = shown({"layer": 1, "gain": 20.0})
    (life, *_) = next(p.lives for p in spec.planes if p.lives)
    assert life.strength == life.most < 20
    assert living.lowered([life]) == [
        f"living.0: the gain 20 was lowered to {life.most:.2g}, so that nothing folds over itself."
    ]
    field = living.motion(life.body).scaled(life.strength)
    assert living.folding.least_stretch(field) == pytest.approx(0.25, abs=0.01)
    (one, two) = next(p.lives for p in shown({"layer": 1}, {"layer": 1, "seed": 5}).planes if p.lives)
    assert one.most + two.most <= 2 * max(living.most_gain(one.body), living.most_gain(two.body)) / 2 + 1e-9


def test_what_a_layer_that_lives_opens_is_mirrored_behind_it() -> None:
    spec = shown({"layer": 1, "preset": "air"})
    opened = {p.layer: p.opened_px > 0 for p in spec.planes}
    assert opened == {0: True, 1: False}
    assert not any(p.opened_px for p in shown({"layer": 0}).planes)


def test_nothing_lives_without_gain_and_the_spec_is_plain_data() -> None:
    assert shown({"gain": 0.0}) == shown()
    spec = shown({})
    assert all(len(p.lives) == 1 for p in spec.planes)
    assert scene.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    with pytest.raises(UsageError, match=r"living\.0\.layer is 5"):
        shown({"layer": 5})


def test_the_frame_shows_each_place_where_it_is_moved_to() -> None:
    spec = shown({"layer": 1, "preset": "cloth", "gain": 3.0}, motion={"steps": 2, "seconds_per_step": 0.5, "fps": 10})
    plane = next(p for p in spec.planes if p.layer == 1)
    y, x = np.mgrid[: plane.height, : plane.width]
    texture = Texture.of(np.dstack([x, y, x * 0, x * 0 + 255]).astype(np.uint8))
    shown_alone = replace(spec, planes=(plane,))
    frame = 4
    out = frames.render(shown_alone, frame, lambda _: texture).astype(float)
    left, top = frames.placed(plane, frame)
    rows, columns = plane.lines.at, plane.across
    away = living.moved(plane.lives, rows, columns, None, frame)
    checked = 0
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            to_x, to_y = left + column + away[0, i, j], top + row + away[1, i, j]
            if 1 <= to_x < spec.width - 2 and top + 3 <= to_y < spec.height - 2 and 2 < row < plane.height - 2:
                px, py = int(to_x), int(to_y)
                near = out[py - 1 : py + 2, px - 1 : px + 2].mean((0, 1))
                if 2 < column < plane.width - 2:
                    assert near[0] - 0.5 + to_x - px - 0.5 == pytest.approx(column - 0.5, abs=1.2)
                    checked += 1
    assert checked > 10
    still = frames.render(replace(shown_alone, planes=(replace(plane, lives=()),)), frame, lambda _: texture)
    assert np.abs(out - still).max() > 1


def test_a_place_of_ground_that_recedes_moves_alike_on_every_tile() -> None:
    life = next(p.lives[0] for p in shown({"layer": 1}).planes if p.lives)
    ramp, at = Ramp(0.5, 0, 19), np.array([2.5, 9.5, 16.5])
    place, found = 70.0, []
    for x, home in ((10, -20.0), (30, -64.0)):
        tile = replace(life, x=x)
        ahead = (1 - ramp.scales(0, 20)[[2, 9, 16]]) * home
        on_tile = place - x - ahead
        moved = living.moved([tile], at, on_tile, Slide(ramp, home, (0.0, 0.0)), 3)
        found.append(moved[:, [0, 1, 2], [0, 1, 2]])
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert np.ptp(found[0], axis=1).max() > 0.01
