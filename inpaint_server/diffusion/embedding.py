"""Prompts as the embeddings that a pipeline's own text encoders make of them, and which pipelines can be told others.

A sound can take the place of words where the words are a table of CLIP's: Stable Diffusion 1, 2 and XL. T5 (FLUX,
Stable Diffusion 3) reads hundreds of tokens of 4096 numbers and was never shown to bear it, Kandinsky's painter reads
the embedding of a picture; they are refused by name instead of failing deep inside.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...shared.errors import UsageError
from ..dreams.conditioning import F32, Embedding
from .loading import Loaded
from .options import Wish

CLIP = "CLIPTextModel"
ENCODERS = "text_encoder", "text_encoder_2", "text_encoder_3"
HINT = "Choose Stable Diffusion 1, 2 or XL."
PLAIN_CHANNELS = 4


def check_index(wish: Wish) -> None:
    """Refuse, with a UsageError, a model whose index says that it cannot be told a sound, before it is fetched.

    An index that is not there, or cannot be read, is left to whoever loads the model.
    """
    from diffusers import DiffusionPipeline

    folder = Path(wish.model).expanduser()
    try:
        index = DiffusionPipeline.load_config(str(folder) if folder.is_dir() else wish.model)
    except Exception:  # the libraries raise many types
        return
    found = [str(index[name][1]) for name in ENCODERS if index.get(name) and index[name][1]]
    if not _read_clip(found):
        raise _other_words(wish.model, str(index.get("_class_name", "")))


def check_hears(loaded: Loaded) -> None:
    """Refuse, with a UsageError, a pipeline that cannot be told a sound."""
    pipe = loaded.pipe
    clip = _read_clip([type(encoder).__name__ for encoder in _encoders(pipe)])
    if not clip or getattr(pipe, "unet", None) is None or "prompt_embeds" not in loaded.accepts():
        raise _other_words(loaded.wish.model, type(pipe).__name__)
    width = pipe.unet.config.cross_attention_dim
    if sum(_widths(pipe)) != width:
        raise UsageError(
            f"{loaded.wish.model} takes {width} numbers for each token, its text encoders give {sum(_widths(pipe))}.",
            HINT,
        )


def _read_clip(encoders: Sequence[str]) -> bool:
    """Whether all of a model's text encoders, by the names of their classes, are CLIP's."""
    return bool(encoders) and all(name.startswith(CLIP) for name in encoders)


def _other_words(model: str, pipeline: str) -> UsageError:
    name = pipeline.removesuffix("Pipeline")
    return UsageError(f"{model} ({name}) does not read prompts as CLIP's tables of numbers.", HINT)


def check_paints_freely(loaded: Loaded) -> None:
    """Refuse a model that was made to paint under masks: it cannot begin from nothing."""
    channels = loaded.pipe.unet.config.in_channels
    if channels != PLAIN_CHANNELS:
        raise UsageError(
            f"{loaded.wish.model} is made to paint under masks (its input has {channels} channels).",
            "Choose the plain model of its family, or leave diffusers.model empty.",
        )


def embed(loaded: Loaded, prompt: str) -> Embedding:
    """A prompt as the model is told it; `check_hears` has let the model pass."""
    import torch

    pipe = loaded.pipe
    with torch.no_grad():
        found = pipe.encode_prompt(
            prompt=prompt, device=pipe._execution_device, num_images_per_prompt=1, do_classifier_free_guidance=False
        )
    pooled = _numbers(found[2])[0] if len(found) == 4 else None
    return Embedding(_numbers(found[0])[0], _widths(pipe), pooled)


def told(loaded: Loaded, words: Embedding, negative: Embedding) -> dict[str, Any]:
    """Embeddings as the arguments that a pipeline takes in place of prompts."""
    given = {"prompt_embeds": words.values, "negative_prompt_embeds": negative.values}
    if words.pooled is not None and negative.pooled is not None:
        given |= {"pooled_prompt_embeds": words.pooled, "negative_pooled_prompt_embeds": negative.pooled}
    return {name: _tensor(loaded, values) for name, values in given.items()}


def _encoders(pipe: Any) -> list[Any]:
    found = [getattr(pipe, name, None) for name in ENCODERS]
    return [encoder for encoder in found if encoder is not None]


def _widths(pipe: Any) -> tuple[int, ...]:
    return tuple(encoder.config.hidden_size for encoder in _encoders(pipe))


def _numbers(tensor: Any) -> F32:
    return np.asarray(tensor.detach().float().cpu().numpy(), np.float32)


def _tensor(loaded: Loaded, values: F32) -> Any:
    import torch

    pipe = loaded.pipe
    return torch.from_numpy(np.ascontiguousarray(values[None])).to(pipe._execution_device, pipe.unet.dtype)
