"""The scene spec: planes, keyframes, sound cues, colour and export as plain data, before any `bpy` call.

Every target (VSE, compositor, planes) and the arithmetic renderer are built from this one description, and tests
compare it as JSON. Building straight into Blender would have made the frame numbers untestable without Blender.
"""

import bisect
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import cues, grading, living_mesh, poking
from .cues import Cue
from .errors import ParallaxError
from .formats import Export
from .grading import Graded
from .living import Body, Life
from .overlays import Sheet, sheet
from .ramp import Ramp, Slide
from .shimmering import Shimmering
from .sway import Rows, Sway, rows

SCHEMA = "infinite-parallax/scene"
VERSION = 1


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
    edge's. With `sways` they sway besides, by how high they lie on the frame; with `lives` every place of the tile
    moves for itself. `opened_px` output px below its last row a nearer layer that lives may open what lies behind it.
    With a `shimmer` its colours change.
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
    lives: tuple[Life, ...] = ()
    opened_px: float = 0.0
    shimmer: Shimmering | None = None

    @property
    def bends(self) -> bool:
        """Whether it is no longer a picture that slides, because its rows move each for itself or it shimmers."""
        return self.shears or self.shimmer is not None

    @property
    def shears(self) -> bool:
        """Whether its rows or all of its places move each for itself."""
        return self.slide is not None or self.mirrors

    @property
    def mirrors(self) -> bool:
        """Whether it goes on mirrored beyond its rim."""
        return bool(self.sways or self.lives or self.opened_px)

    @property
    def drifting(self) -> Life | None:
        """The life of it whose colours move on, if any do."""
        return next((life for life in self.lives if any(life.drift)), None)

    @property
    def lines(self) -> Rows:
        """The lines of its mesh from side to side."""
        across, down = (sum(life.reach[axis] for life in self.lives) for axis in (0, 1))
        swaying = rows(self.sways, self.height, self.scale, self.covers_top, (across, down + self.opened_px))
        return living_mesh.lines(self.lives, self.slide is not None or bool(self.sways), self.height, swaying)

    @property
    def across(self) -> living_mesh.Columns:
        """Where the columns of its mesh lie, in px of the tile."""
        return living_mesh.across(self.lives, self.width, self.lines.spare)

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
    `target` says what Blender builds: strips (vse), nodes (compositor) or planes before a camera (planes),
    `proxies` whether strips have small copies for previews: auto, on or off.
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
    proxies: str = "auto"
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
    swaying = tuple(Sway(**{**sway, "shares": tuple(sway.get("shares", ()))}) for sway in data.get("sways", ()))
    lives = tuple(
        Life(
            **{
                **life,
                "body": Body(**life["body"]),
                "reach": tuple(life["reach"]),
                "drift": tuple(life.get("drift", (0.0, 0.0))),
                **{name: tuple(life.get(name, ())) for name in ("gains", "winds", "clock")},
                "ringing": poking.from_json(life["ringing"]) if life.get("ringing") else None,
            }
        )
        for life in data.get("lives", ())
    )
    if slide:
        slide = Slide(Ramp(**slide["ramp"]), float(slide["home_px"]), tuple(slide["travel_px"]))
    shimmer = _shimmer(data["shimmer"]) if data.get("shimmer") else None
    moving = {"slide": slide, "sways": swaying, "lives": lives, "shimmer": shimmer}
    return Plane(**{**data, "keys": keys, "opacity": opacity, **moving})


def _shimmer(data: Mapping[str, Any]) -> Shimmering:
    return Shimmering(**{**data, **{name: tuple(data.get(name, ())) for name in ("strengths", "phases")}})


def load(path: Path) -> SceneSpec:
    """The spec in a file."""
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        raise ParallaxError(f"{path} cannot be read as a scene: {e}.", "Build it again.") from e
