"""Any inpainting pipeline of the library diffusers, on this computer.

The engine joins what `diffusion` holds: the settings with their preset, the crops round the hole, the pipeline that is
loaded, the calls. It keeps nothing between steps, so that a resumed job needs no more than the canvas and the seed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import ParallaxError, UsageError
from ...shared.model_settings import Diffusers
from ..diffusion import calls
from ..diffusion.calls import OutOfMemory
from ..diffusion.crops import Crop
from ..diffusion.loading import Loaded
from ..diffusion.options import Call, Wish, settle
from ..diffusion.passes import paint_crops
from ..diffusion.pipelines import SHELF
from ..diffusion.presets import PRESETS
from . import extra
from .card import INPAINT, Card
from .contract import RGB, Ahead, InpaintRequest, Mask, Rect, RunContext

NEEDED = "torch", "diffusers", "transformers", "accelerate", "safetensors"
SMALLER = 0.75
LEAST_PX = 128
"""Below this a model paints nothing that could be recognised."""
_DEFAULT = PRESETS["sd15"]
CARD = Card(
    "diffusers",
    INPAINT,
    "Any inpainting pipeline of diffusers, on this computer: Stable Diffusion, SDXL, FLUX Fill, Kandinsky.",
    needs=f"`{extra.INSTALL}`, better with a GPU",
    model=_DEFAULT.model,
    licence=_DEFAULT.licence,
    memory=f"{_DEFAULT.memory} of GPU memory",
    native=f"{_DEFAULT.native_px} px",
)


def missing() -> str:
    """What must be installed, or ""."""
    return extra.missing(*NEEDED)


class DiffusersEngine:
    """A diffusion pipeline as an `InpaintEngine`."""

    name = "diffusers"
    imagines = True

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """Read the settings, so that a wrong one is told before anything is fetched; no heads."""
        settle(run.options)
        return [[] for _ in run.layers]

    def ahead(self, run: RunContext) -> Ahead:
        """As many steps as are wished, while half of a square remains for what is known."""
        _, call = settle(run.options)
        return Ahead(Diffusers(**run.options).ahead_steps, call.native_px // 2)

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        """Paint the mask crop by crop; UsageError for settings that cannot be, ParallaxError for want of memory."""
        wish, call = settle(request.options)
        if wish.controlnet and request.depth is None:
            raise UsageError(
                "A ControlNet for depth needs the depth of the canvas, and nobody estimates it.",
                "Choose a depth engine (depth.engine), or leave diffusers.controlnet empty.",
            )
        with SHELF.take(wish, request.tell, cancelled) as loaded:
            native = call.native_px
            while True:
                try:
                    return _paint(loaded, canvas, mask > 0, call, native, request, cancelled)
                except OutOfMemory:
                    native = _smaller(native, call, wish, request)

    def state(self) -> dict[str, NDArray[Any]]:
        """Keeps nothing."""
        return {}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Keeps nothing."""


def _paint(
    loaded: Loaded,
    canvas: RGB,
    hole: NDArray[np.bool_],
    call: Call,
    native: int,
    request: InpaintRequest,
    cancelled: Callable[[], bool],
) -> RGB:
    words = request.prompt, request.negative_prompt

    def paint(picture: RGB, wanted: NDArray[np.bool_], crop: Crop, number: int) -> RGB:
        depth = _seen_depth(request.depth, crop) if loaded.wish.controlnet else None
        seed = request.seed, number
        return calls.paint(loaded, picture, wanted, call, words, seed, cancelled, request.tell, depth, request.heard)

    return paint_crops(canvas, hole, native, call.grid, paint)


def _smaller(native: int, call: Call, wish: Wish, request: InpaintRequest) -> int:
    """A smaller square, told; ParallaxError when it would be too small."""
    smaller = int(native * SMALLER) // call.grid * call.grid
    if smaller < min(LEAST_PX, call.native_px):
        raise ParallaxError(
            f"There is not enough memory for {wish.model}, whatever is tried.",
            "Choose a smaller preset, or the offload sequential, then resume; what was painted is kept.",
            "memory",
            507,
        )
    request.tell(f"Memory ran out; going on with squares of {smaller} px")
    return smaller


def _seen_depth(depth: NDArray[np.float32] | None, crop: Crop) -> NDArray[np.float32] | None:
    """The depth of a crop at the size that the model paints."""
    if depth is None:
        return None
    rows, columns = crop.scaled
    part = cv2.resize(depth[crop.spot], (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.pad(part, ((0, crop.rows - rows), (0, crop.columns - columns)), mode="edge")


def create() -> DiffusersEngine:
    """The engine of this module."""
    return DiffusersEngine()
