"""Fitting Gabor wavelets: our fit beside a dense one by autograd, on the same picture in the same process.

Run it as `python -m infinite_parallax.benchmarks.gabor PICTURE [--size 256] [--iterations N]` in an environment with
torch. The dense fit is written out here plainly with the settings of gabor-imfit: all wavelets over all pixels, AdamW
at 0.01 lowered by 0.997 after 20 steps without gain, pictures of a quarter, half and the whole size with 3, 1.5 and 1
times N steps. It takes ten minutes and more; with `--sample K` it takes K steps at each size, its time is that of all
steps by their median, and `--bar` says what quality it is known to reach. Times are of the processor, one thread.
`--video` compares the frames of a moving picture, fitted one from the other and each by itself. Figures do not say how
a picture looks: OUT.png holds all beside each other.
"""

import argparse
import itertools
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..cli.gabor_files import sized
from ..inpaint_server.gabor import schedule
from ..inpaint_server.gabor.schedule import Course
from ..shared.gabor import Wavelets, drawing
from ..shared.gabor.wavelets import LIMITS

RGB = NDArray[np.uint8]
MEAN = (0, 0, 0, 0.01, 0.01, -0.25, *(-1,) * 3, *(0.001,) * 3)
SPREAD = (1, 1, 2, 0.4, 0.4, 0.5, *(1,) * 3, *(0.3,) * 3)
RATE, DECAY, GAMMA, PATIENCE = 0.01, 1e-5, 0.997, 20
COURSES = {256: (5, 10, 15, 20, 30, 60, 120), 1024: (20, 40, 70)}
FRAMES, FRAME_PX, FRAME_WAVELETS, SLIDE_PX = 21, 128, 128, 1


def dense(rows: Any, width: int, height: int) -> Any:
    """The formula of the file for all wavelets [N, 12] over all pixels, [3, height, width], not cut."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    u, v, theta, sigma, gamma, log_wave = (rows[:, i, None, None] for i in range(6))
    cos, sin = torch.cos(2 * math.pi * theta), torch.sin(2 * math.pi * theta)
    across, along = (x - u) * cos + (y - v) * sin, (y - v) * cos - (x - u) * sin
    bell = torch.exp(-(across**2) / (2 * sigma**2) - along**2 / (2 * gamma**2))
    turned = 2 * math.pi * across / torch.exp(log_wave)
    phase, amplitude = rows[:, 6:9, None, None] * 2 * math.pi, rows[:, 9:12, None, None]
    return (amplitude * bell[:, None] * torch.cos(turned[:, None] + phase)).sum(0)


def dense_fit(picture: RGB, count: int, iterations: int, sample: int = 0) -> tuple[Wavelets, float]:
    """`count` wavelets by autograd, as the original goes about it, and the seconds of all steps; `sample` steps at each
    size tell the time of all."""
    low, high = torch.tensor(LIMITS.T).float()
    first = np.random.default_rng(0).normal(MEAN, SPREAD, (count, 12))
    rows = torch.tensor(np.clip(first, *LIMITS.T)).float().requires_grad_(True)
    total = 0.0
    for share, times in ((4, 3.0), (2, 1.5), (1, 1.0)):
        steps, seconds = int(iterations * times), []
        height, width = (max(1, round(n / share)) for n in picture.shape[:2])
        small = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
        target = schedule.as_target(small)
        adam = torch.optim.AdamW([rows], lr=RATE, weight_decay=DECAY)
        lowered = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=GAMMA, patience=PATIENCE)
        for _ in range(min(steps, sample) if sample else steps):
            begin = time.process_time()
            adam.zero_grad()
            error = ((dense(rows, width, height).clamp(-1, 1) - target) ** 2).mean()
            error.backward()
            adam.step()
            lowered.step(float(error.detach()))
            with torch.no_grad():
                rows.clamp_(low, high)
            seconds.append(time.process_time() - begin)
        total += steps * float(np.median(seconds)) if sample else sum(seconds)
        print(f"  dense, {width}x{height} px, {steps} steps: median {np.median(seconds):.3f} s", flush=True)
    return Wavelets(rows.detach().double().numpy()), total


def ours(picture: RGB, count: int, iterations: int) -> tuple[Wavelets, float]:
    """As many wavelets by the fit of this project, and its seconds."""
    begin = time.process_time()
    wavelets = schedule.wavelets_of(schedule.fit_picture(picture, Course(count, iterations, 1.0)))
    return wavelets, time.process_time() - begin


def psnr(shown: RGB, picture: RGB) -> float:
    """In dB, of 8-bit values."""
    return float(-10 * np.log10((((shown.astype(float) - picture) / 255) ** 2).mean()))


def drawn(wavelets: Wavelets, picture: RGB) -> RGB:
    """Wavelets drawn by the dense formula, which no cut of ours touches."""
    with torch.no_grad():
        summed = dense(torch.tensor(wavelets.rows).float(), picture.shape[1], picture.shape[0])
    return drawing.as_picture(summed.numpy())


def compare(picture: RGB, args: argparse.Namespace) -> list[RGB]:
    """Print both fits' times and qualities; the pictures, ours with most steps."""
    shown, bar, dense_s = [picture], args.bar, math.inf
    print("| fit | wavelets | steps | CPU s | PSNR dB, drawn by the formula | drawn by us |", flush=True)
    print("|---|---|---|---|---|---|", flush=True)
    if not args.no_dense:
        wavelets, dense_s = dense_fit(picture, 256, args.iterations, args.sample)
        if not args.sample:
            shown.append(drawn(wavelets, picture))
            bar = bar or psnr(shown[-1], picture)
        print(f"| dense | 256 | {args.iterations} | {dense_s:.0f} | {bar:.2f} | |", flush=True)
    for count, courses in COURSES.items():
        for iterations in courses:
            wavelets, seconds = ours(picture, count, iterations)
            by_formula = drawn(wavelets, picture)
            own = psnr(drawing.draw(wavelets, picture.shape[1], picture.shape[0]), picture)
            figures = f"{seconds:.1f} | {psnr(by_formula, picture):.2f} | {own:.2f}"
            print(f"| ours | {count} | {iterations} | {figures} |", flush=True)
            if bar and psnr(by_formula, picture) >= bar:
                print(f"{bar:.2f} dB in 1/{dense_s / seconds:.0f} of the dense fit's time.", flush=True)
                bar = 0.0
        shown.append(by_formula)
    return shown


