"""The headless entry as the command line starts it: a process of its own, told by files, answering on stdout."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from infinite_parallax.blender_addon import compat, export, headless, timeline
from infinite_parallax.shared import frames

from .made import document, made, read_pixels, read_tile

pytestmark = pytest.mark.blender

BOOT = Path(__file__).resolve().parents[2] / "blender_addon" / "boot.py"


def boot(*arguments: Any) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, messages and stderr of a run."""
    command = [sys.executable, str(BOOT), *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if key != "BLENDER_USER_RESOURCES"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines = [line.removeprefix(headless.MARK) for line in done.stdout.splitlines() if line.startswith(headless.MARK)]
    return done.returncode, [json.loads(line) for line in lines], done.stderr


def spec_file(folder: Path, data: dict[str, Any]) -> Any:
    spec = made(folder, data)
    (folder / "scene.json").write_text(json.dumps(spec.to_json()), encoding="utf-8")
    return spec


def test_build_save_and_render(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, document(0.0, sound={"ambience": "wind"}))
    given = ["build", "--spec", tmp_path / "scene.json", "--plates", tmp_path, "--sounds", tmp_path / "sounds"]
    made_files = {"blend": tmp_path / "it.blend", "video": tmp_path / "it.mp4"}
    stills = [tmp_path / "first.png", tmp_path / "later.png"]
    code, messages, said = boot(
        *given, "--blend", made_files["blend"], "--render", made_files["video"],
        "--frame", 0, "--png", stills[0], "--frame", 20, "--png", stills[1],
    )  # fmt: skip
    assert code == 0, said
    told = [m["frame"] for m in messages if m["event"] == "frame"]
    assert told == list(range(spec.frames))
    assert messages[-1] == {
        "event": "done",
        "sound": bool(bpy.app.build_options.audaspace),
        **{kind: str(path) for kind, path in made_files.items()},
        "stills": [str(path) for path in stills],
    }
    for frame, path in zip((0, 20), stills, strict=True):
        off = np.abs(read_pixels(path)[..., :3].astype(int) - frames.render(spec, frame, read_tile(tmp_path)))
        assert off.max() <= 2
    bpy.ops.wm.open_mainfile(filepath=str(made_files["blend"]))
    assert bpy.context.scene.name == spec.name
    assert bpy.context.scene.render.filepath == "//it.mp4"
    export.still(bpy.context.scene, 20 + timeline.FIRST_FRAME, tmp_path / "again.png")
    assert np.array_equal(read_pixels(tmp_path / "again.png"), read_pixels(stills[1]))


def test_a_file_that_is_there_is_brought_up_to_date(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, document())
    given = ["build", "--spec", tmp_path / "scene.json", "--plates", tmp_path, "--sounds", tmp_path]
    assert boot(*given, "--blend", tmp_path / "it.blend")[0] == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "it.blend"))
    strips = compat.strips(bpy.context.scene.sequence_editor)
    sky = next(s for s in strips if s[timeline.TAG] == spec.planes[0].name)
    sky.color_tag, tag, count = "COLOR_04", sky[timeline.TAG], len(strips)
    for strip in sorted(strips, key=compat.start, reverse=True):
        compat.move(strip, 30)
    bpy.ops.wm.save_mainfile()
    still = tmp_path / "moved.png"
    assert boot(*given, "--blend", tmp_path / "it.blend", "--frame", 20, "--png", still)[0] == 0
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "it.blend"))
    strips = compat.strips(bpy.context.scene.sequence_editor)
    assert len(bpy.data.scenes) == 1
    assert len(strips) == count
    assert [s.color_tag for s in strips if s[timeline.TAG] == tag] == ["COLOR_04"]
    off = np.abs(read_pixels(still)[..., :3].astype(int) - frames.render(spec, 20, read_tile(tmp_path)))
    assert off.max() <= 2, "counted from where the strips have been moved to"


def test_refusals_are_sentences(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, document())
    given = ["build", "--spec", tmp_path / "scene.json", "--plates", tmp_path, "--sounds", tmp_path]
    code, messages, said = boot(*given, "--frame", 0)
    assert (code, messages[-1]["event"]) == (2, "error")
    assert messages[-1]["message"] == "Every --frame needs a --png."
    (tmp_path / spec.planes[0].file).unlink()
    code, messages, said = boot(*given, "--render", tmp_path / "out.mp4")
    assert (code, messages[-1]["event"]) == (1, "error")
    assert "is missing" in messages[-1]["message"]
    assert "Traceback" not in said
    assert not (tmp_path / "out.mp4").exists()
    code, messages, _ = boot("build", "--spec", tmp_path / "none.json", "--plates", tmp_path, "--sounds", tmp_path)
    assert (code, messages[-1]["event"]) == (1, "error")
