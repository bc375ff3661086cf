"""A fit at work: wavelets, the picture they are to become, and the two ways of bettering them.

The colours of a wavelet enter linearly (A cos(w + p) = a cos w + b sin w), so all of them together are the solution of
linear equations, found by conjugate gradients; its place, angle, widths and frequency are followed downhill by Adam
(D. Kingma, J. Ba, 2015), each in units of the wavelet's own size. Amplitudes are held to 1 after every step, because
the format's readers cut them there: a fit without that limit loses three decibels in their hands.
"""

import math
from typing import Any

import torch

from . import losses
from .losses import Terms
from .slopes import slopes
from .tiles import Seen, Shapes, Tensor, Tiles

BETAS = 0.9, 0.98
WARM_STEPS = 8
COLOUR_RATE = 0.3
RIDGE, FLOOR = 2e-2, 0.02
LEAST_SIGMA_PX, MOST_FREQUENCY = 0.35, 0.9
MOST_WAVES = 8.0


class Fit:
    """`numbers` [N, 6]: u, v, theta, log sigma, log gamma, k sigma; `weights` [N, 3, 2] of the even and odd wave."""

    def __init__(
        self, target: Tensor, weight: Tensor | None = None, terms: Terms | None = None, device: str = "cpu"
    ) -> None:
        self.device, self.terms = device, terms or Terms()
        self.full, self._full_weight = target.to(device), None if weight is None else weight.to(device)
        self.numbers, self.weights = torch.zeros(0, 6, device=device), torch.zeros(0, 3, 2, device=device)
        self._mean: Tensor = None
        self._square: Tensor = None
        self._age: Tensor = None
        self._forget()
        self.level(max(target.shape[1:]))

    def __len__(self) -> int:
        """How many wavelets there are."""
        return len(self.numbers)

    def show(self, target: Tensor, weight: Tensor | None = None) -> None:
        """Go on with another picture of the same size, such as the next frame."""
        self.full, self._full_weight = target.to(self.device), None if weight is None else weight.to(self.device)
        self._forget()
        self.level(max(target.shape[1:]))

    def level(self, size: int) -> None:
        """Fit to the picture made as small as `size` px along its longer side."""
        _, height, width = self.full.shape
        share = min(1.0, size / max(height, width))
        height, width = max(1, round(height * share)), max(1, round(width * share))
        self.target, self.weight = self.full, self._full_weight
        if share < 1:
            self.target = _smaller(self.full, height, width)
            self.weight = None if self._full_weight is None else _smaller(self._full_weight[None], height, width)[0]
        self.tiles = Tiles(height, width, self.device)
        self.wanted = self.tiles.cut(self.target)
        self.pixel = 2 / max(height, width)

    def shapes(self, numbers: Tensor | None = None) -> Shapes:
        """The wavelets, or others, without their colours."""
        n = self.numbers if numbers is None else numbers
        sigma = n[:, 3].exp()
        return Shapes(n[:, 0], n[:, 1], n[:, 2], sigma, n[:, 4].exp(), n[:, 5] / sigma)

    def drawn(self) -> Tensor:
        """The picture that the wavelets make at this level, [3, H, W]."""
        return self.tiles.joined(self.tiles.summed(Seen(self.tiles, self.shapes()), self.weights))

    def psnr(self) -> float:
        """Peak signal to noise ratio at this level, in dB."""
        off = (self.drawn().clamp(-1, 1) - self.target) / 2
        return float(-10 * torch.log10((off**2).mean().clamp(min=1e-12)))

    def step(self, rate: float) -> float:
        """One step of Adam; the error before it."""
        shapes = self.shapes()
        seen = Seen(self.tiles, shapes)
        drawn = self.tiles.joined(self.tiles.summed(seen, self.weights))
        error, of_pixels = losses.towards(drawn, self.target, self.weight, self.terms)
        found = slopes(self.tiles, shapes, self.weights, seen, self.tiles.cut(of_pixels))
        own = torch.minimum(shapes.sigma, shapes.gamma)
        by_sigma = found.log_sigma - shapes.k * found.k  # k sigma is held while sigma changes
        parts = [found.u * own, found.v * own, found.theta, by_sigma, found.log_gamma, found.k / shapes.sigma]
        way = self._adam(torch.cat([torch.stack(parts, 1), found.weights.reshape(-1, 6)], 1), rate)
        way[:, :2] *= own[:, None]
        self.numbers -= way[:, :6]
        self.weights -= COLOUR_RATE * way[:, 6:].reshape(-1, 3, 2)
        self._hold()
        return error

    def _adam(self, slope: Tensor, rate: float) -> Tensor:
        self._age += 1
        first, second = BETAS
        self._mean.mul_(first).add_(slope, alpha=1 - first)
        self._square.mul_(second).addcmul_(slope, slope, value=1 - second)
        size = (self._square / (1 - second**self._age)).sqrt() + 1e-20
        warm = (self._age / WARM_STEPS).clamp(max=1)
        return self._mean / (1 - first**self._age) / size * rate * warm

    def _hold(self) -> None:
        """Keep every number where the format and this level can show it."""
        n = self.numbers
        n[:, :2].clamp_(-1, 1)
        n[:, 3:5].clamp_(math.log(LEAST_SIGMA_PX * self.pixel), 0.0)
        most = (MOST_FREQUENCY * math.pi / self.pixel * n[:, 3].exp()).clamp(max=MOST_WAVES)
        n[:, 5] = torch.minimum(torch.maximum(n[:, 5], -most), most)
        self.weights /= torch.linalg.vector_norm(self.weights, dim=2, keepdim=True).clamp(min=1.0)

    def solve(self, rounds: int) -> None:
        """All colours at once, by preconditioned conjugate gradients with a ridge; the channels share the matrix."""
        tiles, seen = self.tiles, Seen(self.tiles, self.shapes())
        share = tiles.valid if self.weight is None else tiles.cut(self.weight[None])
        sums = torch.zeros(len(self), 2, device=self.device)
        for waves in seen:
            sums.index_add_(0, waves.wavelet, (waves.both**2 * share[waves.tile]).sum(2))
        ridge = RIDGE * (sums[:, None] + 1e-6) + FLOOR
        scale = 1 / ((sums[:, None] + 1e-6) * (1 + RIDGE))

        def normal(x: Tensor) -> Tensor:
            return tiles.gathered(seen, tiles.summed(seen, x) * share, len(self)) + ridge * x

        x = self.weights
        rest = tiles.gathered(seen, self.wanted * share, len(self)) - normal(x)
        towards = scale * rest
        energy = (rest * towards).sum((0, 2))
        for _ in range(rounds):
            image = normal(towards)
            far = (energy / ((towards * image).sum((0, 2)) + 1e-20))[None, :, None]
            x, rest = x + far * towards, rest - far * image
            better = scale * rest
            now = (rest * better).sum((0, 2))
            towards, energy = better + (now / (energy + 1e-20))[None, :, None] * towards, now
        self.weights = x.contiguous()
        self._hold()

    def append(self, numbers: Tensor, weights: Tensor) -> None:
        """More wavelets; the others keep what Adam knows of them."""
        fresh = torch.zeros(len(numbers), 12, device=self.device)
        self.numbers, self.weights = torch.cat([self.numbers, numbers]), torch.cat([self.weights, weights])
        self._mean, self._square = torch.cat([self._mean, fresh]), torch.cat([self._square, fresh.clone()])
        self._age = torch.cat([self._age, fresh[:, :1]])

    def keep(self, which: Tensor) -> None:
        """Only some of the wavelets, by their indices."""
        for name in ("numbers", "weights", "_mean", "_square", "_age"):
            setattr(self, name, getattr(self, name)[which])

    def shake(self, share: float, strength: float, random: Any) -> None:
        """Disturb some wavelets by chance, to get out of a dead end."""
        hit = torch.rand(len(self), generator=random) < share
        noise = torch.randn(len(self), 6, generator=random) * strength
        noise[:, :2] *= torch.minimum(*self.numbers[:, 3:5].exp().cpu().unbind(1))[:, None]
        self.numbers += (noise * hit[:, None]).to(self.device)
        self._hold()

    def _forget(self) -> None:
        blank = torch.zeros(len(self.numbers), 12, device=self.device)
        self._mean, self._square, self._age = blank, blank.clone(), blank[:, :1].clone()


def _smaller(picture: Tensor, height: int, width: int) -> Tensor:
    return torch.nn.functional.interpolate(picture[None], size=(height, width), mode="area")[0]