def flicker(shown: list[RGB]) -> NDArray[np.float64]:
    """What changes from frame to frame in the places of the picture that slides, squared, of values 0 to 1."""
    step, values = SLIDE_PX, [frame / 255.0 for frame in shown]
    return np.array([((b[:, :-step] - a[:, step:]) ** 2).mean() for a, b in itertools.pairwise(values)])


def video(picture: RGB) -> list[RGB]:
    """Fit frames one from the other and each by itself, and print how they flicker; a frame of each kind."""
    height, width = (min(FRAME_PX, n) for n in picture.shape[:2])
    left = [n * SLIDE_PX for n in range(FRAMES)]
    width = min(width, picture.shape[1] - left[-1])
    frames = [np.ascontiguousarray(picture[:height, x : x + width]) for x in left]
    course = Course(FRAME_WAVELETS, 30, 1.0)
    begin = time.process_time()
    fit = schedule.fit_picture(frames[0], course)
    calm = [drawn(schedule.wavelets_of(fit), frames[0])]
    for number, frame in enumerate(frames[1:], 1):
        fit = schedule.fit_frame(fit, frame, course, number=number)
        calm.append(drawn(schedule.wavelets_of(fit), frame))
    middle = time.process_time()
    single = [
        drawn(schedule.wavelets_of(schedule.fit_picture(f, replace(course, seed=n))), f) for n, f in enumerate(frames)
    ]
    seconds = middle - begin, time.process_time() - middle
    print("\n| frames | CPU s a frame | PSNR dB | flicker | at key frames |\n|---|---|---|---|---|")
    for name, shown, took in zip(("one from the other", "each by itself"), (calm, single), seconds, strict=True):
        quality = np.mean([psnr(a, b) for a, b in zip(shown, frames, strict=True)])
        found = flicker(shown)
        keys = found[course.keyframes - 1 :: course.keyframes].mean()
        print(f"| {name} | {took / FRAMES:.2f} | {quality:.2f} | {found.mean():.6f} | {keys / np.median(found):.2f}x |")
    return [np.hstack([frames[n], calm[n], single[n]]) for n in (9, 10, 11)]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--bar", type=float, default=0.0)
    parser.add_argument("--no-dense", action="store_true")
    parser.add_argument("--video", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("gabor.png"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    picture = sized(args.picture, args.size)
    if args.video:
        Image.fromarray(np.vstack(video(picture))).save(args.out)
    else:
        Image.fromarray(np.hstack(compare(picture, args))).save(args.out)


if __name__ == "__main__":
    main()
