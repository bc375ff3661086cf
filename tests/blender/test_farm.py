"""A farm's job from beginning to end: every command that the Flamenco job type makes, run as a worker runs it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.blender_addon import headless, passes
from infinite_parallax.shared.chunks.ranges import as_pictures

from ..compiled import ROOT, compiled
from .build_options import WITH_SOUND
from .made import read_pixels
from .pictures import texture, write_png
from .videos import decoded

pytestmark = pytest.mark.blender

SHIM = Path(__file__).with_name("as_program.py")
PROJECT = """{
  "picture": "picture.png",
  "layers": [{"height": 24, "velocity": [-2, 0]}, {"velocity": [-5, 0]}],
  "motion": {"steps": 2, "seconds_per_step": 0.5, "fps": 12},
  "inpaint": {"engine": "telea"},
  "output": {"crf": 1}
}"""


class Worker:
    """Runs commands as a Flamenco worker does: each variable replaced, every argument as it is."""

    def __init__(self, folder: Path, server_python: Path) -> None:
        self.environment = {k: v for k, v in os.environ.items() if k != "BLENDER_USER_RESOURCES"}
        self.environment |= {"XDG_DATA_HOME": str(folder / "data"), "PYTHONPATH": str(folder / "path")}
        (folder / "path").mkdir()
        (folder / "path" / "infinite_parallax").symlink_to(ROOT)
        self.programs = {
            "{blender}": [sys.executable, str(SHIM)],
            "{infiniteParallax}": [str(server_python), "-m", "infinite_parallax.cli.main"],
        }
        self.variables = {
            "{blender}": sys.executable,
            "{blenderArgs}": "-b -y",
            "{infiniteParallaxFolder}": str(ROOT),
        }

    def run(self, task: dict[str, Any]) -> None:
        for command in task["commands"]:
            given = command["parameters"]
            words = [given["exe"], *given.get("argsBefore", []), given.get("blendfile", ""), *given["args"]]
            program, *rest = (word for word in words if word)
            before = shlex.split(self._filled(given.get("exeArgs", "")))
            run = [*self.programs[program], *before, *map(self._filled, rest)]
            assert "{" not in "".join(run)
            done = subprocess.run(run, env=self.environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    def _filled(self, word: str) -> str:
        for name, value in self.variables.items():
            word = word.replace(name, value)
        return word


def test_a_job_from_a_picture_to_a_video(tmp_path: Path, server_python: Path, ffmpeg: str) -> None:
    write_png(tmp_path / "picture.png", texture(0, 0, 96, 64, 1))
    (tmp_path / "project.json").write_text(PROJECT, encoding="utf-8")
    job, said = compiled(
        server_python,
        frames="1-12",
        chunk_size=5,
        project=str(tmp_path / "project.json"),
        blendfile=str(tmp_path / "shot.blend"),
        render_output_root=str(tmp_path),
        add_path_components=0,
        render_output_path=str(tmp_path / "{timestamp}" / "video"),
    )
    assert job, said
    worker, tasks = Worker(tmp_path, server_python), {task["name"]: task for task in job["tasks"]}
    done: set[str] = set()
    for name, task in tasks.items():
        assert set(task["dependencies"]) <= done
        worker.run(task)
        done.add(name)
    folder = tmp_path / "2026-11-21_101112"
    video = folder / "video.mp4"
    pictures = sorted((folder / "frames").glob("frame_*.png"))
    assert [path.name for path in pictures] == [f"frame_{n:04d}.png" for n in range(1, 13)]

    scene = headless.opened(tmp_path / "shot.blend")
    wish = headless.output_settings.built_wish(scene)
    passes.write(scene, as_pictures(wish), tmp_path / "one" / "frame.png")
    for path in pictures:
        assert np.array_equal(read_pixels(path), read_pixels(tmp_path / "one" / path.name))
    shown = decoded(ffmpeg, video, 96, 64)
    assert len(shown.frames) == 12
    # the colour of a pixel is not kept, since H.264 halves its resolution
    grey = np.array([0.2126, 0.7152, 0.0722])
    assert np.abs(shown.frames[4] @ grey - read_pixels(pictures[4])[..., :3] @ grey).mean() < 4
    assert ("Audio: aac" in shown.said) == WITH_SOUND

    # what is whole stays, what is missing or cut short comes back, and the same video is made again
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in [*pictures, video]}
    pictures[1].unlink()
    pictures[3].write_bytes(before[pictures[3]][1][:200])
    worker.run(tasks["frames-1-5"])
    for path in pictures:
        # a picture that Blender writes again tells the time of that
        kept = (path.stat().st_mtime_ns, path.read_bytes()) == before[path]
        assert kept == (path not in (pictures[1], pictures[3]))
        assert np.array_equal(read_pixels(path), read_pixels(tmp_path / "one" / path.name))
    worker.run(tasks["video"])
    assert video.read_bytes() == before[video][1]
    pieces = sorted(path.name for path in (folder / "frames" / "pieces").iterdir())
    # Flamenco writes two frames as "11,12", which are two runs
    assert pieces == [f"{run}.mp4" for run in ("000000-000004", "000005-000009", "000010-000010", "000011-000011")]


def test_frames_beyond_the_scene_are_refused(tmp_path: Path) -> None:
    from .made import document, made

    spec = made(tmp_path, document())
    scene = headless.open_scene(None, spec)
    headless.targets.build(scene, spec, tmp_path, tmp_path)
    with pytest.raises(headless.UsageError, match="The frames 30 to 37 are not all within 1 to 36"):
        headless.farm_tasks.frames(scene, 30, 37, tmp_path / "frames", print)
    assert not (tmp_path / "frames").exists()
