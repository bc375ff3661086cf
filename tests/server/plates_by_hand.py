"""A finished job made by hand: plates of cloudy noise that are right in every respect, so that faults can be planted.

An engine's job would test the engine as well, and no fault of one is as plain as one that was planted.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from infinite_parallax.inpaint_server.layering.cutout import lay_over
from infinite_parallax.inpaint_server.quality.painted_job import PaintedJob, open_job
from infinite_parallax.inpaint_server.quality.report import Report, judge
from infinite_parallax.shared import project as projects
from infinite_parallax.shared import tiling
from infinite_parallax.shared.plan import Plan, plan
from infinite_parallax.shared.plates import Manifest, Plate, Tile
from infinite_parallax.shared.project import Project
from numpy.typing import NDArray
from PIL import Image

RGB = NDArray[np.uint8]
RGBA = NDArray[np.uint8]
WIDTH, HEIGHT, STEPS = 256, 144, 60
SPEEDS = (7, 9, 12)
TOPS = (0, 48, 96)
COLOURS = ((150, 175, 200), (95, 110, 85), (120, 90, 60))


def clouds(height: int, width: int, seed: int, around: bool = False) -> NDArray[np.float32]:
    """Smooth noise of standard deviation 1 in which nothing comes twice; with `around` its ends meet."""
    noise = np.random.default_rng(seed).standard_normal((height, width + 64)).astype(np.float32)
    if around:
        noise = np.concatenate([noise[:, :width], noise[:, :64]], axis=1)
    soft = cv2.GaussianBlur(np.roll(noise, 32, axis=1), (0, 0), 4)[:, 32:-32]
    return np.asarray(soft / soft.std(), np.float32)


@dataclass
class Made:
    """What is painted for a job: a plate for each layer, RGBA uint8 [rows, columns, 4], its first row, the source."""

    project: Project
    plates: list[RGBA]
    tops: list[int]
    source: RGB = field(init=False)

    def __post_init__(self) -> None:
        self.source = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for plate, top in zip(self.plates, self.tops, strict=True):
            rows = slice(top, top + plate.shape[0])
            first = plate[:, :WIDTH]
            self.source[rows] = lay_over(self.source[rows], first[..., :3], first[..., 3])

    @property
    def plan(self) -> Plan:
        return plan(self.project, WIDTH, HEIGHT)

    def write(self, folder: Path) -> Path:
        """Write the job as painting leaves it; the folder."""
        (folder / "plates").mkdir(parents=True)
        Image.fromarray(self.source).save(folder / "source.png")
        document = replace(self.project, picture="source.png").to_json()
        (folder / "project.json").write_text(json.dumps(document), encoding="utf-8")
        made = tuple(Plate(i, f"layer {i}", tuple(self._tiles(i, folder))) for i in range(len(self.plates)))
        manifest = Manifest(WIDTH, HEIGHT, STEPS, STEPS, made)
        (folder / "manifest.json").write_text(json.dumps(manifest.to_json()), encoding="utf-8")
        return folder

    def _tiles(self, index: int, folder: Path) -> list[Tile]:
        plate, top, out = self.plates[index], self.tops[index], []
        for place in tiling.tiles(self.plan, index, (top, top + plate.shape[0])):
            rows = np.clip(np.arange(place.y, place.y + place.height) - top, 0, plate.shape[0] - 1)
            columns = np.clip(np.arange(place.x, place.x + place.width), 0, plate.shape[1] - 1)
            name = f"plates/layer{index:02d}_{place.first:07d}.png"
            Image.fromarray(plate[rows][:, columns]).save(folder / name)
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            box = place.x, place.y, place.width, place.height
            out.append(Tile(name, place.first, place.last, *box, digest))
        return out

    def judged(self, folder: Path) -> tuple[PaintedJob, Report]:
        """The job opened again, and its report."""
        job = open_job(self.write(folder))
        return job, judge(job)[0]


def make(loop: bool = False, fault: Callable[[int, RGBA], None] | None = None) -> Made:
    """Three layers with wavy skylines that move to the left; `fault` may change each plate before it is laid out."""
    layers = [
        {"name": f"layer {i}", "height": end - top, "velocity": [-speed, 0]}
        for i, (top, end, speed) in enumerate(zip(TOPS, (*TOPS[1:], HEIGHT), SPEEDS, strict=True))
    ]
    document = {
        "name": "by <hand> & eye",
        "cut": {"mode": "contour"},
        "layers": layers,
        "motion": {"steps": STEPS, "loop": loop, "fps": 5},
        "plates": {"tile_px": 512},
    }
    plates = []
    for index, (top, speed) in enumerate(zip(TOPS, SPEEDS, strict=True)):
        plates.append(_plate(index, HEIGHT - top + 20 * (index > 0), speed * STEPS, loop))
        if fault is not None:
            fault(index, plates[-1])
    return Made(projects.from_json(document), plates, [top - 20 * (top > 0) for top in TOPS])


def _plate(index: int, height: int, travelled: int, loop: bool) -> RGBA:
    """A plate of as many columns as the journey shows: in a loop the source comes again at its end."""
    columns = travelled if loop else travelled + WIDTH
    shade = clouds(height, columns, 10 * index, loop)
    plate = np.zeros((height, columns, 4), np.uint8)
    for channel, level in enumerate(COLOURS[index]):
        plate[..., channel] = np.clip(level + 14 * shade, 0, 255).round()
    plate[..., 3] = 255
    if index:
        line = 12 + 4 * clouds(1, columns, 10 * index + 5, loop)[0].clip(-2, 2)
        rise = np.arange(height)[:, None] - line
        plate[..., 3] = np.rint(255 * np.clip(rise + 0.5, 0, 1))
    return np.concatenate([plate, plate[:, :WIDTH]], axis=1) if loop else plate
