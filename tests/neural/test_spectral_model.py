"""Motion out of a diffusion model: saved, loaded, sampled and undone, with a tiny random net that knows nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DModel
from infinite_parallax.inpaint_server.motion import diffusion
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.example_picture import paint
from infinite_parallax.shared.spectral import SpectralVolume

SCALE = (0.01, 0.006, 0.004)
STEPS = 3


def tiny(slices: int = diffusion.PARTS, vae: Any = None, scale: tuple[float, ...] = SCALE) -> Any:
    torch.manual_seed(4)
    unet = UNet2DModel(
        in_channels=slices + 3,
        out_channels=slices,
        block_out_channels=(8, 8),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        norm_num_groups=4,
        num_class_embeds=3,
    )
    scheduler = DDIMScheduler(clip_sample=False)
    made = diffusion.pipeline_class()(unet, scheduler, vae, f_scale=scale, period_s=4.0, side_px=32)
    made.set_progress_bar_config(disable=True)
    return made


@pytest.fixture(scope="module")
def picture() -> Any:
    return paint(96, 64, 3)


def test_what_is_saved_is_loaded_and_moves_the_same(tmp_path: Path, picture: Any) -> None:
    made = tiny()
    made.save_pretrained(tmp_path, safe_serialization=True)
    assert json.loads((tmp_path / "model_index.json").read_text())["_class_name"] == diffusion.NAME
    volume, again = (pipeline(picture, STEPS, seed=7) for pipeline in (made, diffusion.load(tmp_path)))
    assert isinstance(volume, SpectralVolume)
    assert (volume.width, volume.height, volume.period_s) == (96, 64, 4.0)
    assert volume.fields.shape[:2] == (3, 2)
    assert abs(volume.fields.shape[3] / volume.fields.shape[2] - 96 / 64) < 0.1
    assert again.fields == pytest.approx(volume.fields, abs=1e-5)
    assert not np.array_equal(volume.fields, made(picture, STEPS, seed=8).fields)
    assert not np.array_equal(volume.fields, made(255 - picture, STEPS, seed=7).fields)
    few = made(picture, STEPS, seed=7, frequencies=2)
    assert few.fields == pytest.approx(volume.fields[:2], abs=1e-5)


def test_the_frequency_is_told_to_the_net(picture: Any) -> None:
    made = tiny()
    asked: list[int] = []
    made.unet.register_forward_pre_hook(
        lambda _, __, given: asked.append(int(given["class_labels"][0])), with_kwargs=True
    )
    made(picture, STEPS)
    assert asked == [j for j in range(3) for _ in range(STEPS)]


def test_companding_is_undone_to_px_by_frequency() -> None:
    scale = np.array(SCALE, np.float32) * 96
    values = np.random.default_rng(1).normal(0, 1, (3, 4, 5, 6)).astype(np.float32)
    assert diffusion.expanded(diffusion.companded(values, scale), scale) == pytest.approx(values, abs=1e-5)
    assert diffusion.expanded(np.full((3, 4, 1, 1), -1, np.float32), scale)[:, 0, 0, 0] == pytest.approx(-scale)


def test_slices_may_be_latents_of_a_vae(tmp_path: Path, picture: Any) -> None:
    torch.manual_seed(5)
    vae = AutoencoderKL(
        in_channels=4,
        out_channels=4,
        latent_channels=3,
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
    )
    made = tiny(3, vae)
    made.save_pretrained(tmp_path, safe_serialization=True)
    volume = diffusion.load(tmp_path)(picture, STEPS)
    assert volume.fields.shape == (3, 2, 20, 32)
    assert np.isfinite(volume.fields).all()
    assert made(picture, STEPS).fields == pytest.approx(volume.fields, abs=1e-5)


def test_what_is_no_model_of_motion_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no model of motion") as e:
        diffusion.load(tmp_path)
    assert "none is shipped" in e.value.hint
    (tmp_path / "model_index.json").write_text('{"_class_name": "DDIMPipeline"}')
    with pytest.raises(UsageError, match="holds a DDIMPipeline"):
        diffusion.load(tmp_path)
    (tmp_path / "model_index.json").write_text("[")
    with pytest.raises(UsageError, match="cannot be read"):
        diffusion.load(tmp_path)
    tiny(scale=(0.1,) * 5).save_pretrained(tmp_path / "scales", safe_serialization=True)
    with pytest.raises(UsageError, match="5 scales for 3 frequencies"):
        diffusion.load(tmp_path / "scales")
    tiny(6).save_pretrained(tmp_path / "channels", safe_serialization=True)
    with pytest.raises(UsageError, match="9 channels in and 6 out"):
        diffusion.load(tmp_path / "channels")


def test_pickles_are_not_read(tmp_path: Path) -> None:
    tiny().save_pretrained(tmp_path, safe_serialization=False)
    with pytest.raises(UsageError, match="cannot be loaded"):
        diffusion.load(tmp_path)
