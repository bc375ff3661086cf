"""The server as a process: its first line, its lock, its end, and what becomes of a job when it is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from infinite_parallax import __version__
from infinite_parallax.inpaint_server.serve import locked
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.plates import Manifest
from infinite_parallax.shared.server_process import ServerProcess

DEADLINE_S = 30.0


def start(command: list[str], store: Path, *flags: str, log: Path | None = None) -> ServerProcess:
    return ServerProcess([*command, "--store", str(store), *flags], DEADLINE_S, log)


def test_a_server_is_started_asked_and_stopped(command: list[str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with start(command, tmp_path / "store", "--token-file", str(tmp_path / "mine"), log=log) as server:
        assert server.alive()
        assert (tmp_path / "mine").read_text().strip() == server.token
        with Client(server.url, server.token) as client:
            assert client.health()["version"] == __version__
            assert client.jobs() == []
        with pytest.raises(ParallaxError, match="Another server is at work"):
            start(command, tmp_path / "store")
    assert not server.alive()
    assert server.process.returncode == 0
    assert "stopped" in log.read_text()


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_it_cleanly(command: list[str], tmp_path: Path, number: int) -> None:
    with start(command, tmp_path) as server:
        server.process.send_signal(number)
        assert server.process.wait(DEADLINE_S) == 0


def test_it_stops_when_the_one_who_started_it_is_gone(command: list[str], tmp_path: Path) -> None:
    with start(command, tmp_path) as server:
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--port", "99999"], "--port"),
        (["--host", "no.such.host.invalid"], "Cannot listen"),
        (["--bogus"], "bogus"),
        (["--executor", "slurm"], "no executor 'slurm'"),
    ],
)
def test_a_start_that_fails_says_why(command: list[str], tmp_path: Path, flags: list[str], words: str) -> None:
    with pytest.raises(ParallaxError, match=words):
        start(command, tmp_path, *flags)


def test_a_store_behind_a_url(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    server = ServerProcess([*command, "--store", "memory://jobs"], DEADLINE_S)
    with server, Client(server.url, server.token) as client:
        assert client.jobs() == []
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["infinite-parallax-copies"]


def test_a_program_that_is_no_server() -> None:
    with pytest.raises(ParallaxError, match="cannot be started"):
        ServerProcess(["/no/such/program"])
    with pytest.raises(ParallaxError, match="ended before it was ready"):
        ServerProcess([sys.executable, "-c", "print('{\"event\": 1}'); print('[]'); print('x')"])
    with pytest.raises(ParallaxError, match="not ready within"):
        ServerProcess([sys.executable, "-c", "import sys; sys.stdin.read()"], timeout_s=0.5)


@pytest.mark.skipif(os.name != "posix", reason="Windows knows no such signals")
def test_a_server_that_does_not_listen_is_forced(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc")
    ready = json.dumps({"event": "ready", "url": "http://127.0.0.1:1", "token_file": str(tmp_path / "token")})
    deaf = f"import signal; signal.signal(15, signal.SIG_IGN); print({ready!r}, flush=True); signal.pause()"
    server = ServerProcess([sys.executable, "-c", deaf])
    assert server.token == "abc"
    server.stop(timeout_s=0.2)
    assert server.process.returncode == -signal.SIGKILL


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path):
            pass


def test_killed_at_any_moment_a_job_ends_with_the_same_bytes(
    command: list[str], tmp_path: Path, document: Callable[..., dict[str, Any]], picture: bytes
) -> None:
    project = projects.from_json(document(steps=100, engine="walk"))
    with start(command, tmp_path / "undisturbed") as server, Client(server.url, server.token) as client:
        client.create_job(project, picture, "job")
        undisturbed = client.download_plates(_finished(client), tmp_path / "wanted")
    store, kills = tmp_path / "killed", 0
    for words in range(1, 4):
        server = start(command, store)
        try:
            with Client(server.url, server.token) as client:
                client.create_job(project, picture, "job")
                events = client.events("job", patience_s=0)
                # each time a little later in the stream of events
                heard = [event for _, event in zip(range(2 * words), events, strict=False)]
                kills += heard[-1].data.get("state") != "succeeded"
            server.process.kill()
            server.process.wait(DEADLINE_S)
        finally:
            server.stop()
    assert kills > 1
    with start(command, store) as server, Client(server.url, server.token) as client:
        resumed = client.download_plates(_finished(client), tmp_path / "got")
    assert resumed == undisturbed
    assert _tiles(tmp_path / "got", resumed) == _tiles(tmp_path / "wanted", undisturbed)


def test_listening_goes_on_after_a_restart(
    command: list[str], tmp_path: Path, document: Callable[..., dict[str, Any]], picture: bytes
) -> None:
    first = start(command, tmp_path)
    with Client(first.url, first.token) as client, contextlib.ExitStack() as stack:
        stack.callback(first.stop)
        client.create_job(projects.from_json(document(steps=200)), picture, "job")
        events = client.events("job", patience_s=DEADLINE_S)
        heard = [next(events)]
        while not (heard[-1].kind == "progress" and heard[-1].data["step"]):
            heard.append(next(events))
        assert heard[-1].data["step"] < 200
        first.process.kill()
        first.process.wait(DEADLINE_S)
        stack.enter_context(start(command, tmp_path, "--port", str(urlsplit(first.url).port)))
        heard += events
    assert heard[-1].data["state"] == "succeeded"
    assert heard[-1].id.partition("-")[0] != heard[1].id.partition("-")[0]


def _finished(client: Client) -> str:
    assert client.wait("job").state == "succeeded"
    return "job"


def _tiles(folder: Path, manifest: Manifest) -> list[bytes]:
    return [(folder / tile.file).read_bytes() for plate in manifest.plates for tile in plate.tiles]


def test_it_is_started_as_a_module_and_explains_itself(command: list[str]) -> None:
    told = subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    for flag in ("--host", "--port", "--store", "--token-file", "--allow-host", "--allow-origin"):
        assert flag in told.stdout
