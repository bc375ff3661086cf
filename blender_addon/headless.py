"""Headless entry: build a scene from files, save it, render it, and say on stdout how far it is.

Every message is one line of JSON behind a mark, because Blender writes to the same stream:

    built {strips} · frame {frame, frames} · warning {message} · error {message, hint, code}
    done {sound, blend, video, stills}

`serve` renders chunks that its stdin asks for (`chunk_worker.py`); `frames` and `sound` do the same once, for a farm
(`farm_tasks.py`). They open a file, or take the one that `blender -b FILE` has opened.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..shared import scene as scenes
from ..shared.errors import ParallaxError, UsageError
from ..shared.formats import Export
from ..shared.scene import SceneSpec
from . import chunk_worker, compat, export, farm_tasks, output_settings, passes, targets, timeline

MARK = "@parallax "


def main(argv: Sequence[str]) -> int:
    """Run the headless entry; returns 0, 1 when it failed, 2 when it was asked wrongly."""
    args = parser().parse_args(argv)
    try:
        args.run(args)
    except ParallaxError as e:
        say("error", message=e.message, hint=e.hint, code=e.code)
        print(f"{e.message}\n{e.hint}".rstrip(), file=sys.stderr)
        return 2 if isinstance(e, UsageError) else 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The arguments after `--`."""
    top = argparse.ArgumentParser(prog="boot.py", description="Builds and renders a scene inside Blender.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("build", help="build, save, render")
    command.set_defaults(run=build)
    command.add_argument("--spec", type=Path, required=True, metavar="FILE.json", help="the scene spec")
    command.add_argument("--plates", type=Path, required=True, metavar="FOLDER", help="what the spec's files are in")
    command.add_argument("--sounds", type=Path, required=True, metavar="FOLDER", help="where ambient sound is written")
    command.add_argument("--blend", type=Path, metavar="FILE.blend", help="save the scene here; updates one of ours")
    command.add_argument("--render", type=Path, metavar="FILE", help="render the video here")
    command.add_argument(
        "--frame", type=int, action="append", default=[], metavar="N", help="render frame N, counted from 0, to --png"
    )
    command.add_argument("--png", type=Path, action="append", default=[], metavar="FILE.png", help="one per --frame")
    serving = _opening(commands, "serve", serve, "render what stdin asks for")
    serving.add_argument("--wish", metavar="JSON", help="how it is written (default: as the scene was built for)")
    serving.add_argument("--scene", default="", metavar="NAME", help="the scene (default: the one that was built)")
    shots = _opening(commands, "frames", frames, "render single pictures that are not there yet")
    shots.add_argument("--first", type=int, required=True, metavar="N", help="Blender's number of the first frame")
    shots.add_argument("--last", type=int, required=True, metavar="N", help="Blender's number of the last frame")
    shots.add_argument("--folder", type=Path, required=True, help="where the pictures go")
    sound = _opening(commands, "sound", mixdown, "mix the sound of the whole into a WAV file")
    sound.add_argument("--out", type=Path, required=True, metavar="FILE.wav")
    return top


def _opening(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text)
    command.set_defaults(run=run)
    command.add_argument("--blend", type=Path, metavar="FILE.blend", help="the file (default: the one that is open)")
    return command


def say(event: str, **data: Any) -> None:
    """Send one message. It begins with a new line, since Blender's own last line may not have ended yet."""
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), f"\n{MARK}{json.dumps({'event': event, **data})}\n".encode())


def build(args: argparse.Namespace) -> None:
    """Build, save and render as the arguments say."""
    spec = scenes.load(args.spec)
    if len(args.frame) != len(args.png):
        raise UsageError("Every --frame needs a --png.", "Write them in pairs: --frame 0 --png first.png")
    scene = open_scene(args.blend, spec)
    built = targets.build(scene, spec, args.plates, args.sounds)
    for note in built.notes:
        say("warning", message=note)
    if args.blend is not None:
        scene.render.filepath = output_settings.output_name(spec.export, f"//{args.blend.stem}")
        save(args.blend)
    for frame, path in zip(args.frame, args.png, strict=True):
        export.still(scene, frame + timeline.first_frame(scene), path)
    say("built", strips=built.strips)
    if args.render is not None:
        passes.write(scene, spec.export, args.render, lambda n, frames: say("frame", frame=n, frames=frames))
    written = {"blend": args.blend, "video": args.render}
    say("done", sound=built.sound, **{k: v and str(v) for k, v in written.items()}, stills=[str(p) for p in args.png])


def serve(args: argparse.Namespace) -> None:
    """Render chunks until stdin ends."""
    scene = opened(args.blend, args.scene)
    wish = Export(**json.loads(args.wish)) if args.wish else output_settings.built_wish(scene)
    chunk_worker.serve(scene, wish, sys.stdin, say)


def frames(args: argparse.Namespace) -> None:
    """Render the pictures of a range that are missing."""
    scene = opened(args.blend)
    farm_tasks.frames(scene, args.first, args.last, args.folder, lambda n, of: say("frame", frame=n, frames=of))


def mixdown(args: argparse.Namespace) -> None:
    """Mix the sound."""
    scene = opened(args.blend)
    farm_tasks.sound(scene, args.out)


def opened(blend: Path | None, name: str = "") -> bpy.types.Scene:
    """A scene of a file, by its name or the one that was built; of the file that is open where none is given."""
    if blend is not None:
        load(blend)
    scene = bpy.data.scenes.get(name) if name else next((s for s in bpy.data.scenes if timeline.TAG in s), None)
    if scene is None:
        raise ParallaxError(
            f"{blend or bpy.data.filepath or 'The open file'} has no scene {name or 'of ours'}.", "Build it first."
        )
    compat.show_in_sequencer(scene)
    return scene


def load(blend: Path) -> None:
    """Open a file, without running what it may bring along."""
    try:
        bpy.ops.wm.open_mainfile(filepath=str(blend.resolve()), use_scripts=False, load_ui=True)
    except RuntimeError as e:
        raise ParallaxError(f"{blend} cannot be opened: {e}", "Name another file.") from e


def open_scene(blend: Path | None, spec: SceneSpec) -> bpy.types.Scene:
    """The scene to build in: of the file `blend` if it is there, else a new one in Blender's video editing layout."""
    if blend is not None and blend.is_file():
        load(blend)
        scene = next((s for s in bpy.data.scenes if timeline.TAG in s), None) or bpy.data.scenes.new(spec.name)
    else:
        bpy.ops.wm.read_factory_settings(app_template="Video_Editing", use_empty=True)
        scene = bpy.context.scene
        scene.name = spec.name
    scene[timeline.TAG] = spec.name
    compat.show_in_sequencer(scene)
    return scene


def save(path: Path) -> None:
    """Save the file as `path`, pictures and sounds found from where it lies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files = bpy.context.preferences.filepaths
    versions = files.save_version
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(path.resolve()), compress=True)
        files.save_version = 0  # the second save must not push out the backup of what was there before the first
        compat.make_paths_relative()
        bpy.ops.wm.save_mainfile(compress=True)
    except RuntimeError as e:
        raise ParallaxError(f"{path} cannot be saved: {e}", "Choose another folder.") from e
    finally:
        files.save_version = versions
