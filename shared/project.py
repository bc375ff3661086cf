"""The project: the JSON document that a person writes or the interface edits.

It says what is wanted and nothing that follows from it; the plan (`plan.py`) does the arithmetic. Sections are small
frozen dataclasses whose fields are the declarations of the settings. A dictionary passed from hand to hand was the
other road: it cannot be type-checked, and a misspelt key is noticed by nobody.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import settings
from .errors import UsageError
from .settings import join, setting

SCHEMA = "infinite-parallax/project"
VERSION = 1
MOST_LAYERS = 64


@dataclass(frozen=True)
class Motion:
    """Where the picture travels and how fast."""

    direction_deg: float = setting(
        180.0, "Where the picture moves to: 0 right, 90 up, 180 left, 270 down.", flag="direction", unit="degrees"
    )
    smoothness: float | None = setting(
        None,
        "Smaller steps: step_px = int(1000 / smoothness). Empty: 16, or 80 for the law inverse.",
        above=0,
        high=100,
        flag="smoothness",
    )
    step_px: int | None = setting(
        None,
        "Pixels that a speed factor of 1 moves per step; wins over smoothness.",
        low=1,
        high=100000,
        flag="step-px",
        unit="px",
    )
    seconds_per_step: float = setting(
        1.0, "Seconds of video per step.", above=0, high=3600, flag="seconds-per-step", unit="s"
    )
    fps: float = setting(30.0, "Frames per second of the video.", low=1, high=240, flag="fps")
    steps: int | None = setting(
        None, "Number of steps. Empty: until the whole original has left the frame.", low=1, high=1000000, flag="steps"
    )


@dataclass(frozen=True)
class Speed:
    """How a layer's distance becomes its speed."""

    law: str = setting(
        "weight",
        "weight: factor = ratio; inverse: factor = 1 / ratio; depth: factor = the layer's disparity.",
        choices=("weight", "inverse", "depth"),
        flag="law",
    )
    normalise: str = setting(
        "total",
        "Ratio of a distance to the sum of all (total) or to the longest (longest).",
        choices=("total", "longest"),
        flag="normalise",
    )
    preset_column: str = setting(
        "rounded",
        "Which column of the distance presets is used.",
        choices=("rounded", "accurate"),
        flag="preset-column",
    )


PRESETS: dict[str, dict[str, float]] = {
    "cloud": {"rounded": 280.0, "accurate": 16.18},
    "horizon": {"rounded": 50.0, "accurate": 0.15},
    "background": {"rounded": 690.0, "accurate": 689.0},
    "foreground": {"rounded": 800.0, "accurate": 800.0},
}


@dataclass(frozen=True)
class Layer:
    """One layer, a band of rows; the list runs from the top of the picture, and from far to near, down."""

    name: str = setting("", "A name to find the layer by.")
    height: int | None = setting(None, "Rows of the layer. Empty only for the last: it gets what remains.", low=1)
    distance: float | None = setting(None, "Distance; what it means depends on the law.", above=0, high=1e9)
    preset: str | None = setting(None, "Distance by name.", choices=tuple(PRESETS))
    velocity: tuple[float, float] | None = setting(
        None, "Velocity by hand, [x, y] in px per step, y down; wins over everything.", low=-100000, high=100000
    )
    disparity: float | None = setting(
        None, "Median disparity from a depth map, for the law depth: 0 at infinity, larger is nearer.", low=0, high=1e9
    )


@dataclass(frozen=True)
class Inpaint:
    """Who paints the new picture, and with what words."""

    engine: str = setting("walk", "Engine that paints what opens.", flag="engine")
    prompt: str = setting("", "What to paint, for engines that read.", flag="prompt")
    negative_prompt: str = setting("", "What not to paint.", flag="negative-prompt")
    seed: int = setting(0, "Same seed, same result.", low=0, high=2**31 - 1, flag="seed")
    seed_policy: str = setting(
        "fixed", "fixed: the same seed at every step; per_step: seed + step.", choices=("fixed", "per_step")
    )
    warn_divergence: float = setting(
        0.5,
        "Warn when sharpness or colour of new plate departs from the source by more than this share.",
        above=0,
        high=10,
    )


