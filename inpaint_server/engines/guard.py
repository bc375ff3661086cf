"""The engine contract, enforced once for every engine, ours and others'.

Each engine could check its own input and paste back the known pixels, but then the promise that known pixels stay
bit-exact would be as strong as the most careless engine. The wrapper makes it hold by construction.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ...shared.errors import Cancelled, ParallaxError, UsageError
from ..regions import bounds
from .contract import (
    RGB,
    RGBA,
    Ahead,
    InpaintEngine,
    InpaintRequest,
    Mask,
    PlateEngine,
    Rect,
    RunContext,
    ahead,
    continues_plates,
    imagines,
)


def check_picture(picture: NDArray[Any], name: str) -> None:
    """Raise UsageError unless `picture` is RGB uint8 [H, W, 3] with at least one pixel."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0:
        raise UsageError(
            f"The {name} is {picture.dtype} {list(picture.shape)}, not an RGB picture.",
            "Give uint8 values in an array [height, width, 3].",
        )


def check_mask(mask: NDArray[Any], height: int, width: int) -> None:
    """Raise UsageError unless `mask` is uint8 [height, width]."""
    if mask.dtype != np.uint8 or mask.shape != (height, width):
        raise UsageError(
            f"The mask is {mask.dtype} {list(mask.shape)} and the picture {height} rows by {width} columns.",
            "Give a uint8 mask of the picture's size, 255 where it is to be painted.",
        )


class Guarded:
    """An engine that keeps the contract: input checked, known pixels pasted back, cancellation honoured."""

    def __init__(self, engine: InpaintEngine) -> None:
        self._engine = engine
        self.name = engine.name

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """See `InpaintEngine.begin`; raises UsageError for a source that is no picture or layers outside it."""
        check_picture(run.source, "source")
        for layer in run.layers:
            if layer.height < 1 or layer.top < 0 or layer.top + layer.height > run.source.shape[0]:
                raise UsageError(
                    f"Layer {layer.index} covers rows {layer.top} to {layer.top + layer.height}, "
                    f"and the picture has {run.source.shape[0]}.",
                    "Make the layers' heights fit the picture.",
                )
        heads = self._engine.begin(run)
        if len(heads) != len(run.layers):
            raise ParallaxError(f"The engine '{self.name}' named heads for {len(heads)} of {len(run.layers)} layers.")
        return heads

    def inpaint(
        self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool] = lambda: False
    ) -> RGB:
        """See `InpaintEngine.inpaint`. Every mask value above 0 counts as paint; the result shares no memory."""
        check_picture(canvas, "canvas")
        check_mask(mask, *canvas.shape[:2])
        if request.context is not None and request.context.owner.shape != mask.shape:
            raise UsageError("The owner map and the mask differ in size.", "Give both the size of the canvas.")
        if cancelled():
            raise Cancelled
        hole = mask > 0
        if not hole.any():
            return canvas.copy()
        binary = hole.view(np.uint8) * np.uint8(255)
        shown = canvas.view()
        shown.flags.writeable = False
        painted = self._engine.inpaint(shown, binary, request, cancelled)
        if cancelled():
            raise Cancelled
        if painted.shape != canvas.shape or painted.dtype != np.uint8:
            raise ParallaxError(
                f"The engine '{self.name}' returned {painted.dtype} {list(painted.shape)} for a picture of "
                f"{list(canvas.shape)}.",
                "This is a fault of the engine; choose another one.",
            )
        # only inside the hole's rectangle: most of a canvas is known, and copying it by a mask costs ten times a copy
        spot = bounds(hole)
        result = canvas.copy()
        cv2.copyTo(painted[spot], binary[spot], result[spot])
        return result

    def look(self, options: dict[str, Any]) -> None:
        """Raise a ParallaxError if the engine cannot work with these settings just now; most have nothing to say."""
        look: Callable[[dict[str, Any]], None] | None = getattr(self._engine, "look", None)
        if look is not None:
            look(options)

    @property
    def continues_plates(self) -> bool:
        """Whether the engine is a `PlateEngine`."""
        return continues_plates(self._engine)

    @property
    def imagines(self) -> bool:
        """Whether the engine makes new picture."""
        return imagines(self._engine)

    def ahead(self, run: RunContext) -> Ahead:
        """How far ahead the engine wants to paint."""
        return ahead(self._engine, run)

    def plate(self, index: int, rect: Rect) -> RGBA:
        """See `PlateEngine.plate`."""
        pixels = cast(PlateEngine, self._engine).plate(index, rect)
        if pixels.shape != (rect.height, rect.width, 4) or pixels.dtype != np.uint8:
            raise ParallaxError(
                f"The engine '{self.name}' returned {pixels.dtype} {list(pixels.shape)} for {rect.height} rows and "
                f"{rect.width} columns of a plate.",
                "This is a fault of the engine; choose another one.",
            )
        return pixels

    def state(self) -> dict[str, NDArray[Any]]:
        """See `InpaintEngine.state`."""
        return self._engine.state()

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """See `InpaintEngine.restore`."""
        self._engine.restore(state)
