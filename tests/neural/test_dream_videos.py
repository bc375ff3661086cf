"""Whole dreams with a model: the command, what is kept, and a server that is killed in the midst of one."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.cli.main import main
from infinite_parallax.cli.painting import own_server
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared import dream_document, dreaming
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.dreaming import DreamWish
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.server_process import ServerProcess
from PIL import Image

from ..server.conftest import COMMAND
from .tiny_hearing import noise
from .tiny_models import NATIVE_PX

DEADLINE_S = 120.0


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    write_wav(tmp_path / "sound.wav", np.stack([noise(1.3), noise(1.3, 1)], axis=1), RATE)
    return tmp_path / "sound.wav"


def command(sound: Path, model: Path, *more: str) -> list[str]:
    said = ["dream", str(sound), "-o", str(sound.with_name("dream.mp4")), "--model", str(model), "--steps", "2"]
    said += ["--native-px", str(NATIVE_PX), "--device", "cpu", "--painted-fps", "3", "--fps", "12"]
    return [*said, "--prompt", "a river", *more]


def streams(video: Path) -> str:
    return subprocess.run([ffmpeg(), "-i", str(video)], capture_output=True, text=True, check=False).stderr


def test_a_sound_becomes_a_video_with_that_sound(
    sound: Path, hearing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(sound.parent / "data"))
    Image.fromarray(paint(160, 90)).save(sound.with_name("first.png"))
    more = "--picture", str(sound.with_name("first.png")), "--then", "0.8:a storm", "--onset-strength", "0.2"
    assert main(command(sound, hearing / "wide", *more)) == 0
    said = capsys.readouterr()
    assert "4 frames painted, 88x48 px" in said.out
    assert "Loading " in said.err
    told = streams(sound.with_name("dream.mp4"))
    assert "Duration: 00:00:01.3" in told
    assert "h264" in told
    assert "aac" in told
    assert not list((sound.parent / "data" / "infinite-parallax" / "dreams").iterdir())


def test_stable_diffusion_2_makes_videos_and_pictures_in_every_mode(sound: Path, hearing: Path, tmp_path: Path) -> None:
    section = {"model": str(hearing / "second"), "native_px": NATIVE_PX, "steps": 2, "device": "cpu"}
    painted: dict[tuple[str, bool], bytes] = {}
    with own_server(tmp_path / "store") as client:
        for mode in ("raw", "match", "mix"):
            for still in (False, True):
                wanted = {"prompt": "a river", "mode": mode, "painted_fps": 2, "fps": 8, "still": still}
                document = dream_document.from_json({"dream": wanted, "diffusers": section})
                wish = DreamWish(document, sound.read_bytes())
                path = tmp_path / f"{mode}{dreaming.suffix(document)}"
                info = dreaming.dream(client, wish, path, lambda _message: None)
                assert info.steps == (1 if still else 3)
                painted[mode, still] = client.frame(wish.job, 1)
                if still:
                    with Image.open(path) as picture:
                        assert picture.size == (NATIVE_PX, NATIVE_PX)
                else:
                    told = streams(path)
                    assert "Duration: 00:00:01.3" in told
                    assert "h264" in told
                    assert "aac" in told
    assert len(set(painted.values())) == 6


def test_a_sound_becomes_one_picture(sound: Path, hearing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(sound.parent / "data"))
    assert main([*command(sound, hearing / "wide"), "-o", str(sound.with_name("one.png"))]) == 0
    with Image.open(sound.with_name("one.png")) as picture:
        assert picture.size == (NATIVE_PX, NATIVE_PX)


def test_what_is_kept_is_not_painted_again(sound: Path, hearing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep = "--keep", str(sound.parent / "kept")
    assert main(command(sound, hearing / "wide", *keep)) == 0
    assert "Loading " in capsys.readouterr().err
    video = sound.with_name("dream.mp4").read_bytes()
    assert main(command(sound, hearing / "wide", *keep)) == 0
    assert sound.with_name("dream.mp4").read_bytes() == video
    assert main(command(sound, hearing / "wide", *keep, "--between", "fade")) == 0
    assert sound.with_name("dream.mp4").read_bytes() != video
    assert "Loading " not in capsys.readouterr().err
    assert len(list((sound.parent / "kept").glob("jobs/*/run/frames/*.png"))) == 4


def test_a_server_that_is_killed_in_a_dream_goes_on_to_the_same_bytes(
    sound: Path, hearing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # sums over more threads end in other last digits
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    section = {"model": str(hearing / "wide"), "native_px": NATIVE_PX, "steps": 2, "device": "cpu"}
    painted = {"prompt": "a river", "painted_fps": 10}
    document = dream_document.from_json({"dream": painted, "diffusers": section})
    wish = DreamWish(document, sound.read_bytes())
    with own_server(tmp_path / "undisturbed") as client:
        dreaming.dream(client, wish, tmp_path / "undisturbed.mp4", lambda _message: None)
        frames = [client.frame(wish.job, n) for n in range(1, 14)]
    process = ServerProcess([*COMMAND, "--store", str(tmp_path / "killed")], DEADLINE_S)
    with process as server, Client(server.url, server.token) as client:
        client.create_dream(document, wish.sound, job_id=wish.job)
        steps = (e.data["step"] for e in client.events(wish.job, patience_s=DEADLINE_S) if e.kind == "progress")
        reached = next(step for step in steps if step >= 2)
        server.process.kill()
        server.process.wait(DEADLINE_S)
    assert reached < 13
    with own_server(tmp_path / "killed") as client:
        assert client.job(wish.job).step >= 1
        dreaming.dream(client, wish, tmp_path / "killed.mp4", lambda _message: None)
        assert [client.frame(wish.job, n) for n in range(1, 14)] == frames
    assert (tmp_path / "killed.mp4").read_bytes() == (tmp_path / "undisturbed.mp4").read_bytes()


def test_what_cannot_be_dreamt_is_refused(sound: Path, hearing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = sound.with_name("broken.wav")
    broken.write_bytes(b"RIFF" + bytes(100))
    for said, why in (
        (command(broken, hearing / "wide"), "cannot be read as a sound"),
        (command(sound.with_name("none.wav"), hearing / "wide"), "no sound file"),
        (command(sound, hearing / "wide", "--start", "9"), "The sound lasts 1.3 s"),
        (command(sound, hearing / "wide", "--then", "storm"), "does not begin with a second"),
        (command(sound, hearing / "wide", "--strength", "1.5"), "strength"),
        (command(sound, hearing / "wide", "--server", "http://127.0.0.1:9", "--keep", "x"), "--keep is for a server"),
    ):
        assert main(said) in (1, 2)
        assert why in capsys.readouterr().err
