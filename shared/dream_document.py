"""A dream as a document: what is to be painted to a sound, with which model, and how the video is written.

It is no project: nothing travels, and no layer is cut. But its sections are the very declarations that a project has,
so each setting has one name, one help and one check. To make it a part of the project was the other road: every journey
would carry settings that mean nothing to it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import json_schemas, settings
from .dream_settings import Dream
from .errors import UsageError
from .finishing import Output
from .formats import FORMATS
from .model_settings import Diffusers
from .project import LISTS
from .sections import Prompt

SOUND, PICTURE = "sound", "picture"
"""The names of the parts that come with the document: the sound, and the picture to begin with, if there is one."""
SECTIONS: dict[str, type[Any]] = {"dream": Dream, "diffusers": Diffusers, "output": Output}
OF_JOURNEYS = (
    "strength", "ahead_steps", "controlnet", "controlnet_scale", "slicing", "compile", "sound", "sound_weight"
)  # fmt: skip
"""Settings of the section `diffusers` that are about masks, or that a dream has in words of its own."""
SHOWN = ("fps", "between")
"""Settings of a dream that change how the video is joined, and nothing that is painted."""


@dataclass(frozen=True)
class DreamDocument:
    """What is dreamt. Of `output` only the format, its quality and its sound matter."""

    name: str = "dream"
    dream: Dream = field(default_factory=Dream)
    prompts: tuple[Prompt, ...] = ()
    diffusers: Diffusers = field(default_factory=Diffusers)
    output: Output = field(default_factory=Output)

    def to_json(self) -> dict[str, Any]:
        """The document as it is sent and kept."""
        body = {name: settings.write(getattr(self, name)) for name in SECTIONS}
        return {"name": self.name} | body | {"prompts": [settings.write(entry) for entry in self.prompts]}


def from_json(data: Any) -> DreamDocument:
    """A dream out of its JSON document; anything wrong is a UsageError that names the path of the field."""
    if not isinstance(data, Mapping):
        raise UsageError(f"A dream must be an object, not {settings.describe(data)}.", "Start it with a brace.")
    known = ("name", *SECTIONS, "prompts")
    for key in data:
        if key not in known:
            raise UsageError(f"{str(key)[:80]} is not a part of a dream.", f"Known here: {', '.join(known)}.")
    parts: dict[str, Any] = {
        name: settings.read(cls, data[name], name) for name, cls in SECTIONS.items() if name in data
    }
    if "name" in data:
        parts["name"] = data["name"] if isinstance(data["name"], str) else _no_text(data["name"])
    document = DreamDocument(**parts, prompts=_prompts(data.get("prompts", ())))
    if FORMATS[document.output.format].sequence:
        raise UsageError(
            f"output.format is {document.output.format}, a file for each frame; a dream is written as one file.",
            "Choose a video; the painted frames are PNG files of their own.",
        )
    return document


def _no_text(value: Any) -> str:
    raise UsageError(f"name must be text, not {settings.describe(value)}.", "Put it in quotes.")


def _prompts(data: Any) -> tuple[Prompt, ...]:
    kind, most = LISTS["prompts"]
    if not isinstance(data, list | tuple) or len(data) > most:
        raise UsageError(f"prompts must be a list of at most {most}, not {settings.describe(data)}.", "Mend the list.")
    return tuple(settings.read(kind, entry, f"prompts.{i}") for i, entry in enumerate(data))


def painted_part(document: DreamDocument) -> DreamDocument:
    """The document without what changes nothing about the painted frames, so that another video finds the same job."""
    plain = DreamDocument()
    still = {name: getattr(plain.dream, name) for name in SHOWN}
    return replace(document, name=plain.name, output=plain.output, dream=replace(document.dream, **still))


def digest(document: DreamDocument, sound: bytes, picture: bytes | None, version: str = "") -> str:
    """What tells dreams apart, 64 hexadecimal digits: what is painted, to which sound, out of which picture."""
    text = json.dumps([version, painted_part(document).to_json()], sort_keys=True).encode()
    whole = hashlib.sha256(text + hashlib.sha256(sound).digest())
    whole.update(b"" if picture is None else hashlib.sha256(picture).digest())
    return whole.hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    properties: dict[str, Any] = {"name": {"type": "string"}}
    properties |= {name: json_schemas.of(cls) for name, cls in SECTIONS.items()}
    kind, most = LISTS["prompts"]
    properties["prompts"] = {"type": "array", "maxItems": most, "items": json_schemas.of(kind)}
    return {"type": "object", "properties": properties, "additionalProperties": False}
