"""Frames per second of a 1080p video through each Blender's sequencer, beside MoviePy 2 and beside numpy + x264.

All of them show the same plates at the same positions and encode with x264, CRF 20, a key frame every 18 frames, the
preset medium (Blender calls it GOOD). The plates are those of a long journey, so that tiles have their full width,
which older Blenders pay for; 120 frames of it are rendered. MoviePy places pictures at whole px only, and is given
the plates without their feathered edges as well, which is less work than the others do.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..cli.blenders import Blender, command, find_blenders
from ..cli.preview import all_frames
from ..inpaint_server.encoding import encode
from ..shared import plan as plans
from ..shared import project as projects
from ..shared import scene_building, tiling
from ..shared.example_picture import paint
from ..shared.frames import Bytes, placed
from ..shared.plan import Plan
from ..shared.plates import Manifest, Plate, Tile
from ..shared.scene import Plane, SceneSpec
from ..shared.tiling import TilePlan

WIDTH, HEIGHT = 1920, 1080
SPEEDS = (18.6, 37.2, 75.0, 123.0)
"""px per second of the four layers."""
MARK = "@parallax "


def plates(folder: Path, frames: int, tile_px: int, width: int = WIDTH, height: int = HEIGHT) -> SceneSpec:
    """Cut the example picture, mirrored on and on, into plates; the scene of their first `frames` frames."""
    rows = height // len(SPEEDS)
    layers: list[dict[str, Any]] = [{"height": rows, "velocity": [-round(v * width / WIDTH, 1), 0]} for v in SPEEDS]
    layers[-1].pop("height")
    document = {
        "layers": layers,
        "motion": {"steps": 40, "seconds_per_step": 1, "fps": 30},
        "plates": {"tile_px": tile_px},
        "sound": {"ambience": "none"},
    }
    project = projects.from_json(document)
    plan = plans.plan(project, width, height)
    picture = paint(width, height)
    made = [
        Plate(
            layer.index,
            layer.name,
            tuple(
                _tile(folder, plan, picture, layer.index, n, t) for n, t in enumerate(tiling.tiles(plan, layer.index))
            ),
        )
        for layer in plan.layers
    ]
    spec = scene_building.build(project, plan, Manifest(width, height, plan.steps, plan.steps, tuple(made)))
    shown = tuple(plane for plane in spec.planes if plane.start < frames)
    return replace(spec, frames=frames, planes=shown)


def _tile(folder: Path, plan: Plan, picture: Bytes, index: int, number: int, tile: TilePlan) -> Tile:
    layer = plan.layers[index]
    there_and_back = np.concatenate([np.arange(plan.width), np.arange(plan.width)[::-1]])
    columns = there_and_back[np.arange(tile.x, tile.x + tile.width) % (2 * plan.width)]
    down = np.clip(np.arange(tile.y, tile.y + tile.height), 0, plan.height - 1)
    rgba = np.full((tile.height, tile.width, 4), 255, np.uint8)
    rgba[..., :3] = picture[down][:, columns]
    if index:
        inside = (np.arange(tile.height) + tile.y - layer.top + layer.overlap_px + 1) / (layer.overlap_px + 1)
        rgba[..., 3] = np.rint(255 * np.clip(inside, 0, 1))[:, None]
    name = f"{index:02d}_{number:03d}.png"
    Image.fromarray(rgba).save(folder / name, compress_level=1)
    return Tile(name, tile.first, tile.last, tile.x, tile.y, tile.width, tile.height, "")


def through_blender(blender: Blender, spec: SceneSpec, folder: Path) -> float:
    """Seconds that a Blender renders, from the built scene to the finished file."""
    (folder / "scene.json").write_text(json.dumps(spec.to_json()), encoding="utf-8")
    arguments = ["build", "--spec", folder / "scene.json", "--plates", folder, "--sounds", folder]
    run = command(blender, [str(a) for a in [*arguments, "--render", folder / "out.mp4"]])
    begun, last = math.nan, {}
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(MARK):
                last = json.loads(line.removeprefix(MARK))
                if last["event"] == "built":
                    begun = time.perf_counter()
                elif last["event"] == "done":
                    return time.perf_counter() - begun
    raise SystemExit(f"{blender.label} failed: {last}")


def timed(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def through_moviepy(spec: SceneSpec, folder: Path, feathered: bool) -> float:
    """Seconds that MoviePy takes for the same plates."""
    from moviepy import CompositeVideoClip, ImageClip

    clips = []
    for plane in spec.planes:
        rgba = np.asarray(Image.open(folder / plane.file))
        picture = ImageClip(rgba if feathered else np.ascontiguousarray(rgba[..., :3]), transparent=feathered)
        start, end = plane.start / spec.fps, min(plane.end, spec.frames) / spec.fps
        clips.append(picture.with_start(start).with_end(end).with_position(_position(plane, spec.fps)))
    clip = CompositeVideoClip(clips, size=(spec.width, spec.height)).with_duration(spec.frames / spec.fps)
    quality = ["-crf", str(spec.export.crf), "-g", str(spec.export.keyframe_group), "-pix_fmt", "yuv420p"]
    path, look = str(folder / "moviepy.mp4"), {"codec": "libx264", "preset": "medium", "audio": False, "logger": None}
    return timed(lambda: clip.write_videofile(path, fps=spec.fps, ffmpeg_params=quality, **look))


def _position(plane: Plane, fps: float) -> Callable[[float], tuple[float, float]]:
    return lambda t: placed(plane, round(t * fps) + plane.start)


def through_numpy(spec: SceneSpec, folder: Path) -> float:
    """Seconds of the arithmetic renderer with x264 through a pipe: what `preview` does."""
    path = folder / "numpy.mp4"
    return timed(lambda: encode(spec, all_frames(spec, folder), None, path))


def bare(spec: SceneSpec, folder: Path) -> float:
    """Seconds of the least that could be done: opaque bands, sampled between two columns, x264 through a pipe."""
    bands = [np.asarray(Image.open(folder / plane.file).convert("RGB")) for plane in spec.planes]
    rows = HEIGHT // len(SPEEDS)

    def frames() -> Iterator[NDArray[np.uint8]]:
        for n in range(spec.frames):
            out = np.empty((HEIGHT, WIDTH, 3), np.uint8)
            for i, (plane, band) in enumerate(zip(spec.planes, bands, strict=True)):
                x, y = placed(plane, n)
                left, weight = int(-x), round((-x % 1) * 256)
                part = band[i * rows - round(y) : (i + 1) * rows - round(y), left : left + WIDTH + 1].astype(np.uint16)
                out[i * rows : (i + 1) * rows] = (part[:, :-1] * (256 - weight) + part[:, 1:] * weight + 128) >> 8
            yield out

    return timed(lambda: encode(spec, frames(), None, folder / "bare.mp4"))


def rows_of(spec: SceneSpec, folder: Path, blenders: list[Blender]) -> Iterator[tuple[str, float]]:
    """Name and seconds of each way; NaN for what is not installed."""
    yield "bare loop: numpy, opaque bands, x264", bare(spec, folder)
    yield "`preview`: arithmetic frames, x264", through_numpy(spec, folder)
    for feathered, words in ((False, "opaque bands"), (True, "the same plates")):
        try:
            yield f"MoviePy 2, {words}", through_moviepy(spec, folder, feathered)
        except ImportError:
            yield "MoviePy 2: not installed", math.nan
    for blender in blenders:
        yield (
            f"Blender {'.'.join(map(str, blender.version))} VSE ({blender.kind})",
            through_blender(blender, spec, folder),
        )


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--tile-px", type=int, default=4096, help="longest side of a tile")
    parser.add_argument("--blender", action="append", default=[], metavar="PATH", help="only this one; may be repeated")
    args = parser.parse_args()
    blenders = [b for path in args.blender or [None] for b in find_blenders(path)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec = plates(folder, args.frames, args.tile_px)
        print("| way | frames/s | ms/frame | times MoviePy |\n|---|---|---|---|", flush=True)
        reference = math.nan
        for way, seconds in rows_of(spec, folder, blenders):
            reference = seconds if way.startswith("MoviePy 2, opaque") else reference
            share = f"{reference / seconds:.2f}" if math.isfinite(reference / seconds) else ""
            print(f"| {way} | {spec.frames / seconds:.1f} | {1000 * seconds / spec.frames:.0f} | {share} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
