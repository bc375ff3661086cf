"""The client against a real server on loopback, and against everything that is not one."""

import hashlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared import plates, wire
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.client import Client, read_token
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.project import Project
from PIL import Image

Listen = Callable[..., Client]


@pytest.fixture
def project(document: Callable[..., dict[str, Any]]) -> Project:
    return projects.from_json(document())


def test_the_whole_road(listen: Listen, project: Project, picture: bytes, tmp_path: Path) -> None:
    client = listen()
    assert client.health()["state"] == "ready"
    assert client.plan(project, 48, 32)["steps"] == 6
    job = client.create_job(project, picture)
    events = list(client.events(job.id))
    assert events[-1].data["state"] == "succeeded"
    assert client.job(job.id).ended
    assert [one.id for one in client.jobs()] == [job.id]
    told: list[tuple[int, int]] = []
    manifest = client.download_plates(job.id, tmp_path / "plates", lambda done, total: told.append((done, total)))
    tiles = [tile for plate in manifest.plates for tile in plate.tiles]
    assert told == [(i + 1, len(tiles)) for i in range(len(tiles))]
    assert plates.load(tmp_path / "plates") == manifest
    for tile in tiles:
        assert hashlib.sha256((tmp_path / "plates" / tile.file).read_bytes()).hexdigest() == tile.sha256
    assert Image.open(io.BytesIO(client.preview(job.id, 24, "jpeg"))).size == (24, 16)
    client.delete(job.id)
    assert client.jobs() == []


def test_tiles_that_are_there_are_not_fetched_again(
    listen: Listen, project: Project, picture: bytes, tmp_path: Path
) -> None:
    client = listen()
    job = client.create_job(project, picture)
    assert client.wait(job.id).state == "succeeded"
    manifest = client.download_plates(job.id, tmp_path)
    kept, spoilt = (plate.tiles[0] for plate in manifest.plates[:2])
    first, second = tmp_path / kept.file, tmp_path / spoilt.file
    stamp = first.stat().st_mtime_ns
    second.write_bytes(second.read_bytes()[:-1])
    client.download_plates(job.id, tmp_path)
    assert first.stat().st_mtime_ns == stamp
    assert hashlib.sha256(second.read_bytes()).hexdigest() == spoilt.sha256
    assert list(tmp_path.rglob("*.part")) == []


def test_an_id_of_ones_own_makes_one_job(listen: Listen, project: Project, picture: bytes) -> None:
    client = listen()
    for _ in range(2):
        assert client.create_job(project, picture, "mine").steps == 6
    assert [job.id for job in client.jobs()] == ["mine"]


def test_cancel_resume_and_redo(listen: Listen, project: Project, picture: bytes, gate: Callable[..., Any]) -> None:
    loop = gate(step=2)
    client = listen(loop=loop)
    job = client.create_job(project, picture)
    loop.wait()
    assert client.cancel(job.id).cancelling
    loop.go.set()
    with pytest.raises(Cancelled):
        client.wait(job.id)
    client.resume(job.id)
    steps: list[int] = []
    assert client.wait(job.id, lambda step, _: steps.append(step)).step == 6
    assert steps[-1] == 6
    assert client.redo(job.id, 4, project).step == 3
    assert client.wait(job.id).state == "succeeded"


def test_a_job_that_ends_before_it_is_cancelled_is_there_when_it_is_resumed(
    listen: Listen, project: Project, picture: bytes, gate: Callable[..., Any]
) -> None:
    loop = gate(step=6)
    client = listen(loop=loop)
    job = client.create_job(project, picture)
    loop.wait()
    assert client.cancel(job.id).cancelling
    loop.go.set()
    ended = next(event for event in client.events(job.id) if event.data.get("state") in wire.ENDED)
    assert ended.data["state"] == client.resume(job.id).state == "succeeded"


def test_a_failed_job_is_raised(listen: Listen, project: Project, picture: bytes, gate: Callable[..., Any]) -> None:
    loop = gate(step=1, failure=ParallaxError("The brush broke.", "Take another.", "broken"))
    client = listen(loop=loop)
    job = client.create_job(project, picture)
    loop.wait()
    loop.go.set()
    with pytest.raises(ParallaxError, match="The brush broke") as caught:
        client.wait(job.id)
    assert (caught.value.hint, caught.value.code) == ("Take another.", "broken")


def test_one_picture(listen: Listen, picture: bytes) -> None:
    mask = np.zeros((32, 48), np.uint8)
    mask[5:9, 5:9] = 255
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    painted = listen().inpaint(picture, out.getvalue(), "telea")
    assert Image.open(io.BytesIO(painted)).size == (48, 32)


def test_listening_can_be_stopped(listen: Listen, project: Project, picture: bytes, gate: Callable[..., Any]) -> None:
    loop = gate(step=1)
    client = listen(loop=loop)
    job = client.create_job(project, picture)
    loop.wait()
    seen: list[Any] = []
    # nothing happens any more, so only a heartbeat can bring the question up
    for event in client.events(job.id, stop=lambda: bool(seen) and seen[-1].kind == "state"):
        seen.append(event)
    assert seen[-1].data["state"] == "running"


def test_the_servers_sentence_is_the_error(listen: Listen, project: Project) -> None:
    client = listen()
    with pytest.raises(ParallaxError, match="not a picture") as caught:
        client.create_job(project, b"text")
    assert (caught.value.code, caught.value.status) == ("not_a_picture", 400)
    assert isinstance(caught.value, UsageError)
    with pytest.raises(ParallaxError, match="no job") as caught:
        client.job("none")
    assert caught.value.status == 404
    assert not isinstance(caught.value, UsageError)
    with pytest.raises(ParallaxError, match="cannot be the id") as caught:
        client.job("../../health")


def test_without_the_token(listen: Listen) -> None:
    client = listen(token="wrong-wrong-wrong")
    assert client.health()["state"] == "ready"
    with pytest.raises(ParallaxError, match="token") as caught:
        client.jobs()
    assert caught.value.status == 401


def test_a_body_above_the_cap_is_refused_with_a_sentence(listen: Listen, picture: bytes) -> None:
    client = listen(limits=Limits(body_bytes=2000))
    with pytest.raises(ParallaxError, match="too large") as caught:
        client.create_job(Project(), picture + b"\0" * 2000)
    assert (caught.value.code, caught.value.status) == ("too_large", 413)


def test_nobody_there() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with Client(url) as client, pytest.raises(ParallaxError, match="No server answers") as caught:
            client.health()
        assert "serve" in caught.value.hint
        with Client(url, "t") as client, pytest.raises(ParallaxError, match="No server answers"):
            list(client.events("a", patience_s=0))


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "ftp://127.0.0.1"])
def test_addresses_that_are_none(url: str) -> None:
    with Client(url) as client, pytest.raises(ParallaxError, match=r"cannot be asked|No server"):
        client.health()


ANSWERS = {
    "silence": b"",
    "another server": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
    "a list": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]",
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "a page not found": b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
}


@pytest.fixture
def stranger() -> Iterator[Callable[[bytes], str]]:
    """Starts something that answers every connection with the same bytes; gives its address."""
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def work() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in sockets:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(30)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_somebody_else_there(stranger: Callable[[bytes], str], answer: bytes) -> None:
    with Client(stranger(answer)) as client:
        with pytest.raises(ParallaxError) as caught:
            client.jobs()
        assert caught.value.code in ("protocol", "no_server", "no_answer")
        assert caught.value.hint


def test_the_token_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("abc\n")
    assert read_token(path) == "abc"
    with pytest.raises(ParallaxError, match="cannot be read"):
        read_token(tmp_path / "none")
