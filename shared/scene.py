"""The scene spec: planes, keyframes, sound cues, colour and export as plain data, before any `bpy` call.

Every target (VSE, compositor, planes) and the arithmetic renderer are built from this one description, and tests
compare it as JSON. Building straight into Blender would have made the frame numbers untestable without Blender.
"""

import bisect
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import cues, geometry, grading, overlays
from .cues import Cue
from .errors import ParallaxError, UsageError
from .finishing import Output
from .formats import Export, export
from .grading import Graded
from .overlays import Sheet, sheet
from .plan import Plan
from .plates import Manifest, ObjectPlate, Plate, Tile
from .project import Project
from .ramp import Ramp, Slide, travel
from .sway import Sway, sways
from .visits import visits

SCHEMA = "infinite-parallax/scene"
VERSION = 1
NEAR_PX = 1 / 8
"""How far a plane's keys may leave the curve that its pace asks for."""
LEVELS = 256
"""Of opacity: its keys leave the curve by one of them at most."""


@dataclass(frozen=True)
class Key:
    """Where the upper left corner of a plane is at a frame counted from 0, in output px, y down; linear between."""

    frame: int
    x: float
    y: float


@dataclass(frozen=True)
class Plane:
    """A textured plane: one tile, on show in frames `start`..`end` - 1, moving linearly from key to key.

    There are two keys, at its start and its end; with a pace as many as keep it within an eighth of a px of the curve.

    `file` is relative to the folder of the plates; `width` and `height` are the tile's own px, shown `scale` times
    as large. `opacity` multiplies its alpha, at each of its keys and linear between. Planes are listed far to near,
    and `channel` counts from 1: one for each layer, directly above it one for its covers if it has any, and one for
    each object that lies before it. With a `slide` the rows move each at a speed of its own; the keys are the lower
    edge's. With `sways` they sway besides, by how high they lie on the frame.
    """

    name: str
    layer: int
    channel: int
    file: str
    width: int
    height: int
    start: int
    end: int
    scale: float
    keys: tuple[Key, ...]
    opacity: tuple[float, ...] = (1.0, 1.0)
    slide: Slide | None = None
    sways: tuple[Sway, ...] = ()

    @property
    def bends(self) -> bool:
        """Whether its rows move each for itself, so that it is no longer a picture that slides."""
        return self.slide is not None or bool(self.sways)

    @property
    def covers_top(self) -> bool:
        """Whether its first row is never below the frame's."""
        return max(key.y for key in self.keys) <= 0

    @property
    def fades(self) -> bool:
        """Whether its opacity is ever anything but 1."""
        return any(value != 1 for value in self.opacity)

    def at(self, frame: float, values: Sequence[float]) -> float:
        """What `values`, one for each key, are at a frame."""
        i = min(max(bisect.bisect_right(self.keys, frame, key=lambda key: key.frame), 1), len(self.keys) - 1)
        a, b = self.keys[i - 1], self.keys[i]
        return values[i - 1] + (values[i] - values[i - 1]) * ((frame - a.frame) / (b.frame - a.frame))


@dataclass(frozen=True)
class SceneSpec:
    """A whole scene of `width` x `height` px, `frames` frames at `fps`; `name` finds it again for an update.

    With `loop` the frame after the last is the first one, and sounds have to meet themselves as well. With a `window`
    (left, top, right, bottom, px) the picture fills only that part of the frame; all round it is black.
    `target` says what Blender builds: strips (vse), nodes (compositor) or planes before a camera (planes).
    """

    name: str
    width: int
    height: int
    fps: float
    frames: int
    planes: tuple[Plane, ...]
    cues: tuple[Cue, ...]
    export: Export
    loop: bool = False
    window: tuple[int, int, int, int] | None = None
    target: str = "vse"
    sheets: tuple[Sheet, ...] = ()
    grades: tuple[Graded, ...] = ()

    @property
    def visuals(self) -> list[Plane | Sheet | Graded]:
        """Everything that has a channel of its own and is seen, far to near."""
        over_all = (grade for grade in self.grades if grade.layer is None)
        return sorted((*self.planes, *self.sheets, *over_all), key=lambda shown: shown.channel)

    def grades_of(self, layer: int) -> tuple[Graded, ...]:
        """The grades of one layer."""
        return tuple(grade for grade in self.grades if grade.layer == layer)

    def to_json(self) -> dict[str, Any]:
        """The spec as a JSON document."""
        return {"schema": SCHEMA, "version": VERSION, **asdict(self)}


def from_json(data: Mapping[str, Any]) -> SceneSpec:
    """A spec out of its document."""
    if data.get("schema") != SCHEMA or data.get("version") != VERSION:
        raise ParallaxError(
            f"This is no scene of version {VERSION}: {data.get('schema')!r}, {data.get('version')!r}.",
            "Build it again with this version of the program.",
        )
    made = ("schema", "version", "planes", "cues", "export", "sheets", "grades")
    rest = {k: v for k, v in data.items() if k not in made}
    planes = tuple(_plane(p) for p in data["planes"])
    if rest.get("window"):
        rest["window"] = tuple(rest["window"])
    return SceneSpec(
        **rest,
        planes=planes,
        cues=tuple(cues.from_json(cue) for cue in data["cues"]),
        export=Export(**data["export"]),
        sheets=tuple(sheet.from_json(s) for s in data.get("sheets", ())),
        grades=tuple(grading.from_json(g) for g in data.get("grades", ())),
    )


