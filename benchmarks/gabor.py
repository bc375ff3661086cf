"""Fitting Gabor wavelets: our fit beside a dense one by autograd, on the same picture in the same process.

Run it as `python -m infinite_parallax.benchmarks.gabor PICTURE [--size 256] [--iterations N] [--levels L] [--no-dense]`
in an environment with torch. The dense fit is written out here plainly with the settings of gabor-imfit: all wavelets
over all pixels, AdamW at 0.01 lowered by 0.997 after 20 steps without gain, pictures of a quarter, half and the whole
size with 3, 1.5 and 1 times N steps. It takes minutes; `--levels 2` leaves its last and dearest part out, and its
quality is then that of the wavelets it has, drawn at full size. Times are of the processor, one thread. Figures do not
say how a picture looks: OUT.png holds both beside it.
"""

import argparse
import math
import time
from collections.abc import Callable
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
COURSES = ((5, 1), (15, 1), (30, 1), (60, 1))


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


def dense_fit(picture: RGB, count: int, iterations: int, levels: int) -> Wavelets:
    """`count` wavelets by autograd, as the original goes about it."""
    low, high = torch.tensor(LIMITS.T).float()
    first = np.random.default_rng(0).normal(MEAN, SPREAD, (count, 12))
    rows = torch.tensor(np.clip(first, *LIMITS.T)).float().requires_grad_(True)
    longer, begin = max(picture.shape[:2]), time.process_time()
    for level, (share, times) in enumerate(((4, 3.0), (2, 1.5), (1, 1.0))):
        if level >= levels:
            break
        height, width = (max(1, round(n / share)) for n in picture.shape[:2])
        small = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
        target = schedule.as_target(small)
        adam = torch.optim.AdamW([rows], lr=RATE, weight_decay=DECAY)
        lowered = torch.optim.lr_scheduler.ReduceLROnPlateau(adam, factor=GAMMA, patience=PATIENCE)
        for _ in range(int(iterations * times)):
            adam.zero_grad()
            error = ((dense(rows, width, height).clamp(-1, 1) - target) ** 2).mean()
            error.backward()
            adam.step()
            lowered.step(float(error.detach()))
            with torch.no_grad():
                rows.clamp_(low, high)
        said = f"{time.process_time() - begin:.0f} s, {-10 * math.log10(float(error.detach()) / 4):.2f} dB there"
        print(f"  dense, {longer // share} px: {said}", flush=True)
    return Wavelets(rows.detach().double().numpy())


def ours(picture: RGB, count: int, iterations: int, multiple: float) -> Wavelets:
    """As many wavelets by the fit of this project."""
    return schedule.wavelets_of(schedule.fit_picture(picture, Course(count, iterations, multiple)))


def psnr(shown: RGB, picture: RGB) -> float:
    """In dB, of 8-bit values."""
    return float(-10 * np.log10((((shown.astype(float) - picture) / 255) ** 2).mean()))


def timed(fit: Callable[[], Wavelets], picture: RGB) -> tuple[float, float, RGB]:
    """Seconds of the processor, PSNR, and the picture as drawn."""
    begin = time.process_time()
    wavelets = fit()
    seconds = time.process_time() - begin
    drawn = drawing.draw(wavelets, picture.shape[1], picture.shape[0])
    return seconds, psnr(drawn, picture), drawn


def formula(wavelets: Wavelets, picture: RGB) -> float:
    """PSNR of wavelets drawn by the dense formula, which no cut of ours touches."""
    with torch.no_grad():
        drawn = dense(torch.tensor(wavelets.rows).float(), picture.shape[1], picture.shape[0])
    return psnr(drawing.as_picture(drawn.numpy()), picture)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--levels", type=int, choices=(1, 2, 3), default=3)
    parser.add_argument("--no-dense", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("gabor.png"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    picture, shown, bar = sized(args.picture, args.size), [], math.inf
    shown.append(picture)
    print("| fit | wavelets | steps | CPU s | PSNR dB |\n|---|---|---|---|---|", flush=True)
    if not args.no_dense:
        fit = timed(lambda: dense_fit(picture, 256, args.iterations, args.levels), picture)
        bar, steps = fit[1], f"{args.iterations}, {args.levels} of 3 sizes"
        shown.append(fit[2])
        print(f"| dense | 256 | {steps} | {fit[0]:.1f} | {fit[1]:.2f} |", flush=True)
    reached = False
    for count, courses in ((256, COURSES), (1024, ((40, 1),))):
        for iterations, multiple in courses:
            result = timed(lambda n=count, i=iterations, m=multiple: ours(picture, n, i, m), picture)  # type: ignore[misc]
            print(f"| ours | {count} | {iterations}, x{multiple:g} | {result[0]:.2f} | {result[1]:.2f} |", flush=True)
            if not reached and result[1] >= bar:
                reached = True
                print(f"The dense fit's quality in 1/{fit[0] / result[0]:.0f} of its time.")
        shown.append(result[2])
    wavelets = ours(picture, 256, 30, 1)
    own = psnr(drawing.draw(wavelets, picture.shape[1], picture.shape[0]), picture)
    print(f"Drawn by us {own:.3f} dB, by the dense formula {formula(wavelets, picture):.3f} dB.")
    Image.fromarray(np.hstack(shown)).save(args.out)


if __name__ == "__main__":
    main()
