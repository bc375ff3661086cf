"""Several steps painted ahead in one call, against one call for each step: what it costs, and how many seams are seen.

A stand-in paints: it is shown the squares that a diffusion model would be shown, and continues each with the piece of
the source that fits best to what is known round the hole. So the squares are counted as they are, every call makes one
join of a kind that real painters make, and nothing depends on chance. A tiny model of random weights was the other
road; its pictures are noise, in which no seam is seen.

    python -m infinite_parallax.benchmarks.ahead [--steps N] [--ahead 1,2,4,8] [--save FOLDER] PICTURE...
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..inpaint_server.diffusion.colours import near
from ..inpaint_server.diffusion.crops import Crop
from ..inpaint_server.diffusion.passes import paint_crops
from ..inpaint_server.engines.contract import RGB, Ahead, InpaintRequest, Mask, Rect, RunContext
from ..inpaint_server.quality import borders
from ..inpaint_server.quality.metrics import seam_ratio
from .quality import Result, Timed, layers_of, pictures, plates_picture, travel

NATIVE_PX, GRID_PX = 512, 8
RING_PX = 24
"""How far from the hole the known picture is compared."""
EVERY_PX = 4


class StandIn:
    """An `InpaintEngine` that copies the best fitting piece of the source into each square; `squares` counts them."""

    name = "stand-in"

    def __init__(self, ahead_steps: int) -> None:
        self._ahead_steps, self.squares = ahead_steps, 0

    def begin(self, run: RunContext) -> Sequence[Sequence[Rect]]:
        """No heads."""
        return [[] for _ in run.layers]

    def ahead(self, run: RunContext) -> Ahead:  # noqa: ARG002
        """As the engine diffusers."""
        return Ahead(self._ahead_steps, NATIVE_PX // 2)

    def inpaint(self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool]) -> RGB:  # noqa: ARG002
        """Paint the mask square by square."""
        assert request.context is not None
        source = request.context.run.source

        def paint(picture: RGB, wanted: NDArray[np.bool_], crop: Crop, number: int) -> RGB:  # noqa: ARG001
            self.squares += 1
            return continued(picture, wanted, source, crop)

        return paint_crops(canvas, mask > 0, NATIVE_PX, GRID_PX, paint)

    def state(self) -> dict[str, NDArray[Any]]:
        """Keeps nothing."""
        return {}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Keeps nothing."""


def continued(picture: RGB, wanted: NDArray[np.bool_], source: RGB, crop: Crop) -> RGB:
    """`picture` [rows, columns, 3], a crop as a model sees it, with the `wanted` pixels out of the same rows of the
    source, from where that differs least from what is known beside them."""
    rows = np.arange(crop.top, crop.top + len(picture)).clip(0, len(source) - 1)
    columns = picture.shape[1]
    ring = near(wanted, RING_PX) & ~wanted
    known = picture[ring].astype(np.int16)
    starts = range(0, source.shape[1] - columns + 1, EVERY_PX)
    apart = [np.abs(source[rows, x : x + columns][ring] - known).mean() for x in starts]
    start = starts[int(np.argmin(apart))]
    return np.where(wanted[..., None], source[rows, start : start + columns], picture)


def row(picture: str, source: RGB, ahead_steps: int, result: Result, squares: int) -> str:
    """One row of the table."""
    steps = result.tapes[0].shape[1] // round(-layers_of(source)[0].velocity[0])
    speeds = [round(-layer.velocity[0]) for layer in layers_of(source)]
    seam = np.mean([seam_ratio(tape, speed) for tape, speed in zip(result.tapes, speeds, strict=True)])
    calls = len(result.step_s)
    join = borders_join(source, result.canvas, [-speed * steps for speed in speeds])
    return f"| {picture} | {ahead_steps} | {calls} | {squares / steps:.2f} | {seam:.2f} | {join:.2f} |"


def borders_join(source: RGB, canvas: RGB, positions: Sequence[int]) -> float:
    """How the layers meet in the last canvas, against how they meet in the source: `BorderFigures.join`."""
    owner = np.zeros(source.shape[:2], np.int8)
    for layer in layers_of(source):
        owner[layer.top : layer.top + layer.height] = layer.index
    frames, owners, moves = {0: source, 1: canvas}, {0: owner, 1: owner}, {0: [0] * len(positions), 1: positions}
    return borders.measure(source, frames, owners, moves)[1].join


def main(arguments: list[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--ahead", default="1,2,4,8")
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--save", type=Path, help="folder for the plates, as PNG")
    options = parser.parse_args(arguments)
    print("| picture | steps ahead | calls | squares per step | seam | join |\n|---|---|---|---|---|---|")
    for name, source in pictures(options.pictures):
        for ahead_steps in (int(text) for text in options.ahead.split(",")):
            painter = StandIn(ahead_steps)
            result = travel(Timed(painter), source, options.steps, 0)
            print(row(name, source, ahead_steps, result, painter.squares), flush=True)
            if options.save:
                options.save.mkdir(parents=True, exist_ok=True)
                target = options.save / f"{name}_{ahead_steps}.png"
                cv2.imwrite(str(target), plates_picture(source, result.tapes)[..., ::-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
