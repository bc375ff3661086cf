"""The preparation of a job with contours: told stage by stage, and stopped between two of them."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.blender_addon.jobs import Message, Preparing, Progress, Server, Task, paint
from infinite_parallax.cli.main import main
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import Cancelled
from PIL import Image

Serve = Callable[..., Any]
HIDDEN = "Painting what is hidden behind layer 3 of 3"


@pytest.fixture
def picture() -> bytes:
    """A PNG of 96 x 64 px: three bodies with wavy borders, and a post."""
    y, x = np.mgrid[0:64, 0:96]
    out = np.full((64, 96, 3), (90, 140, 220), np.uint8)
    out[y > 24 + 4 * np.sin(x / 9)] = (40, 90, 40)
    out[y > 44 + 3 * np.sin(x / 5)] = (150, 110, 60)
    out[30:56, 40:48] = (230, 30, 30)
    out += np.random.default_rng(3).integers(0, 16, out.shape, np.uint8)
    data = io.BytesIO()
    Image.fromarray(out).save(data, "PNG")
    return data.getvalue()


def wish(**document: Any) -> dict[str, Any]:
    layers = [{"height": 24, "velocity": [-3, 0]}, {"height": 20, "velocity": [-5, 0]}, {"velocity": [-9, 0]}]
    return {"layers": layers, "cut": {"mode": "contour"}, "motion": {"steps": 4}} | document


def stages(served: Any, job: str) -> list[str]:
    return [data["message"] for _, kind, data in served.events(job) if kind == "stage"]


def test_every_stage_is_told_once_and_in_order(serve: Serve, picture: bytes, gate: Serve) -> None:
    served = serve(loop=(loop := gate(step=4)))
    job = served.create(wish(objects=[{"layer": 2, "box": [36, 26, 52, 60]}]), picture).get_json()["id"]
    loop.wait()
    last = served.context.events._logs[job][0].id  # from the first event on, as one who has listened all the while
    loop.go.set()
    told = [d["message"] for _, kind, d in served.events(job, last) if kind == "stage"]
    assert told == [
        "Lifting object 1 of 1",
        "Painting what was behind the objects",
        "Finding the borders of the layers",
        "Drawing the edge of layer 2 of 3",
        "Drawing the edge of layer 3 of 3",
        HIDDEN,
        "Painting what is hidden behind layer 2 of 3",
        "Taking the layers apart",
        "Planning what comes into the frame",
    ]
    assert served.ask("GET", f"/jobs/{job}").get_json()["stage"] == ""


def test_a_job_is_cancelled_between_two_stages_and_goes_on_later(serve: Serve, picture: bytes, gate: Serve) -> None:
    served = serve(loop=(loop := gate(stage=HIDDEN)))
    job = served.create(wish(), picture).get_json()["id"]
    loop.wait()
    assert served.ask("GET", f"/jobs/{job}").get_json()["stage"] == HIDDEN
    assert served.ask("POST", f"/jobs/{job}/cancel").get_json()["cancelling"]
    loop.go.set()
    stopped = served.finish(job)
    assert (stopped["state"], stopped["step"], stopped["stage"]) == ("cancelled", 0, "")
    assert not (served.store / "jobs" / job / "run" / "layers" / "layers.json").exists()
    served.ask("POST", f"/jobs/{job}/resume")
    assert served.finish(job)["state"] == "succeeded"
    undisturbed = served.create(wish(), picture).get_json()["id"]
    served.finish(undisturbed)
    assert served.tiles(job) == served.tiles(undisturbed)


def test_who_listens_late_hears_the_stage(listen: Callable[..., Client], picture: bytes, gate: Serve) -> None:
    loop = gate(stage=HIDDEN)
    client = listen(loop=loop)
    job = client.create_job(projects.from_json(wish()), picture)
    loop.wait()
    events = client.events(job.id)
    told = next(event for event in events if event.kind == "stage")
    assert told.data == {"message": HIDDEN}
    assert client.job(job.id).stage == HIDDEN
    loop.go.set()
    assert [event.data["state"] for event in events if event.kind == "state"][-1] == "succeeded"


def test_a_stopping_server_keeps_the_job_in_its_queue(serve: Serve, picture: bytes, gate: Serve) -> None:
    served = serve(loop=(loop := gate(stage=HIDDEN)))
    job = served.create(wish(), picture).get_json()["id"]
    loop.wait()
    served.context.worker._stopping = True
    loop.go.set()
    served.context.stop()
    assert served.context.worker.job(job).state == "queued"
    assert serve().finish(job)["state"] == "succeeded"


def test_the_command_line_shows_the_stages(
    tmp_path: Path, picture: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "picture.png").write_bytes(picture)
    flags = ["--cut", "contour", "--steps", "2", "-o", str(tmp_path / "plates")]
    assert main(["plates", str(tmp_path / "picture.png"), *flags]) == 0
    assert "Painting what is hidden behind layer 2 of" in capsys.readouterr().err


def test_the_add_on_hears_the_stages_and_can_stop_there(tmp_path: Path, picture: bytes) -> None:
    (tmp_path / "picture.png").write_bytes(picture)
    command = (sys.executable, "-m", "infinite_parallax.inpaint_server")
    server = Server(url="", token="", command=command, stores=tmp_path / "jobs")
    told: list[Message] = []

    def stop() -> bool:
        return any(isinstance(message, Preparing) for message in told)

    task = Task(projects.from_json(wish()), tmp_path / "picture.png", tmp_path / "plates")
    with pytest.raises(Cancelled):
        paint(server, task, told.append, stop)
    assert not any(isinstance(message, Progress) and message.done for message in told)
