"""Servers to test: an application with its worker, the same behind waitress on loopback, and a process of its own."""

import contextlib
import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from infinite_parallax.inpaint_server import engines, step_loop
from infinite_parallax.inpaint_server.app import create_app
from infinite_parallax.inpaint_server.context import KEY, Config, Context
from infinite_parallax.inpaint_server.serve import HttpServer
from infinite_parallax.inpaint_server.step_loop import Progress
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.plates import Manifest
from PIL import Image
from werkzeug.test import TestResponse

from . import lake_town
from .fake_eyes import FakeEyes, entry_points

TOKEN = "a-token-for-the-tests"
DEADLINE_S = 30.0
ROOT = Path(__file__).resolve().parents[2]
START = (
    f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); import conftest, runpy; "
    "runpy.run_module('infinite_parallax.inpaint_server', run_name='__main__', alter_sys=True)"
)
COMMAND = [sys.executable, "-c", START]


@pytest.fixture
def command() -> list[str]:
    """The command that starts a server from this checkout."""
    return COMMAND


@pytest.fixture
def picture() -> bytes:
    """A PNG of 48 x 32 px."""
    y, x = np.mgrid[0:32, 0:48]
    rgb = np.stack([40 + 4 * x, 220 - 6 * y, 30 + (x * y) % 160], axis=2).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def document() -> Callable[..., dict[str, Any]]:
    """Makes the JSON of a small project."""

    def make(steps: int = 6, engine: str = "telea", **inpaint: Any) -> dict[str, Any]:
        return {
            "name": "small",
            "inpaint": {"engine": engine, "warn_divergence": 10} | inpaint,
            "motion": {"steps": steps},
            "plates": {"tile_px": 64, "overlap_px": 2},
            "layers": [{"height": 12, "velocity": [-3, 0]}, {"velocity": [-7.5, 0]}],
        }

    return make


@dataclass
class Gate:
    """The real step loop, made to wait when it has reported `step`, or a `stage`, until it is let `go`."""

    step: int = 0
    stage: str = ""
    failure: Exception | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    sittings: int = 0

    def run(
        self,
        folder: Path,
        project: Any,
        picture: Any,
        engine: Any,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        assets: Any = None,
    ) -> Manifest:
        self.sittings += 1

        def gated(progress: Progress) -> None:
            report(progress)
            here = progress.stage == self.stage if self.stage else progress.step == self.step and not progress.stage
            if here and not self.go.is_set():
                self.reached.set()
                assert self.go.wait(DEADLINE_S)
                if self.failure:
                    raise self.failure

        return step_loop.run(folder, project, picture, engine, gated, cancelled, assets)

    def redo(self, folder: Path, step: int) -> None:
        step_loop.redo(folder, step)

    def wait(self) -> None:
        """Until the loop stands at its step."""
        assert self.reached.wait(DEADLINE_S)


@dataclass
class Served:
    """One application with its worker at work, spoken to through Flask's client."""

    app: Flask
    http: FlaskClient
    store: Path

    @property
    def context(self) -> Context:
        return self.app.extensions[KEY]

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """A request with the token."""
        options.setdefault("buffered", True)
        options.setdefault("headers", {}).setdefault("Authorization", f"Bearer {TOKEN}")
        return self.http.open(f"/api/v1{path}", method=method, **options)

    def create(self, document: dict[str, Any], picture: bytes, job_id: str = "") -> TestResponse:
        form = {"project": json.dumps(document), "picture": (io.BytesIO(picture), "picture.png")}
        path, method = (f"/jobs/{job_id}", "PUT") if job_id else ("/jobs", "POST")
        return self.ask(method, path, data=form)

    def events(self, job_id: str, last_id: str = "") -> list[tuple[str, str, dict[str, Any]]]:
        """All events until the stream ends, as id, kind, data."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        text = self.ask("GET", f"/jobs/{job_id}/events", headers=headers).get_data(as_text=True)
        out = []
        for block in text.split("\n\n"):
            if block and not block.startswith(":"):
                fields = dict(line.split(": ", 1) for line in block.splitlines())
                out.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
        return out

    def tiles(self, job_id: str) -> dict[str, str]:
        """The tiles of a job and their digests."""
        manifest = self.ask("GET", f"/jobs/{job_id}/manifest").get_json()
        return {t["file"]: t["sha256"] for plate in manifest["plates"] for t in plate["tiles"]}

    def finish(self, job_id: str) -> dict[str, Any]:
        """Wait, by listening, until a job has ended; the job."""
        self.events(job_id)
        data = self.ask("GET", f"/jobs/{job_id}").get_json()
        assert isinstance(data, dict)
        return data


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts applications; all are stopped at the end. A second one on the same store needs the first one stopped."""
    started: list[Served] = []

    def start(store: Path = tmp_path / "store", **config: Any) -> Served:
        app = create_app(Config(store, TOKEN, **config))
        served = Served(app, app.test_client(), store)
        started.append(served)
        served.context.worker.start()
        return served

    yield start
    for served in started:
        loop = served.context.worker._loop
        if isinstance(loop, Gate):
            loop.go.set()
        served.context.stop()


@pytest.fixture
def gate() -> Callable[..., Gate]:
    """Makes a step loop that can be held at a step."""
    return Gate


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Starts servers behind waitress on loopback; gives clients of them."""
    with contextlib.ExitStack() as stack:

        def start(token: str = TOKEN, **config: Any) -> Client:
            server = HttpServer(create_app(Config(tmp_path / "listening", TOKEN, **config)), "127.0.0.1", 0)
            thread = threading.Thread(target=server.run)
            thread.start()

            def end() -> None:
                loop = server.context.worker._loop
                if isinstance(loop, Gate):
                    loop.go.set()
                server.stop()
                thread.join(DEADLINE_S)
                assert not thread.is_alive()

            stack.callback(end)
            return stack.enter_context(Client(server.url, token))

        yield start


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> FakeEyes:
    """Other people's engines are found by entry points: one that knows the town of `lake_town`."""
    made = FakeEyes(lambda _picture: lake_town.seen())
    monkeypatch.setattr(engines, "entry_points", entry_points(made))
    return made
