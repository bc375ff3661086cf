"""The course of a fit: from a small picture with few wavelets to the whole one with all; then frame after frame.

Every level adds wavelets in two rounds where the picture is wrong, solves for their colours, and goes downhill; on the
last one the weakest are sown anew twice. A frame of a video begins with the wavelets of the one before, so that it does
not flicker; between two key frames the weakest tenth is sown anew, a few at every frame, so that nothing is seen of it.
Beginning each key frame from nothing, as the original does, was the other road: it pulses. So does sowing the tenth at
the key frame itself: five times the change of the other frames.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from ...shared.errors import Cancelled, ParallaxError, UsageError
from ...shared.gabor import Wavelets
from . import losses, pursuit
from .fitting import Fit
from .losses import Terms
from .tiles import Tensor

SHARES = {1: (1.0,), 2: (0.4, 0.6), 3: (0.15, 0.3, 0.55), 4: (0.08, 0.15, 0.27, 0.5)}
RENEWED, RENEW_AT = 0.06, (0.2, 0.4)
FRAME_STEPS, FRAME_RATE = 14, 0.02
RENEWED_BETWEEN_KEYS = 0.1
SOLVE_ADDED, SOLVE_LEVEL, SOLVE_FRAME = 8, 12, 6
PATIENCE = 20
MUTATED = 0.01
MUTATION_CHANCE = 0.1


@dataclass(frozen=True)
class Course:
    """How a fit is run. `iterations` at full size, and at each of `rescales` smaller ones `iter_multiple` times as many
    for every halving; `rate` is Adam's, lowered by `gamma` when nothing has become better for a while."""

    wavelets: int = 256
    iterations: int = 100
    iter_multiple: float = 1.5
    rescales: int = 2
    rate: float = 0.05
    gamma: float = 0.997
    mutation: float = 0.0
    terms: Terms = field(default_factory=Terms)
    seed: int = 0
    keyframes: int = 10
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Raises UsageError for numbers that no fit can be run with."""
        limits = {
            "wavelets": (1, 100_000),
            "iterations": (1, 1_000_000),
            "iter_multiple": (0, 1000),
            "rescales": (0, max(SHARES) - 1),
            "rate": (1e-6, 1),
            "gamma": (0.5, 1),
            "mutation": (0, 10),
            "keyframes": (1, 1_000_000),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{name} is {value:g}.", f"Give {low:g} to {high:g}.")

    @property
    def steps(self) -> list[int]:
        """Steps of each level, the smallest picture first."""
        smaller = [max(1, int(self.iterations * n * self.iter_multiple)) for n in range(self.rescales, 0, -1)]
        return [*smaller, self.iterations]


Told = Callable[[str, float], None]
"""Hears what goes on, and the peak signal to noise ratio in dB so far."""


def untold(_stage: str, _psnr: float) -> None:
    """Nobody listens."""


@contextmanager
def working() -> Iterator[None]:
    """Without autograd; ParallaxError where memory runs out."""
    try:
        with torch.no_grad():
            yield
    except RuntimeError as e:
        if "memory" not in str(e).lower():
            raise
        raise ParallaxError(
            "There is not enough memory for this fit.", "Take fewer wavelets, a smaller size, or the device cpu."
        ) from e


def as_target(picture: NDArray[np.uint8]) -> Tensor:
    """RGB uint8 [H, W, 3] as -1 to 1, [3, H, W]."""
    return torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / np.float32(127.5) - 1)


def as_weight(picture: NDArray[np.uint8] | None) -> Tensor | None:
    """A grey weight map uint8 [H, W] as weights."""
    return None if picture is None else losses.weights(torch.from_numpy(picture.astype(np.float32)))


def fit_picture(
    picture: NDArray[np.uint8],
    course: Course,
    weight: NDArray[np.uint8] | None = None,
    tell: Told = untold,
    cancelled: Callable[[], bool] = lambda: False,
    first: Wavelets | None = None,
) -> Fit:
    """Fit wavelets to a picture, RGB uint8 [H, W, 3]; `weight` uint8 [H, W] says where it matters.

    With `first` it goes on from wavelets that are there, at full size only.
    """
    if first is not None:
        return _bettered(resumed(first, as_target(picture), course, as_weight(weight)), course, tell, cancelled)
    with working():
        fit = Fit(as_target(picture), as_weight(weight), course.terms, course.device)
        random = torch.Generator().manual_seed(course.seed)
        size = max(picture.shape[:2])
        steps = course.steps
        for number, count in enumerate(steps):
            fit.level(max(8, size // 2 ** (len(steps) - 1 - number)))
            total = round(course.wavelets * sum(SHARES[len(steps)][: number + 1]))
            _sow(fit, total, number == 0, random)
            _downhill(fit, count, course, number == len(steps) - 1, random, cancelled)
            fit.solve(SOLVE_LEVEL)
            tell(f"{fit.tiles.width}x{fit.tiles.height} px, {len(fit)} wavelets", fit.psnr())
    return fit


def _bettered(fit: Fit, course: Course, tell: Told, cancelled: Callable[[], bool]) -> Fit:
    with working():
        random = torch.Generator().manual_seed(course.seed)
        fit.solve(SOLVE_ADDED)
        _downhill(fit, course.iterations, course, True, random, cancelled)
        fit.solve(SOLVE_LEVEL)
        tell(f"{fit.tiles.width}x{fit.tiles.height} px, {len(fit)} wavelets", fit.psnr())
    return fit


def _sow(fit: Fit, total: int, first: bool, random: torch.Generator) -> None:
    """Bring the wavelets of a level up to `total`, in two rounds from coarse to fine."""
    spacing = 2 / math.sqrt(max(total, 1))
    least = max(0.25 * spacing, 0.5 * fit.pixel)
    half = (total - len(fit)) // 2
    pursuit.add(fit, half, least, max(least * 1.01, spacing * (2.5 if first else 1.0)), random)
    fit.solve(SOLVE_ADDED)
    pursuit.add(fit, total - len(fit), least, max(least * 1.01, spacing), random)
    fit.solve(SOLVE_ADDED)


def _downhill(
    fit: Fit, count: int, course: Course, last: bool, random: torch.Generator, cancelled: Callable[[], bool]
) -> None:
    renew = {int(share * count) for share in RENEW_AT} if last else set()
    spacing = 2 / math.sqrt(max(len(fit), 1))
    best, since, factor = math.inf, 0, 1.0
    for i in range(count):
        if cancelled():
            raise Cancelled
        fading = 0.5 * (1 + math.cos(math.pi * i / count)) if last else 1 - 0.5 * i / count
        error = fit.step(course.rate * factor * max(fading, 0.05))
        best, since = (error, 0) if error < best else (best, since + 1)
        if since > PATIENCE:
            factor *= course.gamma
        if course.mutation and float(torch.rand(1, generator=random)) < MUTATION_CHANCE * fading:
            fit.shake(MUTATED, course.mutation, random)
        if i in renew:
            gone = len(fit) - int(len(fit) * (1 - RENEWED))
            pursuit.prune(fit, gone)
            pursuit.add(fit, gone, 0.2 * spacing, 0.7 * spacing, random)


def fit_frame(
    before: Fit,
    frame: NDArray[np.uint8],
    course: Course,
    weight: NDArray[np.uint8] | None = None,
    number: int = 1,
    cancelled: Callable[[], bool] = lambda: False,
) -> Fit:
    """Fit frame `number` of a video from the fit of the frame before, which goes on and is the one returned.

    The weakest wavelets are sown anew, in every frame as many as make a tenth from one key frame to the next.
    """
    if frame.shape[:2] != tuple(before.full.shape[1:]):
        raise UsageError("The frames differ in size.", "Give frames of one video.")
    with working():
        before.show(as_target(frame), as_weight(weight))
        renewed = RENEWED_BETWEEN_KEYS * len(before) / course.keyframes
        count = math.floor(number * renewed) - math.floor((number - 1) * renewed)
        if count:
            spacing = 2 / math.sqrt(max(len(before), 1))
            random = torch.Generator().manual_seed(course.seed + number)
            pursuit.prune(before, count)
            pursuit.add(before, count, 0.2 * spacing, 0.7 * spacing, random)
        steps = FRAME_STEPS
        for i in range(steps):
            if cancelled():
                raise Cancelled
            before.step(FRAME_RATE * (1 - 0.7 * i / steps))
        before.solve(SOLVE_FRAME)
    return before


def wavelets_of(fit: Fit) -> Wavelets:
    """The fit as the file has it: waves run forwards, an angle is within a turn."""
    shapes = fit.shapes()
    k = shapes.k.abs().clamp(min=2 * math.pi * math.exp(-5), max=2 * math.pi * math.exp(5))
    odd = fit.weights[..., 1] * torch.where(shapes.k < 0, -1.0, 1.0)[:, None]
    phase = torch.atan2(-odd, fit.weights[..., 0]) / (2 * math.pi)
    amplitude = torch.hypot(fit.weights[..., 0], odd).clamp(max=1)
    turn = torch.remainder(shapes.theta / (2 * math.pi) + 1, 2) - 1
    head = torch.stack([shapes.u, shapes.v, turn, shapes.sigma, shapes.gamma, torch.log(2 * math.pi / k)], 1)
    return Wavelets(torch.cat([head, phase, amplitude], 1).double().cpu().numpy())


def resumed(wavelets: Wavelets, target: Tensor, course: Course, weight: Tensor | None = None) -> Fit:
    """A fit that goes on from wavelets, to a picture [3, H, W]."""
    fit = Fit(target, weight, course.terms, course.device)
    rows = torch.from_numpy(wavelets.limited.rows).float().to(course.device)
    k = 2 * math.pi / rows[:, 5].exp()
    numbers = torch.stack(
        [rows[:, 0], rows[:, 1], rows[:, 2] * 2 * math.pi, rows[:, 3].log(), rows[:, 4].log(), k * rows[:, 3]], 1
    )
    angle = 2 * math.pi * rows[:, 6:9]
    fit.append(numbers, torch.stack([rows[:, 9:] * angle.cos(), -rows[:, 9:] * angle.sin()], 2))
    return fit
