"""The project: the JSON document that a person writes or the interface edits.

It says what is wanted and nothing that follows from it; the plan (`plan.py`) does the arithmetic. Its sections are
dataclasses (`sections.py`). A dictionary passed from hand to hand was the other road: it cannot be type-checked, and a
misspelt key is noticed by nobody.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from . import json_schemas, settings
from .errors import UsageError
from .finishing import Distortion, Grade, LivingLayer, Output, Overlay, Shimmer
from .model_settings import A1111, Caption, ComfyUI, Depth, Diffusers, IOPaint, Segment
from .sections import SECTIONS, Cut, Hint, Inpaint, Layer, MaskShape, Motion, Object, Plates, Prompt, Speed, Walk
from .settings import join
from .sound_settings import Drive, Sound, SoundCue

__all__ = ["SECTIONS", "Project", "assign", "from_json", "json_schema", "load", "parse", "settled"]

SCHEMA = "infinite-parallax/project"
VERSION = 1
MOST_LAYERS = 64
Named = TypeVar("Named", Layer, Object)
LISTS: dict[str, tuple[type[Any], int]] = {
    "layers": (Layer, MOST_LAYERS),
    "hints": (Hint, 256),
    "objects": (Object, 64),
    "prompts": (Prompt, 256),
    "cues": (SoundCue, 128),
    "overlays": (Overlay, 32),
    "distortions": (Distortion, 32),
    "living": (LivingLayer, 32),
    "shimmers": (Shimmer, 32),
    "grades": (Grade, 64),
    "drives": (Drive, 64),
}
"""The lists of a project: what they hold, and how many at most."""


@dataclass(frozen=True)
class Project:
    """A whole project. `layers` from the top of the picture down; empty means that they are suggested."""

    name: str = "untitled"
    picture: str = ""
    motion: Motion = field(default_factory=Motion)
    speed: Speed = field(default_factory=Speed)
    cut: Cut = field(default_factory=Cut)
    inpaint: Inpaint = field(default_factory=Inpaint)
    walk: Walk = field(default_factory=Walk)
    diffusers: Diffusers = field(default_factory=Diffusers)
    depth: Depth = field(default_factory=Depth)
    segment: Segment = field(default_factory=Segment)
    caption: Caption = field(default_factory=Caption)
    a1111: A1111 = field(default_factory=A1111)
    iopaint: IOPaint = field(default_factory=IOPaint)
    comfyui: ComfyUI = field(default_factory=ComfyUI)
    mask: MaskShape = field(default_factory=MaskShape)
    plates: Plates = field(default_factory=Plates)
    sound: Sound = field(default_factory=Sound)
    output: Output = field(default_factory=Output)
    layers: tuple[Layer, ...] = ()
    hints: tuple[Hint, ...] = ()
    objects: tuple[Object, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    cues: tuple[SoundCue, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    distortions: tuple[Distortion, ...] = ()
    living: tuple[LivingLayer, ...] = ()
    shimmers: tuple[Shimmer, ...] = ()
    grades: tuple[Grade, ...] = ()
    drives: tuple[Drive, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document as written to disk."""
        head = {"schema": SCHEMA, "version": VERSION, "name": self.name, "picture": self.picture}
        body = {section: settings.write(getattr(self, section)) for section in SECTIONS}
        return head | body | {name: [settings.write(entry) for entry in getattr(self, name)] for name in LISTS}

    def options_of(self, engine: str) -> dict[str, Any]:
        """The settings of an engine: those of the section of its name, {} if there is none."""
        return settings.write(getattr(self, engine)) if engine in SECTIONS else {}


def options(engine: str, data: Any) -> dict[str, Any]:
    """All settings of an engine where `data` gives some of them; UsageError that names what is wrong."""
    section = SECTIONS.get(engine, _NoSettings)
    return settings.write(settings.read(section, data, engine))


