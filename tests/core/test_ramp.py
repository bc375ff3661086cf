"""Ground that recedes: scales and positions of rows, the scene's planes, and the arithmetic frames."""

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared import frames, geometry, plan, plates, project, scene, scene_building, tiling
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from infinite_parallax.shared.ramp import Ramp, Slide, travel
from infinite_parallax.shared.scene import Key, Plane, SceneSpec
from infinite_parallax.shared.sections import Object
from infinite_parallax.shared.textures import Texture
from infinite_parallax.shared.visits import velocity_of

WIDTH, HEIGHT = 60, 40
RAMP = Ramp(0.5, 24, 39)


def document(direction: float = 180.0, **layer: Any) -> dict[str, Any]:
    return {
        "motion": {"direction_deg": direction, "step_px": 10, "steps": 9, "seconds_per_step": 0.7, "fps": 10},
        "cut": {"mode": "contour"},
        "plates": {"tile_px": 90},
        "layers": [{"height": 24, "velocity": [0, 0]}, {"distance": 100, "ramp": 0.5} | layer],
    }


def planned(data: dict[str, Any]) -> plan.Plan:
    return plan.plan(project.from_json(data), WIDTH, HEIGHT)


def test_scales_run_from_the_ratio_to_one_and_stay_there() -> None:
    scales = RAMP.scales(20, 30)
    assert scales[:5].tolist() == [0.5] * 5
    assert np.allclose(np.diff(scales[4:20]), 0.5 / 15)
    assert scales[19:].tolist() == [1.0] * 11


@given(
    ratio=st.decimals("0.06", "1", places=3),
    velocity=st.decimals("-60", "60", places=1),
    step=st.integers(0, 100000),
    rows=st.integers(1, 40),
)
def test_positions_are_exact_and_half_to_even(ratio: Any, velocity: Any, step: int, rows: int) -> None:
    way = travel((float(velocity), 0.0), step)
    found = Ramp(float(ratio), 5, 5 + rows).positions(way, 0, rows + 10)
    for y in range(rows + 10):
        t = Fraction(min(max(y - 5, 0), rows), rows)
        assert found[y] == round((Fraction(ratio) + (1 - Fraction(ratio)) * t) * Fraction(velocity) * step)
    assert found[-1] == geometry.position((float(velocity), 0.0), step)[0]


