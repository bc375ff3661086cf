"""What the step loop costs with the default engine: set-up, ms per step, peak memory, at three sizes of picture.

Each measurement is a process of its own, so that peak memory is that of one run and numba's compilation, which
happens once per machine, is done before the clock starts. The whole step is timed: composing, painting, cutting,
journal and tiles on disk, since that is what a person waits for. The processor's time, of all threads, is there for
machines that do other things as well, where the clock says little.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..inpaint_server import engines
from ..inpaint_server.step_loop import StepLoop
from ..shared import project as projects
from ..shared.example_picture import paint

CUTS = ("straight", "contour")
SIZES = ((800, 550), (1600, 1100), (3200, 2200))
SPEEDS = (8, 14, 22, 34, 50)
"""px per step of the five layers at a width of 1600; in proportion at other sizes."""
CONTOURS = (0.47, 0.08, 0.11, 0.1, 0.24)
"""Heights of the five layers, of the picture's, where contours are cut: near what the example picture shows."""


def measure(width: int, height: int, steps: int, engine: str, cut: str) -> dict[str, Any]:
    """Run `steps` steps on the example picture; ms per step, set-up in s, peak memory in MB."""
    picture = paint(width, height)
    rows = [height // len(SPEEDS)] * len(SPEEDS)
    if cut == "contour":
        rows = [round(height * share) for share in CONTOURS]
    layers: list[dict[str, Any]] = [
        {"height": tall, "velocity": [-round(v * width / 1600, 1), 0]} for tall, v in zip(rows, SPEEDS, strict=True)
    ]
    layers[-1].pop("height")
    wish = {"layers": layers, "motion": {"steps": steps}, "inpaint": {"engine": engine}, "cut": {"mode": cut}}
    project = projects.from_json(wish)
    with tempfile.TemporaryDirectory() as folder:
        # a first short run compiles what has to be compiled
        _run(Path(folder) / "warm", project, paint(min(width, 800), min(height, 550)), engine, 2)
        return _run(Path(folder) / "run", project, picture, engine, steps)


def _run(folder: Path, project: projects.Project, picture: Any, engine: str, steps: int) -> dict[str, Any]:
    if picture.shape[0] < sum(layer.height or 1 for layer in project.layers):
        document = project.to_json()
        for layer in document["layers"][:-1]:
            layer["height"] = picture.shape[0] // len(document["layers"])
        project = projects.from_json(document)
    start = time.perf_counter()
    loop = StepLoop(folder, project, picture, engines.load(engine))
    set_up = time.perf_counter() - start
    times, processor = [], time.process_time()
    while loop.step < steps:
        before = time.perf_counter()
        loop.paint(lambda: False)
        times.append(1000 * (time.perf_counter() - before))
    before = time.perf_counter()
    loop.close()  # what is still being written belongs to the cost, and the folder is about to go
    closing_ms = 1000 * (time.perf_counter() - before)
    processor = time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "set_up_s": set_up,
        "first_ms": times[0],
        "mean_ms": (float(np.sum(times)) + closing_ms) / steps,
        "cpu_ms": 1000 * processor / steps,
        "median_ms": float(np.median(times)),
        "p99_ms": float(np.percentile(times, 99)),
        "peak_mb": peak,
    }


def separately(width: int, height: int, steps: int, engine: str, cut: str) -> dict[str, Any]:
    """`measure` in a process of its own."""
    command = [sys.executable, "-m", "infinite_parallax.benchmarks.cost", "--one", str(width), str(height)]
    command += ["--steps", str(steps), "--engine", engine, "--cut", cut]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def table(engine: str = "walk") -> str:
    """All measurements as a Markdown table."""
    runs = [(cut, *size, 100) for cut in CUTS for size in SIZES]
    runs += [(cut, 1600, 1100, 1000) for cut in CUTS]
    lines = [
        "| layers | picture | steps | set-up s | mean ms/step | processor ms/step | median | p99 | peak MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for cut, width, height, steps in runs:
        r = separately(width, height, steps, engine, cut)
        lines.append(
            f"| {cut} | {width}x{height} | {steps} | {r['set_up_s']:.2f} | {r['mean_ms']:.1f} | {r['cpu_ms']:.1f} "
            f"| {r['median_ms']:.1f} | {r['p99_ms']:.0f} | {r['peak_mb']:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table, or with `--one` one measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, type=int, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--engine", default="walk")
    parser.add_argument("--cut", choices=CUTS, default=CUTS[0])
    args = parser.parse_args()
    print(json.dumps(measure(*args.one, args.steps, args.engine, args.cut)) if args.one else table(args.engine))


if __name__ == "__main__":
    main()
