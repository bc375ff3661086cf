"""How the error changes with every number of every wavelet, from how it changes with every pixel.

All derivatives of a wavelet over a tile are made of six moments of two fields, E = dL/dout times the wave and F times
the wave a quarter on: one product of matrices. The chain rule over position, angle, widths and frequency is then a few
lines per pair and not per pixel.
"""

from dataclasses import dataclass
from typing import Any

import torch

from .tiles import Seen, Shapes, Tensor, Tiles, Waves


@dataclass
class Slopes:
    """dL/d of each number: [N] tensors, and `weights` [N, 3, 2]. Widths are meant as their logarithms, `k` is as it is
    at fixed widths."""

    u: Tensor
    v: Tensor
    theta: Tensor
    log_sigma: Tensor
    log_gamma: Tensor
    k: Tensor
    weights: Tensor


def slopes(tiles: Tiles, shapes: Shapes, weights: Tensor, seen: Seen, of_pixels: Tensor) -> Slopes:
    """The slopes for dL/dout in tiles, [n, 3, 256]; `weights` are [N, 3, 2]."""
    total = torch.zeros(len(shapes.u), 12, device=tiles.device)
    for waves in seen:
        total.index_add_(0, waves.wavelet, _per_pair(tiles, shapes, weights, waves, of_pixels))
    u, v, theta, log_sigma, log_gamma, k = total[:, :6].unbind(1)
    return Slopes(u, v, theta, log_sigma, log_gamma, k, total[:, 6:].reshape(-1, 3, 2))


def _per_pair(tiles: Tiles, shapes: Shapes, weights: Tensor, waves: Waves, of_pixels: Tensor) -> Tensor:
    """The six slopes of every pair and those of its weights, [M, 12]."""
    towards = of_pixels[waves.tile]
    of_weights = torch.bmm(towards, waves.both.transpose(1, 2))
    even, odd = torch.bmm(weights[waves.wavelet].transpose(1, 2), towards).unbind(1)
    e = (waves.even * even).addcmul_(waves.odd, odd) @ tiles.powers
    f = (waves.even * odd).addcmul_(waves.odd, even, value=-1) @ tiles.powers[:, :3]
    return torch.cat([_chained(shapes, waves, e, f), of_weights.reshape(-1, 6)], 1)


def _chained(shapes: Shapes, waves: Waves, e: Tensor, f: Tensor) -> Tensor:
    """u, v, theta, log sigma, log gamma and k of every pair, [M, 6]."""
    x, y, c, s = waves.x, waves.y, waves.cos, waves.sin
    across, along = (1 / getattr(shapes, name)[waves.wavelet] ** 2 for name in ("sigma", "gamma"))
    k = shapes.k[waves.wavelet]
    e_x, e_y, e_xx, e_xy, e_yy = _centred(x, y, e)
    f_1, f_x, f_y = f[:, 0], x * f[:, 0] + f[:, 1], y * f[:, 0] + f[:, 2]
    first, second = c * e_x + s * e_y, c * e_y - s * e_x
    square = c * c * e_xx + 2 * c * s * e_xy + s * s * e_yy
    other = s * s * e_xx - 2 * c * s * e_xy + c * c * e_yy
    mixed = (c * c - s * s) * e_xy - c * s * (e_xx - e_yy)
    wave_x, wave_y = c * f_x + s * f_y, c * f_y - s * f_x
    push_across, push_along = k * f_1 - first * across, -second * along
    turned = k * wave_y - mixed * across + mixed * along
    moved = -c * push_across + s * push_along, -s * push_across - c * push_along
    return torch.stack([*moved, turned, square * across, other * along, wave_x], 1)


def _centred(x: Tensor, y: Tensor, e: Tensor) -> tuple[Any, ...]:
    """Moments about the wavelet's middle: x, y, xx, xy, yy."""
    one, by_x, by_y, by_xx, by_xy, by_yy = e.unbind(1)
    return (
        x * one + by_x,
        y * one + by_y,
        x * x * one + 2 * x * by_x + by_xx,
        x * y * one + x * by_y + y * by_x + by_xy,
        y * y * one + 2 * y * by_y + by_yy,
    )
