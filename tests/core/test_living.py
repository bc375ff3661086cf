"""Living layers: continuous from tile to tile, closed in a loop, never folded, and frames of what the mesh shows."""

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from infinite_parallax.shared import frames, living, living_building, living_folds, living_mesh, scene
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.finishing import LivingLayer
from infinite_parallax.shared.frames import Texture
from infinite_parallax.shared.ramp import Ramp, Slide
from infinite_parallax.shared.settings import Curve
from infinite_parallax.shared.spectral import folding

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
            ways.append(living_mesh.moved(plane.lives, rows, on_plate - life.x, None, one.end))
        assert ways[0].size
        assert np.abs(ways[0]).max() > 0.05
        assert ways[0] == pytest.approx(ways[1], abs=1e-4)


def test_a_loop_holds_whole_periods_and_the_motion_comes_round_with_the_plate() -> None:
    spec = built(replace(loop(), living=(LivingLayer(period_s=1.3),)))
    life = spec.planes[0].lives[0]
    assert life.turns == round(life.turns) >= 1
    at, columns = np.array([3.0, 9.0]), np.array([5.0, 17.0])
    begin, end = (living_mesh.moved([life], at, columns, None, n) for n in (0, spec.frames))
    assert begin == pytest.approx(end, abs=1e-6)
    around = living_mesh.moved([life], at, columns + life.body.width, None, 0)
    assert begin == pytest.approx(around, abs=1e-6)


def test_a_gain_that_would_fold_is_lowered_and_said() -> None:
    spec = shown({"layer": 1, "gain": 20.0})
    (life, *_) = next(p.lives for p in spec.planes if p.lives)
    assert life.strength == life.most < 20
    assert living_building.lowered([life]) == [
        f"living.0: the gain 20 was lowered to {life.most:.2g}, so that nothing folds over itself."
    ]
    field = living.motion(life.body).scaled(life.strength)
    assert folding.least_stretch(field) == pytest.approx(0.25, abs=0.01)
    (one, two) = next(p.lives for p in shown({"layer": 1}, {"layer": 1, "seed": 5}).planes if p.lives)
    assert one.most + two.most <= 2 * max(living_folds.most_gain(one.body), living_folds.most_gain(two.body)) / 2 + 1e-9


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
    away = living_mesh.moved(plane.lives, rows, columns, None, frame)
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
        moved = living_mesh.moved([tile], at, on_tile, Slide(ramp, home, (0.0, 0.0)), 3)
        found.append(moved[:, [0, 1, 2], [0, 1, 2]])
    assert found[0] == pytest.approx(found[1], abs=1e-6)
    assert np.ptp(found[0], axis=1).max() > 0.01


def poked(plane: scene.Plane, n: float) -> Any:
    """How far the points of a plane's mesh are moved at a frame."""
    return living_mesh.moved(plane.lives, plane.lines.at, plane.across, None, n)


def test_pokes_move_every_tile_alike_and_only_after_they_come() -> None:
    calm, rung = (shown({"layer": 0, "gain": 0.1, "pokes": pokes}) for pokes in ([], [[1.0, 5, 0]]))
    before, after = (
        [
            np.abs(poked(a, n) - poked(b, n))[:, 1:-1, 1:-1].max()
            for a, b in zip(calm.planes, rung.planes, strict=True)
            if a.lives
        ]
        for n in (9, 12)
    )
    assert max(before) < 1e-9
    assert min(after) > 0.5
    assert scene.from_json(json.loads(json.dumps(rung.to_json()))) == rung


def test_a_poke_hits_what_is_at_its_place_then() -> None:
    layers = [{"height": 20, "velocity": [-8, 0]}, {"velocity": [-3, 0]}]
    early, late = (
        shown({"layer": 0, "pokes": [[second, 4, 0, x, 10]]}, layers=layers).planes[0].lives[0].ringing
        for second, x in ((0.5, 40), (1.5, 24))
    )
    assert early.pokes[0][1:] == pytest.approx(late.pokes[0][1:])
    elsewhere = shown({"layer": 0, "pokes": [[0.5, 4, 0, 10, 10]]}, layers=layers).planes[0].lives[0].ringing
    assert elsewhere.pokes[0][1:] != pytest.approx(early.pokes[0][1:])


def test_in_a_loop_what_was_poked_rings_on_at_the_beginning() -> None:
    wish = LivingLayer(gain=0.0, pokes=((loop_seconds() - 0.2, 6.0, 0.0),), damping=0.02)
    spec = built(replace(loop(), living=(wish,)))
    plane = next(p for p in spec.planes if p.start == 0 and p.lives)
    assert np.abs(poked(plane, 0)).max() > 0.5
    assert poked(plane, 0) == pytest.approx(poked(plane, spec.frames), abs=1e-9)


def over_time(wish: projects.Project, **ends: tuple[float, float]) -> scene.SceneSpec:
    """The scene of a project whose first living entry has settings that go from the first to the last given value."""
    plan = plans.plan(wish, 64, 48)
    last = (plan.frames - 1) / plan.fps
    curves = tuple(Curve(name, ((0.0, begin), (last, end))) for name, (begin, end) in ends.items())
    return built(replace(wish, living=(replace(wish.living[0], keys=curves), *wish.living[1:])))


def test_a_speed_that_changes_goes_on_from_where_it_is() -> None:
    steady = shown({"layer": 0, "speed": 2.0})
    life = steady.planes[0].lives[0]
    assert life.turned(10) == pytest.approx(2 * shown({"layer": 0}).planes[0].lives[0].turned(10))
    plane = over_time(project(living=[{"layer": 0}]), speed=(0.0, 3.0)).planes[0]
    life = plane.lives[0]
    gone = np.diff([life.turned(n) for n in range(life.frames + 1)])
    assert (np.diff(gone) > 0).all(), "faster and faster"
    assert gone[0] == 0
    assert gone.sum() == pytest.approx(1.5 * life.natural)
    assert shown({"layer": 0, "speed": 0.0}).planes[0].lives[0].turned(20) == 0


