"""Models that are told a sound: embeddings, pictures out of pictures, whole dreams, and which models are refused."""

import functools
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from infinite_parallax.cli.main import main
from infinite_parallax.cli.painting import own_server
from infinite_parallax.inpaint_server.diffusion import calls, embedding, loading
from infinite_parallax.inpaint_server.diffusion.dreaming import Dreamer, dreamer
from infinite_parallax.inpaint_server.diffusion.options import Wish, settle_plain
from infinite_parallax.inpaint_server.diffusion.pipelines import SHELF
from infinite_parallax.inpaint_server.diffusion.placement import choose
from infinite_parallax.inpaint_server.dreams.chain import Stroke
from infinite_parallax.inpaint_server.dreams.conditioning import Embedding, Way, conditioned
from infinite_parallax.inpaint_server.dreams.slices import Slices
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.shared import dream_document, dreaming
from infinite_parallax.shared.ambience import RATE, write_wav
from infinite_parallax.shared.client import Client
from infinite_parallax.shared.dreaming import DreamWish
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.server_process import ServerProcess
from PIL import Image

from ..server.conftest import COMMAND
from . import tiny_hearing
from .tiny_models import NATIVE_PX, denoiser

DEADLINE_S = 120.0


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hearing")
    tiny_hearing.build(folder)
    tiny_hearing.build_second(folder)
    return folder


def options(model: Path, **more: Any) -> dict[str, Any]:
    return {"model": str(model), "native_px": NATIVE_PX, "steps": 2, "device": "cpu"} | more


def painter(model: Path, **more: Any) -> Any:
    return dreamer(options(model, **more), lambda _sentence: None, lambda: False)


def noise(seconds: float = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.2, round(seconds * RATE)).astype(np.float32)


def stroke(brush: Dreamer, sound: Slices, way: Way, before: Any = None, strength: float = 1.0, seed: int = 0) -> Stroke:
    words = brush.embed("a river")
    heard = Embedding(conditioned(words, sound, 0, way), words.widths, words.pooled)
    return Stroke(heard, brush.embed(""), NATIVE_PX, NATIVE_PX, (seed,), before, strength)


@pytest.mark.parametrize(("model", "widths"), [("wide", (768,)), ("second", (1024,)), ("plain_xl", (32, 32))])
@pytest.mark.parametrize("mode", ["raw", "match", "mix"])
def test_a_sound_decides_what_is_painted(hearing: Path, model: str, widths: tuple[int, ...], mode: str) -> None:
    with painter(hearing / model) as brush:
        words = brush.embed("a river")
        assert words.values.shape == (77, sum(widths))
        assert words.widths == widths
        assert (words.pooled is None) == (len(widths) == 1)
        first, again, other = (
            brush.paint(stroke(brush, Slices(noise(seed=seed), RATE, 1.0), Way(mode))) for seed in (0, 0, 1)
        )
    assert first.shape == (NATIVE_PX, NATIVE_PX, 3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("model", ["second", "plain_xl"])
def test_a_mix_without_sound_is_what_the_prompt_paints(hearing: Path, model: str) -> None:
    sound = Slices(noise(), RATE, 1.0)
    with painter(hearing / model) as brush:
        told = brush.paint(stroke(brush, sound, Way("mix", weight=0.0), seed=7))
    wish, call = settle_plain(options(hearing / model))
    loaded = loading.load(wish, lambda _sentence: None)
    said = {"prompt": "a river", "negative_prompt": "", "width": NATIVE_PX, "height": NATIVE_PX, "output_type": "np"}
    said |= {"guidance_scale": call.guidance, "num_inference_steps": 2}
    spoken = calls.call_pipe(loaded, said, (7,), lambda: False, lambda _sentence: None)
    assert np.abs(told.astype(int) - spoken).max() <= 1


def test_stable_diffusion_2_is_what_its_files_say_and_hears_1024_bins(hearing: Path) -> None:
    sound = Slices(noise(), RATE, 2.0)
    with painter(hearing / "second") as brush:
        pipe = brush._first.pipe
        assert pipe.scheduler.config.prediction_type == "v_prediction"
        assert pipe.unet.config.upcast_attention
        assert pipe.text_encoder.config.projection_dim != pipe.text_encoder.config.hidden_size
        assert pipe.tokenizer.pad_token == "!"
        raw = conditioned(brush.embed("a river"), sound, 1, Way("raw"))
    assert raw.shape == (77, 1024)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2046) / 2046)
    for column in (0, 40, 76):
        start = sound.moments(1)[column] - 1023
        part = np.pad(sound.samples, (0, 2046))[start:][:2046]
        np.testing.assert_allclose(raw[column], np.abs(np.fft.rfft(part * window)), atol=1e-3)


