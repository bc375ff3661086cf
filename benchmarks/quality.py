"""How good are endless pictures? Figures and pictures for engines side by side, on pictures of your choice.

Run from the folder above the checkout, or anywhere once the package is installed:

    python -m infinite_parallax.benchmarks.quality [--steps N] [--engines walk,telea,mirror] [--save FOLDER] PICTURE...

Without pictures it takes the project's example and, if scikit-learn is installed, its china.jpg.
`mirror` is no engine but the picture's rows repeated, every second time mirrored: sharp, right in colour and boring,
it shows which figures notice boredom. One table row is the mean over five layers.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..inpaint_server.engines import load
from ..inpaint_server.engines.contract import RGB, InpaintEngine, InpaintRequest, Mask
from ..inpaint_server.engines.guard import Guarded
from ..inpaint_server.quality.metrics import Figures, measure
from ..inpaint_server.step_loop import StepLoop
from ..shared import project as projects
from ..shared.example_picture import paint
from ..shared.plan import LayerPlan, plan
from ..shared.project import Project

SPEEDS = (0.0078, 0.0125, 0.01875, 0.0266, 0.0375)  # of the width per step, far to near


@dataclass(frozen=True)
class Result:
    """What one engine made of one picture: the columns painted for each layer, the last canvas, the time per step."""

    tapes: list[RGB]
    canvas: RGB
    set_up_s: float
    step_s: list[float]


def project_of(source: RGB, engine: str, steps: int, seed: int) -> Project:
    """Five straight layers that move to the left, the nearest fastest."""
    height, width = source.shape[:2]
    edges = np.linspace(0, height, len(SPEEDS) + 1).round().astype(int)
    layers = [
        {"height": int(rows), "velocity": [-max(1, round(width * speed)), 0]}
        for rows, speed in zip(np.diff(edges), SPEEDS, strict=True)
    ]
    inpaint = {"engine": engine, "seed": seed}
    return projects.from_json({"layers": layers, "motion": {"steps": steps}, "inpaint": inpaint})


def layers_of(source: RGB) -> tuple[LayerPlan, ...]:
    """The layers of that project."""
    return plan(project_of(source, "walk", 1, 0), source.shape[1], source.shape[0]).layers


class Timed(Guarded):
    """An engine with a stop-watch: the journey round it is not what is measured."""

    def __init__(self, engine: InpaintEngine) -> None:
        super().__init__(engine)
        self.step_s: list[float] = []

    def inpaint(
        self, canvas: RGB, mask: Mask, request: InpaintRequest, cancelled: Callable[[], bool] = lambda: False
    ) -> RGB:
        """As `Guarded.inpaint`, with its time noted."""
        begun = time.perf_counter()
        painted = super().inpaint(canvas, mask, request, cancelled)
        self.step_s.append(time.perf_counter() - begun)
        return painted


def travel(engine: Timed, source: RGB, steps: int, seed: int) -> Result:
    """Let an engine paint `steps` steps."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        document = project_of(source, engine.name, steps, seed)
        with closing(StepLoop(Path(folder), document, source, engine)) as loop:
            set_up = time.perf_counter() - begun
            columns: list[list[RGB]] = [[] for _ in SPEEDS]
            while loop.step < steps:
                loop.paint(lambda: False)
                canvas = loop.preview()
                for layer, kept in zip(loop.plan.layers, columns, strict=True):
                    kept.append(canvas[layer.top : layer.top + layer.height, round(layer.velocity[0]) :].copy())
    return Result([np.concatenate(kept, axis=1) for kept in columns], canvas, set_up, engine.step_s)


def mirror_tiling(source: RGB, steps: int) -> Result:
    """The layers' rows repeated, every second copy mirrored."""
    width = source.shape[1]
    tapes = []
    canvas = source.copy()
    for layer in layers_of(source):
        x = (width + np.arange(round(-layer.velocity[0]) * steps)) % (2 * width)
        band = source[layer.top : layer.top + layer.height]
        tapes.append(np.ascontiguousarray(band[:, np.where(x < width, x, 2 * width - 1 - x)]))
        whole = np.concatenate([band, tapes[-1]], axis=1)
        canvas[layer.top : layer.top + layer.height] = whole[:, -width:]
    return Result(tapes, canvas, 0.0, [0.0])


def plates_picture(source: RGB, tapes: list[RGB]) -> RGB:
    """The source with its layers' first painted columns to its right, up to three widths."""
    width = min(3 * source.shape[1], *(t.shape[1] for t in tapes))
    return np.concatenate([source, np.concatenate([t[:, :width] for t in tapes])], axis=1)


def pictures(paths: list[Path]) -> Iterator[tuple[str, RGB]]:
    """The pictures at `paths` with their names; without any, those that are there anyway."""
    if not paths:
        yield "example", paint(1600, 900)
        try:
            import sklearn.datasets
        except ImportError:
            return
        paths = [Path(sklearn.datasets.__file__).parent / "images" / "china.jpg"]
    for path in paths:
        yield path.stem, np.asarray(Image.open(path).convert("RGB"))


def row(picture: str, engine: str, steps: int, source: RGB, result: Result) -> str:
    """One row of the table."""
    each = [
        measure(source, layer.top, layer.height, tape, round(-layer.velocity[0]))
        for layer, tape in zip(layers_of(source), result.tapes, strict=True)
    ]
    figures = " | ".join(f"{value:.2f}" for value in astuple(Figures.mean(each)))
    step = np.array(result.step_s) * 1e3
    cost = f"{result.set_up_s:.2f} | {step.mean():.1f} | {np.median(step):.1f} | {step.max():.0f}"
    return f"| {picture} | {engine} | {steps} | {figures} | {cost} |"


def main(arguments: list[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(description="Quality figures of inpaint engines on pictures that travel left.")
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--engines", default="walk,telea,mirror")
    parser.add_argument("--steps", type=int, default=130)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="folder for the plates and canvases, as PNG")
    options = parser.parse_args(arguments)
    names = [f.name for f in fields(Figures)]
    heads = ["picture", "engine", "steps", *names, "set-up s", "mean ms/step", "median", "max"]
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for name, source in pictures(options.pictures):
        for engine in options.engines.split(","):
            result = (
                mirror_tiling(source, options.steps)
                if engine == "mirror"
                else travel(Timed(load(engine)), source, options.steps, options.seed)
            )
            print(row(name, engine, options.steps, source, result), flush=True)
            if options.save:
                options.save.mkdir(parents=True, exist_ok=True)
                for kind, pixels in (("plates", plates_picture(source, result.tapes)), ("canvas", result.canvas)):
                    target = options.save / f"{name}_{engine}_{kind}.png"
                    cv2.imwrite(str(target), pixels[..., ::-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
