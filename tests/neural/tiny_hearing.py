"""Tiny models that paint from nothing and can be told a sound: of Stable Diffusion's true width, and XL."""

from pathlib import Path
from typing import Any

from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel
from infinite_parallax.benchmarks.random_models import scheduler, tokenizer
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from .tiny_models import WORDS, autoencoder, denoiser, text_config

TRUE_WIDTH = 768
"""Numbers of a token in Stable Diffusion 1."""
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