def _plane(data: Mapping[str, Any]) -> Plane:
    keys = tuple(Key(**key) for key in data["keys"])
    opacity = tuple(data.get("opacity", (1.0,) * len(keys)))
    slide = data.get("slide")
    swaying = tuple(Sway(**sway) for sway in data.get("sways", ()))
    if slide:
        slide = Slide(Ramp(**slide["ramp"]), float(slide["home_px"]), tuple(slide["travel_px"]))
    return Plane(**{**data, "keys": keys, "opacity": opacity, "slide": slide, "sways": swaying})


def load(path: Path) -> SceneSpec:
    """The spec in a file."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        raise ParallaxError(f"{path} cannot be read as a scene: {e}.", "Build it again.") from e


@dataclass(frozen=True)
class Framing:
    """How the picture lies on the output frame: scaled about its centre, then moved by whole px.

    It fills the `window` (left, top, right, bottom) of it, None: the whole frame.
    """

    width: int
    height: int
    scale: float
    x: int
    y: int
    window: tuple[int, int, int, int] | None = None


def framing(output: Output, width: int, height: int) -> Framing:
    """The output frame for a picture of `width` x `height` px; even sizes, because H.264's 4:2:0 needs them."""
    ratio = width / height
    out_w = output.width or (round(output.height * ratio) if output.height else width)
    out_h = output.height or (round(output.width / ratio) if output.width else height)
    out_w, out_h = max(2, out_w - out_w % 2), max(2, out_h - out_h % 2)
    native = out_w in (width, width - 1) and out_h in (height, height - 1)
    fit = max if output.fit == "crop" else min
    scale = 1.0 if native else fit(out_w / width, out_h / height)
    x, y = round((out_w - width * scale) / 2), round((out_h - height * scale) / 2)
    return Framing(out_w, out_h, scale, x, y, _window(output, out_w, out_h, x, y, width * scale, height * scale))


def _window(
    output: Output, out_w: int, out_h: int, x: int, y: int, shown_w: float, shown_h: float
) -> tuple[int, int, int, int] | None:
    """The part of the frame that the whole picture fills; None if nothing is left of it."""
    # a row or column that the picture fills in part only is left to the bars
    window = (x, y, min(out_w, x + int(shown_w + 1e-6)), min(out_h, y + int(shown_h + 1e-6)))
    return None if output.fit == "crop" or window == (0, 0, out_w, out_h) else window


def build(project: Project, plan: Plan, manifest: Manifest) -> SceneSpec:
    """The scene of finished plates."""
    if (manifest.width, manifest.height, manifest.steps) != (plan.width, plan.height, plan.steps):
        raise ParallaxError(
            f"The plates are for {manifest.width}x{manifest.height} px and {manifest.steps} steps, "
            f"the project asks for {plan.width}x{plan.height} px and {plan.steps} steps.",
            "Make the plates again with this project.",
        )
    if not manifest.complete:
        raise ParallaxError(
            f"The plates are painted up to step {manifest.done} of {manifest.steps}.", "Resume the job first."
        )
    frame = framing(project.output, plan.width, plan.height)
    planes, sheets, grades = _laid(project, plan, manifest, frame)
    return SceneSpec(
        name=project.name,
        width=frame.width,
        height=frame.height,
        fps=plan.fps,
        frames=plan.frames,
        planes=planes,
        cues=cues.build(project, plan),
        export=export(project.output),
        loop=plan.loop,
        window=frame.window,
        target=project.output.target,
        sheets=sheets,
        grades=grades,
    )


def _laid(
    project: Project, plan: Plan, manifest: Manifest, frame: Framing
) -> tuple[tuple[Plane, ...], tuple[Sheet, ...], tuple[Graded, ...]]:
    """All planes, the sheets of the overlays and the grades, the channels numbered as they come, from far to near.

    Grades of the whole lie over weather and light, and below what belongs to the film: grain, vignette, letterbox.
    """
    for kind in ("overlays", "distortions", "grades"):
        for number, entry in enumerate(getattr(project, kind)):
            _check_layer(f"{kind}.{number}.layer", entry.layer, plan)
    stage = sheet.Stage(frame.width, frame.height, plan.fps, plan.frames, plan.loop)
    waiting = list(overlays.sheets(project.overlays, stage))
    channels = itertools.count(1)
    planes: list[Plane] = []
    sheets: list[Sheet] = []
    for plate in manifest.plates:
        wanted = project.distortions, plate.index, frame.scale, plan.fps, plan.frames, plan.loop
        swaying = tuple(sways(*wanted))
        planes += (replace(p, sways=swaying) for p in _planes(plan, plate, manifest, frame, channels))
        sheets += (replace(s, channel=next(channels)) for s in waiting if s.layer == plate.index)
    over_all = [s for s in waiting if s.layer is None]
    sheets += (replace(s, channel=next(channels)) for s in over_all if s.kind not in overlays.FILM)
    grades = tuple(
        grade if grade.layer is not None else replace(grade, channel=next(channels))
        for grade in grading.graded(project.grades, plan.frames)
    )
    sheets += (replace(s, channel=next(channels)) for s in over_all if s.kind in overlays.FILM)
    return tuple(planes), tuple(sheets), grades


