"""Command-line flags made from the declared settings, for every program that takes a project.

The command line, `blender -b -c infinite_parallax` and the server's own tools all read the same flags, because they
are generated from the same declarations. Precedence, weakest first: defaults, the project file, flags, `--set`.
Files that a project file names are meant from where it lies, files that a flag names from the working directory.
Copying them beside each other at the start would have spared the difference, and doubled every picture.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import project as projects
from . import settings
from .attachments import seen_from
from .errors import UsageError
from .geometry import exact
from .pace import Points, pace
from .pace_presets import CONSTANT, ease_in, ease_out
from .plan import default_layers
from .project import Project


def points(text: str) -> list[list[float]]:
    """`0:0,2.5:1` as [[0, 0], [2.5, 1]], for settings that are a list of points."""
    return [[float(x), float(y)] for x, y in (part.split(":") for part in text.split(",") if part)]


def pair(text: str) -> list[float]:
    """`-12.5:3` as [-12.5, 3]."""
    x, y = text.split(":")
    return [float(x), float(y)]


_TYPES: dict[str, Any] = {"int": int, "float": float, "str": str, "points": points, "pair": pair}
_SHOWN = 40
"""Characters of a wrong list that a refusal repeats."""

MOST_STEPS = next(int(d.limits.high or 0) for d in settings.declared(projects.SECTIONS["motion"]) if d.name == "steps")
HeightOf = Callable[[Path], int]


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
        "--ease", type=float, metavar="S", help="set off and come to rest in S seconds each; needs --seconds or --steps"
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="any setting by its path, layers counted from 0: --set layers.1.distance=500",
    )
    for section, d in flagged():
        add_setting(group, d, f"{section}.{d.name}")


def add_setting(group: Any, d: settings.Declared, dest: str) -> None:
    """Add the flag of one declared setting to a parser or a group of one; its value is None where it is not given."""
    if d.kind == "bool":
        text = d.limits.help.replace("%", "%%")
        group.add_argument(f"--{d.limits.flag}", dest=dest, action=argparse.BooleanOptionalAction, help=text)
        return
    group.add_argument(
        f"--{d.limits.flag}",
        dest=dest,
        type=_TYPES[d.kind],
        choices=d.limits.choices or None,
        metavar=None if d.limits.choices else _metavar(d),
        help=_help(d),
    )


def add_section_flags(parser: Any, section: str, leave_out: tuple[str, ...] = ()) -> None:
    """Add a flag for every setting of one section, under the setting's own name, for a command that is about it."""
    for d in settings.declared(projects.SECTIONS[section]):
        if d.name not in leave_out:
            flag, kind = d.name.replace("_", "-"), _TYPES[d.kind]
            parser.add_argument(f"--{flag}", dest=f"{section}.{d.name}", type=kind, metavar=_metavar(d), help=_help(d))


def section_from_args(args: argparse.Namespace, section: str) -> Any:
    """A section out of the flags of `add_section_flags`, checked."""
    cls = projects.SECTIONS[section]
    return settings.read(cls, given(args, section), section)


def given(args: argparse.Namespace, group: str) -> dict[str, Any]:
    """What flags whose destinations begin with `group.` say, by the rest of their names; nothing of those not given."""
    prefix = f"{group}."
    return {k.removeprefix(prefix): v for k, v in vars(args).items() if k.startswith(prefix) and v is not None}


def _metavar(d: settings.Declared) -> str:
    shapes = {"points": "X:Y,...", "pair": "X:Y"}
    return shapes.get(d.kind) or (d.limits.unit or d.kind).upper()


def _help(d: settings.Declared) -> str:
    default = "" if d.default in (None, "", (), (0.0, 0.0)) else f" (default {d.default})"
    return f"{d.limits.help}{default}".replace("%", "%%")


def wish(args: argparse.Namespace, height_of: HeightOf) -> tuple[Project, Path]:
    """The project and the picture that the arguments name, `args.picture` or the project's.

    The picture and the sounds of the user's own are there, and these are named by their whole paths. `height_of` tells
    the rows of a picture file.

    Raises:
        UsageError: something is wrong in the arguments or the project file, or a file is not there.
    """
    project = project_from_args(args, height_of)
    picture = _picture(args, project.picture)
    sound = replace(project.sound, file=_sound(project.sound.file, "--sound, or sound.file in the project"))
    cues = tuple(replace(cue, file=_sound(cue.file, f"cues.{i}.file")) for i, cue in enumerate(project.cues))
    return replace(project, sound=sound, cues=cues), picture


