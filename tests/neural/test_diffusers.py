"""Pipelines loaded and called: schedulers, LoRA, ControlNet, memory that runs out, and what is said when it fails."""

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.diffusion import loading
from infinite_parallax.inpaint_server.diffusion.downloads import Growth, cache_folder
from infinite_parallax.inpaint_server.diffusion.options import Wish, settle
from infinite_parallax.inpaint_server.diffusion.pipelines import SHELF
from infinite_parallax.inpaint_server.diffusion.placement import choose, offload
from infinite_parallax.inpaint_server.diffusion.reasons import explain
from infinite_parallax.inpaint_server.engines.contract import RGB, InpaintRequest
from infinite_parallax.shared.errors import Cancelled, ParallaxError, UsageError
from infinite_parallax.shared.example_picture import paint as paint_example

from .tiny_models import NATIVE_PX

Told = list[str]


@pytest.fixture(scope="module")
def picture() -> RGB:
    return paint_example(160, 96, 3)


@pytest.fixture
def mask(picture: RGB) -> Any:
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[:, 150:] = 255
    return mask


def paint(picture: RGB, mask: Any, model: Path | str, told: Told | None = None, **more: Any) -> RGB:
    seed, depth = more.pop("seed", 0), more.pop("depth", None)
    options = {"model": str(model), "native_px": NATIVE_PX, "steps": 2, "device": "cpu"} | more
    tell = told.append if told is not None else lambda _sentence: None
    request = InpaintRequest("a river", "people", seed, options=options, depth=depth, tell=tell)
    return engines.load("diffusers").inpaint(picture, mask, request)


def test_the_seed_and_the_prompt_decide_what_is_painted(picture: RGB, mask: Any, tiny: Path) -> None:
    first = paint(picture, mask, tiny / "inpaint")
    assert (first[:, 150:] != paint(picture, mask, tiny / "inpaint", seed=1)[:, 150:]).any()
    assert (first[:, 150:] != paint(picture, mask, tiny / "inpaint", guidance=1.0)[:, 150:]).any()


def test_xl_paints_too(picture: RGB, mask: Any, tiny: Path) -> None:
    painted = paint(picture, mask, tiny / "xl")
    np.testing.assert_array_equal(painted[:, :150], picture[:, :150])
    assert (painted[:, 150:] != paint(picture, mask, tiny / "inpaint")[:, 150:]).any()


def test_a_model_stays_loaded_until_another_is_wanted(picture: RGB, mask: Any, tiny: Path) -> None:
    SHELF.release()
    told: Told = []
    for model in ("inpaint", "inpaint", "plain", "inpaint"):
        paint(picture, mask, tiny / model, told)
    loads = [sentence for sentence in told if sentence.startswith("Loading")]
    assert [Path(sentence.split()[1]).name for sentence in loads] == ["inpaint", "plain", "inpaint"]
    assert loads[0].endswith("on the CPU in fp32")


def test_the_scheduler_is_chosen_by_name_and_a_wrong_one_is_told_which_fit(picture: RGB, mask: Any, tiny: Path) -> None:
    own = paint(picture, mask, tiny / "inpaint")
    other = paint(picture, mask, tiny / "inpaint", scheduler="euler_discrete")
    assert (own[:, 150:] != other[:, 150:]).any()
    with pytest.raises(UsageError, match=r"no scheduler 'Eulr'.*DDIM, .*EulerDiscrete, .*LCM"):
        paint(picture, mask, tiny / "inpaint", scheduler="Eulr")


def test_few_steps_take_their_scheduler_and_little_guidance(tiny: Path) -> None:
    wish, call = settle({"few_steps": "lcm", "model": str(tiny / "inpaint")})
    assert (wish.scheduler, call.steps, call.guidance) == ("LCM", 6, 1.5)
    loaded = loading.load(wish, lambda _sentence: None)
    assert type(loaded.pipe.scheduler).__name__ == "LCMScheduler"
    with pytest.raises(UsageError, match=r"guidance is 7\.5"):
        settle({"few_steps": "turbo", "guidance": 7.5})


