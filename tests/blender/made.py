"""Plates made by hand, without a server: a picture that is known everywhere, cut into the tiles of a real plan."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from infinite_parallax.blender_addon import mask_pictures
from infinite_parallax.shared import living_masks, scene_building, tiling
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.colour_cells import measure
from infinite_parallax.shared.frames import Bytes, Texture
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.plates import Manifest, ObjectPlate, Plate, Tile
from infinite_parallax.shared.scene import SceneSpec
from infinite_parallax.shared.sections import Object
from infinite_parallax.shared.tiling import BLEED_PX, TilePlan
from infinite_parallax.shared.visits import velocity_of

from .pictures import texture, write_png

WIDTH, HEIGHT = 192, 108
RELIEF_PX = 12


def document(direction: float = 180.0, **sections: dict[str, Any]) -> dict[str, Any]:
    """A small project of three layers: 6 steps of half a second at 12 frames per second, cut into short tiles."""
    return {
        "name": "made",
        "motion": {"direction_deg": direction, "step_px": 61, "seconds_per_step": 0.5, "fps": 12, "steps": 6},
        "plates": {"tile_px": 320, "overlap_px": 6},
        "sound": {"ambience": "none"},
        "layers": [
            {"name": "sky", "height": 40, "distance": 100},
            {"name": "hills", "height": 30, "distance": 210},
            {"name": "grass", "distance": 377},
        ],
    } | sections


def made(
    folder: Path,
    data: dict[str, Any],
    contours: bool = False,
    covers: bool = False,
    drift: bool = False,
) -> SceneSpec:
    """Write the plates of a project into `folder` and return its scene.

    With `contours` the layers begin along wavy lines, with `covers` each has one at its beginning and one at its end.
    The objects of the project are made as well. With `drift` the colours of the plates are others the farther away
    from the source.
    """
    project = projects.from_json(data)
    plan = plans.plan(project, WIDTH, HEIGHT)
    plates = []
    for layer in plan.layers:
        reach = (max(0, layer.top - RELIEF_PX), HEIGHT) if contours else None
        tiles = [
            _write(folder, f"{layer.index:02d}_{n:03d}", tile, _picture(plan, layer.index, tile, contours, drift))
            for n, tile in enumerate(tiling.tiles(plan, layer.index, reach))
        ]
        tiles += _covers(folder, plan, layer.index) if covers else []
        plates.append(Plate(layer.index, layer.name, tuple(tiles)))
    things = tuple(_object(folder, plan, thing, n) for n, thing in enumerate(project.objects))
    manifest = Manifest(plan.width, plan.height, plan.steps, plan.steps, tuple(plates), things)
    (folder / "manifest.json").write_text(json.dumps(manifest.to_json()), encoding="utf-8")
    return scene_building.build(project, plan, manifest, living_masks.read(project, mask_pictures.grey))


def _picture(plan: Plan, index: int, tile: TilePlan, contours: bool, drift: bool) -> Bytes:
    rgba = np.full((tile.height, tile.width, 4), 255, np.uint8)
    rgba[..., :3] = texture(tile.x, tile.y, tile.width, tile.height, index)
    if drift:
        away = np.clip((np.arange(tile.x, tile.x + tile.width) - WIDTH) / WIDTH, 0, 1)[:, None]
        rgba[..., :3] = np.rint(rgba[..., :3] * (1 - away * [0.0, 0.2, 0.5]))
    layer = plan.layers[index]
    if index:
        line = np.full(tile.width, float(layer.top))
        if contours:
            x = np.arange(tile.x, tile.x + tile.width)
            line += RELIEF_PX / 2 * (np.sin(x / 9 + index) + 0.6 * np.sin(x / 2.1))
        inside = (np.arange(tile.height)[:, None] + tile.y - line + layer.overlap_px + 1) / (layer.overlap_px + 1)
        rgba[..., 3] = np.rint(255 * np.clip(inside, 0, 1))
    return rgba


def _covers(folder: Path, plan: Plan, index: int) -> list[Tile]:
    """The frame's last columns as something else, seen at step 0 and at the last step."""
    out = []
    for first, opacity in ((0, (1.0, 0.0)), (plan.steps - 1, (0.0, 1.0))):
        x = WIDTH - 40 if first == 0 else -plan.layers[index].position(plan.steps)[0]
        place = TilePlan(first, first + 1, x, plan.layers[index].top, 40, 30)
        rgba = np.full((place.height, place.width, 4), 255, np.uint8)
        rgba[..., :3] = texture(x, 0, place.width, place.height, index + 5)
        rgba[..., 3] = np.clip(np.arange(place.width) * 30 - 60, 0, 255)
        rgba[:, -BLEED_PX:, 3] = rgba[:BLEED_PX, :, 3] = rgba[-BLEED_PX:, :, 3] = 0
        out.append(replace(_write(folder, f"{index:02d}_cover{first}", place, rgba), opacity=opacity))
    return out


def _object(folder: Path, plan: Plan, thing: Object, number: int) -> ObjectPlate:
    """A disc with a soft rim in the thing's box."""
    left, top, right, bottom = (round(v) for v in thing.box or (0, 0, 8, 8))
    place = TilePlan(0, plan.steps, left, top, right - left, bottom - top)
    y, x = np.mgrid[: place.height, : place.width]
    radius = min(place.width, place.height) / 2
    away = np.hypot(x + 0.5 - place.width / 2, y + 0.5 - place.height / 2)
    rgba = np.dstack([texture(left, top, place.width, place.height, 8), np.zeros_like(away, np.uint8)])
    rgba[..., 3] = np.rint(255 * np.clip((radius - 3 - away) / 4, 0, 1))
    tile = _write(folder, f"object{number}", place, rgba)
    return ObjectPlate(thing.name, thing.layer, velocity_of(thing, plan), thing.scale, tile)


def _write(folder: Path, name: str, tile: TilePlan, rgba: Bytes) -> Tile:
    path = folder / "plates" / f"{name}.png"
    write_png(path, rgba)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    box = tile.x, tile.y, tile.width, tile.height
    return Tile(f"plates/{path.name}", tile.first, tile.last, *box, digest, colours=measure(rgba))


def read_pixels(path: Path) -> Bytes:
    """A picture's stored values, uint8 [h, w, 4], read by Blender without any colour conversion."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    image.alpha_mode = "CHANNEL_PACKED"
    values = np.empty(image.size[0] * image.size[1] * 4, np.float32)
    image.pixels.foreach_get(values)
    pixels = values.reshape(image.size[1], image.size[0], 4)[::-1]
    bpy.data.images.remove(image)
    return np.rint(pixels * 255).astype(np.uint8)


def read_tile(folder: Path) -> Any:
    """A reader of tiles for the arithmetic frames."""
    return lambda file: Texture.of(read_pixels(folder / file))
