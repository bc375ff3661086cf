"""Generate and Export: the operators, blocking, with a real server in a process of its own."""

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import infinite_parallax
import numpy as np
import pytest
from infinite_parallax.blender_addon import (
    begun_jobs,
    compat,
    export,
    generating,
    jobs,
    local_server,
    preferences,
    properties,
    scene_project,
    timeline,
)
from infinite_parallax.shared import frames, plates, scene_building
from infinite_parallax.shared import plan as plans
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import Cancelled

from .conftest import ROOT
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
    ENABLED.update(vars(chosen))
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
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    editor = bpy.context.scene.sequence_editor
    assert editor is None or not compat.strips(editor)
    bpy.ops.ed.redo()
    this = bpy.context.scene
    assert not state().running
    assert state().status == "Done: 36 frames"
    assert generating.running() is None
    assert begun_jobs.read(Path(this.infinite_parallax.plates_folder)).finished
    folder = Path(this.infinite_parallax.plates_folder)
    project = properties.project(this)
    spec = scene_building.build(project, plans.plan(project, WIDTH, HEIGHT), plates.load(folder))
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


@pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="the sequencer shows the window's scene")
def test_an_empty_sequencer_shows_what_was_built_and_a_chosen_scene_stays() -> None:
    this, other = bpy.context.scene, bpy.data.scenes.new("chosen by hand")
    chosen, *empty = bpy.data.workspaces
    assert empty
    chosen.sequencer_scene = other
    for workspace in empty:
        workspace.sequencer_scene = None
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert chosen.sequencer_scene == other
    assert {workspace.sequencer_scene for workspace in empty} == {this}


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

    task = jobs.Task(project, tmp_path / "picture.png", tmp_path / "plates")
    with pytest.raises(Cancelled):
        jobs.paint(preferences.server(), task, told.append, stop)
    assert begun_jobs.read(task.folder).step >= 2
    told.clear()
    finished = jobs.paint(preferences.server(), task, told.append)
    assert finished.spec.frames == 36
    first = next(m for m in told if isinstance(m, jobs.Progress))
    assert first.done >= 1, "painted steps are kept"


def test_a_worker_says_everything_in_messages(tmp_path: Path) -> None:
    project = properties.project(bpy.context.scene)
    task = jobs.Task(project, tmp_path / "picture.png", tmp_path / "plates")
    worker = jobs.Worker(partial(jobs.paint, preferences.server(), task))
    told = [worker.messages.get()]
    while not isinstance(told[-1], jobs.Finished | jobs.Failed):
        told.append(worker.messages.get())
    worker.join(10)
    steps = [m.done for m in told if isinstance(m, jobs.Progress) and m.what == "step"]
    assert steps == sorted(steps)
    assert isinstance(told[-1], jobs.Finished)
    gone = jobs.Worker(partial(jobs.paint, preferences.server(), replace(task, picture=tmp_path / "none.png")))
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


def test_later_steps_are_painted_again() -> None:
    this = bpy.context.scene
    with pytest.raises(RuntimeError, match="poll"):
        bpy.ops.infinite_parallax.redo(step=4)
    bpy.ops.infinite_parallax.generate()
    folder = Path(this.infinite_parallax.plates_folder)
    first = begun_jobs.read(folder)
    plain = {path.name: path.read_bytes() for path in (folder / "plates").glob("*.png")}
    this.infinite_parallax.inpaint.engine = "walk"
    assert bpy.ops.infinite_parallax.redo(step=4) == {"FINISHED"}
    again = {path.name: path.read_bytes() for path in (folder / "plates").glob("*.png")}
    assert again != plain
    second = begun_jobs.read(folder)
    assert (second.job, second.finished) == (first.job, True)
    assert second.key != first.key
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert again == {path.name: path.read_bytes() for path in (folder / "plates").glob("*.png")}, "nothing is lost"
    with pytest.raises(RuntimeError, match="from_step is 40"):
        bpy.ops.infinite_parallax.redo(step=40)
    this.infinite_parallax.motion.direction_deg = 0
    with pytest.raises(RuntimeError, match="A redo keeps the geometry"):
        bpy.ops.infinite_parallax.redo(step=2)


def test_a_server_that_dies_is_said_and_generate_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = jobs.painting.watch

    def dying(client: Any, info: Any, tell: Any, stop: Any, canvas_px: int, settled: Any) -> Any:
        def told(message: Any) -> None:
            tell(message)
            if isinstance(message, jobs.Progress) and message.done >= 2:
                local_server._Kept.running.process.process.kill()
                local_server._Kept.running.process.process.wait()

        return watch(client, info, told, stop, canvas_px, settled=settled)

    monkeypatch.setattr(jobs.painting, "watch", dying)
    with pytest.raises(RuntimeError, match=r"The server has ended in the middle of the job.*goes on where it was"):
        bpy.ops.infinite_parallax.generate()
    assert not state().running
    assert "ended by itself" in preferences.status()
    monkeypatch.undo()
    monkeypatch.setattr(preferences, "preferences", lambda: SimpleNamespace(**ENABLED))
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert state().error == ""


ENABLED: dict[str, str] = {}
"""The preferences of the test at work."""


def test_layers_are_suggested() -> None:
    this = bpy.context.scene
    properties.fill_layers(this, ())
    assert bpy.ops.infinite_parallax.suggest_layers() == {"FINISHED"}
    assert "straight bands" in state().suggestion or "contours" in state().suggestion
    if this.infinite_parallax.layers:
        scene_project.plan_of(this)