@dataclass(frozen=True)
class MaskShape:
    """How the hole becomes the mask; the parts act in the order in which they stand here."""

    feather_px: int = setting(
        0, "Grow opposite to the velocity, and fade the grown part out linearly.", low=0, high=512, unit="px"
    )
    grow_px: int = setting(0, "Grow in all directions.", low=0, high=512, unit="px")
    taper_corners: bool = setting(True, "Cut the corners while growing, so that they come out slanted.")
    blur_px: float = setting(0.0, "Gaussian blur of the mask's edge (standard deviation).", low=0, high=256, unit="px")
    lerp_alpha: float = setting(1.0, "Share of this step's mask; the rest comes from the step before.", above=0, high=1)
    falloff: float = setting(
        1.0, "Below 1, this share of the step before is added and the sum is normalised.", low=0, high=1
    )


@dataclass(frozen=True)
class Plates:
    """How plates are cut and stored."""

    tile_px: int = setting(4096, "Longest side of a tile.", low=64, high=16384, unit="px")
    overlap_px: int = setting(6, "Rows by which a layer fades over the one behind it.", low=0, high=256, unit="px")


@dataclass(frozen=True)
class Sound:
    """The ambient sound under the picture."""

    ambience: str = setting("wind", "Sound made by the project.", choices=("none", "wind", "water"), flag="ambience")
    volume: float = setting(0.6, "Level of the ambient sound.", low=0, high=4)
    file: str = setting("", "A sound file of your own, laid under the video as well.", flag="sound")


@dataclass(frozen=True)
class Output:
    """The finished video."""

    width: int | None = setting(
        None, "Width of the video. Empty: the picture's.", low=16, high=16384, flag="width", unit="px"
    )
    height: int | None = setting(
        None, "Height of the video. Empty: the picture's.", low=16, high=16384, flag="height", unit="px"
    )
    crf: int = setting(
        20, "Constant quality of H.264, 0 best to 51 worst; bitrate_kbps wins over it.", low=0, high=51, flag="crf"
    )
    bitrate_kbps: int | None = setting(
        None, "Average bitrate in place of constant quality.", low=50, high=500000, flag="bitrate", unit="kb/s"
    )
    keyframe_group: int = setting(18, "Frames from one key frame to the next.", low=1, high=600, flag="gop")
    audio_kbps: int = setting(192, "Bitrate of the sound.", low=32, high=512, unit="kb/s")


SECTIONS: dict[str, type[Any]] = {
    "motion": Motion,
    "speed": Speed,
    "inpaint": Inpaint,
    "mask": MaskShape,
    "plates": Plates,
    "sound": Sound,
    "output": Output,
}


