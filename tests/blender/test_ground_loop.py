"""Ground that recedes in a loop, in Blender: every row comes home after a way of its own, and frames are exact."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import targets
from infinite_parallax.shared import frames, scene_building, tiling
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.frames import Bytes
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from infinite_parallax.shared.ramp import travel
from infinite_parallax.shared.scene import SceneSpec

from .compared import compared
from .made import read_tile
from .pictures import texture, write_png

pytestmark = pytest.mark.blender

WIDTH, HEIGHT, TOP = 128, 72, 40


def document(direction: float) -> dict[str, Any]:
    sign = -1 if direction == 180 else 1
    return {
        "name": "ground loop",
        "motion": {"loop": True, "direction_deg": direction, "seconds_per_step": 0.5, "fps": 4},
        "plates": {"tile_px": 260},
        "cut": {"mode": "contour"},
        "sound": {"ambience": "none"},
        "layers": [{"height": TOP, "velocity": [0, 0]}, {"velocity": [sign * 31.5, 0], "ramp": 0.55}],
    }


def made(folder: Path, direction: float) -> SceneSpec:
    """A sky at rest, and ground whose rows repeat each after its own way, in tiles as the server aligns them."""
    project = projects.from_json(document(direction))
    plan = plans.plan(project, WIDTH, HEIGHT)
    layer = plan.layers[1]
    assert layer.ramp is not None
    sky = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    sky[..., :3] = texture(0, 0, WIDTH, HEIGHT, 1)
    tiles = []
    for place in tiling.tiles(plan, 1, (TOP, HEIGHT)):
        home = travel(layer.velocity, place.first if direction == 180 else place.last)
        last = layer.ramp.positions(home, layer.ramp.bottom, 1)
        leads = last - layer.ramp.positions(home, place.y, place.height)
        tiles.append(_tile(folder, place, _ground(plan, place, leads), ramp=layer.ramp, home_px=home))
    for first, shown, left in ((0, (1.0, 0.0), 0), (plan.steps - 1, (0.0, 1.0), -layer.position(plan.steps)[0])):
        place = tiling.TilePlan(first, first + 1, left, TOP + 4, 30, 20)
        rgba = np.full((20, 30, 4), 255, np.uint8)
        rgba[..., :3], rgba[..., 3] = (250, 40, 200), np.clip(np.arange(30) * 30 - 60, 0, 255)
        rgba[:, -2:, 3] = rgba[:2, :, 3] = rgba[-2:, :, 3] = 0
        home = travel(layer.velocity, first + 1 if first else 0)
        tiles.append(_tile(folder, place, rgba, ramp=layer.ramp, home_px=home, opacity=shown))
    still = _tile(folder, tiling.TilePlan(0, plan.steps, 0, 0, WIDTH, HEIGHT), sky)
    plates = Plate(0, "sky", (still,)), Plate(1, "ground", tuple(tiles))
    return scene_building.build(project, plan, Manifest(WIDTH, HEIGHT, plan.steps, plan.steps, plates))


def _ground(plan: plans.Plan, place: tiling.TilePlan, leads: Any) -> Bytes:
    ramp = plan.layers[1].ramp
    assert ramp is not None
    rows = np.arange(place.y, place.y + place.height)
    long = texture(0, 0, ramp.around or 0, HEIGHT, 3)
    rgba = np.full((place.height, place.width, 4), 255, np.uint8)
    for i, (row, around) in enumerate(zip(rows, ramp.trips(place.y, place.height), strict=True)):
        columns = (place.x + leads[i] + np.arange(place.width)) % around
        rgba[i, :, :3] = long[min(row, HEIGHT - 1), columns]
    rgba[..., 3] = np.clip((rows[:, None] - TOP - 3) * 70 + 40, 0, 255)
    return rgba


def _tile(folder: Path, place: tiling.TilePlan, rgba: Bytes, **more: Any) -> Tile:
    file = f"{place.first}_{place.last}_{place.width}{len(more)}.png"
    write_png(folder / file, rgba)
    digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
    return Tile(file, place.first, place.last, place.x, place.y, place.width, place.height, digest, **more)


@pytest.mark.parametrize("direction", [180.0, 0.0], ids=["left", "right"])
@pytest.mark.parametrize("target", ["vse", "compositor", "planes"])
def test_a_loop_with_ground(tmp_path: Path, target: str, direction: float) -> None:
    spec = replace(made(tmp_path, direction), target=target)
    assert len([plane for plane in spec.planes if plane.slide]) > 4
    first = frames.render(spec, 0, read_tile(tmp_path))
    planes = tuple(replace(p, end=p.end + (p.end == spec.frames)) for p in spec.planes)
    after = replace(spec, planes=planes, frames=spec.frames + 1)
    assert np.array_equal(frames.render(after, spec.frames, read_tile(tmp_path)), first)
    targets.build(bpy.context.scene, spec, tmp_path, tmp_path)
    for frame in (0, 1, spec.frames // 2, spec.frames - 1):
        _, off = compared(spec, tmp_path, frame)
        assert off.mean() <= 0.5
        assert off.max() <= 3
