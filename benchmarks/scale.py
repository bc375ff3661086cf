"""What more Blenders and more machines bring: speed-up of `render --workers`, jobs on a farm that loses a worker, the
cost of a journey as it grows.

Each part prints a Markdown table and may be run alone. Runs with different numbers of Blenders follow each other in
turns, so that what else the machine does falls on all of them; the processor's time is given beside the clock, because
on a busy machine only the first says what the work costs. What a hundred machines would do is arithmetic on these
figures, and says so; a simulation of a farm was the other road, and its network would have been an invention.
"""

import argparse
import functools
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..cli.blenders import Blender, choose_blender, command
from ..inpaint_server import engines
from ..inpaint_server.ffmpeg import ffmpeg
from ..inpaint_server.step_loop import StepLoop
from ..shared import project as projects
from ..shared.chunks import rendering, store
from ..shared.chunks.crew_size import processors
from ..shared.chunks.joining import Joined, join_pictures, join_videos
from ..shared.chunks.ranges import as_pictures
from ..shared.chunks.store import FRAME
from ..shared.example_picture import paint
from ..shared.scene import SceneSpec
from . import scale_jobs
from .render import plates

WORKERS = (1, 2, 4)
WIDTH, HEIGHT, FRAMES = 1280, 720, 192
REPEATS = 3
TASK = 48
"""Frames in one task of a farm."""
SIZES = ((400, 275), (800, 550), (1600, 1100), (3200, 2200))
LAYERS = (2, 4, 8, 16)
STEPS = (25, 50, 100, 200)
TYPICAL = (800, 550, 4, 50)
"""Width, height, layers and steps where the others are varied."""
MACHINES = (1, 2, 4, 10, 30, 100)
FILM = (1600, 1100, 5, 1000, 30)
"""A long journey for the arithmetic: width, height, layers, steps, frames for each step."""


@dataclass(frozen=True)
class Timing:
    """Seconds by the clock and of the processors, of all processes together."""

    clock: float
    processor: float

    @staticmethod
    def of(work: Callable[[], Any]) -> "Timing":
        """What some work takes, with the processes that it starts and waits for."""
        before, begun = _processor(), time.perf_counter()
        work()
        return Timing(time.perf_counter() - begun, _processor() - before)


def _processor() -> float:
    ours, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return ours.ru_utime + ours.ru_stime + theirs.ru_utime + theirs.ru_stime


def saved(blender: Blender, folder: Path, frames: int) -> tuple[SceneSpec, Path]:
    """Plates of four layers and the .blend that shows them."""
    spec = plates(folder, frames, 2048, WIDTH, HEIGHT)
    (folder / "scene.json").write_text(json.dumps(spec.to_json()), encoding="utf-8")
    blend = folder / "scene.blend"
    build = ["build", "--spec", folder / "scene.json", "--plates", folder, "--sounds", folder, "--blend", blend]
    subprocess.run(command(blender, [str(a) for a in build]), check=True, stdout=subprocess.DEVNULL)
    return spec, blend


def rendered(blender: Blender, spec: SceneSpec, blend: Path, workers: int) -> Timing:
    """The time in which so many Blenders render and join a video."""
    out = blend.with_name(f"out{workers}{spec.export.kind.suffix}")
    words = ["serve", "--blend", str(blend), "--wish", json.dumps(store.as_document(spec.export))]
    task = rendering.Task(
        tuple(command(blender, words)), out, spec.export, store.folder_of(out), (blend,), ffmpeg(), workers
    )
    return Timing.of(lambda: rendering.render(task))


def workers_table(blender: Blender) -> str:
    """The speed-up of several Blenders on this machine, medians; and whether their files are the same."""
    with tempfile.TemporaryDirectory() as name:
        spec, blend = saved(blender, Path(name), FRAMES)
        runs: dict[int, list[Timing]] = {number: [] for number in WORKERS}
        for _ in range(REPEATS):
            for number in WORKERS:
                runs[number].append(rendered(blender, spec, blend, number))
        files = {blend.with_name(f"out{number}.mp4").read_bytes() for number in WORKERS}
    clock = {number: statistics.median(run.clock for run in timings) for number, timings in runs.items()}
    work = {number: statistics.median(run.processor for run in timings) for number, timings in runs.items()}
    lines = ["| Blenders | s | times as fast | processor s | times the work |", "|---|---|---|---|---|"]
    lines += [
        f"| {number} | {clock[number]:.1f} | {clock[1] / clock[number]:.2f} | {work[number]:.1f} "
        f"| {work[number] / work[1]:.2f} |"
        for number in WORKERS
    ]
    same = scale_jobs.SAME if len(files) == 1 else scale_jobs.DIFFERENT
    where = f"{FRAMES} frames of {WIDTH}x{HEIGHT}, four layers, {blender.label.partition(',')[0]})"
    return "\n".join([*lines, "", f"{where}; {processors()} processors; medians of {REPEATS}. {same}"])


