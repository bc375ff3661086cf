"""Flags: made from the declared settings, and stronger than the project file."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.flags import add_project_flags, flagged, project_from_args, wish
from infinite_parallax.shared.plan import default_layers
from infinite_parallax.shared.project import Project
from infinite_parallax.shared.sections import Layer


def parse(*arguments: str) -> Project:
    parser = argparse.ArgumentParser()
    add_project_flags(parser)
    return project_from_args(parser.parse_args(arguments))


def test_without_flags_everything_is_at_its_default() -> None:
    assert parse() == Project()


def test_every_flag_reaches_its_setting() -> None:
    samples = {"int": "21", "float": "2.5", "str": "x", "points": "0:0.5,3:1"}
    for section, declared in flagged():
        if declared.kind == "bool":
            for text, wanted in ((f"--{declared.limits.flag}", True), (f"--no-{declared.limits.flag}", False)):
                assert getattr(getattr(parse(text), section), declared.name) is wanted
            continue
        text = declared.limits.choices[-1] if declared.limits.choices else samples[declared.kind]
        if declared.name in ("width", "height", "bitrate_kbps"):
            text = "640"
        if declared.kind == "float" and declared.limits.high == 1:
            text = "0.5"
        value = getattr(getattr(parse(f"--{declared.limits.flag}", text), section), declared.name)
        if declared.kind == "points":
            assert value == ((0, 0.5), (3, 1))
            continue
        assert str(value) in (text, f"{float(text):g}" if declared.kind == "float" else text)


def test_flags_win_over_the_file_and_set_wins_over_flags(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"motion": {"fps": 12, "smoothness": 50}, "layers": [{"height": 3}, {}]}))
    project = parse("--project", str(path), "--fps", "24", "--set", "motion.fps=25", "--set", "layers.1.distance=500")
    assert (project.motion.fps, project.motion.smoothness) == (25, 50)
    assert project.layers[1].distance == 500


def test_layers_by_flags() -> None:
    project = parse("--layers", "280,265", "--distances", "1,2,3", "--velocities=-50,-18:2,0")
    assert [layer.height for layer in project.layers] == [280, 265, None]
    assert [layer.distance for layer in project.layers] == [1, 2, 3]
    assert [layer.velocity for layer in project.layers] == [(-50, 0), (-18, 2), (0, 0)]


def test_seconds_give_the_steps() -> None:
    assert parse("--seconds", "21", "--seconds-per-step", "5").motion.steps == 5


def test_easing_is_a_pace_and_the_video_keeps_its_length() -> None:
    motion = parse("--seconds", "20", "--ease", "3", "--fps", "10").motion
    assert motion.steps == 17
    assert motion.pace == ((0, 0), (3, 1), (17, 1), (20, 0))
    assert parse("--seconds", "20", "--pace", "0:0,4:1").motion.steps == 18
    for arguments, words in (
        (("--ease", "2"), "how long the journey is"),
        (("--ease", "2", "--steps", "9", "--pace", "0:1,2:3"), "two things"),
        (("--ease", "0", "--steps", "9"), "above 0"),
    ):
        with pytest.raises(UsageError, match=words):
            parse(*arguments)


def asked(*arguments: str, height: int = 100) -> tuple[Project, Path]:
    """The wish of a command whose pictures all have `height` rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("picture", nargs="?", type=Path)
    add_project_flags(parser)
    return wish(parser.parse_args(arguments), lambda _: height)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a project file that names a picture and a sound beside it."""
    for name in ("picture.png", "own.wav"):
        (tmp_path / name).write_bytes(b"")
    document = {"picture": "picture.png", "sound": {"file": "own.wav"}}
    (tmp_path / "project.json").write_text(json.dumps(document))
    return tmp_path


def test_a_project_names_files_from_where_it_lies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    project, picture = asked("--project", f"{folder.name}/project.json")
    assert picture.resolve() == (folder / "picture.png").resolve()
    assert project.sound.file == str(folder / "own.wav")
    (folder / "own.wav").unlink()
    with pytest.raises(UsageError, match=r"no sound file at .*own\.wav"):
        asked("--project", f"{folder.name}/project.json")
    (folder / "picture.png").unlink()
    with pytest.raises(UsageError, match=r"no picture at .*picture\.png"):
        asked("--project", f"{folder.name}/project.json")


def test_a_flag_names_files_from_the_working_directory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    given = ("--project", "../project.json", "--sound", "own.wav")
    with pytest.raises(UsageError, match=r"no sound file at .*elsewhere"):
        asked(*given)
    (elsewhere / "own.wav").write_bytes(b"")
    assert asked(*given)[0].sound.file == str(elsewhere / "own.wav")
    assert asked(*given[:2], "--set", "sound.file=own.wav")[0].sound.file == str(elsewhere / "own.wav")


def test_a_layer_of_the_default_cut_can_be_set(folder: Path) -> None:
    given = ("--project", str(folder / "project.json"), "--set", "layers.1.distance=500")
    project, _ = asked(*given, height=300)
    cut = default_layers(300)
    assert project.layers == (cut[0], replace(cut[1], distance=500.0), *cut[2:])
    assert asked(*given, "--layers", "20,30")[0].layers == (Layer(height=20), Layer(height=30, distance=500.0))
    with pytest.raises(UsageError, match="names no layers; give --layers first"):
        parse("--set", "layers.1.distance=500")
    with pytest.raises(UsageError, match="No picture is given"):
        asked("--set", "layers.1.distance=500")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--layers", "a,b"),
        ("--layers", "30," + "9" * 5000),
        ("--layers", "[" * 100000),
        ("--velocities", "fast"),
        ("--velocities", "9" * 5000),
        ("--set", "motion.fps"),
        ("--set", "motion.fsp=3"),
        ("--seconds", "-1"),
        ("--seconds", "nan"),
        ("--seconds", "1e308", "--seconds-per-step", "1e-300"),
        ("--seconds", "1e7", "--seconds-per-step", "1"),
        ("--fps", "0"),
        ("--project", "/nowhere/project.json"),
    ],
)
def test_wrong_flags_are_refused_with_a_way_out(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as refusal:
        parse(*arguments)
    assert refusal.value.hint
    assert len(str(refusal.value)) < 300
