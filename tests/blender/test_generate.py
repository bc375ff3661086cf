"""Generate and Export: the operators, blocking, with a real server in a process of its own."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import bpy
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

from .made import HEIGHT, WIDTH, read_pixels, read_tile

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("with_server")]


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


def test_a_server_that_cannot_be_started_is_said(with_server: Any, tmp_path: Path) -> None:
    with_server.command = str(tmp_path / "no-such-program")
    with pytest.raises(RuntimeError, match="The server cannot be started"):
        bpy.ops.infinite_parallax.generate()
    assert not state().running
    assert state().status == "Failed"


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


def test_the_server_is_tested_started_and_stopped(with_server: Any) -> None:
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
    with_server.url = "http://127.0.0.1:9"
    with pytest.raises(RuntimeError, match="No server answers"):
        bpy.ops.infinite_parallax.test_server()


def test_the_cache_is_cleared_but_for_what_is_shown(tmp_path: Path) -> None:
    bpy.ops.infinite_parallax.generate()
    shown = Path(bpy.context.scene.infinite_parallax.plates_folder)
    (tmp_path / "plates" / "Old").mkdir(parents=True)
    assert bpy.ops.infinite_parallax.clear_cache() == {"FINISHED"}
    assert not (tmp_path / "jobs").exists()
    assert [path.name for path in (tmp_path / "plates").iterdir()] == [shown.name]


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
