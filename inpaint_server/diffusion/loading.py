"""A diffusers pipeline, loaded as it was wished: weights, scheduler, LoRA, ControlNet, device, offloading.

Only safetensors are read and no code of a repository is run: a folder of weights from a stranger must not be a
program. `AutoPipelineForInpainting` finds the class that fits; where it knows none, the class that the model itself
names is taken if it paints under masks, which is how FLUX Fill comes in.
"""

import gc
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...shared.errors import ParallaxError, UsageError
from . import placement
from .downloads import told
from .options import Wish
from .placement import CUDA, Place
from .reasons import explain

FAST_SCHEDULERS = ("LCMScheduler", "TCDScheduler")
"""These are made from any scheduler that has a schedule of betas, though none names them as fitting."""
BETAS = "beta_schedule"
PERMANENT = ("disk", "licence", "no_model")
LORA = "lora"
OFFLOADS = "none", "model", "sequential"


@dataclass
class Loaded:
    """A pipeline at its place. `relief` counts what has been done so that it takes less memory."""

    pipe: Any
    wish: Wish
    place: Place
    offload: str
    relief: int = 0

    def accepts(self) -> set[str]:
        """The names that the pipeline may be called with."""
        return set(inspect.signature(type(self.pipe).__call__).parameters)

    def relieve(self) -> str:
        """Make it take less memory, the cheapest way first; what was done in words, or "" when nothing is left."""
        ways = [("smaller slices at a time", partial(slice_work, self.pipe))]
        if self.place.device != placement.CPU:
            ways += [
                (f"parts of the model waiting in main memory ({way})", partial(self._send, way))
                for way in OFFLOADS[OFFLOADS.index(self.offload) + 1 :]
            ]
        if self.relief >= len(ways):
            return ""
        words, act = ways[self.relief]
        act()
        self.relief += 1
        free_memory()
        return words

    def _send(self, way: str) -> None:
        self.pipe.remove_all_hooks()
        self.pipe.to(placement.CPU)
        send(self.pipe, self.place, way)


def load(wish: Wish, tell: Callable[[str], None]) -> Loaded:
    """Load a pipeline, fetching it if need be; a ParallaxError says what is in the way."""
    import torch
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    for log in (diffusers_logging, transformers_logging):
        log.set_verbosity_error()
        log.disable_progress_bar()
    place = placement.choose(wish)
    tell(f"Loading {wish.model} {place.words}")
    pipe = fetched(wish.model, tell, lambda: _pipeline(wish, place, tell))
    pipe.set_progress_bar_config(disable=True)
    if wish.scheduler:
        pipe.scheduler = _scheduler(pipe.scheduler, wish.scheduler)
    if wish.lora:
        _add_lora(pipe, wish, tell)
    parts = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    weights = sum(p.numel() * p.element_size() for part in parts for p in part.parameters())
    way = placement.offload(wish, place, weights)
    send(pipe, place, way)
    if wish.slicing:
        slice_work(pipe)
    if wish.compile:
        _denoiser(pipe).compile()
    if way != "none":
        tell(f"{wish.model} does not stay on the GPU as a whole: its parts wait in main memory ({way})")
    return Loaded(pipe, wish, place, way)


def send(pipe: Any, place: Place, way: str) -> None:
    """Bring a pipeline to its device, or let its parts go there when they are at work."""
    if way == "model":
        pipe.enable_model_cpu_offload(device=place.device)
    elif way == "sequential":
        pipe.enable_sequential_cpu_offload(device=place.device)
    else:
        pipe.to(place.device)
        if place.device == CUDA:
            import torch

            _denoiser(pipe).to(memory_format=torch.channels_last)


def slice_work(pipe: Any) -> None:
    """Let attention and autoencoder work in slices: less memory, slower."""
    pipe.enable_attention_slicing()
    for name in ("enable_slicing", "enable_tiling"):
        act = getattr(getattr(pipe, "vae", None), name, None)
        if act is not None:
            act()


