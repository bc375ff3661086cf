"""A job as painting left it: the source, the settled project and the tiles, and what they show at any step.

Frames are made by the arithmetic renderer, with every plane at its whole position, so that what is judged is what a
viewer gets and not what some engine remembers. Plates are read in strips along the journey, a tile at a time: a plate
as one picture would need memory that grows with the number of steps.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...shared import frames as arithmetic
from ...shared import plan as plans
from ...shared import plates
from ...shared import project as projects
from ...shared.errors import ParallaxError, UsageError
from ...shared.formats import Export
from ...shared.painting import PROJECT_FILE
from ...shared.plan import Plan
from ...shared.plates import Manifest, Tile
from ...shared.project import Project
from ...shared.ramp import Slide, travel
from ...shared.receding_rows import sampled
from ...shared.scene import Key, Plane, SceneSpec
from ...shared.textures import Texture
from ...shared.visits import visits
from ..limits import Limits
from ..pictures import read_picture

RGB = NDArray[np.uint8]
RGBA = NDArray[np.uint8]
Alpha = NDArray[np.uint8]
Owners = NDArray[np.int8]
ReadTile = Callable[[str], Texture]

HELD = 3
"""Tiles held beside one for each layer."""
_NO_EXPORT = Export(0, None, 1, 0)


class PaintedJob:
    """A finished job in a folder; `source` is RGB uint8 [H, W, 3]."""

    def __init__(self, folder: Path, project: Project, source: RGB) -> None:
        self.folder, self.project, self.source = folder, project, source
        self.manifest: Manifest = plates.load(folder)
        height, width = source.shape[:2]
        if (self.manifest.width, self.manifest.height) != (width, height):
            raise ParallaxError(
                f"The plates are for {self.manifest.width}x{self.manifest.height} px, "
                f"the picture has {width}x{height}.",
                "Give the picture that they were painted from.",
            )
        if not self.manifest.complete:
            raise ParallaxError(
                f"The plates are painted up to step {self.manifest.done} of {self.manifest.steps}.",
                "Resume the job first.",
            )
        self.plan: Plan = plans.plan(project, width, height)
        if self.plan.steps != self.manifest.steps or len(self.plan.layers) != len(self.manifest.plates):
            raise ParallaxError(
                f"The project plans {self.plan.steps} steps of {len(self.plan.layers)} layers, the plates have "
                f"{self.manifest.steps} of {len(self.manifest.plates)}.",
                "Make the plates again with this project.",
            )
        # a frame for every step, so that the visits of objects are counted in steps
        self._stepwise = replace(self.plan, seconds_per_step=1.0, fps=1.0, pace=())
        self.read: ReadTile = _reader(folder, len(self.plan.layers) + HELD)

    @property
    def contours(self) -> bool:
        """Whether the layers follow contours."""
        return self.project.cut.mode == "contour"

    @property
    def sideways(self) -> bool:
        """Whether nothing moves up or down."""
        return not self.plan.vertical

    def painted_px(self, index: int) -> int:
        """How many columns of a plate were painted on a sideways journey; in a loop the source's own come again."""
        way = abs(self.plan.layers[index].position(self.plan.steps)[0])
        return max(0, way - self.plan.width) if self.plan.loop else way

    def plate_rows(self, index: int) -> slice:
        """The rows of a plate that frames of a sideways journey can show: a layer's band, or its cut-out's."""
        layer, body = self.plan.layers[index], self.manifest.plates[index].body
        if not self.contours:
            return slice(layer.top, layer.top + layer.height)
        top = min((t.y for t in body), default=0)
        bottom = max((t.y + t.height for t in body), default=0)
        return slice(max(0, top), max(0, top, min(self.plan.height, bottom)))

    def digest(self) -> str:
        """SHA-256 of everything that is judged: the manifest, which names every tile's, and the source."""
        document = json.dumps(self.manifest.to_json(), sort_keys=True).encode()
        return hashlib.sha256(document + np.ascontiguousarray(self.source).tobytes()).hexdigest()

    def positions(self, step: int) -> list[int]:
        """By how many whole px each layer is shifted sideways at a step."""
        return [layer.position(step)[0] for layer in self.plan.layers]

    def frame(self, step: int) -> RGB:
        """The frame at a step, RGB uint8 [H, W, 3]."""
        return self._render(step, self._planes(step))

    def resized(self) -> Iterator[tuple[slice, slice]]:
        """Rows and columns of the first frame where an object is shown in another size than it has in the source."""
        for thing in self.manifest.objects:
            if thing.scale != 1:
                tile, scale = thing.tile, max(1.0, thing.scale)
                # about its foot, the middle of its lower edge
                middle, foot = tile.x + tile.width / 2, tile.y + tile.height
                left, right = (math.floor(middle + side * tile.width * scale / 2) for side in (-1, 1))
                top = math.floor(foot - tile.height * scale)
                yield slice(max(0, top), max(0, foot)), slice(max(0, left), max(0, right + 1))

    def _render(self, step: int, planes: Iterable[Plane]) -> RGB:
        size = self.plan.width, self.plan.height
        return arithmetic.render(SceneSpec("", *size, 1.0, step + 1, tuple(planes), (), _NO_EXPORT), step, self.read)

    def seen(self, index: int, step: int) -> tuple[RGB, Alpha]:
        """What a layer alone shows at a step, over black: RGB uint8 [H, W, 3], and how opaque it is, uint8 [H, W].

        Objects before the layer and its covers are left out.
        """
        planes = (p for p in self._planes(step, covers=False, objects=False) if p.layer == index)
        return self._render(step, planes), self._alpha(index, step)

    def alphas(self, step: int) -> list[Alpha]:
        """How opaque each layer is at each pixel of the frame, uint8 [H, W] each, far to near; covers left out."""
        return [self._alpha(index, step) for index in range(len(self.plan.layers))]

    def _alpha(self, index: int, step: int) -> Alpha:
        out = np.zeros((self.plan.height, self.plan.width), np.uint8)
        x, y = self.plan.layers[index].position(step)
        for tile in self.on_show(index, step):
            texture = self.read(tile.file)
            if tile.ramp is not None:
                slide = self._slide(tile, index, step)
                left = tile.x + x + slide.leads(slide.travel_px[0], tile.height)
                for rows, _, alpha in sampled(texture, left, tile.y + y, 1.0, out.shape):
                    np.maximum(out[rows], alpha, out=out[rows])
                continue
            rows, down = _meeting(tile.y + y, tile.height, self.plan.height)
            columns, across = _meeting(tile.x + x, tile.width, self.plan.width)
            np.maximum(out[rows, columns], texture.alpha[down, across], out=out[rows, columns])
        return out

    def on_show(self, index: int, step: int) -> Iterator[Tile]:
        """The tiles of a plate, without covers, that are on show at a step."""
        for tile in self.manifest.plates[index].body:
            if tile.first <= step < tile.last or step == tile.last == self.plan.steps:
                yield tile

    def _planes(self, step: int, covers: bool = True, objects: bool = True) -> Iterator[Plane]:
        """Everything on show at a step, at whole positions, far to near."""
        for plate in self.manifest.plates:
            x, y = self.plan.layers[plate.index].position(step)
            fading = [t for t in plate.covers if t.first <= step < t.last or step == t.last == self.plan.steps]
            for tile in (*self.on_show(plate.index, step), *(fading if covers else ())):
                first, last = tile.opacity
                shown = first + (last - first) * (step - tile.first) / (tile.last - tile.first)
                slide = None if tile.ramp is None else self._slide(tile, plate.index, step)
                corner = tile.x + x, tile.y + y
                yield _plane(tile, plate.index, step, corner, 1.0, shown, slide)
            for thing in self.manifest.objects if objects else ():
                for visit in visits(self._stepwise, thing) if thing.layer == plate.index else ():
                    if visit.start <= step < visit.end or step == visit.end == self.plan.steps:
                        where = visit.corner(Fraction(step))
                        yield _plane(thing.tile, plate.index, step, where, thing.scale, 1.0, None)

    def _slide(self, tile: Tile, index: int, step: int) -> Slide:
        assert tile.ramp is not None
        way = travel(self.plan.layers[index].velocity, step)
        return Slide(tile.ramp.raised(tile.y), tile.home_px, (way, way))

    def strip(self, index: int, start: int, stop: int, rows: slice) -> RGBA:
        """Columns start..stop of a plate, counted along the journey from the source's first one: RGBA [h, n, 4].

        Column 0 is the source's edge on the side to which the layer moves, so columns from the width on were painted;
        for a layer that moves to the right all is mirrored. Rows are the plate's. Nowhere painted: transparent.
        """
        out = np.zeros((rows.stop - rows.start, stop - start, 4), np.uint8)
        mirrored = self.plan.layers[index].velocity[0] > 0
        left = self.plan.width - stop if mirrored else start
        for tile in self.manifest.plates[index].body:
            texture = self.read(tile.file) if tile.x < left + stop - start and tile.x + tile.width > left else None
            if texture is not None:
                to_y, from_y = _meeting(tile.y - rows.start, tile.height, out.shape[0])
                to_x, from_x = _meeting(tile.x - left, tile.width, out.shape[1])
                out[to_y, to_x, :3] = texture.rgb.reshape(tile.height, tile.width, 3)[from_y, from_x]
                out[to_y, to_x, 3] = texture.alpha[from_y, from_x]
        return np.ascontiguousarray(out[:, ::-1]) if mirrored else out


