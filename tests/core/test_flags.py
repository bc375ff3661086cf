"""Flags: made from the declared settings, and stronger than the project file."""

import argparse
import json
from pathlib import Path

import pytest
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.flags import add_project_flags, flagged, project_from_args
from infinite_parallax.shared.project import Project


def parse(*arguments: str) -> Project:
    parser = argparse.ArgumentParser()
    add_project_flags(parser)
    return project_from_args(parser.parse_args(arguments))


def test_without_flags_everything_is_at_its_default() -> None:
    assert parse() == Project()


def test_every_flag_reaches_its_setting() -> None:
    samples = {"int": "21", "float": "2.5", "str": "x"}
    for section, declared in flagged():
        text = declared.limits.choices[-1] if declared.limits.choices else samples[declared.kind]
        if declared.name in ("width", "height", "bitrate_kbps"):
            text = "640"
        value = getattr(getattr(parse(f"--{declared.limits.flag}", text), section), declared.name)
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("--layers", "a,b"),
        ("--velocities", "fast"),
        ("--set", "motion.fps"),
        ("--set", "motion.fsp=3"),
        ("--seconds", "-1"),
        ("--seconds", "nan"),
        ("--fps", "0"),
        ("--project", "/nowhere/project.json"),
    ],
)
def test_wrong_flags_are_refused_with_a_way_out(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as refusal:
        parse(*arguments)
    assert refusal.value.hint
