"""Tiny Stable Diffusion models with random weights, built in code: real pipelines that paint in a blink.

Their pictures mean nothing; what is tested with them is everything but the picture. Downloading a small model was the
other road: tests would need a network and somebody else's server.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from infinite_parallax.benchmarks.random_models import scheduler, tokenizer
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

NATIVE_PX = 64
WORDS = 32
"""Length of a word's vector."""
DOWN, UP = ("DownBlock2D", "CrossAttnDownBlock2D"), ("CrossAttnUpBlock2D", "UpBlock2D")


def build(folder: Path) -> None:
    """Write plain (4 channels in), inpaint (9 channels), xl and controlnet, each in a folder of its name."""
    words = tokenizer(folder / "tokenizer")
    checked = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    shared = {"vae": autoencoder(), "scheduler": scheduler(), "tokenizer": words}
    text = CLIPTextModel(text_config(words))
    StableDiffusionPipeline(unet=denoiser(4), text_encoder=text, **shared, **checked).save_pretrained(folder / "plain")
    StableDiffusionInpaintPipeline(unet=denoiser(9), text_encoder=text, **shared, **checked).save_pretrained(
        folder / "inpaint"
    )
    projecting = CLIPTextModelWithProjection(text_config(words, projection_dim=WORDS))
    StableDiffusionXLInpaintPipeline(
        unet=denoiser(9, xl=True), text_encoder=text, text_encoder_2=projecting, tokenizer_2=words, **shared
    ).save_pretrained(folder / "xl")
    controlnet().save_pretrained(folder / "controlnet")


def text_config(words: CLIPTokenizer, **more: Any) -> CLIPTextConfig:
    """The configuration of a text encoder of two layers."""
    return CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=WORDS,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        max_position_embeddings=77,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        **more,
    )


def denoiser(channels: int, xl: bool = False) -> UNet2DConditionModel:
    """A UNet that takes `channels`: 4 plain, 9 with mask and masked picture."""
    torch.manual_seed(channels)
    more: dict[str, Any] = {}
    if xl:
        more = {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 6 * 8 + WORDS,
        }
    return UNet2DConditionModel(
        sample_size=NATIVE_PX // 8,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(4, 8),
        layers_per_block=1,
        down_block_types=DOWN,
        up_block_types=UP,
        cross_attention_dim=2 * WORDS if xl else WORDS,
        attention_head_dim=2,
        norm_num_groups=2,
        **more,
    )


def autoencoder() -> AutoencoderKL:
    """Four blocks, so that a latent stands for 8 x 8 px as in the real ones."""
    torch.manual_seed(0)
    return AutoencoderKL(
        latent_channels=4,
        sample_size=NATIVE_PX,
        block_out_channels=(4, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )


def controlnet() -> ControlNetModel:
    """Fits plain and inpaint. A new one says nothing, because its last layers are zero; this one says something."""
    torch.manual_seed(1)
    model = ControlNetModel(
        block_out_channels=(4, 8),
        layers_per_block=1,
        in_channels=4,
        down_block_types=DOWN,
        cross_attention_dim=WORDS,
        attention_head_dim=2,
        norm_num_groups=2,
        conditioning_embedding_out_channels=(2, 4, 4, 8),
    )
    for weights in model.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    return model