@dataclass(frozen=True)
class Painting:
    """What painting takes of the processor: once for each journey, and for each step, in s."""

    set_up: float
    step: float


def painted(width: int, height: int, layers: int, steps: int) -> Painting:
    """Paint a journey twice, everything on disk included; the quicker one."""
    return min((_painted(width, height, layers, steps) for _ in range(2)), key=lambda found: found.step)


def _painted(width: int, height: int, layers: int, steps: int) -> Painting:
    rows = height // layers
    cut: list[dict[str, Any]] = [
        {"height": rows, "velocity": [-round((8 + 42 * i / max(1, layers - 1)) * width / 1600, 1), 0]}
        for i in range(layers)
    ]
    cut[-1].pop("height")
    project = projects.from_json({"layers": cut, "motion": {"steps": steps}})
    picture = paint(width, height)
    with tempfile.TemporaryDirectory() as name:
        begun = time.process_time()
        loop = StepLoop(Path(name), project, picture, engines.load("walk"))
        loop.paint(lambda: False)
        first = time.process_time()
        while loop.step < steps:
            loop.paint(lambda: False)
        loop.close()
        step = (time.process_time() - first) / (steps - 1)
    return Painting(first - begun - step, step)


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> tuple[float, float]:
    """The power by which costs grow with sizes, by least squares of their logarithms, and how well that fits, R²."""
    x, y = np.log(sizes), np.log(costs)
    slope, offset = np.polyfit(x, y, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    left = float(((y - slope * x - offset) ** 2).sum())
    return float(slope), 1.0 if spread == 0 else 1 - left / spread


@dataclass(frozen=True)
class Curve:
    """What painting costs as one thing grows."""

    name: str
    sizes: tuple[float, ...]
    costs: tuple[Painting, ...]

    def powers(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """`exponent` of the set-up and of a step."""
        return (
            exponent(self.sizes, [cost.set_up for cost in self.costs]),
            exponent(self.sizes, [cost.step for cost in self.costs]),
        )


def curves() -> tuple[Curve, ...]:
    """The three curves: picture, layers, steps."""
    width, height, layers, steps = TYPICAL
    painted(*SIZES[0], 2, 3)  # compiles what has to be compiled
    return (
        Curve(
            "px of the picture",
            tuple(float(w * h) for w, h in SIZES),
            tuple(painted(w, h, layers, steps) for w, h in SIZES),
        ),
        Curve("layers", LAYERS, tuple(painted(width, height, n, steps) for n in LAYERS)),
        Curve("steps", STEPS, tuple(painted(width, height, layers, n) for n in STEPS)),
    )


def curves_table(found: Sequence[Curve]) -> str:
    """How the cost of painting grows."""
    lines = [
        "| what grows | from to | set-up, s | power | R² | ms/step | power | R² |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for curve in found:
        (once, once_fits), (step, step_fits) = curve.powers()
        set_ups = " ".join(f"{cost.set_up:.2f}" for cost in curve.costs)
        each = " ".join(f"{1000 * cost.step:.1f}" for cost in curve.costs)
        ends = f"{curve.sizes[0]:g} to {curve.sizes[-1]:g}"
        told = f"{set_ups} | {once:.2f} | {once_fits:.2f} | {each} | {step:.2f} | {step_fits:.2f}"
        lines.append(f"| {curve.name} | {ends} | {told} |")
    width, height, layers, steps = TYPICAL
    where = f"Engine walk, {width}x{height}, {layers} layers, {steps} steps where these do not grow; processor time"
    return "\n".join([*lines, "", f"{where}, the quicker of two."])


@dataclass(frozen=True)
class Film:
    """The figures that the arithmetic for many machines goes by, in s."""

    painting: float
    frames: int
    frame: float
    opening: float
    joining: float

    def lasts(self, machines: int) -> float:
        """Seconds from the picture to the video: painting, then all frames at once, then joining.

        Painting is one journey and goes step by step. A machine takes tasks of 48 frames and opens the scene for each.
        """
        rounds = math.ceil(math.ceil(self.frames / TASK) / machines)
        return self.painting + rounds * (self.opening + TASK * self.frame) + self.joining


def film(blender: Blender, found: Sequence[Curve]) -> Film:
    """The long journey by this machine's own figures, carried on along the curves."""
    width, height, layers, steps, each = FILM
    start = found[2].costs[STEPS.index(TYPICAL[3])]
    once, step = 1.0, 1.0
    growth = (width * height / (TYPICAL[0] * TYPICAL[1]), layers / TYPICAL[2], steps / TYPICAL[3])
    for curve, times in zip(found, growth, strict=True):
        powers = curve.powers()
        once, step = once * times ** powers[0][0], step * times ** powers[1][0]
    opening, frame, joining = farm_figures(blender)
    larger = width * height / (WIDTH * HEIGHT) / processors()
    painting = start.set_up * once + steps * start.step * step
    return Film(painting, steps * each, frame * larger, opening, joining * larger * steps * each)


def farm_figures(blender: Blender) -> tuple[float, float, float]:
    """Seconds of the processor: to open the scene, for a frame as PNG and then in its piece, and to copy one."""
    with tempfile.TemporaryDirectory() as name:
        folder, took = Path(name), {}
        for frames in (FRAMES, 2):
            spec, blend = saved(blender, folder, frames)
            spec = replace(spec, export=as_pictures(spec.export))
            took[frames] = rendered(blender, spec, blend, 1).processor
            for path in folder.glob("out1_*.png") if frames == FRAMES else ():
                path.rename(path.with_name(path.name.replace("out1", FRAME)))
        made = Joined(folder / "joined.mp4", replace(spec.export, format="h264"), FRAMES, Fraction(30))
        encoding = Timing.of(lambda: join_pictures(ffmpeg(), folder, made)).processor / FRAMES
        whole = replace(made, path=folder / "whole.mp4")
        copying = Timing.of(lambda: join_videos(ffmpeg(), [made.path], [FRAMES], whole)).processor / FRAMES
    return took[2], (took[FRAMES] - took[2]) / (FRAMES - 2) + encoding, copying


def machines_table(journey: Film) -> str:
    """How long the journey takes on more machines like this one, on paper."""
    one = journey.lasts(1)
    lines = ["| machines | minutes | times as fast | painting | joining |", "|---|---|---|---|---|"]
    lines += [
        f"| {n} | {journey.lasts(n) / 60:.1f} | {one / journey.lasts(n):.1f} "
        f"| {100 * journey.painting / journey.lasts(n):.0f} % | {100 * journey.joining / journey.lasts(n):.0f} % |"
        for n in MACHINES
    ]
    width, height, layers, steps, _ = FILM
    what = f"On paper: {width}x{height}, {layers} layers, {steps} steps, {journey.frames} frames"
    figures = (
        f"{journey.painting:.0f} s of painting on one processor, then on all {processors()} of a machine "
        f"{1000 * journey.frame:.0f} ms for a frame, {journey.opening:.1f} s to open the scene for every {TASK} of "
        f"them, and {journey.joining:.0f} s to join what the farm has encoded"
    )
    return "\n".join([*lines, "", f"{what}; {figures}."])


def parts(blender: Blender) -> dict[str, Callable[[], str]]:
    """The parts by name, each a table."""
    found = functools.cache(curves)
    return {
        "workers": lambda: workers_table(blender),
        "jobs": scale_jobs.table,
        "curves": lambda: curves_table(found()),
        "machines": lambda: machines_table(film(blender, found())),
    }


def main() -> int:
    """Print the parts that are asked for; 1 if files differ that must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="workers, jobs, curves, machines (default: all)")
    parser.add_argument("--blender", metavar="PATH", help="the Blender that renders")
    args = parser.parse_args()
    known = parts(choose_blender(args.blender))
    differ = False
    for name in args.parts or known:
        told = known[name]()
        print(f"{told}\n", flush=True)
        differ = differ or scale_jobs.DIFFERENT in told
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
