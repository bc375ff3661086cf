"""The sections of a project for engines with models: who paints, looks, parts and names, and with what.

They stand apart from `sections.py`, which is about the journey; each section of an inpaint engine bears the engine's
name and is handed to it as its options. One section for all models was the other road: half of its settings would mean
nothing to whichever engine is chosen.
"""

from dataclasses import dataclass
from typing import Any

from .settings import setting

FEW_STEPS = ("no", "lcm", "turbo")
PRESETS = ("sd15", "sd2", "sdxl", "flux_fill", "kandinsky")


@dataclass(frozen=True)
class Diffusers:
    """The engine diffusers: any inpainting pipeline, on this computer."""

    preset: str = setting("sd15", "A known model with its own size, steps and guidance.", choices=PRESETS)
    model: str = setting("", "A model by hub id or local folder, instead of the preset's.")
    few_steps: str = setting(
        "no", "For a model or LoRA that was distilled to few steps: lcm sets the scheduler too.", choices=FEW_STEPS
    )
    steps: int | None = setting(None, "Denoising steps. Empty: the preset's.", low=1, high=500)
    guidance: float | None = setting(
        None, "How closely the prompt is followed. Empty: the preset's.", low=0, high=50, advanced=True
    )
    strength: float = setting(
        1.0,
        "How far the painting departs from the smooth colours that it starts from; 1 starts from noise.",
        above=0,
        high=1,
        advanced=True,
    )
    scheduler: str = setting("", "Scheduler by name, as in EulerDiscrete. Empty: the model's own.", advanced=True)
    lora: str = setting("", "A LoRA by hub id, folder or safetensors file.", advanced=True)
    lora_scale: float = setting(1.0, "How strongly the LoRA acts.", low=0, high=4, advanced=True)
    native_px: int | None = setting(
        None, "Side of the square that the model paints at once. Empty: the model's own.", low=64, high=4096, unit="px"
    )
    ahead_steps: int = setting(
        8, "Steps of the journey that one painting may serve, where the velocities allow.", low=1, high=64
    )
    sound: str = setting(
        "",
        "A sound that moves the prompt, at each step its own moment; repeated to the end; in a project file relative "
        "to it.",
    )
    sound_weight: float = setting(0.3, "Share of the sound; the rest is the prompt's.", low=0, high=1)
    device: str = setting(
        "auto",
        "Where to compute; auto takes a GPU if there is one.",
        choices=("auto", "cuda", "mps", "cpu"),
        advanced=True,
    )
    precision: str = setting(
        "auto",
        "Numbers that the model computes with; auto: half on a GPU, full on the CPU.",
        choices=("auto", "fp32", "fp16", "bf16"),
        advanced=True,
    )
    offload: str = setting(
        "auto",
        "What waits in main memory: none, the parts not at work (model), or all but one layer (sequential).",
        choices=("auto", "none", "model", "sequential"),
        advanced=True,
    )
    slicing: bool = setting(False, "Less memory for attention, slower.", advanced=True)
    compile: bool = setting(False, "Compile the model first: minutes once, then faster steps.", advanced=True)
    controlnet: str = setting(
        "", "A ControlNet for depth by hub id or folder: depth then stays uniform from step to step.", advanced=True
    )
    controlnet_scale: float = setting(1.0, "How strongly the ControlNet acts.", low=0, high=4, advanced=True)


@dataclass(frozen=True)
class Depth:
    """Who estimates depth."""

    engine: str = setting("", "Engine that estimates a depth map. Empty: none is estimated.", flag="depth-engine")
    model: str = setting("", "Its model by hub id or folder. Empty: the engine's own.", advanced=True)


@dataclass(frozen=True)
class Segment:
    """Who finds layers and objects by words."""

    engine: str = setting("", "Engine that finds things by words. Empty: none is asked.", flag="segment-engine")
    layers: str = setting("", "Layers to find, from far to near: sky . mountains . river .", flag="segment-layers")
    objects: str = setting("", "Objects to lift off their layer: church . tower .", flag="segment-objects")
    threshold: float = setting(0.3, "How sure a find must be.", low=0, high=1, flag="segment-threshold")
    text_threshold: float = setting(0.25, "How sure a word must fit it.", low=0, high=1, advanced=True)
    model: str = setting(
        "", "The model that finds boxes, by hub id or folder. Empty: its own.", flag="segment-model", advanced=True
    )
    mask_model: str = setting(
        "", "The model that outlines them, by hub id or folder. Empty: its own.", flag="mask-model", advanced=True
    )


@dataclass(frozen=True)
class Caption:
    """Who says what the canvas shows, for the prompt of each step."""

    engine: str = setting("", "Engine that adds a caption of the canvas to the prompt. Empty: none.", flag="caption")
    model: str = setting("", "Its model by hub id or folder. Empty: the engine's own.", advanced=True)
    every_steps: int = setting(1, "Steps between two captions.", low=1, high=1000, advanced=True)
    threshold: float = setting(0.35, "How sure a word must be, for engines that rate words.", low=0, high=1)
    exclude: str = setting("", "Words to leave out, parted by commas.")


@dataclass(frozen=True)
class Remote:
    """What every engine has for which another program paints, somewhere."""

    url: str = setting("", "Where it is.")
    login: str = setting(
        "", "Environment variable that holds name:password; its name begins with INFINITE_PARALLAX_.", advanced=True
    )
    model: str = setting("", "Model. Empty: what it has loaded.")
    steps: int = setting(30, "Denoising steps.", low=1, high=500)
    guidance: float = setting(7.0, "How closely the prompt is followed.", low=0, high=50, advanced=True)
    strength: float = setting(1.0, "Denoising strength.", above=0, high=1, advanced=True)
    native_px: int = setting(
        512,
        "Side of the square that is painted at once: 512 for Stable Diffusion 1.5, 1024 for SDXL.",
        low=64,
        high=4096,
        unit="px",
    )
    timeout_s: float = setting(600.0, "Longest wait for a picture.", above=0, high=86400, unit="s", advanced=True)


@dataclass(frozen=True)
class A1111(Remote):
    """The engine a1111: a Stable Diffusion web UI somewhere paints."""

    url: str = setting("http://127.0.0.1:7860", "Where it is.")
    model: str = setting("", "Checkpoint. Empty: what it has loaded.")
    sampler: str = setting("", "Sampler. Empty: its own.", advanced=True)


@dataclass(frozen=True)
class IOPaint(Remote):
    """The engine iopaint: an IOPaint server somewhere paints."""

    url: str = setting("http://127.0.0.1:8080", "Where it is.")
    steps: int = setting(50, "Denoising steps, for models that have them.", low=1, high=500)
    guidance: float = setting(7.5, "How closely the prompt is followed.", low=0, high=50, advanced=True)


@dataclass(frozen=True)
class ComfyUI(Remote):
    """The engine comfyui: a ComfyUI somewhere paints, with our workflow or one of your own."""

    url: str = setting("http://127.0.0.1:8188", "Where it is.")
    model: str = setting("", "Checkpoint, as it is called there. Empty: the first for inpainting, else the first.")
    workflow: str = setting("", "A workflow in API format as JSON text. Empty: our own.", advanced=True)
    sampler: str = setting("euler", "Sampler.", advanced=True)
    scheduler: str = setting("normal", "Scheduler.", advanced=True)


MODEL_SECTIONS: dict[str, type[Any]] = {
    "diffusers": Diffusers,
    "depth": Depth,
    "segment": Segment,
    "caption": Caption,
    "a1111": A1111,
    "iopaint": IOPaint,
    "comfyui": ComfyUI,
}
