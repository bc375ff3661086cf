"""What an inpaint engine is: one small protocol, and the plain data that the step loop hands to it.

An engine receives the composited canvas and the mask and returns the painted canvas; that is all a neural inpainter
needs. The weight-free walk also wants to know which layer a pixel belongs to and where that layer's plate lies, so
that it can continue each plate by itself; the `StepContext` carries that, and an engine is free to ignore it. Two
protocols, one for canvases and one for plates, would have meant two step loops.

Plate coordinates: a pixel of layer i at plate position (X, Y) lies on the canvas at (X + x_i, Y + y_i), where
(x_i, y_i) = `LayerView.position` is the integer position p_i(k) of the layer at step k. At step 0 plate and canvas
coincide, so the source itself occupies 0..W, 0..H of the plate coordinates of every layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ...shared.ramp import Ramp
from ..dreams.slices import Slices
from ..layering.cutout import Cutout

RGB = NDArray[np.uint8]  # [H, W, 3]
RGBA = NDArray[np.uint8]  # [H, W, 4], straight alpha
Mask = NDArray[np.uint8]  # [H, W], 255 = paint
OwnerMap = NDArray[np.int16]  # [H, W], index of the layer that is seen at the pixel
Told = Callable[[str], None]


def untold(_sentence: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Rect:
    """A rectangle in plate coordinates: columns x..x+width, rows y..y+height.

    Of a layer with a ramp, as its rows lie at `step`: x counts for the lower edge (`walk.receding`).
    """

    x: int
    y: int
    width: int
    height: int
    step: int = 0


@dataclass(frozen=True)
class LayerView:
    """One layer at one step. `top`, `height` are its rows in the source; `velocity` is in px per step.

    With a `ramp`, in rows of the source, upper rows move more slowly; the velocity is the lower edge's.
    """

    index: int
    top: int
    height: int
    velocity: tuple[float, float]
    position: tuple[int, int] = (0, 0)
    ramp: Ramp | None = None


@dataclass(frozen=True)
class RunContext:
    """A whole run, told to the engine once before the first step.

    `reach_px` is how far beside a hole the masks of this run may ask for known pixels to be painted again. With
    `cutouts`, one per layer, the layers follow contours: layer i shows rows `cutouts[i].top`..+`height`, which its
    `LayerView` repeats, and has a matte; without, they are bands of rows. With `loop` every layer is periodic: after
    `steps` steps it shows the source again.
    """

    source: RGB
    layers: tuple[LayerView, ...]
    steps: int
    seed: int
    reach_px: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    cutouts: tuple[Cutout, ...] = ()
    loop: bool = False


@dataclass(frozen=True)
class StepContext:
    """One step of a run. `step` counts from 1; `owner` says which layer each canvas pixel belongs to."""

    run: RunContext
    step: int
    layers: tuple[LayerView, ...]
    owner: OwnerMap


@dataclass(frozen=True)
class Heard:
    """What is heard while a step comes into the frame: a slice of a sound, which may lie between two whole ones."""

    sound: Slices
    index: float


@dataclass(frozen=True)
class InpaintRequest:
    """What to paint. `context` is None for a single picture outside a run.

    `depth` is the disparity of the canvas, float32 [H, W], 0 the farthest to 1 the nearest, guessed where it is to be
    painted; None where nobody estimates it, or nothing asks for it. `tell` is told in a sentence what goes on and takes
    long (a download), or goes otherwise than wished (a smaller size for want of memory). `heard` is the sound of the
    step, where there is one.
    """

    prompt: str = ""
    negative_prompt: str = ""
    seed: int = 0
    context: StepContext | None = None
    options: dict[str, Any] = field(default_factory=dict)
    depth: NDArray[np.float32] | None = None
    tell: Told = untold
    heard: Heard | None = None


@dataclass(frozen=True)
class Ahead:
    """How much of the journey an engine likes to paint at once: so many steps, and so many columns beyond the frame.

    A painter for whom a wide strip costs as much as a narrow one wants many steps; one step is what there is to paint.
    """

    steps: int = 1
    most_px: int = 0


class InpaintEngine(Protocol):
    """An inpaint engine. Implementations need not inherit; `inpaint_server.engines.load` wraps them in `Guarded`."""

    name: str

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """Prepare for a run and say which known pixels the engine wants to paint again, once.

        Returns one list of rectangles per layer, in plate coordinates ("heads": the last columns of the source
        through which a seam is to be cut; they are painted at the first step). In a loop both edges of the source
        may be heads, and again where it comes again, a circumference further on; those are painted as they come in.
        Engines that do not need it return empty lists.
        """
        ...

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:
        """Return `canvas` with the pixels under `mask` painted; a new array, same shape.

        What stands under the mask in `canvas` is the old colour where one was known (heads, grown masks) and 0 in
        holes. `cancelled()` is polled at least once per second of work; when it is true, raise `Cancelled`.
        """
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that later steps depend on, as arrays; {} for engines that keep nothing between steps.

        The arrays are not changed afterwards. Where nothing has changed, giving the same ones again saves comparing.
        """
        ...

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take up a run, after `begin`, where `state()` was called; later steps give the same bytes."""
        ...


class PlateEngine(InpaintEngine, Protocol):
    """An engine that continues the plates of cut-out layers by itself, colour and matte together.

    Of straight bands too it paints each from its own plate and needs no context: where they move sideways and the mask
    is the hole, the canvas that it is shown from the second step on is only the columns that came in.
    """

    def plate(self, index: int, rect: Rect) -> RGBA:
        """The pixels of a rectangle of layer `index`'s plate, RGBA uint8 [rect.height, rect.width, 4].

        Rects of one layer are asked in the order of the journey, apart from heads. Inside the source's columns,
        outside the heads, these are the cut-out's own pixels.
        """
        ...


def continues_plates(engine: InpaintEngine) -> TypeGuard[PlateEngine]:
    """Whether an engine is a `PlateEngine`."""
    return bool(getattr(engine, "continues_plates", hasattr(engine, "plate")))


def ahead(engine: InpaintEngine, run: RunContext) -> Ahead:
    """How far ahead an engine wants to paint in a run (its method `ahead`, if it has one)."""
    wanted: Callable[[RunContext], Ahead] | None = getattr(engine, "ahead", None)
    return wanted(run) if wanted is not None else Ahead()


def imagines(engine: InpaintEngine) -> bool:
    """Whether an engine makes new picture (`imagines = True`), so that it shall paint what lies behind layers too."""
    return bool(getattr(engine, "imagines", False))