def test_layers_are_suggested_by_an_engines_depth() -> None:
    this = bpy.context.scene
    properties.fill_layers(this, ())
    properties.of_scene(this).depth.engine = "prior"
    assert bpy.ops.infinite_parallax.suggest_layers() == {"FINISHED"}
    assert "only guessed (prior)" in state().suggestion


def test_the_server_is_tested_started_and_stopped(enabled: Any) -> None:
    assert bpy.ops.infinite_parallax.test_server() == {"FINISHED"}
    assert state().server.startswith("Version ")
    assert "telea, walk" in state().server
    assert "walk" in state().engines
    assert "prior" in state().looking
    running = local_server.running()
    assert bpy.ops.infinite_parallax.start_server() == {"FINISHED"}
    assert local_server.running() is running, "one server for all"
    assert preferences.status() == f"Runs at {running.process.url}"
    assert bpy.ops.infinite_parallax.show_log() == {"FINISHED"}
    assert "serving" in bpy.data.texts["Infinite Parallax server log"].as_string()
    assert bpy.ops.infinite_parallax.stop_server() == {"FINISHED"}
    assert not bpy.ops.infinite_parallax.stop_server.poll()
    enabled.url = "http://127.0.0.1:9"
    with pytest.raises(RuntimeError, match="No server answers"):
        bpy.ops.infinite_parallax.test_server()


def test_the_cache_is_cleared_but_for_what_is_shown(tmp_path: Path) -> None:
    bpy.ops.infinite_parallax.generate()
    shown = Path(bpy.context.scene.infinite_parallax.plates_folder)
    (tmp_path / "plates" / "Old").mkdir(parents=True)
    assert bpy.ops.infinite_parallax.clear_cache() == {"FINISHED"}
    assert not (tmp_path / "jobs").exists()
    assert [path.name for path in (tmp_path / "plates").iterdir()] == [shown.name]


def test_another_file_is_opened_while_a_job_runs(tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "other.blend"))
    job = generating.Working.running = generating.Generating(bpy.context.scene)
    assert state().running
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "other.blend"))
    assert generating.running() is None
    assert not state().running
    job.worker.join(30)
    assert isinstance(last_of(job.worker), jobs.Failed | jobs.Finished)
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}


LEFT = """
import os, sys, types
from pathlib import Path
import bpy, infinite_parallax
from infinite_parallax.blender_addon import generating, jobs, preferences, properties
from infinite_parallax.shared import project as projects
infinite_parallax.register()
chosen = types.SimpleNamespace(url="", token="", token_file="", command=sys.argv[1], cache=sys.argv[2])
preferences.preferences = lambda: chosen
properties.fill(bpy.context.scene, projects.load(Path(sys.argv[3])))
job = generating.Working.running = generating.Generating(bpy.context.scene)
while True:
    message = job.worker.messages.get()
    assert not isinstance(message, jobs.Failed | jobs.Finished), message
    if isinstance(message, jobs.Progress) and message.what == "step" and message.done >= 2:
        break
print("painted", message.done, flush=True)
if sys.argv[4] == "killed":
    os.kill(os.getpid(), 9)
infinite_parallax.unregister()  # as Blender itself does when it quits
bpy.ops.wm.quit_blender()
"""
"""A Blender that is left in the middle of a job."""


@pytest.mark.parametrize("how", ["killed", "quit"])
def test_a_blender_that_was_left_in_mid_job_goes_on_after_its_next_start(
    tmp_path: Path, command: str, how: str
) -> None:
    properties.of_scene(bpy.context.scene).motion.steps = 60
    saved = tmp_path / "project.json"
    assert bpy.ops.infinite_parallax.export_project(filepath=str(saved)) == {"FINISHED"}
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "infinite_parallax").symlink_to(ROOT)  # a checkout may have any name
    done = subprocess.run(
        [sys.executable, "-c", LEFT, command, str(tmp_path), str(saved), how],
        capture_output=True, text=True, check=False, timeout=180,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "path")},
    )  # fmt: skip
    assert (done.returncode, done.stdout.count("painted")) == (-9 if how == "killed" else 0, 1), done.stderr
    note = begun_jobs.read(scene_project.plates_folder(bpy.context.scene))
    assert note.job
    assert note.steps == 60
    worker = generating.Generating(bpy.context.scene).worker
    first = worker.messages.get(timeout=30)
    while not isinstance(first, jobs.Progress):
        assert not isinstance(first, jobs.Failed), first
        first = worker.messages.get(timeout=30)
    worker.stop()
    worker.join(30)
    assert 2 <= first.done < 60, "painted steps are kept"
    assert begun_jobs.read(scene_project.plates_folder(bpy.context.scene)).job == note.job


def last_of(worker: jobs.Worker) -> jobs.Message:
    message = worker.messages.get(timeout=30)
    while not isinstance(message, jobs.Finished | jobs.Failed):
        message = worker.messages.get(timeout=30)
    return message


def test_a_finished_project_is_saved_reopened_and_rendered_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a" / "work.blend"))
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert bpy.context.scene.infinite_parallax.plates_folder == "//work_files/Scene"
    export.still(bpy.context.scene, 10, tmp_path / "before.png")
    bpy.ops.wm.save_mainfile()
    (tmp_path / "a").rename(tmp_path / "b")
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "b" / "work.blend"))
    export.still(bpy.context.scene, 10, tmp_path / "after.png")
    assert (read_pixels(tmp_path / "after.png") == read_pixels(tmp_path / "before.png")).all()
    assert bpy.ops.infinite_parallax.build_scene() == {"FINISHED"}


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