@pytest.mark.parametrize("model", ["wide", "second", "plain_xl"])
def test_pictures_grow_out_of_pictures_as_far_as_is_wished(hearing: Path, model: str) -> None:
    before, sound = paint(NATIVE_PX, NATIVE_PX, 2), Slices(noise(), RATE, 1.0)
    with painter(hearing / model, steps=10) as brush:
        departed = {
            strength: brush.paint(stroke(brush, sound, Way(), before, strength)) for strength in (0.0, 0.05, 0.5, 1.0)
        }
    np.testing.assert_array_equal(departed[0.0], before)
    assert len({picture.tobytes() for picture in departed.values()}) == 4


def test_the_autoencoders_own_colours_do_not_add_up(hearing: Path) -> None:
    sound, first = Slices(noise(), RATE, 1.0), paint(NATIVE_PX, NATIVE_PX, 2)
    drift = {}
    with painter(hearing / "wide", steps=20) as brush:
        for hold in (True, False):
            picture = first
            for _ in range(4):
                one = stroke(brush, sound, Way(), picture, 0.05)
                picture = brush.paint(replace(one, hold_colours=hold))
            drift[hold] = np.abs(picture.mean((0, 1)) - first.mean((0, 1))).mean()
    assert drift[True] < 0.5 * drift[False]


def test_a_dream_is_stopped_within_a_picture(hearing: Path) -> None:
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 1

    with (
        dreamer(options(hearing / "wide", steps=8), lambda _sentence: None, cancelled) as brush,
        pytest.raises(Cancelled),
    ):
        brush.paint(stroke(brush, Slices(noise(), RATE, 1.0), Way()))
    assert len(asked) == 2


def test_models_that_cannot_be_told_a_sound_are_refused_in_a_sentence(tiny: Path, hearing: Path) -> None:
    with pytest.raises(UsageError, match="made to paint under masks"), painter(tiny / "inpaint"):
        pass
    with pytest.raises(UsageError, match=r"preset kandinsky cannot be told a sound.*sd15, sd2, sdxl"):
        settle_plain({"preset": "kandinsky"})
    from diffusers import DDPMScheduler, KandinskyV22Pipeline, VQModel

    wish = Wish("somebody/kandinsky", device="cpu", masks=False)
    other = KandinskyV22Pipeline(unet=denoiser(4), scheduler=DDPMScheduler(), movq=VQModel())
    with pytest.raises(UsageError, match=r"somebody/kandinsky \(KandinskyV22\) does not read prompts"):
        embedding.check_hears(loading.Loaded(other, wish, choose(wish), "none"))
    mixed = loading.load(Wish(str(hearing / "wide"), device="cpu", masks=False), lambda _sentence: None)
    mixed.pipe.unet = denoiser(4)
    with pytest.raises(UsageError, match="takes 32 numbers for each token, its text encoders give 768"):
        embedding.check_hears(mixed)


@pytest.mark.parametrize(
    ("kind", "encoders"),
    [
        ("StableDiffusion3", ("CLIPTextModelWithProjection", "CLIPTextModelWithProjection", "T5EncoderModel")),
        ("Flux", ("CLIPTextModel", "T5EncoderModel")),
        ("KandinskyV22", ()),
    ],
)
def test_a_model_that_reads_otherwise_is_refused_before_its_weights_are_fetched(
    tmp_path: Path, kind: str, encoders: tuple[str, ...]
) -> None:
    names = ("text_encoder", "text_encoder_2", "text_encoder_3")
    index = {"_class_name": f"{kind}Pipeline", "_diffusers_version": "0.30.0", "scheduler": ["diffusers", "Any"]}
    index |= {name: ["transformers", encoder] for name, encoder in zip(names, encoders, strict=False)}
    (tmp_path / "model_index.json").write_text(json.dumps(index), encoding="utf-8")
    told: list[str] = []
    said = rf"\({kind}\) does not read prompts as CLIP's tables of numbers\. Choose Stable Diffusion 1, 2 or XL"
    with pytest.raises(UsageError, match=said), dreamer(options(tmp_path), told.append, lambda: False):
        pass
    assert not told, "nothing is loaded"


def test_a_model_that_is_not_there_is_told_by_who_loads_it(tmp_path: Path) -> None:
    with pytest.raises(ParallaxError, match=r"cannot be loaded|is not there|was not found"), painter(tmp_path):
        pass


def test_memory_that_runs_out_is_a_sentence(hearing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with painter(hearing / "wide") as brush:
        kind = type(brush._first.pipe)

        @functools.wraps(kind.__call__)
        def full(*_given: Any, **_more: Any) -> None:
            raise torch.OutOfMemoryError("out of memory")

        monkeypatch.setattr(kind, "__call__", full)
        with pytest.raises(ParallaxError, match=r"not enough memory for .*wide at 64 x 64 px"):
            brush.paint(stroke(brush, Slices(noise(), RATE, 1.0), Way()))
    # what was done to save memory would stay done
    SHELF.release()


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
