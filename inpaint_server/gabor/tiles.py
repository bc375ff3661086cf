"""The picture in tiles of 16 x 16, and for each tile the wavelets that are seen in it.

A wavelet is cut off at three of its widths, so a fit costs what is seen and not wavelets times pixels. Inside a tile a
wave over the area is the product of a wave over 16 columns and one over 16 rows. Autograd over dense wavelets, as the
original has it, was the other road: it takes two hundred times as long; the derivatives here are written out, and a
test holds them against finite differences.

Places are those of the file (`shared.gabor.wavelets`): -1 to 1 across either side, first and last pixel included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

Tensor = Any

EDGE = 16
AREA = EDGE * EDGE
CUT = 3.0
PAIRS_AT_ONCE = 1 << 17
"""Pairs of wavelet and tile that are worked on at a time: about a gigabyte and a half."""
BYTES_PER_PAIR, SHARE_OF_FREE = 12 * AREA * 4, 0.6
"""On a GPU as many as its free memory holds."""


@dataclass
class Shapes:
    """Wavelets without their colours: float tensors [N] in places and radians; `k` is 2 pi / wavelength."""

    u: Tensor
    v: Tensor
    theta: Tensor
    sigma: Tensor
    gamma: Tensor
    k: Tensor

    def part(self, which: slice) -> "Shapes":
        """Some of them."""
        return Shapes(*(getattr(self, name)[which] for name in ("u", "v", "theta", "sigma", "gamma", "k")))


@dataclass
class Waves:
    """M pairs of a wavelet and a tile in which it is seen, and its two waves there, [M, 256] each.

    `x`, `y` are the place of the tile's first pixel seen from the wavelet's middle, `cos` and `sin` its direction.
    """

    wavelet: Tensor
    tile: Tensor
    even: Tensor
    odd: Tensor
    x: Tensor
    y: Tensor
    cos: Tensor
    sin: Tensor

    @property
    def both(self) -> Tensor:
        """Even and odd waves, [M, 2, 256]."""
        return torch.stack([self.even, self.odd], 1)


class Seen:
    """All pairs of wavelets with the tiles in which they are seen, as Waves, so many at a time.

    Few are worked out once and kept; many are worked out again whenever they are asked for, because all of them at
    1920 px would take more memory than most machines have.
    """

    def __init__(self, tiles: "Tiles", shapes: Shapes) -> None:
        self._tiles, self._shapes = tiles, shapes
        self._wavelet, self._tile = tiles.pairs(shapes)
        self._kept: Waves | None = None

    def __iter__(self) -> Iterator[Waves]:
        most, count = self._tiles.pairs_at_once, len(self._wavelet)
        if count > most:
            for begin in range(0, count, most):
                part = slice(begin, begin + most)
                yield self._tiles.waves(self._shapes, self._wavelet[part], self._tile[part])
            return
        if self._kept is None:
            self._kept = self._tiles.waves(self._shapes, self._wavelet, self._tile)
        yield self._kept


class Tiles:
    """A picture of `height` x `width` px cut into tiles; those at the right and lower edge are filled up."""

    def __init__(self, height: int, width: int, device: str = "cpu") -> None:
        self.height, self.width, self.device = height, width, device
        self.rows, self.columns = -(-height // EDGE), -(-width // EDGE)
        self.count = self.rows * self.columns
        self.step_x, self.step_y = 2 / max(width - 1, 1), 2 / max(height - 1, 1)
        y, x = torch.meshgrid(torch.arange(self.rows), torch.arange(self.columns), indexing="ij")
        self.left = (x.reshape(-1) * EDGE * self.step_x - 1).float().to(device)
        self.top = (y.reshape(-1) * EDGE * self.step_y - 1).float().to(device)
        self.inside = torch.arange(EDGE, device=device).float()
        self.valid = self.cut(torch.ones(1, height, width, device=device))
        self.powers = self._powers()
        self.pairs_at_once = PAIRS_AT_ONCE
        if torch.device(device).type == "cuda":
            free, _ = torch.cuda.mem_get_info(torch.device(device))
            self.pairs_at_once = max(1, int(SHARE_OF_FREE * free / BYTES_PER_PAIR))

    def _powers(self) -> Tensor:
        """1, x, y, xx, xy, yy of a tile's places, seen from its first, [256, 6]."""
        x = (self.inside * self.step_x)[None, :].expand(EDGE, EDGE).reshape(-1)
        y = (self.inside * self.step_y)[:, None].expand(EDGE, EDGE).reshape(-1)
        return torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y], 1)

    def cut(self, picture: Tensor) -> Tensor:
        """[C, H, W] as tiles [n, C, 256], filled up with 0."""
        wide = torch.nn.functional.pad(
            picture, (0, self.columns * EDGE - self.width, 0, self.rows * EDGE - self.height)
        )
        parts = wide.view(-1, self.rows, EDGE, self.columns, EDGE).permute(1, 3, 0, 2, 4)
        return parts.reshape(self.count, -1, AREA).contiguous()

    def joined(self, tiles: Tensor) -> Tensor:
        """Tiles [n, C, 256] as a picture [C, H, W]."""
        channels = tiles.shape[1]
        parts = tiles.view(self.rows, self.columns, channels, EDGE, EDGE).permute(2, 0, 3, 1, 4)
        return parts.reshape(channels, self.rows * EDGE, self.columns * EDGE)[:, : self.height, : self.width]

    def pairs(self, shapes: Shapes) -> tuple[Tensor, Tensor]:
        """Which wavelet is seen in which tile, two index tensors [M]."""
        cos, sin = torch.cos(shapes.theta), torch.sin(shapes.theta)
        reach_x = CUT * torch.hypot(shapes.sigma * cos, shapes.gamma * sin)
        reach_y = CUT * torch.hypot(shapes.sigma * sin, shapes.gamma * cos)
        left, right = self._span(shapes.u, reach_x, self.step_x, self.columns)
        top, bottom = self._span(shapes.v, reach_y, self.step_y, self.rows)
        wide, tall = (right - left + 1).clamp(min=0), (bottom - top + 1).clamp(min=0)
        count = wide * tall
        wavelet = torch.repeat_interleave(torch.arange(len(count), device=self.device), count)
        first = torch.repeat_interleave(count.cumsum(0) - count, count)
        place = torch.arange(len(wavelet), device=self.device) - first
        across = wide[wavelet].clamp(min=1)
        tile = (top[wavelet] + place // across) * self.columns + left[wavelet] + place % across
        near = self._near(shapes, wavelet, tile, cos, sin)
        return wavelet[near], tile[near]

    def _span(self, middle: Tensor, reach: Tensor, step: float, most: int) -> tuple[Tensor, Tensor]:
        """First and last tile within reach along one side."""
        first = ((middle - reach + 1) / step / EDGE).floor().clamp(0, most - 1).long()
        last = ((middle + reach + 1) / step / EDGE).floor().clamp(-1, most - 1).long()
        return first, last

    def _near(self, shapes: Shapes, wavelet: Tensor, tile: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Whether a tile's bounding circle in the wavelet's own axes touches its ellipse."""
        half_x, half_y = self.step_x * (EDGE - 1) / 2, self.step_y * (EDGE - 1) / 2
        x = self.left[tile] + half_x - shapes.u[wavelet]
        y = self.top[tile] + half_y - shapes.v[wavelet]
        c, s = cos[wavelet], sin[wavelet]
        across = ((x * c + y * s).abs() - c.abs() * half_x - s.abs() * half_y).clamp(min=0)
        along = ((y * c - x * s).abs() - s.abs() * half_x - c.abs() * half_y).clamp(min=0)
        far = (across / shapes.sigma[wavelet]) ** 2 + (along / shapes.gamma[wavelet]) ** 2
        return far < CUT * CUT

    def waves(self, shapes: Shapes, wavelet: Tensor, tile: Tensor) -> Waves:
        """Both waves of wavelets in tiles, given as pairs [M]."""
        cos, sin = torch.cos(shapes.theta)[wavelet], torch.sin(shapes.theta)[wavelet]
        x0, y0 = self.left[tile] - shapes.u[wavelet], self.top[tile] - shapes.v[wavelet]
        across, along = 0.5 / shapes.sigma[wavelet] ** 2, 0.5 / shapes.gamma[wavelet] ** 2
        k = shapes.k[wavelet]
        xx, yy = cos * cos * across + sin * sin * along, sin * sin * across + cos * cos * along
        xy = cos * sin * (across - along)
        x, y = x0[:, None] + self.inside * self.step_x, y0[:, None] + self.inside * self.step_y
        power = -(xx[:, None] * x * x)[:, None, :] - (yy[:, None] * y * y)[:, :, None]
        bell = torch.addcmul(power, (-2 * xy[:, None] * y)[:, :, None], x[:, None, :]).exp_()
        turn_x, turn_y = (k * cos)[:, None] * x, (k * sin)[:, None] * y
        cos_x, sin_x = turn_x.cos()[:, None, :], turn_x.sin()[:, None, :]
        cos_y, sin_y = turn_y.cos()[:, :, None], turn_y.sin()[:, :, None]
        even = (cos_x * cos_y).addcmul_(sin_x, sin_y, value=-1).mul_(bell)
        odd = (sin_x * cos_y).addcmul_(cos_x, sin_y).mul_(bell)
        return Waves(wavelet, tile, even.view(-1, AREA), odd.view(-1, AREA), x0, y0, cos, sin)

    def summed(self, seen: Seen, weights: Tensor) -> Tensor:
        """The sum of all wavelets with weights [N, 3, 2] of their even and odd waves, as tiles [n, 3, 256]."""
        out = torch.zeros(self.count, 3, AREA, device=self.device)
        for waves in seen:
            out.index_add_(0, waves.tile, torch.bmm(weights[waves.wavelet], waves.both))
        return out

    def gathered(self, seen: Seen, tiles: Tensor, count: int) -> Tensor:
        """The scalar products of tiles [n, 3, 256] with each wavelet's waves, [count, 3, 2]."""
        out = torch.zeros(count, 3, 2, device=self.device)
        for waves in seen:
            out.index_add_(0, waves.wavelet, torch.bmm(tiles[waves.tile], waves.both.transpose(1, 2)))
        return out
