"""Tiny models that paint from nothing and can be told a sound: as wide as Stable Diffusion 1 and 2 are, and XL."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from infinite_parallax.benchmarks.random_models import scheduler, tokenizer
from infinite_parallax.shared.ambience import RATE
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from .tiny_models import WORDS, autoencoder, denoiser, text_config

TRUE_WIDTH, SECOND_WIDTH = 768, 1024
"""Numbers of a token in Stable Diffusion 1, and in 2."""
CHECKED: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


def build(folder: Path) -> None:
    """Write wide (768 numbers for each token) and plain_xl, each in a folder of its name."""
    words = tokenizer(folder / "tokenizer")
    shared = {"vae": autoencoder(), "scheduler": scheduler(), "tokenizer": words}
    wide = CLIPTextConfig.from_dict(text_config(words).to_dict() | {"hidden_size": TRUE_WIDTH})
    unet = UNet2DConditionModel.from_config({**denoiser(4).config, "cross_attention_dim": TRUE_WIDTH})
    StableDiffusionPipeline(unet=unet, text_encoder=CLIPTextModel(wide), **shared, **CHECKED).save_pretrained(
        folder / "wide"
    )
    StableDiffusionXLPipeline(
        unet=denoiser(4, xl=True),
        text_encoder=CLIPTextModel(text_config(words)),
        text_encoder_2=CLIPTextModelWithProjection(text_config(words, projection_dim=WORDS)),
        tokenizer_2=words,
        **shared,
    ).save_pretrained(folder / "plain_xl")


def build_second(folder: Path) -> None:
    """Write second and second_inpaint: Stable Diffusion 2, plain and with masks, as its files have it.

    The text encoder is OpenCLIP's ViT-H without its last layer (the denoiser was trained on the layer before it), wider
    than the projection beside it, and its tokenizer fills up with exclamation marks; the denoiser has another number of
    heads at each depth, and predicts velocities instead of noise.
    """
    words = tokenizer(folder / "tokenizer_second")
    words.pad_token = "!"
    second = {"hidden_size": SECOND_WIDTH, "hidden_act": "gelu", "num_attention_heads": 16, "projection_dim": 512}
    config = CLIPTextConfig.from_dict(text_config(words).to_dict() | second)
    text = CLIPTextModel(config)
    kinds: dict[str, tuple[int, Any]] = {
        "second": (4, StableDiffusionPipeline),
        "second_inpaint": (9, StableDiffusionInpaintPipeline),
    }
    for name, (channels, kind) in kinds.items():
        torch.manual_seed(channels)
        unet = UNet2DConditionModel.from_config(
            denoiser(channels).config,
            cross_attention_dim=SECOND_WIDTH,
            attention_head_dim=(1, 2),
            use_linear_projection=True,
            upcast_attention=True,
        )
        kind(
            vae=autoencoder(),
            unet=unet,
            scheduler=DDIMScheduler.from_config(scheduler().config, prediction_type="v_prediction"),
            tokenizer=words,
            text_encoder=text,
            **CHECKED,
        ).save_pretrained(folder / name)


def noise(seconds: float = 1, seed: int = 0) -> np.ndarray:
    """A sound of noise, float32 [n]."""
    return np.random.default_rng(seed).normal(0, 0.2, round(seconds * RATE)).astype(np.float32)
