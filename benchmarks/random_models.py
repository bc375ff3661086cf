"""Stable Diffusion pipelines with random weights, built in code at their true geometry or a tiny one.

How long a model takes does not depend on what its weights are, so a benchmark needs no download; what such a model
paints means nothing. The configurations are those that the models' own files give.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionInpaintPipeline,
    StableDiffusionXLInpaintPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

MASKED_CHANNELS = 9
"""Latents, mask, and the latents of what is known."""


@dataclass(frozen=True)
class Geometry:
    """The sizes of a model: of the denoiser, of the autoencoder, and of its text encoders (width, layers, heads)."""

    native_px: int
    denoiser: dict[str, Any]
    autoencoder: tuple[int, ...] = (128, 256, 512, 512)
    norm_groups: int = 32
    text: tuple[tuple[int, int, int], ...] = ((768, 12, 12),)
    autoencoder_layers: int = 2
    scaling: float = 0.18215

    @property
    def xl(self) -> bool:
        """Whether it has two text encoders."""
        return len(self.text) > 1


GEOMETRIES: dict[str, Geometry] = {
    "sd15": Geometry(
        512,
        {
            "block_out_channels": (320, 640, 1280, 1280),
            "layers_per_block": 2,
            "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
            "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
            "cross_attention_dim": 768,
            "attention_head_dim": 8,
        },
    ),
    "sdxl": Geometry(
        1024,
        {
            "block_out_channels": (320, 640, 1280),
            "layers_per_block": 2,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 2048,
            "attention_head_dim": (5, 10, 20),
            "transformer_layers_per_block": (1, 2, 10),
            "use_linear_projection": True,
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 6 * 256 + 1280,
        },
        text=((768, 12, 12), (1280, 32, 20)),
        scaling=0.13025,
    ),
    "tiny": Geometry(
        64,
        {
            "block_out_channels": (4, 8),
            "layers_per_block": 1,
            "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
            "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
            "cross_attention_dim": 32,
            "attention_head_dim": 2,
        },
        autoencoder=(4, 8, 8, 8),
        norm_groups=2,
        text=((32, 2, 4),),
        autoencoder_layers=1,
    ),
}


def build(name: str, folder: Path, half: bool) -> Path:
    """Write an inpainting pipeline of a geometry into `folder`, in half precision if wished; the folder."""
    shape = GEOMETRIES[name]
    kind = torch.float16 if half else torch.float32
    words = tokenizer(folder / "tokenizer")
    torch.manual_seed(0)
    texts = [_text(shape, i, words).to(kind) for i in range(len(shape.text))]
    parts: dict[str, Any] = {
        "vae": _autoencoder(shape).to(kind),
        "unet": denoiser(shape).to(kind),
        "scheduler": scheduler(),
        "tokenizer": words,
        "text_encoder": texts[0],
    }
    if shape.xl:
        pipe: Any = StableDiffusionXLInpaintPipeline(**parts, tokenizer_2=words, text_encoder_2=texts[1])
    else:
        none = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
        pipe = StableDiffusionInpaintPipeline(**parts, **none)
    pipe.save_pretrained(folder)
    return folder


def tokenizer(folder: Path) -> CLIPTokenizer:
    """A byte-level tokenizer without merges: every byte, every byte that ends a word, and the two marks."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = list(bytes_to_unicode().values())
    symbols = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({symbol: number for number, symbol in enumerate(symbols)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def scheduler() -> DDIMScheduler:
    """Stable Diffusion's own."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def _text(shape: Geometry, number: int, words: CLIPTokenizer) -> Any:
    width, layers, heads = shape.text[number]
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=width,
        intermediate_size=4 * width,
        num_attention_heads=heads,
        num_hidden_layers=layers,
        max_position_embeddings=77,
        projection_dim=width,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    return CLIPTextModelWithProjection(config) if number else CLIPTextModel(config)


def denoiser(shape: Geometry) -> UNet2DConditionModel:
    """The denoiser of a geometry, for latents with a mask."""
    return UNet2DConditionModel(
        sample_size=shape.native_px // 8,
        in_channels=MASKED_CHANNELS,
        out_channels=4,
        norm_num_groups=shape.norm_groups,
        **shape.denoiser,
    )


def _autoencoder(shape: Geometry) -> AutoencoderKL:
    return AutoencoderKL(
        latent_channels=4,
        sample_size=shape.native_px,
        block_out_channels=shape.autoencoder,
        layers_per_block=shape.autoencoder_layers,
        norm_num_groups=shape.norm_groups,
        scaling_factor=shape.scaling,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
    )
