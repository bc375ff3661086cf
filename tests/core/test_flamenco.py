"""The Flamenco job type: which tasks a job becomes, and that nothing is used but what Flamenco documents."""

import sys
from typing import Any

import pytest

from ..compiled import compiled

JOB = {
    "frames": "1-100",
    "chunk_size": 48,
    "render_output_root": "/r",
    "add_path_components": 0,
    "render_output_path": "/r/job/{timestamp}/video",
    "blendfile": "/s/shot.blend",
}
FRAMES = "/r/job/2026-11-21_101112/frames"


def tasks(**changes: Any) -> dict[str, dict[str, Any]]:
    job, said = compiled(sys.executable, **JOB | changes)
    assert job, said
    return {task["name"]: task for task in job["tasks"]}


def test_frames_sound_and_the_video_of_them() -> None:
    made = tasks()
    assert {name: task["type"] for name, task in made.items()} == {
        "frames-1-48": "blender",
        "frames-49-96": "blender",
        "frames-97-100": "blender",
        "sound": "blender",
        "video": "ffmpeg",
    }
    assert made["video"]["dependencies"] == ["frames-1-48", "frames-49-96", "frames-97-100", "sound"]
    assert not made["sound"]["dependencies"]
    command, piece = made["frames-49-96"]["commands"]
    assert (command["name"], command["totalStepCount"]) == ("blender-render", 48)
    assert command["parameters"]["blendfile"] == "/s/shot.blend"
    assert command["parameters"]["args"][-7:] == ["frames", "--first", "49", "--last", "96", "--folder", FRAMES]
    assert piece["parameters"]["args"] == ["encode", FRAMES, "--first", "49", "--last", "96"]
    (join,) = made["video"]["commands"]
    assert join["parameters"]["args"] == ["join", FRAMES, "-o", "/r/job/2026-11-21_101112/video"]


def test_plates_come_before_everything() -> None:
    made = tasks(project="/s/p.json", server="http://paint:8765", token_file="/s/token")
    (command,) = made["plates"]["commands"]
    assert made["plates"]["type"] == "misc"
    assert command["parameters"]["args"] == [
        *("scene", "--project", "/s/p.json", "-o", "/s/shot.blend", "--blender", "{blender}"),
        *("--server", "http://paint:8765", "--token-file", "/s/token"),
    ]
    for name in ("frames-1-48", "frames-97-100", "sound"):
        assert made[name]["dependencies"] == ["plates"]


@pytest.mark.parametrize(
    ("frames", "size", "runs"),
    [
        ("7", 10, {"frames-7": [("7", "7")]}),
        ("1..3", 10, {"frames-1-3": [("1", "3")]}),
        ("4,5", 10, {"frames-4,5": [("4", "4"), ("5", "5")]}),
        ("3, 5-10", 4, {"frames-3,5-7": [("3", "3"), ("5", "7")], "frames-8-10": [("8", "10")]}),
    ],
)
def test_every_way_to_write_a_range(frames: str, size: int, runs: dict[str, list[tuple[str, str]]]) -> None:
    made = tasks(frames=frames, chunk_size=size, join=False)
    found = {
        name: [(c["parameters"]["args"][-5], c["parameters"]["args"][-3]) for c in task["commands"]]
        for name, task in made.items()
    }
    assert found == runs


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"frames": ""}, "empty range"),
        ({"frames": "a-b"}, "invalid range"),
        ({"chunk_size": 0}, "invalid chunk size"),
        ({"render_output_path": ""}, "render_output_path is empty"),
    ],
)
def test_what_cannot_be_compiled_is_said(changes: dict[str, Any], said: str) -> None:
    job, words = compiled(sys.executable, **JOB | changes)
    assert not job
    assert said in words