def test_a_lora_changes_what_is_painted_as_far_as_its_scale_says(
    picture: RGB, mask: Any, tiny: Path, tmp_path: Path
) -> None:
    from diffusers import StableDiffusionInpaintPipeline
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig, get_peft_model_state_dict

    pipe = StableDiffusionInpaintPipeline.from_pretrained(tiny / "inpaint")
    torch.manual_seed(5)
    pipe.unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(pipe.unet))
    pipe.save_lora_weights(tmp_path, unet_lora_layers={key: value * 20 for key, value in layers.items()})
    without = paint(picture, mask, tiny / "inpaint")
    file = next(tmp_path.glob("*.safetensors"))
    full = paint(picture, mask, tiny / "inpaint", lora=str(file))
    assert (full != without).any()
    np.testing.assert_array_equal(paint(picture, mask, tiny / "inpaint", lora=str(tmp_path)), full)
    np.testing.assert_array_equal(paint(picture, mask, tiny / "inpaint", lora=str(tmp_path), lora_scale=0.0), without)
    with pytest.raises(ParallaxError, match=r"cannot be loaded|no weights as safetensors|no folder"):
        paint(picture, mask, tiny / "inpaint", lora=str(tmp_path / "absent"))


def test_a_controlnet_sees_the_depth_of_the_canvas(picture: RGB, mask: Any, tiny: Path) -> None:
    control = str(tiny / "controlnet")
    ramp = np.linspace(0, 1, 96, dtype=np.float32)[:, None] * np.ones((1, 160), np.float32)
    for model in ("plain", "inpaint"):
        down = paint(picture, mask, tiny / model, controlnet=control, depth=ramp)
        up = paint(picture, mask, tiny / model, controlnet=control, depth=ramp[::-1].copy())
        assert (down[:, 150:] != up[:, 150:]).any()
    with pytest.raises(UsageError, match="needs the depth"):
        paint(picture, mask, tiny / "plain", controlnet=control)


class Starved:
    """A pipeline's place taken by one that needs more memory than there is, until it has been eased `times`."""

    def __init__(self, loaded: loading.Loaded, times: int, error: Exception) -> None:
        self.pipe, self.times, self.error, self.sizes = loaded.pipe, times, error, []

    def __call__(self, **given: Any) -> Any:
        self.sizes.append((given["width"], given["height"]))
        if len(self.sizes) <= self.times:
            raise self.error
        return self.pipe(**given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pipe, name)


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
]


@pytest.mark.parametrize("error", ERRORS, ids=["cuda", "mps", "cpu"])
def test_memory_that_runs_out_is_eased_and_told(
    picture: RGB, mask: Any, tiny: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish, _ = settle({"model": str(tiny / "inpaint"), "device": "cpu"})
    SHELF.release()
    told: Told = []
    with SHELF.take(wish, told.append, lambda: False) as loaded:
        starved = Starved(loaded, 2, error)
        monkeypatch.setattr(loaded, "pipe", starved)
        monkeypatch.setattr(loaded, "accepts", lambda: loading.Loaded.accepts(replace_pipe(loaded, starved.pipe)))
    painted = paint(picture, mask, tiny / "inpaint", told, native_px=256)
    assert (painted[:, 150:] > 0).any()
    assert any("smaller slices" in sentence for sentence in told)
    assert any("squares of 192 px" in sentence for sentence in told)
    assert starved.sizes[:3] == [(256, 160), (256, 160), (192, 120)]
    SHELF.release()


def replace_pipe(loaded: loading.Loaded, pipe: Any) -> loading.Loaded:
    return loading.Loaded(pipe, loaded.wish, loaded.place, loaded.offload)


def test_memory_that_never_suffices_ends_with_the_sentence_that_helps(
    picture: RGB, mask: Any, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish, _ = settle({"model": str(tiny / "inpaint"), "device": "cpu"})
    SHELF.release()
    with SHELF.take(wish, lambda _sentence: None, lambda: False) as loaded:
        starved = Starved(loaded, 1000, ERRORS[0])
        monkeypatch.setattr(loaded, "pipe", starved)
        monkeypatch.setattr(loaded, "accepts", lambda: loading.Loaded.accepts(replace_pipe(loaded, starved.pipe)))
    with pytest.raises(ParallaxError, match=r"not enough memory.*resume"):
        paint(picture, mask, tiny / "inpaint", native_px=256)
    SHELF.release()


def test_a_gpu_lets_parts_wait_before_it_gives_up(tiny: Path) -> None:
    from infinite_parallax.inpaint_server.diffusion.placement import Place

    loaded = loading.load(Wish(str(tiny / "inpaint"), device="cpu"), lambda _sentence: None)
    on_gpu = loading.Loaded(loaded.pipe, loaded.wish, Place("cuda", "fp16", "on a GPU"), "model")
    sent: list[str] = []
    on_gpu._send = sent.append  # type: ignore[method-assign]
    said = [on_gpu.relieve() for _ in range(3)]
    assert "smaller slices" in said[0]
    assert "(sequential)" in said[1]
    assert said[2] == ""
    assert sent == ["sequential"]


def test_the_device_is_chosen_and_a_missing_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"cuda": False, "mps": False}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: here["cuda"])
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A Card")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (6 * 2**30, 8 * 2**30))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: here["mps"])
    assert choose(Wish("m")).words == "on the CPU in fp32"
    with pytest.raises(UsageError, match="no cuda device"):
        choose(Wish("m", device="cuda"))
    with pytest.raises(UsageError, match="does not compute in fp16"):
        choose(Wish("m", precision="fp16"))
    here["mps"] = True
    assert choose(Wish("m")).words == "on Apple's GPU (MPS) in fp16"
    here["cuda"] = True
    place = choose(Wish("m", half="bf16"))
    assert place.words == "on the GPU (A Card) in bf16"
    assert [offload(Wish("m"), place, gigabytes * 2**30) for gigabytes in (2, 12)] == ["none", "model"]
    assert offload(Wish("m", offload="sequential"), place, 1) == "sequential"


