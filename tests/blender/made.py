"""Plates made by hand, without a server: a picture that is known everywhere, cut into the tiles of a real plan."""

import hashlib
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import scene, tiling
from infinite_parallax.shared.frames import Bytes, Texture
from infinite_parallax.shared.plan import Plan
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from infinite_parallax.shared.scene import SceneSpec
from infinite_parallax.shared.tiling import TilePlan

from .pictures import texture, write_png

WIDTH, HEIGHT = 192, 108


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


def made(folder: Path, data: dict[str, Any]) -> SceneSpec:
    """Write the plates of a project into `folder` and return its scene."""
    project = projects.from_json(data)
    plan = plans.plan(project, WIDTH, HEIGHT)
    plates = []
    for layer in plan.layers:
        tiles = [_write(folder, plan, layer.index, n, tile) for n, tile in enumerate(tiling.tiles(plan, layer.index))]
        plates.append(Plate(layer.index, layer.name, tuple(tiles)))
    manifest = Manifest(plan.width, plan.height, plan.steps, plan.steps, tuple(plates))
    return scene.build(project, plan, manifest)


def _write(folder: Path, plan: Plan, index: int, number: int, tile: TilePlan) -> Tile:
    rgba = np.full((tile.height, tile.width, 4), 255, np.uint8)
    rgba[..., :3] = texture(tile.x, tile.y, tile.width, tile.height, index)
    layer = plan.layers[index]
    if index:
        inside = (np.arange(tile.height) + tile.y - layer.top + layer.overlap_px + 1) / (layer.overlap_px + 1)
        rgba[..., 3] = np.rint(255 * np.clip(inside, 0, 1))[:, None]
    path = folder / "plates" / f"{index:02d}_{number:03d}.png"
    write_png(path, rgba)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Tile(f"plates/{path.name}", tile.first, tile.last, tile.x, tile.y, tile.width, tile.height, digest)


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
