"""`render` and `scene`: painted plates, a Blender process that builds the scene, and several that render it.

Blender runs in an environment of its own and is told everything by files and arguments; it answers with lines on
stdout that begin with a mark, since Blender itself writes to the same stream. What is painted and built lies beside
the video until it is finished, so that the same command, run again, only renders what is missing.
"""

import json
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..inpaint_server.ffmpeg import ffmpeg
from ..shared import scene as scenes
from ..shared.chunks import rendering, store
from ..shared.chunks.crew import messages
from ..shared.errors import ParallaxError
from ..shared.outputs import check_file, check_folder
from ..shared.project import Project
from ..shared.scene import SceneSpec
from . import listening
from .blenders import Blender, choose_blender, command
from .mixing import mix
from .painting import paint
from .progress import bar

SPEC = "scene.json"
NOTE = "built.json"
"""Beside the plates: what the scene was built from, and the digest of the file as it was saved."""


def render(
    project: Project,
    picture: Path,
    out: Path | None,
    blend: Path | None,
    blender: str | None = None,
    server: str | None = None,
    token: Path | None = None,
    workers: int = 0,
) -> None:
    """Paint a project, build its Blender scene, and write the video `out` and the file `blend`, each if wanted.

    The scene's plates and sounds go into a folder beside `blend`; without it they are temporary. `workers` Blenders
    render at once, 0: as many as the machine bears. What was begun is found again.
    """
    chosen = choose_blender(blender)
    parts = None if out is None else store.folder_of(out)
    if blend is None:
        assert parts is not None
        built = _built(chosen, project, picture, parts / "scene.blend", parts, server, token)
    else:
        built = _built(chosen, project, picture, blend, files_folder(blend), server, token)
    if out is not None:
        _render(chosen, built, out, workers)
    size = f"{built.spec.frames} frames, {built.spec.width}x{built.spec.height} px"
    for path in (out, blend):
        if path is not None:
            print(f"Wrote {path}: {size}, by {chosen.label}.")


def files_folder(blend: Path) -> Path:
    """Where the plates and sounds of a .blend lie: beside it."""
    return blend.with_name(f"{blend.stem}_files")


def check_scene(blend: Path) -> None:
    """Refuse a .blend that cannot be written, or whose folder of plates cannot."""
    check_file(blend, ".blend")
    check_folder(files_folder(blend))


@dataclass(frozen=True)
class Built:
    """A saved scene: the file, the folder of what it shows, and its spec."""

    blend: Path
    folder: Path
    spec: SceneSpec


def _built(
    blender: Blender, project: Project, picture: Path, blend: Path, folder: Path, server: str | None, token: Path | None
) -> Built:
    """Paint and build; nothing of it where a run that was stopped while it rendered has left the same."""
    note, wanted = folder / NOTE, wish_key(blender, project, picture)
    kept = _kept(note, wanted, blend, folder)
    if kept is not None:
        return kept
    painted = paint(project, picture, folder, server, token)
    spec = listening.build(painted)
    (folder / SPEC).write_text(json.dumps(spec.to_json(), indent=1), encoding="utf-8")
    blend.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["build", "--spec", folder / SPEC, "--plates", folder, "--sounds", folder, "--blend", blend.resolve()]
    run_blender(blender, [str(a) for a in arguments])
    note.write_text(json.dumps({"wish": wanted, "blend": store.digest([blend], {})}), encoding="utf-8")
    return Built(blend, folder, spec)


def _kept(note: Path, wanted: str, blend: Path, folder: Path) -> Built | None:
    """What an earlier run has built of the same wish, if nobody has changed the file since."""
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        if said != {"wish": wanted, "blend": store.digest([blend], {})}:
            return None
        spec = scenes.load(folder / SPEC)
    except (OSError, ValueError, ParallaxError):
        return None
    return Built(blend, folder, spec) if all((folder / plane.file).is_file() for plane in spec.planes) else None


def wish_key(blender: Blender, project: Project, picture: Path) -> str:
    """What decides a built scene: the project, the contents of every file that it names, and who builds."""
    document = project.to_json()
    named = [Path(name) for name in sorted(_texts(document)) if name and len(name) < 4096 and Path(name).is_file()]
    return store.digest([picture, *named], {"project": document, "by": [__version__, list(blender.version)]})


def _texts(value: Any) -> set[str]:
    """All the texts in a document."""
    if isinstance(value, str):
        return {value}
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return {text for part in inside for text in _texts(part)}


def _render(blender: Blender, built: Built, out: Path, workers: int) -> None:
    """Render a built scene by several Blenders, with one bar for all of them."""
    spec = built.spec
    wish = json.dumps(store.as_document(spec.export))
    arguments = ["serve", "--blend", str(built.blend.resolve()), "--wish", wish]
    task = rendering.Task(
        command=tuple(command(blender, arguments)),
        out=out,
        wish=spec.export,
        folder=store.folder_of(out),
        files=(built.blend,),
        ffmpeg=ffmpeg(),
        workers=workers,
        mix=lambda: mix(spec, built.folder),
    )
    with bar("render", spec.frames, "frame") as shown:

        def tell(what: str, value: Any) -> None:
            if what == "frame":
                shown.total = value[1]
                shown.update(value[0] - shown.n)
            elif value > 1:
                shown.write(f"{value} Blenders render at once.")

        rendering.render(task, tell)


def run_blender(blender: Blender, arguments: Sequence[str]) -> dict[str, Any]:
    """Run our headless entry in a Blender; says what it warns of and returns its last message."""
    last: dict[str, Any] = {}
    chatter: deque[str] = deque(maxlen=12)
    run = command(blender, arguments)
    with subprocess.Popen(
        run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            assert process.stdout is not None
            for message in messages(process.stdout, chatter):
                last = message
                if message.get("event") == "warning":
                    print(f"Blender: {message['message']}", file=sys.stderr)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0 or last.get("event") != "done":
        words = last.get("message") or "\n".join(chatter)
        raise ParallaxError(f"{blender.label} failed:\n{words}", "Run: infinite-parallax doctor")
    return last
