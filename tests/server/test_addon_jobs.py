"""The add-on's side of a job, which needs no Blender: what was begun is found again."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.blender_addon import local_server
from infinite_parallax.blender_addon.jobs import Message, Progress, Server, Task, paint
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import Cancelled, UsageError
from infinite_parallax.shared.project import Project

from .conftest import TOKEN


def test_another_output_setting_goes_on_with_the_job(
    tmp_path: Path, picture: bytes, document: Any, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "picture.png").write_bytes(picture)
    command = (sys.executable, "-m", "infinite_parallax.inpaint_server")
    server = Server(url="", token="", command=command, stores=tmp_path / "jobs")
    told: list[Message] = []

    def begin(project: Project, steps: int | None = None) -> int:
        """Paint, at most so many steps; returns how many there were at the start."""
        told.clear()

        def stop() -> bool:
            return steps is not None and any(isinstance(m, Progress) and m.done >= steps for m in told)

        paint(server, Task(project, tmp_path / "picture.png", tmp_path / "plates"), told.append, stop)
        return next(m.done for m in told if isinstance(m, Progress))

    request.addfinalizer(local_server.stop)
    project = projects.from_json(document())
    with pytest.raises(Cancelled):
        begin(project, steps=2)
    another = replace(project, name="another", output=replace(project.output, crf=40))
    assert begin(another) >= 1


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"grades": [{"layer": 9, "contrast": 5}]}, r"grades\.0\.layer is 9"),
        ({"overlays": [{"layer": 9}]}, r"overlays\.0\.layer is 9"),
        ({"cues": [{"layer": 9}]}, r"cues\.0\.layer is 9"),
        ({"distortions": [{"direction": "y", "amplitude_px": 50}]}, "would cross"),
        ({"output": {"format": "webm", "audio": "aac"}}, "cannot hold"),
    ],
)
def test_what_could_not_be_shown_is_refused_before_it_is_painted(
    tmp_path: Path,
    picture: bytes,
    document: Any,
    listen: Callable[..., Client],
    wish: dict[str, Any],
    sentence: str,
) -> None:
    (tmp_path / "picture.png").write_bytes(picture)
    client = listen()
    server = Server(url=client.url, token=TOKEN, command=(), stores=tmp_path)
    told: list[Message] = []
    task = Task(projects.from_json(document() | wish), tmp_path / "picture.png", tmp_path / "plates")
    with pytest.raises(UsageError, match=sentence):
        paint(server, task, told.append)
    assert not told
    assert all(job.state == "cancelled" or job.cancelling for job in client.jobs())
