"""What the commands do: each gathers its arguments, calls one plain function and reports.

Everything heavy is imported by the command that needs it, so that `--help` is there at once.
"""

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

from ..shared import flags, legacy
from ..shared import project as projects
from ..shared.attachments import attached, renamed
from ..shared.errors import UsageError
from ..shared.formats import FORMATS
from ..shared.outputs import check_file, check_folder
from ..shared.project import Project


def wish(args: argparse.Namespace) -> tuple[Project, Path]:
    """The project and the picture that the arguments name."""
    from .plan_table import picture_size

    project, picture = flags.wish(args, lambda picture: picture_size(picture)[1])
    if project.cut.depth or project.depth.engine:
        # whoever gives or asks for depth wants it to decide the speeds as well
        project = replace(project, speed=replace(project.speed, law="depth"))
    return project, picture


def run_plates(args: argparse.Namespace) -> int:
    """Paint the plates into a folder."""
    from .painting import paint

    project, picture = wish(args)
    check_folder(args.out)
    manifest = paint(project, picture, args.out, args.server, args.token_file).manifest
    tiles = len(manifest.files)
    print(f"{args.out}: {len(manifest.plates)} plates, {tiles} tiles, {manifest.steps} steps.")
    return 0


def run_preview(args: argparse.Namespace) -> int:
    """Paint, and encode the arithmetic frames."""
    from .preview import preview

    project, picture = wish(args)
    check_file(args.out, FORMATS[project.output.format].suffix)
    preview(project, picture, args.out, args.server, args.token_file)
    return 0


def run_render(args: argparse.Namespace) -> int:
    """Paint, build the Blender scene and render it."""
    from .rendering import check_scene, render

    project, picture = wish(args)
    check_file(args.out, FORMATS[project.output.format].suffix)
    if args.blend is not None:
        check_scene(args.blend)
    render(project, picture, args.out, args.blend, args.blender, args.server, args.token_file, args.workers)
    return 0


def run_scene(args: argparse.Namespace) -> int:
    """Paint and build the Blender scene."""
    from .rendering import check_scene, render

    project, picture = wish(args)
    check_scene(args.out)
    render(project, picture, None, args.out, args.blender, args.server, args.token_file)
    return 0


def run_plan(args: argparse.Namespace) -> int:
    """Print the plan."""
    from .plan_table import as_json, as_table, plan_of, settle

    wanted, picture = wish(args)
    settled = settle(wanted, picture)
    project = settled.project
    plan = plan_of(project, picture)
    if args.json:
        print(json.dumps(as_json(plan, project), indent=1))
    else:
        print("\n".join([as_table(plan), *settled.notes]))
    return 0


def run_suggest(args: argparse.Namespace) -> int:
    """Write the settled project."""
    from .plan_table import settle

    wanted, picture = wish(args)
    check_file(args.out, ".json")
    settled = settle(wanted, picture)
    beside = {part: os.path.relpath(path, args.out.parent) for part, path in attached(settled.project).items()}
    for part, data in settled.pictures.items():
        beside[part] = f"{args.out.stem}_{part}.png"
        args.out.with_name(beside[part]).write_bytes(data)
    named = renamed(replace(settled.project, picture=os.path.relpath(picture, args.out.parent)), beside)
    args.out.write_text(json.dumps(named.to_json(), indent=1) + "\n", encoding="utf-8")
    print("\n".join(settled.notes))
    print(f"Wrote {args.out}.\nNext: infinite-parallax preview --project {args.out} -o out.mp4")
    return 0


def run_serve(args: argparse.Namespace) -> int:
    """Start the inpaint server and stay until it is stopped."""
    from ..inpaint_server.serve import serve_from_args

    serve_from_args(args)
    return 0


def run_doctor(args: argparse.Namespace) -> int:
    """Print the report on this machine."""
    from .doctor import print_report

    return print_report(args.blender)


def run_import(args: argparse.Namespace) -> int:
    """Write the project that a config.json of the original tool describes."""
    try:
        text = args.config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"{args.config} cannot be read: {e}.", "Give the config.json of a project folder.") from e
    project, notes = legacy.from_config(projects.parse(text, str(args.config)))
    out = args.out or args.config.with_name("project.json")
    if out.resolve() == args.config.resolve():
        raise UsageError(f"{out} would be overwritten.", "Name another file with -o.")
    check_file(out)
    out.write_text(json.dumps(project.to_json(), indent=1) + "\n", encoding="utf-8")
    print("\n".join([f"Wrote {out}.", *notes, f"Next: infinite-parallax plan --project {out}"]))
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Judge a finished job."""
    from .check import check

    return check(args.job, args.picture, args.out)


def run_listen(args: argparse.Namespace) -> int:
    """Print what is heard in a sound."""
    from .listening import listen

    return listen(args)


def run_encode(args: argparse.Namespace) -> int:
    """Encode some frames that a farm has rendered."""
    from ..inpaint_server.ffmpeg import ffmpeg
    from ..shared.chunks import pictures

    if args.first > args.last:
        raise UsageError(f"--first {args.first} is after --last {args.last}.", "Write the lower one first.")
    path = pictures.encode(ffmpeg(), args.folder, args.first, args.last)
    print(f"Wrote {path}." if path else "The export is made of pictures, or of all at once: nothing to encode here.")
    return 0


def run_join(args: argparse.Namespace) -> int:
    """Join the frames that a farm has rendered."""
    from ..inpaint_server.ffmpeg import ffmpeg
    from ..shared.chunks import pictures

    check_file(args.out)
    print(f"Wrote {pictures.join(ffmpeg(), args.folder, args.out)}.")
    return 0


def run_install(args: argparse.Namespace) -> int:
    """Make an environment with Blender's module."""
    from .environments import install_blender

    python = install_blender(args.version)
    print(f"Blender is ready in {python.parent.parent}.")
    return 0


def run_example(args: argparse.Namespace) -> int:
    """Paint the example picture."""
    from .demo import write_example

    check_folder(args.out)
    picture, project = write_example(args.out)
    print(f"Wrote {picture} and {project}.\nNext: infinite-parallax preview --project {project} -o example.mp4")
    return 0


def run_demo(args: argparse.Namespace) -> int:
    """Run the whole road on the example picture."""
    from .demo import demo

    check_folder(args.out)
    demo(args.out, args.blender)
    return 0
