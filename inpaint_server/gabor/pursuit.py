"""New wavelets where the picture is still wrong: many are tried, the best that keep apart stay.

Matching pursuit (S. Mallat, Z. Zhang, 1993) with candidates by chance, more where more is missing. For each the exact
best colours, and what they gain, come of two-by-two equations. Starting from noise and waiting, as the original does,
was the other road; half of its wavelets never come to life.
"""

import math
from typing import Any

import numpy as np
import torch

from .fitting import Fit
from .tiles import Seen, Tensor

CANDIDATES = 8
AT_ONCE = 2048
BLOBS = 0.5
APART = 0.8
CAUTION = 0.7
FLOOR = 0.05


def add(fit: Fit, count: int, least: float, most: float, random: Any, candidates: int = CANDIDATES) -> None:
    """Add up to `count` wavelets with widths from `least` to `most`, in places of the file."""
    if count < 1:
        return
    missing = fit.target - fit.drawn() if len(fit) else fit.target
    tried = _candidates(fit, missing, count * candidates, least, most, random)
    gain, colours = _rated(fit, tried, fit.tiles.cut(missing))
    chosen = torch.tensor(_apart(tried, gain, count), device=fit.device)
    fit.append(tried[chosen], CAUTION * colours[chosen])


def prune(fit: Fit, count: int) -> None:
    """Drop the `count` weakest wavelets."""
    strength = (fit.weights**2).sum((1, 2)) * fit.numbers[:, 3:5].sum(1).exp()
    fit.keep(strength.argsort(descending=True)[: max(0, len(fit) - count)])


def _candidates(fit: Fit, missing: Tensor, count: int, least: float, most: float, random: Any) -> Tensor:
    """Numbers of wavelets tried, [count, 6]: places by what is missing there, half blobs, half waves."""
    reach = max(1, int(least / fit.pixel))
    energy = (missing**2).sum(0) if fit.weight is None else (missing**2 * fit.weight).sum(0)
    side = 2 * reach + 1
    even = torch.nn.functional.avg_pool2d(energy[None, None], side, 1, reach)[0, 0]
    chances = (even.reshape(-1) + 1e-9).cpu()
    place = torch.multinomial(chances, count, replacement=count > len(chances), generator=random)
    x, y = place % fit.tiles.width, place // fit.tiles.width
    chance = torch.rand(count, 7, generator=random)
    size = math.log(least) + chance[:, 0] * math.log(most / least)
    longer = (chance[:, 1] - 0.3) * 0.6
    waves = torch.where(chance[:, 2] < BLOBS, chance[:, 3] * 0.4, 0.5 + chance[:, 3] * 2)
    u, v = x * fit.tiles.step_x - 1, y * fit.tiles.step_y - 1
    beside = (chance[:, 4:6] - 0.5) * least
    tried = torch.stack(
        [u + beside[:, 0], v + beside[:, 1], chance[:, 6] * math.pi, size - longer, size + longer, waves], 1
    )
    tried[:, 3:5].clamp_(math.log(0.4 * fit.pixel), 0.0)
    return tried.float().to(fit.device)


def _rated(fit: Fit, tried: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
    """What each would gain by itself, [C], and with which colours, [C, 3, 2]."""
    gains, colours = [], []
    shapes, tiles = fit.shapes(tried), fit.tiles
    for begin in range(0, len(tried), AT_ONCE):
        some = shapes.part(slice(begin, begin + AT_ONCE))
        seen, count = Seen(tiles, some), len(some.u)
        found, total = tiles.gathered(seen, missing, count), torch.zeros(count, 3, device=fit.device)
        for waves in seen:
            even, odd, valid = waves.even, waves.odd, tiles.valid[waves.tile, 0]
            products = (even * even * valid, even * odd * valid, odd * odd * valid)
            total.index_add_(0, waves.wavelet, torch.stack([product.sum(1) for product in products], 1))
        even, mixed, odd = total[:, :1] + FLOOR, total[:, 1:2], total[:, 2:] + FLOOR
        whole = even * odd - mixed * mixed
        a = (odd * found[..., 0] - mixed * found[..., 1]) / whole
        b = (even * found[..., 1] - mixed * found[..., 0]) / whole
        gains.append((a * found[..., 0] + b * found[..., 1]).sum(1))
        colours.append(torch.stack([a, b], 2))
    return torch.cat(gains), torch.cat(colours)


def _apart(tried: Tensor, gain: Tensor, count: int) -> list[int]:
    """The best ones, none nearer to a better one than most of its width."""
    order = gain.argsort(descending=True).cpu().numpy()
    places, widths = tried[:, :2].cpu().numpy(), tried[:, 3:5].exp().amin(1).cpu().numpy()
    kept: list[int] = []
    taken = np.zeros((count, 3), np.float32)
    for i in order:
        n = len(kept)
        far = np.hypot(taken[:n, 0] - places[i, 0], taken[:n, 1] - places[i, 1])
        if (far < APART * np.minimum(taken[:n, 2], widths[i])).any():
            continue
        taken[n] = (*places[i], widths[i])
        kept.append(int(i))
        if len(kept) == count:
            break
    return kept
