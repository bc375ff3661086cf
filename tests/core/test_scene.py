"""Scene spec: frame numbers, positions and refusals, as plain data."""

import json
from dataclasses import replace
from typing import Any

import pytest
from infinite_parallax.shared import framing, scene, scene_building, tiling
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.finishing import Output
from infinite_parallax.shared.frames import placed
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.plates import Manifest, Plate, Tile, from_json
from infinite_parallax.shared.project import Project


def project(**document: Any) -> Project:
    motion = {"steps": 9, "seconds_per_step": 0.5, "fps": 10}
    layers = [{"height": 20, "velocity": [-3.5, 0]}, {"velocity": [-8, 2]}]
    return projects.from_json({"motion": motion, "layers": layers, "plates": {"tile_px": 96}} | document)


def manifest_of(plan: Plan) -> Manifest:
    return Manifest(
        plan.width,
        plan.height,
        plan.steps,
        plan.steps,
        tuple(
            Plate(
                layer.index,
                layer.name,
                tuple(
                    Tile(f"plates/{layer.index}_{n}.png", t.first, t.last, t.x, t.y, t.width, t.height, "")
                    for n, t in enumerate(tiling.tiles(plan, layer.index))
                ),
            )
            for layer in plan.layers
        ),
    )


def built(wish: Project, width: int = 64, height: int = 48) -> scene.SceneSpec:
    plan = plans.plan(wish, width, height)
    return scene_building.build(wish, plan, manifest_of(plan))


def test_every_frame_of_every_layer_is_on_exactly_one_tile() -> None:
    spec = built(project())
    assert spec.frames == 45
    for layer in (0, 1):
        shown = [n for p in spec.planes if p.layer == layer for n in range(p.start, p.end)]
        assert shown == list(range(45))
    assert len([p for p in spec.planes if p.layer == 1]) > 1


def test_a_layer_moves_linearly_and_without_a_jump_between_tiles() -> None:
    spec = built(project())
    where: dict[int, float] = {}
    plan = plans.plan(project(), 64, 48)
    tiles = {t.file: t for plate in manifest_of(plan).plates for t in plate.tiles}
    for p in (p for p in spec.planes if p.layer == 1):
        for n in range(p.start, p.end):
            x, y = placed(p, n)
            where[n] = x - tiles[p.file].x
            assert y - tiles[p.file].y == pytest.approx(2 * n / 5, abs=1e-9)
    assert [where[n] for n in range(45)] == pytest.approx([-8 * n / 5 for n in range(45)], abs=1e-9)


@pytest.mark.parametrize("fps", [23.976, 29.97, 30, 60])
def test_fractional_rates_keep_every_frame_on_a_tile(fps: float) -> None:
    spec = built(project(motion={"steps": 7, "seconds_per_step": 1.3, "fps": fps}))
    shown = [n for p in spec.planes if p.layer == 0 for n in range(p.start, p.end)]
    assert shown == list(range(spec.frames))
    assert spec.frames == round(7 * 1.3 * fps)


@pytest.mark.parametrize(
    ("output", "size", "scale"),
    [
        ({}, (64, 48), 1.0),
        ({"width": 128}, (128, 96), 2.0),
        ({"height": 24}, (32, 24), 0.5),
        ({"width": 192, "height": 96}, (192, 96), 3.0),
        ({"width": 63}, (62, 46), 62 / 64),
    ],
)
def test_the_output_frame_is_covered(output: dict[str, int], size: tuple[int, int], scale: float) -> None:
    frame = framing.framing(Output(**output), 64, 48)
    assert (frame.width, frame.height) == size
    assert frame.scale == pytest.approx(scale)
    assert frame.x <= 0
    assert frame.y <= 0
    assert frame.x + 64 * frame.scale >= frame.width - 1
    assert frame.y + 48 * frame.scale >= frame.height - 1


def test_an_odd_picture_loses_one_column_and_is_not_resampled() -> None:
    frame = framing.framing(Output(), 65, 47)
    assert (frame.width, frame.height, frame.scale, frame.x, frame.y) == (64, 46, 1.0, 0, 0)


def test_the_spec_is_json() -> None:
    document = built(project()).to_json()
    assert json.loads(json.dumps(document))["planes"][0]["keys"][0]["frame"] == 0


def test_plates_of_another_size_and_unfinished_ones_are_refused() -> None:
    plan = plans.plan(project(), 64, 48)
    good = manifest_of(plan)
    with pytest.raises(ParallaxError, match="64x48"):
        scene_building.build(project(), plan, replace(good, width=65))
    with pytest.raises(ParallaxError, match="up to step 3"):
        scene_building.build(project(), plan, replace(good, done=3))


def test_a_manifest_survives_its_round_trip() -> None:
    good = manifest_of(plans.plan(project(), 64, 48))
    assert from_json(json.loads(json.dumps(good.to_json()))) == good


def test_a_manifest_of_another_kind_is_refused() -> None:
    with pytest.raises(ParallaxError, match="no plate manifest"):
        from_json({"schema": "else"})


def test_cues_follow_the_project() -> None:
    assert [c.sound for c in built(project()).cues] == ["wind"]
    assert built(project(sound={"ambience": "none"})).cues == ()
    both = built(project(sound={"ambience": "water", "file": "a.ogg"}, cues=[{"layer": 1}])).cues
    assert [(c.sound, c.file) for c in both] == [("water", ""), ("", "a.ogg"), ("wind", "")]
    spec = built(project(cues=[{"layer": 1, "kind": "ambience"}]))
    assert scene.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def loop() -> Project:
    layers = [{"height": 20, "velocity": [-2.5, 0]}, {"velocity": [-8, 0]}]
    return project(motion={"loop": True, "seconds_per_step": 0.5, "fps": 10}, layers=layers)


def test_the_frame_after_the_last_is_the_first() -> None:
    spec, plan = built(loop()), plans.plan(loop(), 64, 48)
    assert spec.loop
    assert scene.from_json(spec.to_json()) == spec
    tiles = {t.file: t for plate in manifest_of(plan).plates for t in plate.tiles}
    for layer in plan.layers:
        planes = [p for p in spec.planes if p.layer == layer.index]
        first, last = planes[0], max(planes, key=lambda p: p.end)
        assert (first.start, last.end) == (0, spec.frames)
        # plate columns under the frame's left edge: one circumference lies between frame 0 and the one after the last
        begin = tiles[first.file].x - placed(first, 0)[0]
        end = tiles[last.file].x - placed(last, spec.frames)[0]
        assert (begin, end) == (0, pytest.approx(plan.circumference(layer.index), abs=1e-9))


def test_sounds_of_a_loop_do_not_fade() -> None:
    assert [(c.fade_in, c.fade_out) for c in built(loop()).cues] == [(0, 0)]
    assert [(c.fade_in, c.fade_out) for c in built(project()).cues] == [(10, 10)]


def test_documents_from_before_loops_are_read() -> None:
    document = built(project()).to_json()
    del document["loop"]
    assert scene.from_json(document) == built(project())
