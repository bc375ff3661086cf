"""The add-on's own server, without Blender: its environment, and the one process that serves all questions."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from infinite_parallax.blender_addon import local_server, server_environment
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.errors import ParallaxError

COMMAND = (sys.executable, "-m", "infinite_parallax.inpaint_server")


@pytest.fixture(autouse=True)
def stopped() -> Iterator[None]:
    yield
    local_server.stop()


def test_one_server_answers_everything_until_it_is_stopped(tmp_path: Path) -> None:
    first = local_server.connect(COMMAND, tmp_path)
    assert local_server.connect(COMMAND, tmp_path) is first
    with Client(first.process.url, first.process.token) as client:
        assert client.jobs() == []
    assert any("serving" in line for line in local_server.last_lines(tmp_path))
    assert local_server.stop()
    assert not local_server.stop()
    assert local_server.running() is None
    assert not first.process.alive()


def test_another_program_gets_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = local_server.connect(COMMAND, tmp_path)
    monkeypatch.setattr(local_server._Kept, "running", None)
    second = local_server.connect(COMMAND, tmp_path)
    for started in (first, second):
        started.process.stop()
    assert (first.store, second.store) == (tmp_path / "server", tmp_path / "server1")


def test_a_server_that_died_is_known_and_replaced(tmp_path: Path) -> None:
    first = local_server.connect(COMMAND, tmp_path)
    first.process.process.kill()
    first.process.process.wait()
    assert local_server.running() is None
    assert local_server.ended_by_itself() is first
    second = local_server.connect(COMMAND, tmp_path)
    assert second.store == first.store, "its jobs go on"


def test_a_command_that_does_not_serve_is_said(tmp_path: Path) -> None:
    with pytest.raises(ParallaxError, match="ended before it was ready"):
        local_server.connect((sys.executable, "-c", "pass"), tmp_path)
    assert local_server.last_lines(tmp_path) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The checkout under the name that it has as an extension."""
    link = tmp_path / "extensions" / "infinite_parallax"
    link.parent.mkdir()
    link.symlink_to(server_environment.ROOT, target_is_directory=True)
    return link


def test_an_environment_is_made_and_known_by_its_version(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "environment"
    assert server_environment.command(folder, root) == ()
    server_environment.install(folder, root, wanted=())
    assert server_environment.command(folder, root)[1:] == ("-m", server_environment.MODULE)
    asked = [server_environment.python_in(folder), "-c", "import infinite_parallax; print(infinite_parallax.__file__)"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env={}, cwd=tmp_path)
    assert Path(done.stdout.strip()).parent == root
    (folder / server_environment.STAMP).write_text('{"packages": "others"}', encoding="utf-8")
    assert server_environment.installed(folder)
    assert not server_environment.ready(folder, root)
    assert any(word.startswith("numpy>=2") for word in server_environment.packages())


def test_a_package_that_cannot_be_had_is_said_in_pips_words(tmp_path: Path, root: Path) -> None:
    wanted = [f"{tmp_path.as_uri()}/none-1.0-py3-none-any.whl"]
    with pytest.raises(ParallaxError, match="The server's packages cannot be installed"):
        server_environment.install(tmp_path / "environment", root, wanted=wanted)
    assert not server_environment.ready(tmp_path / "environment", root)


def test_a_folder_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParallaxError, match="not one called infinite_parallax"):
        server_environment.install(tmp_path / "environment", root=tmp_path)
