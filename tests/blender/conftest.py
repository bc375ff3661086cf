"""Tests inside a real Blender: each starts from an empty file and must leave no handler of ours behind."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

# before bpy is imported anywhere: a profile of its own, so that no person's Blender is touched
os.environ.setdefault("BLENDER_USER_RESOURCES", tempfile.mkdtemp(prefix="infinite-parallax-test-profile-"))

import bpy
import infinite_parallax
import pytest
from infinite_parallax.blender_addon import preferences, properties
from infinite_parallax.shared import project as projects

from .made import HEIGHT, WIDTH, document
from .pictures import texture, write_png

ROOT = Path(__file__).resolve().parents[2]
SERVER_PYTHONS = (ROOT / ".envs" / "server" / "bin" / "python", ROOT / ".venv" / "bin" / "python")


def our_handlers() -> list[object]:
    """The handlers that Blender holds for us; it adds some of its own with every empty file."""
    lists = [getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)]
    held = [handler for value in lists if isinstance(value, list) for handler in value]
    return [handler for handler in held if "infinite_parallax" in getattr(handler, "__module__", "")]


@pytest.fixture(autouse=True)
def empty_file() -> Iterator[None]:
    """An empty file before every test, and no handler of ours after it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    yield
    assert our_handlers() == []


@pytest.fixture
def registered(empty_file: None) -> Iterator[None]:  # noqa: ARG001
    """The add-on registered in the empty file, and taken back afterwards."""
    infinite_parallax.register()
    yield
    infinite_parallax.unregister()


@pytest.fixture(scope="session")
def server_python() -> Path:
    """The Python of the server's environment."""
    found = next((path for path in SERVER_PYTHONS if path.is_file()), None)
    if found is None:
        pytest.fail("The server's environment is not there. Run: make test")
    return found


@pytest.fixture(scope="session")
def ffmpeg(server_python: Path) -> str:
    """The ffmpeg program that comes with the server's environment."""
    asked = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
    done = subprocess.run([server_python, "-c", asked], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def command(server_python: Path) -> str:
    """The command that starts the checkout's server."""
    return shlex.join([str(server_python), "-m", "infinite_parallax.inpaint_server"])


@pytest.fixture
def with_server(tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The preferences of the registered add-on: the checkout's server, and a folder of the test, with a picture."""
    infinite_parallax.register()
    chosen = SimpleNamespace(url="", token="", token_file="", command=command, cache=str(tmp_path))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    write_png(tmp_path / "picture.png", texture(0, 0, WIDTH, HEIGHT, 1))
    wanted = document(180.0) | {"picture": str(tmp_path / "picture.png"), "inpaint": {"engine": "telea"}}
    properties.fill(bpy.context.scene, projects.from_json(wanted))
    yield chosen
    infinite_parallax.unregister()
