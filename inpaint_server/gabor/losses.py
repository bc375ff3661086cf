"""How wrong a drawn picture is, and which way each pixel should change.

Squared differences, and as far as is asked for their absolute values, those of the slopes between neighbours, and of
the edges that Sobel's operator sees: the terms of gabor-imfit, under a weight for each pixel. The squares alone are
written out; for the others autograd over one picture costs less than any of the wavelets does.
"""

from dataclasses import dataclass
from typing import Any

import torch

from ...shared.errors import UsageError
from .tiles import Tensor

SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
LEAST_WEIGHT = 1e-4
TINY = 1e-12


@dataclass(frozen=True)
class Terms:
    """How much each term counts beside the squared differences, which count 1."""

    l1: float = 0.0
    gradient: float = 0.0
    sobel: float = 0.0

    def __post_init__(self) -> None:
        """Raises UsageError for a negative share."""
        for name in ("l1", "gradient", "sobel"):
            if not 0 <= getattr(self, name) <= 1e6:
                raise UsageError(f"{name} is {getattr(self, name)}.", "Give a share from 0 up, such as 0.1.")

    @property
    def plain(self) -> bool:
        """Whether only squares count."""
        return not (self.l1 or self.gradient or self.sobel)


def weights(picture: Tensor) -> Tensor:
    """A weight map [H, W] of any scale as weights whose mean is 1; none is quite 0. Raises UsageError for an all-black
    one."""
    mean = float(picture.mean())
    if mean <= 0:
        raise UsageError("The weight map is black: nothing would count.", "Paint white what is to be fitted well.")
    return (picture / mean).clamp(min=LEAST_WEIGHT)


def error(drawn: Tensor, target: Tensor, weight: Tensor | None, terms: Terms) -> Tensor:
    """The error of a picture [3, H, W] against another, a scalar."""
    share = 1.0 if weight is None else weight
    off = drawn - target
    total = (share * off * off).mean()
    if terms.l1:
        total = total + terms.l1 * (share * off.abs()).mean()
    if terms.gradient:
        steps = [off.diff(dim=axis).abs().mean() for axis in (1, 2) if off.shape[axis] > 1]
        total = total + terms.gradient * sum(steps)
    if terms.sobel:
        edges = [_edges(picture) for picture in (drawn, target)]
        total = total + terms.sobel * ((edges[0] - edges[1]) ** 2).mean()
    return total


def _edges(picture: Tensor) -> Tensor:
    kernel = torch.tensor(SOBEL, device=picture.device, dtype=picture.dtype)
    both = torch.stack([kernel, kernel.T])[:, None]
    found = torch.nn.functional.conv2d(picture[:, None], both, padding=1)
    return (found.square().sum(1) + TINY).sqrt()


def towards(drawn: Tensor, target: Tensor, weight: Tensor | None, terms: Terms) -> tuple[float, Any]:
    """The error, and its slope for every pixel, [3, H, W]."""
    if terms.plain:
        off = drawn - target
        share = off if weight is None else off * weight
        return float((share * off).mean()), share * (2 / off.numel())
    with torch.enable_grad():
        leaf = drawn.detach().requires_grad_(True)
        total = error(leaf, target, weight, terms)
        total.backward()
    return float(total.detach()), leaf.grad
