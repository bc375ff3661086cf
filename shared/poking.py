"""Pokes at layers that live: when they come, how far they put the plate's modes out, and how those ring on.

What a poke does is settled when the scene is built: per poke and mode one complex number (`spectral.modes`). A mode is
then the sum of what all pokes before have left of it, in a loop of those of the rounds before as well, so that it
closes. The displacement of every frame, stored, was the other road: nothing of it could be told from the swaying.
"""

import cmath
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UsageError
from .finishing import LivingLayer
from .plan import Plan
from .ramp import travel
from .spectral.folding import LEAST_STRETCH
from .spectral.modes import Amplitudes, Mode, rates, set_off

Poke = tuple[float, tuple[float, float], tuple[float, float] | None]
"""The second, the push (x, y) in px, and the place of the frame that is pushed."""
Hit = tuple[float, tuple[float, float], tuple[int, int] | None]
"""The frame, the push, and the row and column of a field that is hit."""
LENGTHS = (3, 5)


@dataclass(frozen=True)
class Ringing:
    """The modes of a plate that is poked. A poke is [frame, real and imaginary part of each mode], in px of the plate.

    `peaks` are how far the modes are ever out; the pokes were `lowered` to that share, so that nothing folds.
    """

    pokes: tuple[tuple[float, ...], ...]
    frequencies_hz: tuple[float, ...]
    damping: float
    fps: float
    frames: int
    loop: bool
    peaks: tuple[float, ...] = ()
    lowered: float = 1.0

    def amplitudes(self, frames: NDArray[np.float64]) -> NDArray[np.complex128]:
        """How far each mode is out at frames counted from 0, complex128 [R, n], in px of the plate."""
        rate = rates(self.frequencies_hz, self.damping)[:, None] / self.fps
        out = np.zeros((len(rate), len(frames)), np.complex128)
        for begun, *parts in self.pokes:
            first = np.array(parts[::2]) + 1j * np.array(parts[1::2])
            since = frames - begun
            if self.loop:
                # all rounds before, a geometric series
                left = first[:, None] / (1 - np.exp(rate * self.frames))
                out += left * np.exp(rate * (since % self.frames))
            else:
                out += np.where(since >= 0, first[:, None] * np.exp(rate * np.maximum(since, 0)), 0)
        return out

    def at(self, n: float) -> Amplitudes:
        """The same at one frame, complex128 [R]."""
        return np.asarray(self.amplitudes(np.array([float(n)]))[:, 0])

    def moved(self, shapes: Sequence[Mode], n: float) -> NDArray[np.float64]:
        """How far the modes together move the places of their field at a frame, float64 [2, h, w]."""
        return np.asarray(sum((mode.shape * q).real for mode, q in zip(shapes, self.at(n), strict=True)))


def rung(
    shapes: Sequence[Mode], hits: Sequence[Hit], damping: float, fps: float, frames: int, loop: bool
) -> Ringing | None:
    """How modes ring that are hit, if nothing could fold; None where nothing is hit while the video lasts."""
    out = []
    for at, push, cell in hits:
        parts = set_off(shapes, cell, push)
        if parts.size and at < frames:
            out.append((at, *(float(v) for part in parts for v in (part.real, part.imag))))
    if not out:
        return None
    found = Ringing(tuple(out), tuple(mode.frequency_hz for mode in shapes), damping, fps, frames, loop)
    peaks = np.abs(found.amplitudes(np.arange(frames, dtype=np.float64))).max(axis=1)
    return replace(found, peaks=tuple(peaks.tolist()))


def within(ringing: Ringing, falls: Sequence[float], swinging: float, share: float = 1.0) -> tuple[Ringing, float]:
    """The ringing, lowered where together with what is `swinging`, in parts of what may fall, it would fold; and the
    part that is left to swinging. Half of all is the ringing's if it needs it. `falls` says how steeply each mode falls
    per px that it is out, `share` is this motion's share of what may fall."""
    out = np.abs(ringing.amplitudes(np.arange(ringing.frames, dtype=np.float64)))
    needed = float((np.array(falls) @ out).max()) / (share * (1 - LEAST_STRETCH))
    lowered = min(1.0, max(0.5, 1 - swinging) / max(needed, 1e-12))
    pokes = tuple((at, *(part * lowered for part in parts)) for at, *parts in ringing.pokes)
    peaks = tuple(peak * lowered for peak in ringing.peaks)
    return replace(ringing, pokes=pokes, peaks=peaks, lowered=lowered), 1 - needed * lowered


def from_json(data: dict[str, Any]) -> Ringing:
    """A ringing out of its document."""
    lists = {name: tuple(data[name]) for name in ("frequencies_hz", "peaks")}
    return Ringing(**{**data, **lists, "pokes": tuple(tuple(poke) for poke in data["pokes"])})


def check(wishes: Sequence[LivingLayer]) -> None:
    """Raise UsageError for a poke that is none."""
    for number, wish in enumerate(wishes):
        for _ in pokes(wish, f"living.{number}.pokes"):
            pass


def pokes(wish: LivingLayer, path: str = "pokes") -> Iterator[Poke]:
    """The pokes of an entry of the project."""
    for i, row in enumerate(wish.pokes):
        if len(row) not in LENGTHS:
            raise UsageError(
                f"{path}.{i} has {len(row)} numbers.", "Write it as [second, x, y], or [second, x, y, at x, at y]."
            )
        if row[0] < 0:
            raise UsageError(f"{path}.{i} comes at second {row[0]:g}, before the video.", "Give a second from 0 on.")
        yield row[0], (row[1], row[2]), (row[3], row[4]) if len(row) == 5 else None


def row(poke: Poke) -> tuple[float, ...]:
    """A poke as the project has it."""
    second, push, place = poke
    return (second, *push, *(place or ()))


def along(deg: float, strength_px: float) -> tuple[float, float]:
    """A push so strong in a direction, 0 to the right and 90 up, (x, y) in px, y down."""
    way = cmath.rect(strength_px, -math.radians(deg))
    return round(way.real, 3), round(way.imag, 3)


def on_plate(place: tuple[float, float], second: float, plan: Plan, layer: int) -> tuple[float, float]:
    """Where on a layer's plate a place of the frame lies at a second of the video."""
    (x, y), it = place, plan.layers[layer]
    step = plan.step_at(round(second * plan.fps))
    share = 1.0 if it.ramp is None else float(it.ramp.scales(math.floor(y), 1)[0])
    return x - share * travel(it.velocity, step), y - travel(it.velocity[::-1], step)