def _plane(
    tile: Tile, layer: int, step: int, corner: tuple[float, float], scale: float, shown: float, slide: Slide | None
) -> Plane:
    keys = Key(step, *corner), Key(step + 1, *corner)
    size = tile.width, tile.height
    return Plane("", layer, layer + 1, tile.file, *size, step, step + 1, scale, keys, (shown, shown), slide)


def _meeting(start: int, length: int, limit: int) -> tuple[slice, slice]:
    """Where `length` px from `start` on lie in `limit` px, and which of them those are."""
    first, last = max(0, start), max(0, min(limit, start + length))
    last = max(first, last)
    return slice(first, last), slice(first - start, last - start)


def _reader(folder: Path, held: int) -> ReadTile:
    """Reads tiles of a folder and holds the latest."""

    @lru_cache(maxsize=held)
    def read(file: str) -> Texture:
        try:
            with Image.open(folder / file) as picture:
                return Texture.of(np.asarray(picture.convert("RGBA")))
        except OSError as e:
            raise ParallaxError(f"{folder / file} cannot be read: {e}.", "Fetch the plates again.") from e

    return read


def open_job(folder: Path, picture: Path | None = None) -> PaintedJob:
    """The job in a folder: one of plates, the files beside a scene, or a job's folder in a server's store.

    `picture` stands in for a source that does not lie there. ParallaxError if the folder is none of these.
    """
    if (folder / "job.json").is_file() and (folder / "run").is_dir():
        project = projects.from_json(json.loads((folder / "job.json").read_text(encoding="utf-8"))["project"])
        return PaintedJob(folder / "run", project, _source(picture or folder / "picture.png"))
    if not (folder / "manifest.json").is_file():
        raise UsageError(f"{folder} holds no plates.", "Make some with: infinite-parallax plates PICTURE -o FOLDER")
    if not (folder / PROJECT_FILE).is_file():
        raise UsageError(
            f"{folder} holds plates without their project.", "Make them again with this version of the program."
        )
    project = projects.load(folder / PROJECT_FILE)
    named = folder / project.picture
    if picture is None and not named.is_file():
        raise UsageError(f"{folder} holds no source picture.", "Name it with --picture.")
    return PaintedJob(folder, project, _source(picture or named))


def _source(path: Path) -> RGB:
    try:
        return read_picture(path.read_bytes(), Limits())
    except OSError as e:
        raise ParallaxError(f"{path} cannot be read: {e.strerror}.", "Name the picture with --picture.") from e
