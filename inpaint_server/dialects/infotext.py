"""What the web UI tells about a picture beside the picture: the info of an answer, and the text inside the PNG."""

import json
import re
from collections.abc import Sequence
from typing import Any

from ... import __version__
from .img2img import Img2Img

_PAIR = re.compile(r'\s*([\w ]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


def infotext(wish: Img2Img, seed: int, sampler: str, engine: str) -> str:
    """The text that says how a picture was made."""
    lines = [wish.prompt] + ([f"Negative prompt: {wish.negative_prompt}"] if wish.negative_prompt else [])
    parts = {
        "Steps": wish.steps,
        "Sampler": sampler,
        "CFG scale": f"{wish.cfg_scale:g}",
        "Seed": seed,
        "Size": f"{wish.width}x{wish.height}",
        "Model": engine,
        "Denoising strength": f"{wish.denoising_strength:g}",
        "Mask blur": wish.blur[0],
        "Version": f"infinite-parallax {__version__}",
    }
    return "\n".join([*lines, ", ".join(f"{key}: {value}" for key, value in parts.items())])


def info(wish: Img2Img, seeds: Sequence[int], texts: Sequence[str], sampler: str, engine: str) -> str:
    """The info of an answer, JSON as text; one seed and one text per picture."""
    count = len(seeds)
    told: dict[str, Any] = {
        "prompt": wish.prompt,
        "all_prompts": [wish.prompt] * count,
        "negative_prompt": wish.negative_prompt,
        "all_negative_prompts": [wish.negative_prompt] * count,
        "seed": seeds[0] if seeds else wish.seed,
        "all_seeds": list(seeds),
        "subseed": -1,
        "all_subseeds": [-1] * count,
        "subseed_strength": 0,
        "width": wish.width,
        "height": wish.height,
        "sampler_name": sampler,
        "cfg_scale": wish.cfg_scale,
        "steps": wish.steps,
        "batch_size": wish.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": engine,
        "sd_model_hash": "",
        "denoising_strength": wish.denoising_strength,
        "extra_generation_params": {"Mask blur": wish.blur[0]},
        "index_of_first_image": 0,
        "infotexts": list(texts),
        "styles": [],
        "clip_skip": 1,
        "is_using_inpainting_conditioning": True,
        "version": f"infinite-parallax {__version__}",
    }
    return json.dumps(told)


def parsed(text: str) -> dict[str, str]:
    """The parts of an infotext by name."""
    *words, last = text.strip().split("\n")
    if len(_PAIR.findall(last)) < 3:
        words, last = [*words, last], ""
    prompt, _, negative = "\n".join(words).partition("Negative prompt:")
    pairs = {key.strip(): value.strip('"') for key, value in _PAIR.findall(last)}
    return {"Prompt": prompt.strip(), "Negative prompt": negative.strip()} | pairs


SAMPLERS = (
    *("DPM++ 2M", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 2S a", "DPM++ 3M SDE", "Euler a", "Euler"),
    *("LMS", "Heun", "DPM2", "DPM2 a", "DPM fast", "DPM adaptive", "Restart", "DDIM", "DDIM CFG++", "PLMS", "UniPC"),
    "LCM",
)
SCHEDULERS = {
    "automatic": "Automatic",
    "uniform": "Uniform",
    "karras": "Karras",
    "exponential": "Exponential",
    "polyexponential": "Polyexponential",
    "sgm_uniform": "SGM Uniform",
}


def known_sampler(name: str) -> bool:
    """Whether clients of the web UI may name such a sampler; also with the schedule in its name, as older ones do."""
    plain = name.lower()
    for label in SCHEDULERS.values():
        plain = plain.removesuffix(f" {label.lower()}")
    return plain in {sampler.lower() for sampler in SAMPLERS}
