"""Who is let in: the token, the Host, the Origin; and the one shape of every refusal."""

import json
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from infinite_parallax.inpaint_server.access import Access, host_name, read_or_make_token
from infinite_parallax.shared.errors import ParallaxError

Serve = Callable[..., Any]
GUARDED = [
    ("GET", "/jobs"),
    ("POST", "/jobs"),
    ("PUT", "/jobs/a"),
    ("GET", "/jobs/a"),
    ("DELETE", "/jobs/a"),
    ("POST", "/jobs/a/cancel"),
    ("POST", "/jobs/a/resume"),
    ("POST", "/jobs/a/redo"),
    ("GET", "/jobs/a/events"),
    ("GET", "/jobs/a/manifest"),
    ("GET", "/jobs/a/tiles/b"),
    ("GET", "/jobs/a/preview"),
    ("POST", "/inpaint"),
    ("POST", "/plan"),
    ("GET", "/nothing"),
]


def shape(answer: Any) -> str:
    """The code of an answer in the error shape."""
    data = answer.get_json()
    assert sorted(data) == ["code", "error", "hint"]
    assert all(isinstance(value, str) and value for value in data.values())
    return str(data["code"])


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer wrong", "Basic a-token-for-the-tests", "Bearer \u00e4"])
def test_everything_but_health_needs_the_token(serve: Serve, method: str, path: str, value: str | None) -> None:
    headers = {} if value is None else {"Authorization": value}
    answer = serve().http.open(f"/api/v1{path}", method=method, headers=headers)
    assert (answer.status_code, shape(answer)) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_health_and_the_description_need_none(serve: Serve) -> None:
    served = serve()
    assert served.http.get("/api/v1/health").status_code == 200
    assert served.http.get("/api/v1/openapi.json").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "192.168.0.7:80", "[::2]"]
)
def test_foreign_hosts_are_refused(serve: Serve, host: str) -> None:
    answer = serve().ask("GET", "/jobs", headers={"Host": host})
    assert (answer.status_code, shape(answer)) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:80", "studio.local:9"])
def test_our_own_names_are_let_in(serve: Serve, host: str) -> None:
    assert serve(hosts=("studio.local",)).ask("GET", "/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:81", "https://localhost", ""])
def test_foreign_pages_are_refused(serve: Serve, origin: str) -> None:
    answer = serve().ask("POST", "/plan", headers={"Host": "localhost", "Origin": origin})
    assert (answer.status_code, shape(answer)) == (403, "foreign_origin")


def test_our_own_and_trusted_pages_are_let_in(serve: Serve) -> None:
    served = serve(origins=("http://page.local/",))
    for origin in ("http://localhost", "http://page.local"):
        assert served.ask("GET", "/jobs", headers={"Host": "localhost", "Origin": origin}).status_code == 200


def test_the_name_in_a_host_header() -> None:
    names = {"a.b:80": "a.b", "[::1]:5": "::1", "A.": "a", "": "", "[": "", "x:y@127.0.0.1": "127.0.0.1"}
    assert {text: host_name(text) for text in names} == names


def test_every_refusal_has_the_one_shape(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    served = serve()
    assert shape(served.ask("GET", "/nothing")) == "not_found"
    wrong = served.ask("DELETE", "/plan")
    assert (wrong.status_code, shape(wrong)) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]
    assert shape(served.ask("POST", "/plan", data=b"\xff")) == "bad_request"
    assert shape(served.ask("POST", "/plan", data=b"[" * 100_000)) == "bad_request"
    assert shape(served.ask("POST", "/jobs", data=b"x", content_type="multipart/form-data")) == "bad_request"
    assert shape(served.ask("GET", "/jobs/none")) == "not_found"
    del served.context.worker._jobs
    fault = served.ask("GET", "/jobs/none")
    assert (fault.status_code, shape(fault)) == (500, "internal")
    assert "_jobs" not in json.dumps(fault.get_json())
    assert "_jobs" in caplog.text
    served.context.worker._jobs = {}


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400, "bad_request"),
        (b"GET /api/v1/health HTTP/1.0\r\n\r\n", 403, "foreign_host"),
        (b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n", 413, "too_large"),
    ],
)
def test_what_is_hardly_http_is_refused_in_the_same_shape(
    listen: Serve, request_bytes: bytes, status: int, code: str
) -> None:
    address = urlsplit(listen().url)
    with socket.create_connection((address.hostname, address.port), 30) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    data = json.loads(body)
    assert (sorted(data), data["code"]) == (["code", "error", "hint"], code)


def test_answers_are_not_kept_by_browsers(serve: Serve) -> None:
    answer = serve().http.get("/api/v1/health")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_token_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "token"
    token = read_or_make_token(path)
    assert len(token) >= 32
    assert read_or_make_token(path) == token
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        read_or_make_token(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short", b"with spaces in it, many of them", b"\xff" * 40])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(ParallaxError, match="token"):
        read_or_make_token(path)


def test_the_token_is_compared_whole() -> None:
    access = Access("0123456789abcdef")
    access.check_token("Bearer 0123456789abcdef")
    access.check_token("bearer  0123456789abcdef ")
    for wrong in ("Bearer 0123456789abcde", "Bearer 0123456789abcdeff", "0123456789abcdef"):
        with pytest.raises(ParallaxError, match="token"):
            access.check_token(wrong)