def test_a_loop_closes_at_any_speed() -> None:
    spec = over_time(replace(loop(), living=(LivingLayer(period_s=1.3),)), speed=(0.2, 1.7))
    life = spec.planes[0].lives[0]
    assert life.turns == round(life.turns) >= 1
    begin, end = (living_mesh.moved([life], np.array([3.0]), np.array([5.0]), None, n) for n in (0, spec.frames))
    assert begin == pytest.approx(end, abs=1e-6)
    assert living_building.turns(5.0, 0.02, True) == 1
    assert living_building.turns(5.0, 0.0, True) == 0


def test_a_wind_that_turns_is_shared_by_the_quarters_of_the_compass() -> None:
    wish = project(living=[{"layer": 0, "wind_deg": 30.0}])
    plane, still = over_time(wish, wind_deg=(30.0, 210.0)).planes[0], shown({"layer": 0, "wind_deg": 30.0}).planes[0]
    assert [life.body.wind_deg for life in plane.lives] == [30.0, 120.0, 210.0, 300.0]
    frames = plane.lives[0].frames
    for n in range(frames):
        assert sum(life.share(n) ** 2 for life in plane.lives) == pytest.approx(1)
    # as strong as in a wind that does not turn, whose gain is not lowered to what would fold at another angle
    at_first = living_mesh.moved(plane.lives, plane.lines.at[1:-1], plane.across[1:-1], None, 0)
    plain = living_mesh.moved(still.lives, plane.lines.at[1:-1], plane.across[1:-1], None, 0)
    assert at_first == pytest.approx(plain * plane.lives[0].strength / still.lives[0].strength, abs=1e-6)
    last = living_mesh.moved(plane.lives, plane.lines.at, plane.across, None, frames - 1)
    back = living_mesh.moved(plane.lives[2:3], plane.lines.at, plane.across, None, frames - 1)
    assert last == pytest.approx(back, abs=1e-6)


def test_no_wind_that_turns_folds() -> None:
    spec = over_time(project(living=[{"layer": 0, "gain": 20.0, "preset": "cloth"}]), wind_deg=(0.0, 360.0))
    plane = next(p for p in spec.planes if p.lives)
    for n in range(plane.start, plane.end):
        moved = poked(plane, n)[0][:, 1:-1]
        assert 1 + (np.diff(moved, axis=1) / np.diff(plane.across[1:-1])).min() > 0.2


def loop_seconds() -> float:
    spec = built(loop())
    return spec.frames / spec.fps


def test_pokes_that_would_fold_are_lowered_and_said() -> None:
    spec = shown({"layer": 1, "gain": 1.0, "pokes": [[0.5, 400, 0]]})
    life = next(p.lives[0] for p in spec.planes if p.lives)
    assert life.ringing is not None
    assert life.ringing.lowered < 1
    assert living_building.lowered([life])[-1].startswith("living.0: the pokes were lowered to ")
    plane = next(p for p in spec.planes if p.lives)
    for n in range(plane.start, plane.end):
        stretch = np.diff(poked(plane, n)[0][:, 1:-1], axis=1) / np.diff(plane.across[1:-1])
        assert 1 + stretch.min() > 0.2


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([1, 2], r"living\.0\.pokes\.0 has 2 numbers"),
        ([-1, 2, 3], "comes at second -1, before the video"),
        (["a", 2, 3], r"living\.0\.pokes\.0\.0 must be a number"),
        (7, r"living\.0\.pokes\.0 must be a list of numbers"),
    ],
)
def test_pokes_that_are_none_are_refused(row: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        shown({"pokes": [row]})


def test_what_drifts_closes_in_a_loop_and_stays_within_its_matte() -> None:
    spec = built(replace(loop(), living=(LivingLayer(layer=0, gain=0.0, drift=(9.0, 0.0), period_s=1.3),)))
    plane = next(p for p in spec.planes if p.drifting)
    begin, end = (np.array(sorted(plane.drifting.looks(n))) for n in (0, spec.frames))
    assert begin == pytest.approx(end)
    rgba = np.zeros((plane.height, plane.width, 4), np.uint8)
    rgba[..., 0] = np.arange(plane.width)
    across = np.arange(plane.width) % 24
    rgba[..., 3] = np.where(across < 12, 255, 0)
    rgba[..., 1] = np.where((across > 14) & (across < 22), 255, 0)  # colours of nothing
    alone = replace(spec, planes=(plane,))
    moved = frames.render(alone, 3, lambda _: Texture.of(rgba))
    still = replace(plane, lives=tuple(replace(life, drift=(0.0, 0.0)) for life in plane.lives))
    rest = frames.render(replace(alone, planes=(still,)), 3, lambda _: Texture.of(rgba))
    assert moved[..., 1].max() <= rest[..., 1].max() + 2, "what is not there is not carried in"
    assert np.abs(moved[..., 0].astype(int) - rest[..., 0]).max() > 2
    assert ((moved.sum(2) > 0) == (rest.sum(2) > 0)).mean() > 0.98


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"living": [{"drift": [1, 0]}, {"layer": 1, "drift": [0, 1]}]}, "the layer 1 drifts already, by living.0"),
        ({"living": [{"drift": [1, 0]}], "shimmers": [{"layer": 1}]}, "the layer 1 shimmers"),
    ],
)
def test_drifts_that_cannot_be_are_refused(sections: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        built(project(**sections))
