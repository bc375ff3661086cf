"""What a step costs with a diffusion model: the whole canvas, as the original painted it, against crops round the hole.

The models have random weights at their true geometry, since their speed does not depend on what they paint. `whole`
gives the pipeline the whole canvas at every step; `crops` and `ahead` run the step loop with the engine diffusers, with
one painting for every step and with one for several. Each line is a process of its own, so that peak memory is its own;
the first step, which loads and warms up, is told apart and not counted.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

CANVASES = ((1600, 949), (3840, 2160))
HOW = ("whole", "crops", "ahead", "compiled")
SPEEDS = (8, 14, 22, 34, 50)
"""px per step of the five layers at a width of 1600; in proportion at other sizes."""
AHEAD = 8


def project(width: int, model: str, how: str, denoising: int, steps: int, native: int, device: str) -> dict[str, Any]:
    """The document of a journey of five straight layers to the left."""
    layers = [{"height": None, "velocity": [-round(v * width / 1600, 1), 0]} for v in SPEEDS]
    return {
        "layers": layers,
        "cut": {"mode": "straight"},
        "motion": {"steps": steps},
        "inpaint": {"engine": "diffusers", "prompt": "a wide country under the moon"},
        "diffusers": {
            "model": model,
            "steps": denoising,
            "native_px": native,
            "device": device,
            "ahead_steps": AHEAD if how in ("ahead", "compiled") else 1,
            "compile": how == "compiled",
        },
    }


def measure(name: str, folder: Path, how: str, size: tuple[int, int], denoising: int, steps: int, device: str) -> Any:
    """Seconds per step and peak memory of one way of painting."""
    from .random_models import GEOMETRIES

    native = GEOMETRIES[name].native_px
    if how == "whole":
        times = _whole(folder, size, denoising, steps, device)
    else:
        times = _loop(folder, how, size, denoising, steps, native, device)
    return {"first_s": times[0], "mean_s": float(np.mean(times[1:])), "peak_gb": _peak_gb()}


def _whole(folder: Path, size: tuple[int, int], denoising: int, steps: int, device: str) -> list[float]:
    """The pipeline on the whole canvas, its sides cut to what the model's grid takes."""
    from PIL import Image

    from ..inpaint_server.diffusion.loading import load
    from ..inpaint_server.diffusion.options import settle
    from ..shared.example_picture import paint

    wish, call = settle({"model": str(folder), "steps": denoising, "device": device})
    loaded = load(wish, lambda _sentence: None)
    width, height = (side // call.grid * call.grid for side in size)
    picture = Image.fromarray(paint(width, height))
    mask = np.zeros((height, width), np.uint8)
    mask[:, width - SPEEDS[-1] * width // 1600 :] = 255
    times = []
    for _ in range(steps + 1):
        begun = time.perf_counter()
        loaded.pipe(
            prompt="a wide country under the moon",
            image=picture,
            mask_image=Image.fromarray(mask),
            width=width,
            height=height,
            num_inference_steps=call.steps,
            guidance_scale=call.guidance,
            output_type="np",
        )
        times.append(time.perf_counter() - begun)
    return times


def _loop(
    folder: Path, how: str, size: tuple[int, int], denoising: int, steps: int, native: int, device: str
) -> list[float]:
    """The step loop with the engine, everything on disk included. Painting ahead, whole rounds of it are counted."""
    from ..inpaint_server import engines
    from ..inpaint_server.step_loop import StepLoop
    from ..shared import project as projects
    from ..shared.example_picture import paint

    round_steps = AHEAD if how in ("ahead", "compiled") else 1
    count = round_steps * (1 + max(1, round(steps / round_steps)))
    document = project(size[0], str(folder), how, denoising, count, native, device)
    for layer in document["layers"][:-1]:
        layer["height"] = size[1] // len(SPEEDS)
    times = []
    with tempfile.TemporaryDirectory() as scratch:
        wish = projects.from_json(document)
        loop = StepLoop(Path(scratch), wish, paint(*size), engines.load("diffusers"))
        while loop.step < count:
            begun = time.perf_counter()
            loop.paint(lambda: False)
            times.append(time.perf_counter() - begun)
        loop.close()
    return [float(np.sum(times[:round_steps])), *times[round_steps:]]


def _peak_gb() -> float:
    """Of the GPU where there is one, else of the process."""
    import resource

    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def device_name() -> str:
    """What the figures were taken on."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU only"


def table(rows: list[dict[str, Any]]) -> str:
    """The results as Markdown; `against whole` is how many times less a step takes than on the whole canvas."""
    lines = [
        "| model | canvas | how | s/step | against whole | peak GB | first s |",
        "|---|---|---|---|---|---|---|",
    ]
    whole = {(r["model"], r["canvas"]): r["mean_s"] for r in rows if r["how"] == "whole" and "mean_s" in r}
    for r in rows:
        head = f"| {r['model']} | {r['canvas']} | {r['how']} |"
        if "mean_s" not in r:
            lines.append(f"{head} {r['failed']} | | | |")
            continue
        base = whole.get((r["model"], r["canvas"]))
        ratio = f"{base / r['mean_s']:.1f}x" if base else ""
        lines.append(f"{head} {r['mean_s']:.3f} | {ratio} | {r['peak_gb']:.2f} | {r['first_s']:.1f} |")
    return "\n".join(lines)


def separately(arguments: list[str]) -> dict[str, Any]:
    """One measurement in a process of its own; what it says when it fails is its result."""
    command = [sys.executable, "-m", "infinite_parallax.benchmarks.gpu", "--one", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return {"failed": words[:120]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Measure every model on every canvas in every way, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", nargs="+", default=["sd15", "sdxl"], help="sd15, sdxl, tiny")
    parser.add_argument("--canvases", nargs="+", default=[f"{w}x{h}" for w, h in CANVASES], metavar="WxH")
    parser.add_argument("--how", nargs="+", default=list(HOW), choices=HOW)
    parser.add_argument("--denoising", type=int, default=30, help="denoising steps (default 30)")
    parser.add_argument("--steps", type=int, default=8, help="steps that are counted (default 8)")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "mps", "cpu"))
    parser.add_argument("--models-folder", type=Path, help="where the random models are kept (default: nowhere)")
    parser.add_argument("--one", nargs=3, metavar=("FOLDER", "HOW", "CANVAS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        folder, how, canvas = args.one
        found = measure(args.models[0], Path(folder), how, _size(canvas), args.denoising, args.steps, args.device)
        print(json.dumps(found))
        return 0
    print(f"{device_name()}, {args.denoising} denoising steps, `{' '.join(sys.orig_argv[1:])}`\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        print(table(_all(args, args.models_folder or Path(scratch))))
    return 0


def _all(args: argparse.Namespace, home: Path) -> list[dict[str, Any]]:
    import torch

    from .random_models import build

    rows = []
    for name in args.models:
        folder = home / name
        if not (folder / "model_index.json").exists():
            build(name, folder, torch.cuda.is_available())
        for canvas in args.canvases:
            for how in args.how:
                words = [str(folder), how, canvas, "--models", name, "--denoising", str(args.denoising)]
                found = separately([*words, "--steps", str(args.steps), "--device", args.device])
                rows.append({"model": name, "canvas": canvas, "how": how, **found})
                print(f"{name} {canvas} {how}: {found}", file=sys.stderr, flush=True)
    return rows


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


if __name__ == "__main__":
    sys.exit(main())
