"""What `preview` writes: every format, decoded again."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli.mixing import mix
from infinite_parallax.inpaint_server import encoding
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared import encoder_arguments, formats
from infinite_parallax.shared.cues import Cue
from infinite_parallax.shared.finishing import Output
from infinite_parallax.shared.formats import FORMATS
from infinite_parallax.shared.scene import SceneSpec
from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES = 64, 48, 12
SAID = {"h264": "h264", "h265": "hevc", "av1": "av1", "prores": "prores", "webm": "vp9", "gif": "gif"}


def spec_of(name: str, **output: int) -> SceneSpec:
    wind = Cue("c", "ambience", "wind", "", 0, FRAMES, ((0, 0.5), (FRAMES, 0.5)), repeat=True)
    return SceneSpec("s", WIDTH, HEIGHT, 12, FRAMES, (), (wind,), formats.export(Output(format=name, **output)))


def pictures() -> Iterator[NDArray[np.uint8]]:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for n in range(FRAMES):
        yield np.stack([x * 3 + n, y * 4 + n, 200 - x - y + n], axis=2).astype(np.uint8)


def decoded(path: Path) -> NDArray[np.uint8]:
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def said(path: Path) -> str:
    return subprocess.run([ffmpeg(), "-i", str(path)], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("name", sorted(SAID))
def test_every_format_decodes_to_the_frames(tmp_path: Path, name: str) -> None:
    spec, path = spec_of(name), tmp_path / f"out{FORMATS[name].suffix}"
    sound = mix(spec, tmp_path)
    encoding.encode(spec, pictures(), sound, path)
    words = said(path)
    assert f"Video: {SAID[name]}" in words
    assert (f"Audio: {spec.export.audio}" in words) == (spec.export.audio != "none")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([path.name, "sound.wav"])
    shown, given = decoded(path), np.stack(list(pictures()))
    assert len(shown) == FRAMES
    assert np.abs(shown.astype(int) - given).mean() < 8


def test_sequences_are_numbered_and_exact(tmp_path: Path) -> None:
    encoding.encode(spec_of("png"), pictures(), None, tmp_path / "50% out.png")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == [f"50% out_{n:04d}.png" for n in range(1, FRAMES + 1)]
    assert np.array_equal(np.concatenate([decoded_still(file) for file in files]), np.stack(list(pictures())))


def decoded_still(path: Path) -> NDArray[np.uint8]:
    # the pattern of a sequence would be read out of a name with a percent sign
    command = [ffmpeg(), "-v", "error", "-f", "image2", "-pattern_type", "none", "-i", str(path)]
    done = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(1, HEIGHT, WIDTH, 3)


def test_an_exr_holds_linear_light(tmp_path: Path) -> None:
    encoding.encode(spec_of("exr"), pictures(), None, tmp_path / "out.exr")
    files = sorted(tmp_path.iterdir())
    assert len(files) == FRAMES
    command = [ffmpeg(), "-v", "error", "-i", str(files[2]), "-f", "rawvideo", "-pix_fmt", "gbrpf32le", "-"]
    planes = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)
    given = list(pictures())[2]
    assert np.abs(planes.reshape(3, HEIGHT, WIDTH) - encoding.linear_planes(given)).max() < 1e-3
    white = np.full((1, 1, 3), 255, np.uint8)
    assert encoding.linear_planes(white).ravel() == pytest.approx([1, 1, 1])
    assert encoding.linear_planes(white // 2).ravel() == pytest.approx([0.2122] * 3, abs=1e-3)


def test_key_frames_and_bitrate_reach_the_encoder(tmp_path: Path) -> None:
    spec = spec_of("h264", keyframe_group=4)
    encoding.encode(spec, pictures(), None, tmp_path / "out.mp4")
    command = [ffmpeg(), "-hide_banner", "-i", str(tmp_path / "out.mp4"), "-vf", "showinfo", "-f", "null", "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    keys = [n for n, key in enumerate(re.findall(r"iskey:(\d)", words)) if key == "1"]
    assert keys[0] == 0
    assert max(np.diff([*keys, FRAMES])) <= 4
    arguments = encoder_arguments.video_arguments(replace(spec.export, bitrate_kbps=900), spec.fps)
    assert arguments[arguments.index("-b:v") + 1] == "900k"
    assert "-crf" not in arguments
