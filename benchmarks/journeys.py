"""One journey as a process of its own: its time, its memory, and frames to judge.

A process of its own, because peak memory and compiled code would otherwise be those of whatever ran before. The clock
runs only while the step loop paints; looking at frames is not part of it. Frames and owners are handed over as PNG
files beside the job, which stays as any job leaves it, so that its plates can be read from the manifest.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..inpaint_server import canvas as canvases
from ..inpaint_server import engines
from ..inpaint_server.cutouts import Cutouts
from ..inpaint_server.step_loop import StepLoop
from ..shared import plates as manifests
from ..shared import project as projects
from ..shared.errors import ParallaxError
from ..shared.plates import Plate
from ..shared.project import Project

RGB = NDArray[np.uint8]
RGBA = NDArray[np.uint8]
Owners = NDArray[np.int8]
HOLE = 3
"""Of 255: how much of a pixel may let nothing shine through before it counts as a hole."""


@dataclass(frozen=True)
class Figures:
    """What a journey cost: set-up in s and a step in ms, of the processor (all threads) and by the clock, peak memory
    in MB. `exact`: whether frame 0 is the source, bit for bit. `holes`: largest share of uncovered pixels in a frame.
    """

    setup_cpu_s: float
    setup_wall_s: float
    step_cpu_ms: float
    step_wall_ms: float
    peak_mb: float
    exact: bool
    holes: float


@dataclass(frozen=True)
class Journey:
    """A finished journey in its folder."""

    folder: Path
    figures: Figures

    def frame(self, step: int) -> RGB:
        """The frame at a step that was asked for, RGB uint8 [H, W, 3]."""
        with Image.open(self.folder / f"frame{step}.png") as picture:
            return np.asarray(picture)

    def owners(self, step: int) -> Owners:
        """The layer that is seen at each pixel, int8 [H, W]."""
        with Image.open(self.folder / f"owners{step}.png") as picture:
            return np.asarray(picture).astype(np.int8)

    def plates(self) -> list[RGBA]:
        """The plate of every layer from column 0 of the source to the last that was painted, RGBA uint8 [h, n, 4]."""
        manifest = manifests.from_json(json.loads((self.folder / "job" / "manifest.json").read_text(encoding="utf-8")))
        return [self._plate(plate) for plate in manifest.plates]

    def _plate(self, plate: Plate) -> RGBA:
        right = max(tile.x + tile.width for tile in plate.body)
        top = min(tile.y for tile in plate.body)
        bottom = max(tile.y + tile.height for tile in plate.body)
        out = np.zeros((bottom - top, right, 4), np.uint8)
        # later tiles know what follows where earlier ones only continue their rim
        for tile in plate.body:
            with Image.open(self.folder / "job" / tile.file) as picture:
                pixels = np.asarray(picture)[:, max(0, -tile.x) :]
            x = max(0, tile.x)
            out[tile.y - top : tile.y - top + tile.height, x : x + pixels.shape[1]] = pixels
        return out


def travel(folder: Path, project: Project, picture: RGB, looks: tuple[int, ...]) -> Journey:
    """Run a settled project on a picture, RGB uint8 [H, W, 3], in a process of its own, and look at some steps."""
    folder.mkdir(parents=True)
    Image.fromarray(picture).save(folder / "picture.png", compress_level=1)
    (folder / "project.json").write_text(json.dumps(project.to_json()), encoding="utf-8")
    command = [sys.executable, "-m", "infinite_parallax.benchmarks.journeys", str(folder), *map(str, looks)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr, file=sys.stderr)
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise ParallaxError(f"The journey failed: {last}", "Its own words are above.")
    return Journey(folder, Figures(**json.loads(done.stdout.splitlines()[-1])))


def _run(folder: Path, looks: list[int]) -> Figures:
    """Run what lies in `folder`; called in the process of its own."""
    project = projects.from_json(json.loads((folder / "project.json").read_text(encoding="utf-8")))
    with Image.open(folder / "picture.png") as file:
        picture = np.asarray(file)
    cpu, wall = time.process_time(), time.perf_counter()
    loop = StepLoop(folder / "job", project, picture, engines.load(project.inpaint.engine))
    setup = time.process_time() - cpu, time.perf_counter() - wall
    exact = bool(np.array_equal(loop.preview(), picture))
    _look(folder, loop)
    holes, cpu, wall = 0.0, 0.0, 0.0
    while loop.step < loop.plan.steps:
        begun = time.process_time(), time.perf_counter()
        loop.paint(lambda: False)
        cpu, wall = cpu + time.process_time() - begun[0], wall + time.perf_counter() - begun[1]
        if loop.step in looks:
            _look(folder, loop)
        if loop.step in looks or loop.step % 10 == 0:
            holes = max(holes, _holes(loop))
    loop.manifest(wait=True)
    loop.close()
    steps = loop.plan.steps
    return Figures(*setup, 1e3 * cpu / steps, 1e3 * wall / steps, _peak_mb(), exact, holes)


def _look(folder: Path, loop: StepLoop) -> None:
    Image.fromarray(loop.preview()).save(folder / f"frame{loop.step}.png", compress_level=1)
    owners = loop.painting.frame(loop.step)[1].astype(np.uint8)
    Image.fromarray(owners).save(folder / f"owners{loop.step}.png", compress_level=1)


def _holes(loop: StepLoop) -> float:
    """Share of the frame that nothing covers."""
    if not isinstance(loop.painting, Cutouts):
        extent = canvases.extent(loop.plan)
        now = canvases.compose(loop.plan, loop.stores, loop.step, canvases.Canvas.blank(extent))
        return float((~now.frame(now.known, loop.plan.width, loop.plan.height)).mean())
    shining = np.full((loop.plan.height, loop.plan.width), 255, np.uint16)
    for store in loop.stores:
        rows, pixels = loop.painting.window(store, loop.step)
        shining[rows] = shining[rows] * (255 - pixels[..., 3].astype(np.uint16)) // 255
    return float((shining >= HOLE).mean())


def _peak_mb() -> float:
    # the kernel's maxrss of a child begins with its parent's memory, VmHWM with its own
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Path(sys.argv[1]), [int(step) for step in sys.argv[2:]]))))
