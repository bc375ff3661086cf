"""What layers that live cost Blender in memory: the shape keys of every tile of a journey, and a frame's evaluation.

To be run by a Blender's own Python, as a module: `.envs/blender-5.2/bin/python -m
infinite_parallax.benchmarks.living_memory`. The tiles are laid out by the plan of a real journey and their pictures are
one pixel each, since pictures cost what they cost without living layers too; what is counted is the process, before and
after the scene is built, and after frames of it were evaluated. Counting the keys' own bytes was the other road: it
misses the drivers and the copies that Blender evaluates.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..blender_addon import targets
from ..shared import plan as plans
from ..shared import project as projects
from ..shared import scene_building, tiling
from ..shared.plates import Manifest, Plate, Tile
from ..shared.png import encode

WIDTH, HEIGHT = 1600, 900
LAYERS = (("sky", 280, 18), ("hills", 150, 50), ("meadow", 170, 145), ("grass", None, 170))
"""Name, rows, and px per step."""
FRAMES = 40
MIB = 2**20


def resident() -> float:
    """The memory of this process, in MiB."""
    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * 4096 / MIB


def scene(folder: Path, steps: int, living: list[dict[str, Any]], target: str) -> Any:
    """The spec of a journey of so many steps, with tiles of one pixel each in `folder`."""
    layers = [{"name": name, "velocity": [-fast, 0]} | ({"height": h} if h else {}) for name, h, fast in LAYERS]
    document = {
        "layers": layers,
        "motion": {"steps": steps, "seconds_per_step": 1, "fps": 24},
        "sound": {"ambience": "none"},
        "living": living,
        "output": {"target": target},
    }
    project = projects.from_json(document)
    plan = plans.plan(project, WIDTH, HEIGHT)
    plates = []
    for layer in plan.layers:
        tiles = []
        for n, tile in enumerate(tiling.tiles(plan, layer.index)):
            name = f"{layer.index:02d}_{n:04d}.png"
            (folder / name).write_bytes(encode(np.full((1, 1, 4), 255, np.uint8)))
            tiles.append(Tile(name, tile.first, tile.last, tile.x, tile.y, tile.width, tile.height, ""))
        plates.append(Plate(layer.index, layer.name, tuple(tiles)))
    return scene_building.build(project, plan, Manifest(WIDTH, HEIGHT, steps, steps, tuple(plates)))


def main() -> None:
    """Print a row of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--layers", choices=("none", "one", "all"), default="one")
    parser.add_argument("--preset", default="vegetation")
    parser.add_argument("--wind", action="store_true", help="the wind turns")
    parser.add_argument("--target", default="vse")
    args = parser.parse_args()
    entry: dict[str, Any] = {"preset": args.preset, "layer": 3 if args.layers == "one" else None}
    if args.wind:
        entry["keys"] = {"wind_deg": [[0, 0], [args.steps, 270]]}
    bpy.ops.wm.read_factory_settings(use_empty=True)
    with tempfile.TemporaryDirectory() as folder:
        spec = scene(Path(folder), args.steps, [entry] if args.layers != "none" else [], args.target)
        before, begun = resident(), time.process_time()
        targets.build(bpy.context.scene, spec, Path(folder), Path(folder))
        built, spent = resident(), time.process_time() - begun
        begun = time.process_time()
        for n in range(1, spec.frames, max(1, spec.frames // FRAMES)):
            bpy.context.scene.frame_set(n)
            for other in bpy.data.scenes:
                other.frame_set(n)
        a_frame = (time.process_time() - begun) / FRAMES
        keys = sum(len(k.key_blocks) for k in bpy.data.shape_keys)
        points = sum(len(k.key_blocks) * len(k.key_blocks[0].data) for k in bpy.data.shape_keys)
        print(
            f"| {bpy.app.version_string} | {args.target} | {args.steps} "
            f"| {args.layers}, {args.preset}{', wind turns' * args.wind} "
            f"| {sum(bool(p.lives) for p in spec.planes)} of {len(spec.planes)} | {keys} | {points * 12 / MIB:.0f} "
            f"| {built - before:.0f} | {resident() - before:.0f} | {spent:.1f} | {1000 * a_frame:.0f} |"
        )


if __name__ == "__main__":
    main()
