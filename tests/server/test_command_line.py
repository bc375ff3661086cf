"""The command line: exit codes, sentences, and the road from a picture to a video without Blender."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli import preview
from infinite_parallax.cli.main import main
from infinite_parallax.cli.plan_table import plan_of
from infinite_parallax.inpaint_server import encoding
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared import frames, scene, scene_building
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.ambience import ambience, write_wav
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.formats import Export
from infinite_parallax.shared.plates import load
from PIL import Image, ImageFilter

INSTALLED = Path(sys.executable).parent / "infinite-parallax"
WIDTH, HEIGHT = 96, 64
FLAGS = ["--layers", "24", "--velocities=-2,-5", "--steps", "4", "--seconds-per-step", "0.5", "--fps", "12"]


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    noise = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    path = tmp_path / "picture.png"
    # smooth enough that the video codec's own loss stays small
    Image.fromarray(noise).filter(ImageFilter.GaussianBlur(4)).save(path)
    return path


def decoded(path: Path) -> np.ndarray:
    """All frames of a video as RGB uint8 [n, h, w, 3]."""
    command = [ffmpeg(), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-sws_flags", "accurate_rnd+full_chroma_int", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def streams(path: Path) -> str:
    # ffmpeg without an output file ends with an error after it has described the input
    command = [ffmpeg(), "-hide_banner", "-i", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr


def test_a_preview_shows_the_arithmetic_frames_and_has_sound(tmp_path: Path, picture: Path) -> None:
    plates, video = tmp_path / "plates", tmp_path / "video.mp4"
    assert main(["plates", str(picture), *FLAGS, "-o", str(plates)]) == 0
    assert main(["preview", str(picture), *FLAGS, "--crf", "1", "-o", str(video)]) == 0
    layers = [{"height": 24, "velocity": [-2, 0]}, {"velocity": [-5, 0]}]
    motion = {"steps": 4, "seconds_per_step": 0.5, "fps": 12}
    project = projects.from_json({"layers": layers, "motion": motion})
    spec = scene_building.build(project, plan_of(project, picture), load(plates))
    shown = decoded(video)
    assert len(shown) == spec.frames == 24
    read = preview.tile_reader(plates, spec)
    for n in (0, 9, 23):
        difference = np.abs(shown[n].astype(int) - frames.render(spec, n, read))
        assert difference.mean() < 3
    words = streams(video)
    assert "bt709" in words
    assert re.search(r"Audio: aac .*48000 Hz, stereo", words)


def test_a_preview_without_sound_has_one_stream(tmp_path: Path, picture: Path) -> None:
    video = tmp_path / "video.mp4"
    assert main(["preview", str(picture), *FLAGS, "--ambience", "none", "-o", str(video)]) == 0
    assert streams(video).count("Stream #") == 1


def _export() -> Export:
    return Export(20, None, 18, 96)


def test_plan_as_table_and_as_json(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(picture), *FLAGS]) == 0
    table = capsys.readouterr().out
    assert "96x64 px, 4 steps of 0.5 s: 2.0 s, 24 frames" in table
    assert re.search(r"layer 1\s+24-63\s+-\s+-\s+-5, 0\s+20\s+1\s+1\d\d px", table)
    assert main(["plan", str(picture), *FLAGS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"][1]["velocity"] == [-5, 0]


def test_the_plan_of_a_loop_says_what_makes_it_long(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["plan", str(picture), "--layers", "24", "--distances", "2,8", "--step-px", "10"]
    assert main([*arguments, "--loop"]) == 0
    assert "'layer 0' is the slowest, once round in 144 px" in capsys.readouterr().out
    assert main(arguments) == 0
    assert "loop" not in capsys.readouterr().out


def test_a_depth_map_sets_the_speeds(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    depth = np.zeros((32, 48), np.uint8)
    depth[:12], depth[12:] = 51, 204
    Image.fromarray(depth).save(tmp_path / "depth.png")
    arguments = ["--layers", "24", "--distances", "1,1", "--step-px", "10", "--depth", str(tmp_path / "depth.png")]
    assert main(["plan", str(picture), *arguments, "--json"]) == 0
    assert [layer["velocity"][0] for layer in json.loads(capsys.readouterr().out)["layers"]] == [-2.0, -8.0]


def test_plates_by_the_depth_of_an_engine(tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # the job knows its steps only when the engine has looked, and what it saw comes back beside the plates
    arguments = ["--depth-engine", "prior", "--steps", "2", "--step-px", "6", "--engine", "telea"]
    assert main(["plates", str(picture), *arguments, "-o", str(tmp_path / "plates")]) == 0
    told = capsys.readouterr()
    assert "2 steps" in told.out
    assert "only guessed (prior)" in told.err
    project = json.loads((tmp_path / "plates" / "project.json").read_text())
    assert project["cut"]["depth"] == "depth.png"
    with Image.open(tmp_path / "plates" / "depth.png") as depth:
        assert depth.size == (96, 64)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["plan", "nowhere.png"], 2, "There is no picture at nowhere.png"),
        (["plan"], 2, "No picture is given"),
        (["plan", "PICTURE", "--layers", "60,9", "--distances", "1,1,1"], 2, "nothing remains"),
        (["plan", "PICTURE", "--set", "motion.speed=3"], 2, "motion.speed is not a setting"),
        (["plan", "BROKEN"], 2, "picture"),
        (["plan", "PICTURE", "--set", 'hints=[{"box": [9000, 4, 9090, 20]}]'], 2, "hints.0.box holds no picture"),
        (["plates", "PICTURE", "--set", "objects=[{}]", "-o", "OUT"], 2, "objects.0 has neither a box nor a stroke"),
        (["plates", "PICTURE", "--engine", "magic", "-o", "OUT"], 2, "magic"),
        (["plates", "PICTURE", "--server", "nonsense", "-o", "OUT"], 2, "nonsense cannot be asked"),
        (["plates", "PICTURE", "--server", "http://127.0.0.1:9", "-o", "OUT"], 1, "127.0.0.1:9"),
        (["import", "nowhere.json"], 2, "cannot be read"),
        (["scene", "PICTURE", "--blender", "/nowhere/blender", "-o", "OUT/a.blend"], 2, "no Blender at"),
    ],
)
def test_refusals_are_sentences_with_their_exit_code(
    arguments: list[str], code: int, words: str, tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(picture.read_bytes()[:200])
    places = {"PICTURE": str(picture), "BROKEN": str(broken), "OUT": str(tmp_path / "out")}
    for name, path in places.items():
        arguments = [a.replace(name, path) for a in arguments]
    assert main(arguments) == code
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["preview", "PICTURE", "-o", "OUT/v.avi"], "Name it v.mp4"),
        (["preview", "PICTURE", "-o", "PICTURE/v.mp4"], "is a file, not a folder"),
        (["preview", "PICTURE", "-o", "PICTURE/below/v.mp4"], "Not a directory"),
        (["preview", "PICTURE", "-o", "FOLDER.mp4"], "is a folder, not a file"),
        (["render", "PICTURE", "-o", "OUT/v"], "Name it v.mp4"),
        (["render", "PICTURE", "-o", "OUT/v.mp4", "--blend", "OUT/v.mp4"], "Name it v.blend"),
        (["scene", "PICTURE", "-o", "OUT/v"], "Name it v.blend"),
        (["scene", "PICTURE", "-o", "TAKEN.blend"], "is a file, not a folder"),
        (["plates", "PICTURE", "-o", "PICTURE"], "is a file, not a folder"),
        (["plates", "PICTURE", "-o", "/proc/foo"], "/proc/foo"),
        (["plates", "PICTURE", "-o", "OUT/" + "x" * 300], "too long"),
        (["plates", "PICTURE", "--sound", "none.wav", "-o", "OUT"], "There is no sound file at"),
        (["import", "CONFIG", "-o", "PICTURE/x.json"], "is a file, not a folder"),
        (["import", "CONFIG", "-o", "FOLDER.mp4"], "is a folder, not a file"),
        (["example", "-o", "PICTURE"], "is a file, not a folder"),
        (["demo", "-o", "PICTURE"], "is a file, not a folder"),
    ],
)
def test_results_that_cannot_be_written_are_refused_before_anything_is_painted(
    arguments: list[str], words: str, tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "taken_files").touch()
    (tmp_path / "config.json").write_text(json.dumps({"input_image_path": "p.png", "layers": [{"height": 3}]}))
    places = {"PICTURE": picture, "OUT": tmp_path / "out", "CONFIG": tmp_path / "config.json"}
    places |= {"FOLDER": tmp_path / "folder", "TAKEN": tmp_path / "taken"}
    for name, path in places.items():
        arguments = [a.replace(name, str(path)) for a in arguments]
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_what_the_system_refuses_is_a_sentence(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(picture))
    assert main(["plates", str(picture), *FLAGS, "-o", str(tmp_path / "plates")]) == 1
    said = capsys.readouterr().err
    assert re.search(rf"infinite-parallax: {re.escape(str(picture))}.*: Not a directory\.\n  Check", said)


def test_a_reader_that_goes_away_is_no_fault(picture: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([INSTALLED, "plan", picture], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_sound_of_ones_own_is_found_beside_the_project(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    write_wav(tmp_path / "own.wav", ambience("wind", 2.0, 48000), 48000)
    document = {"picture": picture.name, "sound": {"file": "own.wav", "ambience": "none"}}
    (tmp_path / "project.json").write_text(json.dumps(document))
    assert main(["preview", "--project", "../project.json", *FLAGS, "-o", "video.mp4"]) == 0
    assert "Audio: aac" in streams(Path("video.mp4"))


@pytest.mark.parametrize("size", [16, 256])
def test_ffmpeg_that_ends_early_has_the_last_word(tmp_path: Path, size: int) -> None:
    """Frames smaller and larger than the pipe's buffer, more of them than ffmpeg can have taken."""
    words = tmp_path / "words.wav"
    words.write_text("no sound")
    spec = scene.SceneSpec("s", size, size, 12, 4000, (), (), _export())
    given = (np.zeros((size, size, 3), np.uint8) for _ in range(spec.frames))
    with pytest.raises(ParallaxError, match=r"(?s)ffmpeg could not write .*video\.mp4: .*words\.wav") as caught:
        encoding.encode(spec, given, words, tmp_path / "video.mp4")
    broken = replace(spec, width=0)
    with pytest.raises(ParallaxError, match="ffmpeg could not write") as caught:
        encoding.encode(broken, iter(()), None, tmp_path / "video.mp4")
    assert "doctor" in caught.value.hint
    assert list(tmp_path.iterdir()) == [words]


def test_a_layer_of_the_default_cut_can_be_set(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(picture), "--set", "layers.1.distance=500", "--json"]) == 0
    assert [layer["distance"] for layer in json.loads(capsys.readouterr().out)["layers"]] == [220, 500, 520, 800]


def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["render"])
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_project_of_the_original_tool_is_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = {"input_image_path": "picture.png", "layers": [{"height": 24, "distance": 5, "velocity": [-2.0, 0.0]}]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["import", str(tmp_path / "config.json")]) == 0
    assert "Next: infinite-parallax plan" in capsys.readouterr().out
    assert projects.load(tmp_path / "project.json").layers[0].velocity == (-2, 0)


def test_the_picture_may_come_from_the_project(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "project.json").write_text(json.dumps({"picture": picture.name}))
    assert main(["plan", "--project", str(tmp_path / "project.json")]) == 0


def test_the_installed_command_runs() -> None:
    done = subprocess.run([INSTALLED, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"infinite-parallax \d+\.\d+\.\d+", done.stdout.strip())
