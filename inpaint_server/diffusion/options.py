"""What the section `diffusers` of a project comes to once the preset has had its say: every value settled.

Read apart from the loading, so that a wrong word is refused before a model is fetched, and so that it can be tested
without one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...shared import settings
from ...shared.errors import UsageError
from ...shared.model_settings import Diffusers
from .presets import FAST, PRESETS

MOST_GUIDANCE_WHEN_FAST = 2.0


@dataclass(frozen=True)
class Wish:
    """A model and how to load it: two equal ones share a loaded pipeline. `half` is what it computes with on a GPU.

    Without `masks` it is one that paints whole pictures from nothing.
    """

    model: str
    scheduler: str = ""
    lora: str = ""
    lora_scale: float = 1.0
    controlnet: str = ""
    device: str = "auto"
    precision: str = "auto"
    half: str = "fp16"
    offload: str = "auto"
    slicing: bool = False
    compile: bool = False
    masks: bool = True


@dataclass(frozen=True)
class Call:
    """How to call it. `native_px` is the side of the square it paints, `grid` what sizes are a multiple of."""

    native_px: int
    grid: int
    steps: int
    guidance: float
    strength: float = 1.0
    controlnet_scale: float = 1.0
    sound_weight: float = 0.0


def settle(options: Mapping[str, Any]) -> tuple[Wish, Call]:
    """The settings by name, with the preset's values where they are empty; UsageError for what cannot be."""
    section = settings.read(Diffusers, dict(options), "diffusers")
    preset, fast = PRESETS[section.preset], FAST.get(section.few_steps)
    steps, guidance, scheduler = fast or (preset.steps, preset.guidance, "")
    wish = Wish(
        section.model or preset.model,
        section.scheduler or scheduler,
        section.lora,
        section.lora_scale,
        section.controlnet,
        section.device,
        section.precision,
        preset.half,
        section.offload,
        section.slicing,
        section.compile,
    )
    call = Call(
        section.native_px or preset.native_px,
        preset.grid,
        section.steps or steps,
        guidance if section.guidance is None else section.guidance,
        section.strength,
        section.controlnet_scale,
        section.sound_weight,
    )
    if fast and call.guidance > MOST_GUIDANCE_WHEN_FAST:
        raise UsageError(
            f"diffusers.guidance is {call.guidance:g}, and a model of few steps burns its colours above 2.",
            "Leave it empty, or choose 2 or less.",
        )
    return wish, call


def settle_plain(options: Mapping[str, Any]) -> tuple[Wish, Call]:
    """The same for painting from nothing: the preset's plain model, where none is named; no ControlNet."""
    wish, call = settle(options)
    section = settings.read(Diffusers, dict(options), "diffusers")
    model = section.model or PRESETS[section.preset].plain
    if not model:
        usable = ", ".join(name for name, preset in PRESETS.items() if preset.plain)
        raise UsageError(f"The preset {section.preset} cannot be told a sound.", f"Choose one of: {usable}.")
    return replace(wish, model=model, controlnet="", masks=False), call
