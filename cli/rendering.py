"""`render` and `scene`: painted plates, then a Blender process that builds the scene and renders it.

Blender runs in an environment of its own and is told everything by files and arguments; it answers with lines on
stdout that begin with a mark, since Blender itself writes to the same stream.
"""

import json
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..inpaint_server.encoding import complete
from ..shared import scene_building
from ..shared.errors import ParallaxError
from ..shared.outputs import check_file, check_folder
from ..shared.project import Project
from ..shared.scene import SceneSpec
from . import listening
from .blenders import Blender, choose_blender, command
from .mixing import mix
from .painting import paint
from .progress import bar

MARK = "@parallax "
TAGS_COLOURS = (4, 5, 0)
"""From this version on Blender says in its videos how their colours were converted."""


def render(
    project: Project,
    picture: Path,
    out: Path | None,
    blend: Path | None,
    blender: str | None = None,
    server: str | None = None,
    token: Path | None = None,
) -> None:
    """Paint a project, build its Blender scene, and write the video `out` and the file `blend`, each if wanted.

    The scene's plates and sounds go into a folder beside `blend`; without it they are temporary.
    """
    chosen = choose_blender(blender)
    if blend is None:
        with tempfile.TemporaryDirectory(prefix="infinite-parallax-") as folder:
            _render(chosen, project, picture, out, None, Path(folder), server, token)
    else:
        _render(chosen, project, picture, out, blend, files_folder(blend), server, token)


def files_folder(blend: Path) -> Path:
    """Where the plates and sounds of a .blend lie: beside it."""
    return blend.with_name(f"{blend.stem}_files")


def check_scene(blend: Path) -> None:
    """Refuse a .blend that cannot be written, or whose folder of plates cannot."""
    check_file(blend, ".blend")
    check_folder(files_folder(blend))


def _render(
    blender: Blender,
    project: Project,
    picture: Path,
    out: Path | None,
    blend: Path | None,
    folder: Path,
    server: str | None,
    token: Path | None,
) -> None:
    scene_building.check_target(project)
    painted = paint(project, picture, folder, server, token)
    spec = listening.build(painted)
    (folder / "scene.json").write_text(json.dumps(spec.to_json(), indent=1), encoding="utf-8")
    arguments = ["build", "--spec", folder / "scene.json", "--plates", folder, "--sounds", folder]
    for flag, path in (("--blend", blend), ("--render", out)):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            arguments += [flag, path.resolve()]
    result = run_blender(blender, [str(a) for a in arguments], spec)
    missing = None if result.get("sound", True) or spec.export.audio == "none" else mix(spec, folder)
    untagged = blender.version < TAGS_COLOURS and spec.export.format == "h264"
    if out is not None and (missing or untagged):
        complete(out, spec, missing, untagged)
    for path in (out, blend):
        if path is not None:
            print(f"Wrote {path}: {spec.frames} frames, {spec.width}x{spec.height} px, by {blender.label}.")


def run_blender(blender: Blender, arguments: Sequence[str], spec: SceneSpec) -> dict[str, Any]:
    """Run our headless entry in a Blender; shows the frames as they come and returns its last message."""
    last: dict[str, Any] = {}
    chatter: deque[str] = deque(maxlen=12)
    run = command(blender, arguments)
    with (
        bar("render", spec.frames, "frame") as shown,
        subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process,
    ):
        try:
            assert process.stdout is not None
            for message in messages(process.stdout, chatter):
                last = message
                if message.get("event") == "frame":
                    shown.update(message["frame"] + 1 - shown.n)
                elif message.get("event") == "warning":
                    shown.write(f"Blender: {message['message']}")
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0 or last.get("event") != "done":
        words = last.get("message") or "\n".join(chatter)
        raise ParallaxError(f"{blender.label} failed:\n{words}", "Run: infinite-parallax doctor")
    return last


def messages(lines: Iterator[str] | Any, chatter: deque[str]) -> Iterator[dict[str, Any]]:
    """Our own messages out of everything that a Blender prints; the rest is kept as its last words."""
    for line in lines:
        if line.startswith(MARK):
            yield json.loads(line.removeprefix(MARK))
        elif line.strip():
            chatter.append(line.rstrip())
