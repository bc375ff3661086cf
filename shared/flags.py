"""Command-line flags made from the declared settings, for every program that takes a project.

The command line, `blender -b -c infinite_parallax` and the server's own tools all read the same flags, because they
are generated from the same declarations. Precedence, weakest first: defaults, the project file, flags, `--set`.
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import project as projects
from . import settings
from .errors import UsageError
from .project import Project

_TYPES: dict[str, Any] = {"int": int, "float": float, "str": str}


def flagged() -> Iterator[tuple[str, settings.Declared]]:
    """Every declared setting that has a flag, with its section."""
    for section, cls in projects.SECTIONS.items():
        for d in settings.declared(cls):
            if d.limits.flag:
                yield section, d


def add_project_flags(parser: argparse.ArgumentParser) -> None:
    """Add `--project`, `--set`, `--layers`, `--velocities`, `--seconds` and one flag per declared setting."""
    group = parser.add_argument_group("project")
    group.add_argument("--project", type=Path, metavar="FILE", help="project file to start from")
    group.add_argument(
        "--layers", metavar="ROWS", help="heights of the layers from the top, e.g. 280,265,150,120 (the rest is last)"
    )
    group.add_argument("--distances", metavar="D", help="distances of the layers, e.g. 280,610,500,130,70")
    group.add_argument(
        "--velocities", metavar="V", help="velocities by hand in px per step: =-50,-18,-29 or =-50:0,-18:2 for x:y"
    )
    group.add_argument("--seconds", type=float, metavar="S", help="length of the video; gives the number of steps")
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="any setting by its path, layers counted from 0: --set layers.1.distance=500",
    )
    for section, d in flagged():
        group.add_argument(
            f"--{d.limits.flag}",
            dest=f"{section}.{d.name}",
            type=_TYPES[d.kind],
            choices=d.limits.choices or None,
            metavar=None if d.limits.choices else (d.limits.unit or d.kind).upper(),
            help=_help(d),
        )


def _help(d: settings.Declared) -> str:
    default = "" if d.default in (None, "") else f" (default {d.default})"
    return f"{d.limits.help}{default}".replace("%", "%%")


def project_from_args(args: argparse.Namespace) -> Project:
    """The project that the flags describe, validated."""
    document: dict[str, Any] = {}
    if args.project is not None:
        document = projects.load(args.project).to_json()
    for section, d in flagged():
        value = getattr(args, f"{section}.{d.name}")
        if value is not None:
            document.setdefault(section, {})[d.name] = value
    _layer_flags(document, args)
    for assignment in args.set:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set {assignment} has no '='.", "Write it as --set layers.1.distance=500.")
        projects.assign(document, path.strip(), text.strip())
    project = projects.from_json(document)
    return project if args.seconds is None else _with_length(project, args.seconds)


def _layer_flags(document: dict[str, Any], args: argparse.Namespace) -> None:
    columns: dict[str, list[Any]] = {
        "height": _numbers(args.layers, "--layers"),
        "distance": _numbers(args.distances, "--distances"),
        "velocity": _velocities(args.velocities),
    }
    given = {name: column for name, column in columns.items() if column}
    if not given:
        return
    layers: list[dict[str, Any]] = [dict(layer) for layer in document.get("layers", [])]
    count = max(len(layers), *(len(column) for column in given.values()))
    layers += [{} for _ in range(count - len(layers))]
    for name, column in given.items():
        for layer, value in zip(layers, column, strict=False):
            layer[name] = value
    document["layers"] = layers


def _numbers(text: str | None, flag: str) -> list[float | int]:
    if not text:
        return []
    try:
        numbers = [json.loads(part) for part in text.split(",")]
    except json.JSONDecodeError as e:
        raise UsageError(f"{flag} {text} is not a list of numbers.", "Write it as 280,265,150.") from e
    return numbers


def _velocities(text: str | None) -> list[list[float]]:
    """`-50,-18:2` as [[-50, 0], [-18, 2]]."""
    pairs = []
    for part in text.split(",") if text else []:
        x, _, y = part.partition(":")
        try:
            pairs.append([float(x), float(y or 0)])
        except ValueError as e:
            raise UsageError(f"--velocities: {part!r} is not a velocity.", "Write x, or x:y, in px per step.") from e
    return pairs


def _with_length(project: Project, seconds: float) -> Project:
    if not math.isfinite(seconds) or seconds <= 0:
        raise UsageError(f"--seconds is {seconds}, but must be above 0.", "Give the length of the video in seconds.")
    document = project.to_json()
    document["motion"]["steps"] = max(1, math.ceil(seconds / project.motion.seconds_per_step))
    return projects.from_json(document)
