"""`infinite-parallax`: one picture in, one finished video out, and the steps between as commands of their own.

Each command gathers its arguments, calls one plain function and reports. Exit codes: 0 done, 1 failed, 2 wrong usage;
every refusal is a sentence and the way out. A configuration file of the tool's own was not added: the project file
already is one.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from .. import __version__
from ..shared import flags
from ..shared.errors import ParallaxError, UsageError
from ..shared.outputs import refused
from . import animate, dream, gabor, looking, running, segment

MOST_WORKERS = 64
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
    video = _command(commands, "render", running.run_render, "picture to finished video, through Blender")
    _picture(video)
    _out(video, "FILE", "the video, .mp4 unless --format says otherwise")
    video.add_argument("--blend", type=Path, metavar="FILE.blend", help="keep the Blender scene and its plates too")
    text = "Blenders that render at once (default 0: half as many as processors, fewer where memory is short)"
    video.add_argument("--workers", type=count, default=0, metavar="N", help=text)
    _blender(video)
    quick = _command(commands, "preview", running.run_preview, "picture to video without Blender")
    _picture(quick)
    _out(quick, "FILE", "the video, .mp4 unless --format says otherwise")
    plates = _command(commands, "plates", running.run_plates, "paint the plates only")
    _picture(plates)
    _out(plates, "FOLDER", "where the plates go")
    scene = _command(commands, "scene", running.run_scene, "picture to Blender scene, not rendered")
    _picture(scene)
    _out(scene, "FILE.blend", "the scene")
    _blender(scene)
    text = "how the picture would be cut into layers, and why; writes it as a project to go on from"
    suggested = _command(commands, "suggest", running.run_suggest, text)
    _picture(suggested, server=False)
    _out(suggested, "FILE.json", "the project")
    plan = _command(
        commands, "plan", running.run_plan, "what would be made: layers, velocities, steps, sizes; paints nothing"
    )
    _picture(plan, server=False)
    plan.add_argument("--json", action="store_true", help="print the plan as JSON")


def _other_commands(commands: Commands) -> None:
    """The server, this machine, and the ways to begin."""
    _serve(_command(commands, "serve", running.run_serve, "start the inpaint server"))
    doctor = _command(
        commands, "doctor", running.run_doctor, "what is installed, what works, and the next command if not"
    )
    _blender(doctor)
    imported = _command(
        commands, "import", running.run_import, "turn a config.json of the original tool into a project"
    )
    imported.add_argument("config", type=Path, metavar="config.json")
    imported.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="the project (default: project.json beside it)"
    )
    looking.add_commands(commands)
    check = _command(
        commands, "check", running.run_check, "how good is a finished job: figures, bars, a page with pictures"
    )
    check.add_argument("job", type=Path, metavar="JOB", help="a folder of plates, or that of a job in a server's store")
    check.add_argument("--picture", type=Path, help="the source, if it does not lie in the folder")
    check.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="where the report goes (default: into JOB)")
    text = "a still picture that sways: plants, water, cloth, warm air; or as a clip of yours moves"
    moving = _command(commands, "animate", animate.run, text)
    animate.add_arguments(moving)
    _out(moving, "FILE", "the video, .mp4 unless --format says otherwise")
    text = "a sound in, a video of what a diffusion model paints to it out"
    heard = _command(commands, "dream", dream.run, text)
    dream.add_arguments(heard)
    _out(heard, "FILE", "the video, .mp4 unless --format says otherwise; or one picture of the whole sound, .png")
    found = _command(commands, "segment", segment.run, "layers and objects found by words, written as pictures")
    segment.add_arguments(found)
    _out(found, "FILE.png", "the layers' numbers; mattes of objects go beside it")
    text = "what is heard in a sound: tempo, beats, onsets, sections"
    heard = _command(commands, "listen", running.run_listen, text)
    heard.add_argument("sound", type=Path, metavar="SOUND", help="a sound file of any format, or a film")
    text = "beats per minute to lay the beats by; x2 or /2: twice or half as many as are heard"
    heard.add_argument("--tempo", metavar="BPM", help=text)
    heard.add_argument("--json", action="store_true", help="print everything as JSON")
    text = "pictures as sums of Gabor wavelets: fitted, drawn at any size, shimmering"
    gabor.add_commands(commands.add_parser("gabor", help=text, description=text.capitalize() + "."))
    text = "some frames that a farm has rendered as a piece of the video, which join copies"
    piece = _command(commands, "encode", running.run_encode, text)
    piece.add_argument("folder", type=Path, metavar="FOLDER", help="where the frames lie")
    piece.add_argument("--first", type=int, required=True, metavar="N", help="Blender's number of the first frame")
    piece.add_argument("--last", type=int, required=True, metavar="N", help="Blender's number of the last frame")
    text = "frames that a farm has rendered, and their sound, as the finished video"
    joined = _command(commands, "join", running.run_join, text)
    joined.add_argument("folder", type=Path, metavar="FOLDER", help="where the frames lie")
    _out(joined, "FILE", "the video; its ending may be left away")
    text = "get Blender as a Python module, in its own environment"
    install = _command(commands, "install-blender", running.run_install, text)
    install.add_argument("version", nargs="?", help="4.2, 4.5, 5.0 or 5.2 (default: the newest possible)")
    example = _command(commands, "example", running.run_example, "paint the example picture and its project")
    _out(example, "FOLDER", "default: example", Path("example"))
    demo = _command(commands, "demo", running.run_demo, "the whole road on the example picture")
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


def count(text: str) -> int:
    """A number of Blenders, 0 to 64."""
    number = int(text)
    if not 0 <= number <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{number} is not 0 to {MOST_WORKERS}")
    return number


def _blender(command: argparse.ArgumentParser) -> None:
    command.add_argument("--blender", metavar="PATH", help="a Blender program, or a Python that has bpy")


def _serve(command: argparse.ArgumentParser) -> None:
    from ..inpaint_server.serve import add_arguments

    add_arguments(command)


if __name__ == "__main__":
    sys.exit(main())