def _sound(name: str, where: str) -> str:
    """The whole path of a sound file that must be there; '' stays ''."""
    path = Path(name).absolute()
    if name and not path.is_file():
        raise UsageError(f"There is no sound file at {path}.", f"Check {where}.")
    return str(path) if name else ""


def project_from_args(args: argparse.Namespace, height_of: HeightOf | None = None) -> Project:
    """The project that the flags describe, validated; `height_of` as in `wish`, for `--set` on the default cut."""
    document: dict[str, Any] = {} if args.project is None else _document(args.project)
    for section, d in flagged():
        value = getattr(args, f"{section}.{d.name}")
        if value is not None:
            document.setdefault(section, {})[d.name] = value
    _layer_flags(document, args)
    for assignment in args.set:
        path, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise UsageError(f"--set {assignment} has no '='.", "Write it as --set layers.1.distance=500.")
        if path.startswith("layers.") and not document.get("layers"):
            document["layers"] = _default_cut(document, args, height_of)
        projects.assign(document, path, text)
    project = projects.from_json(document)
    if args.seconds is not None:
        # easing at both ends makes the same way longer by the seconds of one
        project = _with_length(project, args.seconds, args.ease or 0.0)
    return project if args.ease is None else _with_ease(project, args.ease)


def _document(path: Path) -> dict[str, Any]:
    """A project file's document, the files that it names as seen from here."""
    document = projects.load(path).to_json()
    seen_from(document, path.parent)
    return document


def _picture(args: argparse.Namespace, named: str) -> Path:
    picture: Path | None = args.picture or (Path(named) if named else None)
    if picture is None:
        raise UsageError(
            "No picture is given.", "Name one: render PICTURE -o out.mp4, or --project with one that does."
        )
    if not picture.is_file():
        raise UsageError(f"There is no picture at {picture}.", "Check the path.")
    return picture


def _default_cut(
    document: dict[str, Any], args: argparse.Namespace, height_of: HeightOf | None
) -> list[dict[str, Any]]:
    """The layers that a project without layers has, so that one of them can be changed."""
    if height_of is None:
        raise UsageError("This project names no layers; give --layers first.", "Write it as --layers 280,265,150.")
    height = height_of(_picture(args, str(document.get("picture", ""))))
    return [settings.write(layer) for layer in default_layers(height)]


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
        return [json.loads(part) for part in text.split(",")]
    except (ValueError, RecursionError) as e:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        raise UsageError(f"{flag} {shown} is not a list of numbers.", "Write it as 280,265,150.") from e


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


def _way(points: Points, seconds: float) -> float:
    """Planned seconds that are travelled with a pace in so many seconds of video."""
    curve = pace(points)
    return seconds if curve is None else float(curve.way(exact(seconds)))


def _with_ease(project: Project, seconds: float) -> Project:
    """A project whose pace begins and ends at rest; the way must be known, because the pace tells the last second."""
    motion = project.motion
    if not math.isfinite(seconds) or seconds <= 0:
        raise UsageError(f"--ease is {seconds}, but must be above 0.", "Give the seconds to full speed.")
    if motion.steps is None:
        raise UsageError("--ease must know how long the journey is.", "Give --seconds or --steps as well.")
    if motion.pace:
        raise UsageError("--ease and a pace say two things about the speed.", "Take --ease or motion.pace away.")
    way, frames = motion.steps * exact(motion.seconds_per_step) * exact(motion.fps), round(seconds * motion.fps)
    eased = ease_out(ease_in(CONSTANT, frames), frames, way)
    points = tuple((round(frame / motion.fps, 6), factor) for frame, factor in eased)
    return replace(project, motion=replace(motion, pace=points))


def _with_length(project: Project, seconds: float, ease: float) -> Project:
    if not math.isfinite(seconds) or seconds <= 0:
        raise UsageError(f"--seconds is {seconds}, but must be above 0.", "Give the length of the video in seconds.")
    # more than any limit allows, where the quotient has grown beyond what a whole number can hold
    way = max(seconds - ease, seconds / 2) if not project.motion.pace else _way(project.motion.pace, seconds)
    steps = math.ceil(min(way / project.motion.seconds_per_step, MOST_STEPS + 1))
    if steps > MOST_STEPS:
        raise UsageError(
            f"--seconds {seconds:g} makes more than {MOST_STEPS} steps of {project.motion.seconds_per_step:g} s.",
            "Lower --seconds or raise --seconds-per-step.",
        )
    return replace(project, motion=replace(project.motion, steps=max(1, steps)))
