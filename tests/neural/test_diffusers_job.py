"""Jobs painted by diffusers over HTTP: their server is killed in the middle, and another one goes on."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.inpaint_server.app import create_app
from infinite_parallax.inpaint_server.context import Config
from infinite_parallax.inpaint_server.diffusion.pipelines import SHELF
from infinite_parallax.inpaint_server.journal import Journal
from infinite_parallax.inpaint_server.pictures import encode_png
from infinite_parallax.inpaint_server.serve import HttpServer
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.server_process import ServerProcess

from ..server.conftest import COMMAND, TOKEN
from . import tiny_caption, tiny_depth, tiny_segment
from .tiny_models import NATIVE_PX

DEADLINE_S = 120.0
STEPS = 12


@pytest.fixture
def bands(tiny: Path) -> dict[str, Any]:
    """Two straight layers, and a model that paints."""
    return {
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


@pytest.fixture
def everything(bands: dict[str, Any], tiny: Path, tmp_path: Path) -> dict[str, Any]:
    """Layers with contours and objects found by words, speeds by depth, a ControlNet, and captions: all models at once.

    What random weights find is chance, the same each time: in this picture two layers and two objects.
    """
    segment = {
        "model": str(tiny_segment.detector(tmp_path / "detector")),
        "mask_model": str(tiny_segment.outliner(tmp_path / "outliner")),
    }
    return bands | {
        "diffusers": bands["diffusers"] | {"controlnet": str(tiny / "controlnet")},
        "depth": {"engine": "depth_anything", "model": str(tiny_depth.depth_anything(tmp_path / "depth"))},
        "segment": segment
        | {"engine": "grounded_sam", "layers": "sky . church", "objects": "river", "threshold": 0, "text_threshold": 0},
        "caption": {
            "engine": "blip",
            "model": str(tiny_caption.blip(tmp_path / "caption")),
            "threshold": 0,
            "every_steps": 2,
        },
        "speed": {"law": "depth"},
        "cut": {"mode": "contour"},
        "motion": {"steps": STEPS, "step_px": 4},
        "layers": [],
    }


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
    bands: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = killed_and_resumed(bands, encode_png(paint(48, 32, 3)), tmp_path, monkeypatch)
    assert any(sentence.startswith("Loading ") for sentence in stages)


def test_so_does_one_with_controlnet_depth_words_and_captions_on_contours(
    everything: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_and_resumed(everything, encode_png(paint(96, 64, 3)), tmp_path, monkeypatch)
    with served(tmp_path / "killed") as client:
        job = client.job("job")
    project, notes = job.project, " ".join(job.warnings)
    assert "The depth was estimated by depth_anything." in notes
    assert "river (sure: " in notes
    assert [layer["name"] for layer in project["layers"]] == ["sky", "church"]
    assert [thing["name"] for thing in project["objects"]] == ["river", "river 2"]
    assert project["cut"]["mode"] == "contour"
    assert all(
        Journal(tmp_path / "killed" / "jobs" / "job" / "run" / "steps").read(step).caption for step in (1, STEPS)
    )


def killed_and_resumed(
    document: dict[str, Any], picture: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Paint a project undisturbed, and once more in a process that is killed: the plates must be the same. The stages
    of the undisturbed one."""
    wish = projects.from_json(document)
    SHELF.release()  # another test may have left this very model there, and then nobody says that it is loaded
    with served(folder / "undisturbed") as client:
        client.create_job(wish, picture, "job")
        heard = list(client.events("job", patience_s=DEADLINE_S))
        assert heard[-1].data["state"] == "succeeded", client.job("job")
        wanted = client.download_plates("job", folder / "wanted")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # as here: sums over more threads end in other last digits
    process = ServerProcess([*COMMAND, "--store", str(folder / "killed")], DEADLINE_S)
    with process as server, Client(server.url, server.token) as client:
        client.create_job(wish, picture, "job")
        steps = (e.data["step"] for e in client.events("job", patience_s=DEADLINE_S) if e.kind == "progress")
        reached = next(step for step in steps if step >= 1)
        server.process.kill()
        server.process.wait(DEADLINE_S)
    assert reached < STEPS
    with served(folder / "killed") as client:
        assert client.wait("job").state == "succeeded"
        resumed = client.download_plates("job", folder / "got")
    assert resumed == wanted
    assert tiles(folder / "got", resumed) == tiles(folder / "wanted", wanted)
    return [event.data["message"] for event in heard if event.kind == "stage"]


def tiles(folder: Path, manifest: Manifest) -> list[bytes]:
    return [(folder / tile.file).read_bytes() for tile in manifest.files]
