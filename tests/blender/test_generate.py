"""Generate and Export: the operators, blocking, with a real server in a process of its own."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, generating, jobs, preferences, properties, timeline
from infinite_parallax.shared import frames, plates, scene
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled

from .made import HEIGHT, WIDTH, document, read_pixels, read_tile
from .pictures import texture, write_png

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("enabled")]


@pytest.fixture
def command(server_python: Path) -> str:
    return shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])


@pytest.fixture
def enabled(tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The add-on registered, its server the checkout's, its cache a folder of the test."""
    infinite_parallax.register()
    chosen = SimpleNamespace(url="", token="", token_file="", command=command, cache=str(tmp_path))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    wanted = document(180.0) | {"picture": str(tmp_path / "picture.png"), "inpaint": {"engine": "telea"}}
    properties.fill(bpy.context.scene, projects.from_json(wanted))
    yield chosen
    infinite_parallax.unregister()


def state() -> Any:
    return bpy.context.window_manager.infinite_parallax


def test_generate_build_and_export(tmp_path: Path) -> None:
    this = bpy.context.scene
    assert not bpy.ops.infinite_parallax.build_scene.poll()
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert not state().running
    assert state().status == "Done: 36 frames"
    assert generating.running() is None
    assert not any((tmp_path / "jobs").iterdir()), "a finished job keeps nothing"
    folder = Path(this.infinite_parallax.plates_folder)
    project = properties.project(this)
    spec = scene.build(project, plans.plan(project, WIDTH, HEIGHT), plates.load(folder))
    count = len(compat.strips(this.sequence_editor))
    assert count == len(spec.planes)
    export.still(this, 10 + timeline.FIRST_FRAME, tmp_path / "still.png")
    off = np.abs(read_pixels(tmp_path / "still.png")[..., :3].astype(int) - frames.render(spec, 10, read_tile(folder)))
    assert off.max() <= 2
    assert bpy.ops.infinite_parallax.build_scene() == {"FINISHED"}
    assert len(compat.strips(this.sequence_editor)) == count
    with pytest.raises(RuntimeError, match="The file is not saved"):
        bpy.ops.infinite_parallax.export()
    assert bpy.ops.infinite_parallax.export(filepath=str(tmp_path / "out")) == {"FINISHED"}
    assert (tmp_path / "out.mp4").stat().st_size > 1000


def test_what_cannot_be_generated_is_said() -> None:
    group = bpy.context.scene.infinite_parallax
    group.layers[0].height = 500
    with pytest.raises(RuntimeError, match="nothing remains for the last layer"):
        bpy.ops.infinite_parallax.generate()
    assert "nothing remains" in state().error
    group.picture = ""
    assert not bpy.ops.infinite_parallax.generate.poll()
    assert not bpy.ops.infinite_parallax.cancel.poll()
    assert not bpy.ops.infinite_parallax.export.poll()


def test_a_server_that_cannot_be_started_is_said(enabled: Any, tmp_path: Path) -> None:
    enabled.command = str(tmp_path / "no-such-program")
    with pytest.raises(RuntimeError, match="The server cannot be started"):
        bpy.ops.infinite_parallax.generate()
    assert not state().running
    assert state().status == "Failed"


def test_a_cancelled_job_goes_on_where_it_was(tmp_path: Path) -> None:
    project = properties.project(bpy.context.scene)
    told: list[jobs.Message] = []

    def stop() -> bool:
        return any(isinstance(m, jobs.Progress) and m.done >= 2 for m in told)

    with pytest.raises(Cancelled):
        jobs.paint(preferences.server(), project, tmp_path / "picture.png", tmp_path / "plates", told.append, stop)
    told.clear()
    finished = jobs.paint(preferences.server(), project, tmp_path / "picture.png", tmp_path / "plates", told.append)
    assert finished.spec.frames == 36
    first = next(m for m in told if isinstance(m, jobs.Progress))
    assert first.done >= 1, "painted steps are kept"


def test_a_worker_says_everything_in_messages(tmp_path: Path) -> None:
    project = properties.project(bpy.context.scene)
    worker = jobs.Worker(preferences.server(), project, tmp_path / "picture.png", tmp_path / "plates")
    told = [worker.messages.get()]
    while not isinstance(told[-1], jobs.Finished | jobs.Failed):
        told.append(worker.messages.get())
    worker.join(10)
    steps = [m.done for m in told if isinstance(m, jobs.Progress) and m.what == "step"]
    assert steps == sorted(steps)
    assert isinstance(told[-1], jobs.Finished)
    gone = jobs.Worker(preferences.server(), project, tmp_path / "none.png", tmp_path / "plates")
    last = gone.messages.get()
    gone.join(10)
    assert isinstance(last, jobs.Failed)
    assert "none.png cannot be read" in last.message


def test_the_panel_says_what_is_prepared() -> None:
    job = generating.Generating(bpy.context.scene)
    try:
        assert job.take(None, jobs.Preparing("Painting what is hidden behind layer 3 of 5")) is None
        assert state().status == "Painting what is hidden behind layer 3 of 5"
    finally:
        job.worker.stop()
        job.worker.join(60)


def test_the_blender_command_line(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from infinite_parallax.blender_addon import cli_command

    given = ["render", str(tmp_path / "picture.png"), "--engine", "telea", "--steps", "2", "--fps", "6"]
    video, blend = tmp_path / "out.mp4", tmp_path / "out.blend"
    code = cli_command.run([*given, "-o", str(video), "--blend", str(blend), "--server-command", command])
    said = capsys.readouterr().out
    assert code == 0, said
    assert f"Wrote {video}: 12 frames." in said
    assert blend.is_file()
    assert cli_command.run(given) == 2
    assert "There is nothing to make." in capsys.readouterr().err
    assert cli_command.run(["render", str(tmp_path / "none.png"), "-o", str(video)]) == 2
    assert cli_command.run(["render", "--no-such-flag"]) == 2
