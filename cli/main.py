"""`infinite-parallax`: one picture in, one finished video out, and the steps between as commands of their own.

Each command gathers its arguments, calls one plain function and reports. Exit codes: 0 done, 1 failed, 2 wrong usage;
every refusal is a sentence and the way out. A configuration file of the tool's own was not added: the project file
already is one.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from .. import __version__
from ..shared import flags, legacy
from ..shared import project as projects
from ..shared.attachments import attached, renamed
from ..shared.errors import ParallaxError, UsageError
from ..shared.formats import FORMATS
from ..shared.outputs import check_file, check_folder, refused
from ..shared.project import Project
from . import animate, looking, segment

Run = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except UsageError as e:
        return _refuse(e, 2)
    except ParallaxError as e:
        return _refuse(e, 1)
    except BrokenPipeError:
        # the reader of our output has gone, as `head` does; Python would write the rest at its end, and complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as e:
        return _refuse(refused(e), 1)
    except KeyboardInterrupt:
        print("\nStopped. What is painted is kept; run the same command again to go on.", file=sys.stderr)
        return 1
    return code


def _refuse(error: ParallaxError, code: int) -> int:
    print(f"infinite-parallax: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(prog="infinite-parallax", description="Travels through a still picture for ever.")
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _picture_commands(commands)
    _other_commands(commands)
    return top


def _picture_commands(commands: Commands) -> None:
    """The commands that take a picture and a project."""
    video = _command(commands, "render", run_render, "picture to finished video, through Blender")
    _picture(video)
    _out(video, "FILE", "the video, .mp4 unless --format says otherwise")
    video.add_argument("--blend", type=Path, metavar="FILE.blend", help="keep the Blender scene and its plates too")
    _blender(video)
    quick = _command(commands, "preview", run_preview, "picture to video without Blender")
    _picture(quick)
    _out(quick, "FILE", "the video, .mp4 unless --format says otherwise")
    plates = _command(commands, "plates", run_plates, "paint the plates only")
    _picture(plates)
    _out(plates, "FOLDER", "where the plates go")
    scene = _command(commands, "scene", run_scene, "picture to Blender scene, not rendered")
    _picture(scene)
    _out(scene, "FILE.blend", "the scene")
    _blender(scene)
    text = "how the picture would be cut into layers, and why; writes it as a project to go on from"
    suggested = _command(commands, "suggest", run_suggest, text)
    _picture(suggested, server=False)
    _out(suggested, "FILE.json", "the project")
    plan = _command(commands, "plan", run_plan, "what would be made: layers, velocities, steps, sizes; paints nothing")
    _picture(plan, server=False)
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")


def _other_commands(commands: Commands) -> None:
    """The server, this machine, and the ways to begin."""
    _serve(_command(commands, "serve", run_serve, "start the inpaint server"))
    doctor = _command(commands, "doctor", run_doctor, "what is installed, what works, and the next command if not")
    _blender(doctor)
    imported = _command(commands, "import", run_import, "turn a config.json of the original tool into a project")
    imported.add_argument("config", type=Path, metavar="config.json")
    imported.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="the project (default: project.json beside it)"
    )
    looking.add_commands(commands)
    check = _command(commands, "check", run_check, "how good is a finished job: figures, bars, a page with pictures")
    check.add_argument("job", type=Path, metavar="JOB", help="a folder of plates, or that of a job in a server's store")
    check.add_argument("--picture", type=Path, help="the source, if it does not lie in the folder")
    check.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="where the report goes (default: into JOB)")
    text = "a still picture that sways: plants, water, cloth, warm air; or as a clip of yours moves"
    moving = _command(commands, "animate", animate.run, text)
    animate.add_arguments(moving)
    _out(moving, "FILE", "the video, .mp4 unless --format says otherwise")
    found = _command(commands, "segment", segment.run, "layers and objects found by words, written as pictures")
    segment.add_arguments(found)
    _out(found, "FILE.png", "the layers' numbers; mattes of objects go beside it")
    text = "get Blender as a Python module, in its own environment"
    install = _command(commands, "install-blender", run_install, text)
    install.add_argument("version", nargs="?", help="4.2, 4.5, 5.0 or 5.2 (default: the newest possible)")
    example = _command(commands, "example", run_example, "paint the example picture and its project")
    _out(example, "FOLDER", "default: example", Path("example"))
    demo = _command(commands, "demo", run_demo, "the whole road on the example picture")
    _out(demo, "FOLDER", "default: out", Path("out"))
    _blender(demo)


def _out(command: argparse.ArgumentParser, metavar: str, text: str, default: Path | None = None) -> None:
    command.add_argument(
        "-o", "--out", type=Path, required=default is None, default=default, metavar=metavar, help=text
    )


def _command(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.set_defaults(run=run)
    return command


def _picture(command: argparse.ArgumentParser, server: bool = True) -> None:
    command.add_argument("picture", nargs="?", type=Path, help="the picture; may be left away if the project names one")
    flags.add_project_flags(command)
    if server:
        command.add_argument("--server", metavar="URL", help="use this running inpaint server")
        command.add_argument("--token-file", type=Path, metavar="FILE", help="the file with that server's token")


def _blender(command: argparse.ArgumentParser) -> None:
    command.add_argument("--blender", metavar="PATH", help="a Blender program, or a Python that has bpy")


def _serve(command: argparse.ArgumentParser) -> None:
    from ..inpaint_server.serve import add_arguments

    add_arguments(command)


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
    render(project, picture, args.out, args.blend, args.blender, args.server, args.token_file)
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


if __name__ == "__main__":
    sys.exit(main())