def test_a_model_that_is_not_here_is_told_in_sentences(picture: RGB, mask: Any, tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(ParallaxError, match="someone/something is not on this computer, and the hub cannot be reached"):
        paint(picture, mask, "someone/something")
    with pytest.raises(ParallaxError, match=r"There is no folder .*/absent"):
        paint(picture, mask, tmp_path / "absent")
    with pytest.raises(ParallaxError, match="cannot be loaded"):
        paint(picture, mask, tiny / "controlnet")


def test_weights_that_may_hold_programs_are_refused(picture: RGB, mask: Any, tiny: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "old"
    shutil.copytree(tiny / "inpaint", folder)
    for weights in folder.rglob("*.safetensors"):
        weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ParallaxError, match="no weights as safetensors"):
        paint(picture, mask, folder)


def test_licence_and_disk_are_told_as_what_they_are() -> None:
    class GatedRepoError(OSError):
        """As the hub's own, which cannot be made without an answer of a server."""

    try:
        try:
            raise GatedRepoError("403 Client Error")
        except OSError as cause:
            raise OSError("There was a specific connection error") from cause
    except OSError as error:
        gated = explain(error, "black-forest-labs/FLUX.1-Fill-dev")
    assert "accepted its licence" in gated.message
    assert "hf auth login" in gated.hint
    full = explain(OSError(errno.ENOSPC, "No space left on device"), "a/b")
    assert "disk is full" in full.message
    assert full.code == "disk"


def test_how_much_has_come_is_told_as_it_grows(tmp_path: Path) -> None:
    growth = Growth(tmp_path, "a/b")
    assert growth.sentence() == ""
    (tmp_path / "blob.incomplete").write_bytes(bytes(12 * 2**20))
    assert growth.sentence() == "Fetching a/b: 0.01 GB so far"
    assert growth.sentence() == ""
    folder = cache_folder("a/b")
    assert folder is not None
    assert folder.name == "models--a--b"
    assert cache_folder(str(tmp_path)) is None


def test_it_can_be_stopped_between_two_denoising_steps(picture: RGB, mask: Any, tiny: Path) -> None:
    paint(picture, mask, tiny / "inpaint")  # loaded, so that only the painting asks
    asked: list[int] = []

    def after(number: int) -> bool:
        asked.append(number)
        return len(asked) > number

    options = {"model": str(tiny / "inpaint"), "native_px": NATIVE_PX, "steps": 8, "device": "cpu"}
    with pytest.raises(Cancelled):
        engines.load("diffusers").inpaint(picture, mask, InpaintRequest(options=options), lambda: after(4))
    assert len(asked) == 5


def test_what_waits_for_another_painter_can_be_cancelled(tiny: Path) -> None:
    wish, _ = settle({"model": str(tiny / "inpaint"), "device": "cpu"})
    with (
        SHELF.take(wish, lambda _sentence: None, lambda: False),
        pytest.raises(Cancelled),
        SHELF.take(wish, lambda _sentence: None, lambda: True),
    ):
        pytest.fail("two painters had the pipeline at once")