def test_a_line_on_the_ground_stays_a_straight_line() -> None:
    rows = np.arange(24, 40)
    for step in (0, 7, 4000):
        places = 300 * RAMP.scales(24, 16) + RAMP.positions(travel((-8.3, 0.0), step), 24, 16)
        line = np.polyval(np.polyfit(rows, places, 1), rows)
        assert np.abs(places - line).max() <= 0.75


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (document(30.0), "sideways"),
        (document() | {"cut": {"mode": "straight"}}, "contours"),
    ],
)
def test_a_ramp_that_cannot_be(data: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        planned(data)


def test_a_layer_that_moves_as_one_has_no_ramp() -> None:
    assert planned(document()).layers[1].ramp == RAMP
    assert planned(document(ramp=1.0)).layers[1].ramp is None
    assert planned(document(ramp=None)).layers[1].ramp is None
    still = document(velocity=[0, 0])
    still["layers"][0]["velocity"] = [-3, 0]
    assert planned(still).layers[1].ramp is None


def ground(x: Any, y: Any) -> Any:
    """The plate of the layer, known at every place: RGBA [..., 4]."""
    rgb = [128 + 90 * np.sin(0.35 * x + 0.2 * y + c) for c in range(3)]
    alpha = np.clip((y - 26 - 2 * np.sin(x / 5.0)) * 90 + 128, 0, 255)
    return np.rint(np.stack([*rgb, alpha], axis=-1)).astype(np.uint8)


def made(data: dict[str, Any]) -> tuple[plan.Plan, SceneSpec, dict[str, Texture]]:
    """A scene with one ground, whose tiles are cut out of its plate as their rows are aligned."""
    layout = planned(data)
    layer = layout.layers[1]
    assert layer.ramp is not None
    textures, tiles = {}, []
    for place in tiling.tiles(layout, 1, (22, HEIGHT)):
        home = travel(layer.velocity, place.first if layer.velocity[0] < 0 else place.last)
        rows = np.arange(place.y, place.y + place.height)
        lead = layer.ramp.positions(home, HEIGHT - 1, 1) - layer.ramp.positions(home, place.y, place.height)
        file = f"{place.first}.png"
        textures[file] = Texture.of(ground((place.x + lead)[:, None] + np.arange(place.width), rows[:, None]))
        box = place.x, place.y, place.width, place.height
        tiles.append(Tile(file, place.first, place.last, *box, "", ramp=layer.ramp, home_px=home))
    manifest = Manifest(WIDTH, HEIGHT, layout.steps, layout.steps, (Plate(1, "ground", tuple(tiles)),))
    manifest = plates.from_json(json.loads(json.dumps(manifest.to_json())))
    spec = scene_building.build(project.from_json(data), layout, manifest)
    return layout, scene.from_json(json.loads(json.dumps(spec.to_json()))), textures


@pytest.mark.parametrize("direction", [180.0, 0.0])
def test_frames_are_what_they_are_by_definition(direction: float) -> None:
    layout, spec, textures = made(document(direction))
    assert len(spec.planes) > 2
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    scales = RAMP.scales(0, HEIGHT)[:, None]
    for frame in range(spec.frames):
        at = x - scales * float(travel(layout.layers[1].velocity, Fraction(frame) / layout.frames_per_step))
        left, share = np.floor(at), (at - np.floor(at))[..., None]
        sampled = ground(left, y) * (1 - share) + ground(left + 1, y) * share
        sampled[:22] = 0
        want = sampled[..., :3] * sampled[..., 3:] / 255
        assert np.abs(frames.render(spec, frame, textures.__getitem__) - want).max() <= 1.6


@pytest.mark.parametrize("direction", [180.0, 0.0])
def test_the_first_frame_is_the_source(direction: float) -> None:
    _, spec, textures = made(document(direction))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    source = ground(x, y).astype(int)
    source[:22] = 0
    want = (source[..., :3] * source[..., 3:] + 127) // 255
    assert np.array_equal(frames.render(spec, 0, textures.__getitem__), want)


def plane(scale: float, slide: Slide | None, x: float = -4.25) -> Plane:
    return Plane("p", 0, 1, "t", 100, 12, 0, 10, scale, (Key(0, x, 3.0), Key(10, x - 20, 3.0)), slide=slide)


def test_a_slide_of_ratio_one_is_no_slide() -> None:
    random = np.random.default_rng(1)
    texture = Texture.of(random.integers(0, 256, (12, 100, 4), np.uint8))
    for scale in (1.0, 1.7):
        both = [
            frames.render(SceneSpec("s", 60, 20, 10, 10, (p,), (), None), 4, lambda _: texture).astype(int)  # type: ignore[arg-type]
            for p in (plane(scale, None), plane(scale, Slide(Ramp(1.0, 0, 11), 0.0, (0.0, -20.0))))
        ]
        inside = slice(4, 20 if scale > 1 else 14)
        assert np.abs(both[0] - both[1])[inside].max() <= 1


def test_outside_of_the_tile_nothing_is_laid() -> None:
    texture = Texture.of(np.full((12, 100, 4), 200, np.uint8))
    spec = SceneSpec("s", 140, 20, 10, 10, (plane(1.0, Slide(Ramp(0.5, 0, 11), 0.0, (0.0, -20.0)), 10.0),), (), None)  # type: ignore[arg-type]
    shown = frames.render(spec, 5, lambda _: texture)[..., 0] > 0
    assert not shown[:3].any()
    assert not shown[15:].any()
    starts = shown[3:15].argmax(axis=1)
    assert starts[0] - starts[-1] == 5, "the upper edge has moved half as far as the lower one"
    assert shown[3:15].sum(axis=1).min() >= 99


def test_opacity_fades_a_slide() -> None:
    texture = Texture.of(np.full((12, 100, 4), 255, np.uint8))
    faded = Plane(**{**vars(plane(1.0, Slide(Ramp(0.5, 0, 11), 0.0, (0.0, -20.0)))), "opacity": (1.0, 0.0)})
    spec = SceneSpec("s", 40, 20, 10, 10, (faded,), (), None)  # type: ignore[arg-type]
    assert frames.render(spec, 5, lambda _: texture)[8, 20, 0] == 128


def test_an_object_moves_with_the_row_on_which_it_stands() -> None:
    layout = planned(document())
    thing = Object(layer=1)
    assert velocity_of(thing, layout, 24) == (-5.0, 0.0)
    assert velocity_of(thing, layout, 60) == velocity_of(thing, layout) == (-10.0, 0.0)
    assert velocity_of(Object(layer=1, velocity=(-2.0, 0.0)), layout, 24) == (-2.0, 0.0)
