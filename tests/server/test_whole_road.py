"""The whole road: one small picture through the command line, a server process and a Blender process to a video."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli import preview, rendering
from infinite_parallax.cli.blenders import choose_blender
from infinite_parallax.cli.main import main
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared import frames, scene
from infinite_parallax.shared.errors import ParallaxError
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 128, 80
FLAGS = ["--layers", "30,20", "--velocities=-1.5,-3,-7", "--steps", "6", "--seconds-per-step", "0.4", "--fps", "10"]


def picture_in(folder: Path) -> Path:
    noise = np.random.default_rng(8).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    path = folder / "picture.png"
    Image.fromarray(noise).filter(ImageFilter.GaussianBlur(4)).save(path)
    return path


def test_from_a_picture_to_a_video_and_a_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    blender = choose_blender()
    video, blend = tmp_path / "out.mp4", tmp_path / "out.blend"
    arguments = ["render", str(picture_in(tmp_path)), *FLAGS, "--crf", "1", "--blender", str(blender.executable)]
    wanted = [*arguments, "-o", str(video), "--blend", str(blend), "--workers", "2"]
    with monkeypatch.context() as stopped:
        stopped.setattr(rendering.rendering, "render", interrupted)
        assert main(wanted) == 1
    assert not video.exists()
    with monkeypatch.context() as painted:
        painted.setattr(rendering, "paint", None)  # what is painted and built is not painted again
        assert main(wanted) == 0
    assert not video.with_name("out.mp4.parts").exists()

    folder = tmp_path / "out_files"
    spec = scene.load(folder / "scene.json")
    assert (spec.frames, spec.width, spec.height) == (24, WIDTH, HEIGHT)
    raw = subprocess.run(
        [ffmpeg(), "-v", "error", "-i", str(video), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        capture_output=True,
        check=True,
    ).stdout
    shown = np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)
    assert len(shown) == spec.frames
    read = preview.tile_reader(folder, spec)
    for n in (0, 9, 23):
        assert np.abs(shown[n].astype(int) - frames.render(spec, n, read)).mean() < 4

    # ffmpeg without an output file ends with an error after it has described the input
    described = subprocess.run(
        [ffmpeg(), "-hide_banner", "-i", str(video)], capture_output=True, text=True, check=False
    ).stderr
    assert re.search(r"Video: h264", described)
    assert re.search(r"Audio: aac", described)
    assert blend.stat().st_size > 10000
    assert not list((tmp_path / "data").rglob("*.step"))  # the finished job left nothing in the store


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_blender_that_fails_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scene.json").write_text(json.dumps({"schema": "else"}))
    arguments = ["build", "--spec", str(tmp_path / "scene.json"), "--plates", str(tmp_path), "--sounds", str(tmp_path)]
    with pytest.raises(ParallaxError, match="This is no scene of version 1"):
        rendering.run_blender(choose_blender(), arguments)
    assert "Traceback" not in capsys.readouterr().err
