"""`blender -b -c infinite_parallax render PICTURE -o out.mp4`: the whole road, inside the Blender that was started.

The same flags as `infinite-parallax render`, made from the same declarations. It does not need the interface.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..shared import driving, plates
from ..shared.errors import ParallaxError, UsageError
from ..shared.flags import add_project_flags, wish
from ..shared.formats import FORMATS
from ..shared.outputs import check_file, check_folder, refused
from ..shared.project import Project
from . import headless, jobs, listening, local_server, mask_pictures, passes, preferences, scene_project, targets
from .jobs import Message, Preparing, Progress, Warned

NAME = "infinite_parallax"


class _Registered:
    handle: Any = None


def register() -> None:
    """Make the command known to Blender."""
    _Registered.handle = bpy.utils.register_cli_command(NAME, run)


def unregister() -> None:
    """Take the command back."""
    bpy.utils.unregister_cli_command(_Registered.handle)
    _Registered.handle = None


def run(argv: Sequence[str]) -> int:
    """Run the command; returns 0, 1 when it failed, 2 when it was asked wrongly."""
    try:
        render(parser().parse_args(argv))
    except SystemExit as stop:  # argparse's way to end, with its help or with what it did not understand
        return int(stop.code or 0)
    except ParallaxError as e:
        return refuse(e)
    except OSError as e:
        return refuse(refused(e))
    return 0


def refuse(error: ParallaxError) -> int:
    """Print what is wrong and the way out; returns the exit code."""
    print(f"{NAME}: {error.message}\n  {error.hint}".rstrip(), file=sys.stderr)
    return 2 if isinstance(error, UsageError) else 1


def parser() -> argparse.ArgumentParser:
    """The parser of the command's arguments."""
    top = argparse.ArgumentParser(prog=f"blender -b -c {NAME}", description="Travels through a still picture for ever.")
    command = top.add_subparsers(required=True, metavar="COMMAND").add_parser("render", help="picture to video")
    command.add_argument("picture", nargs="?", type=Path, help="may be left away if the project names one")
    command.add_argument("-o", "--out", type=Path, metavar="FILE", help="the video")
    command.add_argument("--blend", type=Path, metavar="FILE.blend", help="keep the scene and its plates too")
    add_project_flags(command)
    command.add_argument("--server", default="", metavar="URL", help="use this running inpaint server")
    command.add_argument("--token-file", type=Path, metavar="FILE", help="the file with that server's token")
    command.add_argument("--server-command", default="", metavar="COMMAND", help="how to start a server of one's own")
    return top


def render(args: argparse.Namespace) -> None:
    """Paint, build, save and render as the arguments say."""
    project, picture = wish(args, height_of)
    if args.out is None and args.blend is None:
        raise UsageError("There is nothing to make.", "Name a video with -o, or a scene with --blend.")
    check(args, project)
    server = preferences.server(args.server, args.token_file, args.server_command)
    project = mask_pictures.with_pictures(project, *scene_project.picture_size(picture.absolute()), folder(args))
    try:
        finished = jobs.paint(server, jobs.Task(project, picture, folder(args)), tell)
    finally:
        local_server.stop()
    scene = headless.open_scene(args.blend, finished.spec)
    spec = driving.build(finished.project, plates.load(finished.folder), listening.samples, mask_pictures.grey)
    for note in targets.build(scene, spec, finished.folder, finished.folder).notes:
        print(f"Note: {note}", flush=True)
    if args.blend is not None:
        headless.save(args.blend)
        print(f"Wrote {args.blend}", flush=True)
    if args.out is not None:
        passes.write(scene, spec.export, args.out, lambda n, of: print(f"Frame {n + 1} of {of}", flush=True))
        print(f"Wrote {args.out}: {spec.frames} frames.", flush=True)


def check(args: argparse.Namespace, project: Project) -> None:
    """Refuse results that cannot be written, before anything is painted."""
    if args.out is not None:
        check_file(args.out, FORMATS[project.output.format].suffix)
    if args.blend is not None:
        check_file(args.blend, ".blend")
        check_folder(folder(args))


def height_of(picture: Path) -> int:
    """Rows of a picture file, as Blender reads it."""
    return scene_project.picture_size(picture.absolute())[1]


def folder(args: argparse.Namespace) -> Path:
    """Where the plates go: beside the .blend if one is kept, else into this Blender's temporary folder."""
    if args.blend is not None:
        return Path(args.blend).resolve().with_name(f"{args.blend.stem}_files")
    return Path(bpy.app.tempdir) / "plates"


def tell(message: Message) -> None:
    """Print a job's progress."""
    if isinstance(message, Progress):
        print(f"{message.what.capitalize()} {message.done} of {message.of}", flush=True)
    elif isinstance(message, Preparing):
        print(message.stage, flush=True)
    elif isinstance(message, Warned):
        print(f"Note: {message.message}", flush=True)
