"""Objects on the scene: where each is at every frame, when it leaves, and how it comes home in a loop."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import scene, scene_building, tiling
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.frames import opacity, placed
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.plates import Manifest, ObjectPlate, Plate, Tile, from_json
from infinite_parallax.shared.project import Project
from infinite_parallax.shared.scene import Plane, SceneSpec
from infinite_parallax.shared.sections import Object
from infinite_parallax.shared.visits import velocity_of, visits

WIDTH, HEIGHT = 64, 48


def project(loop: bool = False, **motion: Any) -> Project:
    wish = {"steps": None if loop else 9, "seconds_per_step": 0.5, "fps": 10, "loop": loop} | motion
    layers = [{"height": 20, "velocity": [-3.5, 0]}, {"velocity": [-8, 0]}]
    return projects.from_json({"motion": wish, "layers": layers, "plates": {"tile_px": 96}})


def boat(plan: Plan, velocity: tuple[float, float], scale: float = 1.0, x: int = 30, width: int = 12) -> ObjectPlate:
    return ObjectPlate("boat", 0, velocity, scale, Tile("plates/o.png", 0, plan.steps, x, 10, width, 8, ""))


def built(wish: Project, *things: ObjectPlate, covers: bool = False) -> SceneSpec:
    plan = plans.plan(wish, WIDTH, HEIGHT)
    plates = []
    for layer in plan.layers:
        tiles = [
            Tile(f"plates/{layer.index}_{n}.png", t.first, t.last, t.x, t.y, t.width, t.height, "")
            for n, t in enumerate(tiling.tiles(plan, layer.index))
        ]
        if covers:
            tiles.insert(0, Tile(f"plates/{layer.index}_cover.png", 0, 1, 50, 0, 14, 20, "", (1.0, 0.0)))
            last = (plan.steps - 1, plan.steps)
            tiles.append(Tile(f"plates/{layer.index}_home.png", *last, 90, 0, 14, 20, "", (0.0, 1.0)))
        plates.append(Plate(layer.index, layer.name, tuple(tiles)))
    manifest = Manifest(WIDTH, HEIGHT, plan.steps, plan.steps, tuple(plates), things)
    assert from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    return scene_building.build(wish, plan, manifest)


def of_objects(spec: SceneSpec) -> list[Plane]:
    return [p for p in spec.planes if p.name.startswith("object")]


def test_covers_lie_above_their_layer_and_below_the_next_and_objects_above_both() -> None:
    plan = plans.plan(project(), WIDTH, HEIGHT)
    spec = built(project(), boat(plan, (-2.0, 0)), boat(plan, (-3.0, 0)), covers=True)
    order = list(dict.fromkeys((p.channel, p.layer, p.opacity != (1, 1), "object" in p.name) for p in spec.planes))
    assert order == [
        (1, 0, False, False),
        (2, 0, True, False),
        (3, 0, False, True),
        (4, 0, False, True),
        (5, 1, False, False),
        (6, 1, True, False),
    ]
    assert next(p.channel for p in built(project()).planes if p.layer == 1) == 2
    assert scene.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_a_cover_hides_everything_at_first_and_has_gone_by_its_last_step() -> None:
    spec = built(project(), covers=True)
    opening, closing = (p for p in spec.planes if p.layer == 0 and p.opacity != (1, 1))
    assert [opacity(opening, n) for n in range(5)] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2])
    assert (opening.start, opening.end) == (0, 5)
    assert (closing.start, closing.end) == (40, 45)
    assert [opacity(closing, n) for n in range(40, 46)] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    body = next(p for p in spec.planes if p.layer == 0)
    assert placed(opening, 3)[0] - placed(body, 3)[0] == pytest.approx(50 - (body.keys[0].x))


def test_a_cover_stays_within_its_opacity_where_a_step_is_no_whole_number_of_frames() -> None:
    spec = built(project(seconds_per_step=1.3, fps=23.976), covers=True)
    for p in spec.planes:
        assert all(0 <= opacity(p, n) <= 1 for n in range(p.start, p.end))
    assert next(p.opacity for p in spec.planes if p.opacity != (1, 1)) == (1, 0)


def test_manifests_and_scenes_from_before_covers_and_objects_are_read() -> None:
    spec = built(project())
    document = spec.to_json()
    for p in document["planes"]:
        del p["opacity"]
    assert scene.from_json(document) == spec
    old = Manifest(WIDTH, HEIGHT, 9, 9, (Plate(0, "sky", (Tile("a", 0, 9, 0, 0, 4, 4, ""),)),))
    document = json.loads(json.dumps(old.to_json()))
    del document["objects"], document["plates"][0]["tiles"][0]["opacity"]
    assert from_json(document) == old


def test_an_object_leaves_once() -> None:
    plan = plans.plan(project(), WIDTH, HEIGHT)
    (plane,) = of_objects(built(project(), boat(plan, (-7.0, 0))))
    assert placed(plane, 0) == (30, 10)
    assert plane.end == 30  # 42 px at 7 px per step, 5 frames each
    assert placed(plane, plane.end)[0] == pytest.approx(-12)


def test_an_object_that_comes_into_the_frame_late_is_not_shown_before() -> None:
    plan = plans.plan(project(), WIDTH, HEIGHT)
    (plane,) = of_objects(built(project(), boat(plan, (10.0, 0), x=-32)))
    assert plane.start == 10
    assert placed(plane, plane.start)[0] == pytest.approx(-12)
    assert of_objects(built(project(), boat(plan, (0.0, 1.0), x=-32))) == []


def test_an_object_is_scaled_about_its_foot() -> None:
    plan = plans.plan(project(), WIDTH, HEIGHT)
    for scale in (1.0, 0.5, 2.0):
        plane = of_objects(built(project(), boat(plan, (-2.5, 0), scale)))[0]
        for n in (0, 7):
            x, y = placed(plane, n)
            assert (x + plane.width * plane.scale / 2, y + plane.height * plane.scale) == pytest.approx(
                (36 - n / 2, 18)
            )


def test_an_object_comes_home_in_a_loop() -> None:
    wish = project(loop=True)
    plan = plans.plan(wish, WIDTH, HEIGHT)
    for velocity in ((-4.1, 0.0), (4.1, 0.0)):
        leaving, returning = of_objects(built(wish, boat(plan, velocity)))
        assert (leaving.start, returning.end) == (0, plan.frames)
        assert leaving.end <= returning.start
        assert leaving.channel == returning.channel
        assert placed(returning, plan.frames) == pytest.approx(placed(leaving, 0))
        edge = WIDTH if velocity[0] < 0 else -12
        step = abs(velocity[0]) / 5
        assert abs(placed(returning, returning.start)[0] - edge) <= step
    still = of_objects(built(wish, boat(plan, (0.0, 0.0))))
    assert [(p.start, p.end) for p in still] == [(0, plan.frames)]


def test_a_way_that_does_not_close_is_refused() -> None:
    wish = project(loop=True)
    plan = plans.plan(wish, WIDTH, HEIGHT)
    slow = boat(plan, (-1.0, 0.0))
    with pytest.raises(UsageError, match="out of sight") as refused:
        visits(plan, slow)
    enough = float(refused.value.hint.split("velocity of ")[1].split(" px")[0])
    assert len(visits(plan, replace(slow, velocity=(-enough, 0.0)))) == 2
    with pytest.raises(UsageError, match="only sideways"):
        visits(plan, boat(plan, (-4.0, 1.0)))


def test_an_object_rides_its_layer_unless_it_has_a_velocity() -> None:
    plan = plans.plan(project(), WIDTH, HEIGHT)
    assert velocity_of(Object(layer=1), plan) == (-8, 0)
    assert velocity_of(Object(layer=1, velocity=(1, 2)), plan) == (1, 2)
    assert velocity_of(Object(layer=0, speed_factor=0.6), plan) == (-2.1, 0)
    assert velocity_of(Object(layer=1, velocity=(1, 2), speed_factor=0.6), plan) == (1, 2)
    with pytest.raises(UsageError, match="rides layer 2"):
        velocity_of(Object(layer=2), plan)


@given(
    st.tuples(*[st.decimals(-20, 20, places=1).map(float)] * 2),
    st.integers(-80, 140),
    st.sampled_from([0.3, 1.0, 2.6]),
)
def test_an_object_is_on_show_exactly_when_it_touches_the_frame(
    velocity: tuple[float, float], x: int, scale: float
) -> None:
    plan = plans.plan(project(), WIDTH, HEIGHT)
    thing = boat(plan, velocity, scale, x)
    shown = {n for v in visits(plan, thing) for n in range(v.start, v.end)}
    for n in range(plan.frames):
        left = x + 6 - 6 * scale + velocity[0] * n / 5
        top = 18 - 8 * scale + velocity[1] * n / 5
        inside = min(left + 12 * scale, WIDTH - left, top + 8 * scale, HEIGHT - top)
        if abs(inside) > 1e-6:
            assert (n in shown) == (inside > 0)
