"""Models that are told a sound: embeddings, pictures out of pictures, and which models are refused."""

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from infinite_parallax.inpaint_server.diffusion import calls, embedding, loading
from infinite_parallax.inpaint_server.diffusion.dreaming import Dreamer, dreamer
from infinite_parallax.inpaint_server.diffusion.options import Wish, settle_plain
from infinite_parallax.inpaint_server.diffusion.pipelines import SHELF
from infinite_parallax.inpaint_server.diffusion.placement import choose
from infinite_parallax.inpaint_server.dreams.chain import Stroke
from infinite_parallax.inpaint_server.dreams.conditioning import Embedding, Way, conditioned
from infinite_parallax.inpaint_server.dreams.slices import Slices
from infinite_parallax.shared.ambience import RATE
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint

from .tiny_hearing import noise
from .tiny_models import NATIVE_PX, denoiser

DEADLINE_S = 120.0


def options(model: Path, **more: Any) -> dict[str, Any]:
    return {"model": str(model), "native_px": NATIVE_PX, "steps": 2, "device": "cpu"} | more


def painter(model: Path, **more: Any) -> Any:
    return dreamer(options(model, **more), lambda _sentence: None, lambda: False)


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
