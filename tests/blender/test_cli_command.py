"""`blender -b -c infinite_parallax`: what it refuses before painting, and how it reads its arguments."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from infinite_parallax.blender_addon import cli_command, preferences
from infinite_parallax.shared.flags import wish

from .made import HEIGHT, WIDTH
from .pictures import texture, write_png

pytestmark = pytest.mark.blender


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    write_png(path, texture(0, 0, WIDTH, HEIGHT, 1))
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "out.avi"], "Name it out.mp4"),
        (["-o", "picture.png/out.mp4"], "is a file, not a folder"),
        (["--blend", "out.mp4"], "Name it out.blend"),
        (["--blend", "taken.blend"], "is a file, not a folder"),
        (["-o", "out.mp4", "--sound", "none.wav"], "There is no sound file at"),
    ],
)
def test_what_cannot_be_made_is_refused_before_painting(
    arguments: list[str],
    words: str,
    picture: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(picture.parent)
    Path("taken_files").touch()
    assert cli_command.run(["render", "picture.png", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_layer_of_the_default_cut_can_be_set(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(picture.parent)
    args = cli_command.parser().parse_args(["render", "picture.png", "--set", "layers.1.distance=500"])
    project, _ = wish(args, cli_command.height_of)
    assert sum(layer.height or 0 for layer in project.layers) == HEIGHT
    assert project.layers[1].distance == 500


def test_what_the_system_refuses_is_a_sentence(
    picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = SimpleNamespace(url="", token="", token_file="", command="server", cache=str(picture))
    monkeypatch.setattr(preferences, "preferences", lambda: chosen)
    assert cli_command.run(["render", str(picture), "-o", str(picture.with_name("out.mp4"))]) == 1
    said = capsys.readouterr().err
    assert re.search(rf"{re.escape(str(picture))}.*: Not a directory\.\n  Choose another cache", said)