def _check_layer(path: str, layer: int | None, plan: Plan) -> None:
    if layer is not None and layer >= len(plan.layers):
        raise UsageError(
            f"{path} is {layer}, but the layers are 0 to {len(plan.layers) - 1}.",
            "Choose one of them, or leave it empty: it then counts for all.",
        )


def _planes(plan: Plan, plate: Plate, manifest: Manifest, frame: Framing, channels: Iterator[int]) -> Iterator[Plane]:
    """The planes of a layer and of the objects directly before it, far to near."""
    name, velocity = f"{plate.index:02d} {plate.name}", plan.layers[plate.index].velocity
    channel = next(channels)
    for number, tile in enumerate(plate.body):
        yield from _tile_plane(plan, plate.index, velocity, tile, frame, f"{name} {number:03d}", channel)
    channel = next(channels) if plate.covers else channel
    for number, tile in enumerate(plate.covers):
        yield from _tile_plane(plan, plate.index, velocity, tile, frame, f"{name} cover {number}", channel)
    for number, thing in enumerate(manifest.objects):
        if thing.layer == plate.index:
            yield from _object_planes(plan, thing, frame, f"object {number} {thing.name}", next(channels))


def _tile_plane(
    plan: Plan, layer: int, velocity: geometry.Velocity, tile: Tile, frame: Framing, name: str, channel: int
) -> Iterator[Plane]:
    """The plane of a tile of a layer; none if it is on show for less than a frame."""
    start, end = (min(plan.frames, plan.first_frame_at(k)) for k in (tile.first, tile.last))
    end = plan.frames if tile.last == plan.steps else end
    if end > start:
        fading = (tile.last - tile.first) / LEVELS if tile.is_cover else math.inf
        at = plan.key_frames(start, end, min(fading, _tolerance_steps(velocity, frame.scale)))
        keys = tuple(_key(plan, velocity, tile, frame, n) for n in at)
        shown = tuple(_opacity(plan, tile, n) for n in at)
        size = tile.width, tile.height
        slide = _slide(plan, velocity, tile, at)
        yield Plane(name, layer, channel, tile.file, *size, start, end, frame.scale, keys, shown, slide)


def _object_planes(plan: Plan, thing: ObjectPlate, frame: Framing, name: str, channel: int) -> Iterator[Plane]:
    """A plane for every visit of an object to the frame."""
    for number, visit in enumerate(visits(plan, thing)):
        size, scale = (thing.tile.width, thing.tile.height), frame.scale * thing.scale
        keys = []
        for n in plan.key_frames(visit.start, visit.end, _tolerance_steps(visit.velocity, frame.scale)):
            x, y = visit.corner(plan.step_at(n))
            keys.append(Key(n, x * frame.scale + frame.x, y * frame.scale + frame.y))
        yield Plane(
            f"{name} {number}",
            thing.layer,
            channel,
            thing.tile.file,
            *size,
            visit.start,
            visit.end,
            scale,
            tuple(keys),
            (1.0,) * len(keys),
        )


def _tolerance_steps(velocity: geometry.Velocity, scale: float) -> float:
    """Part of a step in which something moves by an eighth of a px of the output."""
    speed = math.hypot(*velocity) * scale
    return NEAR_PX / speed if speed else math.inf


def _key(plan: Plan, velocity: geometry.Velocity, tile: Tile, frame: Framing, n: int) -> Key:
    steps = plan.step_at(n)
    x, y = (o + float(geometry.exact(v) * steps) for o, v in zip((tile.x, tile.y), velocity, strict=True))
    return Key(n, x * frame.scale + frame.x, y * frame.scale + frame.y)


def _slide(plan: Plan, velocity: geometry.Velocity, tile: Tile, at: Sequence[int]) -> Slide | None:
    """How the rows of a tile slide apart, told at some frames, if they do."""
    if tile.ramp is None:
        return None
    return Slide(tile.ramp.raised(tile.y), tile.home_px, tuple(travel(velocity, plan.step_at(n)) for n in at))


def _opacity(plan: Plan, tile: Tile, n: int) -> float:
    """How opaque a tile is at a frame; a frame may lie a little beyond the tile's last step."""
    first, last = tile.opacity
    share = (plan.step_at(n) - tile.first) / (tile.last - tile.first)
    return first + (last - first) * float(min(max(share, Fraction(0)), Fraction(1)))
