"""Generating that is cancelled, whose server or Blender is killed, or that another file is opened in: it goes on."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import pytest
from infinite_parallax.blender_addon import (
    begun_jobs,
    generating,
    jobs,
    local_server,
    preferences,
    properties,
    scene_project,
)
from infinite_parallax.shared.errors import Cancelled

from .conftest import ROOT

pytestmark = [pytest.mark.blender, pytest.mark.usefixtures("with_server")]


def state() -> Any:
    return bpy.context.window_manager.infinite_parallax


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


def test_a_server_that_dies_is_said_and_generate_goes_on(with_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
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
    monkeypatch.setattr(preferences, "preferences", lambda: with_server)
    assert bpy.ops.infinite_parallax.generate() == {"FINISHED"}
    assert state().error == ""


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
