"""A job painted by diffusers over HTTP: its server is killed in the middle, and another one goes on."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.inpaint_server.app import create_app
from infinite_parallax.inpaint_server.context import Config
from infinite_parallax.inpaint_server.pictures import encode_png
from infinite_parallax.inpaint_server.serve import HttpServer
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.server_process import ServerProcess

from ..server.conftest import COMMAND, TOKEN
from .tiny_models import NATIVE_PX

DEADLINE_S = 120.0
STEPS = 12


@pytest.fixture
def wish(tiny: Path) -> Any:
    return projects.from_json(
        {
            "name": "tiny",
            "inpaint": {"engine": "diffusers", "prompt": "a river", "seed_policy": "per_step", "warn_divergence": 10},
            "diffusers": {
                "model": str(tiny / "inpaint"),
                "native_px": NATIVE_PX,
                "steps": 2,
                "device": "cpu",
                "ahead_steps": 3,
            },
            "motion": {"steps": STEPS},
            "plates": {"tile_px": 96, "overlap_px": 2},
            "layers": [{"height": 12, "velocity": [-3, 0]}, {"velocity": [-7.5, 0]}],
        }
    )


@contextlib.contextmanager
def served(store: Path) -> Iterator[Client]:
    """A server in this process, where torch is loaded already."""
    server = HttpServer(create_app(Config(store, TOKEN)), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with Client(server.url, TOKEN) as client:
            yield client
    finally:
        server.stop()
        thread.join(DEADLINE_S)


def test_killed_in_the_middle_a_job_ends_with_the_same_bytes(
    wish: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = encode_png(paint(48, 32, 3))
    with served(tmp_path / "undisturbed") as client:
        client.create_job(wish, picture, "job")
        heard = list(client.events("job", patience_s=DEADLINE_S))
        assert heard[-1].data["state"] == "succeeded", client.job("job")
        stages = [event.data["message"] for event in heard if event.kind == "stage"]
        wanted = client.download_plates("job", tmp_path / "wanted")
    assert any(sentence.startswith("Loading ") for sentence in stages)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as here: sums over more threads end in other last digits
    process = ServerProcess([*COMMAND, "--store", str(tmp_path / "killed")], DEADLINE_S)
    with process as server, Client(server.url, server.token) as client:
        client.create_job(wish, picture, "job")
        steps = (e.data["step"] for e in client.events("job", patience_s=DEADLINE_S) if e.kind == "progress")
        reached = next(step for step in steps if step >= 1)
        server.process.kill()
        server.process.wait(DEADLINE_S)
    assert reached < STEPS
    with served(tmp_path / "killed") as client:
        assert client.wait("job").state == "succeeded"
        resumed = client.download_plates("job", tmp_path / "got")
    assert resumed == wanted
    assert tiles(tmp_path / "got", resumed) == tiles(tmp_path / "wanted", wanted)


def tiles(folder: Path, manifest: Manifest) -> list[bytes]:
    return [(folder / tile.file).read_bytes() for plate in manifest.plates for tile in plate.tiles]