@dataclass(frozen=True)
class Project:
    """A whole project. `layers` from the top of the picture down; empty means the default cut of `plan.py`."""

    name: str = "untitled"
    picture: str = ""
    motion: Motion = field(default_factory=Motion)
    speed: Speed = field(default_factory=Speed)
    inpaint: Inpaint = field(default_factory=Inpaint)
    mask: MaskShape = field(default_factory=MaskShape)
    plates: Plates = field(default_factory=Plates)
    sound: Sound = field(default_factory=Sound)
    output: Output = field(default_factory=Output)
    layers: tuple[Layer, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document as written to disk."""
        head = {"schema": SCHEMA, "version": VERSION, "name": self.name, "picture": self.picture}
        body = {section: settings.write(getattr(self, section)) for section in SECTIONS}
        return head | body | {"layers": [settings.write(layer) for layer in self.layers]}


def from_json(data: Any) -> Project:
    """A project out of its JSON document; anything wrong is a UsageError that names the path of the field."""
    if not isinstance(data, Mapping):
        raise UsageError(f"A project must be an object, not {settings.describe(data)}.", "Start the file with a brace.")
    data = dict(data)
    schema, version = data.pop("schema", SCHEMA), data.pop("version", VERSION)
    if schema != SCHEMA:
        raise UsageError(f"schema is {schema!r}, but a project's is {SCHEMA!r}.", "Is this the right file?")
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UsageError(f"version is {version!r}, but this program reads 1 to {VERSION}.", "Update the program.")
    known = ("schema", "version", "name", "picture", *SECTIONS, "layers")
    for key in data:
        if key not in known:
            raise UsageError(f"{key} is not a part of a project.", f"Known here: {', '.join(known)}.")
    parts: dict[str, Any] = {k: _text(data[k], k) for k in ("name", "picture") if k in data}
    parts |= {k: settings.read(cls, data[k], k) for k, cls in SECTIONS.items() if k in data}
    return Project(**parts, layers=_layers(data.get("layers", [])))


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{path} must be text, not {settings.describe(value)}.", "Put it in quotes.")
    return value


def _layers(data: Any) -> tuple[Layer, ...]:
    if not isinstance(data, list | tuple):
        raise UsageError(f"layers must be a list, not {settings.describe(data)}.", "Write it in square brackets.")
    if len(data) > MOST_LAYERS:
        raise UsageError(f"layers has {len(data)} entries; at most {MOST_LAYERS} are possible.", "Merge some.")
    return tuple(settings.read(Layer, entry, f"layers.{i}") for i, entry in enumerate(data))


def _refuse_constant(name: str) -> Any:
    raise UsageError(f"The project holds {name}, which is not JSON.", "Give a finite number.")


def parse(text: str, where: str = "the project") -> Any:
    """JSON text to data. NaN and infinities, which Python's parser would let through, are refused."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as e:
        raise UsageError(f"{where} is not JSON: line {e.lineno}, column {e.colno}: {e.msg}.", "Mend that line.") from e
    except RecursionError as e:
        raise UsageError(f"{where} is nested too deeply.", "Is this the right file?") from e
    except ValueError as e:
        # Python refuses to turn more than 4300 digits into a number
        raise UsageError(f"{where} holds a number that is too long to be read.", "Write a shorter one.") from e


def load(path: Path) -> Project:
    """A project from a file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{path} cannot be read: {e}.", "Give the path of a project file.") from e
    return from_json(parse(text, str(path)))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a project file."""
    properties: dict[str, Any] = {
        "schema": {"const": SCHEMA},
        "version": {"type": "integer", "minimum": 1, "maximum": VERSION},
        "name": {"type": "string"},
        "picture": {"type": "string", "description": "Path of the picture, relative to the project file."},
    }
    properties |= {name: settings.json_schema(cls) for name, cls in SECTIONS.items()}
    properties["layers"] = {"type": "array", "maxItems": MOST_LAYERS, "items": settings.json_schema(Layer)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Infinite Parallax project",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def assign(data: dict[str, Any], path: str, text: str) -> None:
    """Set one value in a project document by its dotted path, in place: `layers.1.distance`, `500`.

    Layers count from 0. The text is read as JSON where it is JSON and as plain text otherwise.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        value = text
    *parents, last = path.split(".")
    node: Any = data
    for i, name in enumerate(parents):
        node = _descend(node, name, ".".join(parents[: i + 1]))
    if isinstance(node, list):
        node[_index(node, last, path)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise UsageError(f"{join('.'.join(parents), last)} has no place in a project.", "Check the path.")


def _descend(node: Any, name: str, path: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, name, path)]
    if isinstance(node, dict):
        return node.setdefault(name, {})
    raise UsageError(f"{path} has no parts.", "Check the path.")


def _index(node: list[Any], name: str, path: str) -> int:
    if not name.isdigit() or int(name) >= len(node):
        raise UsageError(f"{path}: there are {len(node)} layers, counted from 0.", "Give a number in that range.")
    return int(name)
