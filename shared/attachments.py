"""What a project names beside its picture: depth map, segmentation, mattes, a sound; found, moved, read and sent.

A project file names them relative to itself, a request carries them as parts of its form, and a job keeps them in its
folder; the names of those parts are said here once. Packing everything into one archive was the other road: nobody
could then look at, or change, a matte.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .errors import UsageError
from .project import Project

DEPTH, SEGMENTATION, SOUND = "depth", "segmentation", "sound"


def matte_part(layer: int) -> str:
    """The name of the part that carries a layer's matte."""
    return f"matte.{layer}"


def object_part(index: int) -> str:
    """The name of the part that carries an object's matte."""
    return f"object.{index}"


def attached(project: Project) -> dict[str, str]:
    """The paths of what the painting of a project needs beside its picture, by the name of their part."""
    named = {DEPTH: project.cut.depth, SEGMENTATION: project.cut.segmentation, SOUND: heard(project)}
    named |= {matte_part(i): layer.matte for i, layer in enumerate(project.layers)}
    named |= {object_part(i): thing.matte for i, thing in enumerate(project.objects)}
    return {part: path for part, path in named.items() if path}


def heard(project: Project) -> str:
    """The path of the sound that is painted to; "" where the engine hears none."""
    return project.diffusers.sound if project.inpaint.engine == "diffusers" else ""


def renamed(project: Project, names: Mapping[str, str]) -> Project:
    """The project with other paths for those files, by the name of their part."""
    cut = replace(
        project.cut,
        depth=names.get(DEPTH, project.cut.depth),
        segmentation=names.get(SEGMENTATION, project.cut.segmentation),
    )
    layers = tuple(replace(x, matte=names.get(matte_part(i), x.matte)) for i, x in enumerate(project.layers))
    objects = tuple(replace(x, matte=names.get(object_part(i), x.matte)) for i, x in enumerate(project.objects))
    diffusers = replace(project.diffusers, sound=names.get(SOUND, project.diffusers.sound))
    return replace(project, cut=cut, layers=layers, objects=objects, diffusers=diffusers)


def read_attached(project: Project) -> dict[str, bytes]:
    """The bytes of those files; UsageError for one that is not there."""
    found = {}
    for part, path in attached(project).items():
        try:
            found[part] = Path(path).read_bytes()
        except OSError as e:
            raise UsageError(f"The file for {part}, {path}, cannot be read: {e.strerror}.", "Check its path.") from e
    return found


def form(
    project: Project, picture: bytes, attachments: Mapping[str, bytes] | None
) -> dict[str, tuple[str | None, str | bytes]]:
    """The parts of the form that carries a project with its pictures, as requests wants them: name and content."""
    parts: dict[str, tuple[str | None, str | bytes]] = {
        "project": (None, json.dumps(project.to_json())),
        "picture": ("picture", picture),
    }
    return parts | {name: (name, data) for name, data in (attachments or {}).items()}


def seen_from(document: dict[str, Any], folder: Path) -> None:
    """Make the paths in a project document, which are relative to `folder`, valid from here, in place."""
    for node, key in paths(document):
        if node.get(key):
            node[key] = str(folder / node[key])


def paths(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place of a project document that names a file: the object that holds it, and its key."""
    yield document, "picture"
    yield document["sound"], "file"
    yield document["diffusers"], "sound"
    yield document["cut"], "depth"
    yield document["cut"], "segmentation"
    for entry in (*document["layers"], *document["objects"]):
        yield entry, "matte"
    for entry in document["cues"]:
        yield entry, "file"
    for entry in document["living"]:
        yield entry, "mask"
        yield entry, "depth"
        yield entry, "motion"