def free_memory() -> None:
    """Give back what nothing refers to any more."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def fetched(model: str, tell: Callable[[str], None], act: Callable[[], Any]) -> Any:
    """What `act` gives, which may fetch `model`, a hub id or a folder; whatever goes wrong in it as a sentence."""
    try:
        with told(model, tell):
            return act()
    except ParallaxError:
        raise
    except Exception as error:  # the libraries raise many types, and all of them mean that it cannot be loaded
        raise explain(error, model) from error


def _pipeline(wish: Wish, place: Place, tell: Callable[[str], None]) -> Any:
    """The pipeline in main memory: its files of half precision if that is computed in and they are there."""
    more = {"controlnet": _controlnet(wish, place, tell)} if wish.controlnet else {}
    for variant in ("fp16", None) if place.numbers == "fp16" else (None,):
        try:
            return _from_pretrained(wish, dtype=placement.dtype(place.numbers), variant=variant, **more)
        except (OSError, ValueError) as error:
            if variant is None or explain(error, wish.model).code in PERMANENT:
                raise
    raise AssertionError("the last of the variants returns or raises")


def _from_pretrained(wish: Wish, **how: Any) -> Any:
    import diffusers

    model = wish.model
    auto = diffusers.AutoPipelineForInpainting if wish.masks else diffusers.AutoPipelineForText2Image
    how |= {"use_safetensors": True}
    folder = Path(model).expanduser()
    where = str(folder) if folder.is_dir() else model
    try:
        pipe = auto.from_pretrained(where, **how)
    except ValueError as error:
        if "AutoPipeline can't find" not in str(error) or "controlnet" in how:
            raise
        pipe = diffusers.DiffusionPipeline.from_pretrained(where, **how)
    if wish.masks and "mask_image" not in inspect.signature(type(pipe).__call__).parameters:
        raise UsageError(f"{model} is a {type(pipe).__name__}, which does not paint under masks.", "Choose another.")
    return pipe


def _controlnet(wish: Wish, place: Place, tell: Callable[[str], None]) -> Any:
    from diffusers import ControlNetModel

    folder = Path(wish.controlnet).expanduser()
    where = str(folder) if folder.is_dir() else wish.controlnet
    how = {"dtype": placement.dtype(place.numbers), "use_safetensors": True}
    return fetched(wish.controlnet, tell, lambda: ControlNetModel.from_pretrained(where, **how))


def _scheduler(own: Any, name: str) -> Any:
    """A scheduler by its class's name, with or without the ending, made from the pipeline's own."""
    import diffusers

    fitting = {cls.__name__: cls for cls in own.compatibles}
    if BETAS in own.config:
        fitting |= {name: getattr(diffusers, name) for name in FAST_SCHEDULERS}
    by_word = {_word(key): cls for key, cls in fitting.items()}
    if _word(name) not in by_word:
        known = ", ".join(sorted(key.removesuffix("Scheduler") for key in fitting))
        raise UsageError(f"There is no scheduler '{name}' for this model.", f"Choose one of: {known}.")
    return by_word[_word(name)].from_config(own.config)


def _word(name: str) -> str:
    return name.removesuffix("Scheduler").replace("_", "").lower()


def _add_lora(pipe: Any, wish: Wish, tell: Callable[[str], None]) -> None:
    from importlib.util import find_spec

    if find_spec("peft") is None:
        raise ParallaxError("A LoRA needs the package peft.", "Install it: pip install peft", "engine_unavailable")
    if not hasattr(pipe, "load_lora_weights"):
        raise UsageError(f"{wish.model} takes no LoRA.", "Leave diffusers.lora empty.")
    path = Path(wish.lora).expanduser()
    where = {"pretrained_model_name_or_path_or_dict": str(path) if path.exists() else wish.lora}
    if path.is_file():
        where = {"pretrained_model_name_or_path_or_dict": str(path.parent), "weight_name": path.name}
    fetched(wish.lora, tell, lambda: pipe.load_lora_weights(**where, adapter_name=LORA, use_safetensors=True))
    pipe.set_adapters([LORA], [wish.lora_scale])


def _denoiser(pipe: Any) -> Any:
    """The network that is called at every step."""
    return pipe.unet if hasattr(pipe, "unet") else pipe.transformer