@dataclass(frozen=True)
class _NoSettings:
    """For engines that have no section of their own."""


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
    known = ("schema", "version", "name", "picture", *SECTIONS, *LISTS)
    for key in data:
        if key not in known:
            raise UsageError(f"{key} is not a part of a project.", f"Known here: {', '.join(known)}.")
    parts: dict[str, Any] = {k: _text(data[k], k) for k in ("name", "picture") if k in data}
    parts |= {k: settings.read(cls, data[k], k) for k, cls in SECTIONS.items() if k in data}
    parts |= {name: _entries(name, data[name]) for name in LISTS if name in data}
    return Project(**parts)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{path} must be text, not {settings.describe(value)}.", "Put it in quotes.")
    return value


def _entries(name: str, data: Any) -> tuple[Any, ...]:
    kind, most = LISTS[name]
    if not isinstance(data, list | tuple):
        raise UsageError(f"{name} must be a list, not {settings.describe(data)}.", "Write it in square brackets.")
    if len(data) > most:
        raise UsageError(f"{name} has {len(data)} entries; at most {most} are possible.", "Merge some.")
    return tuple(settings.read(kind, entry, f"{name}.{i}") for i, entry in enumerate(data))


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


def settled(wish: Project, document: Mapping[str, Any]) -> Project:
    """A wish with what a server has settled of it, its job's document: how the picture is cut, and into what.

    Names are the wish's where it has any: they may have been given since the job was made.
    """
    job = from_json(document)
    layers, objects = _named_as(job.layers, wish.layers), _named_as(job.objects, wish.objects)
    return replace(wish, cut=job.cut, speed=job.speed, layers=layers, hints=job.hints, objects=objects)


def _named_as(entries: tuple[Named, ...], wished: tuple[Named, ...]) -> tuple[Named, ...]:
    if len(entries) != len(wished):
        return entries
    return tuple(replace(entry, name=wish.name or entry.name) for entry, wish in zip(entries, wished, strict=True))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a project file."""
    properties: dict[str, Any] = {
        "schema": {"const": SCHEMA},
        "version": {"type": "integer", "minimum": 1, "maximum": VERSION},
        "name": {"type": "string"},
        "picture": {"type": "string", "description": "Path of the picture, relative to the project file."},
    }
    properties |= {name: json_schemas.of(cls) for name, cls in SECTIONS.items()}
    properties |= {
        name: {"type": "array", "maxItems": most, "items": json_schemas.of(kind)}
        for name, (kind, most) in LISTS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Infinite Parallax project",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def assign(data: dict[str, Any], path: str, text: str) -> None:
    """Set one value in a project document by its dotted path, in place: `layers.1.distance`, `500`.

    Layers count from 0. The text is read as JSON where it is JSON and as plain text otherwise, or where the setting is
    text: a prompt may be `1848`, and a workflow is JSON itself.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        value = text
    *parents, last = path.split(".")
    if value is not None and not isinstance(value, str) and _is_text(path):
        value = text
    node: Any = data
    for i, name in enumerate(parents):
        node = _descend(node, name, ".".join(parents[: i + 1]))
    if isinstance(node, list):
        node[_index(node, last, path)] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise UsageError(f"{join('.'.join(parents), last)} has no place in a project.", "Check the path.")


def _is_text(path: str) -> bool:
    """Whether the setting at a path is text."""
    names = path.split(".")
    kind = SECTIONS.get(names[0]) or LISTS.get(names[0], (None,))[0]
    return kind is not None and any(d.name == names[-1] and d.kind == "str" for d in settings.declared(kind))


def _descend(node: Any, name: str, path: str) -> Any:
    if isinstance(node, list):
        return node[_index(node, name, path)]
    if isinstance(node, dict):
        return node.setdefault(name, {})
    raise UsageError(f"{path} has no parts.", "Check the path.")


def _index(node: list[Any], name: str, path: str) -> int:
    if not (name.isdecimal() and len(name) < 10) or int(name) >= len(node):
        raise UsageError(f"{path}: there are {len(node)} entries, counted from 0.", "Give a number in that range.")
    return int(name)
